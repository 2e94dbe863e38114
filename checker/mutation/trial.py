"""What becomes of one mutant: equivalent, killed, survived, or undecided."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.state import GlobalState
from elcheck.checker.mutation.baseline import AskedQuestion, Baseline
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.questions import answer
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.system import System


class MutantFate(Enum):
    """What becomes of a mutant.

    EQUIVALENT: it answers all questions of the search alike, so its graph is the same, within these bounds.
    KILLED: its search went to its end, or up to a refuted property, and does not come out as that of the
    model: a property is refuted, something is not reached (within the bounds) any more, a handler raises.
    SURVIVED: it holds as the model does. UNDECIDED: a limit ended its search before that.
    """

    EQUIVALENT = "equivalent"
    KILLED = "killed"
    SURVIVED = "survived"
    UNDECIDED = "undecided"


RAISES = "nothing raises"
"""What kills a mutant whose code raises, as a report calls it."""


@dataclass(frozen=True)
class Trial:
    """What became of a mutant, by its key.

    ``killers`` are the properties that are broken in ``steps`` steps, which no other is sooner; ``why`` says
    what is wrong, or what ended the search. ``runs`` is False where what the mutation changes never runs.
    ``states`` and ``transitions`` are those of its search, None where there was none; ``looks`` counts, for
    each property, on how much it was asked that the model never comes to.
    """

    key: str
    fate: MutantFate
    killers: tuple[str, ...] = ()
    steps: int | None = None
    why: str = ""
    runs: bool = True
    states: int | None = None
    transitions: int | None = None
    looks: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def tried(mutant: Mutant, baseline: Baseline, limits: Limits) -> Trial:
    """What becomes of a mutant. ``limits`` are those of the search; it ends with the first counterexample."""
    began = time.perf_counter()
    try:
        with mutant.mutation.installed():
            found = _fate(mutant, baseline, replace(limits, first=True))
    finally:
        baseline.forget()
    return replace(found, seconds=time.perf_counter() - began)


def _fate(mutant: Mutant, baseline: Baseline, limits: Limits) -> Trial:
    try:
        system = baseline.built()
        if difference(baseline.questions(mutant), system) is None:
            return Trial(mutant.key, MutantFate.EQUIVALENT, runs=baseline.runs(mutant))
        report = baseline.checked(system.model, limits)
    except (LoadError, UsageError, DefinitionError, HandlerError) as error:
        return Trial(mutant.key, MutantFate.KILLED, (RAISES,), 0, str(error))
    return _judged(mutant, report, baseline)


def difference(asked: list[AskedQuestion], system: System) -> AskedQuestion | None:
    """The first question that a model answers otherwise, None if there is none."""
    return next((a for a in asked if answer(a.question, system) != a.answer), None)


def _judged(mutant: Mutant, report: CheckReport, baseline: Baseline) -> Trial:
    stats = report.stats
    trial = Trial(mutant.key, MutantFate.SURVIVED, states=stats.distinct, transitions=stats.transitions)
    broken = [result for result in report.results if result.verdict is Verdict.REFUTED]
    if broken:
        steps = min(result.steps or 0 for result in broken)
        killers = [result for result in broken if (result.steps or 0) == steps]
        names, why = tuple(map(_called, killers)), killers[0].detail
        return replace(trial, fate=MutantFate.KILLED, killers=names, steps=steps, why=why)
    unsure = [r for r in report.results if not r.ok]
    if unsure and stats.stopped is not None and stats.stopped.kind is not StopKind.DECIDED:
        return replace(trial, fate=MutantFate.UNDECIDED, why=str(stats.stopped))
    if unsure:
        why = unsure[0].detail.partition(":")[0]
        return replace(trial, fate=MutantFate.KILLED, killers=tuple(r.name for r in unsure), why=why)
    return replace(trial, looks=_looks(report, baseline.report))


def _called(result: Result) -> str:
    return RAISES if result.kind == "error" else result.name


def _looks(mutated: CheckReport, sound: CheckReport) -> dict[str, int]:
    """On how much each property was asked of a mutant that it is not asked of the model."""
    known = sound.exploration.judge.answers
    claims = mutated.system.claims
    new = Counter(key[0] for key in mutated.exploration.judge.answers if key not in known)
    looks = {claim.name: new[number] for number, claim in enumerate(claims) if new[number]}
    whole = [claim for claim in claims if claim.scope.kind in ("whole", "shared")]  # of which nothing is kept
    states = len(_states(mutated) - _states(sound)) if whole else 0
    return looks | {claim.name: states for claim in whole if states}


def _states(report: CheckReport) -> set[GlobalState]:
    return set(map(report.system.decode, report.search.codes))
