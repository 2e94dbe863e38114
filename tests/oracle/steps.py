"""The steps of a state, in plain objects: ``docs/semantics.md`` once more, with nothing clever.

A global state is a :class:`GlobalState`. :meth:`Machine.moves` lists what can happen in one, by
calling the program's own methods. Nothing is shared with the packed system or the interpreter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import product

from elcheck.checker.model.budget import Budget, FaultKind
from elcheck.checker.model.clock import Clock
from elcheck.checker.model.collections import Map
from elcheck.checker.model.environment import EnvironmentState, initial_state
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.handlers import Handler, HandlerKind, handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.record import State, survivor
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Envelope, Event, EventKind, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Blocked, Send, Step
from tests.oracle.draft import Draft, Move, Rules, notice


@dataclass(frozen=True)
class Attempt:
    """One outcome of a node's handler, not yet applied to the global state."""

    handler: Handler
    event: Event
    node: NodeId
    outcome: Step[State]
    taken: Envelope | None = None


def real(move: Move) -> bool:
    """Whether a step is one: it changes something, or a bound cuts it."""
    return bool(move.crossed) or not move.stutter


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


class Machine(Rules):
    """A model, ready to be stepped."""

    def _answers(self, node: NodeId, method: str, local: object, *arguments: object) -> list[Step[State]]:
        """What a program's method answers in a local state; disks remember."""
        found = outcomes(self.programs[node], method, local, *arguments)
        if self.model.environment.disk != 0:
            found = [remembered(local, step) for step in found]
        return list(dict.fromkeys(found))

    # ---- where it starts

    def initial(self) -> list[GlobalState]:
        """The initial states within the bounds, each once."""
        if isinstance(self.model.program, SharedProgram):
            shared = [step.state for step in outcomes(self.model.program, "start")]
            states = [GlobalState(shared=state) for state in shared]
        elif self.model.initial:
            states = [
                self._initial({n: Step(_state(at.nodes[n])) for n in self.nodes}, at.network, at)
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
        steps = {n: Step(_state(survivor(s.state))) if n in down else s for n, s in steps.items()}
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
            found = [*self._of_nodes(state), *self._faults(state)]
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
            for values in _arguments(program, handler):
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
                for values in _arguments(program, handler):
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
                yield draft.done(_fault("crash", node, during=attempt.event.name, sends=made), node)

    def _remains(self, node: NodeId, local: object) -> list[object]:
        """What a crash may leave of a local state."""
        found = self._answers(node, "at_crash", local)
        return list(dict.fromkeys(survivor(step.state) for step in found))

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
            now = _state(a_tick_later(view.state)) if timed else view.state
            steps = [Step(_state(now))]
            if node in tickers:
                steps = self._answers(node, tickers[node].name, now)
            if not view.up:
                steps = list(dict.fromkeys(Step(_state(survivor(step.state))) for step in steps))
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

    # ---- faults

    def _faults(self, state: GlobalState) -> Iterator[Move]:
        yield from self._losses(state)
        yield from self._duplicates(state)
        yield from self._crashes(state)
        yield from self._restarts(state)
        yield from self._pauses(state)
        yield from self._damages(state)
        yield from self._own_faults(state)
        yield from self._cuts_of_links(state)

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
                yield draft.done(_fault("lose", lost.dst, src=lost.src, msg=lost.msg, head=place in heads))

    def _duplicates(self, state: GlobalState) -> Iterator[Move]:
        if self.model.environment.network not in ("bag", "fifo"):
            return
        for envelope in self._foremost(state):
            draft = self._faulty(state, "dup", envelope.dst)
            if draft is not None and not notice(envelope):
                draft.mail.insert(draft.mail.index(envelope), envelope)
                draft.check_room(envelope)
                again = _fault("duplicate", envelope.dst, src=envelope.src, msg=envelope.msg)
                yield draft.done(again)

    def _crashes(self, state: GlobalState) -> Iterator[Move]:
        for view in state.nodes:
            active = view.up and not view.paused
            asked = active and self.spent(state, "crash", view.node) is not None
            for remains in self._remains(view.node, view.state) if asked else ():
                draft = self._faulty(state, "crash", view.node)
                if draft is not None:
                    draft.crash(view.node, remains)
                    yield draft.done(_fault("crash", view.node), view.node)

    def _pauses(self, state: GlobalState) -> Iterator[Move]:
        """A node that is up is paused, for a price; one that is paused goes on, for nothing."""
        for view in state.nodes:
            draft = self._faulty(state, "pause", view.node) if view.up and not view.paused else None
            if view.paused:
                draft = Draft(self, state, self._one_paused_less(state.environment))
            if draft is not None:
                draft.paused[view.node] = not view.paused
                yield draft.done(_fault("resume" if view.paused else "pause", view.node), view.node)

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
            for f in () if view.up else fields(_state(view.state)):
                now = getattr(view.state, f.name)
                lesser: list[object] = [f.default]
                if isinstance(now, tuple):
                    lesser = [now[:-lost] for lost in range(1, len(now) + 1)]
                for other in fields(_state(view.state)):
                    if other.metadata.get("earlier") == f.name:
                        lesser += getattr(view.state, other.name)
                draft = None
                for then in dict.fromkeys(lesser) if f.metadata.get("frail") else ():
                    draft = self._faulty(state, "disk", view.node)
                    if draft is not None:
                        hurt = Step(replace(_state(view.state), **{f.name: then}))
                        draft.local[view.node] = remembered(view.state, hurt).state
                        yield draft.done(_fault("damage", view.node, field=f.name), view.node)

    def _restarts(self, state: GlobalState) -> Iterator[Move]:
        for view in state.nodes:
            if view.up or self.spent(state, "restart", view.node) is None:
                continue
            for step in self._answers(view.node, "recover", view.state):
                draft = self._faulty(state, "restart", view.node)
                if draft is not None:
                    draft.restart(view.node, step.state, step.sends)
                    yield draft.done(_fault("restart", view.node), view.node)

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
                yield draft.done(_fault("disconnect", a=a, b=b))
        standing = state.environment.standing
        stays = any(p.name == standing and not p.heals for p in self.known_partitions)
        for name in [p.name for p in self.partitions] if standing is None else [None][stays:]:
            draft = self._faulty(state, "partition") if name else Draft(self, state, state.environment)
            if draft is not None:
                draft.environment = replace(draft.environment, standing=name)
                yield draft.done(_fault("partition" if name else "heal", partition=name or standing))


def a_tick_later(value: object) -> object:
    """A local state whose clocks, in its fields or in maps there, show one tick more."""
    if isinstance(value, Clock):
        return replace(value, ticks=min(value.ticks + 1, value.most))
    if isinstance(value, Map):
        return Map({key: a_tick_later(part) for key, part in value.items()})
    if isinstance(value, State):
        return replace(value, **{f.name: a_tick_later(getattr(value, f.name)) for f in fields(value)})
    return value


def _state(value: object) -> State:
    assert isinstance(value, State)
    return value


def _fault(kind: EventKind, node: NodeId | None = None, **args: object) -> Event:
    return Event(kind, kind, node, tuple(args.items()))


def _started(monitor: Monitor[object], views: tuple[NodeView[object], ...]) -> object:
    return monitor.start(tuple(view for view in views if isinstance(view.state, monitor.of)))


def _arguments(program: object, handler: Handler) -> list[tuple[object, ...]]:
    """Every combination of the values in ``over``: of methods of the program, or properties."""
    ranges: list[Iterable[object]] = []
    for name in handler.over:
        found = getattr(program, name)
        ranges.append(found() if callable(found) else found)
    return list(product(*ranges))
