"""One node's local states, and what the node's handlers make of each: run once, and kept.

A handler is pure in (local state, event), so nothing else has to be known to learn what it does. What it
does to a whole state depends on mailboxes too, and is the matter of checker/system/node_table.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import survivor
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.step import Sends
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.moves import Compiled
from elcheck.checker.system.views import Profiles


@dataclass(frozen=True)
class Local:
    """A local state; of a node that is down, what it left. A deaf node loses what is sent to it."""

    state: object
    up: bool = True
    deaf: bool = False


@dataclass(eq=False, slots=True)
class Outcome:
    """One outcome of an event as numbers: the local states before and after, what is sent, which bounds
    it crosses. ``compiled`` holds its move, by the links on which its sends are lost.
    """

    event: Event
    before: int
    after: int
    sends: Sends
    crosses: tuple[str, ...]
    compiled: dict[frozenset[int], Compiled] = field(default_factory=dict)


class Locals:
    """The local states of one node by their number, with the outcomes of what can happen in them."""

    def __init__(self, node: NodeId, runner: Runner, profiles: Profiles) -> None:
        self.node = node
        self._runner = runner
        self._profiles = profiles
        self._known: Interner[Local] = Interner()
        self.profile: list[int] = []
        self._outcomes: dict[tuple[int, int], tuple[Outcome, ...]] = {}
        self._remains: dict[tuple[int, bool], tuple[int, ...]] = {}
        self._recoveries: dict[int, tuple[Outcome, ...]] = {}
        self._restart = Event("restart", "restart", node)

    def number(self, state: object, *, up: bool = True, deaf: bool = False) -> int:
        """The number of a local state, with its profile known from then on."""
        number = self._known.number(Local(state, up, deaf))
        if number == len(self.profile):
            self.profile.append(self._profiles.of(self.node, state, up=up))
        return number

    def __getitem__(self, number: int) -> Local:
        return self._known.values[number]

    @property
    def known(self) -> Sequence[Local]:
        """The local states by their number."""
        return self._known.values

    def view(self, number: int) -> NodeView[object]:
        """A local state as people see it."""
        known = self[number]
        return NodeView(self.node, known.up, known.state)

    def outcomes(self, local: int, key: int, event: Event) -> tuple[Outcome, ...]:
        """What an up node's handler makes of an event, whose number is ``key``. Raises HandlerError."""
        found = self._outcomes.get((local, key))
        if found is None:
            steps = self._runner.take(event, self[local].state).steps
            found = tuple(self._outcome(event.chosen(s.choice), local, s.state, s.sends) for s in steps)
            self._outcomes[local, key] = found
        return found

    def _outcome(self, event: Event, before: int, state: object, sends: Sends) -> Outcome:
        return Outcome(event, before, self.number(state), sends, self._runner.crossed(state))

    def why_blocked(self, local: int, event: Event) -> str:
        """The guard that keeps an up node from an event."""
        return self._runner.take(event, self[local].state).blocked or "no outcome"

    def down_ticks(self, local: int, key: int, event: Event) -> tuple[Outcome, ...]:
        """What the tick of a node that is down makes of what it left; what it sends is lost."""
        found = self._outcomes.get((local, key))
        if found is None:
            known = self[local]
            left = _each_once(survivor(s.state) for s in self._runner.take(event, known.state).steps)
            numbers = [(self.number(r, up=False, deaf=known.deaf), r) for r in left]
            found = tuple(Outcome(event, local, n, (), self._runner.crossed(r)) for n, r in numbers)
            self._outcomes[local, key] = found
        return found

    def remains(self, local: int, *, deaf: bool) -> tuple[int, ...]:
        """What a crash may leave of an up node, as local states of a node that is down."""
        key = (local, deaf)
        if key not in self._remains:
            left = self._runner.remains(self.node, self[local].state)
            self._remains[key] = tuple(self.number(r, up=False, deaf=deaf) for r in left)
        return self._remains[key]

    def recoveries(self, local: int) -> tuple[Outcome, ...]:
        """What a restart makes of a node that is down."""
        if local not in self._recoveries:
            steps = self._runner.recoveries(self.node, self[local].state)
            found = (self._outcome(self._restart, local, s.state, s.sends) for s in steps)
            self._recoveries[local] = tuple(found)
        return self._recoveries[local]


def _each_once(states: Iterable[object]) -> list[object]:
    return list(dict.fromkeys(states))
