"""Simulation: random walks through spaces that are too large to be searched.

A walk starts in one of the initial states and takes one of the enabled steps, each as likely as the others
(``directed``: rather what was seen least, novelty.py), until nothing can happen or it is long enough. What it
finds is real, and is shortened and replayed; what it does not find, it says nothing of. The walks of a seed
are always the same ones, each from a generator of its own: the n-th walk does not depend on how many come
before it, unless what was seen directs it. Several processes share the walks out among them: swarm.py.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from elcheck.checker.check.coverage import coverage_of
from elcheck.checker.check.report import CheckReport, Stats
from elcheck.checker.check.results import Result, Shown
from elcheck.checker.check.verdict import EXIT, Verdict, overall
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import RAISED_ERROR, Limits, Stop, StopKind
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.watch import EVERY, Ended, current, look, optional
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.search import Exploration, Search, has_no_step
from elcheck.checker.strategies.novelty import Novelty
from elcheck.checker.strategies.shorten import Short, path_of, shortened
from elcheck.checker.system import System, build
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Cuts, Found, Path
from elcheck.checker.traces.trace import Trace, trace_of

COUNTED = 1_000_000
"""Distinct states that are told apart; more are not remembered."""
REMEMBERED = 20_000
"""States whose steps are kept."""

DECIDABLE = ("always", "never", "sometimes", "step", "deadlock")
"""The kinds of properties that a finite trace decides."""


@dataclass(frozen=True)
class WalkPlan:
    """What is to be walked: how many walks (None: until the time is over) of how many steps.

    ``faults`` is the weight of a fault where another step has 1. With ``directed`` walks prefer what was
    seldom seen, and differ in length and in the weight of faults. Of the ``limits`` those of time and memory
    hold.
    """

    walks: int | None = 1000
    steps: int = 100
    seed: int = 0
    faults: float = 1.0
    limits: Limits = Limits()
    directed: bool = False
    workers: int = 1
    cluster: str | None = None


@dataclass
class WalkTally:
    """What has been walked. ``ended``: walks that came to where nothing can happen. ``seen`` holds the
    distinct states up to COUNTED.
    """

    walks: int = 0
    steps: int = 0
    longest: int = 0
    ended: int = 0
    seen: set[int] = field(default_factory=set)
    seconds: float = 0.0


@dataclass(frozen=True)
class Simulation:
    """A report in the form of a check's, and what was walked. ``complete``: as much as was asked for."""

    report: CheckReport
    plan: WalkPlan
    tally: WalkTally
    complete: bool


OnWalk = Callable[[WalkTally], None]


def simulate(model: Model, plan: WalkPlan = WalkPlan(), progress: OnWalk = lambda _: None) -> Simulation:
    """Walk, and judge every state and step on the way. It ends early when every property is decided.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a meaning,
    and ReplayError if elcheck is wrong.
    """
    began = time.perf_counter()
    with watching(plan.limits):
        validate(model)
        walker = Walker(build(model), plan)
        with watching(on_look=lambda: progress(walker.tally)) as watch, watch.refusing():
            if plan.workers == 1 and plan.cluster is None:
                walker.run()
            else:
                from elcheck.checker.strategies.swarm import Swarm  # numpy takes its time to be imported

                Swarm(walker).run()
        walker.tally.seconds = time.perf_counter() - began
        results = tuple(walker.results())
    verdict, code = overall([(result.kind, result.verdict) for result in results])
    if code == EXIT["undetermined"] and walker.complete and walker.reached_all:
        code = EXIT["proved"]
    report = CheckReport(
        model,
        "simulation",
        _stats(walker, time.perf_counter() - began),
        results,
        coverage_of(walker.system),
        verdict,
        code,
        Exploration(walker.system, walker.judge, Search()),
    )
    return Simulation(report, plan, walker.tally, walker.complete)


def _stats(walker: Walker, seconds: float) -> Stats:
    tally = walker.tally
    return Stats(
        distinct=len(tally.seen),
        transitions=tally.steps,
        depth=tally.longest,
        exhaustive=False,
        cut={},
        stopped=walker.ended_by(),
        handler_calls=walker.system.runner.calls,
        evaluations=walker.judge.evaluations,
        seconds=seconds,
    )


