"""What is enabled somewhere, against the oracle's steps of every state."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, reject

from elcheck import enabled, never, sometimes
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.selector import StepNames
from elcheck.checker.model.state import Event
from elcheck.checker.model.validate import validate
from tests.oracle.liveness import Names, space_of
from tests.oracle.random_models import Case, models
from tests.oracle.search import TooLarge
from tests.oracle.table_programs import Broken
from tests.support.examples import examples


@examples(60)
@given(models())
def test_what_is_enabled_somewhere(case: Case) -> None:
    known = StepNames(case.model)
    names = sorted({name for event in known.events for name in known.of(event)})
    claims = [sometimes(name, enabled(name)) for name in names]
    claims += [never(f"never {name}", enabled(name)) for name in names]
    model = replace(case.model, properties=claims, deadlock=False, assume=[])
    try:
        validate(model)
        space = space_of(model, cap=150)
    except (DefinitionError, TooLarge, Broken):
        reject()
    meant = Names(model)
    events: set[Event] = {event for found in space.events.values() for event in found}
    for engine in ("plain", "fast"):
        report = check(model, engine=engine)
        for name in names:
            there = any(meant.is_of(event, name) for event in events)
            assert (report[name].verdict is Verdict.PROVED) is there, (engine, name)
            assert (report[f"never {name}"].verdict is Verdict.REFUTED) is there, (engine, name)
