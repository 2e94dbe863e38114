"""Faults on the way to a behaviour without end: their events are whole, whichever engine searched."""

from __future__ import annotations

import pytest

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Partition,
    Prepared,
    State,
    Step,
    action,
    each,
    eventually,
    guard,
    node_ids,
    receive,
    some,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export.formats import FORMATS, rendered
from elcheck.checker.loading.model_file import adapted

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

FAULTS = {"loss": "lose", "disconnect": "disconnect", "partition": "partition"}
"""By their budgets."""


class Told(State):
    """Whether a node has said its word, and whether it has heard one."""

    said: bool = False
    heard: bool = False


class Word(Message):
    """The word, in so many words: an event without it would be another one."""

    number: int = 7


class Telling(Node[Told]):
    """The first node tells the second one, once."""

    @action
    def tell(self, s: Told) -> Step[Told]:
        guard(self.me == self.nodes[0] and not s.said, "only the first one, once")
        return Step(Told(said=True), self.send(self.nodes[1], Word()))

    @receive
    def hear(self, s: Told, src: NodeId, msg: Word) -> Told:
        return Told(s.said, heard=True)


def report(fault: str, engine: str) -> CheckReport:
    model = Model(
        Telling(),
        nodes=node_ids(2),
        environment=Environment(network="fifo"),
        properties=[eventually("somebody hears", some(each(Told, lambda view: view.heard)))],
        fairness=[weak("tell", "hear")],
    )
    return check(adapted(model, {fault: 1}), engine=engine)


@pytest.mark.parametrize(("fault", "kind"), FAULTS.items())
def test_a_lasso_with_a_fault(fault: str, kind: str) -> None:
    plain, fast = (report(fault, engine) for engine in ("plain", "fast"))
    for found in (plain, fast):
        [result] = found.results
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert [step.event.kind for step in result.trace.steps] == ["action", kind]
    assert fast.results == plain.results
    assert fast.engine == "fast"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_graph_with_faults(fault: str) -> None:
    plain, fast = (rendered(report(fault, engine), FORMATS[".aut"]) for engine in ("plain", "fast"))
    assert fast == plain
    assert "hear(Word(number=7)) from n1" in fast


@pytest.mark.parametrize("engine", ["plain", "fast"])
@pytest.mark.parametrize(("fair", "verdict"), [(("heal",), Verdict.PROVED), ((), Verdict.REFUTED)])
def test_a_partition_that_stands_from_the_start_heals_without_a_budget(
    fair: tuple[str, ...], verdict: Verdict, engine: str
) -> None:
    first, second = nodes = node_ids(2)
    apart = Partition("apart", (frozenset({first}), frozenset({second})))
    model = Model(
        Telling(),
        nodes=nodes,
        environment=Environment(network="set"),
        properties=[eventually("somebody hears", some(each(Told, lambda view: view.heard)))],
        fairness=[weak("tell", "hear", *fair)],
        initial=[Prepared({node: Told() for node in nodes}, partition=apart)],
    )
    assert check(model, engine=engine).results[0].verdict is verdict
