"""The frontier of faults: for each property, the smallest budgets of faults under which it breaks.

A point is a budget for each kind of fault. The points up to the model's own budgets are checked one by one,
those with fewer faults first, each as if it had been asked for on the command line; so nothing is assumed of
how budgets depend on each other. A point that is no smaller than one at which a property is known to break is
not asked about that property again: it can't be a smallest one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import Verdict, overall
from elcheck.checker.model.budget import UNLIMITED, Amount, FaultKind, total_of, with_total
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits, Stop
from elcheck.checker.process.running import watching
from elcheck.checker.reductions.staleness import StaleChoice
from elcheck.checker.search.search import OnProgress

FEW = 2
"""What an unlimited budget stands for: 0, 1, ..., up to this many faults, and no limit."""

BudgetPoint = tuple[Amount, ...]
"""A total for each kind of fault of the environment, in their order."""


@dataclass(frozen=True)
class Minimum:
    """Budgets that break a property (or with which a ``sometimes`` is reached): no smaller ones do.

    ``steps`` of a shortest trace. ``sure`` is False if under some smaller budgets it could not be told.
    """

    budgets: Mapping[FaultKind, Amount]
    steps: int | None
    sure: bool


@dataclass(frozen=True)
class BudgetRow:
    """What was found of one property. ``unsure`` has the budgets, not above a minimum, under which it could
    not be told, each with the reason; ``vacuous`` those under which it holds since it says nothing;
    ``within`` the bounds that cut what was searched without a find. ``empty``: it says nothing under the
    model's own budgets.
    """

    name: str
    kind: str
    minima: tuple[Minimum, ...]
    unsure: tuple[tuple[Mapping[FaultKind, Amount], str], ...]
    vacuous: tuple[tuple[Mapping[FaultKind, Amount], str], ...]
    within: tuple[str, ...]
    empty: bool

    @property
    def verdict(self) -> Verdict:
        """Of the property, up to the model's budgets."""
        if self.kind == "sometimes" and self.minima:
            return Verdict.PROVED
        if self.minima:
            return Verdict.REFUTED
        if self.unsure:
            return Verdict.UNDETERMINED
        if self.empty:
            return Verdict.VACUOUS
        if self.kind == "sometimes":
            return Verdict.UNDETERMINED if self.within else Verdict.VACUOUS
        return Verdict.HOLDS if self.within else Verdict.PROVED


@dataclass(frozen=True)
class Frontier:
    """The rows of all properties. ``searched`` of ``points`` were checked; ``stopped`` says what ended it."""

    model: Model
    rows: tuple[BudgetRow, ...]
    points: int
    searched: int
    stopped: Stop | None
    seconds: float

    @property
    def exit_code(self) -> int:
        """As of a check under the model's own budgets."""
        return overall([(row.kind, row.verdict) for row in self.rows])[1]


def frontier(
    model: Model,
    limits: Limits = Limits(),
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    every_call_twice: bool = False,
    symmetry: bool = True,
    dead_messages: StaleChoice = "auto",
    relative_terms: bool = True,
) -> Frontier:
    """Search the budgets up to those of a model. ``limits`` hold for each search, time and memory for
    all of them.

    Raises DefinitionError and UsageError as a check does.
    """
    validate(model)
    began = time.monotonic()
    table = _BudgetTable(model)
    points = sorted(_points(model), key=_size)
    searched = 0
    with watching(limits) as watch:
        for point in points:
            open_ones = table.open_at(point)
            if watch.over:
                table.unknown(point, open_ones, str(watch.stop))
            elif open_ones:
                here, rest = _at(model, point, open_ones), replace(limits, timeout=None)
                report = check(
                    here,
                    rest,
                    engine=engine,
                    progress=progress,
                    every_call_twice=every_call_twice,
                    symmetry=symmetry,
                    dead_messages=dead_messages,
                    relative_terms=relative_terms,
                )
                searched += 1
                table.note(point, open_ones, report)
        stopped = watch.stop
    rows = tuple(table.row(claim) for claim in table.claims)
    return Frontier(model, rows, len(points), searched, stopped, time.monotonic() - began)


Claim = tuple[str, str]
"""A property's kind and name."""

_DEADLOCK: Claim = ("deadlock", "no deadlock")
_ERROR: Claim = ("error", "nothing raises")


@dataclass
class _Column:
    """What is known of one property: the points that decide it, with the steps of their traces; those at
    which it could not be told, and those at which it says nothing, with the reason; the bounds that cut the
    search of the others.
    """

    found: dict[BudgetPoint, int | None] = field(default_factory=dict)
    unsure: dict[BudgetPoint, str] = field(default_factory=dict)
    vacuous: dict[BudgetPoint, str] = field(default_factory=dict)
    within: dict[str, None] = field(default_factory=dict)


