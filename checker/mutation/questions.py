"""The questions that a search asks of a model's code. Whoever answers all of them alike has the same graph.

A search is deterministic: which question comes next, and what it makes of the answer, is decided by the
answers before it. So by induction two models that give equal answers to all questions that a search of one of
them asks are searched alike: the same states, the same steps, the same verdicts. Each kind of question is a
class here; its ``ask`` is what the packed system (checker/system) and the judge (checker/search/judge.py) do.

Handlers' answers are compared by what they do to a state. On a sent-set or a set a message that is sent twice
is sent once, and only fifo links keep an order of messages; an outcome that changes nothing is no step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from elcheck.checker.interpreter.asking import Asker
from elcheck.checker.model.call import HandlerError, said, theirs
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Until
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Some
from elcheck.checker.model.record import Crashed, Disconnected, State, survivor
from elcheck.checker.model.refinement import Refinement
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.state import Event, NodeView, Prepared
from elcheck.checker.model.step import Effect, Send, Step
from elcheck.checker.model.values import order
from elcheck.checker.search.search import Exploration
from elcheck.checker.system import NodeSystem, System
from elcheck.checker.system.views import view_of


@dataclass(frozen=True)
class Raised:
    """The answer of code that raises."""

    text: str


def answer(question: Question, system: System) -> object:
    """What a model answers: a value that equals that of another model where the search can't tell them."""
    try:
        with theirs:
            return question.ask(system)
    except (HandlerError, DefinitionError, UsageError) as error:
        return Raised(str(error))
    except Exception as error:
        return Raised(said(error))


# -- handlers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfHandler:
    """What a handler does in a local (or a Spec's) state. Of a node that is down or paused it is the joint
    tick.
    """

    event: Event
    state: object
    up: bool = True
    paused: bool = False

    def ask(self, system: System) -> object:
        steps = system.runner.take(self.event, self.state).steps
        if not self.up:
            return tuple(sorted({survivor(step.state) for step in steps}, key=order))
        if self.paused:
            return tuple(sorted({step.state for step in steps}, key=order))
        effects = tuple(sorted(self._effects(system.model, steps), key=order))
        due = bool(effects) and system.runner.is_due(self.event, self.state)
        return (effects, "due") if due else effects

    def _effects(self, model: Model, steps: tuple[Step[State], ...]) -> Iterator[tuple[object, ...]]:
        for step in steps:
            sends = _as_delivered(model, step.sends)
            if step.state == self.state and not sends and self._takes_nothing(model):
                continue
            yield step.state, sends, step.choice

    def _takes_nothing(self, model: Model) -> bool:
        """Whether the event itself leaves no trace: no message is taken, and no clock ticks."""
        if self.event.kind == "receive":
            notice = isinstance(dict(self.event.args)["msg"], Crashed | Disconnected)
            return model.environment.network == "sent-set" and not notice
        return self.event.kind in ("action", "timeout")


def _as_delivered(model: Model, sends: tuple[Effect, ...]) -> tuple[object, ...]:
    """What a step sends, without what the network makes no difference of."""
    network = model.environment.network
    if network == "fifo" or any(isinstance(effect, Send) and effect.split for effect in sends):
        return sends
    told = sorted(sends, key=order)
    return tuple(told) if network == "bag" else tuple(dict.fromkeys(told))


@dataclass(frozen=True)
class OfStart:
    """The initial states of a node, or of a Spec."""

    node: NodeId | None

    def ask(self, system: System) -> object:
        runner = system.runner
        steps = runner.shared_starts() if self.node is None else runner.starts(self.node)
        return tuple((step.state, step.sends) for step in steps)


@dataclass(frozen=True)
class OfCrash:
    """What a crash may leave of a local state."""

    node: NodeId
    state: object

    def ask(self, system: System) -> object:
        return tuple(sorted(system.runner.remains(self.node, self.state), key=order))


@dataclass(frozen=True)
class OfRestart:
    """What a restart may lead to."""

    node: NodeId
    durable: object

    def ask(self, system: System) -> object:
        steps = system.runner.recoveries(self.node, self.durable)
        return tuple((step.state, step.sends) for step in steps)


@dataclass(frozen=True)
class OfOutline:
    """What a model is made of, apart from its functions: programs, nodes, events, environment, claims."""

    def ask(self, system: System) -> object:
        model, runner = system.model, system.runner
        judged = any(claim.kind == "liveness" for claim in model.properties)
        fair = (model.environment.fairness, tuple(model.fairness)) if judged else ()
        programs = tuple(model.programs.items()) or model.program
        initial = tuple(map(_prepared, model.initial))
        bounds = tuple((b.name, b.of, b.holds if isinstance(b.holds, int) else None) for b in model.bounds)
        claims = [(c.kind, c.name, _shape(c.formula or c.scope)) for c in system.claims]
        assumed = tuple(map(_shape, model.assume))
        environment = (model.environment.describe(), runner.partitions())
        return (
            (type(model.program), programs, environment, initial, bounds, fair, claims, assumed),
            tuple(_events(runner, fair=judged)),
        )


def _prepared(start: Prepared) -> tuple[object, ...]:
    """What a prepared start is made of. (A partition that stands is one of the runner's.)"""
    parts = (start.down, sorted(start.spent.items()))
    standing = None if start.partition is None else start.partition.name
    return (*start.nodes.items(), tuple(start.network), *map(tuple, parts), standing)


