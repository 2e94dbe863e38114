"""Budgets of faults: who may fail, how often each, how many at one time; faults of a model's own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from elcheck import (
    UNLIMITED,
    Budget,
    DefinitionError,
    Environment,
    Message,
    Model,
    Node,
    NodeView,
    Property,
    State,
    Step,
    UsageError,
    Verdict,
    action,
    all_nodes,
    always,
    check,
    each,
    eventually,
    fault,
    guard,
    ltl,
    node_ids,
    node_views,
    replace,
    sometimes,
    taken,
    weak,
    within,
)
from elcheck.checker import cli
from elcheck.checker.model.budget import AnyBudget, written
from elcheck.checker.model.environment import initial_state
from elcheck.checker.process.limits import Limits
from elcheck.checker.strategies.fault_budgets import frontier
from elcheck.checker.strategies.fewest_faults import fewest_faults
from elcheck.specs.election import faults_stop
from tests.faults import fault_as_action

N1, N2, N3 = node_ids(3)
ENGINES = ("plain", "fast")


class Hit(State):
    hits: int = 0


class Told(Message):
    """A word."""


class Target(Node[Hit]):
    @fault(budget="hit")
    def struck(self, s: Hit) -> Hit:
        guard(s.hits < 3, "it has had enough")
        return Hit(s.hits + 1)


def two(s: Hit) -> bool:
    return s.hits == 2


def targets(budget: AnyBudget) -> Model:
    """Three nodes that are hit."""
    return Model(
        Target(),
        [always("true", each(Hit, lambda s: True)), sometimes("one had two", each(Hit, two))],
        nodes=node_ids(3),
        environment=Environment(network="set", faults={"hit": budget}),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("budget", "states"),
    [
        (0, 1),
        (1, 4),
        (2, 10),
        (Budget(2, of=(N1, N2)), 6),
        (Budget(2, each=1), 7),
        (Budget(UNLIMITED, each=1), 8),
        (Budget(UNLIMITED, of=(N1, N2), each=2), 9),
        (Budget(UNLIMITED, of=("n3",)), 4),
        (Budget(3, of=()), 1),
    ],
)
def test_who_is_hit(engine: str, budget: AnyBudget, states: int) -> None:
    for symmetry in (True, False):
        report = check(targets(budget), engine=engine, symmetry=symmetry)
        assert report.stats.distinct == states


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("crash", "most"), [(Budget(UNLIMITED, at_once=1), 1), (Budget(UNLIMITED, at_once=2), 2), (UNLIMITED, 3)]
)
def test_down_at_one_time(engine: str, crash: AnyBudget, most: int) -> None:
    model = targets(0)

    def so_many(n: int) -> Property:
        def are_down(seen: Sequence[NodeView[Hit]]) -> bool:
            return sum(not view.up for view in seen) == n

        return sometimes(f"{n} down", all_nodes(node_views(Hit), are_down))

    down = [always("true", each(Hit, lambda s: True)), *map(so_many, (1, 2, 3))]
    model = within(replace(model, properties=down), crash=crash, restart=UNLIMITED)
    report = check(model, engine=engine)
    assert [result.verdict is Verdict.PROVED for result in report.results[1:]] == [
        n <= most for n in (1, 2, 3)
    ]
    assert report.stats.exhaustive


def test_a_budget_of_one_node_tells_it_from_the_others() -> None:
    """And a search without it finds the same."""
    model = targets(Budget(2, of=(N1,)))
    report = check(model)
    assert any("the budget of hit tells n1 and n2 apart" in note for note in report.reductions)
    assert check(targets(Budget(2, each=1))).stats.representatives == 3  # nobody, one or two of them


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("2", 2),
        ("unlimited", UNLIMITED),
        ("n1,n2:1", Budget(1, ("n1", "n2"))),
        ("n1:unlimited,each=2", Budget(UNLIMITED, ("n1",), 2)),
        ("3,each=1,at-once=2", Budget(3, None, 1, 2)),
        ("n1:0", 0),
        ("-1", None),
        ("n1:", None),
        ("1,once=2", None),
    ],
)
def test_as_they_are_written(text: str, budget: AnyBudget | None) -> None:
    assert written(text) == budget
    if isinstance(budget, Budget):
        assert str(budget) == text


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        (Environment(crash=Budget(1, of="n1")), "of= takes several nodes"),
        (Environment(crash=Budget(1, each=0)), "each= is 1, 2"),
        (Environment(crash=Budget(-1, each=1)), "a budget is 0, 1, 2"),
        (Environment(partition=Budget(1, each=1)), "a partition is of no node"),
        (Environment(network="bag", loss=Budget(1, at_once=1)), "at-once limits these alone"),
        (Environment(network="fifo", disconnect=Budget(1, of=(N1,))), "a link has two ends"),
        (Environment(faults={"hit": -1}), "a budget is 0, 1, 2"),
        (Environment(faults={"hot": 1}), "did you mean 'hit'"),
        (Environment(faults={"xyz": 1}), "the budgets are hit"),
        (Environment(faults={"hit": Budget(1, of=("n7",))}), "--fault hit=n7:1: there is no node n7"),
        (Environment(faults={"hit": Budget(1, at_once=1)}), "--fault hit=1,at-once=1: only crashes and"),
        (Environment(crash=Budget(1, of=("n7",))), "there is no node n7; there are n1, n2, n3"),
    ],
)
def test_budgets_without_meaning(environment: Environment, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check(replace(targets(0), environment=environment))


def test_names_of_budgets() -> None:
    class Lossy(Node[Hit]):
        @fault(budget="loss")
        def lose_it(self, s: Hit) -> Hit:
            return s

    class Spaced(Node[Hit]):
        @fault(budget="a = b")
        def odd(self, s: Hit) -> Hit:
            return s

    class Splitting(Node[Hit]):
        @fault
        def shout(self, s: Hit) -> Step[Hit]:
            return Step(s, self.broadcast(Told(), split=True))

    properties = [always("true", each(Hit, lambda s: True))]
    for program, why in ((Lossy(), "of a fault of the world"), (Spaced(), "a name is letters")):
        with pytest.raises(DefinitionError, match=why):
            check(Model(program, properties, nodes=node_ids(1)))
    shouting = Environment(faults={"shout": 1})
    report = check(Model(Splitting(), properties, nodes=node_ids(2), environment=shouting))
    assert "splits the sends of a fault" in report.results[-1].detail


def test_what_is_left() -> None:
    """A restart gives back what limits crashes at one time, and nothing else."""
    environment = Environment(network="set", crash=Budget(3, each=2, at_once=1), restart=1)
    state = initial_state(environment, node_ids(3))
    crashed = state.spend("crash", N1)
    assert crashed is not None
    assert not crashed.may("crash", N2)
    restarted = crashed.spend("restart", N1)
    assert restarted is not None
    assert dict(restarted.counted({"crash"})) == {
        "crash": 2,
        "crash of n1": 1,
        "crash of n2": 2,
        "crash of n3": 2,
        "crash at once": 1,
    }


# ---- faults of a model's own


@pytest.mark.parametrize("engine", ENGINES)
def test_a_fault_holds_up_no_timer(engine: str) -> None:
    """An action does, for ever, as docs/semantics.md has it of sync."""
    assert check(fault_as_action.model(), engine=engine).verdict is Verdict.PROVED
    assert check(fault_as_action.model(by="action"), engine=engine).verdict is Verdict.REFUTED


def test_a_fault_is_held_up_by_none() -> None:
    """Not even by an action that never ends."""

    class Spinning(Target):
        @action
        def spin(self, s: Hit) -> Step[Hit]:
            return Step(Hit((s.hits + 1) % 2))

    model = replace(targets(1), program=Spinning(), nodes=node_ids(1))
    report = check(within(model, timing="sync"))
    assert report["one had two"].verdict is Verdict.PROVED


def test_fair_where_it_is_asked() -> None:
    claim = eventually("hit", each(Hit, lambda s: s.hits > 0))

    class Resting(Target):
        @action
        def rest(self, s: Hit) -> Hit:
            guard(s.hits > 0, "it was never hit")
            return Hit(0)

    model = replace(targets(1), program=Resting(), nodes=node_ids(1), properties=[claim])
    for fairness, verdict in (
        ((), Verdict.REFUTED),
        ((weak("*"),), Verdict.REFUTED),
        ((weak("struck"),), Verdict.PROVED),
        ((weak("fault"),), Verdict.PROVED),
    ):
        assert check(replace(model, fairness=fairness)).verdict is verdict


def test_claims_of_its_steps() -> None:
    model = replace(targets(1), properties=[ltl("no hit", always(~taken("struck")))])
    assert check(model).verdict is Verdict.REFUTED
    assert check(within(model, faults={"hit": 0})).verdict is not Verdict.REFUTED
    stopping = ltl("they stop", faults_stop())
    assert check(replace(model, properties=[stopping])).verdict is Verdict.PROVED


def test_it_is_no_way_out_of_a_deadlock() -> None:
    report = check(replace(targets(1), deadlock=True))
    assert report["no deadlock"].verdict is Verdict.REFUTED


def test_it_is_counted_and_minimised() -> None:
    claim = always("never two", each(Hit, lambda s: s.hits < 2))
    model = replace(targets(3), properties=[claim])
    model = within(model, crash=1)
    [row] = frontier(model).rows
    [minimum] = row.minima
    assert {kind: budget for kind, budget in minimum.budgets.items() if budget} == {"hit": 2}
    [result] = fewest_faults(check(model), Limits()).results
    assert result.fewest == "2 hit"


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(fault_as_action.__file__)
    assert cli.run([file, "--fault", "deafness=0", "--verbose"]) == 0
    said = capsys.readouterr().out
    assert "ByFault.go_deaf is switched off: a fault, and its budget is 0 (--fault deafness=1)" in said
    assert cli.run([file, "--fault", "deafnes=1"]) == 2
    assert "did you mean 'deafness'?" in capsys.readouterr().err
    assert cli.run([file, "--fault", "deafness"]) == 2
    assert "write --fault NAME=1" in capsys.readouterr().err
