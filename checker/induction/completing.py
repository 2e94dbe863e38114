"""Local states of all nodes that satisfy a claim together, put together from those of some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from elcheck.checker.induction.claims import InductiveClaim
from elcheck.checker.induction.universe import NodeUniverse
from elcheck.checker.model.state import Envelope
from elcheck.checker.process.watch import look

Vector = tuple[int, ...]
"""The number of a local state for each node."""


class Completions:
    """What goes together, by the claim's parts that look at one node or two; what looks at all nodes is asked
    at the end. Answers are kept.
    """

    def __init__(self, claim: InductiveClaim, universe: NodeUniverse) -> None:
        self._claim = claim
        self._universe = universe
        self._alone: dict[tuple[int, int], str | None] = {}
        self._pairs: dict[tuple[int, int, int, int], str | None] = {}
        self._allowed: dict[tuple[Envelope, int, int], str | None] = {}
        self._all: dict[Vector, str | None] = {}

    def alone(self, node: int, number: int) -> str | None:
        """What is wrong with a node in a local state."""
        key = (node, number)
        if key not in self._alone:
            self._alone[key] = self._claim.of_node(self._universe.states[node][number])
        return self._alone[key]

    def pair(self, a: int, of_a: int, b: int, of_b: int) -> str | None:
        """What is wrong with two nodes."""
        key = (a, of_a, b, of_b) if a < b else (b, of_b, a, of_a)
        if key not in self._pairs:
            states = self._universe.states
            self._pairs[key] = self._claim.of_pair(states[key[0]][key[1]], states[key[2]][key[3]])
        return self._pairs[key]

    def message(self, sent: Envelope, of_src: int, of_dst: int) -> str | None:
        """What is wrong with a message, by the local states of its sender and its receiver."""
        key = (sent, of_src, of_dst)
        if key not in self._allowed:
            states = self._universe.states
            src, dst = states[sent.src.index][of_src], states[sent.dst.index][of_dst]
            self._allowed[key] = self._claim.of_message(sent, src, dst)
        return self._allowed[key]

    def all(self, vector: Vector) -> str | None:
        """What is wrong with all nodes together."""
        if not self._claim.looks_at_all:
            return None
        if vector not in self._all:
            nodes = [self._universe.states[node][number] for node, number in enumerate(vector)]
            self._all[vector] = self._claim.of_all(nodes)
        return self._all[vector]

    def of(self, fixed: Mapping[int, int], needs: Sequence[Envelope] = ()) -> Iterator[Vector]:
        """All vectors with some nodes as they are said that satisfy the claim, with some messages under way.

        Raises Ended.
        """
        nodes = range(len(self._universe.nodes))
        first = sorted(nodes, key=lambda node: node not in fixed)
        yield from self._assign({}, first, fixed, needs)

    def _assign(
        self, chosen: dict[int, int], left: Sequence[int], fixed: Mapping[int, int], needs: Sequence[Envelope]
    ) -> Iterator[Vector]:
        if not left:
            vector = tuple(chosen[node] for node in range(len(self._universe.nodes)))
            if self.all(vector) is None:
                yield vector
            return
        node, *others = left
        numbers = [fixed[node]] if node in fixed else self._universe.numbers(node)
        for number in numbers:
            look()
            if self._fits(chosen, node, number, needs):
                chosen[node] = number
                yield from self._assign(chosen, others, fixed, needs)
                del chosen[node]

    def _fits(self, chosen: Mapping[int, int], node: int, number: int, needs: Sequence[Envelope]) -> bool:
        """Whether a node in a local state goes with those that are chosen, and with what is under way."""
        if self.alone(node, number) is not None:
            return False
        if any(self.pair(node, number, other, of) is not None for other, of in chosen.items()):
            return False
        for sent in needs:
            src, dst = sent.src.index, sent.dst.index
            if node in (src, dst):
                known = {**chosen, node: number}
                if src in known and dst in known and not self.possible(sent, known[src], known[dst]):
                    return False
        return True

    def possible(self, sent: Envelope, of_src: int, of_dst: int) -> bool:
        """Whether a message may be under way between two nodes."""
        receiver = self._universe.states[sent.dst.index][of_dst]
        return self._universe.keeps_mail(receiver) and self.message(sent, of_src, of_dst) is None
