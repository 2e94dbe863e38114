"""Progress on stderr while a search runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from elcheck.checker.driving.campaign import DriveTally
from elcheck.checker.process.memory import resident
from elcheck.checker.search.search import Search
from elcheck.checker.strategies.simulate import WalkTally

PERIOD = 0.5
"""Seconds between two looks of a line on a terminal."""
SELDOM = 30.0
"""Seconds between two lines anywhere else, as in the log of a CI server."""


class Progress:
    """Shows how far a search has come: on a terminal on one line that rewrites itself, elsewhere on a line
    now and then.
    """

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._shown = False
        self._terminal = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, search: Search) -> None:
        """Look at a search; write if the last line is old enough."""
        states, frontier = len(search.codes), len(search.codes) - search.expanded
        self._show(lambda seconds: (
            f"{states:,} states, {states / seconds:,.0f}/s, depth {search.depth}, frontier {frontier:,}"
        ))  # fmt: skip

    def walked(self, tally: WalkTally) -> None:
        """Look at a simulation."""
        self._show(lambda seconds: (
            f"{tally.walks:,} walks, {tally.walks / seconds:,.0f}/s, {len(tally.seen):,} distinct states, "
            f"at most {tally.longest:,} steps"
        ))  # fmt: skip

    def tried(self, done: int, of: int) -> None:
        """Look at a campaign."""
        self._show(lambda seconds: f"{done:,} of {of:,} mutants tried, {seconds:,.0f} s")

    def driven(self, tally: DriveTally) -> None:
        """Look at a subject that is driven."""
        self._show(lambda seconds: (
            f"{tally.paths:,} paths, {tally.steps:,} steps, {tally.steps / seconds:,.0f}/s"
        ))  # fmt: skip

    def _show(self, line: Callable[[float], str]) -> None:
        now = time.monotonic()
        if now - self._last < (PERIOD if self._terminal else SELDOM):
            return
        self._last = now
        said = f"{line(now - self._began)}, {resident() / 2**20:,.0f} MiB"
        if self._terminal:
            self._shown = True
            click.echo(f"\r\033[K{said}", err=True, nl=False)
        else:
            click.echo(f"elcheck: after {now - self._began:.0f} s: {said}", err=True)

    def done(self) -> None:
        """Clear the line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
