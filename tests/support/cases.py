"""The cases of counts.toml, ready to be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import read

COUNTS = Path(__file__).parents[1] / "counts.toml"
CASES = read(COUNTS)


def _states(case: Case) -> int:
    states = case.pinned["distinct"]
    assert isinstance(states, int)
    return states


def _is_least(case: Case) -> bool:
    """Whether no other case of its model has fewer states."""
    return case is min((other for other in CASES if other.model == case.model), key=_states)


def parameter(case: Case, most: int | None = None, *, every_model: bool = False) -> object:
    """A case as a test's parameter, marked ``big`` if it takes long or has more states; for ``every_model``
    the smallest case of each is not.
    """
    kept = every_model and _is_least(case)
    big = case.big or (most is not None and _states(case) > most and not kept)
    return pytest.param(
        case, id=case.command.removeprefix("elcheck "), marks=[pytest.mark.big] if big else []
    )
