"""From a run that was found to a behaviour of the model: a trace, each step with its lines of the logs."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from elcheck.checker.interpreter.next_state import network_place
from elcheck.checker.interpreter.steps import Interpreter
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import State
from elcheck.checker.model.state import Envelope, Event, NodeView, Prepared
from elcheck.checker.traces.trace import ReplayError, Trace, TraceStep
from elcheck.checker.validation.calls import ObservedStep
from elcheck.checker.validation.handlers import Handlers, NoOutcome
from elcheck.checker.validation.world import RunStep, World


@dataclass(frozen=True)
class Behaviour:
    """A trace of the model, with what the logs say of each step.

    observed: the lines of each step, None for a hidden one and a crash. assumed: what nodes without a log are
    taken to have sent; it is under way from the start. undone: lines of steps that a kill undid before they
    were on the disk.
    """

    model: Model
    trace: Trace
    observed: tuple[ObservedStep | None, ...]
    assumed: tuple[Envelope, ...]
    undone: tuple[ObservedStep, ...]

    @property
    def hidden(self) -> int:
        """How many steps have no line, crashes left out: a restart tells of those."""
        pairs = zip(self.trace.steps, self.observed, strict=True)
        return sum(lines is None and step.event.kind != "crash" for step, lines in pairs)


def behaviour_of(world: World, handlers: Handlers) -> Behaviour:
    """The behaviour that a world has come through. Raises ReplayError where the model does not allow a step:
    a bug of elcheck.
    """
    lasting, undone = _lasting(world.run)
    needed = list(_needed(lasting, world.start.nodes))
    assumed = tuple(world.assumed)
    start = Prepared(world.start.nodes, (*dict.fromkeys((*world.start.network, *assumed)),))
    model = replace(handlers.model, initial=[start])
    steps = _Replay(handlers, Interpreter(model))
    trace_steps, observed = [], []
    for at, taken in enumerate(needed):
        for step in steps.take(taken, needed[at + 1 :]):
            trace_steps.append(step)
            told = step.event.kind != "crash" or taken.event == step.event
            observed.append(taken.step if told else None)
    return Behaviour(model, Trace(steps.initial, tuple(trace_steps)), tuple(observed), assumed, undone)


def _lasting(run: Sequence[RunStep]) -> tuple[list[RunStep], tuple[ObservedStep, ...]]:
    """The steps of a run that no kill undid, and the lines of the others."""
    kept = {(t.node, t.life - 1): t.kept for t in run if t.kept is not None}
    lasting, undone = [], []
    for taken in run:
        last = kept.get((taken.node, taken.life))
        if last is None or taken.number <= last:
            lasting.append(taken)
        elif taken.step is not None:
            undone.append(taken.step)
    return lasting, tuple(undone)


def _needed(run: Sequence[RunStep], starts: Mapping[NodeId, object]) -> Iterator[RunStep]:
    """The steps without those hidden ones that change nothing and send what nobody takes."""
    used = {taken.used for taken in run if taken.used is not None}
    states = dict(starts)
    sent: set[Envelope] = set()
    for taken in run:
        changes = states[taken.node] != taken.state
        if taken.event is None and not changes:
            continue  # a first life begins in the state that it is in
        if not taken.hidden or changes or any(e in used and e not in sent for e in taken.sends):
            states[taken.node] = taken.state
            sent.update(taken.sends)
            yield taken


class _Replay:
    """Takes the steps of a run once more, by the handlers alone."""

    def __init__(self, handlers: Handlers, interpreter: Interpreter) -> None:
        self._handlers, self._interpreter = handlers, interpreter
        (self.initial,) = interpreter.initial()
        self._state = self.initial
        self._there = set(self._state.network)
        self._network = [(network_place(envelope), envelope) for envelope in self._state.network]

    def take(self, taken: RunStep, later: Sequence[RunStep]) -> Iterator[TraceStep]:
        """The steps that one of the run stands for: a restart has a crash before it, unless a line has told
        of that.
        """
        if taken.event is None:
            raise ReplayError(f"{taken.node}: a life began in another state than that of the start")
        before = self._state.nodes[taken.node.index].state
        assert isinstance(before, State)
        if taken.event.kind == "crash":
            yield self._stepped(taken.event, self._left_for_later(taken, before, later), up=False)
            return
        if taken.event.kind == "restart" and self._state.nodes[taken.node.index].up:
            yield self._stepped(
                Event("crash", "crash", taken.node), self._left_by_crash(taken, before), up=False
            )
        elif taken.event.kind != "restart":
            self._require(taken, before)
        self._send(taken.sends)
        yield self._stepped(taken.event, taken.state, up=True)

    def _require(self, taken: RunStep, before: State) -> None:
        """Raise ReplayError unless the model allows a step."""
        assert taken.event is not None
        outcomes = self._handlers.take(replace(taken.event, choice=()), before)
        same = not isinstance(outcomes, NoOutcome) and any(o.state == taken.state for o in outcomes)
        if not same or (taken.used is not None and taken.used not in self._there):
            raise ReplayError(f"{taken.event.located} is not possible in {before}")

    def _left_by_crash(self, taken: RunStep, before: State) -> object:
        """What a crash leaves, so that the restart after it is the one of the run."""
        runner = self._handlers.runner
        for left in runner.remains(taken.node, before):
            if any(step.state == taken.state for step in runner.recoveries(taken.node, left)):
                return left
        raise ReplayError(f"{taken.node} can't restart in {taken.state} after {before}")

    def _left_for_later(self, taken: RunStep, before: State, later: Sequence[RunStep]) -> object:
        """What a crash leaves, so that the next life of the node, if there is one, can begin with it."""
        after = next((step for step in later if step.node == taken.node), None)
        if after is not None:
            return self._left_by_crash(after, before)
        return self._handlers.runner.remains(taken.node, before)[0]

    def _send(self, sends: Sequence[Envelope]) -> None:
        for envelope in sends:
            if envelope not in self._there:
                self._there.add(envelope)
                insort(self._network, (network_place(envelope), envelope), key=lambda placed: placed[0])

    def _stepped(self, event: Event, local: object, *, up: bool) -> TraceStep:
        assert event.node is not None
        nodes = list(self._state.nodes)
        nodes[event.node.index] = NodeView(event.node, up, local)
        network = tuple(envelope for _, envelope in self._network)
        after = replace(self._state, nodes=tuple(nodes), network=network)
        self._state = self._interpreter.monitored(event, self._state, after)
        return TraceStep(event, self._state)
