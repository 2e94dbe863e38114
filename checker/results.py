"""From what a search found to the result of each property: its verdict, what it rests on, its trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checker.answer import Answer
from checker.certificate import Certificate, certify
from checker.clearest import Clearest, Shortest
from checker.explore import Path, Search, path_to
from checker.model.formula import Formula
from checker.model.model import Model
from checker.model.property import Property
from checker.model.values import counted
from checker.properties import Finding, Judge
from checker.system import System
from checker.trace import ReplayError, Trace, trace_of
from checker.verdict import Verdict


@dataclass(frozen=True, repr=False)
class Result:
    """What was found of one property. ``detail`` says what is wrong, or what the verdict rests on. Of a claim
    of liveness that is refuted, ``certificate`` says why the behaviour is fair. ``shortest`` is how many
    traces of this length there are, of which this is the clearest (of a behaviour without end, ways to where
    its loop begins); None if that was not looked at. ``fewest``
    says, if that was asked for, how many faults it takes at the least.
    """

    name: str
    kind: str
    verdict: Verdict
    detail: str = ""
    trace: Trace | None = None
    certificate: Certificate | None = None
    shortest: int | None = None
    fewest: str = ""

    def __repr__(self) -> str:
        said = ": ".join(filter(None, [self.verdict.value, self.detail.partition("\n")[0]]))
        trace = "" if self.trace is None else f", {self.trace!r}"
        return f"<Result {self.kind} {self.name!r}: {said}{trace}>"


def results_of(
    system: System, judge: Judge, search: Search, answers: Mapping[int, Answer]
) -> Iterator[Result]:
    """The result of each property, in the model's order, and of what raised. ``answers`` are those that the
    graph gave. Raises ReplayError if a trace does not replay.
    """
    shortest = Shortest(search, system, judge)
    for number, claim in enumerate(judge.claims):
        finding, answer = judge.findings.get(number), answers.get(number)
        if claim.kind == "atom":
            continue
        if finding is not None:
            yield _found(claim, finding, shortest.clearest(number, finding), search, system)
        elif answer is not None and answer.path is not None:
            yield _refuted(claim, answer, answer.path, shortest.clearest_to(answer.ends), system)
        else:
            yield Result(claim.name, claim.kind, *_undecided(claim, search, answer))
    if search.failure is not None:
        index, message = search.failure
        trace = None if index is None else trace_of(path_to(search, system, index), system)
        yield Result("nothing raises", "error", Verdict.REFUTED, message, trace)


def _found(
    claim: Property, finding: Finding, best: Clearest | None, search: Search, system: System
) -> Result:
    """What a state or a step decided."""
    if best is None:
        path = path_to(search, system, finding.index) + ([finding.step] if finding.step else [])
        best = Clearest(path, 0, finding.detail)
    trace = trace_of(best.path, system)
    verdict, detail = Verdict.REFUTED, best.detail.strip()
    if claim.kind == "sometimes":
        verdict, detail = Verdict.PROVED, f"reached in {counted(len(trace.steps), 'step')}"
    return Result(claim.name, claim.kind, verdict, detail, trace, shortest=best.count or None)


def _refuted(claim: Property, answer: Answer, path: Path, best: Clearest | None, system: System) -> Result:
    """What the graph refuted, the way there being the clearest if that does as well."""
    loop, model = answer.loop, system.model
    trace, count, certificate = trace_of(path, system, loop), None, None
    if best is not None and len(best.path) == (len(path) if loop is None else loop + 1):
        clearer = trace_of([*best.path, *path[len(best.path) :]], system, loop)
        if claim.formula is None or _breaks(claim.formula, clearer, model):
            trace, count = clearer, best.count
    if claim.formula is not None:
        certificate = certify(trace, model, claim.formula)
    return Result(claim.name, claim.kind, Verdict.REFUTED, answer.detail, trace, certificate, count)


def _breaks(formula: Formula, trace: Trace, model: Model) -> bool:
    """Whether a behaviour with another way to its loop breaks a claim: what happens on the way may count."""
    try:
        certify(trace, model, formula)
    except ReplayError:
        return False
    return True


def _undecided(claim: Property, search: Search, answer: Answer | None) -> tuple[Verdict, str]:
    """The verdict of a property that nothing refuted, and what it rests on."""
    if search.stopped is not None:
        return Verdict.UNDETERMINED, f"not every state was examined: {search.stopped}"
    bounds = "; ".join(f"{name} cut {counted(n, 'state')}" for name, n in sorted(search.cuts.items()))
    if answer is not None and answer.unsure:
        return Verdict.UNDETERMINED, "; ".join([answer.unsure, *[bounds] * bool(bounds)])
    if answer is not None and answer.vacuous:
        return Verdict.VACUOUS, "no fair behaviour satisfies what the model assumes"
    if claim.kind == "sometimes":
        if search.cuts:
            return Verdict.UNDETERMINED, f"not reached within bounds: {bounds}"
        return Verdict.VACUOUS, "no reachable state satisfies it"
    return (Verdict.HOLDS, bounds) if search.cuts else (Verdict.PROVED, "")
