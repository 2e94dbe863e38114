"""Verdicts, and the exit codes that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Verdict(Enum):
    """What a search says of a property. What it could not tell is never taken for holding."""

    PROVED = "proved"
    HOLDS = "holds-within-bounds"
    VACUOUS = "vacuous"
    UNDETERMINED = "undetermined"
    REFUTED = "refuted"

    @property
    def words(self) -> str:
        """In words: ``holds within bounds``."""
        return self.value.replace("-", " ")


EXIT = {
    "proved": 0,
    "unexpected": 1,
    "usage": 2,
    "vacuous": 10,
    "deadlock": 11,
    "refuted": 12,
    "liveness": 13,
    "error": 14,
    "undetermined": 20,
    "internal": 70,
    "io": 74,
    "load": 150,
}
"""The exit codes; 10 to 14 and 150 are close to TLC's meanings."""


def overall(results: Sequence[tuple[str, Verdict]]) -> tuple[Verdict, int]:
    """The verdict of a whole check and its exit code, from each property's kind and verdict in order.

    An error comes before a deadlock, a deadlock before the first property refuted, that before what
    is undetermined, and that before what is vacuous.
    """
    refuted = [kind for kind, verdict in results if verdict is Verdict.REFUTED]
    for kind in ("error", "deadlock"):
        if kind in refuted:
            return Verdict.REFUTED, EXIT[kind]
    if refuted:
        return Verdict.REFUTED, EXIT["liveness" if refuted[0] == "liveness" else "refuted"]
    verdicts = [verdict for _, verdict in results]
    for verdict in (Verdict.UNDETERMINED, Verdict.VACUOUS):
        if verdict in verdicts:
            return verdict, EXIT[verdict.value]
    return Verdict.HOLDS if Verdict.HOLDS in verdicts else Verdict.PROVED, EXIT["proved"]
