"""Which steps a plain state has: the events, their order and what holds them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from elcheck.checker.interpreter.next_state import NextState
from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.call import theirs
from elcheck.checker.model.disks import damages
from elcheck.checker.model.environment import initial_state
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import survivor
from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, damage, is_notice
from elcheck.checker.model.step import Send, Sends
from elcheck.checker.model.terms import Term, number_of

Successor = tuple[Event, GlobalState]
_MONITORED = (
    "action",
    "timeout",
    "receive",
    "tick",
    "crash",
    "restart",
    "pause",
    "resume",
    "damage",
    "fault",
)


class Interpreter:
    """Lists the steps of a plain state."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.runner = Runner(model)
        self.nodes = self.runner.nodes
        self.network = model.environment.network
        self.partitions = {partition.name: partition for partition in self.runner.partitions()}
        self.coming = [name for name, partition in self.partitions.items() if partition.comes]

    def steps(self, state: GlobalState) -> Iterator[Successor]:
        """Every step that changes a state, with the state after it. Steps that a bound cuts are left out.

        Raises HandlerError when a handler does.
        """
        if not self.nodes:
            for event in self.runner.shared_events():
                for step in self.runner.take(event, state.shared).steps:
                    if step.state != state.shared and not self.runner.crossed(step.state):
                        yield event.chosen(step.choice), replace(state, shared=step.state)
            return
        for event, next_state in self._next_states(state):
            after = next_state.state()
            unspent = replace(after, environment=state.environment)
            of_partitions = event.kind in ("partition", "heal")
            changes = of_partitions or unspent != self._without_effect(state, after)
            if changes and not self.is_too_far_apart(after):
                yield event, self.monitored(event, state, after)

    def initial(self) -> list[GlobalState]:
        """The initial states within the bounds. Raises HandlerError when a handler does."""
        if not self.nodes:
            states = [GlobalState(shared=step.state) for step in self.runner.shared_starts()]
            return [state for state in states if not self.runner.crossed(state.shared)]
        return [self._begun(start.state()) for start in self._starts() if not self._is_beyond(start)]

    def is_too_far_apart(self, state: GlobalState) -> bool:
        """Whether the terms of the nodes are further apart than the bound ``spread`` allows."""
        limit = self.model.spread
        if limit is None:
            return False
        terms = [term for view in state.nodes for term in parts_of(view.state, Term)]
        return bool(terms) and number_of(max(terms)) - number_of(min(terms)) > limit

    def _is_beyond(self, start: NextState) -> bool:
        """Whether a start is beyond a bound, on a local state, on terms or on the network."""
        crossed = any(self.runner.crossed(view.state) for view in start.nodes)
        crossed = crossed or self.is_too_far_apart(start.state())
        return crossed or any(start.overfull(envelope) for envelope in start.network)

    def _starts(self) -> Iterator[NextState]:
        blank = GlobalState(environment=initial_state(self.model.environment, self.nodes))
        if self.model.initial:
            for prepared in self.model.initial:
                start = self._from(blank)
                start.environment = prepared.environment(self.model.environment, self.nodes)
                start.nodes = [prepared.view(node) for node in self.nodes]
                start.network = [envelope for envelope in prepared.network if start.reaches(envelope)]
                yield start
            return
        for steps in product(*map(self.runner.starts, self.nodes)):
            start = self._from(blank)
            start.nodes = [NodeView(n, True, s.state) for n, s in zip(self.nodes, steps, strict=True)]
            for node, step in zip(self.nodes, steps, strict=True):
                start.sent(node, step.sends)
            yield start

    def _begun(self, state: GlobalState) -> GlobalState:
        """An initial state with the monitors' first states."""
        views = [
            tuple(view for view in state.nodes if isinstance(view.state, monitor.of))
            for monitor in self.model.monitors
        ]
        starts = [monitor.start for monitor in self.model.monitors]
        with theirs:
            return replace(state, history=tuple(start(v) for start, v in zip(starts, views, strict=True)))

    def _from(self, state: GlobalState) -> NextState:
        return NextState(self.runner, state)

    def _without_effect(self, before: GlobalState, after: GlobalState) -> GlobalState:
        """Where a step without effect leads: nothing but the environment's rule for kept mail may change."""
        idle = self._from(replace(before, environment=after.environment))
        return replace(idle.state(), environment=before.environment)

    def monitored(self, event: Event, before: GlobalState, after: GlobalState) -> GlobalState:
        """The state after a step with the monitors' next states."""
        if event.kind not in _MONITORED or not self.model.monitors:
            return after
        subjects = [event.node] if event.node is not None else self._tickers()
        history = list(after.history)
        for at, monitor in enumerate(self.model.monitors):
            for node in subjects:
                old, new = before.nodes[node.index], after.nodes[node.index]
                if not (isinstance(old.state, monitor.of) and isinstance(new.state, monitor.of)):
                    continue
                with theirs:
                    history[at] = monitor.after(history[at], event, old, new)
        return replace(after, history=tuple(history))

    def _tickers(self) -> list[NodeId]:
        return [node for node in self.nodes if self.runner.events(node, "tick")]

    # -- which events a state has ------------------------------------------------------------------

    def _next_states(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """Every event with each of its outcomes, those that change nothing included."""
        eager = list(self._eager(state))
        yield from self._done(state, eager)
        environment = state.environment
        quiet = not self._moving(state, eager)
        for rank in self._ranks():
            timers = [(event, state) for n in self._active(state) for event in self._timeouts(n, rank)]
            if not environment.synchronous:
                yield from self._done(state, timers)
            elif quiet:
                yield from self._done(state, timers)
                if self._moving(state, timers):
                    break
        if (quiet or not environment.synchronous) and not self.late(state):
            yield from self._ticks(state)
        yield from self._faults(state)

    def late(self, state: GlobalState) -> list[Event]:
        """What time waits for in a state: timeouts that are due, and deliveries of messages that are as old
        as they may become.
        """
        oldest = self.model.environment.delay
        if oldest is None:
            return []
        timers = ((event, state) for node in self._active(state) for event in self._all_timeouts(node))
        due = [(e, s) for e, s in timers if self.runner.is_due(e, _local(s, e))]
        old = [envelope for envelope in self._deliverable(state) if envelope.age == oldest]
        offers = [*due, *self._deliveries(state, old)]
        return [event for event, found in offers if self._moving(state, [(event, found)])]

    def _done(self, state: GlobalState, offers: Sequence[Successor]) -> Iterator[tuple[Event, NextState]]:
        """Carry events out in the states that they find: each outcome, and the crashes between its sends."""
        for event, found in offers:
            assert event.node is not None
            for step in self.runner.take(event, found.nodes[event.node.index].state).steps:
                if not self.runner.crossed(step.state):
                    stepped = self._from(found).stepped(event.node, step.state)
                    if event.kind == "timeout":
                        stepped.environment = stepped.environment.after_timeout()
                    yield from self._sent(event.chosen(step.choice), stepped, step.sends)

    def _sent(self, event: Event, stepped: NextState, sends: Sends) -> Iterator[tuple[Event, NextState]]:
        """A step with what it sends; and, of split sends, the crashes between them."""
        assert event.node is not None
        whole = stepped.copy().sent(event.node, sends)
        if not whole.cut:
            yield event, whole
        split = [at for at, e in enumerate(sends) if isinstance(e, Send) and e.split]
        spent = stepped.environment.spend("crash", event.node)
        for count in range(len(split) if spent is not None else 0):
            made = tuple(e for at, e in enumerate(sends) if at not in split[count:])
            args = (("during", event.name), ("after sends", count))
            crash = Event("crash", "crash", event.node, args)
            for remains in self.runner.remains(event.node, stepped.nodes[event.node.index].state):
                partly = stepped.copy().sent(event.node, made)
                if not partly.cut and spent is not None:
                    partly.environment = spent
                    yield crash, partly.crashed(event.node, remains)

    def _moving(self, state: GlobalState, offers: Sequence[Successor]) -> bool:
        """Whether some of these events is enabled: it changes the state, or would without a bound."""
        for event, found in offers:
            assert event.node is not None
            for step in self.runner.take(event, found.nodes[event.node.index].state).steps:
                after = self._from(found).stepped(event.node, step.state).sent(event.node, step.sends)
                if after.cut or self.runner.crossed(step.state) or after.state() != state:
                    return True
        return False

    def _up(self, state: GlobalState) -> list[NodeId]:
        return [view.node for view in state.nodes if view.up]

    def _active(self, state: GlobalState) -> list[NodeId]:
        """The nodes that take steps."""
        return [view.node for view in state.nodes if view.up and not view.paused]

    def _eager(self, state: GlobalState) -> Iterator[Successor]:
        """Actions and deliveries, each with the state that its handler's step starts from."""
        for node in self._active(state):
            for _, event in self.runner.events(node, "action"):
                yield event, state
        yield from self._deliveries(state, self._deliverable(state))

    def _deliveries(self, state: GlobalState, envelopes: Sequence[Envelope]) -> Iterator[Successor]:
        for envelope in envelopes:
            delivery = self.runner.delivery(envelope.dst, envelope.src, envelope.msg)
            if delivery is not None:
                yield delivery, self._taken(state, envelope)

    def _timeouts(self, node: NodeId, rank: int) -> list[Event]:
        return [e for handler, e in self.runner.events(node, "timeout") if handler.mark.rank == rank]

    def _all_timeouts(self, node: NodeId) -> list[Event]:
        return [event for _, event in self.runner.events(node, "timeout")]

    def _ranks(self) -> list[int]:
        return sorted({h.mark.rank for node in self.nodes for h, _ in self.runner.events(node, "timeout")})

    def _deliverable(self, state: GlobalState) -> list[Envelope]:
        standing = state.environment.standing
        partition = self.partitions[standing] if standing is not None else None
        found: dict[object, Envelope] = {}
        for envelope in state.network:
            place = (envelope.src, envelope.dst) if self.network == "fifo" else envelope
            found.setdefault(place, envelope)
        active = self._active(state)
        return [
            e
            for e in found.values()
            if e.dst in active and (is_notice(e) or partition is None or not partition.parts(e.src, e.dst))
        ]

    def _taken(self, state: GlobalState, envelope: Envelope) -> GlobalState:
        """The state after the network has handed a message over."""
        if self.network == "sent-set" and not is_notice(envelope):
            return state
        at = state.network.index(envelope)
        return replace(state, network=state.network[:at] + state.network[at + 1 :])

    def _ticks(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """The joint ticks: every combination of one outcome of each node's tick."""
        tickers = self._tickers()
        if not tickers:
            return
        for combination in product(*(self._tick_outcomes(state, node) for node in tickers)):
            if not any(self.runner.crossed(local) for local, _ in combination):
                after = self._from(state).later()
                for node, (local, _) in zip(tickers, combination, strict=True):
                    after.stepped(node, local)
                for node, (_, sends) in zip(tickers, combination, strict=True):
                    after.sent(node, sends)
                if not after.cut:
                    yield Event("tick", "tick"), after

    def _tick_outcomes(self, state: GlobalState, node: NodeId) -> list[tuple[object, Sends]]:
        """The outcomes of a node's tick. One that is down changes durable fields only; it sends nothing, and
        neither does one that is paused.
        """
        view = state.nodes[node.index]
        event = self.runner.events(node, "tick")[0][1]
        steps = self.runner.take(event, view.state).steps
        if view.up and not view.paused:
            return [(step.state, step.sends) for step in steps]
        left = (step.state if view.up else survivor(step.state) for step in steps)
        return [(local, ()) for local in dict.fromkeys(left)]

    # -- faults ------------------------------------------------------------------------------------

    def _faults(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        yield from self._message_faults(state)
        yield from self._crashes(state)
        yield from self._restarts(state)
        yield from self._pauses(state)
        yield from self._damages(state)
        for a, b in product(self._up(state), self._up(state)):
            after = self._spent(state, "disconnect", a, b)
            if a < b and after is not None:
                yield Event("disconnect", "disconnect", None, (("a", a), ("b", b))), after.broken(a, b)
        yield from self._own_faults(state)
        standing = state.environment.standing
        if standing is not None and self.partitions[standing].heals:
            healed = replace(state, environment=replace(state.environment, standing=None))
            yield Event("heal", "heal", None, (("partition", standing),)), self._from(healed)
        for name in self.coming if standing is None else ():
            after = self._spent(state, "partition")
            if after is not None:
                after.environment = replace(after.environment, standing=name)
                yield Event("partition", "partition", None, (("partition", name),)), after

    def _own_faults(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """The faults that programs have themselves."""
        for node in self._active(state):
            for handler, event in self.runner.events(node, "fault"):
                if not state.environment.may(handler.budget, node):
                    continue
                for step in self.runner.take(event, state.nodes[node.index].state).steps:
                    after = self._spent(state, handler.budget, node)
                    if after is not None and not self.runner.crossed(step.state):
                        after.stepped(node, step.state).sent(node, step.sends)
                        if not after.cut:
                            yield event.chosen(step.choice), after

    def _spent(self, state: GlobalState, kind: FaultKind, *nodes: NodeId) -> NextState | None:
        """The state with a fault's price paid, None if its budget is spent, in all or of some nodes."""
        environment = state.environment.spend(kind, *nodes)
        return None if environment is None else self._from(replace(state, environment=environment))

    def _message_faults(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """Losses and duplications."""
        for at, envelope, which in self._exposed(state):
            args: tuple[tuple[str, object], ...] = (("src", envelope.src), ("msg", envelope.msg))
            lost, doubled = (self._spent(state, kind, envelope.dst) for kind in ("loss", "dup"))
            if lost is not None and self.network != "sent-set":
                lost.network.pop(at)
                named = (("which", which),) if which else ()
                yield Event("lose", "lose", envelope.dst, args + named), lost
            if doubled is not None and which != "newest" and self.network in ("bag", "fifo"):
                doubled.network.insert(at, envelope)
                if not doubled.overfull(envelope):
                    yield Event("duplicate", "duplicate", envelope.dst, args), doubled

    def _exposed(self, state: GlobalState) -> Iterator[tuple[int, Envelope, str]]:
        """The messages that a fault may strike: the place of each, and which of its link it is."""
        for at, envelope in enumerate(state.network):
            if is_notice(envelope):
                continue
            link = [i for i, e in enumerate(state.network) if (e.src, e.dst) == (envelope.src, envelope.dst)]
            if self.network == "fifo":
                if at == link[0]:
                    yield at, envelope, "head"
                if at == link[-1] and len(link) > 1:
                    yield at, envelope, "newest"
            elif state.network.index(envelope) == at:
                yield at, envelope, ""

    def _crashes(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        for node in self._active(state):
            if not state.environment.may("crash", node):
                continue
            for remains in self.runner.remains(node, state.nodes[node.index].state):
                after = self._spent(state, "crash", node)
                if after is not None:
                    yield Event("crash", "crash", node), after.crashed(node, remains)

    def _pauses(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """The pauses of nodes that take steps, and the ends of those that last."""
        for node in self._active(state):
            after = self._spent(state, "pause", node)
            if after is not None:
                yield Event("pause", "pause", node), after.paused(node, to=True)
        for view in state.nodes:
            if view.paused:
                after = self._from(replace(state, environment=state.environment.ended("pause")))
                yield Event("resume", "resume", view.node), after.paused(view.node, to=False)

    def _damages(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        """The damages of the disks of nodes that are down."""
        for view in state.nodes:
            for field, left in () if view.up else damages(view.state):
                after = self._spent(state, "disk", view.node)
                if after is not None:
                    yield damage(view.node, field), after.stepped(view.node, left)

    def _restarts(self, state: GlobalState) -> Iterator[tuple[Event, NextState]]:
        for view in state.nodes:
            if view.up or not state.environment.may("restart", view.node):
                continue
            for step in self.runner.recoveries(view.node, view.state):
                after = self._spent(state, "restart", view.node)
                if after is not None and not self.runner.crossed(step.state):
                    after.restarted(view.node, step.state, step.sends)
                    if not after.cut:
                        yield Event("restart", "restart", view.node), after


def _local(state: GlobalState, event: Event) -> object:
    """The local state of the node that an event is of."""
    assert event.node is not None
    return state.nodes[event.node.index].state
