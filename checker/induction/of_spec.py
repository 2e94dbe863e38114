"""Induction over the states of a Spec: each candidate that satisfies the claim, with all of its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elcheck.checker.induction.claims import InductiveClaim
from elcheck.checker.induction.domains import Domain, met_fields
from elcheck.checker.induction.result import BaseFailure, Induction, InductionStep
from elcheck.checker.model.inductive import Every, Inductive
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.process.watch import look


class SpecUniverse:
    """The states that are asked: all values of some classes, and some values."""

    def __init__(self, claim: Inductive, met: Sequence[object]) -> None:
        given = claim.candidates or met_fields(met)
        self.domains = [Domain(each, ()) for each in given if isinstance(each, Every)]
        self.values = list(dict.fromkeys(each for each in given if not isinstance(each, Every)))
        self._known = frozenset(self.values)

    def __iter__(self) -> Iterator[object]:
        for domain in self.domains:
            yield from domain
        yield from (value for value in self.values if not any(value in domain for domain in self.domains))

    def __contains__(self, state: object) -> bool:
        return state in self._known or any(state in domain for domain in self.domains)

    def __str__(self) -> str:
        parts = [
            f"{len(domain):,} states, all that {domain.of.__name__} can be with "
            + ", ".join(f"{len(values)} values of {name}" for name, values in domain.fields.items())
            for domain in self.domains
        ]
        return "; ".join(parts + [f"{len(self.values):,} states that were given"] * bool(self.values))


def induct_spec(found: Induction, claim: InductiveClaim, runner: Runner, universe: SpecUniverse) -> None:
    """Look at every step from every candidate. Raises Ended, HandlerError."""
    for start in runner.shared_starts():
        if runner.crossed(start.state):
            continue
        wrong = claim.of_shared(start.state)
        if wrong is not None:
            found.base = BaseFailure(GlobalState(shared=start.state), wrong)
            return
        if start.state not in universe:
            _leave(found, GlobalState(shared=start.state))
    events = runner.shared_events()
    for state in universe:
        look()
        if not runner.crossed(state) and claim.of_shared(state) is None:
            found.asked += 1
            if _breaks(found, claim, runner, universe, state, events):
                return


def _breaks(
    found: Induction,
    claim: InductiveClaim,
    runner: Runner,
    universe: SpecUniverse,
    state: object,
    events: Sequence[Event],
) -> bool:
    """Whether a step from a state leads to one in which the claim does not hold."""
    for event in events:
        for step in runner.take(event, state).steps:
            crossed = runner.crossed(step.state)
            found.cut.update(crossed)
            if crossed or step.state == state:
                continue
            taken = InductionStep(
                GlobalState(shared=state), event.chosen(step.choice), GlobalState(shared=step.state)
            )
            wrong = claim.of_shared(step.state)
            if wrong is not None:
                found.counterexample, found.complaint = taken, wrong
                return True
            if step.state not in universe:
                _leave(found, taken)
    return False


def _leave(found: Induction, where: InductionStep | GlobalState) -> None:
    found.leaving = found.leaving or where
    found.leavings += 1
