"""Progress on a terminal's stderr while a search runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from elcheck.checker.driving.campaign import DriveTally
from elcheck.checker.search.limits import resident
from elcheck.checker.search.search import Search
from elcheck.checker.strategies.simulate import WalkTally

PERIOD = 0.5
"""Seconds between two lines."""


class Progress:
    """Shows how far a search has come, on one line that rewrites itself.

    Nothing is written when stderr is no terminal.
    """

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._shown = False
        self._terminal = sys.stderr.isatty()

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

    def driven(self, tally: DriveTally) -> None:
        """Look at a subject that is driven."""
        self._show(lambda seconds: (
            f"{tally.paths:,} paths, {tally.steps:,} steps, {tally.steps / seconds:,.0f}/s"
        ))  # fmt: skip

    def _show(self, line: Callable[[float], str]) -> None:
        now = time.monotonic()
        if not self._terminal or now - self._last < PERIOD:
            return
        self._last = now
        self._shown = True
        memory = resident() / 2**20
        click.echo(f"\r\033[K{line(now - self._began)}, {memory:,.0f} MiB", err=True, nl=False)

    def done(self) -> None:
        """Clear the line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
