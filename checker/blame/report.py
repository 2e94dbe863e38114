"""What ``elcheck blame`` has found of a state space."""

from __future__ import annotations

from dataclasses import dataclass, field

from elcheck.checker.blame.cutoff import Cutoff
from elcheck.checker.blame.parts import PartCount
from elcheck.checker.blame.variants import VariantCount
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Stop
from elcheck.checker.search.forecast import Forecast


@dataclass(frozen=True)
class SpaceSize:
    """How large a state space is. ``sizes`` has the states of each depth, ``complete`` how many depths are
    known as a whole; ``cut`` says for each bound how many states have steps that it cuts.
    """

    distinct: int
    transitions: int
    sizes: tuple[int, ...]
    complete: int
    cut: dict[str, int]
    stopped: Stop | None
    failure: str | None
    engine: str
    seconds: float
    bytes_held: int


@dataclass
class Blame:
    """What is known of a state space. ``live`` is how many states are left if dead messages are not told
    apart. ``unfinished`` says what was left out, and why. ``further`` is the most states of a variant.
    """

    model: Model
    size: SpaceSize
    further: int
    parts: list[PartCount] = field(default_factory=list)
    live: int | None = None
    variants: list[VariantCount] = field(default_factory=list)
    cutoffs: list[Cutoff] = field(default_factory=list)
    forecast: Forecast | None = None
    growing: tuple[str, ...] = ()
    unfinished: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 if the whole space was looked at, else what kept it from that."""
        if self.size.failure is not None:
            return EXIT["error"]
        return EXIT["undetermined" if self.size.stopped is not None or self.unfinished else "proved"]
