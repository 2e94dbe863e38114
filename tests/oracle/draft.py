"""One step in the making, in plain objects: what it changes, done one after the other.

A part of the oracle, written from ``docs/semantics.md``; which steps there are: :mod:`tests.oracle.steps`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass, replace

from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.handlers import Handler, handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.partition import Partition, symmetric_splits
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView
from elcheck.checker.model.step import Close, Effect
from elcheck.checker.model.terms import Term
from elcheck.checker.model.values import order


@dataclass(frozen=True)
class Move:
    """A step: what happened, the state after it, and the bounds that it crosses (then it leads nowhere).

    ``stutter``: nothing changes, or nothing but a budget.
    """

    event: Event
    after: GlobalState
    stutter: bool
    crossed: frozenset[str]
    stepping: tuple[NodeId, ...] = ()


def terms_in(value: object) -> list[Term]:
    """The terms of a local state, which has them in fields, or in tuples there."""
    if isinstance(value, Term):
        return [value]
    if isinstance(value, tuple):
        return [term for part in value for term in terms_in(part)]
    parts = vars(value).values() if is_dataclass(value) and not isinstance(value, NodeId) else ()
    return [term for part in parts for term in terms_in(part)]


def notice(envelope: Envelope) -> bool:
    """Whether a message comes from the environment rather than from a node."""
    return isinstance(envelope.msg, Crashed | Disconnected)


def holds(mail: Iterable[Envelope], envelope: Envelope) -> bool:
    """Whether a message is under way, of whatever age."""
    return any((e.src, e.dst, e.msg) == (envelope.src, envelope.dst, envelope.msg) for e in mail)


class Rules:
    """What holds of a model whatever happens in it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.nodes = tuple(model.programs)
        self.programs = {node: program.at(node, self.nodes) for node, program in model.programs.items()}
        self.handlers = {node: handlers_of(type(p), "node") for node, p in self.programs.items()}
        splits = symmetric_splits(self.nodes) if self.nodes else ()
        self.partitions: tuple[Partition, ...] = tuple(model.partitions) or splits
        starts = (start.partition for start in model.initial)
        self.known_partitions = (*self.partitions, *(p for p in starts if p is not None))

    def receiver(self, node: NodeId, message: type) -> Handler | None:
        """The handler for a class of messages, or for the nearest of its base classes."""
        for cls in message.__mro__:
            for handler in self.handlers[node]:
                if cls in handler.messages:
                    return handler
        return None

    def crossed(self, local: object) -> set[str]:
        """The bounds that do not hold of a local (or the shared) state."""
        return {
            bound.name
            for bound in self.model.bounds
            if callable(bound.holds) and isinstance(local, bound.of) and not bound.holds(local)
        }

    def apart(self, state: GlobalState) -> set[str]:
        """The bound on how far apart terms are, if a state is beyond it."""
        limits = [b.holds for b in self.model.bounds if b.name == "spread" and isinstance(b.holds, int)]
        if not limits:
            return set()
        numbers = [int(repr(term)) for view in state.nodes for term in terms_in(view.state)]
        return (
            {"spread"} if any(numbers and max(numbers) - min(numbers) > limit for limit in limits) else set()
        )

    def limits(self) -> list[tuple[str, int]]:
        """The bounds on the network."""
        return [(bound.name, bound.holds) for bound in self.model.bounds if isinstance(bound.holds, int)]

    def crowd(self, bound: str, envelope: Envelope, mail: list[Envelope]) -> int:
        """How much there is of what a bound on the network counts, where a message is."""
        network = self.model.environment.network
        if bound == "copies" and network == "bag":
            return sum((e.src, e.dst, e.msg) == (envelope.src, envelope.dst, envelope.msg) for e in mail)
        if bound == "link" and network == "fifo":
            return sum((e.src, e.dst) == (envelope.src, envelope.dst) for e in mail)
        return 0


