"""Refinement against the enumeration of all steps, on random pairs of small Specs and of models of nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcheck import (
    STRONG,
    WEAK,
    DefinitionError,
    Environment,
    Event,
    Message,
    Model,
    Monitor,
    Node,
    NodeId,
    NodeView,
    Outcome,
    Property,
    Spec,
    State,
    Step,
    Steps,
    action,
    all_nodes,
    guard,
    history,
    holds,
    node_ids,
    receive,
    refines,
    refines_fairly,
    weak,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.traces.trace import replay
from tests.support.examples import examples

Edges = tuple[tuple[int, int], ...]


class At(State):
    """A place in a graph."""

    n: int = 0


class Above(State):
    """A place in the graph above it."""

    n: int = 0


class Small(Spec[At]):
    edges: Edges
    starts: tuple[int, ...]

    def start(self) -> Steps[At]:
        yield from (Step(At(n)) for n in self.starts)

    @action
    def go(self, s: At) -> Steps[At]:
        yield from (Step(At(target)) for source, target in self.edges if source == s.n)


class Abstract(Spec[Above]):
    edges: Edges
    starts: tuple[int, ...]

    def start(self) -> Steps[Above]:
        yield from (Step(Above(n)) for n in self.starts)

    def place(self) -> Sequence[int]:
        return range(4)

    @action(over=place)
    def go(self, s: Above, target: int) -> Above:
        guard((s.n, target) in self.edges, "there is no such edge")
        return Above(target)


@dataclass(frozen=True)
class Pair:
    """Two graphs, and what each place of the one is in the other."""

    edges: Edges
    starts: tuple[int, ...]
    above: Edges
    starts_above: tuple[int, ...]
    mapping: tuple[int, ...]

    @property
    def abstract(self) -> Abstract:
        """The graph above."""
        return Abstract(self.above, self.starts_above)

    def is_step(self, a: int, b: int) -> bool:
        """Whether a step maps to a step, or to none."""
        before, after = self.mapping[a], self.mapping[b]
        return before == after or (before, after) in self.above

    def broken_after(self) -> int | None:
        """How many steps it takes to what is no refinement: 0 for a start; None if it is one."""
        if any(self.mapping[n] not in self.starts_above for n in self.starts):
            return 0
        seen = level = set(self.starts)
        steps = 0
        while level:
            steps += 1
            here = {edge for edge in self.edges if edge[0] in level}
            if not all(self.is_step(*edge) for edge in here):
                return steps
            level = {target for _, target in here} - seen
            seen = seen | level
        return None


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Graphs of up to five and four places. Some edges above are those that the mapping asks for."""
    place, above = st.integers(0, 4), st.integers(0, 3)
    edges = draw(st.lists(st.tuples(place, place), max_size=7, unique=True))
    mapping = tuple(draw(st.lists(above, min_size=5, max_size=5)))
    starts = tuple(draw(st.lists(place, min_size=1, max_size=2, unique=True)))
    wanted = [(mapping[a], mapping[b]) for a, b in edges]
    kept = [edge for edge in dict.fromkeys(wanted) if draw(st.integers(0, 7)) > 0]
    more = draw(st.lists(st.tuples(above, above), max_size=2))
    starts_above = [mapping[n] for n in starts if draw(st.integers(0, 7)) > 0] or [draw(above)]
    return Pair(tuple(edges), starts, tuple(dict.fromkeys([*kept, *more])), tuple(starts_above), mapping)


def agrees(pair: Pair, model: Model, result: Result, name: str) -> None:
    """The verdict is right, and the trace as short as one can be, and of the model."""
    length = pair.broken_after()
    assert (result.verdict is Verdict.PROVED) is (length is None), name
    if length is not None:
        assert result.verdict is Verdict.REFUTED
        assert result.trace is not None
        assert len(result.trace.steps) == length
        assert result.detail.startswith("the start" if length == 0 else "the last step")
        replay(result.trace, model)


