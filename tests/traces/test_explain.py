"""What matters in a trace: by hand, and on random walks by carrying out only what is said to matter."""

from __future__ import annotations

from dataclasses import replace

import click
from hypothesis import given, reject
from hypothesis import strategies as st

from elcheck import (
    Environment,
    Model,
    State,
    always,
    change,
    each,
    eventually,
    never,
    node_views,
    pair,
    some,
    sometimes,
    step,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.property import Property
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.render.table import trace_table
from elcheck.checker.traces.explain import Explanation, explain
from elcheck.checker.traces.trace import Trace, TraceStep
from tests.oracle.random_models import Case, sound_models
from tests.support.examples import examples
from tests.support.reports import first_of
from tests.traces.pictures import Client, Server, asking, walk

SAID = "Question(number=1)"
FEW = always("few answers", each(Server, lambda s: s.answers < 1))


def of_first(report: CheckReport) -> Explanation:
    result = next(r for r in report.results if r.trace is not None and r.verdict.value == "refuted")
    claim = next(c for c in report.system.claims if (c.kind, c.name) == (result.kind, result.name))
    assert result.trace is not None
    return explain(result.trace, report.model, claim)


def test_what_each_step_rests_on() -> None:
    found = of_first(first_of("raft", bug="forget-vote"))
    assert found.needs == ((), (), (1,), (3,), (4,), (2, 5), (1, 3), (7,), (2, 6), (9,))
    assert str(found) == "It reads n1 and n2 at the end; all 10 steps bear on that."


def test_what_others_do_does_not_matter() -> None:
    model = asking()
    trace = walk(
        model,
        "n1 ask",
        "n2 crash",
        "n1 ask",
        "n2 restart",
        f"n3 duplicate {SAID} from n1",
        f"n3 lose {SAID} from n1",
        f"n3 question({SAID}) from n1",
    )
    found = explain(trace, model, FEW)
    assert found.needs == ((), None, (1,), None, None, None, (3,))  # the oldest of equal messages is lost
    assert str(found) == "It reads n3 at the end; 3 of 7 steps bear on that."


def test_a_loss_matters_to_what_comes_behind_it_on_its_link() -> None:
    """In the order of a link the second question can't arrive before the first is gone."""
    loss = f"n3 lose {SAID} from n1"
    ask, taken = "n1 ask", f"n3 question({SAID}) from n1"
    fifo = Model(asking().program, [FEW], Environment(network="fifo", loss=1))
    trace = walk(fifo, ask, ask, f"{loss} (the head of the link)", taken)
    assert explain(trace, fifo, FEW).needs == ((), (1,), (1,), (2, 3))
    bag = Model(asking().program, [FEW], Environment(network="bag", loss=1))
    assert explain(walk(bag, ask, ask, loss, taken), bag, FEW).needs == ((), (1,), None, (2,))


def test_a_heal_matters_to_what_then_gets_through() -> None:
    model = asking("fifo")
    split, healed = "partition n1 n2 | n3", "heal n1 n2 | n3"
    trace = walk(model, f"- {split}", "n1 ask", f"- {healed}", f"n3 question({SAID}) from n1")
    assert explain(trace, model, FEW).needs == ((), (), (1,), (2, 3))
    apart = walk(
        model, "- partition n1 n3 | n2", "n1 ask", "- heal n1 n3 | n2", f"n3 question({SAID}) from n1"
    )
    assert explain(apart, model, FEW).needs == (None, (), None, (2,))


def test_a_notice_rests_on_the_crash_and_on_nothing_before_it() -> None:
    report = first_of("bully", bug="highest-recovers")
    found = of_first(report)
    assert found.needs[1] == (1,)
    assert found.needs[0] == ()


def test_under_synchronous_timing_a_timeout_rests_on_everything() -> None:
    found = of_first(first_of("bully_halt", _loss=1))
    assert found.needs[4] == (1, 3, 4), "directly on what no other step rests on"
    assert 2 in {*(found.needs[2] or ()), *(found.needs[3] or ())}
    assert all(found.matters)


def test_a_joint_step_matters_to_a_node_that_it_changes() -> None:
    found = of_first(first_of("lease", bug="no-fencing"))
    assert found.needs[5] == (5,)  # to the server, whose lease runs out, not to the client
    assert found.reads == "storage before and after the last step"


def test_of_a_joint_step_the_nodes_at_which_it_matters() -> None:
    """Of the clocks those of the lock and of the client that takes it, not that of the one that has it."""
    found = of_first(first_of("lease", bug="drift"))
    names = {number: [node.name for node in nodes] for number, nodes in found.parts.items()}
    assert names == {5: ["server", "c2"], 6: ["server", "c2"]}
    assert str(found).endswith("bear on that, of ticks 5 and 6 what they do to server and c2.")
    (part,) = of_first(first_of("omega", bug="forgiven")).parts.items()
    assert (part[0], [node.name for node in part[1]]) == (2, ["n1", "n2"])


def test_of_a_step_the_node_that_it_changes() -> None:
    model = asking()
    claim = step("nobody waits", change(Client, lambda before, after: not after.waits))
    trace = walk(model, "n2 crash", "n1 ask")
    found = explain(trace, model, claim)
    assert found.needs == (None, ())
    assert str(found) == "It reads n1 before and after the last step; 1 of 2 steps bears on that."


def test_of_a_pair_the_two_that_break_it() -> None:
    model = asking()

    def alike(a: Client, b: Client) -> bool:
        return a == b

    claim = always("alike", pair(Client, alike))
    found = explain(walk(model, "n3 crash", "n1 ask"), model, claim)
    assert found.reads == "n1 and n2 at the end"
    assert found.needs == (None, ())


def test_of_a_witness_the_nodes_that_satisfy_it() -> None:
    model = asking()
    trace = walk(model, "n2 crash", "n1 ask")

    def waits(view: Client) -> bool | str:
        return view.waits or "it does not wait"

    scope = each(Client, waits)
    assert explain(trace, model, sometimes("one waits", scope)).reads == "n1 at the end"
    assert explain(trace, model, always("all wait", scope)).reads == "n2 at the end"
    assert explain(trace, model, never("one waits", each(Client, lambda v: v.waits))).reads == "n1 at the end"


def test_of_history_the_steps_that_it_notes() -> None:
    report = first_of("zab", bug="own-epoch")
    found = of_first(report)
    assert found.reads.startswith("the history")
    assert found.needs[-1] is not None


def test_what_can_not_be_told_apart_is_kept() -> None:
    model = asking()
    trace = walk(model, "n2 crash", "n1 ask")
    for claim in (None, Property("deadlock", "no deadlock", FEW.scope), Property("possible", "x", FEW.scope)):
        assert explain(trace, model, claim).matters == [True, True]
    spec = check(load("die_hard")())
    goal = spec.results[-1].trace
    assert goal is not None
    assert all(explain(goal, spec.model, spec.system.claims[-1]).matters)


def test_of_a_loop_every_step_and_what_they_rest_on() -> None:
    model = asking()
    answered = eventually("an answer", some(each(Server, lambda s: s.answers > 0)))
    trace = walk(model, "n2 crash", "n1 ask", f"n3 lose {SAID} from n1", "n1 ask", loop=2)
    found = explain(trace, model, answered)
    assert found.needs == (None, (), (2, 4), (2,))  # a question of the round before is what is lost
    stays = replace(trace, steps=trace.steps[:1], loop=1)
    assert explain(stays, model, answered).matters == [True]


def test_the_table_marks_and_says_what_each_step_needs() -> None:
    report = first_of("raft", bug="forget-vote")
    trace = report.results[0].trace
    assert trace is not None
    explanation = Explanation("x", ((), None, *((1, 2) for _ in trace.steps[2:])))
    lines = trace_table(report.model, trace, explanation=explanation).splitlines()
    plain = [click.unstyle(line) for line in lines]
    assert plain[0].split()[:3] == ["step", "needs", "node"]
    assert plain[4].startswith("2 ·")
    assert plain[5].split()[:3] == ["3", "1,", "2"]
    assert "\x1b[2m2 ·" in lines[4]
    assert lines[4].count("\x1b[2m") == lines[4].count("\x1b[0m")
    assert "\x1b[32m" not in lines[4]  # nothing bright where it is dim
    assert "\x1b[32m" in lines[3]


# -- what is said to matter can happen alone -----------------------------------------------------------------


@examples(100)
@given(sound_models(), st.data())
def test_what_matters_can_happen_without_the_rest(case: Case, data: st.DataObject) -> None:
    """The steps that matter to a node, carried out alone, make of it what all of them did."""
    model = replace(case.model, bounds=[b for b in case.model.bounds if not isinstance(b.holds, int)])
    if model.environment.timing != "async" or model.environment.detector == "perfect":
        reject()  # there things happen because others did not
    try:
        validate(model)
        trace = random_walk(model, data)
    except (DefinitionError, HandlerError):
        reject()
    node = data.draw(st.sampled_from([view.node for view in trace.initial.nodes]))
    claim = always("x", each(node_views(State), lambda view: view.node != node))
    found = explain(trace, model, claim)
    assert found.reads == f"{node} at the end"
    assert again(model, trace, found).nodes[node.index] == trace.states[-1].nodes[node.index]


def random_walk(model: Model, data: st.DataObject) -> Trace:
    """Up to eight steps, without joint ones: these have every node's consent."""
    interpreter = Interpreter(model)
    state = initial = data.draw(st.sampled_from(interpreter.initial()))
    steps: list[TraceStep] = []
    for _ in range(8):
        offers = [(e, after) for e, after in interpreter.steps(state) if e.kind != "tick"]
        if not offers:
            break
        event, state = data.draw(st.sampled_from(offers))
        steps.append(TraceStep(event, state))
    return Trace(initial, tuple(steps))


def again(model: Model, trace: Trace, found: Explanation) -> GlobalState:
    """Carry out the steps that matter, each with the outcome that it had at its node."""
    interpreter = Interpreter(model)
    state = trace.initial
    for one, matters in zip(trace.steps, found.matters, strict=True):
        if not matters:
            continue
        node = one.event.node
        state = next(
            after
            for event, after in interpreter.steps(state)
            if same(event, one.event)
            and (node is None or after.nodes[node.index] == one.state.nodes[node.index])
        )
    return state


def same(event: object, other: object) -> bool:
    """Whether two events are the same; which of a link a message is may be another without the rest."""
    return str(event).split(" (the ")[0] == str(other).split(" (the ")[0]
