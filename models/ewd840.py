"""Detecting that a computation has come to rest, by a token that goes round a ring.

E. W. Dijkstra, W. H. J. Feijen and A. J. M. van Gasteren, Derivation of a Termination Detection Algorithm for
Distributed Computations, EWD840, 1983; after S. Merz's TLA+ specification of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Annotated

from elcheck import (
    WEAK,
    Model,
    Spec,
    State,
    Step,
    Steps,
    action,
    always_possible,
    guard,
    holds,
    refines,
    refines_fairly,
    replace,
    sometimes,
)
from elcheck.specs.abstractions import Termination, TerminationDetection, switched


class Ring(State):
    """Which processes are active, which are black (have sent something), and where the token is."""

    active: tuple[bool, ...]
    black: tuple[bool, ...]
    token_at: int = 0
    token_is_black: bool = True


class Probing(Spec[Ring]):
    """The token is passed from the last process on down, to process 0."""

    processes: int

    def start(self) -> Steps[Ring]:
        """Any processes are active, and black."""
        flags = list(product((False, True), repeat=self.processes))
        for active, black in product(flags, flags):
            yield Step(Ring(active, black))

    def process(self) -> Iterable[int]:
        """The processes."""
        return range(self.processes)

    @action(fair=WEAK)
    def probe(self, s: Ring) -> Ring:
        """Process 0 sends a white token round, if the last round has told nothing."""
        guard(s.token_at == 0, "the token is on its way")
        guard(s.token_is_black or s.black[0], "the last round has told all")
        black = switched(s.black, 0, on=False)
        return replace(s, black=black, token_at=self.processes - 1, token_is_black=False)

    @action(over=process, fair=WEAK)
    def passed(self, s: Ring, process: int) -> Ring:
        """A process at rest passes the token on; a black one blackens it, and is white then."""
        guard(0 < process == s.token_at, "it has no token to pass")
        guard(not s.active[process] or s.black[process] or s.token_is_black, "it is active")
        token = s.token_is_black or s.black[process]
        black = switched(s.black, process, on=False)
        return replace(s, token_at=process - 1, token_is_black=token, black=black)

    @action(over=(process, process))
    def send(self, s: Ring, process: int, other: int) -> Ring:
        """An active process wakes another up."""
        guard(s.active[process] and process != other, "it is at rest")
        black = self.blackened(s, process, other)
        return replace(s, active=switched(s.active, other, on=True), black=black)

    def blackened(self, s: Ring, process: int, other: int) -> tuple[bool, ...]:
        """Who sends to a process that the token comes to later is black."""
        return switched(s.black, process, on=True) if other > process else s.black

    @action(over=process)
    def rest(self, s: Ring, process: int) -> Ring:
        """A process comes to rest."""
        guard(s.active[process], "it is at rest")
        return replace(s, active=switched(s.active, process, on=False))


class NeverBlack(Probing):
    """Who wakes another up stays white."""

    def blackened(self, s: Ring, process: int, other: int) -> tuple[bool, ...]:
        return s.black


def detected(s: Ring) -> bool:
    """Process 0 has the token, and knows."""
    return s.token_at == 0 and not (s.token_is_black or s.black[0] or s.active[0])


def model(
    processes: Annotated[int, "processes"] = 3,
    bug: Annotated[type[Probing], "a mistake to put in"] = Probing,
) -> Model:
    """Termination detection by a token on a ring.

    Paper: E. W. Dijkstra and others, EWD840, 1983.
    Assumes: a message arrives at once.
    """
    mapping = holds(Ring, lambda s: Termination(s.active, detected(s)))
    return Model(
        bug(processes),
        properties=[
            refines("what is detected is termination", TerminationDetection(processes), mapping),
            refines_fairly("it is detected in the end", TerminationDetection(processes), mapping),
            sometimes("termination is detected", holds(Ring, detected)),
            always_possible("all can come to rest", holds(Ring, lambda s: not any(s.active))),
        ],
    )