class Draft:
    """A state in the making: the changes of one step, done one after the other."""

    def __init__(self, rules: Rules, state: GlobalState, environment: EnvironmentState) -> None:
        self.rules = rules
        self.network = rules.model.environment.network
        self.before = state
        self.up = {view.node: view.up for view in state.nodes}
        self.local = {view.node: view.state for view in state.nodes}
        self.paused = {view.node: view.paused for view in state.nodes}
        self.mail = list(state.network)
        self.environment = environment
        self.crossed: set[str] = set()
        self.crowded: set[str] = set()

    def keeps(self) -> bool:
        """Whether a set or a bag keeps what is sent to a node that is down."""
        return self.environment.may("restart") and not self.environment.synchronous

    def keeps_for_the_down(self) -> bool:
        """Whether what is sent to a node that is down waits for it."""
        return self.network in ("set", "bag") and self.keeps()

    def step(self, node: NodeId, local: object, effects: Iterable[Effect]) -> None:
        """A node's new local state, checked against the bounds, and its sends."""
        self.local[node] = local
        self.crossed |= self.rules.crossed(local)
        for effect in effects:
            if isinstance(effect, Close):
                self.close(node, effect.dst)
            else:
                self.send(node, effect.dst, effect.msg)

    def send(self, src: NodeId, dst: NodeId, msg: object) -> None:
        """One message on its way, unless it is lost at once."""
        if self.network == "fifo":
            unaware = holds(self.mail, Envelope(dst, src, Disconnected(dst)))
            lost = unaware or not self.up[dst]
        else:
            lost = not self.up[dst] and self.network != "sent-set" and not self.keeps()
        if not lost:
            self.put(Envelope(src, dst, msg))
            self.check_room(Envelope(src, dst, msg))

    def put(self, envelope: Envelope) -> None:
        """At the end of its link; a set holds one copy, the one that it has, however old."""
        if self.network in ("bag", "fifo") or not holds(self.mail, envelope):
            self.mail.append(envelope)

    def age(self) -> None:
        """A tick passes for all that is under way."""
        oldest = self.rules.model.environment.delay
        if oldest is not None:
            self.mail = [replace(e, age=e.age + 1) if e.age < oldest else e for e in self.mail]

    def check_room(self, envelope: Envelope) -> None:
        """What a message just put under way means for the bounds on the network."""
        for name, limit in self.rules.limits():
            if self.rules.crowd(name, envelope, self.mail) > limit:
                self.crowded.add(name)

    def crash(self, node: NodeId, remains: object) -> None:
        """A node goes down, leaving ``remains``."""
        self.up[node] = False
        self.local[node] = remains
        if self.network == "fifo":
            for other in self.rules.nodes:
                self.break_link(node, other, told=(other,))
        kept = self.network == "sent-set" or (self.network != "fifo" and self.keeps())
        self.mail = [e for e in self.mail if e.dst != node or (kept and not notice(e))]
        for other in self.rules.nodes:
            if self.up[other]:
                self.tell_crash(node, other)

    def restart(self, node: NodeId, local: object, effects: Iterable[Effect]) -> None:
        """A node comes up again."""
        self.up[node] = True
        self.step(node, local, effects)
        for other in self.rules.nodes:
            if not self.up[other]:
                self.tell_crash(other, node)

    def tell_crash(self, subject: NodeId, node: NodeId) -> None:
        """The perfect detector's notice, if there is one and the node wants it."""
        perfect = self.rules.model.environment.detector == "perfect"
        if perfect and self.rules.receiver(node, Crashed) is not None:
            self.put(Envelope(subject, node, Crashed(subject)))

    def break_link(self, a: NodeId, b: NodeId, told: tuple[NodeId, ...]) -> None:
        """Both directions lose their messages; the ends in ``told`` that are up get a notice."""
        self.mail = [e for e in self.mail if {e.src, e.dst} != {a, b} or notice(e)]
        for end, peer in ((a, b), (b, a)):
            told_already = holds(self.mail, Envelope(peer, end, Disconnected(peer)))
            wants = self.rules.receiver(end, Disconnected) is not None
            if end in told and self.up[end] and wants and not told_already:
                self.mail.insert(0, Envelope(peer, end, Disconnected(peer)))

    def close(self, node: NodeId, peer: NodeId) -> None:
        """A node closes its link itself."""
        self.break_link(node, peer, told=(peer,))
        told = (peer, node, Disconnected(peer))
        self.mail = [e for e in self.mail if (e.src, e.dst, e.msg) != told]

    def done(self, event: Event, *stepping: NodeId) -> Move:
        """The finished step, before monitors."""
        nodes = tuple(
            NodeView(node, self.up[node], self.local[node], self.paused[node]) for node in self.rules.nodes
        )
        was = (self.before.nodes, self.before.network, self.before.environment.standing)
        stutter = was == (nodes, self.in_order(), self.environment.standing)
        if self.network in ("set", "bag") and not self.keeps():
            self.mail = [e for e in self.mail if self.up[e.dst]]
        after = replace(self.before, nodes=nodes, network=self.in_order(), environment=self.environment)
        crossed = self.crossed or self.crowded or self.rules.apart(after)
        return Move(event, after, stutter, frozenset(crossed), stepping)

    def in_order(self) -> tuple[Envelope, ...]:
        """The messages as a GlobalState lists them."""
        if self.network == "fifo":
            return tuple(sorted(self.mail, key=lambda e: (e.src, e.dst)))
        return tuple(sorted(self.mail, key=lambda e: (e.src, e.dst, order(e.msg), e.age)))
