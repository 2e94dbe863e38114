"""From what a search found to the result of each property: its verdict, what it rests on, its trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checker.answer import Answer
from checker.certificate import Certificate, certify
from checker.explore import Path, Search, path_to
from checker.model.property import Property
from checker.model.values import counted
from checker.properties import Finding, Judge
from checker.system import System
from checker.trace import Trace, trace_of
from checker.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """What was found of one property. ``detail`` says what is wrong, or what the verdict rests on. Of a claim
    of liveness that is refuted, ``certificate`` says why the behaviour is fair. ``fewest`` says, if that was
    asked for, how many faults it takes at the least.
    """

    name: str
    kind: str
    verdict: Verdict
    detail: str = ""
    trace: Trace | None = None
    certificate: Certificate | None = None
    fewest: str = ""


def results_of(
    system: System, judge: Judge, search: Search, answers: Mapping[int, Answer]
) -> Iterator[Result]:
    """The result of each property, in the model's order, and of what raised. ``answers`` are those that the
    graph gave. Raises ReplayError if a trace does not replay.
    """
    for number, claim in enumerate(judge.claims):
        finding, answer = judge.findings.get(number), answers.get(number)
        if claim.kind == "atom":
            continue
        if finding is not None:
            yield _found(claim, finding, search, system)
        elif answer is not None and answer.path is not None:
            yield _refuted(claim, answer, answer.path, system)
        else:
            yield Result(claim.name, claim.kind, *_undecided(claim, search, answer))
    if search.failure is not None:
        index, message = search.failure
        trace = None if index is None else trace_of(path_to(search, system, index), system)
        yield Result("nothing raises", "error", Verdict.REFUTED, message, trace)


def _found(claim: Property, finding: Finding, search: Search, system: System) -> Result:
    """What a state or a step decided."""
    path = path_to(search, system, finding.index)
    trace = trace_of(path if finding.step is None else [*path, finding.step], system)
    if claim.kind == "sometimes":
        detail = f"reached in {counted(len(trace.steps), 'step')}"
        return Result(claim.name, claim.kind, Verdict.PROVED, detail, trace)
    return Result(claim.name, claim.kind, Verdict.REFUTED, finding.detail.strip(), trace)


def _refuted(claim: Property, answer: Answer, path: Path, system: System) -> Result:
    """What the graph refuted."""
    trace = trace_of(path, system, answer.loop)
    certificate = None
    if claim.formula is not None:
        certificate = certify(trace, system.model, claim.formula)
    return Result(claim.name, claim.kind, Verdict.REFUTED, answer.detail, trace, certificate)


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
