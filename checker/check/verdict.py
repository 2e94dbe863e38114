"""Verdicts, and the exit codes that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NoReturn


class Verdict(Enum):
    """What a search says of a property. What it could not tell is never taken for holding. A verdict is not
    true or false, since all five would be true: ``ok`` says which of the two it comes to.
    """

    PROVED = "proved"
    HOLDS = "holds-within-bounds"
    VACUOUS = "vacuous"
    UNDETERMINED = "undetermined"
    REFUTED = "refuted"

    @property
    def words(self) -> str:
        """In words: ``holds within bounds``."""
        return self.value.replace("-", " ")

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: it is proved, or holds within the bounds that were set. What is vacuous
        or undetermined is not.
        """
        return self in (Verdict.PROVED, Verdict.HOLDS)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a verdict ({self.words}) is not true or false: ask verdict.ok, or what it `is`")


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
