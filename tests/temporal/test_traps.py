"""Cases that liveness checkers get wrong, each by its name; what other checkers do is in its docstring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from elcheck import (
    STRONG,
    WEAK,
    Bound,
    Environment,
    Fair,
    Formula,
    Message,
    Model,
    Node,
    NodeId,
    Property,
    Scope,
    Spec,
    State,
    Step,
    action,
    always,
    always_eventually,
    always_possible,
    each,
    eventually,
    eventually_always,
    guard,
    holds,
    ltl,
    node_ids,
    node_views,
    receive,
    some,
    strong,
    taken,
    timeout,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.process.limits import Limits


@pytest.fixture(params=["plain", "fast"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine."""
    return str(request.param)


def verdict(report: CheckReport, name: str | None = None) -> Verdict:
    """Of the only property, or of that of a name."""
    return result(report, name).verdict


def result(report: CheckReport, name: str | None = None) -> Result:
    """The only result, or that of a name."""
    [found] = [r for r in report.results if name in (None, r.name)]
    return found


def loop_of(report: CheckReport) -> list[str]:
    """The names of the steps in the loop of the only lasso."""
    [trace] = [r.trace for r in report.results if r.trace is not None]
    assert trace.loop is not None
    return [step.event.name for step in trace.steps[trace.loop :]]


# -- 1 ------------------------------------------------------------------------------------------------------


class Reign(State):
    """Who leads, and how often somebody was elected."""

    leaders: frozenset[str] = frozenset()
    term: int = 0


class Reigns(Spec[Reign]):
    """Two may be elected, and all may go down."""

    def names(self) -> Iterable[str]:
        return ("n1", "n2")

    @action(over=names)
    def elect(self, s: Reign, name: str) -> Reign:
        guard(s.term < 2, "terms have run out")
        return Reign(s.leaders | {name}, s.term + 1)

    @action
    def down(self, s: Reign) -> Reign:
        guard(bool(s.leaders), "nobody leads")
        return Reign(frozenset(), s.term)


def reigns(*bounds: Bound) -> Model:
    """Weak fairness of the whole next-step relation."""

    def led(s: Reign) -> bool:
        return bool(s.leaders)

    claim = always_eventually("somebody leads again and again", holds(Reign, led))
    return Model(Reigns(), [claim], bounds=bounds, fairness=[weak("elect", "down", per="group")])


def test_a_constraint_does_not_make_liveness_vacuous() -> None:
    """TLC, issue 839: with the constraint it keeps one state and reports success."""
    free = check(reigns())
    assert verdict(free) is Verdict.REFUTED
    assert free.exit_code == EXIT["liveness"]
    bound = check(reigns(Bound("term", Reign, lambda s: s.term < 1)))
    assert verdict(bound) is Verdict.UNDETERMINED
    assert "term" in result(bound).detail


# -- 2 ------------------------------------------------------------------------------------------------------


class Written(State):
    """A byte, and which of two processes have ended."""

    n: int = 0
    p_ended: bool = False
    q_ended: bool = False


class TwoWriters(Spec[Written]):
    """P writes 1 and ends, Q writes 2 and ends."""

    @action(fair=WEAK)
    def p(self, s: Written) -> Written:
        guard(not s.p_ended, "P has ended")
        return replace(s, n=1, p_ended=True)

    @action(fair=WEAK)
    def q(self, s: Written) -> Written:
        guard(not s.q_ended, "Q has ended")
        return replace(s, n=2, q_ended=True)


def test_a_behaviour_in_which_all_have_ended_is_fair() -> None:
    """Spin's -f, issue 38: it misses the run P, Q, which leaves 2 for ever."""

    def one(s: Written) -> bool:
        return s.n == 1

    report = check(Model(TwoWriters(), [eventually_always("1 stays", holds(Written, one))]))
    assert verdict(report) is Verdict.REFUTED
    trace = result(report).trace
    assert trace is not None
    assert [step.event.name for step in trace.steps] == ["p", "q"]
    assert trace.loop == 2


# -- 3 ------------------------------------------------------------------------------------------------------


class At(State):
    """Where a walk is."""

    n: int


class Walk(Spec[At]):
    """A walk along given edges between numbers, from 0; every edge is an action of its own."""

    edges: tuple[tuple[int, int], ...]
    fair: tuple[tuple[int, int], ...] = ()

    def start(self) -> At:
        return At(0)

    def steps(self) -> Iterable[tuple[int, int]]:
        return self.edges

    @action(over=steps)
    def go(self, s: At, edge: tuple[int, int]) -> At:
        guard(s.n == edge[0], "it is elsewhere")
        return At(edge[1])


def walk(*edges: tuple[int, int], claims: list[Property], fair: Fair | None = None) -> CheckReport:
    """A check of a walk."""
    return check(Model(Walk(edges), claims, fairness=[fair] if fair else []))


