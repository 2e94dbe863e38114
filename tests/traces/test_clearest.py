"""The clearest of the shortest traces, against all of them listed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, reject

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Spec,
    State,
    Step,
    action,
    all_nodes,
    always,
    always_eventually,
    always_possible,
    change,
    each,
    eventually,
    guard,
    holds,
    node_ids,
    node_views,
    receive,
    sometimes,
    step,
    timeout,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model as AnyModel
from elcheck.checker.model.property import Property
from elcheck.checker.model.state import Event, GlobalState, NodeView
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.judge import Finding, arguments_of
from elcheck.checker.system.views import view_of
from elcheck.checker.traces import clearest as clearest_module
from elcheck.checker.traces.clearest import Clearest, Shortest, whose
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.engines import engines_of
from tests.support.examples import examples

Steps_ = tuple[tuple[Event, GlobalState], ...]
Path = tuple[GlobalState, Steps_]
TOO_MANY = 20_000


def all_paths(model: AnyModel, length: int) -> list[Path]:
    """Every behaviour of so many steps, each once. Raises OverflowError beyond TOO_MANY."""
    interpreter = Interpreter(model)
    found: list[Path] = [(initial, ()) for initial in dict.fromkeys(interpreter.initial())]
    steps: dict[GlobalState, list[tuple[Event, GlobalState]]] = {}
    for _ in range(length):
        longer: list[Path] = []
        for initial, taken in found:
            last = taken[-1][1] if taken else initial
            if last not in steps:
                steps[last] = list(dict.fromkeys(interpreter.steps(last)))
            longer += [(initial, (*taken, one)) for one in steps[last]]
            if len(longer) > TOO_MANY:
                raise OverflowError
        found = longer
    return found


def decides(model: AnyModel, claim: Property, path: Path) -> bool:
    """Whether the end of a behaviour decides a claim."""
    states = [path[0], *(state for _, state in path[1])]
    if claim.kind == "possible":
        return not any(meets(model, claim, state) for state in reachable(model, states[-1]))
    if claim.kind == "step":
        return len(states) > 1 and not keeps(claim, states[-2], states[-1])
    if claim.kind == "sometimes":
        return meets(model, claim, states[-1])
    answers = [claim.scope.ask(*args) for args in arguments(model, claim, states[-1])]
    wrong = claim.kind == "never"
    return any(isinstance(answer, str) or answer is wrong for answer in answers)


def meets(model: AnyModel, claim: Property, state: GlobalState) -> bool:
    return any(claim.scope.ask(*args) is True for args in arguments(model, claim, state))


def reachable(model: AnyModel, state: GlobalState) -> Iterator[GlobalState]:
    """A state and all that it leads to."""
    interpreter, found, fresh = Interpreter(model), {state}, [state]
    while fresh:
        yield (here := fresh.pop())
        after = {succ for _, succ in interpreter.steps(here)} - found
        found |= after
        fresh += after


def views(claim: Property, state: GlobalState) -> list[NodeView[object]]:
    seen = (view_of(claim.scope, view) for view in state.nodes)
    return [view for view in seen if view is not None]


def arguments(model: AnyModel, claim: Property, state: GlobalState) -> Iterator[tuple[object, ...]]:
    if claim.scope.kind == "whole":
        return iter([(state,)])
    if claim.scope.kind == "shared":
        return iter([(state.shared,)])
    if claim.scope.kind == "history":
        return iter([(state.history[model.place_of(claim.scope.monitor)],)])
    return arguments_of(claim.scope, tuple(views(claim, state)))


def keeps(claim: Property, before: GlobalState, after: GlobalState) -> bool:
    if not before.nodes:
        return claim.scope.check(before.shared, after.shared) is True
    olds, news = views(claim, before), views(claim, after)
    if claim.scope.kind == "changes":
        return olds == news or claim.scope.ask(tuple(olds), tuple(news)) is True
    both = [(old, new) for old in olds for new in news if old.node == new.node and old != new]
    return all(claim.scope.ask(old, new) is True for old, new in both)


def switches(events: list[Event]) -> int:
    return sum(whose(a) != whose(b) for a, b in pairwise(events))


def sent(path: Path) -> int:
    """Messages that appear in a network that keeps all of them (no node is down)."""
    states = [path[0], *(state for _, state in path[1])]
    return sum(len(set(b.network) - set(a.network)) for a, b in pairwise(states))


def compare(report: CheckReport, limit: int | None, *, messages: bool = False) -> int:
    """Hold every trace against all that are as long; return how many were."""
    held = 0
    claims: dict[tuple[str, str], Property] = {(c.kind, c.name): c for c in report.model.properties}
    for result in report.results:
        claim = claims.get((result.kind, result.name))
        if result.trace is None or result.shortest is None or claim is None:
            continue
        if claim.kind == "possible" and not report.stats.exhaustive:
            continue  # what lies beyond the limit may be reached from other states too
        length = len(result.trace.steps)
        if claim.kind == "step" and limit is not None and length > limit:
            continue  # of the steps beyond the limit those are judged that lead back
        ends = [path for path in all_paths(report.model, length) if decides(report.model, claim, path)]
        assert len(ends) == result.shortest
        mine = (result.trace.initial, tuple((s.event, s.state) for s in result.trace.steps))
        assert mine in ends
        costs = [cost(path, messages=messages) for path in ends]
        assert cost(mine, messages=messages) == min(costs)
        held += 1
    return held


def cost(path: Path, *, messages: bool) -> tuple[int, int]:
    return switches([event for event, _ in path[1]]), sent(path) if messages else 0


@examples(60)
@given(sound_models())
def test_random_models(case: Case) -> None:
    compare_random(case)


@examples(30)
@given(sound_specs())
def test_random_models_of_shared_state(case: Case) -> None:
    compare_random(case)


def compare_random(case: Case) -> None:
    for engine in engines_of(case.model):
        try:
            report = check(finite(case.model), Limits(depth=4), engine=engine)
            compare(report, 4)
        except (DefinitionError, OverflowError):
            reject()


def built(name: str, **parameters: object) -> AnyModel:
    return finite(load(name)(**parameters))


def finite(model: AnyModel) -> AnyModel:
    """A model with the claims that a state, a step or the graph decides, but no liveness."""
    claims = [c for c in model.properties if c.kind != "liveness"]
    return replace(model, properties=claims)


@pytest.mark.parametrize(
    ("model", "depth"),
    [
        (built("raft", bug="half-quorum", nodes=2), 4),
        (built("raft_election", nodes=3, terms=1), 6),
        (built("bully", bug="false-suspicion"), 2),
        (built("die_hard"), 6),
        (built("two_phase_commit", bug="eager-commit"), 5),
    ],
)
def test_bundled_models(model: AnyModel, depth: int) -> None:
    for engine in engines_of(model):
        report = check(model, Limits(depth=depth), engine=engine)
        assert compare(report, depth, messages=model.environment.network == "sent-set") >= 1


@pytest.mark.parametrize(
    ("name", "bug"),
    [("raft", "forget-vote"), ("lease", "no-fencing"), ("zab", "own-epoch"), ("bully", "hasty")],
)
def test_both_engines_show_the_same(name: str, bug: str) -> None:
    model = built(name, bug=bug)
    plain, fast = (check(model, Limits(first=True), engine=e) for e in ("plain", "fast"))
    assert [(r.trace, r.shortest, r.detail) for r in plain.results] == [
        (r.trace, r.shortest, r.detail) for r in fast.results
    ]


# -- which is clearest -------------------------------------------------------------------------------------


class Count(State):
    """How often a node has done what."""

    quiet: int = 0
    loud: int = 0


class Counted(Message):
    """It was done aloud."""


class Counter(Node[Count]):
    """Counts, with or without telling the others."""

    @action
    def shout(self, s: Count) -> Step[Count]:
        return Step(replace(s, loud=s.loud + 1), self.broadcast(Counted()))

    @action
    def whisper(self, s: Count) -> Count:
        return replace(s, quiet=s.quiet + 1)

    @receive
    def heard(self, s: Count, src: NodeId, msg: Counted) -> Count:
        return s


def two_each(states: Sequence[Count]) -> bool | str:
    counts = [s.quiet + s.loud for s in states]
    return "both have counted to two" if counts == [2, 2] else True


def two_of_one(states: Sequence[Count]) -> bool:
    return any(s.quiet + s.loud == 2 for s in states)


def counting(claim: Property) -> Model:
    return Model(Counter(), [claim], Environment(network="bag"), nodes=node_ids(2))


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_fewest_switches_then_fewest_messages(engine: str) -> None:
    report = check(counting(always("low", all_nodes(Count, two_each))), Limits(first=True), engine=engine)
    result = report.results[0]
    assert result.trace is not None
    steps = [(str(s.event.node), s.event.name) for s in result.trace.steps]
    assert steps == [("n1", "whisper")] * 2 + [("n2", "whisper")] * 2
    assert result.shortest == 6 * 2**4  # orders of the four steps, and what each of them is


def test_a_witness_is_made_clearest_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    found = Shortest.clearest

    def clearest(self: Shortest, number: int, finding: Finding) -> Clearest | None:
        looked.append(number)
        return found(self, number, finding)

    monkeypatch.setattr(Shortest, "clearest", clearest)

    result = check(counting(sometimes("two", all_nodes(Count, two_of_one)))).results[0]
    assert (result.verdict, result.detail, looked) == (Verdict.PROVED, "reached in 2 steps", [])
    assert result.trace is not None
    assert len({step.event.node for step in result.trace.steps}) == 1
    assert (result.shortest, looked) == (2 * 2**2, [0])


def test_what_is_said_is_of_the_trace_that_is_shown() -> None:
    """The steps that break a claim at the least depth are several; the words are of the one shown."""

    def kept(before: NodeView[Count], after: NodeView[Count]) -> bool | str:
        moved = after.state.quiet + after.state.loud
        return f"{after.node} {after.state}" if moved == 2 else True

    report = check(counting(step("at most one", change(node_views(Count), kept))), Limits(first=True))
    result = report.results[0]
    assert result.shortest == 2 * 2**2
    assert result.detail == "n1 Count(quiet=2, loud=0)"


def test_nothing_is_said_of_what_the_search_did_not_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    model = counting(always("low", all_nodes(Count, two_each)))
    stopped = check(model, Limits(max_states=100_000, first=True)).results[0]
    assert stopped.shortest == 96
    assert stopped.trace is not None
    monkeypatch.setattr(clearest_module, "CAP", 10)
    capped = check(model, Limits(first=True)).results[0]
    assert capped.shortest is None
    assert capped.trace is not None
    assert len(capped.trace.steps) == len(stopped.trace.steps)


def test_a_level_that_is_not_whole_is_not_counted() -> None:
    model = counting(always("low", all_nodes(Count, two_each)))
    whole = check(model, Limits(first=True))
    states = whole.stats.distinct
    found = [check(model, Limits(max_states=n)).results[0] for n in range(states // 2, states)]
    assert any(result.trace is not None for result in found)
    assert {result.shortest for result in found} <= {None, 96}
    assert {result.trace is None for result in found if result.shortest} <= {False}


class Turns(State):
    """Whose turns there were."""

    a: int = 0
    b: int = 0


class TakingTurns(Spec[Turns]):
    """Two processes that count."""

    def processes(self) -> Iterable[str]:
        return ("a", "b")

    @action(over=processes)
    def count(self, s: Turns, process: str) -> Turns:
        guard(getattr(s, process) < 2, "it has counted enough")
        return replace(s, **{process: getattr(s, process) + 1})


def turns(*properties: Property) -> CheckReport:
    return check(Model(TakingTurns(), properties, fairness=[weak("count")]))


def one_each(s: Turns) -> bool:
    return (s.a, s.b) == (1, 1)


def uneven(s: Turns) -> bool:
    return s.a != s.b


def a_is_ahead(s: Turns) -> bool:
    return s.a > s.b


def test_of_possibility() -> None:
    """Once somebody has counted to two, they can't both be at one any more: aa and bb are the shortest."""
    report = turns(always_possible("one each", holds(Turns, one_each)))
    [result] = report.results
    assert result.shortest == 2
    assert result.trace is not None
    assert [str(s.event) for s in result.trace.steps] == ["count('a')"] * 2
    assert compare(report, None) == 1


