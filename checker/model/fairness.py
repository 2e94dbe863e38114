"""Fairness: what may be assumed of steps that stay possible, without which nothing ever has to happen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Per = Literal["instance", "link", "node", "action", "group"]
ALL = "*"


class Fairness(Enum):
    """What may be assumed of a step that stays enabled.

    WEAK: enabled from some point on without a break, it is taken. STRONG: enabled again and again, it
    is taken. (Manna and Pnueli, justice and compassion; TLA+'s WF and SF.)
    """

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


WEAK, STRONG = Fairness.WEAK, Fairness.STRONG


@dataclass(frozen=True)
class Fair:
    """What is assumed of some steps, in the place of what their decorators say.

    ``names`` are those of handlers, or kinds of steps ("timeout", "receive", "crash", ...), or ``"*"`` for
    everything that handlers do; faults have to be named. ``per`` says what is fair on its own: each
    ``instance`` (of a node, with its arguments: each message to each node), each ``link`` of deliveries
    (sender and receiver), each ``node``, the whole ``action``, or everything named here as one ``group``.
    """

    strength: Fairness
    names: tuple[str, ...]
    per: Per = "instance"


def weak(*names: str, per: Per = "instance") -> Fair:
    """Whoever can take such a step from some point on without a break takes it."""
    return Fair(WEAK, names, per)


def strong(*names: str, per: Per = "instance") -> Fair:
    """Whoever can take such a step again and again takes it."""
    return Fair(STRONG, names, per)


def unfair(*names: str) -> Fair:
    """Such steps need never be taken, whatever their decorators say."""
    return Fair(Fairness.NONE, names)
