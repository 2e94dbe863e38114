"""Claims of liveness beside the oracle: the same verdicts."""

from __future__ import annotations

from hypothesis import reject

from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.validate import validate
from tests.oracle.comparing import walk
from tests.oracle.liveness import Behaviours, space_of
from tests.oracle.random_liveness import LivelyCase
from tests.oracle.search import TooLarge
from tests.oracle.table_programs import Broken


def compare_liveness(case: LivelyCase, cap: int) -> None:
    """Check a model on both engines, and demand the oracle's verdicts."""
    try:
        validate(case.model)
        space = space_of(case.model, cap)
    except (DefinitionError, TooLarge):
        reject()  # a name that no step has, a scope that looks at no node
    except Broken:
        for engine in ("plain", "fast"):
            assert check(case.model, engine=engine).exit_code == EXIT["error"]
        return
    behaviours = Behaviours(case.model, space, case.assumed)
    expected = [behaviours.verdict(claim) for claim in case.claims]
    for engine in ("plain", "fast"):
        report = check(case.model, engine=engine)
        assert report.stats.distinct == len(space.states)
        assert [result.verdict.value for result in report.results] == expected
        for result in report.results:
            walk(report, result)
