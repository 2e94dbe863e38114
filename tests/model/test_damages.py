"""Disks that lose what was durable, while their node is down."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcheck import (
    Bound,
    DefinitionError,
    Environment,
    Model,
    Node,
    NodeView,
    Property,
    State,
    Term,
    UsageError,
    Verdict,
    action,
    always,
    change,
    check,
    durable,
    each,
    earlier,
    guard,
    inductive,
    node_ids,
    node_views,
    replace,
    sometimes,
    step,
    within,
)
from elcheck.checker import cli
from elcheck.checker.induction.induct import induct
from elcheck.checker.induction.result import InductionVerdict
from elcheck.checker.model.disks import damages
from elcheck.checker.process.limits import Limits
from elcheck.checker.strategies.fault_budgets import frontier
from elcheck.checker.strategies.fewest_faults import fewest_faults
from tests.oracle.comparing import compare
from tests.oracle.random_models import Case

ENGINES = ("plain", "fast")
YES, NO = InductionVerdict.INDUCTIVE, InductionVerdict.NOT_INDUCTIVE


class Log(State):
    entries: tuple[str, ...] = durable((), frail=True)
    best: int = durable(0, frail=True)
    sure: int = durable(0)
    open: bool = False


class Writer(Node[Log]):
    @action
    def write(self, s: Log) -> Log:
        guard(len(s.entries) < 2, "its log is full")
        return Log((*s.entries, "x"), 2, min(s.sure + 1, 2), True)


def only_grows(before: NodeView[Log], after: NodeView[Log]) -> bool:
    return before.state.entries == after.state.entries[: len(before.state.entries)]


def model() -> Model:
    """A log on a disk."""
    return Model(
        Writer(),
        [step("the log only grows", change(node_views(Log), only_grows))],
        nodes=node_ids(2),
        environment=Environment(network="set", crash=1, restart=1, disk=1),
    )


def test_what_a_damage_leaves() -> None:
    found = damages(Log(("x", "y"), 2, 2))
    assert found == [
        ("entries", Log((), 2, 2)),
        ("entries", Log(("x",), 2, 2)),
        ("best", Log(("x", "y"), 0, 2)),
    ]
    assert damages(Log(sure=3)) == []


@pytest.mark.parametrize("symmetry", [True, False])
@pytest.mark.parametrize("engine", ENGINES)
def test_it_takes_a_crash_and_a_damage(engine: str, symmetry: bool) -> None:
    [result] = check(model(), engine=engine, symmetry=symmetry).results
    assert result.trace is not None
    assert [step.event.name for step in result.trace.steps] == ["write", "crash", "damage"]
    assert check(within(model(), disk=0), engine=engine, symmetry=symmetry).verdict is Verdict.PROVED


def test_the_oracle_finds_the_same() -> None:
    for environment in (
        Environment(network="set", crash=1, restart=1, disk=2),
        Environment(network="fifo", crash="unlimited", restart=1, disk=1, detector="perfect"),
    ):
        endless = [*model().properties, always("true", each(Log, lambda s: True))]
        whole = replace(model(), environment=environment, properties=endless, deadlock=False)
        assert compare(Case(whole, None), cap=3000) == "proved refuted"


def test_it_is_counted_and_minimised() -> None:
    [row] = frontier(model()).rows
    [minimum] = row.minima
    assert {kind: budget for kind, budget in minimum.budgets.items() if budget} == {"crash": 1, "disk": 1}
    [result] = fewest_faults(check(model()), Limits()).results
    assert result.fewest == "1 crash, 1 damage"


def test_what_is_not_frail_stays() -> None:
    sure = always("sure", each(Log, lambda s: len(s.entries) <= s.sure))
    lost = sometimes("lost", each(Log, lambda s: len(s.entries) < s.sure))
    assert check(replace(model(), properties=[sure, lost])).verdict is Verdict.PROVED


def test_induction_knows_it() -> None:
    kept = inductive("kept", each(Log, lambda s: len(s.entries) <= s.sure), candidates=[])
    lost = inductive("lost", each(Log, lambda s: len(s.entries) >= s.sure), candidates=[])
    claims = replace(model(), inductive=[kept, lost])
    assert [found.verdict for found in induct(claims)] == [YES, NO]
    assert [found.verdict for found in induct(within(claims, disk=0))] == [YES, YES]


class Aged(State):
    term: Term = durable(Term(), frail=True)


class Aging(Node[Aged]):
    @action
    def age(self, s: Aged) -> Aged:
        return Aged(s.term.next())


def test_a_damage_counts_terms_from_the_first() -> None:
    """So that they are not counted from the least."""
    aging = Model(
        Aging(),
        [always("true", each(Aged, lambda s: True))],
        nodes=node_ids(2),
        environment=Environment(crash=1, disk=1),
        bounds=[Bound("spread", 1)],
    )
    report = check(aging, depth=5)
    assert any("No relative terms: a damage in" in note for note in report.reductions)


def test_what_can_not_be_meant() -> None:
    with pytest.raises(UsageError, match="no field of this model's states can be damaged"):
        check(within(replace(model(), program=_Careful(), properties=[]), disk=1))
    [note] = within(model(), crash=0, restart=0).environment.notes()
    assert note == "--disk damages the disks of nodes that are down, and --crash is 0"


class Safe(State):
    count: int = durable(0)


class _Careful(Node[Safe]):
    @action
    def count(self, s: Safe) -> Safe:
        return Safe(1)


@pytest.mark.parametrize("ending", ["itf.json", "tlc.json"])
def test_on_the_command_line(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace with a damage is shown, written, and read again."""
    trace = tmp_path / f"trace.{ending}"
    assert cli.run([__file__, "--export", str(trace), "--minimise", "faults"]) == 12
    said = capsys.readouterr().out
    assert "(fewest faults: 1 crash, 1 damage)" in said
    assert "damage entries" in said
    assert cli.run(["replay", __file__, str(trace)]) == 0