@pytest.mark.parametrize(
    ("edges", "holds_"),
    [
        ([(0, 1), (1, 0)], False),  # a cycle that never meets it
        ([(0, 9), (9, 1), (0, 1), (1, 2)], False),  # 1 is reached by a path that met it, and by another
        ([(0, 9), (9, 1), (1, 0)], True),
    ],
)
def test_eventually_sees_cycles_and_joins(edges: list[tuple[int, int]], *, holds_: bool) -> None:
    """Stateright's `eventually` is kept per path, and misses both."""
    report = walk(*edges, claims=[eventually("9 is met", _is(9))], fair=weak("go"))
    assert verdict(report) is (Verdict.PROVED if holds_ else Verdict.REFUTED)


# -- 4 ------------------------------------------------------------------------------------------------------


class Count(Spec[At]):
    """A counter from 0 to 10."""

    def start(self) -> At:
        return At(0)

    @action
    def increment(self, s: At) -> At:
        guard(s.n < 10, "it is at its end")
        return At(s.n + 1)


def count(*fairness: Fair) -> Model:
    """It eventually comes to 10."""
    return Model(Count(), [eventually("10", _is(10))], fairness=fairness)


@pytest.mark.parametrize("limits", [Limits(max_states=5), Limits(depth=5)])
def test_the_edge_of_what_was_searched_is_no_dead_end(limits: Limits) -> None:
    """musil 0.36.7 takes the frontier for dead ends, and prints a violation."""
    assert verdict(check(count(weak("increment")), limits)) is Verdict.UNDETERMINED
    assert verdict(check(count(weak("increment")))) is Verdict.PROVED
    assert verdict(check(count(), limits)) is Verdict.REFUTED


# -- 5 ------------------------------------------------------------------------------------------------------


class Toggles(Spec[At]):
    """a leads from 0 to 1 and back, b from 0 to 2 and back, c from 2 to 3."""

    def start(self) -> At:
        return At(0)

    @action(fair=STRONG)
    def a(self, s: At) -> At:
        guard(s.n in (0, 1), "it is elsewhere")
        return At(1 - s.n)

    @action(fair=STRONG)
    def b(self, s: At) -> At:
        guard(s.n in (0, 2), "it is elsewhere")
        return At(2 - s.n)

    @action
    def c(self, s: At) -> At:
        guard(s.n == 2, "it is elsewhere")
        return At(3)


def test_the_lasso_that_is_shown_is_fair() -> None:
    """musil shows the loop a, a, which starves b."""
    claim = ltl("99, if 3 is never met", always(~_is(3)) >> eventually(_is(99)))
    report = check(Model(Toggles(), [claim]))
    assert verdict(report) is Verdict.REFUTED
    assert set(loop_of(report)) == {"a", "b"}
    certificate = result(report).certificate
    assert certificate is not None
    assert {(kept.condition, kept.how) for kept in certificate.kept} == {
        ("strong fairness of a", "taken"),
        ("strong fairness of b", "taken"),
    }


# -- 6 ------------------------------------------------------------------------------------------------------

TOGGLE = ((0, 1), (1, 0), (0, 2), (1, 2))


def test_what_stays_possible_need_not_happen() -> None:
    """minicheck answers the first when asked for the second."""
    claims = [always_possible("2 stays possible", _is(2)), eventually("2 happens", _is(2))]
    toggling = [edge for edge in TOGGLE if edge[1] != 2]
    unfair_ = walk(*TOGGLE, claims=claims, fair=weak("go", per="action"))
    assert verdict(unfair_, "2 stays possible") is Verdict.PROVED
    assert verdict(unfair_, "2 happens") is Verdict.REFUTED
    assert len(loop_of(unfair_)) == len(toggling)
    fair = walk(*TOGGLE, claims=claims, fair=strong("go"))
    assert verdict(fair, "2 happens") is Verdict.PROVED


# -- 7 ------------------------------------------------------------------------------------------------------


def test_every_state_may_stutter() -> None:
    """Without fairness nothing makes a step happen."""
    claim = eventually("1", _is(1))
    still = walk((0, 1), claims=[claim])
    assert verdict(still) is Verdict.REFUTED
    assert loop_of(still) == []
    assert any("stutter" in note for note in still.notes)
    assert verdict(walk((0, 1), claims=[claim], fair=weak("go"))) is Verdict.PROVED


# -- 8 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edges", [[(0, 1)], [(0, 1), (1, 0)], [(0, 0)], [(0, 1), (1, 2), (2, 1)]])
@pytest.mark.parametrize("fair", [None, weak("go"), strong("go")])
def test_contradictory_claims_do_not_both_hold(edges: list[tuple[int, int]], fair: Fair | None) -> None:
    """FizzBee, issue 212: both pass."""
    p = _is(1)
    claims = [eventually_always("p stays", p), eventually_always("not p stays", ~p)]
    report = walk(*edges, claims=claims, fair=fair)
    assert [r.verdict for r in report.results].count(Verdict.PROVED) <= 1