class _BudgetTable:
    """What is known so far of each property."""

    def __init__(self, model: Model) -> None:
        self.model = model
        claims = [(claim.kind, claim.name) for claim in model.properties]
        deadlock = [_DEADLOCK] if model.deadlock is not False else []
        self._columns: dict[Claim, _Column] = {c: _Column() for c in [*claims, *deadlock]}

    @property
    def claims(self) -> Sequence[Claim]:
        """The properties, and, if something raised, that nothing does."""
        return list(self._columns)

    def open_at(self, point: BudgetPoint) -> list[Claim]:
        """The properties of which it is not known that fewer faults, or these, decide them."""
        columns = self._columns.items()
        asked = [claim for claim, column in columns if not any(_within(p, point) for p in column.found)]
        return [claim for claim in asked if claim != _ERROR]

    def note(self, point: BudgetPoint, asked: Sequence[Claim], report: CheckReport) -> None:
        """Note what a check came to."""
        for result in report.results:
            claim = (result.kind, result.name)
            if claim == _ERROR:
                self._columns.setdefault(claim, _Column())
            elif claim not in asked:
                continue
            column = self._columns[claim]
            finds = Verdict.PROVED if result.kind == "sometimes" else Verdict.REFUTED
            cut = result.kind == "sometimes" and report.stats.stopped is None
            if result.verdict is finds:
                if not any(_within(p, point) for p in column.found):
                    column.found[point] = result.steps
            elif result.verdict is Verdict.UNDETERMINED and not cut:
                column.unsure[point] = result.detail
            elif result.verdict is Verdict.VACUOUS and result.kind == "liveness":
                (column.unsure if self._assumes else column.vacuous)[point] = result.detail
            else:
                column.within |= dict.fromkeys(report.stats.cut)

    def unknown(self, point: BudgetPoint, asked: Sequence[Claim], why: str) -> None:
        """Note that a point was not looked at."""
        for claim in asked:
            self._columns[claim].unsure[point] = why

    def row(self, claim: Claim) -> BudgetRow:
        """What is known of a property in the end."""
        column = self._columns[claim]
        minima = []
        for point, steps in column.found.items():
            sure = not any(_within(p, point) for p in column.unsure)
            minima.append(Minimum(_named(self.model.environment, point), steps, sure))
        own = self.model.environment
        unsure, vacuous = (
            tuple((_named(own, point), why) for point, why in points.items())
            for points in (column.unsure, column.vacuous)
        )
        whole = tuple(total_of(own.budget(kind)) for kind in own.kinds)
        return BudgetRow(
            claim[1], claim[0], tuple(minima), unsure, vacuous, tuple(column.within), whole in column.vacuous
        )

    @property
    def _assumes(self) -> bool:
        """Whether a claim of liveness may say nothing since no behaviour is as the model assumes."""
        return bool(self.model.assume) or self.model.spread is not None


def _points(model: Model) -> Iterator[BudgetPoint]:
    """Every budget up to the model's, but for those that mean the same as a smaller one, or nothing: more
    restarts than crashes, damages without a crash.
    """
    kinds = model.environment.kinds
    ranges: list[list[Amount]] = []
    for kind in kinds:
        total = total_of(model.environment.budget(kind))
        few: list[Amount] = list(range(FEW + 1))
        ranges.append([*few, UNLIMITED] if total == UNLIMITED else list(range(int(total) + 1)))
    for point in product(*ranges):
        crash, restart, disk = (_number(point[kinds.index(kind)]) for kind in ("crash", "restart", "disk"))
        if (restart <= crash and (disk == 0 or crash > 0)) or model.begins_down:
            yield point


def _number(budget: Amount) -> float:
    return float("inf") if budget == UNLIMITED else float(budget)


def _size(point: BudgetPoint) -> tuple[float, ...]:
    """The order in which points are asked: those with fewer faults first, unlimited as one more than FEW."""
    finite = [min(_number(budget), FEW + 1) if budget == UNLIMITED else _number(budget) for budget in point]
    return (sum(finite), *finite)


def _within(small: BudgetPoint, large: BudgetPoint) -> bool:
    return all(_number(a) <= _number(b) for a, b in zip(small, large, strict=True))


def _named(environment: Environment, point: BudgetPoint) -> dict[FaultKind, Amount]:
    return dict(zip(environment.kinds, point, strict=True))


def _at(model: Model, point: BudgetPoint, claims: Sequence[Claim]) -> Model:
    """The model with these budgets, and with the properties alone that are still open."""
    own = model.environment
    totals = _named(own, point)
    environment = own.with_budgets({k: with_total(own.budget(k), total) for k, total in totals.items()})
    properties = [claim for claim in model.properties if (claim.kind, claim.name) in claims]
    deadlock = model.deadlock if _DEADLOCK in claims else False
    return replace(model, environment=environment, properties=properties, deadlock=deadlock)
