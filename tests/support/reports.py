"""Reports on bundled models that many tests look at, each checked once in a process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.loading.model_file import adapted, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits


@cache
def report_of(name: str, limits: Limits = Limits(), **parameters: object) -> CheckReport:
    """A model's report; parameters with an underscore are the environment's."""
    return check(_model(name, parameters), limits)


@cache
def first_of(name: str, **parameters: object) -> CheckReport:
    """The same with its first counterexample only, and without the claims that take the whole graph."""
    model = _model(name, parameters)
    finite = [claim for claim in model.properties if claim.kind not in ("possible", "liveness")]
    return check(replace(model, properties=finite), Limits(first=True))


def _model(name: str, parameters: dict[str, object]) -> Model:
    own = {key: value for key, value in parameters.items() if not key.startswith("_")}
    environment = {key[1:]: value for key, value in parameters.items() if key.startswith("_")}
    return adapted(load(name)(**own), environment)
