"""The cases of counts.toml, ready to be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import read

COUNTS = Path(__file__).parents[1] / "counts.toml"
CASES = read(COUNTS)


def parameter(case: Case) -> object:
    """A case as a parameter of a test; with the marker ``big`` what takes long."""
    return pytest.param(
        case, id=case.command.removeprefix("elcheck "), marks=[pytest.mark.big] if case.big else []
    )
