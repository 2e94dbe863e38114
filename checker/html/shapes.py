"""Drawings as plain values: the page's script makes elements of them, a notebook gets them as text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from elcheck.checker.render.junit import printable

Size = float | int


class Shape(NamedTuple):
    """An element of SVG: its tag, its attributes, and what is in it, shapes or text."""

    tag: str
    attributes: dict[str, str | Size]
    children: tuple[Shape | str, ...] = ()


def shape(tag: str, *children: Shape | str, **attributes: str | Size) -> Shape:
    """A shape; ``_`` stands for the ``-`` of an attribute, and an ``_`` at its end for nothing."""
    named = {name.rstrip("_").replace("_", "-"): _short(value) for name, value in attributes.items()}
    return Shape(tag, named, children)


def group(children: Iterable[Shape | str], **attributes: str | Size) -> Shape:
    """Shapes together."""
    return shape("g", *children, **attributes)


def as_markup(drawn: Shape | str) -> str:
    """A drawing as text. Everything that it says is escaped."""
    if isinstance(drawn, str):
        return escape(printable(drawn))
    named = ((name, escape(printable(str(value)))) for name, value in drawn.attributes.items())
    attributes = "".join(f' {name}="{value}"' for name, value in named)
    inside = "".join(map(as_markup, drawn.children))
    return f"<{drawn.tag}{attributes}>{inside}</{drawn.tag}>"


def _short(value: str | Size) -> str | Size:
    """A number to a tenth of a pixel."""
    if not isinstance(value, float):
        return value
    rounded = round(value, 1)
    return int(rounded) if rounded.is_integer() else rounded


def points(*parts: str | Size) -> str:
    """The ``d`` of a path: letters and numbers."""
    return " ".join(str(_short(part)) for part in parts)
