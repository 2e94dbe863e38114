"""The model as it is: its search, the questions that this asks, and which functions answer them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import FunctionType

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import ModelFile, adapted
from elcheck.checker.loading.module_files import modules_of, real_path
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.mutation.installed import caches_of, without_cached_properties
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.mutants import mutants_of
from elcheck.checker.mutation.questions import (
    OfCrash,
    OfHandler,
    OfRestart,
    OfStart,
    Question,
    answer,
    questions_of,
)
from elcheck.checker.mutation.targets import OF_VALUES, Footprints, Functions, Target
from elcheck.checker.process.limits import SHARE, Limits, StopKind
from elcheck.checker.system import System, build

OF_THE_ALGORITHM = (OfStart, OfHandler, OfCrash, OfRestart)
"""The questions whose functions are mutated. Those of bounds and properties are claims and measures."""


@dataclass(frozen=True)
class MutationSubject:
    """What is mutated: a model's file, with parameters and an environment; and how far it is searched."""

    file: ModelFile
    parameters: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    limits: Limits = Limits()
    engine: str = "auto"

    def model(self) -> Model:
        """The model, made anew. Raises UsageError or LoadError."""
        return adapted(self.file(**self.parameters), self.environment)


@dataclass(frozen=True)
class AskedQuestion:
    """A question of the search, what the model answers, and the functions that run for it."""

    question: Question
    answer: object
    functions: frozenset[Target]


class Baseline:
    """The model as it is, searched; with all that its mutants are compared to."""

    def __init__(self, subject: MutationSubject) -> None:
        began = time.perf_counter()
        self.subject = subject
        named = modules_of(subject.file.sources.keys())
        modules = {real_path(str(module.__file__)): module for module in named.values()}
        without_cached_properties(modules.values())
        self._caches = caches_of(modules.values())
        self.model = subject.model()
        self.report = self.checked(self.model, replace(subject.limits, memory_share=SHARE))
        _require_whole(self.report)
        self.functions = Functions(modules, subject.file.path.resolve())
        footprints = Footprints(self.functions)
        system, self.building = footprints.of(self.built)
        self.asked: list[AskedQuestion] = []
        for question in questions_of(self.report.exploration):
            self.forget()  # what is remembered would leave no footprint
            found, functions = footprints.of(partial(answer, question, system))
            self.asked.append(AskedQuestion(question, found, functions))
        self.lines = footprints.lines
        self.seconds = time.perf_counter() - began

    def checked(self, model: Model, limits: Limits) -> CheckReport:
        """What a check says that searches every state itself: those of mutants are compared with these."""
        return check(
            model,
            limits,
            engine=self.subject.engine,
            symmetry=False,
            dead_messages="off",
            relative_terms=False,
            clearest=False,
        )

    def built(self) -> System:
        """The model's system, made anew, with the mutation that is installed."""
        self.forget()
        model = self.subject.model()
        validate(model)
        return build(model)

    def forget(self) -> None:
        """Let the model's cached functions forget what they have said with another code."""
        for clear in self._caches:
            clear()

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All mutants of it."""
        asked = (a for a in self.asked if isinstance(a.question, OF_THE_ALGORITHM))
        ran = {target for a in asked for target in a.functions}
        ranges = {name for _, handler in self.report.system.runner.all_handlers() for name in handler.over}
        ran |= {target for target in self.building if target.function.name in ranges}
        wanted = {target for target in ran if target.function.name not in OF_VALUES}
        function = self.subject.file.function
        of_model = self.functions.of(function.__code__) if isinstance(function, FunctionType) else None
        return mutants_of(self.model, self.functions, wanted - {of_model}, of_model)

    def questions(self, mutant: Mutant) -> list[AskedQuestion]:
        """Those questions that a mutation can make a difference to. One in a function that runs while the
        model is made may be in what this makes, so that it can make a difference to all.
        """
        target = mutant.target
        if target is None or target in self.building:
            return self.asked
        return [asked for asked in self.asked if target in asked.functions]

    def runs(self, mutant: Mutant) -> bool:
        """Whether a line that a mutation changes ever runs."""
        if mutant.target is None:
            return True
        return any((mutant.file, line) in self.lines for line in mutant.lines)


def require_holding(report: CheckReport) -> None:
    """Raise UsageError for a model that does not hold: what its mutants come to would tell nothing."""
    for result in report.results:
        if not result.ok:
            raise UsageError(
                f"mutants of a model that does not hold tell nothing: {result.name!r} is "
                f"{result.verdict.words}; mend it, leave it out, or search further"
            )


def _require_whole(report: CheckReport) -> None:
    """Raise UsageError where the search of the model took too much memory."""
    stopped = report.stats.stopped
    if stopped is not None and stopped.kind is StopKind.MEMORY:
        raise UsageError(
            f"{stopped} before every state of the model was searched, which has to be done here without "
            "symmetry, dead messages and relative terms: bound it, with --depth for example"
        )
