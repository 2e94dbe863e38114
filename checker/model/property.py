"""Properties: what is claimed of a model, and what each claim looks at.

A property is a kind (:func:`always`, :func:`never`, :func:`sometimes`, :func:`always_possible`,
:func:`step`), a name, and a scope. The scope says what the check is given, which is what makes it cheap: it
is evaluated once per distinct tuple of what it sees.

===================  ==========================================================================
``each(check)``      every node on its own
``pair(check)``      every ordered pair of two nodes
``all_nodes(check)`` the nodes together, in the order of their ids
``history(m, check)``  the state of a :class:`~checker.model.model.Monitor`
``whole(check)``     the whole :class:`~checker.model.state.State`: network and environment too (slow)
``change(check)``    for ``step``: a node whose view the step changes, before and after
``changes(check)``   for ``step``: all the nodes, before and after
===================  ==========================================================================

A check answers True or False, or a string that says what is wrong. A model over a shared state
(:class:`~checker.model.spec.Spec`) takes the bare check: it is given that state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, overload

from checker.model.state import NodeView, State

S = TypeVar("S")
V = TypeVar("V")
M = TypeVar("M")

Answer: TypeAlias = bool | str
ScopeKind = Literal["each", "pair", "all", "history", "whole", "shared", "change", "changes", "none"]
PropertyKind = Literal["always", "never", "sometimes", "possible", "step", "deadlock"]
Classes: TypeAlias = type | tuple[type, ...]


@dataclass(frozen=True)
class Scope:
    """What a check looks at. ``of`` keeps the nodes whose local state is of these classes."""

    kind: ScopeKind
    check: Callable[..., object]
    view: Callable[..., object] | None = None
    of: Classes = object
    monitor: str = ""


@dataclass(frozen=True)
class Property:
    """A claim about a model."""

    kind: PropertyKind
    name: str
    scope: Scope


@overload
def each(check: Callable[[NodeView[V]], Answer], *, view: Callable[[S], V], of: Classes = ...) -> Scope: ...
@overload
def each(check: Callable[[NodeView[V]], Answer], *, of: type[V] = ...) -> Scope: ...
def each(
    check: Callable[[NodeView[V]], Answer],
    *,
    view: Callable[[S], V] | None = None,
    of: Classes = object,
) -> Scope:
    """Every node on its own."""
    return Scope("each", check, view, of)


@overload
def pair(
    check: Callable[[NodeView[V], NodeView[V]], Answer], *, view: Callable[[S], V], of: Classes = ...
) -> Scope: ...
@overload
def pair(check: Callable[[NodeView[V], NodeView[V]], Answer], *, of: type[V] = ...) -> Scope: ...
def pair(
    check: Callable[[NodeView[V], NodeView[V]], Answer],
    *,
    view: Callable[[S], V] | None = None,
    of: Classes = object,
) -> Scope:
    """Every ordered pair of two different nodes."""
    return Scope("pair", check, view, of)


@overload
def all_nodes(
    check: Callable[[Sequence[NodeView[V]]], Answer], *, view: Callable[[S], V], of: Classes = ...
) -> Scope: ...
@overload
def all_nodes(check: Callable[[Sequence[NodeView[V]]], Answer], *, of: type[V] = ...) -> Scope: ...
def all_nodes(
    check: Callable[[Sequence[NodeView[V]]], Answer],
    *,
    view: Callable[[S], V] | None = None,
    of: Classes = object,
) -> Scope:
    """All nodes together, in the order of their ids."""
    return Scope("all", check, view, of)


@overload
def change(
    check: Callable[[NodeView[V], NodeView[V]], Answer], *, view: Callable[[S], V], of: Classes = ...
) -> Scope: ...
@overload
def change(check: Callable[[NodeView[V], NodeView[V]], Answer], *, of: type[V] = ...) -> Scope: ...
def change(
    check: Callable[[NodeView[V], NodeView[V]], Answer],
    *,
    view: Callable[[S], V] | None = None,
    of: Classes = object,
) -> Scope:
    """For :func:`step`: each node that a step changes, as it was and as it is, crashes included.

    With ``of`` those whose local state is of these classes before and after.
    """
    return Scope("change", check, view, of)


@overload
def changes(
    check: Callable[[Sequence[NodeView[V]], Sequence[NodeView[V]]], Answer],
    *,
    view: Callable[[S], V],
    of: Classes = ...,
) -> Scope: ...
@overload
def changes(
    check: Callable[[Sequence[NodeView[V]], Sequence[NodeView[V]]], Answer], *, of: type[V] = ...
) -> Scope: ...
def changes(
    check: Callable[[Sequence[NodeView[V]], Sequence[NodeView[V]]], Answer],
    *,
    view: Callable[[S], V] | None = None,
    of: Classes = object,
) -> Scope:
    """For :func:`step`: all nodes, as they were and as they are."""
    return Scope("changes", check, view, of)


def history(monitor: str, check: Callable[[M], Answer]) -> Scope:
    """The state of the monitor of that name."""
    return Scope("history", check, monitor=monitor)


def whole(check: Callable[[State], Answer]) -> Scope:
    """The whole state, network and environment included. Evaluated at every state: slow."""
    return Scope("whole", check)


def scope_of(scope: Scope | Callable[..., object]) -> Scope:
    """A bare check as the scope of a Spec's shared state."""
    return scope if isinstance(scope, Scope) else Scope("shared", scope)


StateCheck: TypeAlias = Scope | Callable[[S], Answer]


def always(name: str, scope: StateCheck[S]) -> Property:
    """An invariant: the check holds in every reachable state, of everything in its scope."""
    return Property("always", name, scope_of(scope))


def never(name: str, scope: StateCheck[S]) -> Property:
    """In no reachable state does the check hold of anything in its scope."""
    return Property("never", name, scope_of(scope))


def sometimes(name: str, scope: StateCheck[S]) -> Property:
    """In some reachable state the check holds of something in its scope; a witness can be shown."""
    return Property("sometimes", name, scope_of(scope))


def always_possible(name: str, scope: StateCheck[S]) -> Property:
    """From every reachable state some behaviour leads to one in which the check holds of something in scope.

    AG EF p: that an election never gets into a state from which nobody can be elected. It says nothing of
    what has to happen, and faults count as steps.
    """
    return Property("possible", name, scope_of(scope))


def step(name: str, scope: Scope | Callable[[S, S], Answer]) -> Property:
    """Every step keeps the check, which is given what was before it and what is after it."""
    return Property("step", name, scope_of(scope))
