"""Progress on stderr while a search runs: for people, or a JSON object a line (docs/json.md)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Literal

import click

from elcheck.checker.process.memory import resident
from elcheck.checker.process.streams import columns, say
from elcheck.checker.render.estimate import Growth
from elcheck.checker.search.search import Search

if TYPE_CHECKING:  # a check needs neither walks nor driving
    from elcheck.checker.driving.campaign import DriveTally
    from elcheck.checker.strategies.simulate import WalkTally

PERIOD = 0.5
"""Seconds between two looks of a line on a terminal."""
SELDOM = 30.0
"""Seconds between two lines anywhere else, as in the log of a CI server."""
OBJECTS = 1.0
"""Seconds between two objects."""
ProgressForm = Literal["text", "json", "none"]


class Progress:
    """Shows how far a search has come: on a terminal on one line that rewrites itself, elsewhere on a line
    now and then. Of a search it says what it will come to, where growth lets that be told; ``deepest`` is the
    limit on its depth. In the form ``json`` it writes an object now and then, and one at the end.
    """

    def __init__(self, deepest: int | None = None, form: ProgressForm = "text") -> None:
        self._form = form
        self._growth = Growth(deepest)
        self._began = self._last = time.monotonic()
        self._shown = False
        self._last_said: tuple[str, Callable[[], Mapping[str, int]]] = ("nothing", dict)
        self._terminal = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, search: Search) -> None:
        """Look at a search; write if the last line is old enough."""
        self._show(
            "search",
            lambda seconds, held: self._searched(search, seconds, held),
            lambda: {
                "states": len(search.codes),
                "transitions": search.transitions,
                "depth": search.depth,
                "frontier": len(search.codes) - search.expanded,
            },
        )

    def _searched(self, search: Search, seconds: float, held: int) -> str:
        """How far a search has come; in the place of rate and frontier what it will come to, if that is
        known: on a terminal it all has to fit one line.
        """
        states, frontier = len(search.codes), len(search.codes) - search.expanded
        end = self._growth.said(search, seconds, held)
        if end:
            return f"{states:,} states, depth {search.depth}, {_mebibytes(held)}; {end}"
        rate = f"{states / seconds:,.0f}/s"
        return f"{states:,} states, {rate}, depth {search.depth}, frontier {frontier:,}, {_mebibytes(held)}"

    def walked(self, tally: WalkTally) -> None:
        """Look at a simulation."""
        self._show(
            "walks",
            lambda seconds, held: (
                f"{tally.walks:,} walks, {tally.walks / seconds:,.0f}/s, {len(tally.seen):,} distinct "
                f"states, at most {tally.longest:,} steps, {_mebibytes(held)}"
            ),
            lambda: {"walks": tally.walks, "steps": tally.steps, "longest": tally.longest},
        )

    def tried(self, done: int, of: int) -> None:
        """Look at a campaign."""
        self._show(
            "mutants",
            lambda seconds, held: f"{done:,} of {of:,} mutants tried, {seconds:,.0f} s, {_mebibytes(held)}",
            lambda: {"done": done, "of": of},
        )

    def driven(self, tally: DriveTally) -> None:
        """Look at a subject that is driven."""
        self._show(
            "paths",
            lambda seconds, held: (
                f"{tally.paths:,} paths, {tally.steps:,} steps, {tally.steps / seconds:,.0f}/s, "
                f"{_mebibytes(held)}"
            ),
            lambda: {"paths": tally.paths, "steps": tally.steps},
        )

    def _show(
        self,
        event: str,
        line: Callable[[float, int], str],
        facts: Callable[[], Mapping[str, int]],
    ) -> None:
        """Write what there is to say after so many seconds, with so many bytes held, if it is time to."""
        now = time.monotonic()
        if self._form == "json":
            self._last_said = event, facts
        if now - self._last < self._period:
            return
        self._last = now
        if self._form == "json":
            self._object(event, facts())
            return
        said = line(now - self._began, resident())
        if self._terminal:
            self._shown = True
            click.echo(f"\r\033[K{said[: columns(stream=sys.stderr) - 1]}", sys.stderr, nl=False)
        else:
            say(f"elcheck: after {now - self._began:.0f} s: {said}")

    @property
    def _period(self) -> float:
        if self._form == "text":
            return PERIOD if self._terminal else SELDOM
        return OBJECTS if self._form == "json" else inf

    def _object(self, event: str, facts: Mapping[str, object]) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        write_progress(event, {"seconds": seconds, "memory": resident(), **facts})

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        """Clear the line; write the last object."""
        if self._shown:
            click.echo("\r\033[K", sys.stderr, nl=False)
        if self._form == "json":
            event, facts = self._last_said
            self._object("end", {"after": event, **facts()})


def write_progress(event: str, facts: Mapping[str, object]) -> None:
    """Write an object on a line of stderr."""
    click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False), sys.stderr)


def _mebibytes(held: int) -> str:
    return f"{held / 2**20:,.0f} MiB"
