"""What a campaign came to: for each function, for each property, in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elcheck.checker.model.model import Model
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.trial import RAISES, MutantFate, Trial
from elcheck.checker.system.system import deadlock_claim


@dataclass(frozen=True)
class Tally:
    """How many mutants came to what."""

    mutants: int
    fates: Mapping[MutantFate, int]

    @property
    def score(self) -> float | None:
        """The part of the mutants that are killed, of those that are not equivalent; None if all are."""
        real = sum(self.fates.values()) - self.fates.get(MutantFate.EQUIVALENT, 0)
        return self.fates.get(MutantFate.KILLED, 0) / real if real else None


@dataclass(frozen=True)
class PropertyScore:
    """Of a property: how many mutants it kills in as few steps as any, how many of them alone (no other is
    broken in as many steps), and the fewest steps. One that kills none alone kills nothing that others do
    not kill as soon.
    """

    name: str
    kills: int
    alone: int
    fewest: int | None


def tally_of(trials: Sequence[Trial]) -> Tally:
    """How many of some mutants came to what."""
    return Tally(len(trials), Counter(trial.fate for trial in trials))


def by_function(mutants: Sequence[Mutant], trials: Mapping[str, Trial]) -> dict[str, Tally]:
    """The same for each function, in the order of the code, as far as it was tried."""
    functions = dict.fromkeys(mutant.function for mutant in mutants)
    groups = {
        function: [trials[m.key] for m in mutants if m.function == function and m.key in trials]
        for function in functions
    }
    return {function: tally_of(group) for function, group in groups.items() if group}


def by_property(model: Model, trials: Sequence[Trial]) -> list[PropertyScore]:
    """The score of each property, those of the model in its order, then that nothing raises."""
    names = [claim.name for claim in (*model.properties, *deadlock_claim(model))]
    killed = [trial for trial in trials if trial.fate is MutantFate.KILLED]
    scores = []
    for name in (*names, RAISES):
        by = [trial for trial in killed if name in trial.killers]
        steps = [trial.steps for trial in by if trial.steps is not None]
        alone = sum(trial.killers == (name,) for trial in by)
        if by or name != RAISES:
            scores.append(PropertyScore(name, len(by), alone, min(steps, default=None)))
    return scores
