"""The report of a campaign: what became of each mutant, what survived and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.mutation.baseline import Baseline
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.score import PropertyScore, Tally, by_function, by_property, tally_of
from elcheck.checker.mutation.survivor import Survivor, from_near
from elcheck.checker.mutation.trial import MutantFate, Trial
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import optional


@dataclass(frozen=True)
class CampaignReport:
    """Everything that a campaign has to say. ``mutants`` are those that were wanted, in the order of the
    code, ``trials`` what became of them, by their keys, as far as they were tried. ``explained`` says of
    survivors why nothing depends on them, ``unsure`` has the keys of those that are known to be undecided,
    ``deviations`` says in what all this is not as it is pinned.
    """

    baseline: Baseline
    mutants: Sequence[Mutant]
    trials: Mapping[str, Trial]
    limits: Limits
    seconds: float
    explained: Mapping[str, str] = field(default_factory=dict)
    unsure: Sequence[str] = ()
    deviations: Sequence[str] = ()

    def having(self, fate: MutantFate) -> list[Mutant]:
        """The mutants of which that became, in the order of the code."""
        return [m for m in self.mutants if m.key in self.trials and self.trials[m.key].fate is fate]

    @property
    def left(self) -> int:
        """How many were not tried."""
        return len(self.mutants) - len(self.trials)

    @cached_property
    def survivors(self) -> list[Survivor]:
        """The survivors that nobody has explained, from near. It takes a moment for each."""
        return self.first_survivors(len(self.unexplained))

    def first_survivors(self, count: int) -> list[Survivor]:
        """So many of them, the first ones; fewer if there is no time for all after a signal."""
        found: list[Survivor] = []
        with optional():
            found.extend(from_near(m, self.trials[m.key], self.baseline) for m in self.unexplained[:count])
        return found

    @property
    def unexplained(self) -> list[Mutant]:
        """The survivors that nobody has explained."""
        return [mutant for mutant in self.having(MutantFate.SURVIVED) if not self.explained.get(mutant.key)]

    @property
    def tally(self) -> Tally:
        """How many came to what."""
        return tally_of(list(self.trials.values()))

    @property
    def functions(self) -> dict[str, Tally]:
        """The same for each function."""
        return by_function(self.mutants, self.trials)

    @property
    def properties(self) -> list[PropertyScore]:
        """The score of each property."""
        return by_property(self.baseline.model, list(self.trials.values()))

    @property
    def exit_code(self) -> int:
        """That of a survivor which nobody has explained or of another deviation, of what could not be told,
        or of neither.
        """
        if self.unexplained or self.deviations:
            return EXIT["unexpected"]
        undecided = [m for m in self.having(MutantFate.UNDECIDED) if m.key not in self.unsure]
        return EXIT["undetermined"] if self.left or undecided else 0
