"""Properties: what is claimed of a model.

A property is a kind (:func:`always`, :func:`never`, :func:`sometimes`, :func:`always_possible`,
:func:`step`), a name, and a scope, which says what its check is given: see checker/model/scope.py. A check
answers True or False, or a string that says what is wrong.

What has to happen is said by :func:`eventually`, :func:`always_eventually`, :func:`eventually_always`,
:func:`leads_to`, of each node by itself :func:`each_leads_to`, and, for everything else, :func:`ltl`; see
checker/model/formula.py. In a formula a scope says that its check holds of everything that it looks at,
``some(scope)`` that it holds of something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Literal, TypeVar, cast, overload

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula, Taken, finally_, globally
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.scope import Answer, Look, Looks, Scope, look_of
from elcheck.checker.model.state import NodeView
from elcheck.checker.model.under_way import claimed_of
from elcheck.checker.model.values import called

V = TypeVar("V")

PropertyKind = Literal["always", "never", "sometimes", "possible", "step", "deadlock", "liveness", "atom"]


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
    parts: tuple[tuple[str, Formula], ...] = ()
    """Where the formula claims several things, of nodes or of actions: each, with its name."""

    @property
    def is_of_steps(self) -> bool:
        """Whether it is decided by a step, not by a state."""
        return self.scope.kind in ("change", "changes")


def leaves_open(claim: Property, answer: object) -> bool:
    """Whether an answer of its check does not decide a claim of states."""
    if claim.kind in ("sometimes", "possible"):
        return answer is False or isinstance(answer, str)
    return answer is (claim.kind != "never")


@dataclass(frozen=True)
class EachNode(Formula):
    """What is claimed of each node by itself; a model puts what that comes to in its place."""

    look: Look[object]
    claim: Callable[[NodeId], Formula]
    nodes: tuple[NodeId, ...] | None = None


def some(scope: Scope) -> Some:
    """The check holds of something in its scope: some node leads, a pair disagrees."""
    return Some(claimed_of(scope, "some"))


def at(node: NodeId, of: Looks[V], check: Callable[[V], Answer]) -> Formula:
    """The check holds of one node (whose local state is of the class): what ``each`` says of all."""
    look = look_of(of)
    named: Look[object] = Look(look.of, look.view, named=True)

    @wraps(check)  # it says what the check says
    def check_there(seen: NodeView[V]) -> Answer:
        return seen.node == node and check(cast(V, seen if look.named else seen.state))

    return Some(Scope("each", check_there, named, only=node))


def taken(name: str, node: NodeId | None = None) -> Taken:
    """The next step that changes something is one of this name, and of this node if one is given.

    The name is that of a handler (``"vote"``; that of a tick handler means the joint tick), of a fault
    (``"crash"``), a kind of steps (``"timeout"``), or ``"*"`` for all that handlers do. A loss is a step of
    the node that the message was sent to, a broken link one of both ends, the joint tick one of every node
    that has a tick handler, a partition one of none.
    """
    return Taken(name, node)


@overload
def always(name: str, claim: Formula, /) -> Property: ...
@overload
def always(name: Formula, /) -> Formula: ...
def always(name: str | Formula, claim: Formula | None = None, /) -> Property | Formula:
    """An invariant: the check holds in every reachable state, of everything in its scope.

    Of a formula: it holds from every state on. Without a name: the formula that says so, for use in others.
    """
    if not isinstance(name, str):
        return globally(name)
    if claim is None:
        raise DefinitionError(f"always({name!r}) has to be told what it claims: always(name, scope)")
    if isinstance(claim, Formula) and not isinstance(claim, Scope):
        return ltl(name, globally(claim))
    return Property("always", name, claim)


def never(name: str, scope: Scope) -> Property:
    """In no reachable state does the check hold of anything in its scope."""
    return Property("never", name, claimed_of(scope, "none"))


def sometimes(name: str, scope: Scope) -> Property:
    """In some reachable state the check holds of something in its scope; a witness can be shown. With
    ``change`` or ``changes`` it holds of some step.
    """
    return Property("sometimes", name, claimed_of(scope, "some"))


def always_possible(name: str, scope: Scope) -> Property:
    """From every reachable state some behaviour leads to one in which the check holds of something in scope.

    AG EF p: that an election never gets into a state from which nobody can be elected. It says nothing of
    what has to happen, and faults count as steps.
    """
    return Property("possible", name, claimed_of(scope, "some"))


def step(name: str, scope: Scope) -> Property:
    """Every step keeps the check, which is given what was before it and what is after it."""
    return Property("step", name, scope)


# -- what has to happen ----------------------------------------------------------------------------------


@overload
def eventually(name: str, claim: Formula, /) -> Property: ...
@overload
def eventually(name: Formula, /) -> Formula: ...
def eventually(name: str | Formula, claim: Formula | None = None, /) -> Property | Formula:
    """In every fair behaviour the claim holds at some time (F p). Without a name: the formula."""
    if not isinstance(name, str):
        return finally_(name)
    if claim is None:
        raise DefinitionError(
            f"eventually({name!r}) has to be told what it claims: eventually(name, formula)"
        )
    return ltl(name, finally_(claim))


def always_eventually(name: str, claim: Formula) -> Property:
    """In every fair behaviour the claim holds again and again, without end (G F p)."""
    return ltl(name, globally(finally_(claim)))


def eventually_always(name: str, claim: Formula) -> Property:
    """In every fair behaviour the claim holds from some time on for ever (F G p)."""
    return ltl(name, finally_(globally(claim)))


def leads_to(name: str, cause: Formula, effect: Formula) -> Property:
    """In every fair behaviour, whenever the cause holds, the effect holds then or later (G (p -> F q))."""
    return ltl(name, globally(cause >> finally_(effect)))


def each_leads_to(
    name: str,
    of: Looks[V],
    cause: Callable[[V], Answer],
    effect: Callable[[V], Answer],
    nodes: Sequence[NodeId] | None = None,
) -> Property:
    """In every fair behaviour, whenever the cause holds of a node, the effect holds of this node then or
    later. ``nodes``: of which nodes that is claimed, by default of all whose local state is of the class.
    """
    if not isinstance(of, type | Look):
        raise DefinitionError(
            "each_leads_to(...) names the class of the states second, each_leads_to(name, Client, asked, "
            f"answered), not {called(of)}"
        )

    def claim(node: NodeId) -> Formula:
        return globally(at(node, of, cause) >> finally_(at(node, of, effect)))

    return ltl(name, EachNode(look_of(of), claim, None if nodes is None else tuple(nodes)))


def ltl(name: str, formula: Formula) -> Property:
    """Every fair behaviour satisfies the formula."""
    return Property("liveness", name, Scope("none", _nothing), formula)


def _nothing() -> bool:
    return True
