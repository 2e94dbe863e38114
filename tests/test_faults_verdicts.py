"""The models of tests/faults whose verdict or report once was wrong: the right values, on every engine."""

from __future__ import annotations

import pytest

from elcheck import DefinitionError, Environment, Model, Verdict, always, ltl, node_ids, replace, taken
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT
from tests.faults import (
    close_after_send,
    fair_lose,
    named_like_a_fault,
    taken_node,
    tick_name,
    tick_raises,
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
