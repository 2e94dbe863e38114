"""How much of a report is shown, and how a trace is shortened so that it fits a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Detail = Literal["quiet", "normal", "all"]
"""How much is said: verdicts alone, a screen, or everything."""


@dataclass(frozen=True)
class Shortened:
    """What a table of a trace leaves out: the lines in the source, the fields of messages, what of a step's
    changes is more than so many ``lines`` (0: nothing; 1: of what is refuted also all but the first line),
    and so many steps in its middle.
    """

    sources: bool = False
    fields: bool = False
    lines: int = 0
    steps: int = 0


WHOLE = Shortened()
SHORTENED = (Shortened(True), Shortened(True, True), *(Shortened(True, True, n) for n in (3, 2, 1)))
"""The ways to shorten a trace, the gentlest first."""


@dataclass(frozen=True)
class Wanted:
    """What of a report is shown, and how. ``width`` is a terminal's, to which it is fitted, ``height`` that
    of a screen, to which the trace of a refutation is shortened if nothing more is asked for. ``drawable``:
    there are options that draw.
    """

    witnesses: bool = False
    certificate: bool = False
    diagram: bool = False
    explain: bool = False
    width: int | None = None
    detail: Detail = "normal"
    drawable: bool = True
    height: int | None = None
    shortened: Shortened = WHOLE

    @property
    def all(self) -> bool:
        """Whether everything is said."""
        return self.detail == "all"

    @property
    def a_screen(self) -> bool:
        """Whether the report has to fit a screen."""
        more = self.witnesses or self.certificate or self.diagram or self.explain
        return self.height is not None and self.detail == "normal" and not more


UNFITTED = Wanted()
"""A report for a file that has room for everything."""
