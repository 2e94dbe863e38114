"""A part of the state graph to click in: the states of a walk, and those around it, as one drawing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from elcheck.checker.explorer.place import JsonObject
from elcheck.checker.explorer.space import Places, Space
from elcheck.checker.html.shapes import Shape, group, points, shape
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import counted

MOST = 300
"""States that are drawn."""
_COLUMN, _LINE, _MARGIN = 74, 20, 24
"""Pixels between two columns, between two states of one, and around all."""


@dataclass
class _Vertex:
    """A state: the path that leads to it, its column, and its steps as far as their ends are drawn."""

    state: GlobalState
    path: Places
    column: int
    said: str
    on_walk: bool = False
    row: float = 0.0
    steps: list[tuple[Event, int]] = field(default_factory=list)
    left_out: int = 0


def graph(space: Space, path: Sequence[int], most: int = MOST) -> JsonObject:
    """The states of a walk and those around them, nearest to where it ends first, up to a number of them.
    Raises UsageError for a path that there is not.
    """
    found = _Around(space, path, most)
    vertices = found.vertices
    _arrange(vertices)
    return {
        "drawn": _drawn(space, vertices, found.here),
        "places": [list(vertex.path) for vertex in vertices],
        "said": _in_words(vertices),
    }


class _Around:
    """States around a walk, each once, found from its end backwards."""

    def __init__(self, space: Space, path: Sequence[int], most: int) -> None:
        self.vertices: list[_Vertex] = []
        self.number: dict[GlobalState, int] = {}
        self._most = most
        trace = space.walk(path)
        events = ["start", *(step.event.located for step in trace.steps)]
        for at, state in enumerate(trace.states):
            self._add(_Vertex(state, tuple(path[: at + 1]), at, events[at], on_walk=True))
        self.here = self.number[trace.states[-1]]
        waiting = deque(self.number[state] for state in reversed(trace.states))
        known = set[int]()
        while waiting:
            number = waiting.popleft()
            if number not in known:
                known.add(number)
                waiting.extend(self._expand(space, number))

    def _add(self, vertex: _Vertex) -> int | None:
        """The number of a state, a new one if there is room for it."""
        if vertex.state not in self.number:
            if len(self.vertices) >= self._most and not vertex.on_walk:
                return None
            self.number[vertex.state] = len(self.vertices)
            self.vertices.append(vertex)
        return self.number[vertex.state]

    def _expand(self, space: Space, number: int) -> Iterator[int]:
        """The steps of a state, and the states that they lead to."""
        vertex = self.vertices[number]
        for place, (event, after) in enumerate(space.ways(vertex.state).steps):
            path = (*vertex.path, place)
            target = self._add(_Vertex(after, path, vertex.column + 1, event.located))
            if target is None:
                vertex.left_out += 1
            else:
                vertex.steps.append((event, target))
                yield target


def _arrange(vertices: Sequence[_Vertex]) -> None:
    """Give each state a row: near those that lead to it, and no two of a column in one place."""
    columns: dict[int, list[int]] = {}
    for number, vertex in enumerate(vertices):
        columns.setdefault(vertex.column, []).append(number)
    before: dict[int, list[int]] = {}
    for number, vertex in enumerate(vertices):
        for _, target in vertex.steps:
            before.setdefault(target, []).append(number)
    for _, members in sorted(columns.items()):
        wanted = {n: _middle([vertices[m].row for m in before.get(n, ()) if m != n]) for n in members}
        ordered = sorted(members, key=lambda n: (not vertices[n].on_walk, wanted[n], n))
        for row, number in enumerate(ordered):
            vertices[number].row = row


def _middle(rows: Sequence[float]) -> float:
    return sum(rows) / len(rows) if rows else 0.0


def _in_words(vertices: Sequence[_Vertex]) -> str:
    steps, left_out = sum(len(v.steps) for v in vertices), sum(v.left_out for v in vertices)
    leads = f"; {counted(left_out, 'step')} {'leads' if left_out == 1 else 'lead'} further"
    further = leads if left_out else "; nothing else can be reached"
    return f"{counted(len(vertices), 'state')}, {counted(steps, 'step')}{further}"


# -- the drawing ---------------------------------------------------------------------------------------------


def _drawn(space: Space, vertices: Sequence[_Vertex], here: int) -> Shape:
    width = 2 * _MARGIN + _COLUMN * max(v.column for v in vertices) + 60
    height = 2 * _MARGIN + _LINE * max(v.row for v in vertices)
    edges = [e for n, v in enumerate(vertices) for e in _edges(vertices, n, v)]
    states = [_state(space, n, v, here=n == here) for n, v in enumerate(vertices)]
    return shape(
        "svg", *edges, *states, class_="graph", role="group", width=width, height=height,
        aria_label=f"State graph: {_in_words(vertices)}",
    )  # fmt: skip


def _spot(vertex: _Vertex) -> tuple[float, float]:
    return _MARGIN + _COLUMN * vertex.column, _MARGIN + _LINE * vertex.row


def _edges(vertices: Sequence[_Vertex], number: int, vertex: _Vertex) -> Iterator[Shape]:
    """The steps of a state, one line for all that lead to one other; back ones are bent."""
    x, y = _spot(vertex)
    for target in dict.fromkeys(target for _, target in vertex.steps if target != number):
        other = vertices[target]
        a, b = _spot(other)
        walked = vertex.on_walk and other.on_walk and other.column == vertex.column + 1
        look = "edge walked" if walked else "edge back" if a <= x else "edge"
        bend = points((x + a) / 2 + 26, (y + b) / 2 + 14)
        way = f"L {points(a, b)}" if a > x else f"Q {bend} {points(a, b)}"
        line = f"M {points(x, y)} {way}"
        yield shape("path", class_=look, d=line)


def _state(space: Space, number: int, vertex: _Vertex, *, here: bool) -> Shape:
    """A state as a button: what leads to it, what it breaks, and whether more follows than is drawn."""
    x, y = _spot(vertex)
    broken, end = space.broken(vertex.state), not vertex.steps and not vertex.left_out
    looks = {"walked": vertex.on_walk, "here": here, "broken": bool(broken), "more": bool(vertex.left_out)}
    said = "; ".join([
        vertex.said, *(f"breaks {name}" for name in broken), *["an end"] * end,
        *[f"{counted(vertex.left_out, 'step')} to states that are not drawn"] * bool(vertex.left_out),
    ])  # fmt: skip
    mark = (
        shape("rect", x=x - 5, y=y - 5, width=10, height=10)
        if end
        else shape("circle", cx=x, cy=y, r=7 if here else 5)
    )
    look = " ".join(["vertex", *(look for look, there in looks.items() if there)])
    return group(
        [shape("title", said), mark], class_=look, role="button", tabindex=0 if here else -1,
        aria_label=said, data_number=number,
    )  # fmt: skip
