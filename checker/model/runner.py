"""Running a model's handlers: who handles what, every call counted, every answer in canonical form.

The packed system and the plain interpreter both ask here; neither touches a program itself.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import cycle, islice, product

from elcheck.checker.model.call import (
    HandlerError,
    Normal,
    Outcomes,
    WrongAnswer,
    is_of_a_model,
    outcomes,
    said,
    theirs,
)
from elcheck.checker.model.clock import clocks_later
from elcheck.checker.model.deadlines import TIME, Deadlines
from elcheck.checker.model.disks import remembering
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.handlers import Handler, handlers_of, place_if_known, place_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.node import Node
from elcheck.checker.model.partition import Separation, separation, symmetric_splits
from elcheck.checker.model.record import Crashed, Disconnected, State, survivor
from elcheck.checker.model.spec import SharedProgram, Spec
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Close, Send, Step
from elcheck.checker.model.twice import AGAIN, KEPT, Repeats, answer_of, flaw_of_call, has_sets, turned
from elcheck.checker.model.values import flaw, order, text
from elcheck.checker.process.watch import look

Argument = tuple[str, object]


@dataclass(frozen=True)
class RememberedCall:
    """A call with what it came to."""

    call: ReadyMethod
    arguments: Sequence[object]
    answer: Outcomes


LONGEST_RANGE = 100_000
"""Values of a range, beyond which it is taken for one without end: each is an event at each node."""


@dataclass
class HandlerTally:
    """What became of one handler's calls in this search, and some of these."""

    called: int = 0
    enabled: int = 0
    changed: bool = False
    """Whether an outcome sends something, or is another state than the one that it was given."""
    blocked: Counter[str] = field(default_factory=Counter)
    remembered: list[RememberedCall] = field(default_factory=list)

    def keep(self, call: RememberedCall) -> None:
        """Remember a call: one of the first, or now and then one."""
        if self.called <= KEPT or self.called % 1024 == 0:
            self.remembered.append(call)


@dataclass(frozen=True, eq=False)
class ReadyMethod:
    """A method of a program at a node (of a Spec: None), as it is called again and again: with the tally of
    its calls, the form of its steps, and the global names of a model's module that it may read.
    """

    name: str
    where: str
    tally: HandlerTally
    normal: Normal
    module: dict[str, object] | None

    def __call__(self, program: object, *given: object) -> Outcomes:
        """What the method of a program comes to. Raises HandlerError."""
        method: Callable[..., object] = getattr(program, self.name)
        return outcomes(lambda: method(*given), self.where, self.normal, given[0] if given else None)


