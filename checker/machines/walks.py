"""Random walks of a model as a strategy of traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from hypothesis import strategies as st

from elcheck.checker.interpreter.steps import Interpreter, Successor
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.traces.trace import Trace, TraceStep

REMEMBERED = 10_000
"""States whose steps are kept."""


def walks(model: Model, steps: int, *, bounded: bool) -> st.SearchStrategy[Trace]:
    """Walks of at most so many steps. Before each is drawn whether the walk is over, in one draw with the
    step, so that Hypothesis can leave any step out.
    """
    validate(model)
    if steps < 0:
        raise UsageError(f"traces(...): steps is {steps}, and a trace has at least 0")
    interpreter = Interpreter(model if bounded else replace(model, bounds=()))
    starts = interpreter.initial()
    if not starts:
        raise UsageError("traces(...): the model has no initial state within its bounds")

    @lru_cache(REMEMBERED)
    def after(state: GlobalState) -> Sequence[Successor]:
        return list(dict.fromkeys(interpreter.steps(state)))

    @st.composite
    def walk(draw: st.DrawFn) -> Trace:
        state = initial = draw(st.sampled_from(starts))
        taken: list[TraceStep] = []
        while len(taken) < steps and (enabled := after(state)):
            goes_on, (event, state) = draw(st.tuples(goes, st.sampled_from(enabled)))
            if not goes_on:
                break
            taken.append(TraceStep(event, state))
        return Trace(initial, tuple(taken))

    goes = st.integers(0, max(1, steps))  # 0 ends it, which is what everything shrinks to
    return walk()
