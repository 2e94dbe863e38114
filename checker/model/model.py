"""A model: the nodes and what they run, the environment, the bounds, what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TypeVar, overload

from elcheck.checker.model.environment import Environment
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.formula import And, Formula, atoms_of
from elcheck.checker.model.generics import may_have
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.inductive import Inductive
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node, Program
from elcheck.checker.model.partition import Partition
from elcheck.checker.model.property import EachNode, Property, Some
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Prepared

S = TypeVar("S")


@dataclass(frozen=True, init=False)
class Bound:
    """A limit on the search, apart from the algorithm's guards: a step that crosses it is enabled but cut.

    ``Bound("max_term", Server, lambda s: s.term <= 3)`` is a predicate over local states of a class, or over
    the state of a Spec. A number bounds the network: ``Bound("copies", 2)`` the equal messages of a bag,
    ``Bound("link", 3)`` the messages in one fifo link. ``Bound("spread", 1)`` bounds how far apart the terms
    are in the local states of all nodes.
    """

    name: str
    of: type
    holds: Callable[..., bool] | int

    @overload
    def __init__(self, name: str, of: type[S], holds: Callable[[S], bool]) -> None: ...
    @overload
    def __init__(self, name: str, of: int) -> None: ...
    def __init__(self, name: str, of: type[S] | int, holds: Callable[[S], bool] | None = None) -> None:
        object.__setattr__(self, "name", name)
        number = isinstance(of, int)
        object.__setattr__(self, "of", object if number else of)
        object.__setattr__(self, "holds", of if number else holds)


@dataclass(frozen=True)
class Model:
    """Everything that is checked, in one place.

    program: one :class:`Node` program for all of ``nodes``, a mapping from each node to its own program, or a
    :class:`Spec`. deadlock: True to look for states without a next step, or the scope that
    says which of them are proper ends. initial: prepared initial states instead of the programs' starts.
    partitions: the ways in which the network may fall apart; the symmetric splits if there are none.
    fairness: what may be assumed of steps, see :class:`Fair`. assume: what else may
    be assumed of behaviours, as formulas, such as that crashes stop; claims of liveness are of those only.
    inductive: claims that every step keeps from every state in which they hold, for ``elcheck induct``.
    """

    program: Program | Mapping[NodeId, Program] | SharedProgram
    properties: Sequence[Property]
    environment: Environment = Environment()
    nodes: Sequence[NodeId] = ()
    bounds: Sequence[Bound] = ()
    deadlock: bool | Scope = False
    initial: Sequence[Prepared] = ()
    partitions: Sequence[Partition] = ()
    fairness: Sequence[Fair] = ()
    assume: Sequence[Formula] = ()
    inductive: Sequence[Inductive] = ()

    def __post_init__(self) -> None:
        claims = self.properties if isinstance(self.properties, list | tuple) else ()
        if any(isinstance(claim, Property) and isinstance(claim.formula, EachNode) for claim in claims):
            object.__setattr__(self, "properties", [self._spelled_out(claim) for claim in claims])

    def _spelled_out(self, claim: Property) -> Property:
        """A claim of each node as one of all nodes that it is about; as it is where the nodes are none."""
        formula = claim.formula if isinstance(claim, Property) else None
        if not isinstance(formula, EachNode) or not all(isinstance(node, NodeId) for node in self._named()):
            return claim
        among = self.nodes_with(formula.look.of) if formula.nodes is None else formula.nodes
        claims = tuple((node.name, formula.claim(node)) for node in among)
        return replace(claim, formula=reduce(And, (f for _, f in claims)), parts=claims) if claims else claim

    def _named(self) -> Iterable[object]:
        return self.program if isinstance(self.program, Mapping) else self.nodes

    def nodes_with(self, of: type) -> list[NodeId]:
        """The nodes whose local states may be of a class, or of one that derives from it.

        Raises DefinitionError for a class of which that can't be asked.
        """
        return [node for node, program in self.programs.items() if may_have(type(program), Node, of)]

    def describe_environment(self) -> str:
        """What it runs in, in one line."""
        return self.environment.describe() if self.programs else "none, it is a Spec"

    @property
    def programs(self) -> dict[NodeId, Program]:
        """Each node with what it runs, in order; empty for a Spec."""
        if isinstance(self.program, Program):
            return dict.fromkeys(self.nodes, self.program)
        if isinstance(self.program, Mapping):
            return {node: self.program[node] for node in sorted(self.program)}
        return {}

    @property
    def spread(self) -> int | None:
        """How far apart the terms of nodes may be, None if no bound says so."""
        found = (bound.holds for bound in self.bounds if bound.name == "spread")
        return next((limit for limit in found if isinstance(limit, int)), None)

    @property
    def begins_down(self) -> bool:
        """Whether some node is down at the start."""
        return any(start.down for start in self.initial)

    @property
    def pauses(self) -> bool:
        """Whether nodes may be paused, or are at the start."""
        return self.environment.pause != 0 or any(start.paused for start in self.initial)

    @property
    def separates(self) -> bool:
        """Whether partitions may come, or one stands at the start, which may heal."""
        return self.environment.partition != 0 or any(start.partition is not None for start in self.initial)

    @cached_property
    def monitors(self) -> tuple[Monitor[object], ...]:
        """The monitors that its properties look at, in the order in which they are first named."""
        found = [monitor for scope in self.scopes if (monitor := scope.monitor) is not None]
        return tuple({id(monitor): monitor for monitor in found}.values())

    def place_of(self, monitor: Monitor[object] | None) -> int:
        """The place of a monitor among all."""
        return next(at for at, known in enumerate(self.monitors) if known is monitor)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of its properties, of their formulas, of what is assumed and of proper ends."""
        found: list[Scope] = []
        for formula in (*(claim.formula or claim.scope for claim in self.properties), *self.assume):
            atoms = (atom.scope if isinstance(atom, Some) else atom for atom in atoms_of(formula))
            found += [atom for atom in atoms if isinstance(atom, Scope)]
        return (*found, self.deadlock) if isinstance(self.deadlock, Scope) else tuple(found)
