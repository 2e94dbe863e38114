"""The faults of the world, in plain objects: what the environment and its budgets permit in a state.

A part of the oracle, written from ``docs/semantics.md``; the other steps: :mod:`tests.oracle.steps`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Event, EventKind, GlobalState
from elcheck.checker.model.step import Step
from tests.oracle.answers import Answers, remembered, state_of
from tests.oracle.draft import Draft, Move, notice


def fault_event(kind: EventKind, node: NodeId | None = None, **args: object) -> Event:
    """A fault as an event."""
    return Event(kind, kind, node, tuple(args.items()))


class Faults(Answers):
    """Every fault that may be."""

    def faults(self, state: GlobalState) -> Iterator[Move]:
        yield from self._losses(state)
        yield from self._duplicates(state)
        yield from self._crashes(state)
        yield from self._restarts(state)
        yield from self._pauses(state)
        yield from self._damages(state)
        yield from self._own_faults(state)
        yield from self._cuts_of_links(state)

    def _faulty(self, state: GlobalState, kind: FaultKind, *nodes: NodeId) -> Draft | None:
        """A draft in which the budget is one less, None when there is none."""
        environment = self.spent(state, kind, *nodes)
        return None if environment is None else Draft(self, state, environment)

    def _losses(self, state: GlobalState) -> Iterator[Move]:
        places = [state.network.index(e) for e in self._foremost(state)]
        if self.model.environment.network == "fifo":
            newest = {(e.src, e.dst): i for i, e in enumerate(state.network)}
            places += [i for i in newest.values() if i not in places]
        heads = places[: len(self._foremost(state))]
        for place in places:
            lost = state.network[place]
            draft = self._faulty(state, "loss", lost.dst)
            if draft is not None and not notice(lost):
                del draft.mail[place]
                yield draft.done(
                    fault_event("lose", lost.dst, src=lost.src, msg=lost.msg, head=place in heads)
                )

    def _duplicates(self, state: GlobalState) -> Iterator[Move]:
        if self.model.environment.network not in ("bag", "fifo"):
            return
        for envelope in self._foremost(state):
            draft = self._faulty(state, "dup", envelope.dst)
            if draft is not None and not notice(envelope):
                draft.mail.insert(draft.mail.index(envelope), envelope)
                draft.check_room(envelope)
                again = fault_event("duplicate", envelope.dst, src=envelope.src, msg=envelope.msg)
                yield draft.done(again)

    def _crashes(self, state: GlobalState) -> Iterator[Move]:
        for view in state.nodes:
            active = view.up and not view.paused
            asked = active and self.spent(state, "crash", view.node) is not None
            for remains in self._remains(view.node, view.state) if asked else ():
                draft = self._faulty(state, "crash", view.node)
                if draft is not None:
                    draft.crash(view.node, remains)
                    yield draft.done(fault_event("crash", view.node), view.node)

    def _pauses(self, state: GlobalState) -> Iterator[Move]:
        """A node that is up is paused, for a price; one that is paused goes on, for nothing."""
        for view in state.nodes:
            draft = self._faulty(state, "pause", view.node) if view.up and not view.paused else None
            if view.paused:
                draft = Draft(self, state, self._one_paused_less(state.environment))
            if draft is not None:
                draft.paused[view.node] = not view.paused
                yield draft.done(fault_event("resume" if view.paused else "pause", view.node), view.node)

    def _one_paused_less(self, environment: EnvironmentState) -> EnvironmentState:
        left = [
            replace(left, at_once=left.at_once + 1)
            if left.kind == "pause" and left.at_once is not None
            else left
            for left in environment.left
        ]
        return replace(environment, left=tuple(left))

    def _damages(self, state: GlobalState) -> Iterator[Move]:
        """A node that is down loses the end of a frail tuple, or a frail field is its default again."""
        for view in state.nodes:
            for f in () if view.up else fields(state_of(view.state)):
                now = getattr(view.state, f.name)
                lesser: list[object] = [f.default]
                if isinstance(now, tuple):
                    lesser = [now[:-lost] for lost in range(1, len(now) + 1)]
                for other in fields(state_of(view.state)):
                    if other.metadata.get("earlier") == f.name:
                        lesser += getattr(view.state, other.name)
                draft = None
                for then in dict.fromkeys(lesser) if f.metadata.get("frail") else ():
                    draft = self._faulty(state, "disk", view.node)
                    if draft is not None:
                        hurt = Step(replace(state_of(view.state), **{f.name: then}))
                        draft.local[view.node] = remembered(view.state, hurt).state
                        yield draft.done(fault_event("damage", view.node, field=f.name), view.node)

    def _restarts(self, state: GlobalState) -> Iterator[Move]:
        for view in state.nodes:
            if view.up or self.spent(state, "restart", view.node) is None:
                continue
            for step in self._answers(view.node, "recover", view.state):
                draft = self._faulty(state, "restart", view.node)
                if draft is not None:
                    draft.restart(view.node, step.state, step.sends)
                    yield draft.done(fault_event("restart", view.node), view.node)

    def _own_faults(self, state: GlobalState) -> Iterator[Move]:
        """The faults that programs have themselves."""
        for attempt in self._attempts(state, "fault"):
            draft = self._faulty(state, attempt.handler.budget, attempt.node)
            if draft is not None:
                draft.step(attempt.node, attempt.outcome.state, attempt.outcome.sends)
                yield draft.done(attempt.event, attempt.node)

    def _cuts_of_links(self, state: GlobalState) -> Iterator[Move]:
        """Disconnects, partitions and their healing."""
        up = [view.node for view in state.nodes if view.up]
        for a, b in ((a, b) for a in up for b in up if a < b):
            draft = self._faulty(state, "disconnect", a, b)
            if draft is not None:
                draft.break_link(a, b, told=(a, b))
                yield draft.done(fault_event("disconnect", a=a, b=b))
        standing = state.environment.standing
        stays = any(p.name == standing and not p.heals for p in self.known_partitions)
        for name in [p.name for p in self.partitions] if standing is None else [None][stays:]:
            draft = self._faulty(state, "partition") if name else Draft(self, state, state.environment)
            if draft is not None:
                draft.environment = replace(draft.environment, standing=name)
                yield draft.done(fault_event("partition" if name else "heal", partition=name or standing))
