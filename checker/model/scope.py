"""Scopes: what a claim looks at, which is what makes it cheap: a check is evaluated once per distinct tuple
of what it sees. A scope names the class of the states that it looks at, so that the check is typed.

============================  ==========================================================================
``each(Server, check)``       every node on its own: its local state
``pair(Server, check)``       every ordered pair of two nodes
``all_nodes(Server, check)``  the nodes together, in the order of their ids
``history(monitor, check)``   the state of a :class:`Monitor`
``holds(Jugs, check)``        the shared state of a Spec
``under_way(Vote, ...)``      every message of a class, with its sender and its receiver (slow)
``whole(check)``              the whole :class:`GlobalState`: network and environment too (slow)
``change(Server, check)``     for ``step``: a node that the step changes (or a Spec's state), before and after
``changes(Server, check)``    for ``step``: all the nodes, before and after
============================  ==========================================================================

Nodes whose local state is of another class are left out. A check that asks for a node's name, or whether it
is up, says ``each(node_views(Server), check)`` and is given a :class:`NodeView`. With
``view(Server, leadership)``, and ``node_views(Server, leadership)``, it sees only what the function
``leadership`` takes of a local state: the fewer different views, the fewer evaluations.

A check answers True or False, or a string that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar, cast, overload

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.record import State
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.model.values import called

S = TypeVar("S")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
M = TypeVar("M")
A = TypeVar("A", bound=State)
A_co = TypeVar("A_co", bound=State, covariant=True)
F = TypeVar("F", bound="Callable[..., object]")

Answer: TypeAlias = bool | str
ScopeKind = Literal["each", "pair", "all", "history", "whole", "shared", "change", "changes", "none"]


@dataclass(frozen=True)
class Look(Generic[V_co]):
    """What a check is given of a node whose local state is of class ``of``: what ``view`` takes of it, as it
    is or (``named``) in a NodeView.
    """

    of: type
    view: Callable[..., object] | None = None
    named: bool = False

    def __post_init__(self) -> None:
        of: object = self.of
        if not isinstance(of, type):
            raise DefinitionError(
                f"a view names the class of the states first, view(Server, take), not {called(of)}"
            )


Looks: TypeAlias = type[V] | Look[V]
"""A class of states, or what is seen of them."""


def view(of: type[S], take: Callable[[S], V]) -> Look[V]:
    """Of each node only what a function takes of its local state."""
    return Look(of, take)


@overload
def node_views(of: type[S]) -> Look[NodeView[S]]: ...
@overload
def node_views(of: type[S], take: Callable[[S], V]) -> Look[NodeView[V]]: ...
def node_views(of: type[S], take: Callable[[S], V] | None = None) -> object:
    """Each node with its name and whether it is up; its local state, or what a function takes of it."""
    return Look(of, take, named=True)


@dataclass(frozen=True)
class Scope(Formula):
    """What a check looks at."""

    kind: ScopeKind
    check: Callable[..., object]
    look: Look[object] = Look(object)
    monitor: Monitor[object] | None = None
    only: NodeId | None = None
    """The one node of which it holds, where that is how it is meant."""

    @property
    def of(self) -> type:
        """The class of the local states that it looks at."""
        return self.look.of

    @property
    def looks_at(self) -> object:
        """Equal for scopes that see the same of every state, whatever their checks make of it."""
        return self.look.of, id(self.look.view), None if self.monitor is None else self.monitor.name

    def ask(self, *seen: object) -> object:
        """What the check answers of what was seen: of NodeViews, or lists of them, without their names if
        it does not look at these.
        """
        if self.monitor is not None or self.kind in ("whole", "shared", "none") or self.look.named:
            return self.check(*seen)
        return self.check(*map(_nameless, seen))


class MapsTo(Protocol[A_co]):
    """A scope whose check answers a state, of a more abstract model: what :func:`refines` is given."""

    @property
    def check(self) -> Callable[..., A_co]:
        """What makes it of what is seen."""
        ...


def _nameless(seen: object) -> object:
    if isinstance(seen, NodeView):
        return seen.state
    return tuple(map(_nameless, seen)) if isinstance(seen, tuple) else seen


@dataclass(frozen=True)
class Enabled:
    """A check of whole states: whether some step of a name is enabled, of one node if it is given. What steps
    a state has is told by the interpreter.
    """

    name: str
    node: NodeId | None = None

    def __call__(self, state: object) -> Answer:
        """Nothing by itself."""
        raise TypeError(f"enabled({self.name!r}) is asked of a model")


def _of_a_class(make: F) -> F:
    """A maker of scopes that says so if the class of the states is not named first."""
    name: str = make.__name__

    @wraps(make)
    def made(*given: object, **named: object) -> object:
        first = given[0] if given else named.get("of")
        if not isinstance(first, type | Look):
            raise DefinitionError(
                f"{name}(...) names the class of the states first, {name}(Server, check), not {called(first)}"
            )
        return make(*given, **named)

    return cast(F, made)


def look_of(looks: Looks[V]) -> Look[V]:
    """What is seen: of a class of states, they themselves."""
    return looks if isinstance(looks, Look) else Look(looks)


@_of_a_class
def each(of: Looks[V], check: Callable[[V], Answer]) -> Scope:
    """Every node on its own."""
    return Scope("each", check, look_of(of))


@_of_a_class
def pair(of: Looks[V], check: Callable[[V, V], Answer]) -> Scope:
    """Every ordered pair of two different nodes."""
    return Scope("pair", check, look_of(of))


@overload
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], Answer]) -> Scope: ...
@overload
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], A]) -> MapsTo[A]: ...
@_of_a_class
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], object]) -> object:
    """All nodes together, in the order of their ids."""
    return Scope("all", check, look_of(of))


@_of_a_class
def change(of: Looks[V], check: Callable[[V, V], Answer]) -> Scope:
    """For :func:`step`: each node that a step changes, as it was and as it is, crashes included; those whose
    local state is of the class before and after. Of a Spec: its state.
    """
    return Scope("change", check, look_of(of))


@_of_a_class
def changes(of: Looks[V], check: Callable[[Sequence[V], Sequence[V]], Answer]) -> Scope:
    """For :func:`step`: all nodes, as they were and as they are."""
    return Scope("changes", check, look_of(of))


@overload
def history(monitor: Monitor[M], check: Callable[[M], Answer]) -> Scope: ...
@overload
def history(monitor: Monitor[M], check: Callable[[M], A]) -> MapsTo[A]: ...
def history(monitor: Monitor[M], check: Callable[[M], object]) -> object:
    """The state of a monitor, which the model then keeps."""
    if not isinstance(monitor, Monitor):
        raise DefinitionError(f"history(...) takes a Monitor first, not {called(monitor)}")
    return Scope("history", check, monitor=monitor)


def whole(check: Callable[[GlobalState], Answer]) -> Scope:
    """The whole state, network and environment included. Evaluated at every state: slow."""
    return Scope("whole", check)


def enabled(name: str, node: NodeId | None = None) -> Scope:
    """Some step of this name, and of this node if one is given, is enabled: it would change the state,
    whether or not a bound cuts it. Timing, partitions and budgets have their say. Names are those of
    :func:`taken`. Asked of every state, with all its handlers: slow.
    """
    return Scope("whole", Enabled(name, node))


@overload
def holds(of: type[S], check: Callable[[S], Answer]) -> Scope: ...
@overload
def holds(of: type[S], check: Callable[[S], A]) -> MapsTo[A]: ...
@_of_a_class
def holds(of: type[S], check: Callable[[S], object]) -> object:
    """The shared state of a Spec."""
    return Scope("shared", check, look_of(of))
