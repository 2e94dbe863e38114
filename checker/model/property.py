"""Properties: what is claimed of a model, and what each claim looks at.

A property is a kind (:func:`always`, :func:`never`, :func:`sometimes`, :func:`always_possible`,
:func:`step`), a name, and a scope. The scope says what the check is given, which is what makes it cheap: it
is evaluated once per distinct tuple of what it sees. It names the class of the states that it looks at, so
that the check is typed.

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

What has to happen is said by :func:`eventually`, :func:`always_eventually`, :func:`eventually_always`,
:func:`leads_to`, of each node by itself :func:`each_leads_to`, and, for everything else, :func:`ltl`; see
checker/model/formula.py. In a formula a scope says that its check holds of everything that it looks at,
``some(scope)`` that it holds of something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar, cast, overload

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula, Taken, finally_, globally
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.record import State
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.model.values import called, text

S = TypeVar("S")
V = TypeVar("V")
W = TypeVar("W")
V_co = TypeVar("V_co", covariant=True)
M = TypeVar("M")
A = TypeVar("A", bound=State)
A_co = TypeVar("A_co", bound=State, covariant=True)
F = TypeVar("F", bound="Callable[..., object]")

Answer: TypeAlias = bool | str
Claimed = Literal["every", "none", "some", "end"]
ScopeKind = Literal["each", "pair", "all", "history", "whole", "shared", "change", "changes", "none"]
PropertyKind = Literal["always", "never", "sometimes", "possible", "step", "deadlock", "liveness", "atom"]


@dataclass(frozen=True)
class Look(Generic[V_co]):
    """What a check is given of a node whose local state is of class ``of``: what ``view`` takes of it, as it
    is or (``named``) in a NodeView.
    """

    of: type
    view: Callable[..., object] | None = None
    named: bool = False


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
class Enabled:
    """A check of whole states: whether some step of a name is enabled, of one node if it is given. What steps
    a state has is told by the interpreter.
    """

    name: str
    node: NodeId | None = None

    def __call__(self, state: object) -> Answer:
        """Nothing by itself."""
        raise TypeError(f"enabled({self.name!r}) is asked of a model")


@dataclass(frozen=True)
class EachNode(Formula):
    """What is claimed of each node by itself; a model puts what that comes to in its place."""

    look: Look[object]
    claim: Callable[[NodeId], Formula]
    nodes: tuple[NodeId, ...] | None = None


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


def _look(looks: Looks[V]) -> Look[V]:
    return looks if isinstance(looks, Look) else Look(looks)


@_of_a_class
def each(of: Looks[V], check: Callable[[V], Answer]) -> Scope:
    """Every node on its own."""
    return Scope("each", check, _look(of))


@_of_a_class
def pair(of: Looks[V], check: Callable[[V, V], Answer]) -> Scope:
    """Every ordered pair of two different nodes."""
    return Scope("pair", check, _look(of))


@overload
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], Answer]) -> Scope: ...
@overload
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], A]) -> MapsTo[A]: ...
@_of_a_class
def all_nodes(of: Looks[V], check: Callable[[Sequence[V]], object]) -> object:
    """All nodes together, in the order of their ids."""
    return Scope("all", check, _look(of))


@_of_a_class
def change(of: Looks[V], check: Callable[[V, V], Answer]) -> Scope:
    """For :func:`step`: each node that a step changes, as it was and as it is, crashes included; those whose
    local state is of the class before and after. Of a Spec: its state.
    """
    return Scope("change", check, _look(of))


@_of_a_class
def changes(of: Looks[V], check: Callable[[Sequence[V], Sequence[V]], Answer]) -> Scope:
    """For :func:`step`: all nodes, as they were and as they are."""
    return Scope("changes", check, _look(of))


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
    return Scope("shared", check, _look(of))


@dataclass(frozen=True)
class UnderWay:
    """The check of every message of a class that is under way, with what its sender and its receiver are.

    ``claimed`` is of how many of them its answer for a state is that the check holds: of every one, of none,
    of some, or (of a proper end) of every one where there are any.
    """

    message: type
    sender: Look[object]
    receiver: Look[object]
    check: Callable[..., Answer]
    claimed: Claimed = "every"

    def __call__(self, state: GlobalState) -> Answer:
        """The answer for a state, by the first message in order that decides it."""
        nodes = {view.node: view for view in state.nodes}
        seen = 0
        for src, dst, msg in ((nodes[sent.src], nodes[sent.dst], sent.msg) for sent in state.network):
            if self._looks_at(msg, src, dst):
                seen += 1
                answer = self._ask(msg, src, dst)
                if self.claimed == "some":
                    if answer is not False and not isinstance(answer, str):  # it holds, or is no answer
                        return answer
                elif answer is not (self.claimed != "none"):
                    return _said_of(msg, src, dst, answer)
        return {"every": True, "none": False, "some": False, "end": seen > 0}[self.claimed]

    def of_message(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> Answer:
        """What is wrong with one message; True if nothing is, or the check does not look at it."""
        answer = self._ask(msg, sender, receiver) if self._looks_at(msg, sender, receiver) else True
        return answer if answer is True else _said_of(msg, sender, receiver, answer)

    def _looks_at(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> bool:
        ends = [(self.sender, sender), (self.receiver, receiver)]
        return isinstance(msg, self.message) and all(isinstance(view.state, look.of) for look, view in ends)

    def _ask(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> Answer:
        """What the check answers of a message that it looks at."""
        seen = []
        for look, view in [(self.sender, sender), (self.receiver, receiver)]:
            shown = view if look.view is None else replace(view, state=look.view(view.state))
            seen.append(shown if look.named else shown.state)
        return self.check(seen[0], msg, seen[1])


def _said_of(msg: object, sender: NodeView[object], receiver: NodeView[object], answer: Answer) -> Answer:
    """What a check says of a message, with its ends in front; as it is if that is no answer."""
    ends = f"{sender.node} to {receiver.node}"
    if isinstance(answer, bool):
        return f"{ends}: {text(msg)}"
    return f"{ends}: {answer}" if isinstance(answer, str) else answer


def claimed_of(scope: Scope, claimed: Claimed) -> Scope:
    """A scope whose check, where one call of it is about many messages, answers of how many it holds."""
    if not isinstance(scope, Scope) or not isinstance(scope.check, UnderWay):
        return scope
    return replace(scope, check=replace(scope.check, claimed=claimed))


def under_way(
    message: type[M], sender: Looks[V], receiver: Looks[W], check: Callable[[V, M, W], Answer]
) -> Scope:
    """Every message of a class that is under way: its sender as it is now, the message, its receiver. Slow in
    a search, as :func:`whole` is; :func:`inductive` asks it of one message at a time.
    """
    return whole(UnderWay(message, _look(sender), _look(receiver), check))


def some(scope: Scope) -> Some:
    """The check holds of something in its scope: some node leads, a pair disagrees."""
    return Some(claimed_of(scope, "some"))


def at(node: NodeId, of: Looks[V], check: Callable[[V], Answer]) -> Formula:
    """The check holds of one node (whose local state is of the class): what ``each`` says of all."""
    look = _look(of)
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

    return ltl(name, EachNode(_look(of), claim, None if nodes is None else tuple(nodes)))


def ltl(name: str, formula: Formula) -> Property:
    """Every fair behaviour satisfies the formula."""
    return Property("liveness", name, Scope("none", _nothing), formula)


def _nothing() -> bool:
    return True
