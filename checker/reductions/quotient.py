"""A system with one state for each set of states that are alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product

from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.swap import Swap
from elcheck.checker.reductions.canonical import Canonical
from elcheck.checker.reductions.equivariance import Equivariance
from elcheck.checker.reductions.group import Group
from elcheck.checker.reductions.swapped import Swapped
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import Cuts, Found, Observation, Path, System


class Quotient(System):
    """The representatives of a system's states. Each of them is a state of that system."""

    def __init__(self, full: NodeSystem, group: Group) -> None:
        super().__init__(full.model, full.runner)
        self._full = full
        self.group = group
        exchanges = {a: Swapped(full, swap) for a, swap in group.adjacent().items()}
        self._adjacent = exchanges
        self.exchanges = list(exchanges.values())
        self.canonical = Canonical(full, group.blocks, exchanges)
        self._equivariance = Equivariance(full, self.exchanges)

    @property
    def full(self) -> NodeSystem:
        return self._full

    @property
    def fast(self) -> bool:
        return self.full.fast

    def initial(self) -> Iterator[int]:
        self.verify_starts()
        free = self.full.free_starts()
        starts = self.full.initial() if free is None else self._combined(free)
        found = dict.fromkeys(map(self.canonical.of, starts))
        self.left_out = self.full.left_out
        return iter(found)

    def _combined(self, free: Sequence[Sequence[int]]) -> Iterator[int]:
        """Initial states, one at least of those that are alike: of the nodes of a block, which start alike,
        only how many start in which way matters.
        """
        start, of_blocks = self.full.environments.start << self.full.environments.shift, []
        for block in self.group.blocks:
            ways = [list(free[block[0]])]
            for swapped in (self._adjacent[a] for a in block[:-1]):
                i = swapped.swap.first.index
                ways.append([next(iter(swapped.fields(i, [field]))) for field in ways[-1]])
            chosen = combinations_with_replacement(range(len(ways[0])), len(block))
            of_blocks.append([sum(way[n] for way, n in zip(ways, each, strict=True)) for each in chosen])
        return (start + sum(parts) for parts in product(*of_blocks))

    def successors(self, code: int) -> tuple[Found, Cuts]:
        found, cuts = self.full.successors(code)
        return self.reduced(found), cuts

    def reduced(self, found: Found) -> Found:
        self.verify()
        of = self.canonical.of
        return [(of(succ), move) for succ, move in found]

    def verify_starts(self) -> None:
        """Check that the initial states are closed under exchanges. Raises Asymmetry."""
        self._equivariance.check_starts()

    def verify(self) -> None:
        """Check what was learned since the last time. Raises Asymmetry."""
        self._equivariance.check()

    def representative(self, code: int) -> int:
        return self.canonical.of(code)

    def represents(self, code: int) -> int:
        return self.canonical.orbit(code)

    def neighbours(self, code: int) -> Iterator[tuple[Swap, int]]:
        return ((swapped.swap, swapped.code(code)) for swapped in self.exchanges)

    def alike(self, seen: tuple[object, ...]) -> Iterator[tuple[Swap, tuple[object, ...]]]:
        for swapped in self.exchanges:
            yield swapped.swap, tuple([swapped.swap.seen(part) for part in seen])

    def path(self, codes: Sequence[int]) -> Path:
        """The steps through states that representatives stand for: from the first one on, and then all of it
        by the exchanges that make the last representative of the state that it ends in.
        """
        of, found = self.canonical.of, [codes[0]]
        for representative in map(of, codes[1:]):
            steps, _ = self.full.successors(found[-1])
            found.append(next(succ for succ, _ in steps if of(succ) == representative))
        moved = self.canonical.moving(found[-1], codes[-1])
        return self.full.path([moved(code) for code in found])

    def decode(self, code: int) -> GlobalState:
        return self.full.decode(code)

    def observation(self, code: int) -> Observation:
        return self.full.observation(code)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        return self.full.view_key(observation, claim)

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        return self.full.views(observation, claim)

    def blocked_heads(self) -> list[str]:
        return self.full.blocked_heads()