# -- a field back to an older value --------------------------------------------------------------------------


class Ballot(State):
    vote: int = durable(0, frail=True)
    votes: frozenset[int] = earlier("vote")


class Voting(Node[Ballot]):
    @action
    def vote(self, s: Ballot) -> Ballot:
        guard(s.vote < 3, "there are no more")
        return Ballot(s.vote + 1, frozenset({9}))  # what it says of earlier ones does not count


def ballots(*properties: Property, disk: int = 1) -> Model:
    """Votes that go up, on disks that may go back."""
    around = Environment(network="set", crash=1, restart=1, disk=disk)
    return Model(Voting(), properties, nodes=node_ids(2), environment=around)


@pytest.mark.parametrize("symmetry", [True, False])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_older_value_comes_back(engine: str, symmetry: bool) -> None:
    """Any of those that there were, and the default."""

    def back(of: Ballot) -> bool:
        return of.vote == 2 and 3 in of.votes

    def all_up_to_the_last(s: Ballot) -> bool:
        had = s.votes | {s.vote}
        return had == set(range(max(had) + 1))

    found = [
        sometimes("to the middle", each(Ballot, back)),
        always("what there was", each(Ballot, lambda s: s.votes <= {0, 1, 2, 3} - {s.vote})),
        always("all of it", each(Ballot, all_up_to_the_last)),
    ]
    report = check(ballots(*found), engine=engine, symmetry=symmetry)
    assert [result.verdict for result in report.results] == [Verdict.PROVED] * 3
    trace = report["to the middle"].trace
    assert trace is not None
    assert [step.event.name for step in trace.steps] == ["vote"] * 3 + ["crash", "damage"]


def test_nothing_is_remembered_where_nothing_is_damaged() -> None:
    nothing = always("nothing", each(Ballot, lambda s: s.votes in (frozenset(), {9})))
    assert check(ballots(nothing, disk=0)).verdict is Verdict.PROVED


def test_the_oracle_remembers_the_same() -> None:
    true = always("true", each(Ballot, lambda s: True))
    up = step("up", change(Ballot, lambda a, b: b.vote >= a.vote))
    assert compare(Case(ballots(true, up), None), cap=3000) == "proved refuted"


def test_induction_has_older_values() -> None:
    kept = inductive("kept", each(Ballot, lambda s: s.votes <= {0, 1, 2, 3}))
    true = always("true", each(Ballot, lambda s: True))
    [found] = induct(replace(ballots(true), inductive=[kept]))
    assert found.verdict is YES


def test_earlier_values_are_of_a_frail_field() -> None:
    class Wrong(State):
        vote: int = durable(0)
        sure: int = durable(0, frail=True)
        votes: frozenset[int] = earlier("vote")

    class Erring(Node[Wrong]):
        @action
        def go(self, s: Wrong) -> Wrong:
            return s

    model = Model(Erring(), [always("true", each(Wrong, lambda s: True))], nodes=node_ids(2))
    with pytest.raises(
        DefinitionError, match=r"Wrong.votes has the earlier values of 'vote', which is no field"
    ):
        check(model)
