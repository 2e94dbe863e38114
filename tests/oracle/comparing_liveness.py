"""Claims of liveness beside the oracle: the same verdicts."""

from __future__ import annotations

from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from tests.oracle.comparing import Unusable, walk
from tests.oracle.liveness import Verdicts, space_of
from tests.oracle.search import TooLarge
from tests.oracle.table_programs import Broken
from tests.support.engines import engines_of


def compare_liveness(model: Model, cap: int) -> str:
    """Check a model on its engines, and demand the oracle's verdicts. Which there were, for statistics.

    Raises Unusable for what is refused, as a scope that looks at no node, and for what is too large.
    """
    try:
        validate(model)
        space = space_of(model, cap)
    except (DefinitionError, TooLarge) as error:
        raise Unusable from error
    except Broken:
        for engine in engines_of(model):
            assert check(model, engine=engine).exit_code == EXIT["error"]
        return "raises"
    verdicts = Verdicts(model, space)
    expected = [verdicts.of(formula_of(claim.formula)) for claim in model.properties]
    for engine in engines_of(model):
        report = check(model, engine=engine)
        assert report.stats.distinct == len(space.states)
        assert [result.verdict.value for result in report.results] == expected
        for result in report.results:
            walk(report, result)
    return " ".join(sorted(set(expected)))


def formula_of(formula: Formula | None) -> Formula:
    """That of a claim of liveness, which has one."""
    assert formula is not None
    return formula