@examples(180)
@given(pairs())
def test_pairs_of_specs(pair: Pair) -> None:
    mapping = holds(At, lambda s: Above(pair.mapping[s.n]))
    model = Model(Small(pair.edges, pair.starts), [refines("refines", pair.abstract, mapping)])
    agrees(pair, model, check(model)["refines"], "a Spec")


# -- of nodes ---------------------------------------------------------------------------------------------


class Sent(Message):
    """What n1 tells n2 of its place."""

    n: int


class Walker(Node[At]):
    """n1 walks the graph, and tells n2, so that there are steps that leave n1 where it is."""

    edges: Edges
    starts: tuple[int, ...]

    def start(self) -> Steps[At]:
        yield from (Step(At(n)) for n in (self.starts if self.me.index == 0 else (0,)))

    @action
    def go(self, s: At) -> Steps[At]:
        guard(self.me.index == 0, "n1 walks")
        for source, target in self.edges:
            if source == s.n:
                yield Step(At(target), self.broadcast(Sent(target)))

    @receive
    def told(self, s: At, src: NodeId, msg: Sent) -> At:
        return At(msg.n)


def _first(nodes: tuple[NodeView[At], ...]) -> int:
    return nodes[0].state.n


def _after(now: int, event: Event, before: NodeView[At], after: NodeView[At]) -> int:
    return after.state.n if after.node.index == 0 else now


def claims(pair: Pair) -> Iterator[tuple[str, Property]]:
    """The same claim, by what a mapping may look at."""

    def above(n: int) -> Above:
        return Above(pair.mapping[n])

    def of_first(nodes: Sequence[At]) -> Above:
        return above(nodes[0].n)

    place: Callable[[int], Above] = above
    walked = Monitor("walked", At, start=_first, after=_after)
    yield "nodes", refines("refines", pair.abstract, all_nodes(At, of_first))
    yield "history", refines("refines", pair.abstract, history(walked, place))


@examples(30)
@given(pairs(), st.sampled_from(["sent-set", "set"]))
def test_pairs_of_models_of_nodes(pair: Pair, network: str) -> None:
    surroundings = Environment(network="set" if network == "set" else "sent-set")
    for looks_at, claim in claims(pair):
        model = Model(Walker(pair.edges, pair.starts), [claim], surroundings, node_ids(2))
        for engine in ("plain", "fast"):
            agrees(pair, model, check(model, engine=engine)["refines"], f"{looks_at}, {engine}")


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_step_that_only_a_monitor_sees_is_looked_at(engine: str) -> None:
    """The local state stays as it is: what is told is new, and the monitor counts it."""

    class Telling(Node[At]):
        @action
        def tell(self, s: At) -> Step[At]:
            return Step(s, self.broadcast(Sent(1)))

    def count(now: int, event: Event, before: NodeView[At], after: NodeView[At]) -> int:
        return min(now + 1, 3)

    told = Monitor("told", At, start=lambda nodes: 0, after=count)
    for edges, verdict in ((((0, 1), (1, 2)), Verdict.PROVED), (((0, 1),), Verdict.REFUTED)):
        claim = refines("refines", Abstract(edges, (0,)), history(told, Above))
        model = Model(Telling(), [claim], nodes=node_ids(2))
        assert check(model, engine=engine)["refines"].verdict is verdict


# -- fairness ----------------------------------------------------------------------------------------------


class AbstractWeak(Abstract):
    @action(over=Abstract.place, fair=WEAK)
    def go(self, s: Above, target: int) -> Outcome[Above]:
        return super().go(s, target)


class AbstractStrong(Abstract):
    @action(over=Abstract.place, fair=STRONG)
    def go(self, s: Above, target: int) -> Outcome[Above]:
        return super().go(s, target)


def reached(pair: Pair) -> set[int]:
    """The places that can be reached."""
    found = set(pair.starts)
    while more := {b for a, b in pair.edges if a in found} - found:
        found |= more
    return found


