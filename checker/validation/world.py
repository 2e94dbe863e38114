"""How far a search has come: the nodes' states, the messages, and which lines are done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import State
from elcheck.checker.model.state import Envelope, Event, Prepared
from elcheck.checker.validation.calls import ObservedStep
from elcheck.checker.validation.mail import Mail, Sending


@dataclass(frozen=True)
class Life:
    """What a node logged from one start to the next: the step that begins it (None where the log has not the
    beginning), and the steps of each lane.
    """

    begin: ObservedStep | None
    lanes: Mapping[str, Sequence[ObservedStep]]


Lives: TypeAlias = Sequence[Life]


def lives_of(steps: Sequence[ObservedStep]) -> list[Life]:
    """The steps of a log by lives."""
    lives: list[Life] = []
    lanes: dict[str, list[ObservedStep]] = {}
    for step in steps:
        if step.begins:
            lanes = {}
            lives.append(Life(step, lanes))
        else:
            if not lives:
                lives.append(Life(None, lanes))
            lanes.setdefault(step.lane, []).append(step)
    return lives


@dataclass(frozen=True)
class RunStep:
    """A step of the run: of which life of its node, its number in that, what happened, the state after it,
    what it sends, the message that it took, and its lines, if it has some. A restart says after which step of
    the life before everything was undone. ``event`` is None where a life began and nothing happened.
    """

    node: NodeId
    life: int
    number: int
    event: Event | None
    state: State
    sends: tuple[Envelope, ...] = ()
    used: Envelope | None = None
    step: ObservedStep | None = None
    hidden: bool = False
    kept: int | None = None


@dataclass
class NodeProgress:
    """One node: its state, its life and whether that has begun, the steps done in each lane, the states that
    it has been in in this life (with the number of the step that led there), the step up to which others have
    got what it sent, and how many steps of its log are finished.
    """

    state: State
    life: int = 0
    begun: bool = False
    number: int = 0
    done: dict[str, int] = field(default_factory=dict)
    kept: list[tuple[int, State]] = field(default_factory=list)
    floor: int = 0
    finished: int = 0
    down: bool = False
    """Whether a line says that it has crashed, and none that it has begun again."""
    version: int = 0
    """Counts changes of the state and messages to it: what was impossible need not be tried again before."""

    def copy(self) -> NodeProgress:
        """Another one like it."""
        return NodeProgress(
            self.state, self.life, self.begun, self.number, dict(self.done), list(self.kept), self.floor,
            self.finished, self.down, self.version,
        )  # fmt: skip


class World:
    """The state of a search."""

    def __init__(self, lives: Mapping[NodeId, Lives], start: Prepared) -> None:
        self.lives = lives
        self.start = start
        self.at: dict[NodeId, NodeProgress] = {}
        for node, state in start.nodes.items():
            assert isinstance(state, State)
            self.at[node] = NodeProgress(state, kept=[(0, state)])
        for node, progress in self.at.items():
            mine = lives.get(node, ())
            progress.begun = not mine or mine[0].begin is None
        self.mail = Mail()
        for envelope in start.network:
            self.mail.send(envelope, Sending(0, 0, None, 0))
        self.run: list[RunStep] = []
        self.assumed: dict[Envelope, None] = {}
        """What nodes without a log are taken to have sent."""

    def copy(self) -> World:
        """Another one that goes its own way from here."""
        copied = World.__new__(World)
        copied.lives, copied.start = self.lives, self.start
        copied.at = {node: progress.copy() for node, progress in self.at.items()}
        copied.mail, copied.run = self.mail.copy(), list(self.run)
        copied.assumed = dict(self.assumed)
        return copied

    def key(self, may_return: Callable[[NodeId, State], bool]) -> tuple[object, frozenset[object]]:
        """What tells it from another one, as far as its future goes: the nodes, and the messages. Where the
        nodes are the same, more messages allow more. ``may_return``: whether a node's next life can begin
        with what a crash leaves of a state.
        """
        kept = {
            node: [number for number, state in p.kept if number >= p.floor and may_return(node, state)]
            for node, p in self.at.items()
        }
        nodes = []
        for node, p in self.at.items():
            states = dict(p.kept)
            rest = tuple(states[number] for number in kept[node])
            nodes.append((p.state, p.life, p.begun, tuple(sorted(p.done.items())), rest))
        return tuple(nodes), self.mail.contents({n: (self.at[n].life, kept[n]) for n in self.at})

    def ahead(self, node: NodeId) -> list[ObservedStep]:
        """The next step of each lane of a node; when they are done, the beginning of its next life."""
        mine, progress = self.lives.get(node, ()), self.at[node]
        if not mine:
            return []
        life = mine[progress.life]
        if not progress.begun:
            assert life.begin is not None
            return [life.begin]
        found = [
            steps[progress.done.get(lane, 0)]
            for lane, steps in life.lanes.items()
            if progress.done.get(lane, 0) < len(steps)
        ]
        if found or progress.life + 1 == len(mine):
            return found
        begin = mine[progress.life + 1].begin
        assert begin is not None
        return [begin]

    def left(self, node: NodeId) -> int:
        """How many steps of a node are not done."""
        return sum(map(_steps, self.lives.get(node, ()))) - self.at[node].finished

    # -- steps -------------------------------------------------------------------------------------------

    def take(self, taken: RunStep) -> None:
        """Do a step that is no beginning of a life."""
        progress = self.at[taken.node]
        changed = taken.state != progress.state
        progress.state, progress.number = taken.state, taken.number
        progress.down = taken.event is not None and taken.event.kind == "crash"
        progress.kept.append((taken.number, taken.state))
        progress.version += changed
        self.run.append(taken)
        self._sent(taken)
        self._used(taken)

    def begin(self, taken: RunStep) -> None:
        """Begin a life: the first, or the next, after a crash that has undone what came after ``kept``."""
        progress = self.at[taken.node]
        if progress.begun:
            assert taken.kept is not None
            self.mail.undo(taken.node, progress.life, taken.kept)
            progress.life += 1
        progress.begun, progress.down, progress.number, progress.floor = True, False, 0, 0
        progress.done, progress.kept = {}, [(0, taken.state)]
        progress.state = taken.state
        progress.version += 1
        self.run.append(taken)
        self._sent(taken)

    def finished(self, node: NodeId, step: ObservedStep) -> None:
        """The lines of a step are done."""
        progress = self.at[node]
        progress.version += 1
        progress.finished += 1
        if not step.begins:
            progress.done[step.lane] = progress.done.get(step.lane, 0) + 1

    def _sent(self, taken: RunStep) -> None:
        time = None if taken.step is None else taken.step.time
        sending = Sending(taken.life, taken.number, time, len(self.run) - 1)
        for envelope in taken.sends:
            if self.mail.send(envelope, sending):
                self.at[envelope.dst].version += 1

    def _used(self, taken: RunStep) -> None:
        """Whoever sent what was taken has come so far for good."""
        if taken.used is None:
            return
        sending = self.mail.sending(taken.used)
        if sending is None:
            self.assumed.setdefault(taken.used)
            return
        sender = self.at[taken.used.src]
        if sender.life == sending.life:
            sender.floor = max(sender.floor, sending.number)


def _steps(life: Life) -> int:
    return (life.begin is not None) + sum(map(len, life.lanes.values()))
