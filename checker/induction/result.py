"""What was found of a claim of induction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from elcheck.checker.model.inductive import Inductive
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.process.limits import Stop


class InductionVerdict(Enum):
    """What induction says of a claim."""

    INDUCTIVE = "inductive"
    NOT_INDUCTIVE = "not-inductive"
    UNDETERMINED = "undetermined"

    @property
    def words(self) -> str:
        """In words."""
        return self.value.replace("-", " ")


@dataclass(frozen=True)
class InductionStep:
    """A step from a state in which the claim holds. Whether a run comes to that state is not said by it."""

    before: GlobalState
    event: Event
    after: GlobalState


@dataclass(frozen=True)
class BaseFailure:
    """An initial state in which the claim does not hold."""

    state: GlobalState
    complaint: str


@dataclass
class Induction:
    """What is known of a claim. ``universe`` says what states are made of. ``base`` is an initial state that
    breaks it; ``counterexample`` a step that does, and ``complaint`` what the claim says of the state after
    it. ``leaving`` is a step (or, without one, an initial state) out of the universe, of so many
    ``leavings`` that were met. ``asked`` counts the different steps of a node (of a Spec: the states) that
    were looked at; ``cut`` those that bounds cut. ``raised``: a handler or a check did.
    """

    claim: Inductive
    universe: str = ""
    base: BaseFailure | None = None
    counterexample: InductionStep | None = None
    complaint: str = ""
    leaving: InductionStep | GlobalState | None = None
    leavings: int = 0
    asked: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    raised: str | None = None
    stopped: Stop | None = None
    reachable: int | None = None
    """How many reachable states there are, in all of which the claim holds; None if that is not known."""
    violated: bool = False
    """Whether it is known not to hold in some reachable state."""

    @property
    def verdict(self) -> InductionVerdict:
        """What all of that comes to."""
        if self.base is not None or self.counterexample is not None:
            return InductionVerdict.NOT_INDUCTIVE
        if self.stopped is not None or self.raised is not None or self.leaving is not None:
            return InductionVerdict.UNDETERMINED
        return InductionVerdict.INDUCTIVE
