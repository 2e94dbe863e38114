"""Searches of representatives beside the oracle's search of all states: the same verdicts, traces as long."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Protocol

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits
from elcheck.checker.reductions.staleness import StaleChoice
from tests.oracle.comparing import Unusable, compare_counts, said_of_results, takes_out, walk
from tests.oracle.random_models import Case
from tests.oracle.search import Facts, search, search_some

BETTER = {"holds-within-bounds": {"proved"}, "undetermined": {"vacuous"}}
"""What a search says that comes to its end sooner than one of all states."""
PAST = 10_000
"""States with those one step past the limit on depth."""
DECIDED = {"proved", "holds-within-bounds", "refuted"}
"""The same of what is possible from everywhere."""


def compare_dead_messages(case: Case, cap: int, alive: Callable[[GlobalState], GlobalState]) -> bool:
    """Check a model by every rule for dead messages. ``alive`` is a state without those that are declared.
    Answers whether some were taken out.
    """
    model = case.model
    try:
        validate(model)
    except DefinitionError as error:
        raise Unusable from error
    facts, limit = search_some(model, case.limit, cap)
    choices: tuple[StaleChoice, ...] = ("auto", "all", "off")
    reduced = False
    for engine in ("plain", "fast"):
        for choice in choices:
            report = check(model, Limits(depth=limit), engine=engine, dead_messages=choice)
            if not takes_out(report):
                compare_counts(facts, report)
            elif choice == "auto":
                reduced = True
                assert report.stats.distinct == len({alive(state) for state in facts.states})
                wanted, said = said_of_results(search(model, limit, cap, alike=alive), report)
                assert wanted == said
            compare_verdicts(model, facts, report, limit)
            for result in report.results:
                walk(report, result)
    return reduced


def compare_verdicts(model: Model, facts: Facts, report: CheckReport, limit: int | None) -> None:
    """The same verdicts, and the same lengths of traces; what was searched to its end may be told better.

    Of the steps past the limit on depth, those to states that are known are looked at: with dead messages
    taken out these are more, so that the nearest wrong step may be found there already.
    """
    expected, found = said_of_results(facts, report)
    assert len(expected) == len(found)
    for at, (wanted, said) in enumerate(zip(expected, found, strict=True)):
        if wanted == said:
            continue
        if limit is not None and said[2:] == ("refuted", limit + 1):
            assert takes_out(report) or _for_any_terms(report)
            deeper, _ = said_of_results(search(model, limit + 1, PAST), report)
            assert deeper[at] == said
        else:
            name, kind, verdict, length = wanted
            open_ = (kind, verdict) == ("possible", "undetermined")
            assert open_ or facts.cut.keys() - report.stats.cut.keys() or _for_any_terms(report)
            better = DECIDED if open_ else BETTER[verdict]
            assert said[:2] == (name, kind)
            assert said[2] in better
            assert said[3] == length or kind == "possible"


class Canonical(Protocol):
    """A state that stands for those that differ in how late their terms are, and in dead messages or not."""

    def __call__(self, state: GlobalState, without_dead: bool) -> GlobalState: ...


def compare_relative_terms(case: Case, cap: int, canonical: Canonical) -> bool:
    """Check a model whose terms go on for ever, up to a depth. Answers whether states were taken together."""
    model = case.model
    facts, limit = search_some(model, case.limit, cap)

    def alike(dead: bool) -> Callable[[GlobalState], GlobalState]:
        return partial(canonical, without_dead=dead)

    @cache
    def together(dead: bool) -> Facts:
        return search(model, limit, cap, alike=alike(dead))

    reduced = False
    for engine in ("plain", "fast"):
        for relative in (True, False):
            report = check(model, Limits(depth=limit), engine=engine, relative_terms=relative)
            reduced = reduced or any(note.startswith("Relative terms") for note in report.reductions)
            if _for_any_terms(report):
                dead = takes_out(report)
                assert report.stats.distinct == len(set(map(alike(dead), facts.states)))
                _compare_any_terms(together(dead), report)
            else:
                compare_counts(facts, report)
            compare_verdicts(model, facts, report, limit)
            for result in report.results:
                walk(report, result)
    return reduced


def _for_any_terms(report: CheckReport) -> bool:
    return report.exploration.system.any_terms is not None


def _compare_any_terms(facts: Facts, report: CheckReport) -> None:
    """The same states and verdicts as of a search that takes states together itself."""
    assert (report.stats.distinct, report.stats.depth) == (facts.distinct, facts.depth)
    del facts.cut["spread"]  # a verdict is of nodes so far apart at most
    expected, found = said_of_results(facts, report)
    assert found == expected
