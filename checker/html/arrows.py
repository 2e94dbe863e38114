"""A message of the picture: an arrow from where it was sent to where it arrives, or as far as it comes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from elcheck.checker.html.shapes import Shape, group, points, shape

_REACH = {"delivered": 1, "lost": 0.72, "dropped": 0.72, "in transit": 0.42}
"""How much of the way is drawn, by the fate."""


@dataclass(frozen=True)
class Arrow:
    """A message's lifetime in words; ``src`` and ``dst`` are lanes, the rest is as in :class:`Lifetime`."""

    src: int
    dst: int
    name: str
    said: str
    sent: int
    end: int | None
    fate: str
    copied: int | None
    notice: bool


class Spot(NamedTuple):
    """A place in the picture, in pixels."""

    x: float
    y: float


class _Route(NamedTuple):
    """The line of an arrow, where it ends and at which angle, where its name is and on which side of that."""

    line: str
    end: Spot
    angle: float
    name: Spot
    side: float


def arrow(
    message: Arrow, nodes: Sequence[str], origin: Spot, across: float, down: float, *, named: bool
) -> Shape:
    """An arrow from a spot to one so far across and down. ``named``: with the message's name beside it."""
    route = _own(origin, down) if message.src == message.dst else _route(message, origin, across, down)
    waits, stopped = message.end is None, message.fate in ("lost", "dropped")
    looks = {"waiting": waits, "copy": message.copied is not None, "notice": message.notice}
    parts = [
        shape("path", class_="hit", d=route.line),
        shape("path", class_="flight", d=route.line),
        _cross(route.end) if stopped else _head(route, small=waits),
    ]
    if named and message.fate in ("delivered", "lost"):
        said = f"{message.name} lost" if message.fate == "lost" else message.name
        anchor = "end" if route.side > 0 else "start"
        parts.append(shape("text", said, x=route.name.x, y=route.name.y, text_anchor=anchor))
    return group(
        parts, class_=" ".join(["message", *(look for look, there in looks.items() if there)]), role="img",
        tabindex=-1, aria_label=described(message, nodes), data_sent=message.sent,
        data_end=-1 if message.end is None else message.end,
    )  # fmt: skip


def described(message: Arrow, nodes: Sequence[str]) -> str:
    """A message in a sentence: from whom to whom, when it was sent, and what became of it."""
    sent = f"sent in step {message.sent}" if message.sent else "under way from the beginning"
    copied = "" if message.copied is None else f", copied in step {message.copied}"
    fate = "still under way at the end" if message.end is None else f"{message.fate} in step {message.end}"
    way = f"from {nodes[message.src]} to {nodes[message.dst]}"
    return f"{message.said}, {way}: {sent}{copied}, {fate}"


def _own(origin: Spot, down: float) -> _Route:
    """A message to its own sender: a bow to the right."""
    end, out = Spot(origin.x + 8, origin.y + down), origin.x + 56
    line = points("M", *origin, "C", out, origin.y + 6, out, end.y - 6, *end)
    return _Route(line, end, 172, Spot(origin.x - 14, end.y - 9), 1)


def _route(message: Arrow, origin: Spot, across: float, down: float) -> _Route:
    across *= _REACH[message.fate]
    side = math.copysign(1, across)
    # a delivery ends at the rim of its mark
    short = 8 / math.hypot(across, down) if message.fate == "delivered" else 0
    end = Spot(origin.x + across * (1 - short), origin.y + down * (1 - short))
    aside = max(14, abs(across) * 10 / max(24, down))
    name = Spot(origin.x + across - side * aside, origin.y + down - 9)
    return _Route(points("M", *origin, "L", *end), end, math.degrees(math.atan2(down, across)), name, side)


def _head(route: _Route, *, small: bool) -> Shape:
    placed = f"translate({points(route.end.x)} {points(route.end.y)}) rotate({points(route.angle)})"
    line = "M -5 -3 L 1 0 L -5 3 Z" if small else "M -9 -5 L 2 0 L -9 5 Z"
    return shape("path", class_="head", transform=placed, d=line)


def _cross(at: Spot) -> Shape:
    return shape("path", class_="mark x", d=cross(at.x, at.y, 5))


def cross(x: float, y: float, r: float) -> str:
    """The line of a cross."""
    return points("M", x - r, y - r, "l", 2 * r, 2 * r, "m", 0, -2 * r, "l", -2 * r, 2 * r)
