"""Driving a subject along one trace, along paths that make every call, or at random."""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeAlias, TypeVar

from elcheck.checker.driving.calls import HandlerCalls
from elcheck.checker.driving.cover import LONGEST, Cover, PlannedPath, PlannedStep, explored
from elcheck.checker.driving.expected import Stepper
from elcheck.checker.driving.less import shortened
from elcheck.checker.driving.lockstep import Drive, DriveEnding, Lockstep, MakeSubject, drive, same
from elcheck.checker.driving.patience import PATIENCE
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import Limits, Stop, StopKind
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended, current
from elcheck.checker.search.search import OnProgress
from elcheck.checker.system import NodeSystem, System, build
from elcheck.checker.traces.trace import Trace

C = TypeVar("C")
Plan = Literal["trace", "cover", "walks"]
IGNORED = 0.1
"""How often a random walk does something that the model ignores, where it can."""


@dataclass
class DriveTally:
    """What has been driven. ``endings`` counts how the paths ended; ``whys`` has what was said of those that
    were not followed to their end, each with how often.
    """

    paths: int = 0
    steps: int = 0
    longest: int = 0
    endings: Counter[DriveEnding] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)

    def add(self, driven: Drive) -> None:
        """Count a path."""
        steps = len(driven.trace.steps)
        self.paths += 1
        self.steps += steps
        self.longest = max(self.longest, steps)
        self.endings[driven.ending] += 1
        if driven.why and not driven.wrong:
            self.whys[driven.why] += 1


@dataclass(frozen=True)
class CoverTally:
    """How many of a search's distinct calls were made; of the others why not, each with how many."""

    made: int
    total: int
    states: int
    given_up: Counter[str]


@dataclass(frozen=True)
class DriveCampaign:
    """What came of driving. ``drive`` is the one trace, or the first path on which the two sides differ,
    shortened from ``from_steps`` steps; None if there is none. ``stopped`` is the limit that ended it.
    """

    plan: Plan
    tally: DriveTally
    drive: Drive | None
    from_steps: int | None = None
    cover: CoverTally | None = None
    stopped: Stop | None = None
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """True if all that was asked for was driven."""
        covered = self.cover is None or self.cover.made == self.cover.total
        ends = self.tally.endings
        held_up = ends[DriveEnding.UNDRIVABLE] + (ends[DriveEnding.ELSEWHERE] if self.plan == "trace" else 0)
        return covered and self.stopped is None and not held_up


OnDriven: TypeAlias = Callable[[DriveTally], None]


@dataclass(frozen=True)
class WalksWanted:
    """How many random walks (None: until the time is over) of how many steps, from which seed."""

    walks: int | None
    steps: int
    seed: int