# -- 9 ------------------------------------------------------------------------------------------------------


def test_a_limit_is_no_deadlock() -> None:
    """FizzBee, issue 91: running out of a bound is reported as one."""
    model = replace(count(), deadlock=_is(10))
    for limits in (Limits(depth=3), Limits(max_states=3)):
        found = verdict(check(model, limits), "no deadlock")
        assert found in (Verdict.UNDETERMINED, Verdict.HOLDS)
    bound = replace(model, bounds=[Bound("few", At, lambda s: s.n < 3)])
    assert verdict(check(bound), "no deadlock") is Verdict.HOLDS


# -- 10 -----------------------------------------------------------------------------------------------------


def test_what_is_symmetric_is_told_apart() -> None:
    """TLC, issues 59, 644, 816: with symmetry, the two states of this walk are one, and the claims about each
    of them fall. There is no such reduction here to go wrong.
    """
    claims = [always_eventually(f"{n} again and again", _is(n)) for n in (0, 1)]
    report = walk((0, 1), (1, 0), claims=claims, fair=weak("go"))
    assert report.stats.distinct == 2
    assert [r.verdict for r in report.results] == [Verdict.PROVED, Verdict.PROVED]


# -- 11 -----------------------------------------------------------------------------------------------------


class Heard(State):
    """Whether a node is told again and again, and whether it was told once."""

    told: bool = False


class Word(Message):
    """What is told, in two turns."""

    turn: int


class Teller(Node[Heard]):
    """n1 and n2 play ball for ever; n1 has told n3 something at the start."""

    def start(self) -> Step[Heard]:
        first, second, third = self.nodes
        sends = self.send(second, Word(0)) + self.send(third, Word(0)) if self.me == first else ()
        return Step(Heard(), sends)

    @receive
    def hear(self, s: Heard, src: NodeId, msg: Word) -> Heard | Step[Heard]:
        first, second, third = self.nodes
        if self.me == third:
            return Heard(told=True)
        return Step(s, self.send(second if self.me == first else first, Word(1 - msg.turn)))


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        (weak("hear", per="action"), Verdict.REFUTED),
        (weak("hear", per="node"), Verdict.PROVED),
        (weak("hear", per="link"), Verdict.PROVED),
        (weak("hear"), Verdict.PROVED),
    ],
)
def test_fairness_of_a_delivery_is_of_each_message(engine: str, per: Fair, expected: Verdict) -> None:
    """Fairness of "deliver" as a whole is content with one node that is delivered to for ever."""
    told = eventually("n3 is told", each(node_views(Heard), lambda n: n.node.index != 2 or n.state.told))
    model = Model(Teller(), [told], Environment(network="set"), nodes=node_ids(3), fairness=[per])
    assert verdict(check(model, engine=engine)) is expected


# -- 12 -----------------------------------------------------------------------------------------------------


class Leads(State):
    """Whether a node takes itself for the leader."""

    leads: bool = False


class Alone(Node[Leads]):
    """A node that becomes the leader whenever it is up."""

    @timeout(fair=WEAK)
    def lead(self, s: Leads) -> Leads:
        guard(not s.leads, "it leads")
        return Leads(leads=True)


STABLE = eventually_always("a leader stays", some(each(node_views(Leads), lambda n: n.up and n.state.leads)))


@pytest.mark.parametrize(
    ("fairness", "assume", "expected"),
    [
        ([], [], Verdict.REFUTED),  # it crashes again and again, or stays down
        ([weak("restart")], [], Verdict.REFUTED),  # it crashes again and again
        ([weak("restart")], [eventually(always(~taken("crash")))], Verdict.PROVED),
        ([], [eventually(always(~taken("crash")))], Verdict.REFUTED),  # it stays down
        ([weak("restart")], [eventually(taken("crash")) & always(~taken("crash"))], Verdict.VACUOUS),
    ],
)
def test_once_faults_stop(
    engine: str, fairness: list[Fair], assume: list[Formula], expected: Verdict
) -> None:
    """While crashes are unlimited no leader stays; what is meant is: once they stop. A fault that has to
    happen has to be named.
    """
    endless = Environment(network="set", crash="unlimited", restart="unlimited")
    model = Model(Alone(), [STABLE], endless, nodes=node_ids(1), fairness=fairness, assume=assume)
    assert verdict(check(model, engine=engine)) is expected


def _is(number: int) -> Scope:
    def check_(s: At) -> bool:
        return s.n == number

    return holds(At, check_)
