"""A model: the nodes and what they run, the environment, the bounds, what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from elcheck.checker.model.environment import Environment, Partition
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.node import Program
from elcheck.checker.model.property import Classes, Property, Scope
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Event, NodeView, Prepared

S = TypeVar("S")
V = TypeVar("V")
M = TypeVar("M")


@dataclass(frozen=True, init=False)
class Bound:
    """A limit on the search, apart from the algorithm's guards: a step that crosses it is enabled but cut.

    ``holds`` is a predicate over a node's local state (of the classes in ``of``), or over the state of a
    Spec. A number bounds the network: ``Bound("copies", 2)`` the equal messages of a bag,
    ``Bound("link", 3)`` the messages in one fifo link.
    """

    name: str
    holds: Callable[..., bool] | int
    of: Classes

    def __init__(self, name: str, holds: Callable[[S], bool] | int, *, of: type[S] | None = None) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "holds", holds)
        object.__setattr__(self, "of", object if of is None else of)


@dataclass(frozen=True, init=False)
class Monitor:
    """History that a property needs: a pure function of what has happened.

    ``start`` gives the monitor's first state from the nodes' initial states; ``after`` its next one, for a
    step that changes something: (monitor's state, event, node before, node after). It sees the handlers'
    steps, crashes and restarts; a joint step calls it for each node in turn. ``of`` keeps the nodes whose
    local states are of these classes. It multiplies states, so a model without need of history has none.
    """

    name: str
    start: Callable[..., object]
    after: Callable[..., object]
    of: Classes

    def __init__(
        self,
        name: str,
        start: Callable[[tuple[NodeView[V], ...]], M],
        after: Callable[[M, Event, NodeView[V], NodeView[V]], M],
        *,
        of: Classes = object,
    ) -> None:
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "after", after)


@dataclass(frozen=True)
class Model:
    """Everything that is checked, in one place.

    program: one :class:`Node` program for all the nodes it names, a mapping from each node to its own
    program, or a :class:`Spec`. deadlock: True to look for states without a next step, or the scope that
    says which of them are proper ends. initial: prepared initial states instead of the programs' starts.
    partitions: the ways in which the network may fall apart; the symmetric splits if there are none.
    fairness: what may be assumed of steps, see :class:`Fair`. assume: what else may
    be assumed of behaviours, as formulas, such as that crashes stop; claims of liveness are of those only.
    """

    program: Program | Mapping[NodeId, Program] | SharedProgram
    properties: Sequence[Property]
    environment: Environment = Environment()
    bounds: Sequence[Bound] = ()
    monitors: Sequence[Monitor] = ()
    deadlock: bool | Scope | Callable[..., object] = False
    initial: Sequence[Prepared] = ()
    partitions: Sequence[Partition] = ()
    fairness: Sequence[Fair] = ()
    assume: Sequence[Formula] = ()

    def describe_environment(self) -> str:
        """What it runs in, in one line."""
        return self.environment.describe() if self.programs else "none, it is a Spec"

    @property
    def programs(self) -> dict[NodeId, Program]:
        """Each node with what it runs, in order; empty for a Spec."""
        if isinstance(self.program, Program):
            return dict.fromkeys(self.program.nodes, self.program)
        if isinstance(self.program, Mapping):
            return {node: self.program[node] for node in sorted(self.program)}
        return {}
