"""The steps of one node in a local state, whatever the others are and whatever is under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from elcheck.checker.induction.claims import NodeState
from elcheck.checker.induction.universe import NodeUniverse
from elcheck.checker.model.disks import damages
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.record import survivor
from elcheck.checker.model.state import Envelope, Event, damage, envelopes
from elcheck.checker.model.step import Send, Sends
from elcheck.checker.model.values import text
from elcheck.checker.system.faults import sends_before_crash


@dataclass(frozen=True)
class NodeStep:
    """A step of a node: what it needs to be under way, the local state after it, and what it sends. ``cut``
    are the bounds that it crosses.
    """

    event: Event
    before: NodeState
    after: NodeState
    needs: Envelope | None = None
    sends: tuple[Envelope, ...] = ()
    cut: tuple[str, ...] = ()


def steps_of(universe: NodeUniverse, before: NodeState) -> Iterator[NodeStep]:
    """All steps of a node in a local state but for joint ones. Raises HandlerError."""
    runner, node = universe.runner, before.node
    if not before.up:
        if universe.whole.may("disk", node):
            for field, left in damages(before.state):
                yield NodeStep(damage(node, field), before, NodeState(node, False, left))
        if universe.whole.may("restart", node):
            for step in runner.recoveries(node, before.state):
                yield _step(universe, Event("restart", "restart", node), before, step.state, step.sends)
        return
    if before.paused:
        yield NodeStep(Event("resume", "resume", node), before, NodeState(node, True, before.state))
        return
    if universe.whole.may("pause", node):
        paused = NodeState(node, True, before.state, paused=True)
        yield NodeStep(Event("pause", "pause", node), before, paused)
    for kind in ("action", "timeout"):
        for _, event in runner.events(node, kind):
            yield from _taken(universe, event, before)
    for src in universe.nodes:
        for sent in tuple(universe.between(src.index, node.index)):
            event_ = runner.delivery(node, src, sent.msg)
            if event_ is not None:
                yield from _taken(universe, event_, before, sent)
    for handler, event in runner.events(node, "fault"):
        if universe.whole.may(handler.budget, node):
            yield from _taken(universe, event, before)
    if universe.whole.may("crash", node):
        for left in runner.remains(node, before.state):
            yield NodeStep(Event("crash", "crash", node), before, NodeState(node, False, left))


def _taken(
    universe: NodeUniverse, event: Event, before: NodeState, needs: Envelope | None = None
) -> Iterator[NodeStep]:
    for step in universe.runner.take(event, before.state).steps:
        taken = _step(universe, event.chosen(step.choice), before, step.state, step.sends, needs)
        yield taken
        if universe.whole.may("crash", before.node) and not taken.cut:
            yield from _crashes_midway(universe, taken, step.sends)


def _crashes_midway(universe: NodeUniverse, taken: NodeStep, sends: Sends) -> Iterator[NodeStep]:
    """The crashes of a node between the split sends of a step."""
    node, event = taken.before.node, taken.event
    for count in range(sum(isinstance(effect, Send) and effect.split for effect in sends)):
        sent = envelopes(node, sends_before_crash(sends, count))
        crash = Event("crash", "crash", node, (("during", event.name), ("after sends", count)))
        for left in universe.runner.remains(node, taken.after.state):
            yield NodeStep(crash, taken.before, NodeState(node, False, left), taken.needs, sent)


def _step(
    universe: NodeUniverse,
    event: Event,
    before: NodeState,
    state: object,
    sends: Sends,
    needs: Envelope | None = None,
) -> NodeStep:
    node, cut = before.node, universe.runner.crossed(state)
    return NodeStep(event, before, NodeState(node, True, state), needs, envelopes(node, sends), cut)


def is_late(universe: NodeUniverse, state: NodeState) -> bool:
    """Whether time waits for a node: a timeout of it is due. For a message that is as old as it may become it
    need not wait, since beside every state there is one in which all are younger.

    Raises HandlerError, and DefinitionError where it could wait for what is under way.
    """
    runner = universe.runner
    timers = [event for _, event in runner.events(state.node, "timeout")] if not state.idle else []
    for event in timers:
        if runner.is_due(event, state.state):
            steps = runner.take(event, state.state).steps
            if any(step.state != state.state for step in steps):
                return True
            if any(step.sends for step in steps):
                raise DefinitionError(
                    f"{event.located} is due in {text(state.state)} and leaves that as it is, so that time "
                    "can only pass if what it sends is under way already, which is not asked of every state: "
                    "let it put its clock back"
                )
    return False


def ticked(universe: NodeUniverse, before: NodeState) -> Iterator[NodeStep]:
    """What the joint step of all nodes does to one of them: nothing, if it has no handler for that."""
    events = universe.runner.events(before.node, "tick")
    if not events:
        yield NodeStep(Event("tick", "tick"), before, before)
    for _, event in events:
        for step in universe.runner.take(event, before.state).steps:
            if before.paused:  # its clock runs on, and what it sends is lost
                cut = universe.runner.crossed(step.state)
                after = NodeState(before.node, True, step.state, paused=True)
                yield NodeStep(event, before, after, cut=cut)
            elif before.up:
                yield _step(universe, event, before, step.state, step.sends)
            else:
                left = survivor(step.state)
                cut = universe.runner.crossed(left)
                yield NodeStep(event, before, NodeState(before.node, False, left), cut=cut)
