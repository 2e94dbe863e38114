"""What every engine must do with claims of steps: of changes, of what is enabled, of abstract models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from elcheck import (
    Bound,
    DefinitionError,
    Model,
    Node,
    NodeView,
    Spec,
    State,
    Step,
    action,
    all_nodes,
    always,
    change,
    changes,
    each,
    enabled,
    eventually,
    holds,
    ltl,
    never,
    node_ids,
    node_views,
    refines,
    sometimes,
    step,
    tick,
    weak,
)
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.traces.trace import replay
from tests.search.engine_contract import EngineContract
from tests.support.models import Counter, Counting


class StepContract(EngineContract):
    """Claims of steps."""

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
