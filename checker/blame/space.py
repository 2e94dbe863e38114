"""The whole state space of a model, whatever its properties come to."""

from __future__ import annotations

from collections.abc import Callable

from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import Limits
from elcheck.checker.reductions.reduce import WantedReductions, reduced
from elcheck.checker.reductions.staleness import StaleChoice
from elcheck.checker.search.engines import ENGINES
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Resources
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import System, build


def explored(
    model: Model,
    limits: Limits,
    *,
    engine: str = "auto",
    progress: OnProgress = lambda _: None,
    symmetry: bool = False,
    judged: bool = False,
) -> Exploration:
    """The search of all states of a model, whatever becomes of its claims; they are asked if it is to be
    ``judged``. With ``symmetry`` representatives are searched; ``distinct`` counts all states either way.

    Raises DefinitionError for a model that can't be searched, UsageError for an environment without a
    meaning.
    """
    validate(model)

    def fresh() -> System:
        return build(model)

    dead: StaleChoice = "off" if model.spread is None else "auto"  # with them there would be no end of states
    wanted = WantedReductions(symmetry, dead)
    return reduced(fresh, _search(limits, engine, progress, judged=judged), wanted)[0]


def _search(
    limits: Limits, engine: str, progress: OnProgress, *, judged: bool
) -> Callable[[System], Exploration]:
    def search(system: System) -> Exploration:
        judge = Judge(system)
        judge.go_on()
        if not judged:
            judge.only(())
        return Exploration(system, judge, ENGINES[engine](system, judge, limits, progress, Resources()))

    return search
