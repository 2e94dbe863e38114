"""Random models that are changed so that nothing changes: other names of nodes, a field that nobody uses, an
action that does nothing, a property in two parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from random import Random
from typing import TypeVar, cast

from hypothesis import strategies as st

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.budget import AnyBudget, Budget
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Program
from elcheck.checker.model.partition import Cut
from elcheck.checker.model.property import always
from elcheck.checker.model.scope import each
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits
from tests.oracle.comparing import Unusable
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case, model_of_nodes
from tests.oracle.random_properties import weigh
from tests.oracle.search import TooLarge, search
from tests.oracle.table_programs import Broken, Guest, Idling, Local, Spare, SpareGuest, Sparing, Table

T = TypeVar("T")
NAMES = node_ids("zoe ann n1")
Change = Callable[[Model], Model]


@dataclass(frozen=True)
class Related:
    """A case, what is done to its model, and the engine that checks both."""

    case: Case
    relation: str
    engine: str


def related_model(dice: Random) -> Related:
    """A model, and one of the relations."""
    relation, engine = dice.choice(list(RELATIONS)), dice.choice(("plain", "fast"))
    return Related(model_of_nodes(dice), relation, engine)


def related_models() -> st.SearchStrategy[Related]:
    """These, for hypothesis."""
    return drawn(related_model)


def renamed(value: T) -> T:
    """A value with other names of nodes."""
    return cast(T, _renamed(value))


def _renamed(value: object) -> object:
    if isinstance(value, NodeId):
        return NAMES[value.index]
    if isinstance(value, tuple):
        return tuple(map(_renamed, value))
    if isinstance(value, frozenset):
        return frozenset(map(_renamed, value))
    if isinstance(value, Cut):
        return Cut(renamed(value.src), renamed(value.dst), name=value.name, heals=value.heals)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _renamed(getattr(value, f.name)) for f in fields(value) if f.init})
    return value


def with_other_names(model: Model) -> Model:
    """The same model, of nodes with other names."""
    programs = {NAMES[n.index]: renamed(program) for n, program in _tables(model).items()}
    starts = [
        replace(
            at,
            nodes={NAMES[n.index]: state for n, state in at.nodes.items()},
            network=renamed(tuple(at.network)),
            down=renamed(tuple(at.down)),
            partition=renamed(at.partition),
        )
        for at in model.initial
    ]
    own = renamed(tuple(model.partitions))
    names = {node.name: NAMES[node.index].name for node in model.programs}
    budgets = {kind: _renamed_budget(budget, names) for kind, budget in model.environment.budgets.items()}
    environment = model.environment.with_budgets(budgets)
    return replace(model, program=programs, nodes=(), initial=starts, partitions=own, environment=environment)


def _renamed_budget(budget: AnyBudget, names: dict[str, str]) -> AnyBudget:
    if not isinstance(budget, Budget) or budget.of is None:
        return budget
    return replace(budget, of=tuple(names[str(node)] for node in budget.of))


def with_a_mixin(mixin: type[Table]) -> Change:
    """The same model, of programs that have something more."""

    def change(model: Model) -> Model:
        made: dict[NodeId, Program] = {}
        classes: dict[type, type[Table]] = {}
        for node, table in _tables(model).items():
            cls = type(table)
            if cls not in classes:
                classes[cls] = type(f"{cls.__name__}_{mixin.__name__}", (mixin, cls), {})
            made[node] = classes[cls](table.fuel, table.starts, table.rules)
        return replace(model, program=made, nodes=())

    return change


def with_a_spare_field(model: Model) -> Model:
    """The same model, with a field that nobody uses in its states."""
    starts = [replace(at, nodes={n: _spare(s) for n, s in at.nodes.items()}) for at in model.initial]
    return replace(with_a_mixin(Sparing)(model), initial=starts)


def _spare(s: object) -> Local:
    assert isinstance(s, Local)
    return (SpareGuest if isinstance(s, Guest) else Spare)(s.a, s.b, s.fuel)


RELATIONS: dict[str, Change] = {
    "renamed": with_other_names,
    "idle": with_a_mixin(Idling),
    "spare": with_a_spare_field,
}


def _tables(model: Model) -> dict[NodeId, Table]:
    return {node: _table(program) for node, program in model.programs.items()}


def _table(value: object) -> Table:
    assert isinstance(value, Table)
    return value


def said(report: CheckReport) -> object:
    """What has to be the same of two related models."""
    stats = report.stats
    results = [(r.name, r.verdict, None if r.trace is None else len(r.trace.steps)) for r in report.results]
    if report.exit_code == EXIT["error"]:
        return report.exit_code
    return stats.distinct, stats.transitions, stats.depth, stats.cut, results


def compare_relations(related: Related, cap: int) -> str:
    """Check a model and what became of it, and demand the same. Which relation it was, for statistics.

    Raises Unusable for what is refused, or too large.
    """
    model, limits = in_two_parts(related.case.model), Limits(depth=related.case.limit)
    try:
        validate(model)
        search(model, related.case.limit, cap)
    except (DefinitionError, TooLarge) as error:
        raise Unusable from error
    except Broken:
        pass
    first = check(model, limits, engine=related.engine)
    other = check(RELATIONS[related.relation](model), limits, engine=related.engine)
    assert said(first) == said(other)
    if first.exit_code != EXIT["error"]:
        halves = [_length(first, name) for name in ("left", "right")]
        lengths = [length for length in halves if length is not None]
        assert _length(first, "both") == min(lengths, default=None)
    return f"{related.relation} {related.engine}"


def in_two_parts(model: Model) -> Model:
    """The model with a claim, and each of its two halves."""

    def left(s: Local) -> bool:
        return weigh(s) % 5 != 3

    def right(s: Local) -> bool:
        return weigh(s) % 7 != 4

    both = [
        always("both", each(Local, lambda s: left(s) and right(s))),
        always("left", each(Local, left)),
        always("right", each(Local, right)),
    ]
    return replace(model, properties=[*model.properties, *both])


def _length(report: CheckReport, name: str) -> int | None:
    trace = report[name].trace
    return None if trace is None else len(trace.steps)
