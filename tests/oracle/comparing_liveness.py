"""Claims of liveness beside the oracle: the same verdicts."""

from __future__ import annotations

from functools import cache, partial

from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits
from tests.oracle.comparing import Unusable, takes_out, walk
from tests.oracle.liveness import Verdicts, space_of
from tests.oracle.search import TooLarge
from tests.oracle.table_programs import Broken
from tests.oracle.term_models import canonical
from tests.support.engines import engines_of

MANY = 1000
"""More states than the oracle looks at: where every term is told apart there is no end of them."""


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


def compare_term_liveness(model: Model, cap: int) -> str:
    """Check a model whose terms go on for ever on its engines, and demand the verdicts of an oracle that
    counts terms from the least. Which there were, or that there was no end; Unusable as above.
    """

    @cache
    def found(dead: bool, most: int) -> tuple[int, list[str]]:
        """How many states there are without (or with) dead messages, and the verdicts."""
        space = space_of(model, most, partial(canonical, without_dead=dead))
        space.cut = False  # the spread alone has cut it, and a verdict is of nodes so far apart at most
        verdicts = Verdicts(model, space)
        return len(space.states), [verdicts.of(formula_of(claim.formula)) for claim in model.properties]

    try:
        validate(model)
        found(True, cap)
    except (DefinitionError, TooLarge) as error:
        raise Unusable from error
    for engine in engines_of(model):
        report = check(model, Limits(max_states=MANY), engine=engine)
        if report.stats.stopped is not None:
            return "every term, or every message, as it is"
        dead = takes_out(report)
        states, expected = found(dead, cap if dead else MANY)
        assert report.stats.distinct == states
        assert [result.verdict.value for result in report.results] == expected
        for result in report.results:
            walk(report, result)
    return " ".join(sorted(set(expected)))


def formula_of(formula: Formula | None) -> Formula:
    """That of a claim of liveness, which has one."""
    assert formula is not None
    return formula
