"""Replay of any model: random walks are allowed, what is not enabled has a reason, and traces are judged as
the search does.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from elcheck.checker.check.check import check
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.interpreter.why_not import ENABLED, Explainer
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits
from elcheck.checker.render import as_json
from elcheck.checker.replay.judged import judged
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import walk
from elcheck.checker.traces.trace import Trace, TraceStep
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.examples import examples


def walked_at_random(model: Model, seed: int, steps: int) -> Trace:
    """Some steps of the interpreter's."""
    rng, interpreter = random.Random(seed), Interpreter(model)
    try:
        state = rng.choice(list(dict.fromkeys(interpreter.initial())))
    except DefinitionError:
        assume(False)
    trace = Trace(state, ())
    for _ in range(steps):
        offers = list(interpreter.steps(trace.states[-1]))
        if offers:
            trace = Trace(trace.initial, (*trace.steps, TraceStep(*rng.choice(offers))))
    return trace


@examples(100)
@given(st.one_of(sound_models(), sound_specs()), st.integers(0, 1000))
def test_what_happens_is_allowed(case: Case, seed: int) -> None:
    """A random walk, written down and read again."""
    trace = walked_at_random(case.model, seed, 8)
    nodes = [str(node) for node in case.model.programs]
    assume(trace.steps)
    lines = "\n".join(step.event.located for step in trace.steps)
    assert walk(read(lines, nodes), case.model).refused is None
    document = as_json.trace(case.model, trace)
    walked = walk(read(json.dumps(document), nodes), case.model)
    assert walked.refused is None
    assert [as_json.state(case.model, s)["nodes"] for s in walked.trace.states if s.nodes] == [
        as_json.state(case.model, s)["nodes"] for s in trace.states if s.nodes
    ]


@examples(100)
@given(sound_models(), st.integers(0, 1000))
def test_everything_that_is_not_enabled_has_a_reason(case: Case, seed: int) -> None:
    explainer = Explainer(case.model)
    for state in walked_at_random(case.model, seed, 6).states:
        enabled = {event for event, _ in explainer.steps(state)}
        thinkable = set(explainer.events(state))
        assert {event for event in enabled if "during" not in dict(event.args)} <= thinkable
        for event in thinkable:
            said = explainer.why_not(state, event)
            assert said
            assert (said is ENABLED) == (event in enabled)


@examples(60)
@given(sound_models(), st.integers(0, 1000))
def test_a_counterexample_is_judged_as_the_search_does(case: Case, seed: int) -> None:
    """What a check finds at the end of its trace, the judging of that trace finds there too."""
    try:
        kept = [claim for claim in case.model.properties if claim.kind != "possible"]
        model = replace(case.model, properties=kept)
        report = check(model, Limits(max_states=300), engine="plain")
    except DefinitionError:
        assume(False)
    for result in report.results:
        if result.trace is not None:
            found = {(j.name, j.kind): j for j in judged(result.trace, model)}
            judgement = found[result.name, result.kind]
            assert judgement.at == len(result.trace.steps)
