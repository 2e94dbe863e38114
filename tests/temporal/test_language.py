"""How liveness and fairness are said: what decides, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from elcheck import (
    WEAK,
    DefinitionError,
    Environment,
    Fair,
    Formula,
    Message,
    Model,
    Node,
    NodeId,
    Property,
    State,
    Step,
    Steps,
    action,
    always,
    each,
    eventually,
    guard,
    ltl,
    node_ids,
    receive,
    some,
    strong,
    taken,
    timeout,
    unfair,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.temporal.assumptions import Assumptions
from elcheck.specs import environments


class Light(State):
    """Whether it is on, and whether it was asked to be."""

    on: bool = False
    asked: bool = False


class Ask(Message):
    """Switch it on."""


class Lamp(Node[Light]):
    """n1 asks n2 to switch its light on, by a timeout, when it likes to."""

    @timeout
    def ask(self, s: Light) -> Step[Light]:
        guard(self.me == self.nodes[0] and not s.asked, "it has asked")
        return Step(replace(s, asked=True), self.send(self.nodes[1], Ask()))

    @receive(fair=WEAK)
    def asked(self, s: Light, src: NodeId, msg: Ask) -> Light:
        return replace(s, on=True)

    @action
    def dream(self, s: Light) -> Light:
        guard(s.on and not s.asked, "it is not the time")
        return replace(s, asked=True)


LIT = eventually("it is on", some(each(Light, lambda s: s.on)))


def lamp(environment: Environment, *fairness: Fair, claim: Property = LIT) -> Model:
    """The model, with a claim."""
    return Model(Lamp(), [claim], environment, nodes=node_ids(2), fairness=fairness)


@pytest.mark.parametrize(
    ("environment", "fairness", "expected"),
    [
        (Environment(network="set"), [], Verdict.REFUTED),  # a timeout need not fire
        (Environment(network="set"), [weak("ask")], Verdict.PROVED),
        (Environment(network="set"), [weak("timeout")], Verdict.PROVED),
        (Environment(network="set"), [weak("*")], Verdict.PROVED),
        (Environment(network="set"), [weak("*"), unfair("ask")], Verdict.REFUTED),  # the last one decides
        (Environment(network="set"), [unfair("ask"), weak("*")], Verdict.PROVED),
        (Environment(network="set"), [weak("*"), unfair("asked")], Verdict.REFUTED),  # and goes before WEAK
        (Environment(network="set", timing="sync"), [], Verdict.PROVED),  # where timeouts are strongly fair
        (Environment(network="set", timing="eventual(1)"), [], Verdict.PROVED),
        (Environment(network="set", fairness=(weak("*"),)), [], Verdict.PROVED),
        (Environment(network="set", fairness=(weak("*"),)), [unfair("ask")], Verdict.REFUTED),
        (environments.asynchronous(), [], Verdict.PROVED),
        (environments.synchronous(), [], Verdict.PROVED),
        (environments.eventually_synchronous(1), [], Verdict.PROVED),
        (environments.fair_lossy(), [], Verdict.REFUTED),  # it is sent once only, and lost
    ],
)
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_who_decides_what_is_fair(
    environment: Environment, fairness: list[Fair], expected: Verdict, engine: str
) -> None:
    [result] = check(lamp(environment, *fairness), engine=engine).results
    assert result.verdict is expected


@pytest.mark.parametrize(
    ("fairness", "expected"),
    [([], Verdict.REFUTED), ([weak("*")], Verdict.REFUTED), ([weak("crash")], Verdict.PROVED)],
)
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_fault_is_fair_where_it_is_named(fairness: list[Fair], expected: Verdict, engine: str) -> None:
    environment = Environment(network="set", crash=1)
    claim = eventually("something crashes", taken("crash"))
    [result] = check(lamp(environment, *fairness, claim=claim), engine=engine).results
    assert result.verdict is expected


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_mishaps_to_messages_are_told_apart(engine: str) -> None:
    """Of losses the fast engine's edges say no more than that they are some: where it matters, it does not
    use them.
    """
    environment = Environment(network="set", loss=1)
    n1, n2 = node_ids(2)
    for node, expected in ((n1, Verdict.PROVED), (n2, Verdict.REFUTED)):
        claim = ltl("none is lost", always(~taken("lose", node)))
        [result] = check(lamp(environment, weak("ask"), claim=claim), engine=engine).results
        assert result.verdict is expected


class Tossing(Node[Light]):
    """It may switch its light on and off for ever, or be done with it."""

    named: bool

    @action(fair=WEAK)
    def toss(self, s: Light) -> Steps[Light]:
        guard(not s.asked, "it is done")
        for way, then in (("on", replace(s, on=not s.on)), ("away", replace(s, asked=True))):
            yield Step(then, choice={"way": way} if self.named else None)


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_each_choice_is_fair_on_its_own(engine: str) -> None:
    """A choice that has a name is an event; without names there is one event, which either step takes."""
    done = eventually("it is done", each(Light, lambda s: s.asked))
    unnamed, named = (Model(Tossing(names), [done], nodes=node_ids(1)) for names in (False, True))
    [result] = check(unnamed, engine=engine).results
    assert result.trace is not None
    assert [str(step.event) for step in result.trace.steps] == ["toss", "toss"]
    assert check(named, engine=engine).verdict is Verdict.PROVED
    [result] = check(replace(named, fairness=[unfair("toss")]), engine=engine).results
    assert result.trace is not None
    assert {str(step.event) for step in result.trace.steps} <= {"toss(way=on)"}


def test_what_is_assumed_is_said() -> None:
    model = lamp(Environment(network="set", timing="sync"), unfair("dream"))
    assert str(Assumptions(model)) == "weak fairness of asked and strong fairness of ask"
    assert any("every state may stutter" in note for note in check(model).notes)


def _bare(s: object) -> bool:
    return bool(s)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: replace(m, fairness=[weak("shine")]), "'shine'; the handlers are ask, asked, dream"),
        (lambda m: replace(m, fairness=[weak()]), "names no steps"),
        (lambda m: replace(m, fairness=["weak"]), "is no Fair"),
        (lambda m: replace(m, environment=Environment(fairness=(strong("shine"),))), "Environment(fairness"),
        (
            lambda m: replace(m, properties=[ltl("f", taken("shine"))]),
            "the property 'f' speaks of steps 'shine'",
        ),
        (
            lambda m: replace(m, properties=[eventually("f", _bare)]),  # type: ignore[call-overload]  # so it is
            "the property 'f' has the function _bare in a formula, which needs a scope there",
        ),
        (lambda m: replace(m, assume=[taken("shine")]), "Model(assume=...)"),
        (lambda m: replace(m, assume=[LIT]), "is no Formula"),
        (lambda m: replace(m, properties=[ltl("f", Formula())]), "in a formula"),
        (
            lambda m: replace(m, properties=[eventually("f", each(Ask, _bare))]),
            "a formula of the property 'f' looks at states of class Ask, and there are none",
        ),
    ],
)
def test_what_can_not_be_meant(change: Callable[[Model], Model], words: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        check(change(lamp(Environment(network="set"))))
    assert words in str(raised.value)


def test_a_claim_needs_something_to_claim() -> None:
    for make in (always, eventually):
        with pytest.raises(DefinitionError, match="has to be told what it claims"):
            make("it is on")  # type: ignore[call-overload]  # what mypy refuses, others may write
