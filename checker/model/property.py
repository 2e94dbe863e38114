"""Properties: what is claimed of a model, and what each claim looks at.

A property is a kind (:func:`always`, :func:`never`, :func:`sometimes`, :func:`always_possible`,
:func:`step`), a name, and a scope. The scope says what the check is given, which is what makes it cheap: it
is evaluated once per distinct tuple of what it sees.

===================  ==========================================================================
``each(check)``      every node on its own
``pair(check)``      every ordered pair of two nodes
``all_nodes(check)`` the nodes together, in the order of their ids
``history(m, check)``  the state of a :class:`Monitor`
``whole(check)``     the whole :class:`State`: network and environment too (slow)
``change(check)``    for ``step``: a node whose view the step changes, before and after
``changes(check)``   for ``step``: all the nodes, before and after
===================  ==========================================================================

A check answers True or False, or a string that says what is wrong. A model over a shared state
(:class:`Spec`) takes the bare check: it is given that state.

What has to happen is said by :func:`eventually`, :func:`always_eventually`, :func:`eventually_always`,
:func:`leads_to` and, for everything else, :func:`ltl`; see checker/model/formula.py. In a formula a scope
says that its check holds of everything that it looks at, ``some(scope)`` that it holds of something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, overload

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula, Taken, finally_, globally
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import NodeView, State

S = TypeVar("S")
V = TypeVar("V")
M = TypeVar("M")

Answer: TypeAlias = bool | str
ScopeKind = Literal["each", "pair", "all", "history", "whole", "shared", "change", "changes", "none"]
PropertyKind = Literal["always", "never", "sometimes", "possible", "step", "deadlock", "liveness", "atom"]
Classes: TypeAlias = type | tuple[type, ...]


@dataclass(frozen=True)
class Scope(Formula):
    """What a check looks at. ``of`` keeps the nodes whose local state is of these classes."""

    kind: ScopeKind
    check: Callable[..., object]
    view: Callable[..., object] | None = None
    of: Classes = object
    monitor: str = ""

    @property
    def looks_at(self) -> object:
        """Equal for scopes that see the same of every state, whatever their checks make of it."""
        return self.of, id(self.view), self.monitor


@dataclass(frozen=True)
class Some(Formula):
    """The check of a scope holds of something in it."""

    scope: Scope


@dataclass(frozen=True)
class Property:
    """A claim about a model. ``formula`` is what a claim of liveness says of every fair behaviour; its scope
    looks at nothing. A claim of the kind ``atom`` is one of the states that a formula speaks of.
    """

    kind: PropertyKind
    name: str
    scope: Scope
    formula: Formula | None = None


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
Claim: TypeAlias = Formula | Callable[[S], Answer]
"""A formula; of a Spec a bare check too."""


def holds(check: Callable[[S], Answer]) -> Scope:
    """The check of a Spec's state, for use in a formula."""
    return scope_of(check)


def some(scope: StateCheck[S]) -> Some:
    """The check holds of something in its scope: some node leads, a pair disagrees."""
    return Some(scope_of(scope))


def taken(name: str, node: NodeId | None = None) -> Taken:
    """The next step is one of the handler of this name, or a fault of this kind; of one node, if given."""
    return Taken(name, node)


def formula_of(claim: Claim[S]) -> Formula:
    """A bare check as a formula over a Spec's shared state."""
    return claim if isinstance(claim, Formula) else scope_of(claim)


@overload
def always(name: str, claim: Claim[S], /) -> Property: ...
@overload
def always(name: Claim[S], /) -> Formula: ...
def always(name: str | Claim[S], claim: Claim[S] | None = None, /) -> Property | Formula:
    """An invariant: the check holds in every reachable state, of everything in its scope.

    Of a formula: it holds from every state on. Without a name: the formula that says so, for use in others.
    """
    if not isinstance(name, str):
        return globally(formula_of(name))
    if claim is None:
        raise DefinitionError(f"always({name!r}) has to be told what it claims")
    if isinstance(claim, Formula) and not isinstance(claim, Scope):
        return ltl(name, globally(claim))
    return Property("always", name, scope_of(claim))


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


# -- what has to happen ----------------------------------------------------------------------------------


@overload
def eventually(name: str, claim: Claim[S], /) -> Property: ...
@overload
def eventually(name: Claim[S], /) -> Formula: ...
def eventually(name: str | Claim[S], claim: Claim[S] | None = None, /) -> Property | Formula:
    """In every fair behaviour the claim holds at some time (F p). Without a name: the formula."""
    if not isinstance(name, str):
        return finally_(formula_of(name))
    if claim is None:
        raise DefinitionError(f"eventually({name!r}) has to be told what it claims")
    return ltl(name, finally_(formula_of(claim)))


def always_eventually(name: str, claim: Claim[S]) -> Property:
    """In every fair behaviour the claim holds again and again, without end (G F p)."""
    return ltl(name, globally(finally_(formula_of(claim))))


def eventually_always(name: str, claim: Claim[S]) -> Property:
    """In every fair behaviour the claim holds from some time on for ever (F G p)."""
    return ltl(name, finally_(globally(formula_of(claim))))


def leads_to(name: str, cause: Claim[S], effect: Claim[S]) -> Property:
    """In every fair behaviour, whenever the cause holds, the effect holds then or later (G (p -> F q))."""
    return ltl(name, globally(formula_of(cause) >> finally_(formula_of(effect))))


def ltl(name: str, formula: Formula) -> Property:
    """Every fair behaviour satisfies the formula."""
    return Property("liveness", name, Scope("none", _nothing), formula)


def _nothing() -> bool:
    return True
