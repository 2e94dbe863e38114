"""Which steps a plain state has: the events, their order and what holds them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from elcheck.checker.interpreter.draft import Draft
from elcheck.checker.model.environment import FaultKind, Partition, initial_state, symmetric_splits
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import survivor
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, is_notice
from elcheck.checker.model.step import Send, Sends

Successor = tuple[Event, GlobalState]
_MONITORED = ("action", "timeout", "receive", "tick", "crash", "restart")


class Interpreter:
    """Lists the steps of a plain state."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.runner = Runner(model)
        self.nodes = self.runner.nodes
        self.network = model.environment.network
        partitions = tuple(model.partitions) or (symmetric_splits(self.nodes) if self.nodes else ())
        self.partitions = {partition.name: partition for partition in partitions}

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
        for event, draft in self._drafts(state):
            after = draft.state()
            unspent = replace(after, environment=state.environment)
            fell = event.kind in ("partition", "heal")
            if fell or unspent != self._kept_only(state, after):
                yield event, self._observed(event, state, after)

    def initial(self) -> list[GlobalState]:
        """The initial states. Raises HandlerError when a handler does."""
        if not self.nodes:
            return [GlobalState(shared=step.state) for step in self.runner.shared_starts()]
        return [self._begun(draft.state()) for draft in self._starts()]

    def _starts(self) -> Iterator[Draft]:
        blank = GlobalState(environment=initial_state(self.model.environment))
        if self.model.initial:
            for prepared in self.model.initial:
                draft = self._draft(blank)
                draft.nodes = [NodeView(node, True, prepared.nodes[node]) for node in self.nodes]
                draft.network = list(prepared.network)
                yield draft
            return
        for steps in product(*map(self.runner.starts, self.nodes)):
            draft = self._draft(blank)
            draft.nodes = [NodeView(n, True, s.state) for n, s in zip(self.nodes, steps, strict=True)]
            for node, step in zip(self.nodes, steps, strict=True):
                draft.sent(node, step.sends)
            yield draft

    def _begun(self, state: GlobalState) -> GlobalState:
        """An initial state with the monitors' first states."""
        seen = [
            tuple(view for view in state.nodes if isinstance(view.state, monitor.of))
            for monitor in self.model.monitors
        ]
        starts = [monitor.start for monitor in self.model.monitors]
        return replace(state, history=tuple(start(s) for start, s in zip(starts, seen, strict=True)))

    def _draft(self, state: GlobalState) -> Draft:
        return Draft(self.runner, state)

    def _kept_only(self, before: GlobalState, after: GlobalState) -> GlobalState:
        """The state before a step with only the environment's rule for kept mail changed: what a step
        without effect would come to.
        """
        idle = self._draft(replace(before, environment=after.environment))
        return replace(idle.state(), environment=before.environment)

    def _observed(self, event: Event, before: GlobalState, after: GlobalState) -> GlobalState:
        """The state after a step with the monitors moved on."""
        if event.kind not in _MONITORED or not self.model.monitors:
            return after
        subjects = [event.node] if event.node is not None else self._tickers()
        history = list(after.history)
        for at, monitor in enumerate(self.model.monitors):
            for node in subjects:
                old, new = before.nodes[node.index], after.nodes[node.index]
                if not isinstance(new.state, monitor.of):
                    continue
                history[at] = monitor.after(history[at], event, old, new)
        return replace(after, history=tuple(history))

    def _tickers(self) -> list[NodeId]:
        return [node for node in self.nodes if self.runner.events(node, "tick")]

    # -- which events a state has ------------------------------------------------------------------

    def _drafts(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        """Every event with each of its outcomes, those that change nothing included."""
        eager = list(self._eager(state))
        yield from self._done(state, eager)
        environment = state.environment
        quiet = not self._moving(state, eager)
        for rank in self._ranks():
            timers = [(event, state) for n in self._up(state) for event in self._timeouts(n, rank)]
            if not environment.synchronous:
                yield from self._done(state, timers)
            elif quiet:
                yield from self._done(state, timers)
                if self._moving(state, timers):
                    break
        if quiet or not environment.synchronous:
            yield from self._ticks(state)
        yield from self._faults(state)

    def _done(self, state: GlobalState, offers: Sequence[Successor]) -> Iterator[tuple[Event, Draft]]:
        """Events on the states they find, carried out: each outcome, and the crashes on its way."""
        for event, found in offers:
            assert event.node is not None
            for step in self.runner.take(event, found.nodes[event.node.index].state).steps:
                if not self.runner.crossed(step.state):
                    draft = self._draft(found).stepped(event.node, step.state)
                    if event.kind == "timeout":
                        draft.environment = draft.environment.after_timeout()
                    yield from self._sent(event.chosen(step.choice), draft, step.sends)

    def _sent(self, event: Event, draft: Draft, sends: Sends) -> Iterator[tuple[Event, Draft]]:
        """A step with what it sends; and, of split sends, the crashes between them."""
        assert event.node is not None
        whole = draft.copy().sent(event.node, sends)
        if not whole.cut:
            yield event, whole
        split = [at for at, e in enumerate(sends) if isinstance(e, Send) and e.split]
        spent = draft.environment.spend("crash")
        for count in range(len(split) if spent is not None else 0):
            made = tuple(e for at, e in enumerate(sends) if at not in split[count:])
            args = (("during", event.name), ("after sends", count))
            crash = Event("crash", "crash", event.node, args)
            for remains in self.runner.remains(event.node, draft.nodes[event.node.index].state):
                partly = draft.copy().sent(event.node, made)
                if not partly.cut and spent is not None:
                    partly.environment = spent
                    yield crash, partly.crashed(event.node, remains)

    def _moving(self, state: GlobalState, offers: Sequence[Successor]) -> bool:
        """Whether some of these events is enabled: changes the state, or would but for a bound."""
        for event, found in offers:
            assert event.node is not None
            for step in self.runner.take(event, found.nodes[event.node.index].state).steps:
                draft = self._draft(found).stepped(event.node, step.state).sent(event.node, step.sends)
                if draft.cut or self.runner.crossed(step.state) or draft.state() != state:
                    return True
        return False

    def _up(self, state: GlobalState) -> list[NodeId]:
        return [view.node for view in state.nodes if view.up]

    def _eager(self, state: GlobalState) -> Iterator[Successor]:
        """Actions and deliveries, each with the state that its handler's step starts from."""
        for node in self._up(state):
            for _, event in self.runner.events(node, "action"):
                yield event, state
        for envelope in self._deliverable(state):
            delivery = self.runner.delivery(envelope.dst, envelope.src, envelope.msg)
            if delivery is not None:
                yield delivery, self._taken(state, envelope)

    def _timeouts(self, node: NodeId, rank: int) -> list[Event]:
        return [e for handler, e in self.runner.events(node, "timeout") if handler.mark.rank == rank]

    def _ranks(self) -> list[int]:
        return sorted({h.mark.rank for node in self.nodes for h, _ in self.runner.events(node, "timeout")})

    def _deliverable(self, state: GlobalState) -> list[Envelope]:
        standing = state.environment.standing
        partition: Partition | None = self.partitions[standing] if standing is not None else None
        found: dict[object, Envelope] = {}
        for envelope in state.network:
            place = (envelope.src, envelope.dst) if self.network == "fifo" else envelope
            found.setdefault(place, envelope)
        return [
            e
            for e in found.values()
            if state.nodes[e.dst.index].up
            and (is_notice(e) or partition is None or not partition.parts(e.src, e.dst))
        ]

    def _taken(self, state: GlobalState, envelope: Envelope) -> GlobalState:
        if self.network == "sent-set" and not is_notice(envelope):
            return state
        at = state.network.index(envelope)
        return replace(state, network=state.network[:at] + state.network[at + 1 :])

    def _ticks(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        tickers = self._tickers()
        if not tickers:
            return
        offers: list[list[tuple[object, Sends]]] = []
        for node in tickers:
            view = state.nodes[node.index]
            event = self.runner.events(node, "tick")[0][1]
            steps = self.runner.take(event, view.state).steps
            if view.up:
                offers.append([(step.state, step.sends) for step in steps])
            else:
                left = dict.fromkeys(survivor(step.state) for step in steps)
                offers.append([(remains, ()) for remains in left])
        for combination in product(*offers):
            if not any(self.runner.crossed(local) for local, _ in combination):
                draft = self._draft(state)
                for node, (local, _) in zip(tickers, combination, strict=True):
                    draft.stepped(node, local)
                for node, (_, sends) in zip(tickers, combination, strict=True):
                    draft.sent(node, sends)
                if not draft.cut:
                    yield Event("tick", "tick"), draft

    # -- faults ------------------------------------------------------------------------------------

    def _faults(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        yield from self._letters_lost(state)
        yield from self._nodes_down(state)
        yield from self._nodes_back(state)
        for a, b in product(self._up(state), self._up(state)):
            draft = self._spent(state, "disconnect")
            if a < b and draft is not None:
                yield Event("disconnect", "disconnect", None, (("a", a), ("b", b))), draft.broken(a, b)
        standing = state.environment.standing
        if standing is not None:
            healed = replace(state, environment=replace(state.environment, standing=None))
            yield Event("heal", "heal", None, (("partition", standing),)), self._draft(healed)
        for name in self.partitions if standing is None else ():
            draft = self._spent(state, "partition")
            if draft is not None:
                draft.environment = replace(draft.environment, standing=name)
                yield Event("partition", "partition", None, (("partition", name),)), draft

    def _spent(self, state: GlobalState, kind: FaultKind) -> Draft | None:
        environment = state.environment.spend(kind)
        return None if environment is None else self._draft(replace(state, environment=environment))

    def _letters_lost(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        """Losses and duplications."""
        for at, envelope, which in self._exposed(state):
            args: tuple[tuple[str, object], ...] = (("src", envelope.src), ("msg", envelope.msg))
            lost, doubled = self._spent(state, "loss"), self._spent(state, "dup")
            if lost is not None and self.network != "sent-set":
                lost.network.pop(at)
                named = (("which", which),) if which else ()
                yield Event("lose", "lose", envelope.dst, args + named), lost
            if doubled is not None and which != "newest" and self.network in ("bag", "fifo"):
                doubled.network.insert(at, envelope)
                if not doubled.overfull(envelope):
                    yield Event("duplicate", "duplicate", envelope.dst, args), doubled

    def _exposed(self, state: GlobalState) -> Iterator[tuple[int, Envelope, str]]:
        """The messages that a fault may strike: where each is, and which of its link."""
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

    def _nodes_down(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        for node in self._up(state) if state.environment.may("crash") else ():
            for remains in self.runner.remains(node, state.nodes[node.index].state):
                draft = self._spent(state, "crash")
                if draft is not None:
                    yield Event("crash", "crash", node), draft.crashed(node, remains)

    def _nodes_back(self, state: GlobalState) -> Iterator[tuple[Event, Draft]]:
        for view in state.nodes if state.environment.may("restart") else ():
            if view.up:
                continue
            for step in self.runner.recoveries(view.node, view.state):
                draft = self._spent(state, "restart")
                if draft is not None and not self.runner.crossed(step.state):
                    draft.restarted(view.node, step.state, step.sends)
                    if not draft.cut:
                        yield Event("restart", "restart", view.node), draft
