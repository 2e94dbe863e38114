"""The cases of counts.toml, ready to be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import read

COUNTS = Path(__file__).parents[1] / "counts.toml"
CASES = read(COUNTS)


def parameter(case: Case, most: int | None = None) -> object:
    """A case as a test's parameter, marked ``big`` if it takes long or has more states."""
    states = case.pinned["distinct"]
    assert isinstance(states, int)
    big = case.big or (most is not None and states > most)
    return pytest.param(
        case, id=case.command.removeprefix("elcheck "), marks=[pytest.mark.big] if big else []
    )
