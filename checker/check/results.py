"""From what a search found to the result of each property: its verdict, what it rests on, its trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, NoReturn

from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.values import counted
from elcheck.checker.process.running import ending
from elcheck.checker.process.watch import Ended, optional
from elcheck.checker.search.judge import Finding
from elcheck.checker.search.search import Exploration, Search
from elcheck.checker.system import System
from elcheck.checker.system.system import Path
from elcheck.checker.temporal.certificate import Certificate, certify
from elcheck.checker.temporal.graph_finding import GraphFinding
from elcheck.checker.traces.clearest import Clearest, Shortest
from elcheck.checker.traces.trace import ReplayError, Trace, trace_of


class Shown(NamedTuple):
    """What shows a verdict. Of a claim of liveness that is refuted, ``certificate`` says why the behaviour is
    fair. ``shortest`` is how many traces of this length there are, of which this is the clearest (of a
    behaviour without end, ways to where its loop begins); None if that was not looked at.
    """

    trace: Trace | None = None
    certificate: Certificate | None = None
    shortest: int | None = None


NOTHING = Shown()


class ShownLater(NamedTuple):
    """What will show a verdict: a trace of so many ``steps`` (None: there is none), looked for when it is
    first asked for.
    """

    steps: int | None
    make: Callable[[], Shown]


@dataclass(frozen=True, repr=False, eq=False)
class Result:
    """What was found of one property. ``detail`` says what is wrong, or what the verdict rests on; ``brief``
    leaves out what cut or stopped the whole search, which is the same for all. ``by`` shows it, or makes what
    does when that is first asked for. ``fewest`` says, if that was asked for, how many faults it takes at the
    least.
    """

    name: str
    kind: str
    verdict: Verdict
    detail: str = ""
    brief: str | None = None
    by: Shown | ShownLater = NOTHING
    fewest: str = ""

    @cached_property
    def shown(self) -> Shown:
        """What shows the verdict. Raises ReplayError if it is first made here and does not replay."""
        return self.by if isinstance(self.by, Shown) else self.by.make()

    @property
    def trace(self) -> Trace | None:
        """The trace to what decides the property, if that is a trace."""
        return self.shown.trace

    @property
    def steps(self) -> int | None:
        """How many steps its trace has, if there is one. No trace is looked for to tell that."""
        if isinstance(self.by, ShownLater):
            return self.by.steps
        return None if self.trace is None else len(self.trace.steps)

    @property
    def certificate(self) -> Certificate | None:
        """Why a behaviour without end is fair."""
        return self.shown.certificate

    @property
    def shortest(self) -> int | None:
        """How many traces of this length there are."""
        return self.shown.shortest

    @property
    def ok(self) -> bool:
        """Whether the property is proved, or holds within the bounds that were set."""
        return self.verdict.ok

    def __bool__(self) -> NoReturn:
        raise TypeError(f"the result of {self.name!r} is not true or false: ask result.ok")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.verdict))

    def _parts(self) -> tuple[object, ...]:
        return self.name, self.kind, self.verdict, self.detail, self.fewest, self.shown

    def __repr__(self) -> str:
        said = ": ".join(filter(None, [self.verdict.value, self.detail.partition("\n")[0]]))
        trace = "" if self.trace is None else f", {self.trace!r}"
        return f"<Result {self.kind} {self.name!r}: {said}{trace}>"


def results_of(
    exploration: Exploration, answers: Mapping[int, GraphFinding], *, clearest: bool = True
) -> Iterator[Result]:
    """The result of each property, in the model's order, and of what raised. ``answers`` are those that the
    graph gave. Unless the ``clearest`` traces are wanted, they are those that the search met. Raises
    ReplayError if a trace does not replay.
    """
    search, judge = exploration.search, exploration.judge
    shortest = Shortest(exploration, clearest=clearest)
    for number, claim in enumerate(judge.claims):
        finding, answer = judge.findings.get(number), answers.get(number)
        if claim.kind == "atom":
            continue
        try:
            if finding is not None:
                yield _found(number, claim, finding, shortest, exploration)
            elif answer is not None and answer.path is not None:
                yield _refuted(claim, answer, answer.path, shortest, exploration.system)
            else:
                yield _undecided(claim, search, answer, exploration.terms_apart)
        except Ended as ended:
            why = f"{ended.notice()} before the trace that decides it was replayed"
            yield Result(claim.name, claim.kind, Verdict.UNDETERMINED, why)
    if search.failure is not None:
        yield _raised(exploration, *search.failure)


def _raised(exploration: Exploration, index: int | None, message: str) -> Result:
    """What raised in the state of an index."""
    trace = None
    with optional(), ending():  # it is known without its trace
        trace = None if index is None else trace_of(exploration.path_to(index), exploration.system)
    return Result("nothing raises", "error", Verdict.REFUTED, message, by=Shown(trace))


def _found(
    number: int, claim: Property, finding: Finding, shortest: Shortest, exploration: Exploration
) -> Result:
    """What a state or a step decided. The clearest witness is looked for when it is asked for: few are."""
    system = exploration.system

    def met() -> Clearest:
        return Clearest(exploration.path_to(finding.index, finding.step), 0, finding.detail)

    def clearest() -> Clearest:
        return shortest.clearest(number, finding) or met()

    def shown(best: Clearest) -> Shown:
        with ending():
            return Shown(trace_of(best.path, system), shortest=best.count or None)

    if claim.kind == "sometimes":
        with ending():
            trace = trace_of(met().path, system)  # that it can be reached is seen to here
        steps = len(trace.steps)
        later = ShownLater(steps, lambda: shown(clearest()))
        detail = f"reached in {counted(steps, 'step')}"
        return Result(claim.name, claim.kind, Verdict.PROVED, detail, by=later)
    best = clearest()
    return Result(claim.name, claim.kind, Verdict.REFUTED, best.detail.strip(), by=shown(best))


def _refuted(claim: Property, answer: GraphFinding, path: Path, shortest: Shortest, system: System) -> Result:
    """What the graph refuted, the way there being the clearest if that does as well."""
    best = shortest.clearest_to(answer.ends)
    with ending():
        return _refuted_by(claim, answer, path, best, system)


def _refuted_by(
    claim: Property, answer: GraphFinding, path: Path, best: Clearest | None, system: System
) -> Result:
    loop, model = answer.loop, system.model
    trace, count, certificate = trace_of(path, system, loop), None, None
    if best is not None and len(best.path) == (len(path) if loop is None else loop + 1):
        clearer = trace_of([*best.path, *path[len(best.path) :]], system, loop)
        if claim.formula is None or _breaks(claim.formula, clearer, model):
            trace, count = clearer, best.count
    if claim.formula is not None:
        if loop is None and not _breaks(claim.formula, trace, model):  # only the automaton can tell
            return Result(claim.name, claim.kind, Verdict.UNDETERMINED, "no behaviour in reach breaks it")
        certificate = certify(trace, model, claim.formula)
    whose = [name for name, part in claim.parts if _breaks(part, trace, model)]
    detail = f"{' and '.join(whose)}: {answer.detail}" if whose else answer.detail
    shown = Shown(trace, certificate, count)
    return Result(claim.name, claim.kind, Verdict.REFUTED, detail, by=shown)


def _breaks(formula: Formula, trace: Trace, model: Model) -> bool:
    """Whether a behaviour with another way to its loop breaks a claim: what happens on the way may count."""
    try:
        certify(trace, model, formula)
    except ReplayError:
        return False
    return True


def cuts_in_words(cuts: Mapping[str, int]) -> str:
    """What bounds cut: ``depth 10 cut 2,868 states; max_term cut 5,893 states``."""
    return "; ".join(f"{name} cut {counted(n, 'state')}" for name, n in sorted(cuts.items()))


def _undecided(
    claim: Property, search: Search, answer: GraphFinding | None, terms_apart: int | None = None
) -> Result:
    """The result of a property that nothing refuted: its verdict, and what that rests on. ``terms_apart``: it
    speaks of every number of terms, of which those of nodes are no further apart.
    """

    def result(verdict: Verdict, brief: str = "", beyond: str = "") -> Result:
        detail = ": ".join(filter(None, [brief, beyond]))
        return Result(claim.name, claim.kind, verdict, detail, brief)

    if search.stopped is not None:
        return result(Verdict.UNDETERMINED, "not every state was examined", str(search.stopped))
    bounds = cuts_in_words(search.cuts)
    if answer is not None and answer.unsure:
        return result(Verdict.UNDETERMINED, answer.unsure, bounds)
    if answer is not None and answer.vacuous:
        whole = terms_apart is not None or not search.cuts
        return result(Verdict.VACUOUS if whole else Verdict.UNDETERMINED, answer.vacuous, bounds)
    if claim.kind == "sometimes":
        if search.cuts:
            return result(Verdict.UNDETERMINED, "not reached within bounds", bounds)
        what = "step" if claim.is_of_steps else "reachable state"
        return result(Verdict.VACUOUS, f"no {what} satisfies it")
    if terms_apart is not None:
        return result(Verdict.PROVED, f"for every number of terms, nodes at most {terms_apart} apart")
    return result(Verdict.HOLDS, "", bounds) if search.cuts else result(Verdict.PROVED)
