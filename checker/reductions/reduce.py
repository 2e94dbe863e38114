"""Which reductions a model admits, found by trying: what is met may refute one, which is then taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.shift import AbsoluteTerms
from elcheck.checker.model.swap import Asymmetry, Swap
from elcheck.checker.reductions.dead_mail import obstacle_to_dead_mail
from elcheck.checker.reductions.equivariance import SPLIT, crashes_split_sends
from elcheck.checker.reductions.group import Group, group_of
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.reductions.relative_terms import obstacle_to_relative_terms
from elcheck.checker.reductions.staleness import NotStale, StaleChoice, Staleness
from elcheck.checker.system import NodeSystem, System

T = TypeVar("T")


@dataclass(frozen=True)
class WantedReductions:
    """Which reductions are to be tried: ``symmetry``, by which rules messages are dead, and whether terms are
    counted from the least where a bound on their spread makes that worth it.
    """

    symmetry: bool = True
    dead_messages: StaleChoice = "auto"
    relative_terms: bool = True


def reduced(
    fresh: Callable[[], System], search: Callable[[System], T], wanted: WantedReductions = WantedReductions()
) -> tuple[T, tuple[str, ...]]:
    """Search the representatives of a system's states, again with fewer of them whenever what is met refutes
    what makes them representatives. Each time it is a ``fresh`` system, which has learned nothing yet. With
    what is found come sentences that say what the search was reduced by, and why not by more.
    """
    refuted: tuple[NotGranted, ...] = ()
    while True:
        system = fresh()
        system.refuted = refuted
        try:
            attempt = _Attempt(system, wanted, refuted)
            found = search(attempt.quotient or system)
        except NotGranted as refutation:
            refuted = (*refuted, refutation)
            continue
        return found, tuple(attempt.notes)


def refutation(kind: str, of: tuple[str, str], why: str, nodes: Sequence[NodeId]) -> NotGranted:
    """A refutation that was written down, by the name of its class."""
    if kind == Asymmetry.__name__:
        named = {node.name: node for node in nodes}
        return Asymmetry(Swap(named[of[0]], named[of[1]]), why)
    return NotStale(of, why) if kind == NotStale.__name__ else AbsoluteTerms(why)


class _Attempt:
    """A search of representatives: ``quotient`` is their system, None if each state stands for itself."""

    def __init__(self, system: System, wanted: WantedReductions, refuted: tuple[NotGranted, ...]) -> None:
        self._refuted = refuted
        self.quotient: Quotient | None = None
        self._group: Group | None = None
        self._why_asymmetric: str | None = None
        self._why_not_dead: str | None = None
        self._why_absolute: str | None = None
        if not isinstance(system, NodeSystem):
            return
        apart = [found for found in refuted if isinstance(found, Asymmetry)]
        group = group_of(system.model, [found.swap for found in apart])
        self._why_asymmetric = _obstacle(system) if wanted.symmetry else None
        if any(str(found) == SPLIT for found in apart):
            self._why_asymmetric = SPLIT
        if wanted.symmetry and self._why_asymmetric is None and group.size > 1:
            self._group = group
        relative = self._may_count_terms(system, wanted)
        staleness = Staleness(system.runner, wanted.dead_messages, refuted, by_terms=relative)
        if staleness.rules:
            self._why_not_dead = obstacle_to_dead_mail(system)
        takes_out = bool(staleness.rules) and self._why_not_dead is None
        if self._group is not None or takes_out or relative:
            alone = Group(group.nodes, [(node.index,) for node in group.nodes])
            self.quotient = Quotient(
                system, self._group or alone, staleness if takes_out else None, relative=relative
            )

    def _may_count_terms(self, system: NodeSystem, wanted: WantedReductions) -> bool:
        """Whether terms may be counted from the least, as far as is known."""
        if system.model.spread is None or not wanted.relative_terms:
            return False
        refuted = [str(found) for found in self._refuted if isinstance(found, AbsoluteTerms)]
        self._why_absolute = refuted[0] if refuted else obstacle_to_relative_terms(system)
        return self._why_absolute is None

    @property
    def notes(self) -> list[str]:
        """What there is to say of it once the search is over."""
        return [*self._of_symmetry(), *self._of_dead_messages(), *self._of_terms()]

    def _of_terms(self) -> list[str]:
        if self.quotient is not None and self.quotient.terms is not None:
            return [
                "Relative terms: only their order counts; states that differ in how late all of them are "
                "count once."
            ]
        return [f"No relative terms: {self._why_absolute}."] if self._why_absolute is not None else []

    def _of_symmetry(self) -> list[str]:
        found = []
        if self._group is not None:
            alike = (
                f"{self._group} are alike; states that differ in which of them is which were searched once"
            )
            found.append(f"Symmetry: {alike}.")
        none = "No symmetry" if self._group is None else "No more symmetry"
        whys = [str(found) for found in self._refuted if isinstance(found, Asymmetry)]
        if self._why_asymmetric is not None:
            whys = [self._why_asymmetric]
        return found + [f"{none}: {why}." for why in whys]

    def _of_dead_messages(self) -> list[str]:
        found = []
        dead = self.quotient.dead if self.quotient is not None else None
        if dead is not None and dead.some:
            rules = ", ".join(dict.fromkeys(map(str, dead.rules_used)))
            found.append(
                f"Dead messages: those of {rules} can do nothing any more; states that differ in them alone "
                "count once."
            )
        none = "No dead messages" if dead is None else "No more dead messages"
        whys = [str(why) for why in self._refuted if isinstance(why, NotStale) and not why.of[1]]
        whys += [self._why_not_dead] if self._why_not_dead is not None else []
        return found + [f"{none}: {why}." for why in whys]


def _obstacle(system: NodeSystem) -> str | None:
    """Why the nodes of a model can't be exchanged, whatever its handlers do."""
    kinds = {claim.kind for claim in system.claims}
    if "liveness" in kinds:
        return "claims of liveness take the whole graph"
    if crashes_split_sends(system):
        return SPLIT
    ticks = any(system.runner.events(node, "tick") for node in system.runner.nodes)
    if ticks and "step" in kinds:
        return "nodes step together, and properties look at steps"
    return None
