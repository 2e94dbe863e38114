"""Suggestions: the candidates that hold of every state, without what follows from others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from elcheck.checker.blame.space import explored
from elcheck.checker.check.check import check
from elcheck.checker.check.report import Stats
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.loading.claims import claims_in, names_of
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.mutation.baseline import Baseline, MutationSubject
from elcheck.checker.mutation.campaign import Campaign, limits_for
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.score import PropertyScore, by_property
from elcheck.checker.mutation.trial import Trial
from elcheck.checker.process.limits import Limits, StopKind
from elcheck.checker.process.watch import Ended
from elcheck.checker.search.search import OnProgress
from elcheck.checker.suggestion.candidates import Candidate, candidates_of
from elcheck.checker.suggestion.seen import seen_in

MUTANTS = 40
"""How many mutants say which suggestions come first, unless somebody says otherwise."""
WITH_MESSAGES = 20_000
"""In so many states messages are looked at too: each state has to be made for that."""
MOST = 60
"""Of more suggestions than so many the plainest are kept."""


@dataclass(frozen=True)
class Suggestion:
    """A property worth having. ``bounded``: it holds within bounds; how far it holds beyond nobody knows.
    ``score`` says how many mutants it kills, None if that was not asked.
    """

    claim: Candidate
    bounded: bool
    score: PropertyScore | None = None


@dataclass(frozen=True)
class Suggestions:
    """What was found. ``candidates`` is how many were looked at, ``mutants`` how many said what comes first,
    ``imported`` the classes that the model's file has to import, with their modules; ``more`` is how many
    suggestions were left out, ``stopped`` why not all is known.
    """

    found: tuple[Suggestion, ...]
    stats: Stats | None
    candidates: int
    mutants: int
    imported: tuple[tuple[str, str], ...]
    more: int = 0
    stopped: str = ""


class _FileNames:
    """What classes are called in a model's file, and what it would have to import."""

    def __init__(self, known: object) -> None:
        self._known = known if isinstance(known, dict) else {}
        self.imported: dict[str, type] = {}

    def __call__(self, cls: type) -> str | None:
        """The name of a class, None if nothing in its module is called that."""
        name = cls.__qualname__
        if "." in name:
            return None
        if self._known.get(name) is not cls:
            if name in self._known or self.imported.get(name, cls) is not cls:
                return None
            self.imported[name] = cls
        return name


def suggest(
    subject: MutationSubject,
    limits: Limits,
    *,
    mutants: int = MUTANTS,
    jobs: int = 1,
    progress: OnProgress = lambda _: None,
    tried: Callable[[int, int], None] = lambda _, __: None,
) -> Suggestions:
    """Properties worth having of a model. Raises DefinitionError, UsageError or LoadError.

    The candidates are of the local states that a search has met; those that the ordinary check does not
    refute, in the same bounds, are suggested.
    """
    model = subject.model()
    names = _FileNames(names_of(subject.file))
    try:
        searched = replace(_claiming(model, ()), deadlock=True)  # it may claim nothing yet
        exploration = explored(searched, limits, engine=subject.engine, progress=progress)
        if exploration.search.failure is not None:
            raise UsageError("a handler raises: `elcheck MODEL` shows where; mend that first")
        if exploration.search.stopped is not None:
            return Suggestions((), None, 0, 0, (), stopped=str(exploration.search.stopped))
        seen = seen_in(exploration)
        if len(exploration.search.codes) > WITH_MESSAGES:
            seen = replace(seen, messages=())
        candidates = candidates_of(seen, names)
        if not candidates:
            return Suggestions((), None, 0, 0, ())
        imported: dict[str, object] = dict(names.imported)
        asked = claims_in([candidate.line for candidate in candidates], subject.file, imported)
        report = check(_claiming(model, asked), limits, engine=subject.engine, progress=progress)
    except Ended as ended:
        return Suggestions((), None, 0, 0, (), stopped=str(ended.notice()))
    held = {result.name: result for result in report.results if result.ok}
    kept = [c for c in candidates if c.name in held and not any(name in held for name in c.implied_by)]
    found = [Suggestion(c, held[c.name].verdict is not Verdict.PROVED) for c in kept[:MOST]]
    end = report.stats.stopped
    stopped = "" if end is None or end.kind is StopKind.DECIDED else str(end)
    scored, tried_of = _ranked(subject, found, imported, limits, mutants, jobs, tried) if found else ([], 0)
    used = [(name, cls.__module__) for name, cls in names.imported.items() if _is_used(name, found)]
    return Suggestions(
        tuple(scored), report.stats, len(candidates), tried_of, tuple(used), len(kept) - len(found), stopped
    )


def _claiming(model: Model, claims: Sequence[Property]) -> Model:
    """A model that claims something else."""
    return replace(model, properties=list(claims), deadlock=False, inductive=())


def _is_used(name: str, found: Sequence[Suggestion]) -> bool:
    return any(f"{name}," in each.claim.line or f"{name}." in each.claim.line for each in found)


# -- what comes first ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Claiming(MutationSubject):
    """A model with suggestions as its properties, beside its own that are decided by a state or a step."""

    lines: tuple[str, ...] = ()
    imported: tuple[tuple[str, object], ...] = ()

    def model(self) -> Model:
        model = super().model()
        own = [claim for claim in model.properties if claim.kind in ("always", "never", "step")]
        return _claiming(model, [*own, *claims_in(self.lines, self.file, dict(self.imported))])


def _ranked(
    subject: MutationSubject,
    found: Sequence[Suggestion],
    imported: dict[str, object],
    limits: Limits,
    mutants: int,
    jobs: int,
    tried: Callable[[int, int], None],
) -> tuple[list[Suggestion], int]:
    """The suggestions, those first that most mutants break; and how many mutants were tried."""
    if not mutants:
        return list(found), 0
    lines = tuple(each.claim.line for each in found)
    claiming = _Claiming(
        subject.file,
        subject.parameters,
        subject.environment,
        subject.limits,
        subject.engine,
        lines,
        tuple(imported.items()),
    )
    trials: list[Trial] = []
    baseline = Baseline(claiming)
    some = _spread(baseline.mutants, mutants)
    try:
        running = Campaign(baseline, limits_for(baseline, limits), jobs)
        with closing(running.run(some)) as outcomes:
            for trial in outcomes:
                trials.append(trial)
                tried(len(trials), len(some))
    except Ended as ended:
        ended.notice()
    scores = {score.name: score for score in by_property(baseline.model, trials)}
    scored = [replace(each, score=scores[each.claim.name]) for each in found]
    return sorted(scored, key=_rank), len(trials)


def _rank(suggestion: Suggestion) -> tuple[int, int, int]:
    """The most mutants alone first, then the most, then the plainest."""
    assert suggestion.score is not None
    return -suggestion.score.alone, -suggestion.score.kills, len(suggestion.claim.line)


def _spread(mutants: Sequence[Mutant], count: int) -> list[Mutant]:
    """So many mutants, from all over the code."""
    apart = max(1.0, len(mutants) / count)
    return [mutants[int(at * apart)] for at in range(min(count, len(mutants)))]