class Runner:
    """The handlers of a model, ready to be called on plain states."""

    def __init__(self, model: Model, *, every_call_twice: bool = False) -> None:
        self.model = model
        self.nodes: tuple[NodeId, ...] = tuple(model.programs)
        self.programs = {node: program.at(node, self.nodes) for node, program in model.programs.items()}
        self.calls = 0
        self.tallies: dict[tuple[str, str], HandlerTally] = {}
        self.splits = False
        self._methods: dict[tuple[NodeId | None, str], ReadyMethod] = {}
        self._asked_of_bounds = self._asked_of_stale = 0
        self.unhandled: set[tuple[str, str]] = set()
        self.stopped_clocks: dict[NodeId, str] = {}
        """Nodes whose tick had no outcome in some local state, each with the reason."""
        self.repeats = Repeats(every_call=every_call_twice)
        self._remembers = model.environment.disk != 0
        self.timed = model.environment.delay is not None
        self._deadlines = Deadlines(self.timed, self.repeats)
        programs: list[object] = [*self.programs.values(), model.program]
        self._twins = {id(program): turned(program) for program in programs}
        self._asked_again = {i: twin for i, twin in self._twins.items() if has_sets(twin)}
        self._state_classes: dict[NodeId | None, tuple[type, ...]] = {
            node: state_classes(type(program), Node) for node, program in self.programs.items()
        }
        self._state_classes[None] = state_classes(type(model.program), Spec)
        self._bounds = [bound for bound in model.bounds if not isinstance(bound.holds, int)]
        self._handlers: dict[NodeId, tuple[Handler, ...]] = {}
        for node, program in self.programs.items():
            self._handlers[node] = handlers_of(type(program), "node")
        self._shared: tuple[Handler, ...] = ()
        if isinstance(model.program, SharedProgram):
            self._shared = handlers_of(type(model.program), "spec")
        for owner, handler in self.all_handlers():
            self.tallies.setdefault((owner, handler.name), HandlerTally())

    def all_handlers(self) -> Iterator[tuple[str, Handler]]:
        """Every handler with the name of its program's class; a class at several nodes comes again."""
        for node, handlers in self._handlers.items():
            for handler in handlers:
                yield type(self.programs[node]).__name__, handler
        for handler in self._shared:
            yield type(self.model.program).__name__, handler

    def handlers_at(self, node: NodeId) -> tuple[Handler, ...]:
        """The handlers of a node."""
        return self._handlers[node]

    def handler(self, event: Event) -> Handler | None:
        """The handler that takes an event, None for a fault of the world."""
        among = self._shared if event.node is None else self._handlers[event.node]
        return next((h for h in among if not event.worldly and h.name == event.name), None)

    def events(self, node: NodeId, kind: str) -> list[tuple[Handler, Event]]:
        """A node's actions, timeouts, ticks or faults, one for each combination of their arguments. Where
        clocks run, every node has a tick.
        """
        program = self.programs[node]
        found = [
            (handler, Event(handler.mark.kind, handler.name, node, args))
            for handler in self._handlers[node]
            if handler.mark.kind == kind
            for args in _arguments(program, handler)
        ]
        if kind == "tick" and self.timed and not found:
            return [(TIME, Event("tick", TIME.name, node))]
        return found

    def shared_events(self) -> list[Event]:
        """A Spec's actions, one for each combination of their arguments."""
        program = self.model.program
        return [
            Event("action", handler.name, None, args)
            for handler in self._shared
            for args in _arguments(program, handler)
        ]

    def receiver(self, node: NodeId, message: type) -> Handler | None:
        """The handler that a node has for a class of messages, its base classes included."""
        by_class = {cls: handler for handler in self._handlers[node] for cls in handler.messages}
        return next((by_class[cls] for cls in message.__mro__ if cls in by_class), None)

    def delivery(self, node: NodeId, src: NodeId, msg: object) -> Event | None:
        """The delivery of a message as an event, None when the node has no handler for it."""
        handler = self.receiver(node, type(msg))
        if handler is None:
            self.unhandled.add((type(self.programs[node]).__name__, type(msg).__name__))
            return None
        return Event("receive", handler.name, node, (("src", src), ("msg", msg)))

    def crossed(self, state: object) -> tuple[str, ...]:
        """The bounds that a local (or a Spec's) state is beyond. Raises HandlerError when one raises."""
        return tuple(bound.name for bound in self._bounds if not self._within(bound, state))

    def crossed_as_is(self, state: object) -> tuple[str, ...]:
        """The same, by calls that are neither counted nor examined."""
        bounds = [(bound, bound.holds) for bound in self._bounds if isinstance(state, bound.of)]
        return tuple(bound.name for bound, holds in bounds if not isinstance(holds, int) and not holds(state))

    def _within(self, bound: Bound, state: object) -> bool:
        holds = bound.holds
        if isinstance(holds, int) or not isinstance(state, bound.of):
            return True
        self._asked_of_bounds += 1
        twice = self.repeats.is_due(self._asked_of_bounds)
        try:
            answer, why = answer_of(lambda given: bool(holds(given)), [state], twice=twice)
        except Exception as error:
            raise HandlerError(f"the bound {bound.name} raises {said(error)}, on {text(state)}") from error
        if why is not None:
            place = place_if_known(holds)
            raise HandlerError(f"the bound {bound.name}{place} {why}, on {text(state)}")
        return answer

    def is_stale(self, handler: Handler, state: object, msg: object) -> bool:
        """Whether a handler declares a message stale in a local state. Raises HandlerError if what it
        declares raises, or answers neither True nor False.
        """
        stale = handler.mark.stale
        if stale is None:
            return False
        self._asked_of_stale += 1

        def flawed(why: str) -> HandlerError:
            where = f"stale= of {handler.name}{place_if_known(stale)}"
            return HandlerError(f"{where} {why}{_given([state, msg])}")

        try:
            twice = self.repeats.is_due(self._asked_of_stale)
            answer, why = answer_of(stale, [state, msg], twice=twice)
        except Exception as error:
            raise flawed(f"raises {said(error)}") from error
        if why is not None:
            raise flawed(why)
        if not isinstance(answer, bool):
            raise flawed(f"answers {text(answer)}, not True or False")
        return answer

    def partitions(self) -> tuple[Separation, ...]:
        """The ways in which the network may fall apart, and those in which it has at the start.

        Raises DefinitionError for one that can't say what it parts, or two of one name.
        """
        own = tuple(self.model.partitions)
        come = own if own or self.model.environment.partition == 0 else symmetric_splits(self.nodes)
        found = [separation(partition, self.nodes, comes=True) for partition in come]
        known = {one.name: one for one in found}
        if len(known) < len(found):
            twice = next(one.name for one in found if known[one.name] is not one)
            raise DefinitionError(f"two partitions are called {twice!r}")
        for partition in filter(None, (start.partition for start in self.model.initial)):
            stands = separation(partition, self.nodes, comes=False)
            one = known.setdefault(stands.name, stands)
            if (one.pairs, one.heals) != (stands.pairs, stands.heals):
                raise DefinitionError(f"two partitions are called {stands.name!r}")
        return tuple(known.values())

    def take(self, event: Event, state: object) -> Outcomes:
        """What a node's (or a Spec's) handler makes of an event in a local (or shared) state, in order."""
        found = self.answer(event, state).in_order()
        if event.kind == "tick" and event.node is not None and not found.steps:
            self.stopped_clocks.setdefault(event.node, found.blocked or "it has no outcome")
        return found

    def answer(self, event: Event, state: object) -> Outcomes:
        """The same in the order in which the handler finds its steps."""
        if event.kind == "timeout" and event.node is not None:
            not_yet = self._deadlines.why_not_yet(self._known_handler(event), event, state)
            if not_yet is not None:
                return Outcomes((), not_yet)
        if event.kind == "tick" and self.timed and isinstance(state, State):
            state = clocks_later(state)
            if self.handler(event) is None:
                return Outcomes((Step(state),))
        return self._call(event.node, event.name, event.kind, [state, *[value for _, value in event.args]])

    def is_due(self, event: Event, state: object) -> bool:
        """Whether time waits for an event of a node, where that changes anything. Raises HandlerError."""
        return event.kind == "timeout" and self._deadlines.is_due(self._known_handler(event), event, state)

    def _known_handler(self, event: Event) -> Handler:
        """The handler of an event that has one."""
        handler = self.handler(event)
        assert handler is not None
        return handler

    def starts(self, node: NodeId) -> tuple[Step[State], ...]:
        """The initial states of a node. Raises DefinitionError when there is none."""
        return self._starts(node, self.programs[node])

    def shared_starts(self) -> tuple[Step[State], ...]:
        """The initial states of a Spec. Raises DefinitionError when there is none."""
        return self._starts(None, self.model.program)

    def _starts(self, node: NodeId | None, program: object) -> tuple[Step[State], ...]:
        outcomes = self._call(node, "start", "start", []).in_order()
        if not outcomes.steps:
            why = f" ({outcomes.blocked})" if outcomes.blocked else ""
            raise DefinitionError(f"{type(program).__name__}.start offers no initial state{why}")
        return outcomes.steps

    def recoveries(self, node: NodeId, durable: object) -> tuple[Step[State], ...]:
        """What a restart may lead to."""
        return self._call(node, "recover", "recover", [durable]).in_order().steps

    def remains(self, node: NodeId, state: object) -> tuple[object, ...]:
        """What a crash may leave of a local state, the fields that are lost at their defaults."""
        steps = self._call(node, "at_crash", "at_crash", [state]).in_order().steps
        left = [survivor(step.state) for step in steps]
        return tuple(dict.fromkeys(left))

    def _call(self, node: NodeId | None, name: str, kind: str, arguments: Sequence[object]) -> Outcomes:
        program = self.model.program if node is None else self.programs[node]
        look()
        self.calls += 1
        method = self._methods.get((node, name)) or self._method(node, name, kind, program)
        tally = method.tally
        tally.called += 1
        try:
            result = self._asked(method, [program, *arguments])
        except WrongAnswer as error:
            tally.enabled += 1
            written: Callable[..., object] = getattr(type(program), name)
            own = is_of_a_model(inspect.unwrap(written).__code__.co_filename)
            place = place_of(written) if own else "the one that it inherits"
            raise HandlerError(f"{method.where} ({place}) {error}{_given(arguments)}") from error.__cause__
        except HandlerError as error:
            tally.enabled += 1
            raise HandlerError(f"{error}{_given(arguments)}") from error.__cause__
        tally.enabled += bool(result.steps)
        if not tally.changed:
            tally.changed = any(step.sends or [step.state] != arguments[:1] for step in result.steps)
        if result.blocked is not None:
            tally.blocked[result.blocked] += 1
        return self._remembered(arguments[0], result) if self._remembers and arguments else result

    def _remembered(self, before: object, found: Outcomes) -> Outcomes:
        """The outcomes with what their states know of earlier values of fields."""
        steps = (
            Step(remembering(before, s.state), s.sends, choice=dict(s.choice), note=s.note)
            for s in found.steps
        )
        return Outcomes(tuple(dict.fromkeys(steps)), found.blocked)

    def _method(self, node: NodeId | None, name: str, kind: str, program: object) -> ReadyMethod:
        """A method of a node's program, made ready once."""
        cls: type = type(program)
        where = f"{cls.__name__}.{name}" + (f" at {node}" if node is not None else "")
        tally = self.tallies.get((cls.__name__, name), HandlerTally())
        normal = partial(self._normal, node=node, kind=kind)
        made = ReadyMethod(name, where, tally, normal, _module_of(cls, name))
        self._methods[node, name] = made
        return made

    def _asked(self, method: ReadyMethod, arguments: Sequence[object]) -> Outcomes:
        """What a handler of a program (the first argument) answers. Now and then it is called twice.

        Raises WrongAnswer if it answers otherwise then, or has changed its arguments.
        """
        if not self.repeats.is_due(method.tally.called):
            return method(*arguments)
        program = arguments[0]
        twin = self._twins[id(program)]
        before = [self._asked_again.get(id(program), program), *map(self.repeats.turned, arguments[1:])]
        result = method(*arguments)
        why = flaw_of_call(method, arguments, before, result, _is_same, method.module)
        if why is None and twin != program:
            why = "changes its program, whose fields are fixed: what is to be kept belongs into the state"
        if why is not None:
            raise WrongAnswer(why)
        method.tally.keep(RememberedCall(method, before, result))
        return result

    def unlike_before(self) -> str | None:
        """What is wrong with a handler that answers otherwise now than it did, None if none does: some calls
        of each are made again, of a handler that was called seldom again and again.
        """
        for (owner, name), tally in self.tallies.items():
            times = AGAIN if len(tally.remembered) < KEPT else KEPT
            for kept in islice(cycle(tally.remembered), times):
                try:
                    same = _is_same(kept.answer, kept.call(*kept.arguments))
                except HandlerError:
                    same = False
                if not same:
                    program = kept.arguments[0]
                    where = f"{owner}.{name} ({place_of(getattr(type(program), name))})"
                    given = _given(kept.arguments[1:])
                    return f"{where} is not deterministic: it answers otherwise than it did at first{given}"
        return None

    def _normal(self, step: Step[State], *, node: NodeId | None, kind: str) -> Step[State]:
        """A step with its sends in order of their targets, those to one target as they were made."""
        states = self._state_classes.get(node)
        if states and not isinstance(step.state, states):
            wanted = " or ".join(cls.__name__ for cls in states)
            raise WrongAnswer(
                f"answers a {type(step.state).__name__}, and its program's states are of {wanted}"
            )
        if step.choice and kind not in ("action", "timeout", "receive", "fault"):
            what = "the joint step of all nodes" if kind == "tick" else kind
            raise WrongAnswer(f"names a choice, and {what} has no name for it: leave out choice=")
        if not step.sends:
            return step
        if node is None:
            raise WrongAnswer("sends, and a Spec has no network")
        for effect in step.sends:
            self._check_effect(effect, kind)
            self.splits = self.splits or (isinstance(effect, Send) and effect.split)
        ordered = tuple(sorted(step.sends, key=lambda effect: effect.dst))
        return Step(step.state, ordered, choice=dict(step.choice))

    def _check_effect(self, effect: object, kind: str) -> None:
        """Raise WrongAnswer for what is neither a send nor a close, or can't be done here."""
        if not isinstance(effect, Send | Close):
            raise WrongAnswer(f"sends {text(effect)}: use self.send(...) or self.broadcast(...)")
        if isinstance(effect, Send) and isinstance(effect.msg, Crashed | Disconnected):
            raise WrongAnswer(f"sends {text(effect.msg)}, which only the environment does")
        if isinstance(effect, Send) and effect.split and kind == "fault":
            raise WrongAnswer("splits the sends of a fault, which is one blow: leave out split=")
        if effect.dst not in self.programs:
            known = ", ".join(map(str, self.nodes))
            what = (
                effect.dst
                if isinstance(effect.dst, NodeId)
                else f"the {type(effect.dst).__name__} {effect.dst!r}"
            )
            raise WrongAnswer(f"sends to {what}, which is no node of this model ({known})")
        if isinstance(effect, Close):
            network = self.model.environment.network
            if network != "fifo":
                raise WrongAnswer(f"closes a link, and a {network} network has none")
            if kind == "tick":
                raise WrongAnswer("closes a link in the joint step of all nodes: close it in an action")


