"""Progress on stderr while a search runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from elcheck.checker.driving.campaign import DriveTally
from elcheck.checker.process.memory import resident
from elcheck.checker.render.estimate import Growth
from elcheck.checker.search.search import Search
from elcheck.checker.strategies.simulate import WalkTally

PERIOD = 0.5
"""Seconds between two looks of a line on a terminal."""
SELDOM = 30.0
"""Seconds between two lines anywhere else, as in the log of a CI server."""


class Progress:
    """Shows how far a search has come: on a terminal on one line that rewrites itself, elsewhere on a line
    now and then. Of a search it says what it will come to, where growth lets that be told; ``deepest`` is the
    limit on its depth.
    """

    def __init__(self, deepest: int | None = None) -> None:
        self._growth = Growth(deepest)
        self._began = self._last = time.monotonic()
        self._shown = False
        self._terminal = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, search: Search) -> None:
        """Look at a search; write if the last line is old enough."""
        self._show(lambda seconds, held: self._searched(search, seconds, held))

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
        self._show(lambda seconds, held: (
            f"{tally.walks:,} walks, {tally.walks / seconds:,.0f}/s, {len(tally.seen):,} distinct states, "
            f"at most {tally.longest:,} steps, {_mebibytes(held)}"
        ))  # fmt: skip

    def tried(self, done: int, of: int) -> None:
        """Look at a campaign."""
        self._show(lambda seconds, held: (
            f"{done:,} of {of:,} mutants tried, {seconds:,.0f} s, {_mebibytes(held)}"
        ))  # fmt: skip

    def driven(self, tally: DriveTally) -> None:
        """Look at a subject that is driven."""
        self._show(lambda seconds, held: (
            f"{tally.paths:,} paths, {tally.steps:,} steps, {tally.steps / seconds:,.0f}/s, "
            f"{_mebibytes(held)}"
        ))  # fmt: skip

    def _show(self, line: Callable[[float, int], str]) -> None:
        """Write what there is to say after so many seconds, with so many bytes held, if it is time to."""
        now = time.monotonic()
        if now - self._last < (PERIOD if self._terminal else SELDOM):
            return
        self._last = now
        said = line(now - self._began, resident())
        if self._terminal:
            self._shown = True
            click.echo(f"\r\033[K{said}", err=True, nl=False)
        else:
            click.echo(f"elcheck: after {now - self._began:.0f} s: {said}", err=True)

    def done(self) -> None:
        """Clear the line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)


def _mebibytes(held: int) -> str:
    return f"{held / 2**20:,.0f} MiB"