def varied(rng: random.Random, steps: int, faults: float) -> tuple[int, float]:
    """The steps of a walk and the weight of a fault in it: a quarter of them to all, of walks that differ in
    these (Holzmann, Joshi and Groce 2011, "Swarm verification techniques").
    """
    return max(1, steps * rng.choice((1, 2, 4)) // 4), faults * rng.choice((1.0, 0.3, 0.1, 0.0))


class Walker:
    """Takes walks, and notes where properties are decided."""

    def __init__(self, system: System, plan: WalkPlan) -> None:
        self.system = system
        self.plan = plan
        self.tally = WalkTally()
        self.judge = Judge(system)
        self.judge.only([n for n, claim in enumerate(system.claims) if claim.kind in DECIDABLE])
        self.found: dict[int, tuple[int, Path, Finding]] = {}  # by claim: the walk, its path, the finding
        self.failure: tuple[Path, str] | None = None
        self.number = 0
        self.fresh: list[int] = []
        self.stopped: Stop | None = None
        self._unreplayed = False  # whether something was found that there was no time to replay
        self._known: dict[int, tuple[Found, Cuts]] = {}
        self.path: Path = []
        self._novelty = Novelty() if plan.directed else None

    @property
    def complete(self) -> bool:
        """Whether what was asked for was walked, or nothing was left to be found, and all of that is sure."""
        if self._unreplayed:
            return False
        wanted = self.plan.walks is None and self.stopped is not None and self.stopped.kind is StopKind.TIME
        return self.failure is None and (self.stopped is None or wanted)

    @property
    def reached_all(self) -> bool:
        """Whether every ``sometimes`` was reached."""
        claims = enumerate(self.system.claims)
        return all(number in self.found for number, claim in claims if claim.kind == "sometimes")

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be found: every property is one that walks decide, and is decided."""
        return self.judge.decided and all(claim.kind in (*DECIDABLE, "atom") for claim in self.system.claims)

    def run(self) -> None:
        """Take the walks."""
        try:
            initial = self.initial()
            while self.stopped is None and not self.settled:
                if self.tally.walks == self.plan.walks or self._out():
                    break
                self.tally.walks += 1
                self.walk(self.tally.walks, initial)
        except HandlerError as error:
            self.failure = (list(self.path), str(error))
            self.stopped = RAISED_ERROR
        except MemoryError:
            self.stopped = current().out_of_memory
        except Ended as ended:
            self.stopped = ended.notice()
        why = None
        if self.failure is None:
            with optional(), ending():
                why = self.system.runner.unlike_before()
        if why is not None:
            self.misled(why)

    def misled(self, why: str) -> None:
        """Note that a handler is not deterministic: nothing that was found is known to be right."""
        self.failure, self.stopped = ([], why), RAISED_ERROR
        self.found.clear()

    def initial(self) -> list[int]:
        """The initial states, each once."""
        found: dict[int, None] = {}
        for number, code in enumerate(self.system.initial()):
            if number % EVERY == 0:
                look()
            found[code] = None
        return list(found)

    def walk(self, number: int, initial: list[int]) -> None:
        """The walk of a number."""
        rng = random.Random(f"{self.plan.seed}/{number}")
        steps_left, faults = self.plan.steps, self.plan.faults
        if self._novelty is None:
            path: Path = [(initial[int(rng.random() * len(initial))], None)]
        else:
            steps_left, faults = varied(rng, steps_left, faults)
            path = self._novelty.beginning(rng, initial, steps_left)
        self.number, self.path, code = number, path, path[-1][0]
        self._look()
        tally, judge = self.tally, self.judge
        for taken in range(steps_left - len(path) + 1):
            if taken % EVERY == EVERY - 1 and self._out():
                return
            steps, cuts = self._steps(code)
            if judge.asks_deadlock and has_no_step(steps, cuts):
                judge.no_next_step(len(path) - 1, code)
                self._note()
            chosen = self._choice(rng, steps, faults)
            if chosen is None:
                tally.ended += 1
                return
            if judge.asks_steps:
                judge.step(len(path) - 1, code, *chosen)
                self._note()
            code = chosen[0]
            path.append(chosen)
            tally.steps += 1
            tally.longest = max(tally.longest, len(path) - 1)
            self._look()
            if self.settled:
                return

    def _steps(self, code: int) -> tuple[Found, Cuts]:
        """The steps of a state, those of the states met first remembered: every walk passes through some of
        them.
        """
        known = self._known.get(code)
        if known is None:
            known = self.system.successors(code)
            if len(self._known) < REMEMBERED:
                self._known[code] = known
        return known

    def _choice(self, rng: random.Random, steps: Found, faults: float) -> tuple[int, Move] | None:
        """One of some steps, by their weights; None if none can be taken."""
        if self._novelty is not None:
            weights = self._novelty.weights(steps, faults)
        elif faults == 1:
            return steps[int(rng.random() * len(steps))] if steps else None
        else:
            weights = [faults if move.event.fault else 1.0 for _, move in steps]
        if not any(weights):
            return None
        return rng.choices(steps, weights)[0]

    def _look(self) -> None:
        """Judge the state that a walk has come to."""
        code, move = self.path[-1]
        if code not in self.tally.seen and len(self.tally.seen) < COUNTED:
            self.tally.seen.add(code)
            self.fresh.append(code)
        if self._novelty is not None:
            before = self.path[-2][0] if len(self.path) > 1 else None
            self._novelty.came(code, before, move, len(self.path) - 1)
        if move is None or move.visible or self.judge.every_state:
            self.judge.state(len(self.path) - 1, code)
            if move is None:
                self.judge.begins(0, code)
            self._note()

    def _note(self) -> None:
        """Keep the path to what was found just now."""
        if len(self.judge.findings) > len(self.found):
            for number, finding in self.judge.findings.items():
                if number not in self.found:
                    self.found[number] = (self.number, path_of(finding, list(self.path)), finding)

    def _out(self) -> bool:
        """Whether time or memory is out, with the reason noted."""
        self.stopped = current().exceeded()
        return self.stopped is not None

    def ended_by(self) -> Stop:
        """What was walked, in words: a walk never examines every state."""
        kind = StopKind.DECIDED if self.settled else StopKind.STATES
        return Stop(kind if self.stopped is None else self.stopped.kind, self._said())

    def _said(self) -> str:
        tally = self.tally
        rate = tally.walks / max(tally.seconds, 1e-9)
        parts = [
            f"it was {counted(tally.walks, 'random walk')} from seed {self.plan.seed}{self._how()} "
            f"({rate:,.0f} walks/s, {counted(tally.steps, 'step')}, at most {tally.longest:,} in a walk)"
        ]
        parts += [f"{tally.ended:,} came to where nothing can happen"] if tally.ended else []
        parts += [f"only {COUNTED:,} distinct states were counted"] if len(tally.seen) == COUNTED else []
        parts += [str(self.stopped)] if self.stopped else []
        parts += ["every property was decided"] if self.settled else []
        return "; ".join(parts)

    def _how(self) -> str:
        """How the walks were directed and shared out, in words."""
        how = ", directed by what was seen least" if self.plan.directed else ""
        return how + (f", in {self.plan.workers} processes" if self.plan.workers > 1 else "")

    # -- results -------------------------------------------------------------------------------------------

    def results(self) -> Iterator[Result]:
        """The result of each property, in the model's order, and of what raised. Raises ReplayError."""
        for number, claim in enumerate(self.system.claims):
            if claim.kind == "atom":
                continue
            if number in self.found:
                yield self._result(number, claim)
            else:
                yield Result(claim.name, claim.kind, Verdict.UNDETERMINED, self._silent(claim))
        if self.failure is not None:
            path, message = self.failure
            with ending():
                trace = trace_of(path, self.system) if path else None
            yield Result("nothing raises", "error", Verdict.REFUTED, message, by=Shown(trace))

    def _silent(self, claim: Property) -> str:
        if claim.kind not in DECIDABLE:
            return "a random walk does not decide it"
        done = "reached" if claim.kind == "sometimes" else "broken"
        return f"not {done} in {counted(self.tally.walks, 'random walk')}"

    def _result(self, number: int, claim: Property) -> Result:
        walk, path, finding = self.found[number]
        steps = counted(len(path) - 1, "step")
        if claim.kind == "sometimes":
            detail, reached = f"reached in {steps} of walk {walk}", self._replayed(path)
            return self._shown(claim, Verdict.PROVED, detail, reached)
        short, how = Short(path, finding.detail.strip(), shortest=False), ""
        try:
            if not current().over:
                short = shortened(path, number, self.system)
        except HandlerError as error:  # beyond what the walk has seen
            how = f"not shortened: {error}"
        except Ended as ended:
            how = f"not shortened: {ended.notice()}"
        trace = self._replayed(short.path)
        known = "the shortest" if short.shortest else "there may be shorter ones"
        how = how or f"walk {walk}, {steps}, shortened to {len(short.path) - 1:,}: {known}"
        return self._shown(claim, Verdict.REFUTED, f"{short.detail} ({how})", trace)

    def _replayed(self, path: Path) -> Trace | None:
        """A path as a trace, replayed; None if an end comes before that."""
        found: Trace | None = None
        with optional(), ending():
            found = trace_of(path, self.system)
        self._unreplayed |= found is None
        return found

    @staticmethod
    def _shown(claim: Property, verdict: Verdict, detail: str, trace: Trace | None) -> Result:
        """A result with its trace; what was not replayed is not taken for sure."""
        if trace is None:
            return Result(claim.name, claim.kind, Verdict.UNDETERMINED, f"{detail}, which was not replayed")
        return Result(claim.name, claim.kind, verdict, detail, by=Shown(trace))
