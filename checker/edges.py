"""The edges of a finished search: its states' steps once more, from index to index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.explore import Search
from checker.system import System
from checker.system.moves import Move
from checker.system.system import UNCUT


@dataclass(frozen=True)
class Edges:
    """The steps of one state that lead to stored states, as (index after it, move). ``leaves`` says that
    there are others: cut by a bound, to a state that was not stored, or never looked at.
    """

    index: int
    steps: list[tuple[int, Move]]
    leaves: bool


def edges(search: Search, system: System) -> Iterator[Edges]:
    """The edges of every stored state, in the order of their finding."""
    index_of = {code: index for index, code in enumerate(search.codes)}
    for index, code in enumerate(search.codes):
        if index >= search.expanded:
            yield Edges(index, [], leaves=True)
            continue
        found, cuts = system.successors(code)
        steps = [(index_of[succ], move) for succ, move in found if succ in index_of]
        yield Edges(index, steps, leaves=cuts is not UNCUT or len(steps) < len(found))
