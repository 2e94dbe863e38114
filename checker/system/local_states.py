"""One node's local states, and the outcomes of its handlers in each. A handler runs once for each pair.

A handler is a pure function of local state and event, so nothing else decides its outcome. What an outcome
does to a global state depends on mailboxes too: that is the subject of checker/system/node_table.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from elcheck.checker.model.disks import damages
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.likeness import require_same
from elcheck.checker.model.record import survivor
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.step import Sends
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import CompiledOutcome
from elcheck.checker.system.views import Observations


@dataclass(frozen=True)
class LocalState:
    """A local state; of a node that is down, what the crash left of it.

    ``drops``: the node drops messages while it is down. Otherwise the network keeps them until its restart.
    ``paused``: it is up, and takes no step.
    """

    state: object
    up: bool = True
    drops: bool = False
    paused: bool = False

    @property
    def active(self) -> bool:
        """Whether the node takes steps."""
        return self.up and not self.paused


@dataclass(eq=False, slots=True)
class LocalOutcome:
    """One outcome of an event as numbers: the local states before and after, the sends, the bounds that it
    crosses. ``due``: time waits for it. ``compiled`` holds its moves, by the links on which its sends are
    lost.
    """

    event: Event
    before: int
    after: int
    sends: Sends
    crosses: tuple[str, ...]
    due: bool = False
    compiled: dict[frozenset[int], CompiledOutcome] = field(default_factory=dict)


class LearnedCall(NamedTuple):
    """Something of which the outcomes in a local state were learned: an event with its number, a tick of a
    node that is down or paused, a crash (after which the node ``drops`` messages, or not), a restart, a
    damage, which calls no handler.
    """

    kind: Literal["event", "idle tick", "crash", "restart", "damage"]
    local: int
    key: int = 0
    event: Event | None = None
    drops: bool = False

    @property
    def method(self) -> str:
        """The name of the program's method that was called."""
        if self.event is not None:
            return self.event.name
        return "at_crash" if self.kind == "crash" else "recover"

    @property
    def said(self) -> str:
        """What was called, in words."""
        return str(self.event) if self.event is not None else self.method


