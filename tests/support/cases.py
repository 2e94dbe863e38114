"""The cases of counts.toml, ready to be checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from elcheck.checker.check.report import CheckReport
from elcheck.checker.search.hand_over import ENOUGH
from elcheck.checker.traces.trace import replay
from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import read
from elcheck.checker.zoo.run import outcome
from tests.docs.printed import PAGES, blocks

COUNTS = Path(__file__).parents[1] / "counts.toml"
CASES = read(COUNTS)


def states_of(case: Case) -> int:
    """How many states are pinned."""
    states = case.pinned["distinct"]
    assert isinstance(states, int)
    return states


def _is_least(case: Case) -> bool:
    """Whether no other case of its model has fewer states."""
    return case is min((other for other in CASES if other.model == case.model), key=states_of)


SHOWN = {command.line for page in PAGES for block in blocks(page) for command in block.commands}
"""The commands whose output the pages show: tests/docs/test_pages.py runs them, and compares those of cases
with what is pinned.
"""

ALIKE = 12
"""More than the times that a case has more states than an engine has met when the next is chosen; and more
than the states that one of a symmetric case costs (``System.cost``), which are 9 with three nodes alike. Of a
page for which it is not enough, tests/docs/test_pages.py says so.
"""


def require_as_pinned(case: Case, report: CheckReport) -> None:
    """Demand that counts and verdicts are those that are pinned, and that every trace replays."""
    assert outcome(case, report).problems == []
    for result in report.results:
        if result.trace is not None:
            replay(result.trace, report.model)


def is_of_a_spec(case: Case) -> bool:
    """Whether only the plain engine does it."""
    return _is_spec(case.model)


@cache
def _is_spec(model: str) -> bool:
    return not next(case for case in CASES if case.model == model).build().programs


def is_shown(case: Case, engine: str) -> bool:
    """Whether a page shows what the command prints, and an engine is sure to be the one chosen for it: which
    one that is depends on how many states a level adds, and on how many are alike.
    """
    if case.command not in SHOWN:
        return False
    if is_of_a_spec(case) or states_of(case) < ENOUGH // ALIKE:
        return engine == "plain"
    return engine == "fast" and states_of(case) > ALIKE * ENOUGH


def parameter(
    case: Case, most: int | None = None, *, every_model: bool = False, elsewhere: bool = False
) -> object:
    """A case as a test's parameter, marked ``big`` if it takes long, if it is compared ``elsewhere``, or if
    it has more states; for ``every_model`` the smallest case of each is not too large.
    """
    kept = every_model and _is_least(case)
    big = case.big or elsewhere or (most is not None and states_of(case) > most and not kept)
    return pytest.param(
        case, id=case.command.removeprefix("elcheck "), marks=[pytest.mark.big] if big else []
    )
