"""A node that is paused: it takes no step, what waits for it waits, its clock runs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from elcheck import (
    UNLIMITED,
    Budget,
    DefinitionError,
    Model,
    NodeView,
    Prepared,
    Property,
    Verdict,
    action,
    all_nodes,
    always,
    change,
    check,
    each,
    ltl,
    node_ids,
    node_views,
    replace,
    sometimes,
    step,
    taken,
    weak,
    whole,
    within,
)
from elcheck.checker import cli
from elcheck.checker.model.budget import AnyBudget
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.process.limits import Limits
from elcheck.checker.strategies.fault_budgets import frontier
from elcheck.checker.strategies.fewest_faults import fewest_faults
from elcheck.specs.election import faults_stop
from tests.model import sleepers
from tests.model.sleepers import Question, Sleeper, Sleeping

ENGINES = ("plain", "fast")
N1, N2 = node_ids(2)


def asleep(ages: bool = False, pause: AnyBudget = 0) -> Model:
    """Two nodes; at the start the first is paused, and a message is under way to it."""
    start = Prepared({N1: Sleeper(), N2: Sleeper()}, [Envelope(N2, N1, Question())], paused=[N1])
    return within(replace(sleepers.model(ages=ages), initial=[start]), pause=pause)


def stays(before: NodeView[Sleeper], after: NodeView[Sleeper]) -> bool:
    """Whether a node that is paused before and after a step only gets older."""
    grown = replace(before.state, age=after.state.age)
    return not (before.paused and after.paused) or after.state == grown


def waits(state: GlobalState) -> bool:
    return state.nodes[0].paused and any(sent.dst == N1 for sent in state.network)


def holds_of(node: int, state: GlobalState) -> Sleeper:
    local = state.nodes[node].state
    assert isinstance(local, Sleeper)
    return local


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_paused_node_does(engine: str) -> None:
    """Nothing but to get older, for which the tick of a paused node sends nothing."""
    claims: list[Property] = [
        step("it stays as it is", change(node_views(Sleeper), stays)),
        sometimes("it gets old", each(node_views(Sleeper), lambda n: n.paused and n.state.age == 2)),
        sometimes("mail waits", whole(waits)),
        sometimes("it goes on", each(node_views(Sleeper), lambda n: n.node == N1 and n.state.heard > 0)),
        always(
            "what ticks send",
            whole(lambda s: not s.nodes[0].paused or holds_of(1, s).heard == 0),
        ),
    ]
    report = check(replace(asleep(ages=True), properties=claims), engine=engine)
    assert [result.verdict for result in report.results] == [Verdict.PROVED] * 5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paused_node_holds_up_nobody(engine: str) -> None:
    """Under sync timing a message that waits for it is no step that a timeout waits for."""
    asks = sometimes("the other asks", each(node_views(Sleeper), lambda n: n.node == N2 and n.state.asked))
    model = within(replace(asleep(), properties=[asks]), timing="sync")
    report = check(model, engine=engine)
    [result] = report.results
    assert result.trace is not None
    assert len(result.trace.steps) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("pause", "most"),
    [(1, 1), (2, 2), (Budget(UNLIMITED, at_once=1), 1), (Budget(UNLIMITED, of=("n1",)), 1), (UNLIMITED, 2)],
)
def test_how_many_at_one_time(engine: str, pause: AnyBudget, most: int) -> None:
    def so_many(n: int) -> Property:
        def are_paused(seen: Sequence[NodeView[Sleeper]]) -> bool:
            return sum(view.paused for view in seen) == n

        return sometimes(f"{n} paused", all_nodes(node_views(Sleeper), are_paused))

    model = within(replace(sleepers.model(), properties=[so_many(1), so_many(2)]), pause=pause)
    for symmetry in (True, False):
        report = check(model, engine=engine, symmetry=symmetry)
        proved = [result.verdict is Verdict.PROVED for result in report.results]
        assert proved == [True, most == 2]


def test_a_crash_ends_no_pause() -> None:
    """A paused node resumes before it crashes, or is paused again."""
    crashed = sometimes("down", each(node_views(Sleeper), lambda n: not n.up))
    model = within(replace(asleep(), properties=[crashed]), crash=Budget(1, of=("n1",)))
    [result] = check(model).results
    assert result.trace is not None
    assert [each.event.name for each in result.trace.steps] == ["resume", "crash"]


def test_fair_where_it_is_asked() -> None:
    """For ever, if nobody says otherwise."""
    claim = sleepers.heard()
    for fairness, verdict in (((weak("*"),), Verdict.REFUTED), ((weak("*"), weak("resume")), Verdict.PROVED)):
        model = within(replace(sleepers.model(), properties=[claim], fairness=fairness), pause=1)
        assert check(model).verdict is verdict


def test_claims_of_its_steps() -> None:
    model = within(sleepers.model(), pause=2)
    claims = [
        ltl("nobody is paused", always(~taken("pause"))),
        ltl("n2 is not resumed", always(~taken("resume", N2))),
        ltl("they stop", faults_stop()),
    ]
    verdicts = [result.verdict for result in check(replace(model, properties=claims)).results]
    assert verdicts == [Verdict.REFUTED, Verdict.REFUTED, Verdict.PROVED]


def test_it_is_counted_and_minimised() -> None:
    paused = always("nobody sleeps", each(node_views(Sleeper), lambda n: not n.paused))
    model = within(replace(sleepers.model(), properties=[paused]), pause=2, crash=1)
    [row] = frontier(model).rows
    [minimum] = row.minima
    assert {kind: budget for kind, budget in minimum.budgets.items() if budget} == {"pause": 1}
    [result] = fewest_faults(check(model), Limits()).results
    assert result.fewest == "1 pause"


def test_what_can_not_be_meant() -> None:
    start = Prepared({N1: Sleeper(), N2: Sleeper()}, down=[N1], paused=[N1])
    with pytest.raises(DefinitionError, match="n1 is down and paused"):
        check(replace(sleepers.model(), initial=[start]))
    with pytest.raises(DefinitionError, match=r"in Prepared\(paused=...\), 'n9' is no node"):
        check(replace(sleepers.model(), initial=[replace(start, down=(), paused=["n9"])]))  # type: ignore[list-item]  # that is the mistake

    class Stopping(Sleeping):
        @action
        def pause(self, s: Sleeper) -> Sleeper:
            return s

    with pytest.raises(DefinitionError, match="is called like a fault"):
        check(replace(sleepers.model(), program=Stopping()))


MODEL = str(Path(sleepers.__file__))


@pytest.mark.parametrize("ending", ["itf.json", "tlc.json", "json"])
def test_on_the_command_line(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace with a pause is shown, written, and read again."""
    trace = tmp_path / f"trace.{ending}"
    asked = [MODEL, "--ages", "--pause", "n1:1", "--minimise", "faults"]
    if ending == "json":
        assert cli.run([*asked, "--format", "json"]) == 12
        trace.write_text(capsys.readouterr().out, encoding="utf-8")
    else:
        assert cli.run([*asked, "--export", str(trace)]) == 12
        capsys.readouterr()
    assert cli.run(["replay", MODEL, str(trace), "--ages", "--pause", "n1:1"]) == 0


def test_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "naps.txt"
    script.write_text("n1 pause\nn2 ask\nn1 resume\nn1 question from n2\n", encoding="utf-8")
    assert cli.run(["replay", MODEL, str(script), "--pause", "1"]) == 0
    said = capsys.readouterr().out
    assert "n1    pause" in said
    assert "paused" in said
    assert "goes on" in said
    script.write_text("n1 pause\nn1 ask\n", encoding="utf-8")
    assert cli.run(["replay", MODEL, str(script), "--pause", "1"]) != 0
    assert "n1 is paused: it has to resume first" in capsys.readouterr().out
