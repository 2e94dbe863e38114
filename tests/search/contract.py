"""What every engine must do. A test module subclasses the contract and names its engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from elcheck import (
    Bound,
    DefinitionError,
    Environment,
    Event,
    Model,
    Monitor,
    Node,
    NodeView,
    Scope,
    Spec,
    State,
    Step,
    Steps,
    action,
    all_nodes,
    always,
    always_possible,
    change,
    changes,
    each,
    enabled,
    eventually,
    guard,
    history,
    holds,
    ltl,
    never,
    node_ids,
    node_views,
    refines,
    sometimes,
    step,
    tick,
    view,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.resources import Resources
from elcheck.checker.traces.trace import replay
from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.run import outcome
from tests.support.cases import CASES, parameter
from tests.support.engines import engines_of
from tests.support.models import Counter, Counting


class Contract:
    """The verdicts, counts and traces of one engine."""

    engine: ClassVar[str]
    resources: ClassVar[Resources] = Resources()

    def check(self, model: Model, limits: Limits | None = None) -> CheckReport:
        """A check by the engine under test."""
        if self.engine not in engines_of(model):
            return check(model, limits or Limits())
        return check(model, limits or Limits(), engine=self.engine, resources=self.resources)

    # -- known counts ------------------------------------------------------------------------------

    @pytest.mark.parametrize("case", [parameter(case) for case in CASES])
    def test_counts(self, case: Case) -> None:
        """Counts and verdicts are those that are pinned, and every trace replays."""
        report = self.check(case.build(), case.limits)
        assert outcome(case, report).problems == []
        for result in report.results:
            if result.trace is not None:
                replay(result.trace, report.model)

    # -- verdicts ------------------------------------------------------------------------------------

    def test_proved(self) -> None:
        report = self.check(Counting(3).model(always("small", below(4)), never("five", at(5))))
        assert [r.verdict for r in report.results] == [Verdict.PROVED, Verdict.PROVED]
        assert report.stats.exhaustive
        assert report.exit_code == 0

    def test_refuted_by_a_shortest_trace(self) -> None:
        report = self.check(Counting(9).model(always("small", below(4)), sometimes("end", at(9))))
        first, second = report.results
        assert first.verdict is Verdict.REFUTED
        assert first.trace is not None
        assert len(first.trace.steps) == 4
        assert report.exit_code == EXIT["refuted"]
        assert second.verdict is Verdict.PROVED  # the search goes on until every property is decided
        assert second.trace is not None
        assert len(second.trace.steps) == 9

    def test_never_is_refuted_where_it_holds(self) -> None:
        result = self.check(Counting(9).model(never("five", at(5)))).results[0]
        assert result.verdict is Verdict.REFUTED
        assert result.detail == "holds of n1"

    def test_a_string_says_what_is_wrong(self) -> None:
        def check_(n: NodeView[Counter]) -> bool | str:
            return True if n.state.value < 3 else f"{n.node} is at {n.state.value}"

        result = self.check(Counting(9).model(always("small", each(node_views(Counter), check_)))).results[0]
        assert result.detail == "n1 is at 3"

    def test_holds_within_a_bound(self) -> None:
        bound = Bound("top", Counter, lambda s: s.value <= 5)
        report = self.check(replace(Counting(9).model(always("small", below(7))), bounds=[bound]))
        assert report.verdict is Verdict.HOLDS
        assert report.stats.cut == {"top": 1}
        assert not report.stats.exhaustive
        assert report.exit_code == 0

    def test_initial_states_beyond_a_bound_are_left_out_and_counted(self) -> None:
        class Anywhere(Node[Counter]):
            def start(self) -> Steps[Counter]:
                yield from (Step(Counter(value)) for value in range(4))

            @action
            def up(self, s: Counter) -> Counter:
                guard(s.value < 2, "it is at the top")
                return Counter(s.value + 1)

        claim = always("small", each(Counter, lambda s: s.value <= 2))
        bound = Bound("low", Counter, lambda s: s.value <= 2)
        report = self.check(Model(Anywhere(), [claim], nodes=node_ids(2), bounds=[bound]))
        assert (report.stats.distinct, report.stats.depth) == (9, 0)
        assert report.stats.cut == {"low": 7}
        assert report["small"].verdict is Verdict.HOLDS

    def test_an_initial_state_beyond_a_bound_is_shown_to_no_view(self) -> None:
        def distance(s: Counter) -> int:
            return 6 // (3 - s.value)

        class Anywhere(Counting):
            def start(self) -> Steps[Counter]:
                yield from (Step(Counter(value)) for value in range(4))

        model = Anywhere(2).model(always("near", each(view(Counter, distance), lambda far: far > 0)))
        bound = Bound("low", Counter, lambda s: s.value <= 2)
        assert self.check(replace(model, bounds=[bound])).verdict is Verdict.HOLDS

    def test_vacuous(self) -> None:
        report = self.check(Counting(3).model(sometimes("five", at(5)), always("small", below(9))))
        assert [r.verdict for r in report.results] == [Verdict.VACUOUS, Verdict.PROVED]
        assert report.verdict is Verdict.VACUOUS
        assert report.exit_code == EXIT["vacuous"]

    def test_not_reached_within_bounds_is_undetermined(self) -> None:
        report = self.check(Counting(9).model(sometimes("five", at(5))), Limits(depth=3))
        assert report.results[0].verdict is Verdict.UNDETERMINED
        assert report.exit_code == EXIT["undetermined"]

    def test_possible_from_everywhere(self) -> None:
        claim = always_possible("five", at(5))
        assert self.check(Counting(9, wraps=True).model(claim)).verdict is Verdict.PROVED
        result = self.check(Counting(9).model(claim)).results[0]
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == 6  # the first state from which there is no way to 5
        never_at_all = self.check(Counting(3).model(claim)).results[0]
        assert never_at_all.trace is not None
        assert never_at_all.trace.steps == ()

    def test_what_may_be_possible_across_a_bound_is_undetermined(self) -> None:
        cut = self.check(Counting(9).model(always_possible("five", at(5))), Limits(depth=3))
        assert cut.results[0].verdict is Verdict.UNDETERMINED
        assert "within bounds not possible from 4 states" in cut.results[0].detail
        gone = self.check(Counting(9).model(always_possible("two", at(2))), Limits(depth=4))
        assert gone.results[0].verdict is Verdict.UNDETERMINED  # of what lies across, nothing is known
        back = self.check(Counting(9, wraps=True).model(always_possible("start", at(0))), Limits(depth=9))
        assert back.results[0].verdict is Verdict.PROVED

    def test_possible_holds_within_bounds(self) -> None:
        bound = Bound("top", Counter, lambda s: s.value <= 5)
        claim = always_possible("zero or more", each(Counter, lambda s: s.value >= 0))
        report = self.check(replace(Counting(9).model(claim), bounds=[bound]))
        assert report.verdict is Verdict.HOLDS

    def test_a_possibility_that_raises_is_a_finding(self) -> None:
        def fails(s: Counter) -> bool:
            return 6 // (3 - s.value) > 100

        report = self.check(Counting(9).model(always_possible("fails", each(Counter, fails))))
        assert report.exit_code == EXIT["error"]
        error = report.results[-1].trace
        assert error is not None
        assert len(error.steps) == 3

    def test_a_step_property_sees_old_and_new(self) -> None:
        def by_one(old: Counter, new: Counter) -> bool:
            return new.value == old.value + 1

        growing = step("by one", change(Counter, by_one))
        assert self.check(Counting(4).model(growing)).verdict is Verdict.PROVED
        result = self.check(Counting(4, jump=True).model(growing)).results[0]
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == 3

    def test_a_step_back_to_a_known_state_is_judged(self) -> None:
        """The violating step leads to no new state."""

        def grows(old: Counter, new: Counter) -> bool:
            return new.value > old.value

        result = self.check(Counting(4, wraps=True).model(step("grows", change(Counter, grows)))).results[0]
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == 5

    def test_refinement(self) -> None:
        """A counter that jumps is one that counts by ones and twos; it does not count by ones."""
        mapping = all_nodes(Counter, lambda nodes: Counter(nodes[0].value))
        model = Counting(5, jump=True).model(
            refines("by twos", By(2), mapping),
            refines("by ones", By(1), mapping),
            refines("from one", By(2), all_nodes(Counter, lambda nodes: Counter(nodes[0].value + 1))),
            refines("by halves", By(1), all_nodes(Counter, lambda nodes: Counter(nodes[0].value // 2))),
        )
        found = {result.name: result for result in self.check(model).results}
        assert [r.verdict for r in found.values()] == [
            Verdict.PROVED,
            Verdict.REFUTED,
            Verdict.REFUTED,
            Verdict.PROVED,
        ]
        assert found["by ones"].detail.splitlines() == [
            "the last step maps to no step of By",
            "It maps from",
            "  Counter(value=2)",
            "to",
            "  Counter(value=4)",
            "The nearest steps of By are:",
            "  count(1), which leads to Counter(value=3)",
        ]
        assert found["from one"].detail.splitlines() == [
            "the start maps to no start of By",
            "It maps to",
            "  Counter(value=1)",
            "The nearest starts are:",
            "  Counter(value=0)",
        ]
        for result, steps in (("by ones", 3), ("from one", 0)):
            trace = found[result].trace
            assert trace is not None
            assert len(trace.steps) == steps
            replay(trace, model)

    @pytest.mark.parametrize(
        ("maps", "says"),
        [
            (lambda nodes: 3, "maps to 3: the states of By are of Counter"),
            (lambda nodes: {}[nodes[0]], "has a mapping that raises KeyError"),
            (
                lambda nodes: Counter(nodes[0].value + 7),
                "is about By, of which By.count raises ZeroDivisionError",
            ),
        ],
    )
    def test_a_mapping_that_can_not_be_meant(
        self, maps: Callable[[Sequence[Counter]], Counter], says: str
    ) -> None:
        result = self.check(Counting(5).model(refines("it", By(0), all_nodes(Counter, maps)))).results[-1]
        assert result.kind == "error"
        assert re.match(f"the property 'it' {says}", result.detail)

    def test_sometimes_of_steps(self) -> None:
        def jumps(a: Counter, b: Counter) -> bool:
            return b.value - a.value == 2

        def falls(a: Counter, b: Counter) -> bool:
            return b.value < a.value

        model = Counting(5, jump=True).model(
            sometimes("it jumps", change(Counter, jumps)),
            sometimes("it falls", change(Counter, falls)),
            sometimes("all jump", changes(Counter, lambda a, b: all(map(jumps, a, b)))),
        )
        report = self.check(model)
        assert [r.verdict for r in report.results] == [Verdict.PROVED, Verdict.VACUOUS, Verdict.PROVED]
        assert report["it falls"].detail == "no step satisfies it"
        for name in ("it jumps", "all jump"):
            trace = report[name].trace
            assert trace is not None
            assert [str(step.event) for step in trace.steps] == ["increment"] * 3
            assert trace.states[-1].nodes[0].state == Counter(4)
            replay(trace, model)
        bounded = replace(model, bounds=[Bound("low", Counter, lambda s: s.value < 4)])
        assert self.check(bounded)["it jumps"].verdict is Verdict.UNDETERMINED

    def test_what_is_enabled(self) -> None:
        [n1] = node_ids(1)
        top = each(Counter, lambda s: s.value == 3)
        goes_on = ltl("it goes on", always(enabled("increment", n1) | top))
        model = Counting(3).model(
            always("always", enabled("increment")),
            never("never", enabled("increment", n1)),
            sometimes("sometimes", enabled("action")),
            sometimes("a crash", enabled("crash")),
            goes_on,
            ltl("it stops", always(enabled("*") | ~enabled("increment")) >> eventually(~enabled("action"))),
        )
        model = replace(model, fairness=[weak("increment")])
        report = self.check(model)
        assert [r.verdict for r in report.results] == [
            Verdict.REFUTED,
            Verdict.REFUTED,
            Verdict.PROVED,
            Verdict.VACUOUS,
            Verdict.PROVED,
            Verdict.PROVED,
        ]
        assert [len(r.trace.steps) for r in report.results[:3] if r.trace is not None] == [3, 0, 0]
        cut = replace(model, bounds=[Bound("low", Counter, lambda s: s.value < 2)])
        assert self.check(cut)["always"].verdict is Verdict.HOLDS  # what a bound cuts is enabled
        with pytest.raises(DefinitionError, match="speaks of steps 'decrement'; the handlers are increment"):
            self.check(Counting(3).model(always("it", enabled("decrement"))))

    def test_deadlock(self) -> None:
        stuck = replace(Counting(3).model(always("small", below(9))), deadlock=True)
        report = self.check(stuck)
        assert report.exit_code == EXIT["deadlock"]
        assert report.results[-1].kind == "deadlock"
        ended = replace(stuck, deadlock=each(Counter, lambda s: s.value == 3))
        assert self.check(ended).verdict is Verdict.PROVED

    def test_faults_and_bounds_are_no_deadlock_and_no_way_out(self) -> None:
        model = Counting(3).model(always("small", below(9)))
        bound = Bound("top", Counter, lambda s: s.value <= 2)
        cut = replace(model, bounds=[bound], deadlock=True)
        assert self.check(cut).results[-1].verdict is Verdict.HOLDS  # a cut step is enabled
        crashing = replace(model, environment=Environment(crash=1), deadlock=True)
        assert self.check(crashing).results[-1].verdict is Verdict.REFUTED  # a crash is no way on

    def test_exit_code_of_several(self) -> None:
        """A deadlock comes before a refuted property, that before what is undetermined."""
        model = Counting(3).model(always("small", below(2)), sometimes("five", at(5)))
        assert self.check(model).exit_code == EXIT["refuted"]
        assert self.check(replace(model, deadlock=True)).exit_code == EXIT["deadlock"]

    def test_history_alone_is_judged(self) -> None:
        """The only property looks at a monitor, and no node's view ever changes for it."""

        def start(nodes: tuple[NodeView[Counter], ...]) -> int:
            return 0

        def after(count: int, event: Event, old: NodeView[Counter], new: NodeView[Counter]) -> int:
            return count + 1

        def few(count: int) -> bool:
            return count < 2

        steps = Monitor("steps", Counter, start=start, after=after)
        result = self.check(Counting(3).model(always("few", history(steps, few)))).results[0]
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == 2

    def test_a_change_compares_a_node_with_itself(self) -> None:
        """Two nodes exchange their classes of states in one tick: neither is of either class throughout."""

        class Swap(Node["Counter | Other"]):
            def start(self) -> Counter | Other:
                return Counter(1) if self.me.index == 0 else Other(2)

            @tick
            def exchange(self, s: Counter | Other) -> Step[Counter | Other]:
                return Step(Other(2) if isinstance(s, Counter) else Counter(3))

        def same(old: NodeView[Counter], new: NodeView[Counter]) -> bool:
            return old.node == new.node and old.state.value == new.state.value

        model = Model(Swap(), [step("same", change(node_views(Counter), same))], nodes=node_ids(2))
        assert self.check(model).verdict is Verdict.PROVED

    def test_replay_meets_only_what_the_search_met(self) -> None:
        """Nothing may crash, so that at_crash and recover, which raise, are nobody's business."""

        class Fragile(Counting):
            def at_crash(self, before: Counter) -> Counter:
                raise RuntimeError("no crash was asked for")

            def recover(self, durable: Counter) -> Counter:
                raise RuntimeError("no restart was asked for")

        report = self.check(Fragile(3).model(always("small", below(2))))
        assert report.exit_code == EXIT["refuted"]

    def test_many_initial_states_stop_at_the_limit(self) -> None:
        class Many(Counting):
            def start(self) -> Steps[Counter]:
                for value in range(1000):
                    yield Step(Counter(value))

        report = self.check(Many(3).model(always("small", below(5000))), Limits(max_states=10))
        assert (report.stats.distinct, report.exit_code) == (10, EXIT["undetermined"])

    # -- errors --------------------------------------------------------------------------------------

    def test_a_handler_that_raises_is_a_finding_with_a_trace(self) -> None:
        report = self.check(Counting(9, divides_at=2).model(always("small", below(99))))
        error = report.results[-1]
        assert report.exit_code == EXIT["error"]
        assert error.kind == "error"
        assert "ZeroDivisionError" in error.detail
        assert error.trace is not None
        assert len(error.trace.steps) == 2
        assert report.results[0].verdict is Verdict.UNDETERMINED

    def test_a_handler_that_raises_in_one_of_many_states(self) -> None:
        """The trace leads to the state in which it raises, and not to another of the same depth."""

        class Fragile(Node[Counter]):
            def start(self) -> Steps[Counter]:
                for value in range(40):
                    yield Step(Counter(value))

            @action
            def halve(self, s: Counter) -> Counter:
                return Counter(s.value + 100 // (37 - s.value))

        report = self.check(Model(Fragile(), [always("small", below(9999))], nodes=node_ids(1)))
        error = report.results[-1].trace
        assert error is not None
        assert error.steps == ()
        assert error.initial.nodes[0].state == Counter(37)

    def test_a_property_that_raises_is_a_finding_with_a_trace(self) -> None:
        def fails(s: Counter) -> bool:
            return 6 // (3 - s.value) > 0

        report = self.check(Counting(9).model(always("fails", each(Counter, fails))))
        assert report.exit_code == EXIT["error"]
        error = report.results[-1]
        assert "'fails' raises ZeroDivisionError" in error.detail
        assert error.trace is not None
        assert len(error.trace.steps) == 3

    def test_a_guard_after_a_yield_is_an_error(self) -> None:
        @action
        def late(self: Counting, s: Counter) -> Steps[Counter]:
            yield Step(Counter(s.value + 1))
            guard(s.value < 2, "too late")

        program = type("Late", (Counting,), {"increment": late, "__module__": __name__})
        report = self.check(program(9).model(always("small", below(99))))
        assert "guard after a yield" in report.results[-1].detail
        assert report.exit_code == EXIT["error"]

    def test_counters_do_not_overflow(self) -> None:
        """Python's integers have no width, and neither have the states'."""
        report = self.check(Counting(2**70 + 3, start_at=2**70).model(always("large", each(Counter, large))))
        assert report.stats.distinct == 4
        assert report.verdict is Verdict.PROVED

    # -- limits --------------------------------------------------------------------------------------

    def test_depth_is_a_bound(self) -> None:
        report = self.check(Counting(9).model(always("small", below(99))), Limits(depth=4))
        assert report.stats.distinct == 5
        assert report.stats.transitions == 4
        assert report.stats.cut == {"depth 4": 1}
        assert report.verdict is Verdict.HOLDS

    def test_depth_that_reaches_everything_proves(self) -> None:
        report = self.check(Counting(9).model(always("small", below(99))), Limits(depth=9))
        assert report.stats.exhaustive
        assert report.verdict is Verdict.PROVED

    def test_depth_zero_looks_at_the_initial_states(self) -> None:
        report = self.check(Counting(9).model(always("small", below(0))), Limits(depth=0))
        assert report.results[0].verdict is Verdict.REFUTED
        assert report.stats.distinct == 1

    def test_max_states(self) -> None:
        model = Counting(9).model(always("small", below(99)))
        report = self.check(model, Limits(max_states=5))
        assert report.stats.distinct == 5
        assert str(report.stats.stopped) == "--max-states 5 was reached"
        assert report.exit_code == EXIT["undetermined"]
        assert self.check(model, Limits(max_states=10)).verdict is Verdict.PROVED

    def test_first_stops_at_the_depth_of_the_first_counterexample(self) -> None:
        claims = (always("small", below(3)), sometimes("end", at(9)), always("large", below(99)))
        report = self.check(Counting(9).model(*claims), Limits(first=True))
        assert report.stats.depth == 3
        assert str(report.stats.stopped) == "a property was refuted (--first)"
        undetermined = [Verdict.UNDETERMINED] * 2
        assert [r.verdict for r in report.results] == [Verdict.REFUTED, *undetermined]
        assert self.check(Counting(2).model(*claims[2:]), Limits(first=True)).verdict is Verdict.PROVED
        at_start = self.check(Counting(9).model(always("none", below(0))), Limits(first=True))
        assert (at_start.stats.depth, at_start.exit_code) == (0, EXIT["refuted"])

    def test_timeout_and_memory(self) -> None:
        model = Counting(10**9).model(always("small", below(10**10)))
        for limits in (Limits(timeout=0.05), Limits(max_memory=1)):
            report = self.check(model, limits)
            assert report.exit_code == EXIT["undetermined"]
            assert report.stats.stopped is not None

    # -- traces and order ----------------------------------------------------------------------------

    def test_two_runs_are_alike(self) -> None:
        case = next(c for c in CASES if c.model == "raft_election" and c.pinned["distinct"] == 1380)
        model = case.build()
        first, second = self.check(model), self.check(model)
        assert list(first.search.codes) == list(second.search.codes)
        assert [r.trace for r in first.results] == [r.trace for r in second.results]

    # -- specs over shared state -----------------------------------------------------------------------

    def test_refinement_that_is_refused(self) -> None:
        mapping = all_nodes(Counter, lambda nodes: Counter())
        with pytest.raises(DefinitionError, match="names a Spec second"):
            refines("it", Counting(3), mapping)  # type: ignore[arg-type]  # what is refused
        with pytest.raises(DefinitionError, match=r"takes a mapping .* not each\(\.\.\.\)"):
            refines("it", By(1), each(Counter, lambda s: True))  # type: ignore[misc]  # what is refused
        with pytest.raises(DefinitionError, match="looks at states of class Other, and there are none"):
            self.check(Counting(3).model(refines("it", By(1), all_nodes(Other, lambda nodes: Counter()))))
        with pytest.raises(DefinitionError, match="a Spec has one state"):
            self.check(Model(By(1), [refines("it", By(1), mapping)]))

    def test_spec_bounds_and_steps(self) -> None:
        class Up(Spec[Counter]):
            def start(self) -> Counter:
                return Counter(0)

            def sizes(self) -> Iterable[int]:
                return (1, 2)

            @action(over=sizes)
            def add(self, s: Counter, size: int) -> Counter:
                return Counter(s.value + size)

        def small_steps(old: Counter, new: Counter) -> bool:
            return new.value - old.value < 2

        bound = Bound("top", Counter, lambda s: s.value <= 5)

        def natural(s: Counter) -> bool:
            return s.value >= 0

        claims = [step("by one", change(Counter, small_steps)), always("natural", holds(Counter, natural))]
        report = self.check(Model(Up(), claims, bounds=[bound]))
        assert report.stats.distinct == 6
        assert report.stats.cut == {"top": 2}
        trace = report.results[0].trace
        assert trace is not None
        assert trace.steps[-1].event.args == (("size", 2),)


class By(Spec[Counter]):
    """A counter that counts by up to so many; by none it can't."""

    most: int

    def start(self) -> Counter:
        return Counter(0 if self.most else 7)

    def number(self) -> Iterable[int]:
        return range(1, self.most + 1) if self.most else (1,)

    @action(over=number)
    def count(self, s: Counter, number: int) -> Counter:
        return Counter(s.value + number // min(self.most, 1))


class Other(State):
    value: int = 0


def below(limit: int) -> Scope:
    return each(Counter, lambda s: s.value < limit)


def at(value: int) -> Scope:
    return each(Counter, lambda s: s.value == value)


def large(s: Counter) -> bool:
    return s.value >= 2**70