def loops(pair: Pair) -> Iterator[tuple[set[int], Edges]]:
    """Every set of steps that can be gone round for ever, with its places; a place alone, where one stays."""
    there = reached(pair)
    edges = [edge for edge in pair.edges if edge[0] in there and edge[0] != edge[1]]
    for place in there:
        yield {place}, ()
    for size in range(1, len(edges) + 1):
        for some in combinations(edges, size):
            places = {a for a, _ in some}
            if all(_leads(some, a) == places for a in places):
                yield places, some


def _leads(edges: Edges, place: int) -> set[int]:
    found: set[int] = set()
    fresh = {place}
    while fresh:
        fresh = {b for a, b in edges if a in fresh} - found
        found |= fresh
    return found


def breaks_fairness(pair: Pair, *, fair: bool, strong: bool) -> bool:
    """Whether some fair loop keeps from an abstract step what that is due."""
    goes_on = {a for a, b in pair.edges if a != b}
    for places, edges in loops(pair):
        if fair and not edges and places & goes_on:
            continue
        for target in range(4):
            due = {p for p in places if (pair.mapping[p], target) in pair.above and pair.mapping[p] != target}
            taken = any(a in due and pair.mapping[b] == target for a, b in edges)
            if not taken and (due if strong else due == places):
                return True
    return False


@examples(180)
@given(pairs(), st.booleans(), st.booleans())
def test_fairness(pair: Pair, fair: bool, strong: bool) -> None:
    abstract = (AbstractStrong if strong else AbstractWeak)(pair.above, pair.starts_above)
    mapping = holds(At, lambda s: Above(pair.mapping[s.n]))
    claims = [refines_fairly("fairly", abstract, mapping)]
    model = Model(Small(pair.edges, pair.starts), claims, fairness=[weak("go")] if fair else [])
    result = check(model)["fairly"]
    broken = breaks_fairness(pair, fair=fair, strong=strong)
    assert result.verdict is (Verdict.REFUTED if broken else Verdict.PROVED)


class Alone(Walker):
    """A walker that tells nobody."""

    def go(self, s: At) -> Steps[At]:
        guard(self.me.index == 0, "n1 walks")
        yield from (Step(At(target)) for source, target in self.edges if source == s.n)


@examples(30)
@given(pairs(), st.booleans())
def test_fairness_of_nodes(pair: Pair, strong: bool) -> None:
    """Both engines say the same of a walker as of the Spec."""
    abstract = (AbstractStrong if strong else AbstractWeak)(pair.above, pair.starts_above)
    walked = Monitor("walked", At, start=_first, after=_after)

    def of_first(nodes: Sequence[At]) -> Above:
        return Above(pair.mapping[nodes[0].n])

    claims = [
        refines_fairly("nodes", abstract, all_nodes(At, of_first)),
        refines_fairly("history", abstract, history(walked, lambda n: Above(pair.mapping[n]))),
    ]
    model = Model(Alone(pair.edges, pair.starts), claims, nodes=node_ids(2), fairness=[weak("go")])
    broken = breaks_fairness(pair, fair=True, strong=strong)
    for engine in ("plain", "fast"):
        for result in check(model, engine=engine).results:
            assert result.verdict is (Verdict.REFUTED if broken else Verdict.PROVED), (engine, result.name)


class Choosing(Spec[Above]):
    @action(fair=WEAK)
    def go(self, s: Above) -> Steps[Above]:
        yield Step(Above(s.n + 1), choice={"by": 1})


def test_what_cannot_be_fair() -> None:
    mapping = holds(At, lambda s: Above(s.n))
    with pytest.raises(DefinitionError, match="no action of Abstract is fair"):
        refines_fairly("it", Abstract((), (0,)), mapping)
    report = check(Model(Small(((0, 1),), (0,)), [refines_fairly("it", Choosing(), mapping)]))
    assert "names a choice: use over=" in report.results[-1].detail