class Campaigner(Generic[C]):
    """Drives subjects of one kind. Each path has a new one.

    Raises DefinitionError and UsageError as a check does, HandlerError when a handler does, and SubjectError
    where a subject answers what can't be compared.
    """

    def __init__(
        self,
        model: Model,
        make: MakeSubject[C],
        limits: Limits,
        progress: OnDriven = lambda _: None,
        per_step: float | None = PATIENCE,
    ) -> None:
        validate(model)
        self._per_step = per_step
        self.model = model
        self.make = make
        self.stepper = Stepper(model)
        self.tally = DriveTally()
        self._began = time.perf_counter()
        self._limits = limits
        self._on_look = lambda: progress(self.tally)

    def along(self, trace: Trace) -> DriveCampaign:
        """Drive along one trace."""
        driven = drive(self.stepper, self.make, trace, self._per_step)
        self.tally.add(driven)
        return DriveCampaign("trace", self.tally, driven, seconds=self._seconds())

    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def _counterexample(self, plan: Plan, driven: Drive, cover: CoverTally | None = None) -> DriveCampaign:
        hung = driven.ending is DriveEnding.HUNG  # each attempt to shorten it would take as long again
        short = driven if hung else shortened(self.stepper, self.make, driven)
        steps = len(driven.trace.steps)
        return DriveCampaign(plan, self.tally, short, steps, cover, seconds=self._seconds())

    # -- every call ----------------------------------------------------------------------------------------

    def every_call(self, engine: str = "auto", searching: OnProgress = lambda _: None) -> DriveCampaign:
        """Drive along paths that make every distinct handler call of the search, until one differs."""
        with watching(self._limits, self._on_look):
            return self._every_call(engine, searching)

    def _every_call(self, engine: str, searching: OnProgress) -> DriveCampaign:
        exploration = explored(self.model, self._limits, engine, searching)
        stopped = exploration.search.stopped
        cover = Cover(exploration)
        states = len(exploration.search.codes)
        try:
            for path in cover.paths():
                driven = self._planned(cover, path)
                if driven.wrong:
                    return self._counterexample("cover", driven, self._covered(cover, states))
                limit = current().exceeded()
                if limit is not None:
                    stopped = limit
                    break
        except Ended as ended:
            stopped = ended.notice()
        covered = self._covered(cover, states)
        return DriveCampaign("cover", self.tally, None, None, covered, stopped, self._seconds())

    def _covered(self, cover: Cover, states: int) -> CoverTally:
        made = cover.total - len(cover.left) - len(cover.given_up)
        return CoverTally(made, cover.total, states, Counter(cover.given_up.values()))

    def _planned(self, cover: Cover, path: PlannedPath) -> Drive:
        """Drive along a path, and from its end to what is left and near, as long as it may be."""
        run = self._run(cover.exploration.system.decode(path.initial))
        code, ahead, taken = path.initial, deque(path.steps), 0
        try:
            while run.ended is None and taken < LONGEST:
                ahead = ahead or deque(cover.further(code))
                if not ahead:
                    break
                step = ahead.popleft()
                wanted = cover.exploration.system.decode(step.code)
                if not run.step(step.event, wanted):
                    self._held_up(cover, step, run)
                    break
                taken += 1
                if run.trace.steps[-1].event == step.event:
                    cover.made(step)
                if same(run.state, wanted):
                    code = step.code
                    continue
                ahead, after = deque(), code_after(cover.exploration.system, code, step.event, run.state)
                if after is None:
                    break
                code = after
        finally:
            run.stop()
        self.tally.add(run.finished())
        return run.finished()

    def _held_up(self, cover: Cover, step: PlannedStep, run: Lockstep[C]) -> None:
        """Note the calls of a step that ended a path without a difference."""
        if run.ended is not None and not run.ended.wrong:
            for call in step.calls:
                cover.give_up(call, run.ended.why)

    def _run(self, start: GlobalState) -> Lockstep[C]:
        """Both sides in an initial state of the search, which this model has with its monitors."""
        initial = next(state for state in self.stepper.initial() if same(state, start))
        return Lockstep(self.stepper, self.make, initial, self._per_step)

    # -- random walks --------------------------------------------------------------------------------------

    def at_random(self, wanted: WalksWanted) -> DriveCampaign:
        """Drive along random walks, until one differs."""
        with watching(self._limits, self._on_look):
            return self._at_random(wanted)

    def _at_random(self, wanted: WalksWanted) -> DriveCampaign:
        walks = _Walks(self.model)
        stopped: Stop | None = None
        try:
            while self.tally.paths != wanted.walks:
                stopped = current().exceeded()
                if stopped is not None:
                    break
                rng = random.Random(f"{wanted.seed}/{self.tally.paths}")
                driven = self._walked(walks, rng, wanted.steps)
                self.tally.add(driven)
                if driven.wrong:
                    return self._counterexample("walks", driven)
        except Ended as ended:
            stopped = ended.notice()
        if wanted.walks is None and stopped is not None and stopped.kind is StopKind.TIME:
            stopped = None  # the time that it was to take
        return DriveCampaign("walks", self.tally, None, None, None, stopped, self._seconds())

    def _walked(self, walks: _Walks, rng: random.Random, steps: int) -> Drive:
        code = rng.choice(walks.initial)
        run = self._run(walks.system.decode(code))
        codes = walks.start(run)
        try:
            for _ in range(steps if run.ended is None else 0):
                event = walks.event(codes[run.state], rng)
                if event is None or not run.step(event):
                    break
                codes = walks.after(codes, run)
            return run.finished()
        finally:
            run.stop()


class _Walks:
    """Chooses the steps of random walks in the packed system, whose tables know most of them already. It goes
    along with a run by the codes of the states that the model may be in.
    """

    def __init__(self, model: Model) -> None:
        system = build(model)
        assert isinstance(system, NodeSystem)
        self.system = system
        self.calls = HandlerCalls(system)
        self.initial = list(dict.fromkeys(system.initial()))

    def start(self, run: Lockstep[C]) -> dict[GlobalState, int]:
        """The codes of where a run may have begun."""
        decoded = [(code, self.system.decode(code)) for code in self.initial]
        return {state: code for state in run.states for code, start in decoded if same(start, state)}

    def after(self, codes: Mapping[GlobalState, int], run: Lockstep[C]) -> dict[GlobalState, int]:
        """The codes after one more step."""
        found: dict[GlobalState, int] = {}
        for before, event, after in run.last_steps:
            code = code_after(self.system, codes[before], event, after)
            assert code is not None, f"the packed system has no such {event.located}"
            found[after] = code
        return found

    def event(self, code: int, rng: random.Random) -> Event | None:
        """An event that can happen, each as likely as the others; at times one that changes nothing."""
        found, _ = self.system.successors(code)
        events = list(dict.fromkeys(move.event for _, move in found))
        if not events or rng.random() < IGNORED:
            ignored = [event for event in self._ignored(code, events) if event.kind == "receive"]
            events = ignored or events
        return rng.choice(events) if events else None

    def _ignored(self, code: int, events: Sequence[Event]) -> Iterator[Event]:
        known = set(events)
        return (event for _, _, event in self.calls.at(code) if event not in known)


def code_after(system: System, code: int, event: Event, state: GlobalState) -> int | None:
    """The code of the state to which an event has led, whatever was chosen in it; None if it has not led
    there from this one.
    """
    if same(system.decode(code), state):
        return code
    moves = system.successors(code)[0]
    found = (succ for succ, move in moves if replace(move.event, choice=event.choice) == event)
    return next((succ for succ in found if same(system.decode(succ), state)), None)


def said_of_paths(tally: DriveTally) -> str:
    """How much was driven, in words."""
    return f"{counted(tally.paths, 'path')}, {counted(tally.steps, 'step')}, at most {tally.longest:,} in one"
