"""The models of tests/faults whose verdict or report once was wrong: the right values, on every engine."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from elcheck import (
    DefinitionError,
    Environment,
    Formula,
    Model,
    Monitor,
    Scope,
    Spec,
    State,
    Verdict,
    action,
    always,
    at,
    change,
    changes,
    each,
    eventually,
    eventually_always,
    guard,
    history,
    holds,
    leads_to,
    ltl,
    node_ids,
    pair,
    replace,
    sometimes,
    step,
    taken,
    view,
    weak,
    whole,
)
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.html import notebook
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.resources import Resources, Spill
from elcheck.checker.strategies.simulate import WalkPlan, simulate
from tests.faults import (
    base_of,
    check_raises,
    close_after_send,
    drift_wording,
    fair_lose,
    flags,
    leads_to_each,
    many_starts,
    monitor_of,
    named_like_a_fault,
    of_messages,
    resume_whole,
    simulate_liveness,
    taken_node,
    tick_name,
    tick_raises,
    told_terms,
    unrelated_counter,
    vacuous_cause,
)

ENGINES = pytest.mark.parametrize("engine", ["plain", "fast"])


def verdicts(report: CheckReport) -> dict[str, Verdict]:
    """The verdict of each property by its name."""
    return {result.name: result.verdict for result in report.results}


# -- names of steps -----------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("by", ["tick", "pass_time", "*"])
def test_a_tick_handler_s_own_name_means_the_joint_tick(by: str, engine: str) -> None:
    found = verdicts(check(tick_name.model(by), engine=engine))
    assert found == {
        "it never ticks": Verdict.REFUTED,
        "two": Verdict.PROVED,
        "two, if it ticks": Verdict.PROVED,
        "no tick from n1": Verdict.REFUTED,
    }


@pytest.mark.parametrize("written", ["tick", "pass_time", "n1 pass_time", "n2 tick"])
def test_replay_knows_the_names_of_the_joint_tick(written: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    path.write_text(f"{written}\n{written}\n", encoding="utf-8")
    assert cli.run(["replay", tick_name.__file__ or "", str(path)]) == 0


def test_a_handler_that_is_called_like_a_fault_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"Named\.crash .*is called like a fault.*call it otherwise"):
        check(named_like_a_fault.model())


HAPPEN = [
    *[(taken_node.BAG, name, node) for name in ("act", "alarm", "pass_time", "tick") for node in (0, 1, 2)],
    *[
        (taken_node.BAG, name, node)
        for name in ("action", "timeout", "crash", "restart")
        for node in (0, 1, 2)
    ],
    *[(taken_node.BAG, name, node) for name in ("got", "receive", "lose", "duplicate") for node in (0, 2)],
    *[(taken_node.BAG, name, 0) for name in ("partition", "heal", "*")],
    *[(taken_node.FIFO, name, node) for name in ("disconnect", "gone") for node in (0, 1, 2)],
    *[(taken_node.FIFO, name, node) for name in ("lose", "duplicate") for node in (0, 2)],
]
DO_NOT = [
    *[(taken_node.BAG, name, 1) for name in ("got", "lose", "duplicate")],
    *[(taken_node.BAG, name, node) for name in ("disconnect", "gone") for node in (0, 1, 2)],
    *[(taken_node.FIFO, name, 0) for name in ("crash", "restart", "partition", "heal")],
]


@ENGINES
@pytest.mark.parametrize(("environment", "name", "node"), HAPPEN)
def test_steps_are_matched_by_name_and_node(
    environment: Environment, name: str, node: int, engine: str
) -> None:
    [result] = check(taken_node.model(name, environment, node), engine=engine).results
    assert result.verdict is Verdict.REFUTED


@ENGINES
@pytest.mark.parametrize(("environment", "name", "node"), DO_NOT)
def test_steps_that_do_not_happen_in_this_environment(
    environment: Environment, name: str, node: int, engine: str
) -> None:
    [result] = check(taken_node.model(name, environment, node), engine=engine).results
    assert result.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("name", "node", "said"),
    [
        ("partition", 1, "they are of no node: leave it out"),
        ("heal", 2, "they are of no node: leave it out"),
        ("acting", 0, "the handlers are alarm, act, got, gone, tick, pass_time"),
    ],
)
def test_steps_that_there_can_never_be_are_refused(name: str, node: int, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        check(taken_node.model(name, taken_node.BAG, node))


def test_of_a_node_that_has_no_such_step() -> None:
    n1, n2 = node_ids(2)
    model = replace(taken_node.model("act", taken_node.BAG, 0), nodes=[n1])
    with pytest.raises(DefinitionError, match="'act' of n2; the nodes are n1"):
        check(replace(model, properties=[ltl("never", always(~taken("act", n2)))]))
    mixed = Model({n1: taken_node.Program(), n2: tick_raises.Ticking()}, properties=())
    with pytest.raises(DefinitionError, match="'act' of n2; they are only of n1"):
        check(replace(mixed, properties=[ltl("never", always(~taken("act", n2)))]))


# -- engines that differed ----------------------------------------------------------------------------------


@ENGINES
def test_what_is_sent_on_a_broken_link_before_it_is_closed_is_lost(engine: str) -> None:
    assert verdicts(check(close_after_send.model(), engine=engine)) == {"gone": Verdict.REFUTED}


@ENGINES
@pytest.mark.parametrize("guarded", [0, 1])
def test_the_joint_tick_asks_all_nodes(guarded: int, engine: str) -> None:
    report = check(tick_raises.model(guarded), engine=engine)
    assert report.exit_code == EXIT["error"]
    assert f"Ticking.time at n{2 - guarded} raises ZeroDivisionError" in report.results[-1].detail


@ENGINES
@pytest.mark.parametrize(
    "fault", ["lose", "duplicate", "crash", "restart", "disconnect", "partition", "heal"]
)
def test_fairness_of_a_fault_of_which_there_are_none(fault: str, engine: str) -> None:
    assert verdicts(check(fair_lose.model(fault), engine=engine)) == {"ends": Verdict.PROVED}


# -- vacuity ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ticks", "verdict"), [(3, Verdict.VACUOUS), (4, Verdict.REFUTED)])
def test_a_cause_that_is_never_met(ticks: int, verdict: Verdict) -> None:
    report = check(vacuous_cause.model(ticks))
    assert verdicts(report) == {"expired gets settled": verdict}
    assert report.exit_code == EXIT["vacuous" if verdict is Verdict.VACUOUS else "liveness"]


@ENGINES
def test_a_cause_of_each_node_is_met_by_all_at_once(engine: str) -> None:
    model = leads_to_each.model()
    [result, _] = check(model, engine=engine).results
    assert result.verdict is Verdict.VACUOUS
    assert "each(...) is met when all nodes meet it" in result.detail
    client = leads_to_each.Client
    of_each = [
        leads_to(node.name, at(node, client, lambda s: s.asked), at(node, client, lambda s: s.answered))
        for node in node_ids(2)
    ]
    found = verdicts(check(replace(model, properties=of_each), engine=engine))
    assert found == {"n1": Verdict.REFUTED, "n2": Verdict.VACUOUS}


class Light(State):
    n: int = 0


class Switching(Spec[Light]):
    @action
    def up(self, s: Light) -> Light:
        guard(s.n < 2, "high enough")
        return Light(s.n + 1)

    @action
    def stay(self, s: Light) -> Light:
        return s


def light(*numbers: int) -> Scope:
    """The light shows one of some numbers."""
    return holds(Light, lambda s: s.n in numbers)


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (always(light(7) >> eventually(light(0))), Verdict.VACUOUS),
        (always(light(1) >> eventually(light(2))), Verdict.PROVED),
        (always(taken("stay") >> eventually(light(0))), Verdict.VACUOUS),
        (always(taken("up") >> eventually(light(1, 2))), Verdict.PROVED),
        (eventually(light(3)) >> eventually(light(2)), Verdict.VACUOUS),
        (always(~light(0, 1, 2) >> eventually(light(0))), Verdict.VACUOUS),
        (always((light(1) & light(2)) >> light(0)), Verdict.VACUOUS),
        (always(light(1) >> always(light(0) >> eventually(light(2)))), Verdict.VACUOUS),
        (always(light(1) >> eventually(light(2))) & always(light(5) >> light(6)), Verdict.VACUOUS),
        (always(light(0, 1, 2)), Verdict.PROVED),
        (always(light(7) | light(0, 1, 2)), Verdict.PROVED),
    ],
)
def test_causes_of_every_form(formula: Formula, verdict: Verdict) -> None:
    model = Model(Switching(), properties=[ltl("claim", formula)], fairness=[weak("up")])
    assert verdicts(check(model)) == {"claim": verdict}


def test_what_never_changes_anything_is_said() -> None:
    report = check(Model(Switching(), properties=[always("low", light(0, 1, 2))]))
    assert report.coverage.never_changing == ("Switching.stay",)
    assert not any("no step changes anything" in note for note in report.notes)
    still = check(simulate_still())
    assert any("no step changes anything" in note for note in still.notes)


def simulate_still() -> Model:
    """A model in which nothing can change."""

    class Still(Spec[Light]):
        @action
        def stay(self, s: Light) -> Light:
            return s

    return Model(Still(), properties=[always("dark", light(0))])


# -- resuming -----------------------------------------------------------------------------------------------


def pings(s: resume_whole.Server) -> int:
    return s.got


RISES = Monitor("rises", resume_whole.Server, start=len, after=lambda m, e, a, b: m + (b.state.got > 2) & 3)
SERVER = resume_whole.Server


def test_a_search_is_resumed_whatever_its_properties_look_at(tmp_path: Path) -> None:
    few = whole(lambda state: len(state.network) < 100)
    claims = [
        always("few on the way", few),
        sometimes("many on the way", whole(lambda state: len(state.network) > 4)),
        always("few rises", history(RISES, lambda m: m < 4)),
        step("more", change(SERVER, lambda a, b: a.got <= b.got)),
        step("one at a time", changes(view(SERVER, pings), lambda a, b: sum(b) <= sum(a) + 1)),
    ]
    environment = Environment(network="bag", loss=1, dup=1)
    model = replace(resume_whole.model(), properties=claims, deadlock=few, environment=environment)
    begun = check(model, Limits(max_states=300), engine="fast", resources=Resources(Spill(tmp_path)))
    assert begun.stats.representatives == 300
    ended = check(model, engine="fast", resources=Resources(Spill(tmp_path, resume=True)))
    straight = check(model, engine="plain")
    assert verdicts(ended) == verdicts(straight)
    assert ended.stats.distinct == straight.stats.distinct


# -- many initial states ------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("nodes", [9, pytest.param(13, marks=pytest.mark.big)])
def test_nodes_that_start_on_their_own_are_not_multiplied_out(engine: str, nodes: int) -> None:
    """2^13 initial states are 26 that differ in more than which node is which."""
    stats = check(many_starts.model(nodes), engine=engine).stats
    assert (stats.distinct, stats.transitions, stats.depth) == (1 << nodes + 1, 1 << nodes, 1)
    assert stats.representatives == 4 * nodes
    for symmetry in (True, False):
        few = check(many_starts.model(4), engine=engine, symmetry=symmetry)
        assert (few.stats.distinct, few.stats.transitions, few.stats.depth) == (32, 16, 1)


# -- judging ------------------------------------------------------------------------------------------------


def test_a_check_that_raises_is_named_by_its_claim() -> None:
    [claim, error] = check(check_raises.model()).results
    assert (claim.verdict, claim.detail) == (
        Verdict.UNDETERMINED,
        "a check raised before this could be told",
    )
    assert error.detail.startswith("the property 'asked, done' raises IndexError")
    assert "one of an effect also where its cause is false" in error.detail


@ENGINES
def test_a_property_may_look_at_a_subclass(engine: str) -> None:
    found = verdicts(check(base_of.model(), engine=engine))
    assert found == {"led": Verdict.PROVED, "leaders have one": Verdict.PROVED}


@ENGINES
def test_a_monitor_is_shown_states_of_its_class_before_and_after(engine: str) -> None:
    found = verdicts(check(monitor_of.model(), engine=engine))
    assert found == {"at most two": Verdict.REFUTED, "less than two": Verdict.REFUTED}


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("fair", [True, False])
def test_a_beginning_is_enough_to_break_a_claim(counts: bool, fair: bool) -> None:
    report = check(unrelated_counter.model(counts, fair=fair))
    result = report["always below zero"]
    assert result.verdict is Verdict.REFUTED
    fills = Verdict.UNDETERMINED if counts and fair else Verdict.REFUTED
    assert report["the stream fills"].verdict is fills


def test_a_beginning_of_some_steps_breaks_a_claim_across_a_bound() -> None:
    stream = unrelated_counter.Stream
    model = unrelated_counter.model(fair=True)
    three = ltl("not three", always(~holds(stream, lambda s: s.test == 3)))
    twice = ltl("no step", always(~taken("add")))
    later = eventually_always("small", holds(stream, lambda s: s.test < 3))
    report = check(replace(model, properties=[three, twice, later]))
    trace, certificate = report["not three"].trace, report["not three"].certificate
    assert trace is not None
    assert (len(trace.steps), trace.loop) == (3, None)
    assert certificate is not None
    assert report["not three"].detail == "it is broken after step 3, however it goes on"
    assert report["no step"].verdict is Verdict.REFUTED
    assert report["small"].verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("safety", [True, False])
def test_a_simulation_walks_while_a_claim_is_open(safety: bool) -> None:
    found = simulate(simulate_liveness.model(safety), WalkPlan(walks=7))
    assert found.tally.walks == 7
    assert "every property was decided" not in str(found.report.stats.stopped)


@ENGINES
def test_claims_of_messages_are_of_each_by_itself(engine: str) -> None:
    report = check(of_messages.model(), engine=engine)
    found = {result.name: (result.verdict, result.detail) for result in report.results}
    bad = "n1 to n2: Item(bad=True)"
    assert found["all are good"] == (Verdict.REFUTED, bad)
    assert found["one is bad"] == (Verdict.REFUTED, bad)
    assert found["one is of a third"][0] is Verdict.PROVED
    assert found["one of a third"][0] is Verdict.VACUOUS
    assert found["a bad one may come"][0] is Verdict.REFUTED  # once it has been taken
    assert found["a bad one leads to a third"][0] is Verdict.REFUTED
    assert found["there are none"][0] is Verdict.REFUTED  # nothing has to be taken
    assert found["no deadlock"][0] is Verdict.REFUTED  # where nothing is under way, nothing is done
    lengths = {result.name: len(result.trace.steps) for result in report.results if result.trace is not None}
    assert lengths["all are good"] == lengths["one is bad"] == lengths["a bad one"] == 2


# -- terms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_check", [False, True])
@pytest.mark.parametrize("tells", told_terms.TOLD)
def test_what_tells_which_term_it_is_is_no_matter_of_order(tells: str, by_check: bool) -> None:
    report = check(told_terms.model(tells, by_check=by_check), Limits(depth=9), engine="plain")
    assert any(note.startswith("No relative terms") for note in report.reductions)
    reached = {"that term": Verdict.PROVED, "never that term": Verdict.REFUTED}
    assert verdicts(report) == (reached if by_check else {"marked": Verdict.PROVED})


@ENGINES
def test_a_check_may_say_which_term_it_is(engine: str) -> None:
    """What is wrong has a text of a term in it, which nobody tells anything by."""
    told = always("not both", pair(told_terms.Server, lambda a, b: f"in {a.term}" if a == b else True))
    model = replace(told_terms.model("nothing", by_check=True), properties=[told])
    report = check(model, engine=engine)
    assert any(note.startswith("Relative terms") for note in report.reductions)
    assert report["not both"].detail == "n1 and n2: in 0"


# -- checks that are no functions ---------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("claim", ["leads to", "always", "step"])
def test_a_check_that_is_no_function_is_a_check(claim: str, engine: str) -> None:
    """As ``partial(...)``, which says nothing of where it is written."""
    client = leads_to_each.Client

    def is_as(wanted: bool, *states: leads_to_each.Client) -> bool:
        return states[-1].asked is wanted

    node = node_ids(2)[0]
    claims = {
        "leads to": leads_to(
            "x", at(node, client, partial(is_as, True)), at(node, client, partial(is_as, False))
        ),
        "always": always("x", each(client, partial(is_as, False))),
        "step": step("x", change(client, partial(is_as, False))),
    }
    model = replace(leads_to_each.model(), properties=[claims[claim]])
    assert verdicts(check(model, engine=engine)) == {"x": Verdict.REFUTED}


# -- flags --------------------------------------------------------------------------------------------------


@ENGINES
def test_a_flag_without_any_of_its_members_has_a_name(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, itf = tmp_path / "page.html", tmp_path / "trace.itf.json"
    options = ["--engine", engine, "--report", str(page), "--export", str(itf)]
    assert cli.run([flags.__file__ or "", *options]) == EXIT["refuted"]
    assert "Access(0) → READ" in capsys.readouterr().out
    assert {"Access(0)", "READ|WRITE"} <= set(re.findall(r"[\w|()]+", itf.read_text(encoding="utf-8")))
    assert "READ|WRITE" in page.read_text(encoding="utf-8")
    assert cli.run([flags.__file__ or "", "--format", "json"]) == EXIT["refuted"]
    assert '"access": "Access(0)"' in capsys.readouterr().out


def test_all_that_a_flag_can_be_is_put_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["induct", flags.__file__ or "", "--spec"]) == 0
    assert "4 values of access" in " ".join(capsys.readouterr().out.split())


# -- words --------------------------------------------------------------------------------------------------


def test_every_picture_of_a_trace_calls_things_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mermaid, page = tmp_path / "trace.mmd", tmp_path / "page.html"
    options = ["--export", str(mermaid), "--report", str(page)]
    assert cli.run([drift_wording.__file__ or "", *options]) == EXIT["refuted"]
    texts = [
        " ".join(capsys.readouterr().out.split()),
        mermaid.read_text(encoding="utf-8"),
        page.read_text(encoding="utf-8"),
        notebook.of_report(check(drift_wording.model())),
    ]
    for said in texts:
        assert "up False → True" in said
        assert "history.flips left 3 → 2" in said
