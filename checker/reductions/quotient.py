"""A system with one state for each set of states that are alike: but for dead messages, for how late all
terms are, and for which of the nodes that may change places is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, product

from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.swap import Swap
from elcheck.checker.reductions.canonical import Canonical
from elcheck.checker.reductions.dead_mail import DeadMail
from elcheck.checker.reductions.equivariance import Equivariance
from elcheck.checker.reductions.group import Group
from elcheck.checker.reductions.relative_terms import RelativeTerms
from elcheck.checker.reductions.shift_invariance import ShiftInvariance
from elcheck.checker.reductions.staleness import StaleChoice, Staleness
from elcheck.checker.reductions.swapped import Swapped
from elcheck.checker.reductions.unfolding import unfolded
from elcheck.checker.system.moves import Move
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import Cuts, Found, Likeness, Observation, Path, System

PAIR = 2
"""States of the full system that the plain engine takes while it looks at two nodes of one state from each
other's side, to order them: of Raft's election with five nodes it does some 60,000 states a second, and 6,000
that stand for others; the fast engine wins from some 800 on with five nodes, from 3,000 with three.
"""


class Quotient(System):
    """The representatives of a system's states: without the messages that are dead by ``staleness``, if that
    is given, with terms counted from the least, if they are ``relative``, and with nodes in the order that
    stands for all orders of the ``group``.
    """

    def __init__(
        self, full: NodeSystem, group: Group, staleness: Staleness | None = None, *, relative: bool = False
    ) -> None:
        super().__init__(full.model, full.runner)
        self._full = full
        self.group = group
        exchanges = {a: Swapped(full, swap) for a, swap in group.adjacent().items()}
        self._adjacent = exchanges
        self.exchanges = list(exchanges.values())
        self.canonical = Canonical(full, group.blocks, exchanges)
        self._equivariance = Equivariance(full, self.exchanges)
        self.dead = None if staleness is None else DeadMail(full, staleness)
        self.terms = RelativeTerms(full) if relative else None
        self._invariance = ShiftInvariance(full, self.dead)

    def __reduce__(self) -> tuple[Callable[..., Quotient], tuple[object, ...]]:
        rules = None if self.dead is None else self.dead.staleness
        tried = None if rules is None else (rules.choice, rules.refuted, rules.by_terms)
        return _built_again, (self._full, self.group, tried, self.terms is not None)

    @property
    def full(self) -> NodeSystem:
        return self._full

    @property
    def fast(self) -> bool:
        return self.full.fast

    @property
    def stands_for_several(self) -> bool:
        return bool(self.exchanges)

    @property
    def cost(self) -> int:
        return 1 + PAIR * len(self.exchanges) ** 2

    def initial(self) -> Iterator[int]:
        self.verify_starts()
        free = self.full.free_starts()
        starts = self.full.initial() if free is None else self._combined(free)
        found = dict.fromkeys(map(self.representative, starts))
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
        found, cuts = self.expanded(code)
        return self.reduced(found), cuts

    def expanded(self, code: int) -> tuple[Found, Cuts]:
        found, cuts = self.full.successors(code)
        return (found if self.dead is None else self.dead.steps(code, found)), cuts

    def reduced(self, found: Found) -> Found:
        self.verify()
        of = self.representative
        return [(of(succ), move) for succ, move in found]

    def verify_starts(self) -> None:
        """Check that the initial states are closed under exchanges. Raises Asymmetry."""
        if self.exchanges:
            self._equivariance.check_starts()

    def verify(self) -> None:
        """Check what was learned since the last time. Raises NotGranted."""
        again = True
        while again:
            if self.exchanges:
                self._equivariance.check()
            again = self.dead is not None and self.dead.check(self.exchanges)
        if self.terms is not None:
            self._invariance.check()

    def settled(self, code: int) -> int:
        """A state of the full system without what makes no difference, its nodes where they are."""
        alive = self._alive(code)
        return alive if self.terms is None else self.terms.of(alive)

    def representative(self, code: int) -> int:
        return self.canonical.of(self.settled(code))

    def represents(self, code: int) -> int:
        return self.canonical.orbit(code)

    def neighbours(self, code: int) -> Iterator[tuple[Swap, int]]:
        return ((swapped.swap, swapped.code(code)) for swapped in self.exchanges)

    def alike(self, seen: tuple[object, ...]) -> Iterator[tuple[Likeness, tuple[object, ...]]]:
        for swapped in self.exchanges:
            yield swapped.swap, tuple([swapped.swap.seen(part) for part in seen])
        if self.terms is not None:
            for shift in self._invariance.shifts:
                yield shift, shift.value(seen)

    def path(self, codes: Sequence[int], step: tuple[int, Move] | None = None) -> Path:
        """The steps through states that representatives stand for: from an initial one on, and then all of it
        by the exchanges that make the last representative of the state that it ends in.
        """
        of = self.representative
        found = [self._start_of(codes[0])]
        for representative in map(of, codes[1:]):
            steps, _ = self.full.successors(found[-1])
            found.append(next(succ for succ, _ in steps if of(succ) == representative))
        moved = self.canonical.moving(self.settled(found[-1]), codes[-1])
        path = self.full.path([moved(code) for code in found])
        return path if step is None else [*path, self._step_from(path[-1][0], step)]

    def _start_of(self, representative: int) -> int:
        """An initial state of the full system for which a representative stands."""
        if self.dead is None and self.terms is None:
            return representative
        alike = (code for code in self.full.initial() if self.representative(code) == representative)
        return next(alike)

    def _step_from(self, code: int, step: tuple[int, Move]) -> tuple[int, Move]:
        """The step of a state that does what a step of its representative does."""
        after, move = step
        steps, _ = self.full.successors(code)
        alike = ((succ, m) for succ, m in steps if self.relative(m.event, code) == move.event)
        return next(found for found in alike if self.settled(found[0]) == self.settled(after))

    def relative(self, event: Event, code: int) -> Event:
        """An event of a state of the full system as it is of the state that stands for that."""
        if self.terms is None:
            return event
        base = self.rise(code)
        return self.terms.lower(base).event(event) if base else event

    @property
    def any_terms(self) -> int | None:
        return None if self.terms is None else self.full.model.spread

    def rise(self, code: int) -> int:
        return 0 if self.terms is None else self.terms.base(self._alive(code))

    def _alive(self, code: int) -> int:
        """A state of the full system without dead messages."""
        return code if self.dead is None else self.dead.of(code)

    def unfolded(self, path: Path, loop: int | None) -> tuple[Path, int | None]:
        return unfolded(self, path, loop)

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


def _built_again(
    full: NodeSystem,
    group: Group,
    tried: tuple[StaleChoice, tuple[NotGranted, ...], bool] | None,
    relative: bool,
) -> Quotient:
    """A system of representatives as in another process, where it may have learned something."""
    staleness = None
    if tried is not None:
        choice, refuted, by_terms = tried
        staleness = Staleness(full.runner, choice, refuted, by_terms=by_terms)
    return Quotient(full, group, staleness, relative=relative)
