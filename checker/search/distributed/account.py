"""What a worker says after each of its turns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from elcheck.checker.process.limits import Stop


class Decided(NamedTuple):
    """A claim that a state of a worker decides, or (``by_step``) a step from it, with what is said."""

    claim: int
    place: int
    by_step: bool
    detail: str


@dataclass
class Account:
    """What one turn of a worker has come to, and where it stands.

    new: states that were added, of which the others may let it keep fewer. left: states of this depth whose
    steps are still to be followed. expanded, transitions, cuts, evaluations and calls are of this turn alone.
    failure: the state that something raised in (of an initial one that is not known: None), and what.
    refuted: what may not be taken for granted of the model, as :class:`NotGranted` names it. sent: the bytes
    for other workers, sent_states: how many states these are. held: the bytes that the process holds; cpu:
    the seconds of CPU that it has used.
    """

    states: int = 0
    represented: int = 0
    new: int = 0
    left: int = 0
    expanded: int = 0
    transitions: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    evaluations: int = 0
    calls: int = 0
    stop: Stop | None = None
    failure: tuple[int | None, str] | None = None
    refuted: tuple[str, tuple[str, str], str] | None = None
    decided: list[Decided] = field(default_factory=list)
    sent: int = 0
    sent_states: int = 0
    held: int = 0
    cpu: float = 0.0
