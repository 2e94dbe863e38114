"""The steps of a state, in plain objects: ``docs/semantics.md`` once more, with nothing clever.

A global state is a :class:`GlobalState`. :meth:`Machine.moves` lists what can happen in one, by
calling the program's own methods. Nothing is shared with the packed system or the interpreter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from itertools import product

from elcheck.checker.model.clock import Clock
from elcheck.checker.model.collections import Map
from elcheck.checker.model.environment import EnvironmentState, initial_state
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.handlers import handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.record import State, survivor
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Send, Step
from tests.oracle.answers import Attempt, arguments, outcomes, state_of, view_of
from tests.oracle.draft import Draft, Move, notice
from tests.oracle.faults import Faults, fault_event


def real(move: Move) -> bool:
    """Whether a step is one: it changes something, or a bound cuts it."""
    return bool(move.crossed) or not move.stutter


class Machine(Faults):
    """A model, ready to be stepped."""

    # ---- where it starts

    def initial(self) -> list[GlobalState]:
        """The initial states within the bounds, each once."""
        if isinstance(self.model.program, SharedProgram):
            shared = [step.state for step in outcomes(self.model.program, "start")]
            states = [GlobalState(shared=state) for state in shared]
        elif self.model.initial:
            states = [
                self._initial({n: Step(state_of(at.nodes[n])) for n in self.nodes}, at.network, at)
                for at in self.model.initial
            ]
        else:
            starts = [outcomes(program, "start") for program in self.programs.values()]
            states = [
                self._initial(dict(zip(self.nodes, steps, strict=True)), ()) for steps in product(*starts)
            ]
        if not states:
            raise DefinitionError("no initial state")
        once = dict.fromkeys(states)
        within = [state for state in once if not self.beyond(state)]
        if not within:
            raise DefinitionError("no initial state is within the bounds")
        self.left_out = Counter(name for state in once for name in self.beyond(state))
        return within

    def _initial(
        self, steps: dict[NodeId, Step[State]], network: Iterable[Envelope], at: Prepared | None = None
    ) -> GlobalState:
        down = set(at.down) if at is not None else set()
        steps = {n: Step(state_of(survivor(s.state))) if n in down else s for n, s in steps.items()}
        paused = set(at.paused) if at is not None else set()
        views = tuple(NodeView(n, n not in down, step.state, n in paused) for n, step in steps.items())
        environment = initial_state(self.model.environment, self.nodes)
        if at is not None:
            environment = self._in_trouble(environment, at)
        history = tuple(_started(monitor, views) for monitor in self.model.monitors)
        draft = Draft(self, GlobalState(nodes=views, history=history), environment)
        for envelope in network:
            if envelope.dst not in down or draft.network == "sent-set" or draft.keeps_for_the_down():
                draft.put(envelope)
        for node, step in steps.items():
            draft.step(node, step.state, step.sends)
        return draft.done(Event("action", "start")).after

    def _in_trouble(self, environment: EnvironmentState, at: Prepared) -> EnvironmentState:
        """What is left where some of it is spent, some nodes are down and a partition stands."""
        found = []
        for left in environment.left:
            total = None if left.total is None else max(0, left.total - at.spent.get(left.kind, 0))
            ill = set(at.paused) if left.kind == "pause" else set(at.down)
            more = None if left.at_once is None else left.at_once - len(ill)
            found.append(replace(left, total=total, at_once=more))
        standing = None if at.partition is None else at.partition.name
        return replace(environment, left=tuple(found), standing=standing)

    def beyond(self, state: GlobalState) -> set[str]:
        """The bounds that an initial state is beyond."""
        locals_ = [view.state for view in state.nodes] or [state.shared]
        crossed: set[str] = set().union(*map(self.crossed, locals_))
        for name, limit in self.limits():
            if any(self.crowd(name, e, list(state.network)) > limit for e in state.network):
                crossed.add(name)
        return crossed | self.apart(state)

    # ---- what can happen

    def moves(self, state: GlobalState) -> list[Move]:
        """Every step of a state, those that a bound cuts included, stutters not; monitors have run."""
        if isinstance(self.model.program, SharedProgram):
            found = list(self._shared_moves(self.model.program, state))
        else:
            found = [*self._of_nodes(state), *self.faults(state)]
        return [self._watched(state, move) for move in found if real(move)]

    def _watched(self, state: GlobalState, move: Move) -> Move:
        history = list(state.history)
        for node in () if move.crossed else move.stepping:
            before, after = view_of(state, node), view_of(move.after, node)
            for i, monitor in enumerate(self.model.monitors):
                if isinstance(before.state, monitor.of) and isinstance(after.state, monitor.of):
                    history[i] = monitor.after(history[i], move.event, before, after)
        return replace(move, after=replace(move.after, history=tuple(history)))

    def _shared_moves(self, program: SharedProgram, state: GlobalState) -> Iterator[Move]:
        for handler in handlers_of(type(program), "spec"):
            for values in arguments(program, handler):
                for step in outcomes(program, handler.name, state.shared, *values):
                    after = replace(state, shared=step.state)
                    args = tuple((str(place), value) for place, value in enumerate(values))
                    event = Event("action", handler.name, None, args, choice=step.choice)
                    yield Move(event, after, after == state, frozenset(self.crossed(step.state)))

    def _of_nodes(self, state: GlobalState) -> list[Move]:
        """Actions, deliveries, timeouts and the joint tick, as timing permits, with their split crashes."""
        prompt = [*self._attempts(state, "action"), *self._deliveries(state)]
        waits = state.environment.synchronous and any(real(self._whole(state, a)) for a in prompt)
        timeouts = [] if waits else self._timeouts(state)
        found = [] if waits or self._late(state, [*prompt, *timeouts]) else list(self._ticks(state))
        for attempt in (*prompt, *timeouts):
            found.append(self._whole(state, attempt))
            found += self._split_crashes(state, attempt)
        return found

    def _late(self, state: GlobalState, attempts: list[Attempt]) -> bool:
        """Whether time waits for one of these: a message that is d ticks old, a timer that shows m."""
        oldest = self.model.environment.delay
        if oldest is None:
            return False
        late = [attempt for attempt in attempts if attempt.taken and attempt.taken.age == oldest]
        for attempt in attempts:
            most = attempt.handler.mark.after[1]
            shown = self._shown(attempt.handler, view_of(state, attempt.node).state, attempt.event)
            if attempt.event.kind == "timeout" and most is not None and shown is not None and shown >= most:
                late.append(attempt)
        return any(real(self._whole(state, attempt)) for attempt in late)

    def _timeouts(self, state: GlobalState) -> list[Attempt]:
        """The timeouts that need not wait for others: in synchrony the lowest rank that is enabled."""
        if not state.environment.synchronous:
            return list(self._attempts(state, "timeout"))
        ranks = {h.mark.rank for handlers in self.handlers.values() for h in handlers}
        for rank in sorted(ranks):
            found = list(self._attempts(state, "timeout", rank))
            if any(real(self._whole(state, attempt)) for attempt in found):
                return found
        return []

    def _prepared(self, state: GlobalState, attempt: Attempt, *, crash: bool) -> Draft:
        """The budgets spent and the message taken: what precedes the effects of an outcome."""
        environment = state.environment
        if attempt.event.kind == "timeout":
            environment = environment.after_timeout()
        timed = replace(state, environment=environment)
        spent = self.spent(timed, "crash", attempt.node) if crash else environment
        assert spent is not None
        draft = Draft(self, state, spent)
        taken = attempt.taken
        if taken is not None and (notice(taken) or draft.network != "sent-set"):
            draft.mail.remove(taken)
        return draft

    def _whole(self, state: GlobalState, attempt: Attempt) -> Move:
        draft = self._prepared(state, attempt, crash=False)
        draft.step(attempt.node, attempt.outcome.state, attempt.outcome.sends)
        return draft.done(attempt.event, attempt.node)

    def _split_crashes(self, state: GlobalState, attempt: Attempt) -> Iterator[Move]:
        """The crashes of a node among the split sends of an outcome."""
        node, step = attempt.node, attempt.outcome
        splits = [i for i, e in enumerate(step.sends) if isinstance(e, Send) and e.split]
        if self.spent(state, "crash", node) is None or self.crossed(step.state):
            return
        for made in range(len(splits)):
            unmade = splits[made:]
            effects = [e for i, e in enumerate(step.sends) if i not in unmade]
            for remains in self._remains(node, step.state):
                draft = self._prepared(state, attempt, crash=True)
                draft.step(node, step.state, effects)
                draft.crash(node, remains)
                yield draft.done(fault_event("crash", node, during=attempt.event.name, sends=made), node)

    def _ticks(self, state: GlobalState) -> Iterator[Move]:
        """The joint step of all nodes that have a tick handler."""
        tickers = {
            node: handler
            for node in self.nodes
            for handler in self.handlers[node]
            if handler.mark.kind == "tick"
        }
        timed = self.model.environment.delay is not None
        choices = []
        for node in self.nodes if timed else tickers:
            view = view_of(state, node)
            now = state_of(a_tick_later(view.state)) if timed else view.state
            steps = [Step(state_of(now))]
            if node in tickers:
                steps = self._answers(node, tickers[node].name, now)
            if not view.up:
                steps = list(dict.fromkeys(Step(state_of(survivor(step.state))) for step in steps))
            if view.paused:
                steps = list(dict.fromkeys(Step(step.state) for step in steps))
            choices.append(steps)
        stepping = self.nodes if timed else tuple(tickers)
        for joint in product(*choices) if stepping else ():
            draft = Draft(self, state, state.environment)
            draft.age()
            for node, step in zip(stepping, joint, strict=True):
                draft.step(node, step.state, step.sends)
            yield draft.done(Event("tick", "tick"), *stepping)


def a_tick_later(value: object) -> object:
    """A local state whose clocks, in its fields or in maps there, show one tick more."""
    if isinstance(value, Clock):
        return replace(value, ticks=min(value.ticks + 1, value.most))
    if isinstance(value, Map):
        return Map({key: a_tick_later(part) for key, part in value.items()})
    if isinstance(value, State):
        return replace(value, **{f.name: a_tick_later(getattr(value, f.name)) for f in fields(value)})
    return value


def _started(monitor: Monitor[object], views: tuple[NodeView[object], ...]) -> object:
    return monitor.start(tuple(view for view in views if isinstance(view.state, monitor.of)))
