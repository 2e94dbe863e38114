"""A global state in plain objects, and the events that lead from one to the next.

This is what people and properties see. The engines work on packed codes instead; ``System.decode``
leads from those to these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.collections import Map
from elcheck.checker.model.environment import Environment, EnvironmentState, initial_state
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.partition import Partition
from elcheck.checker.model.record import Crashed, Disconnected, survivor
from elcheck.checker.model.step import Choice, Send, Sends
from elcheck.checker.model.values import counted, text

V_co = TypeVar("V_co", covariant=True)

EventKind = Literal[
    "action", "timeout", "receive", "tick",
    "crash", "restart", "pause", "resume", "damage", "lose", "duplicate", "disconnect", "partition", "heal",
    "fault",
]  # fmt: skip
FAULTS: frozenset[EventKind] = frozenset(
    (
        "crash", "restart", "pause", "resume", "damage", "lose", "duplicate", "disconnect", "partition",
        "heal", "fault",
    )
)  # fmt: skip
WORLDLY = FAULTS - {"fault"}
"""The faults of the world, each called like its kind. A ``fault`` is a program's own, called like its
handler.
"""
BUDGETS: Mapping[EventKind, FaultKind] = {
    "crash": "crash",
    "restart": "restart",
    "pause": "pause",
    "damage": "disk",
    "lose": "loss",
    "duplicate": "dup",
    "disconnect": "disconnect",
    "partition": "partition",
}
"""The budget that each fault of the world spends. To heal and to resume are free."""


@dataclass(frozen=True)
class NodeView(Generic[V_co]):
    """One node as a property sees it: its local state, or what the property's ``view`` takes of it.

    When the node is down (``up`` is False) ``state`` holds the durable fields, the others at their
    defaults. A node that is ``paused`` is up, and takes no step.
    """

    node: NodeId
    up: bool
    state: V_co
    paused: bool = False

    @property
    def idle(self) -> str:
        """Why it takes no step, ``down`` or ``paused``; empty if it does."""
        return "paused" if self.paused else "" if self.up else "down"


@dataclass(frozen=True)
class Envelope:
    """A message under way. ``age`` is how many ticks it has been, where time passes (``bounded(d)``)."""

    src: NodeId
    dst: NodeId
    msg: object
    age: int = 0

    @property
    def new(self) -> Envelope:
        """The same as it was sent."""
        return replace(self, age=0) if self.age else self

    def __str__(self) -> str:
        """In words: ``n1 → n2: Vote(term=1), 2 ticks old``."""
        old = f", {counted(self.age, 'tick')} old" if self.age else ""
        return f"{self.src} → {self.dst}: {text(self.msg)}{old}"


def envelopes(node: NodeId, sends: Sends) -> tuple[Envelope, ...]:
    """What a step sends, each message with its sender."""
    return tuple(Envelope(node, effect.dst, effect.msg) for effect in sends if isinstance(effect, Send))


def is_notice(envelope: Envelope) -> bool:
    """Whether the environment sent it, to tell of a crash or of a broken link."""
    return isinstance(envelope.msg, Crashed | Disconnected)


@dataclass(frozen=True)
class Event:
    """What happened in a step: a handler's name (or the fault's), whose step it is, with what arguments, and
    what the handler chose.
    """

    kind: EventKind
    name: str
    node: NodeId | None = None
    args: tuple[tuple[str, object], ...] = ()
    choice: Choice = ()

    @property
    def fault(self) -> bool:
        """Whether the world did it rather than the algorithm."""
        return self.kind in FAULTS

    @property
    def worldly(self) -> bool:
        """Whether it is a fault that no handler describes."""
        return self.kind in WORLDLY

    @property
    def located(self) -> str:
        """In words with its node: ``n1: vote(Vote(term=1)) from n2``."""
        return str(self) if self.node is None else f"{self.node}: {self}"

    def chosen(self, choice: Choice) -> Event:
        """The event with what its handler chose."""
        return replace(self, choice=choice) if choice else self

    def __str__(self) -> str:
        """In words: ``vote(Vote(term=1)) from n2``, ``draw(lot=2)``, ``lose Vote(term=1) from n2``."""
        args = dict(self.args)
        if self.kind in ("lose", "duplicate"):
            which = f" (the {args['which']} of the link)" if "which" in args else ""
            return f"{self.name} {text(args['msg'])} from {text(args['src'])}{which}"
        if "during" in args and self.worldly:
            return f"crash during {args['during']}, after {args['after sends']} of its sends"
        if self.worldly:
            return " ".join([self.name, *map(str, args.values())])
        src = args.pop("src") if self.kind == "receive" else None
        parts = [*map(text, args.values()), *(f"{name}={text(value)}" for name, value in self.choice)]
        said = f"{self.name}({', '.join(parts)})" if parts else self.name
        return said if src is None else f"{said} from {text(src)}"


def damage(node: NodeId, field: str) -> Event:
    """The event that a disk is damaged: a field of what a node that is down has kept is hurt."""
    return Event("damage", "damage", node, (("field", field),))


def envelope_of(event: Event) -> Envelope | None:
    """The message that a delivery, a loss or a duplication is about."""
    args = dict(event.args)
    src = args.get("src")
    if (
        event.kind not in ("receive", "lose", "duplicate")
        or event.node is None
        or not isinstance(src, NodeId)
    ):
        return None
    return Envelope(src, event.node, args["msg"])


@dataclass(frozen=True)
class GlobalState:
    """A global state.

    ``network`` is in order of (src, dst); within a fifo link in the order of sending, else by value and age,
    a bag's copies repeated. ``history`` holds the monitors' states. Of a Spec only ``shared`` is filled.
    """

    nodes: tuple[NodeView[object], ...] = ()
    network: tuple[Envelope, ...] = ()
    environment: EnvironmentState = EnvironmentState()
    history: tuple[object, ...] = ()
    shared: object = None


@dataclass(frozen=True)
class Prepared:
    """An initial state for ``Model(initial=...)``: every node's local state, and the messages under way.

    down: nodes that are down; of their states the durable fields count. partition: one that stands, whether
    it is one of the model's or not. spent: how much of each budget is spent already. paused: nodes that are.
    """

    nodes: Mapping[NodeId, object]
    network: Sequence[Envelope] = ()
    down: Collection[NodeId] = ()
    partition: Partition | None = None
    spent: Mapping[FaultKind, int] = Map[FaultKind, int]()
    paused: Collection[NodeId] = ()

    def environment(self, given: Environment, nodes: Sequence[NodeId]) -> EnvironmentState:
        """What is left of an environment in the beginning."""
        standing = None if self.partition is None else self.partition.name
        down, paused = len(set(self.down)), len(set(self.paused))
        return initial_state(given, nodes, spent=self.spent, down=down, paused=paused, standing=standing)

    def view(self, node: NodeId) -> NodeView[object]:
        """A node as it begins."""
        up, state = node not in self.down, self.nodes[node]
        return NodeView(node, up, state if up else survivor(state), node in self.paused)
