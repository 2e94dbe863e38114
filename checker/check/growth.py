"""What grows in a search that a limit has ended: the reason, if there is one, why it did not end by itself.

States of some depths are measured: the numbers in their fields, the sizes of their collections, the messages
under way. What is larger the deeper they lie, up to the last depth, grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import text
from elcheck.checker.process.watch import look
from elcheck.checker.search.search import Exploration

DEPTHS, STATES = 6, 30
"""Depths of which states are measured, and how many of each."""
MOST = 3
"""What grows that is said."""

Measure: TypeAlias = tuple[str, int, str]
"""What is measured, how large it is, and where that was."""


def growth_of(exploration: Exploration) -> tuple[str, ...]:
    """What grows, in words, what grows most first. Raises Ended."""
    levels = list(_largest(exploration)) if exploration.search.codes else []
    if len(levels) < 4:
        return ()
    sizes = {name: [level.get(name, (0, ""))[0] for level in levels] for name in levels[-1]}
    growing = [name for name in sizes if _grows(sizes[name])]
    growing.sort(key=lambda name: (-sizes[name][-1] / sizes[name][len(levels) // 2], name))
    return tuple(_said(name, *levels[-1][name]) for name in growing[:MOST])


def _said(name: str, size: int, where: str) -> str:
    return f"{name} (up to {size:,}{', ' + where if where else ''})"


def _grows(sizes: list[int]) -> bool:
    """Whether sizes at greater and greater depths grow, and have not stopped before the last ones."""
    last, before = sizes[-1], sizes[len(sizes) // 2]
    return sizes == sorted(sizes) and last > before > 0 and (last > sizes[-2] or sizes[-2] > sizes[-3])


def _largest(exploration: Exploration) -> Iterator[dict[str, tuple[int, str]]]:
    """The largest measures of states at some depths, from the first to the last, and where these are."""
    search, system = exploration.search, exploration.system
    last = max(0, search.depth_of(len(search.codes) - 1) - 1)  # of the deepest the search knows some only
    for depth in sorted({round(last * part / (DEPTHS - 1)) for part in range(DEPTHS)}):
        states = search.level(depth)
        found: dict[str, tuple[int, str]] = {}
        for index in states[:: max(1, len(states) // STATES)]:
            look()
            for name, size, where in _measures(system.model, system.decode(search.codes[index])):
                if name not in found or size > found[name][0]:
                    found[name] = size, where
        if found:
            yield found


def _measures(model: Model, state: GlobalState) -> Iterator[Measure]:
    """All that can grow in a state."""
    if state.shared is not None:
        yield from _of_value("", state.shared, "")
    for view in state.nodes:
        yield from _of_value("", view.state, f"at {view.node}")
    for (src, dst), count in Counter((sent.src, sent.dst) for sent in state.network).items():
        yield "messages under way", count, f"from {src} to {dst}"
    for sent in state.network:
        yield from _of_value("", sent.msg, "")
    for monitor, value in zip(model.monitors, state.history, strict=True):
        yield from _of_value(f"the monitor {text(monitor.name)}", value, "")


def _of_value(name: str, value: object, where: str) -> Iterator[Measure]:
    """The numbers and sizes in a value. All that is in a collection is measured under one name."""
    if isinstance(value, bool | Enum | NodeId):
        return
    if isinstance(value, Term):
        value = number_of(value)
    if isinstance(value, int):
        yield name, abs(value), where
    elif isinstance(value, str | bytes):
        yield f"the length of {name}", len(value), where
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _of_value(
                f"{name or type(value).__name__}.{field.name}", getattr(value, field.name), where
            )
    elif isinstance(value, Mapping | tuple | frozenset):
        yield f"the size of {name}", len(value), where
        items = value.values() if isinstance(value, Mapping) else value
        for item in items:
            yield from _of_value(f"what is in {name}", item, where)
