"""Claims of each node by itself, and what a report notes of time and of causes."""

from __future__ import annotations

from typing import Protocol

import pytest

from elcheck import (
    DefinitionError,
    Environment,
    Model,
    Node,
    NodeId,
    Property,
    State,
    action,
    always,
    each,
    each_leads_to,
    eventually,
    guard,
    leads_to,
    node_ids,
    replace,
    some,
    tick,
    timeout,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict

ENGINES = pytest.mark.parametrize("engine", ["plain", "fast"])


class Client(State):
    """What it wants, and whether it has that."""

    asked: bool = False
    answered: bool = False


class Other(State):
    """Of nodes that ask for nothing."""


class Answering(Protocol):
    """What can't be asked of a state while it runs."""

    asked: bool
    answered: bool


class Asking(Node[Client]):
    """Each asks once, and all but one are answered."""

    ignored: NodeId | None = None

    @action
    def ask(self, s: Client) -> Client:
        guard(not s.asked, "it has asked")
        return replace(s, asked=True)

    @action
    def answer(self, s: Client) -> Client:
        guard(s.asked and not s.answered, "nothing to answer")
        guard(self.me != self.ignored, "it is ignored")
        return replace(s, answered=True)


class Idle(Node[Other]):
    @action
    def nothing(self, s: Other) -> Other:
        return s


def asked(s: Client) -> bool:
    return s.asked


def answered(s: Client) -> bool:
    return s.answered


def model(claim: Property, ignored: NodeId | None = None) -> Model:
    n1, n2, idle = node_ids(3)
    programs: dict[NodeId, Asking | Idle] = {n1: Asking(ignored), n2: Asking(ignored), idle: Idle()}
    return Model(programs, [claim], fairness=[weak("answer")])


OF_EACH = each_leads_to("each is answered", Client, asked, answered)


@ENGINES
def test_each_node_is_answered_for_itself(engine: str) -> None:
    n1, n2, _ = node_ids(3)
    assert check(model(OF_EACH), engine=engine)["each is answered"].verdict is Verdict.PROVED
    for ignored in (n1, n2):
        result = check(model(OF_EACH, ignored), engine=engine)["each is answered"]
        assert result.verdict is Verdict.REFUTED
        assert result.detail.startswith(f"{ignored}: after step ")
        assert result.trace is not None
        assert result.trace.states[-1].nodes[ignored.index].state == Client(asked=True)


def test_the_nodes_may_be_chosen() -> None:
    n1, n2, _ = node_ids(3)
    for node, verdict in ((n1, Verdict.REFUTED), (n2, Verdict.PROVED)):
        claim = each_leads_to("it", Client, asked, answered, nodes=[node])
        assert check(model(claim, n1))["it"].verdict is verdict


def test_a_node_whose_cause_is_never_met_is_named() -> None:
    never = each_leads_to("it", Client, lambda s: s.asked and s.answered and not s.asked, answered)
    result = check(model(never))["it"]
    assert (result.verdict, result.detail) == (Verdict.VACUOUS, "its cause is never met of n1")


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(DefinitionError, match="names the class of the states second"):
        each_leads_to("it", asked, answered, answered)  # type: ignore[arg-type]  # what is refused
    alone = Model(Idle(), [OF_EACH], nodes=node_ids(1))
    with pytest.raises(DefinitionError, match="of each node with a Client, and there is none"):
        check(alone)
    of_a_number = Model({3: Idle()}, [OF_EACH])  # type: ignore[dict-item]  # what is refused
    with pytest.raises(DefinitionError, match="leads from NodeIds to Nodes"):
        check(of_a_number)
    with pytest.raises(DefinitionError, match="whether a state is a Answering can't be asked"):
        Model(
            Asking(),
            [each_leads_to("it", Answering, lambda s: s.asked, lambda s: s.answered)],
            nodes=node_ids(2),
        )


def test_a_cause_of_all_at_once_is_noted() -> None:
    both = leads_to("all", each(Client, asked), each(Client, answered))
    assert any("each_leads_to(name, Client, cause, effect)" in note for note in check(model(both)).notes)
    for claim in (OF_EACH, leads_to("some", some(each(Client, asked)), some(each(Client, answered)))):
        assert not any("at once" in note for note in check(model(claim)).notes)


# -- time ---------------------------------------------------------------------------------------------------


class Timer(State):
    """Whether it rang, and whether it is deaf; how old it is."""

    deaf: bool = False
    rang: bool = False
    age: int = 0


class Ringing(Node[Timer]):
    """A fault that is written as an action."""

    @action
    def go_deaf(self, s: Timer) -> Timer:
        guard(not s.deaf, "it is deaf")
        return replace(s, deaf=True)

    @timeout
    def ring(self, s: Timer) -> Timer:
        guard(not s.rang, "it rang")
        return replace(s, rang=True)


class Sleeping(Node[Timer]):
    @tick
    def elapse(self, s: Timer) -> Timer:
        guard(self.me.index > 0, "it is asleep")
        return replace(s, age=min(s.age + 1, 3))


@ENGINES
def test_what_timing_holds_up_all_along_is_said(engine: str) -> None:
    claim = eventually("it rings", some(each(Timer, lambda s: s.rang)))
    waiting = Model(Ringing(), [claim], Environment(network="set", timing="sync"), node_ids(1))
    certificate = check(waiting, engine=engine)["it rings"].certificate
    assert certificate is not None
    assert certificate.held_up == ("n1: ring waits, since n1: go_deaf can happen",)
    unfair = Model(Ringing(), [claim], Environment(network="set"), node_ids(1))
    certificate = check(unfair, engine=engine)["it rings"].certificate
    assert certificate is not None
    assert certificate.held_up == ()


@ENGINES
def test_that_time_stands_still_is_noted(engine: str) -> None:
    young = always("nobody gets old", each(Timer, lambda s: s.age < 3))
    report = check(Model(Sleeping(), [young], nodes=node_ids(2)), engine=engine)
    assert report["nobody gets old"].verdict is Verdict.PROVED
    assert "time stands still for all nodes where n1's tick is guarded: it is asleep" in report.notes