@cache
def _module_of(program: type, name: str) -> dict[str, object] | None:
    """The global names of the module in which a model has a handler, None for elcheck's own."""
    method = inspect.unwrap(getattr(program, name))
    return method.__globals__ if is_of_a_model(method.__code__.co_filename) else None


def _is_same(a: Outcomes, b: Outcomes) -> bool:
    """Whether two calls came to the same. A guard's words may differ: they may list what a set holds."""
    same = a.steps == b.steps or set(a.steps) == set(b.steps)
    return same and (a.blocked is None) == (b.blocked is None)


def _given(arguments: Sequence[object]) -> str:
    return f", on ({', '.join(map(text, arguments))})" if arguments else ""


def _arguments(program: object, handler: Handler) -> list[tuple[Argument, ...]]:
    """Every combination of the values that a handler's further arguments range over."""
    method: Callable[..., object] = getattr(type(program), handler.name)
    code = inspect.unwrap(method).__code__
    names = code.co_varnames[code.co_argcount - len(handler.over) : code.co_argcount]
    ranges = [_range(program, handler, name) for name in handler.over]
    return [tuple(zip(names, values, strict=True)) for values in product(*ranges)]


def _range(program: object, handler: Handler, name: str) -> list[object]:
    """The values of a range. Raises DefinitionError for what is none, or other ones each time."""
    where = f"{type(program).__name__}.{handler.name} ({handler.file}:{handler.line}) ranges over {name}"
    found, again = _values(program, name, where), _values(program, name, where)
    if found != again:
        raise DefinitionError(
            f"{where}, which gives {text(tuple(found))}, and then {text(tuple(again))}: a range is the same "
            "each time (an iterator is used up after the first)"
        )
    why = flaw(tuple(found), name)
    if why is not None:
        raise DefinitionError(f"{where}: {why}")
    return found


def _values(program: object, name: str, where: str) -> list[object]:
    found: list[object] = []
    try:
        with theirs:
            values: object = getattr(program, name)
            values = values() if callable(values) else values
            if isinstance(values, Set):
                return sorted(values, key=order)
            if isinstance(values, Iterable):
                for value in values:  # step by step: no limit could end what never ends
                    found.append(value)
                    if len(found) > LONGEST_RANGE:
                        break
                else:
                    return found
    except Exception as error:
        raise DefinitionError(f"{where}, which raises {said(error)}") from error
    if found:
        raise DefinitionError(f"{where}, which gives more than {LONGEST_RANGE:,} values: range over fewer")
    raise DefinitionError(f"{where}, which gives {text(values)}: no collection")