class LocalStates:
    """The local states of one node by their numbers, with the outcomes of what can happen in them.

    ``observation`` holds, by the same numbers, what the properties see of each local state.
    """

    def __init__(self, node: NodeId, runner: Runner, observations: Observations) -> None:
        self.node = node
        self._runner = runner
        self._observations = observations
        self._known: Interner[LocalState] = Interner()
        self.observation: list[int] = []
        self._outcomes: dict[tuple[int, int], tuple[LocalOutcome, ...]] = {}
        self._remains: dict[tuple[int, bool], tuple[int, ...]] = {}
        self._damages: dict[int, tuple[tuple[str, int], ...]] = {}
        self._recoveries: dict[int, tuple[LocalOutcome, ...]] = {}
        self._restart = Event("restart", "restart", node)
        self._learned: list[LearnedCall] = []

    def number(self, state: object, *, up: bool = True, drops: bool = False, paused: bool = False) -> int:
        """The number of a local state. Its observation is known from then on."""
        return self.number_as(LocalState(state, up, drops, paused))

    def number_as(self, local: LocalState) -> int:
        """The same of a local state that another process has numbered. Raises HandlerError as
        :func:`require_same` does.
        """
        number = self._known.number(local)
        if number == len(self.observation):
            view = NodeView(self.node, local.up, local.state, local.paused)
            self.observation.append(self._observations.of(view))
        else:
            require_same(self._known.values[number].state, local.state)
        return number

    def number_of(self, view: NodeView[object], *, drops: bool) -> int:
        """The number of a node as it begins; ``drops``: if it is down, it drops messages."""
        return self.number(view.state, up=view.up, drops=drops and not view.up, paused=view.paused)

    def same_but(self, local: int, *, paused: bool) -> int:
        """The number of a node that is up with the same state, paused or not."""
        return self.number(self[local].state, paused=paused)

    def __getitem__(self, number: int) -> LocalState:
        return self._known.values[number]

    @property
    def known(self) -> Sequence[LocalState]:
        """The local states by their numbers."""
        return self._known.values

    def view(self, number: int) -> NodeView[object]:
        """A local state as people see it."""
        known = self[number]
        return NodeView(self.node, known.up, known.state, known.paused)

    def learned_since(self, known: int) -> Sequence[LearnedCall]:
        """What was learned after so many calls, in order."""
        return self._learned[known:]

    def outcomes_of(self, call: LearnedCall) -> tuple[LocalOutcome, ...]:
        """The outcomes of an event, or of a tick, that were learned."""
        return self._outcomes[call.local, call.key]

    def outcomes(self, local: int, key: int, event: Event) -> tuple[LocalOutcome, ...]:
        """The outcomes of an event at a node that is up. ``key`` is the event's number.

        Raises HandlerError when the handler does.
        """
        found = self._outcomes.get((local, key))
        if found is None:
            state = self[local].state
            steps = self._runner.take(event, state).steps
            due = bool(steps) and self._runner.is_due(event, state)
            found = tuple(
                self._outcome(event.chosen(s.choice), local, s.state, s.sends, due=due) for s in steps
            )
            self._outcomes[local, key] = found
            self._learned.append(LearnedCall("event", local, key, event))
        return found

    def _outcome(
        self, event: Event, before: int, state: object, sends: Sends, *, due: bool = False
    ) -> LocalOutcome:
        return LocalOutcome(event, before, self.number(state), sends, self._runner.crossed(state), due)

    def why_blocked(self, local: int, event: Event) -> str:
        """The guard that keeps a node that is up from an event."""
        return self._runner.take(event, self[local].state).blocked or "no outcome"

    def idle_ticks(self, local: int, key: int, event: Event) -> tuple[LocalOutcome, ...]:
        """The outcomes of a tick at a node that is down, or paused: what it sends is lost, and of one that is
        down only the durable fields change.
        """
        found = self._outcomes.get((local, key))
        if found is None:
            known = self[local]
            steps = self._runner.take(event, known.state).steps
            left = list(dict.fromkeys(s.state if known.up else survivor(s.state) for s in steps))
            flags = {"up": known.up, "drops": known.drops, "paused": known.paused}
            numbers = [(self.number(state, **flags), state) for state in left]
            found = tuple(LocalOutcome(event, local, n, (), self._runner.crossed(s)) for n, s in numbers)
            self._outcomes[local, key] = found
            self._learned.append(LearnedCall("idle tick", local, key, event))
        return found

    def remains(self, local: int, *, drops: bool) -> tuple[int, ...]:
        """What a crash may leave of a node that is up: numbers of local states of a node that is down."""
        key = (local, drops)
        if key not in self._remains:
            left = self._runner.remains(self.node, self[local].state)
            self._remains[key] = tuple(self.number(state, up=False, drops=drops) for state in left)
            self._learned.append(LearnedCall("crash", local, drops=drops))
        return self._remains[key]

    def damages(self, local: int) -> tuple[tuple[str, int], ...]:
        """What a damage may make of a node that is down, by the field that it hurts."""
        if local not in self._damages:
            drops = self[local].drops
            found = [
                (field, self.number(left, up=False, drops=drops))
                for field, left in damages(self[local].state)
            ]
            self._damages[local] = tuple(found)
            if found:
                self._learned.append(LearnedCall("damage", local))
        return self._damages[local]

    def recoveries(self, local: int) -> tuple[LocalOutcome, ...]:
        """The outcomes of a restart."""
        if local not in self._recoveries:
            steps = self._runner.recoveries(self.node, self[local].state)
            found = (self._outcome(self._restart, local, s.state, s.sends) for s in steps)
            self._recoveries[local] = tuple(found)
            self._learned.append(LearnedCall("restart", local))
        return self._recoveries[local]
