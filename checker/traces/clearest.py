"""Among the shortest traces to what decides a property, the one that reads best.

Breadth-first search finds one shortest trace, and which one is chance. Here all of them are looked at: the
traces that end, at the least depth at which the property is decided, in any state (or with any step) that
decides it. They are the paths of an acyclic graph, the steps from each depth to the next that lead to such an
end. Dynamic programming over it, backwards, counts them and finds one with the fewest context switches
(two steps one after the other that are of different nodes), and among those the fewest messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import order
from elcheck.checker.process.watch import EVERY, current, look, optional
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.search import Exploration, Search, has_no_step
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Path, System

CAP = 50_000
"""States up to the depth of a trace beyond which the trace that the search found is shown as it is: looking
at all of these again takes about half a second.
"""

Cost: TypeAlias = tuple[int, int]
"""Context switches, messages sent to other nodes."""
Ahead: TypeAlias = "dict[object, Cost]"
"""For whose the next step is (None: there is none): the least cost from here on."""


class PathEdge(NamedTuple):
    """A step from a state of one depth to one of the next, by their indices."""

    source: int
    target: int
    move: Move


class End(NamedTuple):
    """Where a property is decided: by a state, or by the step to it; and what is said of it."""

    edge: PathEdge | None
    state: int
    detail: str


@dataclass(frozen=True)
class Clearest:
    """The clearest of ``count`` shortest paths, and what the property says at its end."""

    path: Path
    count: int
    detail: str


class Shortest:
    """The shortest paths of a search that is over: the clearest of them, or (not ``clearest``) those met.

    If that was of representatives, the states that they stand for are searched again up to the depth of a
    trace: so the trace shown is the same as without reductions.
    """

    def __init__(self, exploration: Exploration, *, clearest: bool = True) -> None:
        self._cap = CAP if clearest else 0
        self._found = exploration
        self._reduced = exploration.system.full is not exploration.system
        self._search = exploration.search
        self._system = exploration.system.full
        self._judge = Judge(self._system) if self._reduced else exploration.judge
        self._index: dict[int, int] = {}
        self._layers: list[list[PathEdge]] = []

    def clearest(self, number: int, finding: Finding) -> Clearest | None:
        """The clearest of the shortest paths to where a claim is decided; None if there are too many states
        up to there, or some that the search did not come to, or if the run has no time for it, or a check
        raises of one of them.
        """
        with optional(), suppress(HandlerError):
            return None if current().over else self._clearest(number, finding)
        return None

    def _clearest(self, number: int, finding: Finding) -> Clearest | None:
        claim = self._judge.claims[number]
        if claim.is_of_steps and finding.step is None:  # an initial state decides it
            return None
        depth = self._found.search.depth_of(finding.index)
        looks_ahead = claim.is_of_steps or claim.kind == "deadlock"
        if not self._is_complete(depth, expanded=looks_ahead):
            return None
        self._know(self._search.level(depth + claim.is_of_steps).stop)
        return self._clearest_to(list(self._ends(number, depth)), depth)

    def clearest_to(self, states: Sequence[int]) -> Clearest | None:
        """The clearest of the shortest paths to some states of one depth; None as above, or if there are no
        such states.
        """
        depth = self._found.search.depth_of(states[0]) if states else 0
        if not states or current().over:
            return None
        with optional(), suppress(HandlerError):
            if self._is_complete(depth, expanded=False):
                self._know(self._search.level(depth).stop)
                ends = [End(None, state, "") for state in self._states(states, depth)]
                return self._clearest_to(ends, depth)
        return None

    def _search_again(self, depth: int) -> None:
        """Search the full system up to a depth, from where that was ended before."""
        if not self._reduced:
            return
        if self._search is self._found.search:
            codes = list(dict.fromkeys(self._system.initial()))
            self._search = Search(codes, levels=[0])
            self._know(len(codes))
        search = self._search
        while len(search.levels) <= depth and search.expanded == search.levels[-1] < len(search.codes) <= CAP:
            self._layers.append(_next_level(self._system, search, self._index))

    def _states(self, representatives: Sequence[int], depth: int) -> Sequence[int]:
        """The states of a depth for which some states of the search stand."""
        if not self._reduced:
            return representatives
        of, codes = self._found.system.representative, self._search.codes
        wanted = {of(self._found.search.codes[index]) for index in representatives}
        return [index for index in self._search.level(depth) if of(codes[index]) in wanted]

    def _clearest_to(self, ends: list[End], depth: int) -> Clearest:
        """The clearest of the paths to some ends."""
        layers = self._leading_to(ends, depth)
        ahead = _costs(layers, {end.state for end in ends})
        edges = _cheapest_path(layers, ahead)
        state = edges[-1].target if edges else min(ahead[0])
        at = (end for end in ends if end.state == state)
        detail = next(end.detail for end in at if end.edge is None or _same(end.edge, edges[-1]))
        codes = self._search.codes
        path: Path = [(codes[edges[0].source if edges else state], None)]
        path += [(codes[edge.target], edge.move) for edge in edges]
        return Clearest(path, _count(layers, ends), detail)

    # -- what the search found, once more --------------------------------------------------------------

    def _is_complete(self, depth: int, *, expanded: bool) -> bool:
        """Whether all states of a depth are known (and their steps followed), and are not too many."""
        if sum(self._found.search.sizes[: depth + expanded + 1]) > self._cap:
            return False
        self._search_again(depth + expanded)
        level = self._search.level(depth)
        needed = level.stop if expanded else max(level.start, 1)
        return needed <= self._search.expanded

    def _know(self, end: int) -> None:
        """Learn the codes of the states below an index."""
        for index in range(len(self._index), end):
            if index % EVERY == 0:
                look()
            self._index[self._search.codes[index]] = index

    def _layer(self, depth: int) -> list[PathEdge]:
        """The steps from the states of a depth to those of the next."""
        while len(self._layers) <= depth:
            here, there = self._search.level(len(self._layers)), self._search.level(len(self._layers) + 1)
            self._know(there.stop)
            found = []
            for source in here:
                if source % EVERY == 0:
                    look()
                for succ, move in self._system.successors(self._search.codes[source])[0]:
                    target = self._index.get(succ, -1)
                    if target >= there.start:
                        found.append(PathEdge(source, target, move))
            self._layers.append(found)
        return self._layers[depth]

    def _ends(self, number: int, depth: int) -> Iterator[End]:
        """Everything of a depth that decides a claim."""
        judge, system, claim = self._judge, self._system, self._judge.claims[number]
        for index in self._search.level(depth):
            if index % EVERY == 0:
                look()
            code = self._search.codes[index]
            if claim.is_of_steps:
                for succ, move in system.successors(code)[0]:
                    target = self._index.get(succ)
                    said = judge.said_of_step(number, code, succ) if move.visible else None
                    if said is not None and target is not None:
                        yield End(PathEdge(index, target, move), target, said)
            elif claim.kind == "deadlock":
                said = judge.said_of_end(number, code) if has_no_step(*system.successors(code)) else None
                if said is not None:
                    yield End(None, index, said)
            else:
                said = judge.said_of_state(number, code)
                if said is not None:
                    yield End(None, index, said)

    def _leading_to(self, ends: list[End], depth: int) -> list[list[PathEdge]]:
        """For each depth the steps that lead to an end, in an order that no engine changes."""
        deciding = [end.edge for end in ends if end.edge is not None]
        layers = [_ordered(deciding)] if deciding else []
        live = {edge.source for edge in deciding} or {end.state for end in ends}
        for at in reversed(range(depth)):
            layers.append(_ordered([edge for edge in self._layer(at) if edge.target in live]))
            live = {edge.source for edge in layers[-1]}
        return layers[::-1]


def _next_level(system: System, search: Search, known: dict[int, int]) -> list[PathEdge]:
    """The steps from the last level of a search to the one after it, which becomes part of the search and of
    the indices that are ``known``; up to where there are too many states, or a handler raises.
    """
    codes, edges = search.codes, list[PathEdge]()
    assert isinstance(codes, list)
    search.levels.append(len(codes))
    here, there = search.levels[-2:]
    for index in range(here, there):
        if len(codes) > CAP:
            break
        look()
        try:
            following = system.successors(codes[index])[0]
        except HandlerError:
            break
        for succ, move in following:
            target = known.setdefault(succ, len(codes))
            if target == len(codes):
                codes.append(succ)
            if target >= there:
                edges.append(PathEdge(index, target, move))
        search.expanded = index + 1
    return edges


def whose(event: Event) -> object:
    """Whose a step is: a node's; without one, of whatever its arguments name, as a Spec's process."""
    return event.node if event.node is not None else event.args


def _messages(move: Move) -> int:
    """How many messages a step sends to other nodes; the environment's notices are none."""
    return 0 if move.event.fault and move.event.kind != "restart" else len(move.sends)


