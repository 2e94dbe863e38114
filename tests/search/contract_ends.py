"""What every engine must do where a search ends early: at an error of the model, at a limit."""

from __future__ import annotations

from elcheck import (
    Model,
    Node,
    Step,
    Steps,
    action,
    always,
    always_possible,
    each,
    guard,
    node_ids,
    sometimes,
)
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.process.limits import Limits
from tests.search.engine_contract import EngineContract, at, below
from tests.support.models import Counter, Counting


class EndContract(EngineContract):
    """Errors and limits."""

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

    def test_a_possibility_that_raises_is_a_finding(self) -> None:
        def fails(s: Counter) -> bool:
            return 6 // (3 - s.value) > 100

        report = self.check(Counting(9).model(always_possible("fails", each(Counter, fails))))
        assert report.exit_code == EXIT["error"]
        error = report.results[-1].trace
        assert error is not None
        assert len(error.steps) == 3

    def test_a_guard_after_a_yield_is_an_error(self) -> None:
        @action
        def late(self: Counting, s: Counter) -> Steps[Counter]:
            yield Step(Counter(s.value + 1))
            guard(s.value < 2, "too late")

        program = type("Late", (Counting,), {"increment": late, "__module__": __name__})
        report = self.check(program(9).model(always("small", below(99))))
        assert "guard after a yield" in report.results[-1].detail
        assert report.exit_code == EXIT["error"]

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

    def test_many_initial_states_stop_at_the_limit(self) -> None:
        class Many(Counting):
            def start(self) -> Steps[Counter]:
                for value in range(1000):
                    yield Step(Counter(value))

        report = self.check(Many(3).model(always("small", below(5000))), Limits(max_states=10))
        assert (report.stats.distinct, report.exit_code) == (10, EXIT["undetermined"])

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
