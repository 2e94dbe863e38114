"""What every engine must do. A test module subclasses the contract and names its engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elcheck import (
    Bound,
    Environment,
    Event,
    Model,
    Monitor,
    Node,
    NodeView,
    Step,
    Steps,
    action,
    always,
    always_possible,
    each,
    guard,
    history,
    never,
    node_ids,
    node_views,
    sometimes,
    view,
)
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.process.limits import Limits
from elcheck.checker.zoo.cases import Case
from tests.search.contract_ends import EndContract
from tests.search.contract_steps import StepContract
from tests.search.engine_contract import at, below
from tests.support.cases import CASES, parameter, require_as_pinned
from tests.support.models import Counter, Counting


class Contract(StepContract, EndContract):
    """The verdicts, counts and traces of one engine."""

    @pytest.mark.parametrize("case", [parameter(case) for case in CASES])
    def test_counts(self, case: Case) -> None:
        """Counts and verdicts are those that are pinned, and every trace replays."""
        require_as_pinned(case, self.check(case.build(), case.limits))

    def test_two_runs_are_alike(self) -> None:
        case = next(c for c in CASES if c.model == "raft_election" and c.pinned["distinct"] == 1380)
        model = case.build()
        first, second = self.check(model), self.check(model)
        assert list(first.search.codes) == list(second.search.codes)
        assert [r.trace for r in first.results] == [r.trace for r in second.results]

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

    def test_replay_meets_only_what_the_search_met(self) -> None:
        """Nothing may crash, so that at_crash and recover, which raise, are nobody's business."""

        class Fragile(Counting):
            def at_crash(self, before: Counter) -> Counter:
                raise RuntimeError("no crash was asked for")

            def recover(self, durable: Counter) -> Counter:
                raise RuntimeError("no restart was asked for")

        report = self.check(Fragile(3).model(always("small", below(2))))
        assert report.exit_code == EXIT["refuted"]

    def test_counters_do_not_overflow(self) -> None:
        """Python's integers have no width, and neither have the states'."""
        report = self.check(Counting(2**70 + 3, start_at=2**70).model(always("large", each(Counter, large))))
        assert report.stats.distinct == 4
        assert report.verdict is Verdict.PROVED


def large(s: Counter) -> bool:
    return s.value >= 2**70
