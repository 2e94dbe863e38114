"""What nodes may do by themselves, and whether a budget permits a fault, in plain objects.

A part of the oracle, written from ``docs/semantics.md``; which steps there are: :mod:`tests.oracle.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import product

from elcheck.checker.model.budget import Budget, FaultKind
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.handlers import Handler, HandlerKind
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import State, survivor
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView
from elcheck.checker.model.step import Blocked, Step
from tests.oracle.draft import Rules, notice


@dataclass(frozen=True)
class Attempt:
    """One outcome of a node's handler, not yet applied to the global state."""

    handler: Handler
    event: Event
    node: NodeId
    outcome: Step[State]
    taken: Envelope | None = None


def view_of(state: GlobalState, node: NodeId) -> NodeView[object]:
    """One node's part of a state."""
    return next(view for view in state.nodes if view.node == node)


def outcomes(program: object, method: str, *arguments: object) -> list[Step[State]]:
    """What a method answers, equal outcomes once, the sends of each in the order of their targets."""
    call: Callable[..., State | Step[State] | Iterator[Step[State]]] = getattr(program, method)
    found: list[Step[State]] = []
    try:
        answer = call(*arguments)
        if isinstance(answer, State):
            answer = Step(answer)
        for step in [answer] if isinstance(answer, Step) else answer:
            ordered = tuple(sorted(step.sends, key=lambda effect: effect.dst))
            found.append(Step(step.state, ordered, choice=dict(step.choice)))
    except Blocked:
        return []
    return list(dict.fromkeys(found))


def remembered(before: object, step: Step[State]) -> Step[State]:
    """A step whose state knows which values a field of the state had before, and in the state before it."""
    after = step.state
    for f in fields(after):
        name = f.metadata.get("earlier")
        if name is not None:
            there = hasattr(before, f.name)
            values = {*getattr(before, f.name), getattr(before, name)} if there else set()
            values.discard(getattr(after, name))
            after = replace(after, **{f.name: frozenset(values)})
    return Step(after, step.sends, choice=dict(step.choice))


def state_of(value: object) -> State:
    """A local state, which it is known to be."""
    assert isinstance(value, State)
    return value


def arguments(program: object, handler: Handler) -> list[tuple[object, ...]]:
    """Every combination of the values in ``over``: of methods of the program, or properties."""
    ranges: list[Iterable[object]] = []
    for name in handler.over:
        found = getattr(program, name)
        ranges.append(found() if callable(found) else found)
    return list(product(*ranges))


class Answers(Rules):
    """The outcomes of handlers in a state, not yet applied to it."""

    def _answers(self, node: NodeId, method: str, local: object, *arguments: object) -> list[Step[State]]:
        """What a program's method answers in a local state; disks remember."""
        found = outcomes(self.programs[node], method, local, *arguments)
        if self.model.environment.disk != 0:
            found = [remembered(local, step) for step in found]
        return list(dict.fromkeys(found))

    def spent(self, state: GlobalState, kind: FaultKind, *nodes: NodeId) -> EnvironmentState | None:
        """What is left of the environment after a fault that strikes some nodes, None where it may not be."""
        after, budget = [], self.model.environment.budget(kind)
        limit = budget.at_once if isinstance(budget, Budget) else None
        if budget == 0:
            return None
        lasting = {"crash": lambda view: not view.up, "pause": lambda view: view.paused}
        if kind in lasting and limit is not None and sum(map(lasting[kind], state.nodes)) >= limit:
            return None
        for left in state.environment.left:
            if left.kind == kind:
                if left.total == 0:
                    return None
                if left.of is not None and any(dict(left.of).get(node, 0) == 0 for node in nodes):
                    return None
                less = None if left.total is None else left.total - 1
                of = left.of and tuple((n, c and c - (n in nodes)) for n, c in left.of)
                left = replace(left, total=less, of=of)
            if left.kind == "crash" and left.at_once is not None and kind in ("crash", "restart"):
                left = replace(left, at_once=left.at_once + (1 if kind == "restart" else -1))
            if left.kind == "pause" and left.at_once is not None and kind == "pause":
                left = replace(left, at_once=left.at_once - 1)
            after.append(left)
        return replace(state.environment, left=tuple(after))

    def _attempts(self, state: GlobalState, kind: HandlerKind, rank: int | None = None) -> Iterator[Attempt]:
        """The outcomes of the actions, of the timeouts (of a rank) or of the faults that may be, of the nodes
        that are up.
        """
        for view in state.nodes:
            program = self.programs[view.node]
            for handler in self.handlers[view.node] if view.up and not view.paused else ():
                if handler.mark.kind != kind or rank not in (None, handler.mark.rank):
                    continue
                if kind == "fault" and self.spent(state, handler.budget, view.node) is None:
                    continue
                for values in arguments(program, handler):
                    args = tuple((str(place), value) for place, value in enumerate(values))
                    event = Event(kind, handler.name, view.node, args)
                    if not self._runs_out(handler, view.state, event):
                        continue
                    for step in self._answers(view.node, handler.name, view.state, *values):
                        chosen = replace(event, choice=step.choice)
                        yield Attempt(handler, chosen, view.node, step)

    def _deliveries(self, state: GlobalState) -> Iterator[Attempt]:
        for envelope in self._foremost(state):
            node, view = envelope.dst, view_of(state, envelope.dst)
            handler = self.receiver(node, type(envelope.msg))
            if handler is None or not view.up or view.paused or self._parted(state, envelope):
                continue
            for step in self._answers(node, handler.name, view.state, envelope.src, envelope.msg):
                args = (("src", envelope.src), ("msg", envelope.msg))
                event = Event("receive", handler.name, node, args, choice=step.choice)
                yield Attempt(handler, event, node, step, envelope)

    def _foremost(self, state: GlobalState) -> list[Envelope]:
        """The head of each queue; elsewhere each message, the copies of a bag once."""
        if self.model.environment.network == "fifo":
            return list({(e.src, e.dst): e for e in reversed(state.network)}.values())
        return list(dict.fromkeys(state.network))

    def _parted(self, state: GlobalState, envelope: Envelope) -> bool:
        """Whether a message waits at the partition that stands."""
        standing = [p for p in self.known_partitions if p.name == state.environment.standing]
        return not notice(envelope) and any(p.parts(envelope.src, envelope.dst) for p in standing)

    def _shown(self, handler: Handler, local: object, event: Event) -> int | None:
        """How many ticks the clock of a timer shows, None if it has none, or is not set."""
        if handler.mark.since is None:
            return None
        clock = handler.mark.since(local, *[value for _, value in event.args])
        return None if clock is None else clock.ticks

    def _runs_out(self, handler: Handler, local: object, event: Event) -> bool:
        """Whether a timer may run out: it is set, and its clock shows enough."""
        if handler.mark.since is None:
            return True
        shown, timed = self._shown(handler, local, event), self.model.environment.delay is not None
        return shown is not None and (not timed or shown >= handler.mark.after[0])

    def _remains(self, node: NodeId, local: object) -> list[object]:
        """What a crash may leave of a local state."""
        found = self._answers(node, "at_crash", local)
        return list(dict.fromkeys(survivor(step.state) for step in found))
