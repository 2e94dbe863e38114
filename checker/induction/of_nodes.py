"""Induction over the states of node programs, without making all of them.

A claim looks at one node, at two, at all, or at a message with its sender and its receiver. So whatever is
under way beside may be there or not, and a step of a node breaks the claim in one of few ways: what the node
is after it, what it is beside another node, a message between it and another (one that was there, or that it
sends), or all nodes together. Only for what is broken is a whole state looked for that satisfies the claim
before; if there is none, the step is not one from such a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from elcheck.checker.induction.claims import InductiveClaim
from elcheck.checker.induction.completing import Completions, Vector
from elcheck.checker.induction.node_steps import NodeStep, is_late, steps_of, ticked
from elcheck.checker.induction.universe import NodeUniverse
from elcheck.checker.model.state import Envelope, Event, is_notice
from elcheck.checker.process.watch import look


@dataclass(frozen=True)
class NumberedStep:
    """A step of all nodes: their local states before it, as numbers, and what has to be under way."""

    event: Event
    before: Vector
    under_way: tuple[Envelope, ...]


@dataclass(frozen=True)
class Broken(NumberedStep):
    """A step that breaks the claim, and what is wrong after it."""

    complaint: str


class NodeInduction:
    """The search for a step that breaks a claim. ``happens`` says of one whether bounds on the network and on
    the spread of terms let it be.
    """

    def __init__(
        self, claim: InductiveClaim, universe: NodeUniverse, happens: Callable[[Broken], bool]
    ) -> None:
        self._happens = happens
        self._claim = claim
        self._universe = universe
        self._completions = Completions(claim, universe)
        self._network = universe.runner.model.environment.network
        self._breaches: dict[tuple[int, int, int, tuple[Envelope, ...], bool], list[_Breach]] = {}
        self._firsts: dict[tuple[int, int, tuple[Envelope, ...]], Vector | None] = {}
        self.asked = 0
        self.cut: list[str] = []
        self.leavings = 0
        self.leaving: NumberedStep | None = None

    def broken(self) -> Broken | None:
        """A step that breaks the claim, None if there is none. The universe grows meanwhile: what steps lead
        to is asked too, until nothing is new. Raises Ended, HandlerError.
        """
        size = -1
        while size != (size := self._size()):
            self.asked, self.cut, self.leavings, self.leaving = 0, [], 0, None
            self._breaches.clear()
            self._firsts.clear()
            for steps in (self._steps(), self._ticks()):
                for found in steps:
                    if found is not None:
                        return found
        return None

    def _size(self) -> int:
        universe = self._universe
        return sum(map(len, universe.states)) + sum(map(len, universe.messages.values()))

    # -- steps of one node -----------------------------------------------------------------------------

    def _steps(self) -> Iterator[Broken | None]:
        """What each step of a node breaks."""
        for node in range(len(self._universe.nodes)):
            number = 0
            while number < len(self._universe.states[node]):  # more come meanwhile
                if number not in self._universe.outside[node] and self._first(node, number, ()) is not None:
                    before = self._universe.states[node][number]
                    for step in steps_of(self._universe, before):
                        yield self._of_step(node, number, step)
                number += 1

    def _of_step(self, node: int, number: int, step: NodeStep) -> Broken | None:
        """What a step of a node breaks."""
        look()
        if step.after == step.before and not step.sends:
            return None
        needs = (step.needs,) if step.needs is not None else ()
        first = self._first(node, number, needs)
        if first is None:
            return None
        self.asked += 1
        if step.cut:
            self.cut += step.cut
            return None
        self._admit(step, first, needs)
        return self._of_breaches(node, number, self._universe.number(step.after), step, needs)

    def _first(self, node: int, number: int, needs: tuple[Envelope, ...]) -> Vector | None:
        """A state that satisfies the claim in which a node is so, and something is under way."""
        key = (node, number, needs)
        if key not in self._firsts:
            self._firsts[key] = next(self._completions.of({node: number}, self._claimed(needs)), None)
        return self._firsts[key]

    def _of_breaches(
        self, node: int, number: int, after: int, step: NodeStep, needs: tuple[Envelope, ...]
    ) -> Broken | None:
        """The first breach for which there is a state before that satisfies the claim."""
        for breach in self._breaches_of(node, number, after, step):
            if breach.message is not None and not self._is_there(breach.message, step):
                continue
            there = (
                (breach.message,) if breach.message is not None and breach.message not in step.sends else ()
            )
            fixed = {node: number, **breach.beside}
            for before in self._completions.of(fixed, self._claimed((*needs, *there))):
                broken = Broken(step.event, before, (*needs, *there), breach.complaint)
                if self._happens(broken):
                    return broken
        if self._claim.looks_at_all:
            for before in self._completions.of({node: number}, self._claimed(needs)):
                wrong = self._completions.all((*before[:node], after, *before[node + 1 :]))
                if wrong is not None:
                    broken = Broken(step.event, before, needs, wrong)
                    if self._happens(broken):
                        return broken
        return None

    def _claimed(self, needs: Sequence[Envelope]) -> tuple[Envelope, ...]:
        """Of what has to be under way, what a claim may forbid: notices are the environment's."""
        return tuple(sent for sent in needs if not is_notice(sent))

    def _is_there(self, sent: Envelope, step: NodeStep) -> bool:
        """Whether a message may be under way after a step: one that is taken is there once more only where
        there may be two of it.
        """
        if step.event.kind == "crash" and self._network == "fifo" and sent not in step.sends:
            return False
        return sent != step.needs or sent in step.sends or self._network != "set"

    def _admit(self, step: NodeStep, before: Vector, needs: tuple[Envelope, ...]) -> None:
        """Take what a step leads to into the universe, or note that it leaves it."""
        inside = self._universe.admit(step.after)
        messages = [self._universe.admit_message(sent) for sent in step.sends]  # each of them
        inside = inside and all(messages)
        if not inside:
            self.leavings += 1
            self.leaving = self.leaving or NumberedStep(step.event, before, needs)

    # -- what a step breaks, whatever else there is ----------------------------------------------------

    def _breaches_of(self, node: int, number: int, after: int, step: NodeStep) -> list[_Breach]:
        """All ways in which a node's coming to another local state breaks the claim, with what it sends."""
        drops = step.event.kind == "crash"
        key = (node, number, after, step.sends, drops)
        if key not in self._breaches:
            self._breaches[key] = list(self._breach(node, number, after, step))
        return self._breaches[key]

    def _breach(self, node: int, number: int, after: int, step: NodeStep) -> Iterator[_Breach]:
        completions, universe = self._completions, self._universe
        wrong = completions.alone(node, after)
        if wrong is not None:
            yield _Breach({}, None, wrong)
        to_self = [*universe.between(node, node), *(sent for sent in step.sends if sent.dst.index == node)]
        for sent in to_self:
            kept = sent in step.sends or completions.possible(sent, number, number)
            if kept and (wrong := self._forbidden(sent, after, after)) is not None:
                yield _Breach({}, sent, wrong)
        for other in range(len(universe.nodes)):
            if other != node:
                for beside in universe.numbers(other):
                    look()
                    if completions.pair(node, number, other, beside) is None:
                        yield from self._breach_beside(node, number, after, step, (other, beside))

    def _breach_beside(
        self, node: int, number: int, after: int, step: NodeStep, where: tuple[int, int]
    ) -> Iterator[_Breach]:
        completions, universe = self._completions, self._universe
        other, beside = where
        wrong = completions.pair(node, after, other, beside)
        if wrong is not None:
            yield _Breach({other: beside}, None, wrong)
        for sent in step.sends:
            if sent.dst.index == other and (wrong := self._forbidden(sent, after, beside)) is not None:
                yield _Breach({other: beside}, sent, wrong)
        for sent in universe.between(node, other):
            if completions.possible(sent, number, beside):
                wrong = self._forbidden(sent, after, beside)
                if wrong is not None:
                    yield _Breach({other: beside}, sent, wrong)
        for sent in universe.between(other, node):
            if completions.possible(sent, beside, number):
                wrong = self._forbidden(sent, beside, after)
                if wrong is not None:
                    yield _Breach({other: beside}, sent, wrong)

    def _forbidden(self, sent: Envelope, of_src: int, of_dst: int) -> str | None:
        """What is wrong with a message that is still under way after a step; it is gone where the network
        does not keep it.
        """
        if is_notice(sent) or not self._universe.keeps_mail(self._universe.states[sent.dst.index][of_dst]):
            return None
        return self._completions.message(sent, of_src, of_dst)

    # -- joint steps -----------------------------------------------------------------------------------

    def _ticks(self) -> Iterator[Broken | None]:
        """What each joint step of all nodes breaks."""
        runner = self._universe.runner
        if not any(runner.events(node, "tick") for node in self._universe.nodes):
            return
        for before in self._completions.of({}):
            yield from self._joint(before)

    def _joint(self, before: Vector) -> Iterator[Broken | None]:
        universe = self._universe
        states = [universe.states[node][number] for node, number in enumerate(before)]
        if any(is_late(universe, state) for state in states):
            return
        for outcome in product(*(list(ticked(universe, state)) for state in states)):
            self.asked += 1
            cut = [bound for step in outcome for bound in step.cut]
            self.cut += cut
            if cut or all(step.after == step.before and not step.sends for step in outcome):
                continue
            for step in outcome:
                self._admit(step, before, ())
            after = tuple(universe.number(step.after) for step in outcome)
            sends = [sent for step in outcome for sent in step.sends]
            for under_way, wrong in self._wrong_after(before, after, sends):
                broken = Broken(Event("tick", "tick"), before, under_way, wrong)
                if self._happens(broken):
                    yield broken

    def _wrong_after(
        self, before: Vector, after: Vector, sends: Sequence[Envelope]
    ) -> Iterator[tuple[tuple[Envelope, ...], str]]:
        """What is wrong with all nodes after a joint step, and what has to be under way for it."""
        completions, nodes = self._completions, range(len(before))
        found = [completions.alone(node, after[node]) for node in nodes]
        found += [completions.pair(a, after[a], b, after[b]) for a in nodes for b in nodes if a < b]
        found.append(completions.all(after))
        found += [self._forbidden(sent, after[sent.src.index], after[sent.dst.index]) for sent in sends]
        wrong = next((each for each in found if each is not None), None)
        if wrong is not None:
            yield (), wrong
        for src, dst in product(nodes, nodes):
            for sent in self._universe.between(src, dst):
                if completions.possible(sent, before[src], before[dst]):
                    wrong = self._forbidden(sent, after[src], after[dst])
                    if wrong is not None:
                        yield (sent,), wrong


@dataclass(frozen=True)
class _Breach:
    """What a node's step breaks if others are so, and a message is under way."""

    beside: dict[int, int]
    message: Envelope | None
    complaint: str
