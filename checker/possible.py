"""Possibility: from every reachable state some behaviour leads to one in which a check holds.

This is AG EF p of branching time (Clarke, Emerson and Sistla 1986). It needs no fairness and asks for none:
what stays possible for ever need never happen. Where a bound has cut steps, a state from which p is not met
again but something that was cut may lead on is no counterexample, and the claim is undetermined.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from checker.edges import edges
from checker.explore import Patience, Search
from checker.model.handlers import HandlerError
from checker.model.values import counted
from checker.properties import Finding, Judge
from checker.system import System


def judge_possibility(search: Search, system: System, judge: Judge, patience: Patience) -> None:
    """Decide the claims of this kind over a search that nothing stopped.

    A refuted one has a finding: the first state from which p can't be reached any more. ``judge.unsure`` says
    why one can't be told.
    """
    claims = [number for number, claim in enumerate(judge.claims) if claim.kind == "possible"]
    if not claims or search.stopped is not None:
        return
    judge.unsure.update(dict.fromkeys(claims, "it was interrupted before this could be told"))
    try:
        graph = _Backwards.of(search, system, patience)
        ways_out = graph.reaching(index for index in range(graph.size) if graph.leaves[index])
        for number in claims:
            _judge_one(number, search, judge, graph, ways_out)
    except OutOfPatience as why:
        judge.unsure.update(dict.fromkeys(claims, f"{why} before this could be told"))
    except KeyboardInterrupt:
        pass  # what is not decided stays unsure


def _judge_one(number: int, search: Search, judge: Judge, graph: _Backwards, ways_out: bytearray) -> None:
    goals = []
    for index, code in enumerate(search.codes):
        try:
            if judge.holds(number, code):
                goals.append(index)
        except HandlerError as error:
            search.failure = (index, str(error))
            return
    reaching = graph.reaching(goals)
    lost = [index for index in range(graph.size) if not reaching[index]]
    dead = next((index for index in lost if not ways_out[index]), None)
    del judge.unsure[number]
    if dead is not None:
        judge.found(number, Finding(dead, None, "from here on it is not possible any more"))
    elif lost:
        judge.unsure[number] = f"within bounds not possible from {counted(len(lost), 'state')}"


class OutOfPatience(Exception):
    """Time or memory ran out. The message says which."""


@dataclass
class _Backwards:
    """The edges turned round: those into state i come from ``sources[starts[i]:starts[i + 1]]``."""

    leaves: bytearray
    starts: array[int]
    sources: array[int]

    @classmethod
    def of(cls, search: Search, system: System, patience: Patience) -> _Backwards:
        """The edges of a search. Raises OutOfPatience."""
        size = len(search.codes)
        leaves, into = bytearray(size), array("Q", bytes(8 * size))
        targets, ends = array("Q"), array("Q")
        for state in edges(search, system):
            if state.index % patience.every == 0 and (why := patience.out(search)):
                raise OutOfPatience(why)
            leaves[state.index] = state.leaves
            for succ, _ in state.steps:
                targets.append(succ)
                into[succ] += 1
            ends.append(len(targets))
        starts = array("Q", accumulate(into, initial=0))
        free, sources = array("Q", starts), array("Q", bytes(8 * len(targets)))
        begin = 0
        for index, end in enumerate(ends):
            for succ in targets[begin:end]:
                sources[free[succ]] = index
                free[succ] += 1
            begin = end
        return cls(leaves, starts, sources)

    @property
    def size(self) -> int:
        """States."""
        return len(self.leaves)

    def reaching(self, goals: Iterable[int]) -> bytearray:
        """Which states lead to a goal, the goals among them."""
        found = bytearray(self.size)
        todo = []
        for goal in goals:
            found[goal] = 1
            todo.append(goal)
        while todo:
            index = todo.pop()
            for source in self.sources[self.starts[index] : self.starts[index + 1]]:
                if not found[source]:
                    found[source] = 1
                    todo.append(source)
        return found