def _events(runner: Runner, *, fair: bool) -> Iterator[object]:
    """The events that a model has of itself, and what its decorators say of them that matters."""
    ranked, timed = runner.model.environment.early_timeouts is not None, runner.timed
    for owner, handler in runner.all_handlers():
        mark = handler.mark
        said_ = (
            mark.kind,
            mark.rank if ranked else 0,
            mark.fair if fair else None,
            mark.after if timed else (),
        )
        yield owner, handler.name, said_, handler.messages
    for node in runner.nodes:
        for kind in ("action", "timeout", "tick"):
            yield tuple(event for _, event in runner.events(node, kind))
    yield tuple(runner.shared_events()) if not runner.nodes else ()


def _shape(formula: Formula) -> object:
    """A formula without the functions in it."""
    match formula:
        case Scope(kind=kind, look=look, monitor=monitor):
            return kind, look.of, look.named, None if monitor is None else (monitor.name, monitor.of)
        case Some(scope):
            return "some", _shape(scope)
        case Not(operand):
            return "not", _shape(operand)
        case And(left, right) | Or(left, right) | Until(left, right) | Release(left, right):
            return type(formula).__name__, _shape(left), _shape(right)
        case Constant(value):
            return value
        case _:
            return formula


# -- bounds, views, checks, monitors ---------------------------------------------------------------------


@dataclass(frozen=True)
class OfBounds:
    """The bounds that a local (or a Spec's) state is beyond."""

    state: object

    def ask(self, system: System) -> object:
        return system.runner.crossed(self.state)


@dataclass(frozen=True)
class OfViews:
    """What the properties see of a node in a local state."""

    view: NodeView[object]

    def ask(self, system: System) -> object:
        return tuple(view_of(claim.scope, self.view) for claim in system.claims)


@dataclass(frozen=True)
class OfCheck:
    """What the check of a claim answers, by the claim's number."""

    claim: int
    arguments: tuple[object, ...]

    def ask(self, system: System) -> object:
        scope = system.claims[self.claim].scope
        if isinstance(scope.check, Refinement):
            scope.check.forget()
        return Asker(system.model).ask(scope, *self.arguments)


@dataclass(frozen=True)
class OfMonitor:
    """What a monitor makes of a step, or (``seen`` being all nodes) of the initial state."""

    at: int
    seen: tuple[object, ...]
    starts: bool = False

    def ask(self, system: System) -> object:
        monitor = system.model.monitors[self.at]
        return monitor.start(self.seen) if self.starts else monitor.after(*self.seen)


Question: TypeAlias = (
    OfOutline | OfStart | OfHandler | OfCrash | OfRestart | OfBounds | OfViews | OfCheck | OfMonitor
)
"""Something that a search asks of a model's code."""


# -- what was asked ----------------------------------------------------------------------------------------


def questions_of(exploration: Exploration) -> Iterator[Question]:
    """The questions that a search has asked that is over, those of handlers first."""
    yield OfOutline()
    system = exploration.system
    if isinstance(system, NodeSystem):
        yield from _of_nodes(system)
    else:
        yield from _of_spec(exploration)
    for key in exploration.judge.answers:
        claim, *arguments = key
        assert isinstance(claim, int)
        yield OfCheck(claim, tuple(arguments))
    whole = [number for number, claim in enumerate(system.claims) if claim.scope.kind == "whole"]
    for code in exploration.search.codes if whole else ():
        state = system.decode(code)
        yield from (OfCheck(number, (state,)) for number in whole)


def _of_nodes(system: NodeSystem) -> Iterator[Question]:
    if not system.model.initial:
        yield from map(OfStart, system.runner.nodes)
    for table in system.tables:
        states = table.local_states
        calls = states.learned_since(0)
        for call in calls:
            if call.event is not None:
                known = states[call.local]
                yield OfHandler(call.event, known.state, known.up, known.paused)
        crashed = dict.fromkeys(call.local for call in calls if call.kind == "crash")
        yield from (OfCrash(table.node, states[local].state) for local in crashed)
        restarted = (call.local for call in calls if call.kind == "restart")
        yield from (OfRestart(table.node, states[local].state) for local in restarted)
    for table in system.tables:
        views = dict.fromkeys(table.local_states.view(n) for n in range(len(table.local_states.known)))
        yield from (OfBounds(state) for state in dict.fromkeys(view.state for view in views))
        yield from map(OfViews, views)
    for at, monitor in enumerate(system.model.monitors):
        for code in system.initial():
            views_ = system.decode(code).nodes
            yield OfMonitor(at, (tuple(v for v in views_ if isinstance(v.state, monitor.of)),), starts=True)
        for step, _ in system.history.learned_since(at, 0):
            seen = system.history.seen(at, step)
            if all(isinstance(view.state, monitor.of) for view in seen[2:]):
                yield OfMonitor(at, seen)


def _of_spec(exploration: Exploration) -> Iterator[Question]:
    """A Spec keeps nothing of what was asked: it is all events in all states, and all checks of them."""
    system, runner = exploration.system, exploration.system.runner
    yield OfStart(None)
    states = [system.decode(code).shared for code in exploration.search.codes]
    events = runner.shared_events()
    met: dict[object, None] = dict.fromkeys(step.state for step in runner.shared_starts())
    steps: dict[tuple[object, ...], None] = {}
    for state in states:
        for event in events:
            yield OfHandler(event, state)
            after: dict[object, None] = dict.fromkeys(s.state for s in runner.take(event, state).steps)
            met.update(after)
            steps.update(dict.fromkeys((state, new) for new in after if new != state))
    yield from map(OfBounds, met)
    for number, claim in enumerate(system.claims):
        if claim.scope.kind in ("shared", "change"):
            asked = [(state,) for state in states] if claim.scope.kind == "shared" else list(steps)
            yield from (OfCheck(number, arguments) for arguments in asked)
