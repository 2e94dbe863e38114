"""Named environments: a network, faults, timing and fairness that belong together.

Each is an :class:`~elcheck.Environment` to start from; a model changes what is its own with
``dataclasses.replace``, and options of the command line come last.
"""

from __future__ import annotations

from elcheck import UNLIMITED, Environment, strong, weak


def asynchronous() -> Environment:
    """No bound on delays, nothing is lost: every message that is sent is delivered, every step that stays
    possible is taken. Under it consensus can't be reached with one crash (Fischer, Lynch and Paterson 1985).
    """
    return Environment(network="set", fairness=(weak("*"),))


def synchronous(crash: int = 0) -> Environment:
    """Timeouts are true: they run out only when nothing else can happen. Reliable links in order, and crashes
    that are noticed.
    """
    return Environment(
        network="fifo",
        crash=crash,
        detector="perfect" if crash else "none",
        timing="sync",
        fairness=(weak("*"), strong("timeout")),
    )


def eventually_synchronous(early: int, crash: int = 0) -> Environment:
    """Delays have no bound for ``early`` timeouts, and one afterwards (Dwork, Lynch and Stockmeyer 1988)."""
    return Environment(
        network="set",
        crash=crash,
        timing=f"eventual({early})",
        fairness=(weak("*"), strong("timeout")),
    )


def fair_lossy() -> Environment:
    """Messages are lost without end, but what is sent again and again arrives again and again: deliveries
    are strongly fair (fair-loss links; Cachin, Guerraoui and Rodrigues, Introduction to Reliable and Secure
    Distributed Programming, 2.4.2).
    """
    return Environment(network="set", loss=UNLIMITED, fairness=(weak("*"), strong("receive")))
