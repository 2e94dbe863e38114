"""The space-time diagram: a lane for each node, a row for each step, time downwards, messages as arrows.

It is drawn here once, for the page, the explorer and notebooks: what is drawn has classes that picture.css
colours, and ``data-at``, ``data-sent`` and ``data-end`` for the scripts that say which step is selected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

from elcheck.checker.html.arrows import Arrow, Spot, arrow, cross
from elcheck.checker.html.shapes import Shape, group, points, shape
from elcheck.checker.html.tables import ROLES
from elcheck.checker.html.trace_view import Frame, TraceView
from elcheck.checker.model.values import counted

ROW = 84
"""The height of a step, in pixels; as style.css and notebook.css have it."""
_BESIDE = 134  # what is written beside the last lane's marks
SYMBOLS = {
    "action": "a step of its own",
    "timeout": "a timeout",
    "receive": "takes a message",
    "crash": "crashes",
    "restart": "restarts",
    "damage": "its disk is damaged",
    "pause": "is paused",
    "resume": "goes on",
}


@dataclass(frozen=True)
class Entry:
    """A line of the legend: what is drawn, None for words alone, and what it means."""

    drawn: Shape | None
    said: str


@dataclass(frozen=True)
class Picture:
    """A drawing, its width in pixels, where each lane is, and how much room its name has."""

    drawn: Shape
    width: int
    lanes: tuple[float, ...]
    room: int


@dataclass(frozen=True)
class Pictures:
    """A trace in full, for a narrow window, and what is in both."""

    wide: Picture
    narrow: Picture
    legend: tuple[Entry, ...]


def pictures_of(view: TraceView) -> Pictures:
    """The drawings of a trace."""
    return Pictures(Drawing(view).picture(), Drawing(view, narrow=True).picture(), legend(view))


class Drawing:
    """A trace drawn in full, or narrow for a small window: without words, which stand beside it anyway."""

    def __init__(self, view: TraceView, *, narrow: bool = False) -> None:
        self._view, self._narrow = view, narrow
        count = max(1, len(view.nodes))
        self._left = (24 if view.loop is None else 34) if narrow else 46
        self._pitch = max(26, min(40, 150 / count)) if narrow else max(96, min(140, 470 / count))
        self._beside = 18 if narrow else _BESIDE
        self._inset = 14 if narrow else 26
        last = self._x(len(view.nodes) - 1)
        self._width = round(last + self._beside) if view.nodes else self._left + 20

    def picture(self) -> Picture:
        """The picture."""
        view = self._view
        parts = [*self._bands(), *self._splits(), *self._lanes(), *self._loop()]
        parts += [self._arrow(message) for message in view.messages]
        parts += [part for at in range(len(view.frames)) for part in self._marks(at)]
        drawn = shape(
            "svg", *parts, class_="picture", role="group", aria_label=self._label(),
            width=self._width, height=len(view.frames) * ROW,
        )  # fmt: skip
        lanes = tuple(round(self._x(lane), 1) for lane in range(len(view.nodes)))
        return Picture(drawn, self._width, lanes, round(self._pitch))

    def _label(self) -> str:
        view = self._view
        sizes = (len(view.nodes), "node"), (len(view.frames) - 1, "step"), (len(view.messages), "message")
        return f"Space-time diagram: {', '.join(counted(*size) for size in sizes)}; time runs downwards"

    def _x(self, lane: int) -> float:
        return self._left + self._inset + lane * self._pitch

    @staticmethod
    def _y(at: int) -> float:
        return (at + 0.5) * ROW

    # -- what lies behind ------------------------------------------------------------------------------

    def _bands(self) -> Iterator[Shape]:
        """A row for each step, with its number."""
        for at, row in enumerate(self._view.frames):
            number = shape("text", str(self._view.first + at), x=self._left - 6, y=self._y(at) + 4)
            back = shape("rect", width=self._width, y=at * ROW, height=ROW)
            yield group([back, number], class_="band otherwise" if row.otherwise else "band", data_at=at)

    def _splits(self) -> Iterator[Shape]:
        """A partition, as long as it stands."""
        for at, row in enumerate(self._view.frames):
            if row.standing is not None:
                wide = self._width - self._left
                yield shape("rect", class_="split", x=self._left, width=wide, y=self._y(at), height=ROW)

    def _lanes(self) -> Iterator[Shape]:
        """Each lane in pieces, one for as long as its node is in one role."""
        last = len(self._view.frames) - 1
        for lane, name in enumerate(self._view.nodes):
            looks = [self._look(row, lane, name) for row in self._view.frames]
            for look, steps in groupby(enumerate(looks), key=lambda pair: pair[1]):
                ats = [at for at, _ in steps]
                end = self._y(ats[-1] + 1) if ats[-1] < last else self._y(last) + ROW / 2
                x = self._x(lane)
                yield shape("line", class_=look, data_lane=lane, x1=x, x2=x, y1=self._y(ats[0]), y2=end)

    def _look(self, row: Frame, lane: int, name: str) -> str:
        return "lane down" if row.idle[lane] else f"lane role{self._role(row, name)}"

    def _role(self, row: Frame, name: str) -> int:
        """Which colour a node has: that of the value of its table's role."""
        tables = self._view.tables
        number = next((n for n, table in enumerate(tables) if name in table.columns), None)
        if number is None or tables[number].role is None:
            return 0
        table = tables[number]
        cell = row.cells[number][table.role or 0][table.columns.index(name)]
        said = self._view.texts[cell] if cell >= 0 else ""
        return table.roles.index(said) % ROLES if said in table.roles else 0

    def _loop(self) -> Iterator[Shape]:
        loop, last = self._view.loop, len(self._view.frames) - 1
        if loop is None:
            return
        begin, end = self._y(loop), self._y(last) + 22 * (last == loop)
        right = 12 if self._narrow else 21
        yield shape("path", class_="loop", d=points("M", right + 1, end, "H", 3, "V", begin, "H", right)
                    + " m -4 -4 l 4 4 l -4 4")  # fmt: skip
        yield shape("text", "for ever", class_="loop-said", x=2, y=begin - 10)

    # -- messages --------------------------------------------------------------------------------------

    def _arrow(self, message: Arrow) -> Shape:
        origin = Spot(self._x(message.src), self._y(message.sent))
        down = ROW * 0.34 if message.end is None else self._y(message.end) - origin.y
        across = self._x(message.dst) - origin.x
        return arrow(message, self._view.nodes, origin, across, down, named=not self._narrow)

    # -- steps -----------------------------------------------------------------------------------------

    def _marks(self, at: int) -> Iterator[Shape]:
        row, y = self._view.frames[at], self._y(at)
        if row.kind == "lose" or at == 0:
            return
        if row.kind == "disconnect":
            yield from self._broken(row, y)
        elif not self._view.nodes:
            yield symbol(row.kind, self._left + 6, y, at)
        elif row.lane is None:
            yield from self._across(row, y)
        elif row.kind == "duplicate":
            said = "+1" if self._narrow else "a copy is made"
            yield shape("text", said, x=self._x(row.lane), y=y + 4, text_anchor="middle")
        else:
            yield symbol(row.kind, self._x(row.lane), y, at)
            if not self._narrow:
                yield self._words(row, at, row.lane)

    def _broken(self, row: Frame, y: float) -> Iterator[Shape]:
        """A link that breaks."""
        a, b = (self._x(lane) for lane in row.lanes)
        middle = (a + b) / 2
        yield shape("line", class_="cut", x1=a, x2=b, y1=y, y2=y)
        yield shape("path", class_="mark x", d=cross(middle, y, 6))
        if not self._narrow:
            yield shape("text", "the link breaks", x=middle, y=y - 10, text_anchor="middle")

    def _across(self, row: Frame, y: float) -> Iterator[Shape]:
        """A step of the network, or of all nodes together."""
        right = self._x(len(self._view.nodes) - 1)
        yield shape("line", class_="cut", x1=self._left + 6, x2=right + self._beside - 10, y1=y, y2=y)
        if not self._narrow:
            yield shape("text", row.brief, x=right + 13, y=y - 7)

    def _words(self, row: Frame, at: int, lane: int) -> Shape:
        """What a step changes; below an arrow that comes from the right."""
        here = [m for m in self._view.messages if m.end == at and m.fate == "delivered"]
        from_right = any(m.src >= m.dst for m in here)
        words = [*[row.kind] * (row.kind in ("crash", "restart", "pause", "resume", "damage")), *row.marks][
            :2
        ]
        first = self._y(at) + (16 if from_right else -2 if len(words) > 1 else 4)
        x = self._x(lane) + 13
        lines = [shape("tspan", word, x=x, y=first + 14 * n) for n, word in enumerate(words)]
        return shape("text", *lines, class_=row.kind)


