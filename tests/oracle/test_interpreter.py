"""State by state the packed system, the interpreter of traces and the oracle list the same steps."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Choice
from elcheck.checker.system import build
from tests.oracle.random_models import Case, models
from tests.oracle.search import successors
from tests.oracle.steps import Machine
from tests.oracle.table_programs import Broken
from tests.support.examples import examples

STATES = 40


@examples(60)
@given(models())
def test_three_readings_of_the_semantics(case: Case) -> None:
    system, machine, interpreter = build(case.model), Machine(case.model), Interpreter(case.model)
    try:
        codes = dict.fromkeys(system.initial())
    except (DefinitionError, HandlerError):
        return
    assert {system.decode(code) for code in codes} == set(machine.initial()) == set(interpreter.initial())
    frontier = list(codes)
    for code in islice(frontier, STATES):
        state = system.decode(code)
        try:
            found, _ = system.successors(code)
        except HandlerError:
            with pytest.raises(HandlerError):
                list(interpreter.steps(state))
            with pytest.raises(Broken):
                list(successors(machine, state))
            continue
        packed = Counter((_kind(move.event), system.decode(succ)) for succ, move in found)
        assert packed == Counter((_kind(event), after) for event, after in interpreter.steps(state))
        assert packed == Counter((_kind(move.event), move.after) for move in successors(machine, state))
        for succ, _ in found:
            if succ not in codes:
                codes[succ] = None
                frontier.append(succ)


def _kind(event: Event) -> tuple[str, Choice]:
    return event.kind, event.choice