def test_the_way_to_a_loop() -> None:
    """The loop is staying at the end; of the six ways there those with one switch are the clearest."""
    [result] = turns(always_eventually("uneven", holds(Turns, uneven))).results
    assert result.shortest == 6
    assert result.trace is not None
    assert result.trace.loop == len(result.trace.steps) == 4
    assert [str(s.event) for s in result.trace.steps] == ["count('a')"] * 2 + ["count('b')"] * 2


def test_a_way_to_a_loop_that_keeps_the_claim_is_none() -> None:
    """aabb would be clearest, but there a is ahead; nothing is said of how many ways there are."""
    [result] = turns(eventually("a is ahead", holds(Turns, a_is_ahead))).results
    assert result.shortest is None
    assert result.trace is not None
    assert str(result.trace.steps[0].event) == "count('b')"


def test_of_a_spec_the_arguments_say_whose_step_it_is() -> None:
    def low(s: Turns) -> bool:
        return (s.a, s.b) != (2, 2)

    report = check(Model(TakingTurns(), [always("low", holds(Turns, low))]))
    result: Result = report.results[0]
    assert result.trace is not None
    assert [str(s.event) for s in result.trace.steps] == ["count('a')"] * 2 + ["count('b')"] * 2
    assert result.shortest == 6


class Reach(State):
    n: int = 0


class Reaching(Node[Reach]):
    """Counts to two, and then raises."""

    @action
    def count(self, s: Reach) -> Reach:
        guard(s.n < 2, "far enough")
        return Reach(s.n + 1)

    @timeout
    def late(self, s: Reach) -> Reach:
        guard(s.n == 2, "not yet")
        raise ZeroDivisionError


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_handler_that_raises_at_the_depth_of_a_trace(engine: str) -> None:
    """The search for the clearest trace goes over states that the search did not come to."""

    def close(s: Reach) -> bool:
        return s.n < 2

    going_on = always("true", each(Reach, lambda _: True))
    model = Model(Reaching(), [always("close", each(Reach, close)), going_on], nodes=node_ids(3))
    found = check(model, engine=engine)
    assert found.stats.representatives is not None
    assert [(r.kind, r.verdict) for r in found.results] == [
        ("always", Verdict.REFUTED),
        ("always", Verdict.UNDETERMINED),
        ("error", Verdict.REFUTED),
    ]
    assert found.results[0].trace is not None
    assert len(found.results[0].trace.steps) == 2