def _ordered(edges: list[PathEdge]) -> list[PathEdge]:
    """Edges by their states, those between the same two by their events, each event once."""
    between: dict[tuple[int, int], list[PathEdge]] = {}
    for edge in edges:
        between.setdefault((edge.source, edge.target), []).append(edge)
    found: list[PathEdge] = []
    for _, parallel in sorted(between.items()):
        if len(parallel) > 1:
            parallel.sort(key=lambda edge: (order(edge.move.event), _messages(edge.move)))
            parallel = [edge for n, edge in enumerate(parallel) if not n or not _same(parallel[n - 1], edge)]
        found += parallel
    return found


def _costs(layers: list[list[PathEdge]], ends: set[int]) -> list[dict[int, Ahead]]:
    """For each depth, and each of its states that lead to an end: the least cost from there on."""
    found: list[dict[int, Ahead]] = [{state: {None: (0, 0)} for state in ends}]
    for layer in reversed(layers):
        here: dict[int, Ahead] = {}
        for edge in layer:
            who, cost = whose(edge.move.event), _cost(edge, found[-1])
            mine = here.setdefault(edge.source, {})
            mine[who] = min(cost, mine.get(who, cost))
        found.append(here)
    return found[::-1]


def _cost(edge: PathEdge, ahead: dict[int, Ahead]) -> Cost:
    """The least cost of a step and all after it."""
    who, sent = whose(edge.move.event), _messages(edge.move)
    return min(
        (switches + (after is not None and after != who), messages + sent)
        for after, (switches, messages) in ahead[edge.target].items()
    )


def _cheapest_path(layers: list[list[PathEdge]], ahead: list[dict[int, Ahead]]) -> list[PathEdge]:
    """A path of least cost; the first of several."""
    path: list[PathEdge] = []
    for layer, later in zip(layers, ahead[1:], strict=True):
        before = whose(path[-1].move.event) if path else None
        best: tuple[Cost, PathEdge] | None = None
        for edge in layer:
            if not path or edge.source == path[-1].target:
                switches, messages = _cost(edge, later)
                switches += before is not None and before != whose(edge.move.event)
                if best is None or (switches, messages) < best[0]:
                    best = (switches, messages), edge
        assert best is not None
        path.append(best[1])
    return path


def _count(layers: list[list[PathEdge]], ends: list[End]) -> int:
    """How many paths there are."""
    ways = {end.state: 1 for end in ends}
    for layer in reversed(layers):
        here: dict[int, int] = {}
        for edge in layer:
            here[edge.source] = here.get(edge.source, 0) + ways[edge.target]
        ways = here
    return sum(ways.values())


def _same(one: PathEdge, other: PathEdge) -> bool:
    return one[:2] == other[:2] and one.move.event == other.move.event