def symbol(kind: str, x: float, y: float, at: int = -1) -> Shape:
    """The mark of a step."""
    look = f"mark {kind}"
    match kind:
        case "crash" | "damage":
            return shape("path", class_=look, data_at=at, d=cross(x, y, 7))
        case "restart":
            line = points("M", x - 7, y + 6, "h", 14, "l", -7, -13, "Z")
            return shape("path", class_=look, data_at=at, d=line)
        case "pause":
            line = points("M", x - 3, y - 6, "v", 12, "M", x + 3, y - 6, "v", 12)
            return shape("path", class_=look, data_at=at, d=line)
        case "resume":
            return shape(
                "path", class_=look, data_at=at, d=points("M", x - 5, y - 7, "v", 14, "l", 12, -7, "Z")
            )
        case "timeout":
            return shape("rect", class_=look, data_at=at, x=x - 6, y=y - 6, width=12, height=12)
    radius = 5 if kind == "receive" else 6.5
    return shape("circle", class_=look, data_at=at, cx=x, cy=y, r=radius)


# -- the legend ----------------------------------------------------------------------------------------------


def legend(view: TraceView) -> tuple[Entry, ...]:
    """What the marks, colours and arrows mean that a trace has."""
    kinds, fates = {row.kind for row in view.frames}, {message.fate for message in view.messages}
    found = [Entry(_icon(symbol(k, 9, 9)), said) for k, said in SYMBOLS.items() if k in kinds and view.nodes]
    for table in view.tables:
        if table.role is not None and table.columns[0] in view.nodes:
            title = table.rows[table.role]
            found += [Entry(_lane(f"role{n % ROLES}"), _role(title, s)) for n, s in enumerate(table.roles)]
    further = [
        (kinds & {"crash", "pause"}, Entry(_lane("down"), _idle(kinds))),
        ("in transit" in fates, Entry(None, "dotted arrow: sent, not delivered here")),
        (any(row.otherwise for row in view.frames), Entry(None, "red row: another step without the mistake")),
        (fates & {"lost", "dropped"}, Entry(None, "arrow ending in a cross: never arrives")),
    ]
    return (*found, *(entry for there, entry in further if there))


def _idle(kinds: Collection[str]) -> str:
    return " or ".join(said for kind, said in (("crash", "down"), ("pause", "paused")) if kind in kinds)


def _role(title: str, said: str) -> str:
    """A value of a role with its field; the name of an enum's member says enough alone."""
    return said if said.isidentifier() and said.isupper() else f"{title} {said}"


def _icon(drawn: Shape) -> Shape:
    return shape("svg", drawn, width=18, height=18, aria_hidden="true")


def _lane(look: str) -> Shape:
    return _icon(shape("line", class_=f"lane {look}", x1=9, x2=9, y1=0, y2=18))
