"""Handlers: how a method becomes one, and what can be found wrong with it before it runs.

The decorators only mark a method; :func:`handlers_of` collects the marks of a class and refuses what can't
be meant.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, TypeAlias, TypeVar, get_type_hints, overload

from elcheck.checker.model.clock import Since
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.fairness import Fairness
from elcheck.checker.model.generics import classes_in, state_classes
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import Message, State
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.step import Outcome
from elcheck.checker.model.values import called, flaw_of_annotations

Method = Callable[..., object]
P = TypeVar("P")
S = TypeVar("S", bound=State)
M = TypeVar("M", bound=Message)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
A_contra = TypeVar("A_contra", contravariant=True)
B_contra = TypeVar("B_contra", contravariant=True)
C_contra = TypeVar("C_contra", contravariant=True)
Simple: TypeAlias = Callable[[P, S], Outcome[S]]
Delivery: TypeAlias = Callable[[P, S, NodeId, M], Outcome[S]]
Range: TypeAlias = Callable[[P], Iterable[A]]
After: TypeAlias = tuple[int, int | None]

HandlerKind = Literal["action", "timeout", "tick", "receive", "fault"]


@dataclass(frozen=True)
class Mark:
    """What a decorator says of a method. ``fair`` is None where nothing was said. ``over`` has the functions
    of the program that the further arguments range over; ``budget`` names the one that a fault spends, None
    if it is called like the handler. ``stale`` says of a state and a message whether the message can do
    nothing any more. ``since`` gives the clock by which a timeout runs out, ``after`` how many ticks that
    shows then: at least, and at most if there is a most.
    """

    kind: HandlerKind
    fair: Fairness | None = None
    rank: int = 0
    over: tuple[object, ...] = ()
    budget: str | None = None
    stale: Callable[..., bool] | None = None
    since: Since | None = None
    after: After = (0, None)


@dataclass(frozen=True)
class Handler:
    """A method of a program that takes steps, with where it stands in the source.

    ``messages`` are the classes that a ``receive`` handler takes; ``over`` names, for each further argument
    of an action, a timeout or a fault, the program's method or property that it ranges over.
    """

    name: str
    mark: Mark
    messages: tuple[type, ...]
    over: tuple[str, ...]
    file: str
    line: int

    @property
    def budget(self) -> str:
        """The name of the budget that it spends, if it is a fault."""
        return self.mark.budget or self.name


_MARK = "__elcheck_mark__"


class PlainMarker(Protocol):
    """What ``@action(...)``, ``@timeout(...)`` and ``@tick(...)`` decorate."""

    def __call__(self, method: Simple[P, S], /) -> Simple[P, S]:
        """Mark a handler."""


class ReceiveMarker(Protocol):
    """What ``@receive(...)`` decorates."""

    def __call__(self, method: Delivery[P, S, M], /) -> Delivery[P, S, M]:
        """Mark a handler."""


class MarkerOver1(Protocol[A]):
    """What decorates a handler with one further argument, and its type."""

    def __call__(self, method: Callable[[P, S, A], Outcome[S]], /) -> Callable[[P, S, A], Outcome[S]]:
        """Mark a handler."""


class MarkerOver2(Protocol[A, B]):
    """What decorates a handler with two further arguments, and their types."""

    def __call__(self, method: Callable[[P, S, A, B], Outcome[S]], /) -> Callable[[P, S, A, B], Outcome[S]]:
        """Mark a handler."""


class MarkerOver3(Protocol[A, B, C]):
    """What decorates a handler with three further arguments, and their types."""

    def __call__(
        self, method: Callable[[P, S, A, B, C], Outcome[S]], /
    ) -> Callable[[P, S, A, B, C], Outcome[S]]:
        """Mark a handler."""


@overload
def action(method: Simple[P, S], /) -> Simple[P, S]: ...
@overload
def action(*, fair: Fairness | None = None) -> PlainMarker: ...
@overload
def action(*, fair: Fairness | None = None, over: Range[P, A]) -> MarkerOver1[A]: ...
@overload
def action(*, fair: Fairness | None = None, over: tuple[Range[P, A], Range[P, B]]) -> MarkerOver2[A, B]: ...
@overload
def action(
    *, fair: Fairness | None = None, over: tuple[Range[P, A], Range[P, B], Range[P, C]]
) -> MarkerOver3[A, B, C]: ...
def action(method: Method | None = None, /, *, fair: Fairness | None = None, over: object = ()) -> object:
    """An internal step, enabled whenever its guard holds.

    ``over`` adds an argument that ranges over what a method of the program gives: ``@action(over=values)``
    after ``def values(self) -> Iterable[int]``; or ``over=Node.peers``. A tuple adds up to three.
    """
    return _marking(method, Mark("action", fair, over=_several(over)))


@overload
def timeout(method: Simple[P, S], /) -> Simple[P, S]: ...
@overload
def timeout(
    *, fair: Fairness | None = None, rank: int = 0, since: Since | None = None, after: After | None = None
) -> PlainMarker: ...
@overload
def timeout(
    *,
    fair: Fairness | None = None,
    rank: int = 0,
    over: Range[P, A],
    since: Since | None = None,
    after: After | None = None,
) -> MarkerOver1[A]: ...
@overload
def timeout(
    *,
    fair: Fairness | None = None,
    rank: int = 0,
    over: tuple[Range[P, A], Range[P, B]],
    since: Since | None = None,
    after: After | None = None,
) -> MarkerOver2[A, B]: ...
@overload
def timeout(
    *,
    fair: Fairness | None = None,
    rank: int = 0,
    over: tuple[Range[P, A], Range[P, B], Range[P, C]],
    since: Since | None = None,
    after: After | None = None,
) -> MarkerOver3[A, B, C]: ...
def timeout(
    method: Method | None = None,
    /,
    *,
    fair: Fairness | None = None,
    rank: int = 0,
    over: object = (),
    since: Since | None = None,
    after: After | None = None,
) -> object:
    """A timer that runs out: the timing of the environment says when it may.

    Under ``sync`` timing only the enabled timeouts of the lowest ``rank``, among all nodes, fire. ``over`` is
    as for :func:`action`. ``since`` gives a :class:`Clock` of the local state (and of what ``over`` adds), or
    None where the timer is not set; under ``bounded(d)`` it runs out when that shows ``after=(k, m)`` k to m
    ticks, or k and any number more with ``after=(k, None)``: ``@timeout(since=lambda s: s.heard,
    after=(3, 4))``.
    """
    shown = (0, None) if after is None else after
    return _marking(method, Mark("timeout", fair, rank, _several(over), since=since, after=shown))


@overload
def tick(method: Simple[P, S], /) -> Simple[P, S]: ...
@overload
def tick(*, fair: Fairness | None = None) -> PlainMarker: ...
def tick(method: Method | None = None, /, *, fair: Fairness | None = None) -> object:
    """The passing of time: the tick handlers of all nodes, crashed ones included, take one joint step.

    Several outcomes are the drift that a clock may have.
    """
    return _marking(method, Mark("tick", fair))


@overload
def fault(method: Simple[P, S], /) -> Simple[P, S]: ...
@overload
def fault(*, budget: str | None = None) -> PlainMarker: ...
@overload
def fault(*, budget: str | None = None, over: Range[P, A]) -> MarkerOver1[A]: ...
@overload
def fault(*, budget: str | None = None, over: tuple[Range[P, A], Range[P, B]]) -> MarkerOver2[A, B]: ...
@overload
def fault(
    *, budget: str | None = None, over: tuple[Range[P, A], Range[P, B], Range[P, C]]
) -> MarkerOver3[A, B, C]: ...
def fault(method: Method | None = None, /, *, budget: str | None = None, over: object = ()) -> object:
    """Something that goes wrong at a node, as often as the budget of that name allows, the handler's own name
    if none is given: ``@fault(budget="rot")`` under ``Environment(faults={"rot": 1})`` or ``--fault rot=1``.

    It may happen whenever its guard holds and the node is up, and never has to. ``over`` is as for
    :func:`action`.
    """
    return _marking(method, Mark("fault", over=_several(over), budget=budget))


@overload
def receive(method: Delivery[P, S, M], /) -> Delivery[P, S, M]: ...
@overload
def receive(*, fair: Fairness | None = None, stale: Callable[..., bool] | None = None) -> ReceiveMarker: ...
def receive(
    method: Method | None = None,
    /,
    *,
    fair: Fairness | None = None,
    stale: Callable[..., bool] | None = None,
) -> object:
    """The delivery of a message, of the class (or union of classes) that ``msg`` is annotated with.

    ``stale`` says of the node's state and a message whether that can do nothing any more, now and for ever:
    ``@receive(stale=lambda s, msg: msg.term < s.term)``. Both are checked of all that is met, and then such
    messages are taken out of the mailbox (docs/reductions.md).
    """
    return _marking(method, Mark("receive", fair, stale=stale))


def _marking(method: Method | None, mark: Mark) -> object:
    """The method marked, or what will mark one."""
    if method is not None:
        return _marked(method, mark)
    return lambda later: _marked(later, mark)


def _marked(method: Method, mark: Mark) -> Method:
    setattr(method, _MARK, mark)
    return method


def mark_of(method: object) -> Mark | None:
    """What a method's own decorator says of it, None if it has none."""
    mark: object = getattr(method, _MARK, None)
    return mark if isinstance(mark, Mark) else None


def remark(method: Method, mark: Mark) -> None:
    """Let a decorator have said something else."""
    setattr(method, _MARK, mark)
    _handlers_of.cache_clear()


def _several(over: object) -> tuple[object, ...]:
    return over if isinstance(over, tuple) else (over,)


# -- collecting them ----------------------------------------------------------------------------------------

Door = Literal["node", "spec"]
_DOORS: dict[Door, type] = {"node": Node, "spec": Spec}
_ARGUMENTS: dict[Door, dict[HandlerKind, tuple[str, ...]]] = {
    "node": {
        "action": ("s",),
        "timeout": ("s",),
        "tick": ("s",),
        "fault": ("s",),
        "receive": ("s", "src", "msg"),
    },
    "spec": {"action": ("s",)},
}
_MEANINGS = {"s": "the state", "src": "the sender", "msg": "the message"}


def handlers_of(cls: type, door: Door) -> tuple[Handler, ...]:
    """The handlers of a class, in the order of their definition, inherited ones first.

    A method that overrides a handler without a decorator is that handler, overridden. Raises DefinitionError
    for a handler that can't work: a wrong number of arguments, a message class missing, mutable or taken by
    two handlers, a kind that this front door does not have.
    """
    return _handlers_of(cls, door)


@cache
def _handlers_of(cls: type, door: Door) -> tuple[Handler, ...]:
    found: dict[str, Handler] = {}
    for base in reversed(cls.__mro__):
        for name, method in vars(base).items():
            mark = mark_of(method) or (found[name].mark if name in found else None)
            if mark is not None:
                found[name] = _handler(cls, door, name, method, mark)
    taken: dict[type, str] = {}
    for handler in found.values():
        for message in handler.messages:
            if message in taken:
                both = f"{taken[message]} and {handler.name}"
                raise DefinitionError(f"{cls.__name__} has two handlers for {message.__name__}: {both}")
            taken[message] = handler.name
    return tuple(found.values())


def place_of(method: Method) -> str:
    """Where a function is written: ``models/raft.py:97``."""
    code = inspect.unwrap(method).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def short_place_of(method: Method) -> str:
    """The same without folders, where the reader knows which model it is: ``raft.py:97``."""
    return re.split(r"[/\\]", place_of(method))[-1]


def place_if_known(function: Callable[..., object], *, short: bool = False) -> str:
    """Where a function is written, `` (models/raft.py:97)``; empty for other things that can be called."""
    place = short_place_of if short else place_of
    return f" ({place(function)})" if inspect.isfunction(inspect.unwrap(function)) else ""


def _handler(cls: type, door: Door, name: str, method: object, mark: Mark) -> Handler:
    if not inspect.isfunction(method):
        raise DefinitionError(f"{cls.__name__}.{name} is a handler, and is overridden by {method!r}")
    where = f"{cls.__name__}.{name} ({place_of(method)})"
    wanted = _ARGUMENTS[door].get(mark.kind)
    if wanted is None:
        raise DefinitionError(f"{where}: a Spec has actions only, not @{mark.kind}")
    over = tuple(_range_name(where, cls, function) for function in mark.over)
    wanted += over
    code = inspect.unwrap(method).__code__
    got = code.co_argcount - 1
    if got != len(wanted):
        raise DefinitionError(
            f"{where} takes {got} {'argument' if got == 1 else 'arguments'} after self; "
            f"@{mark.kind} calls it with {len(wanted)}: {', '.join(wanted)}"
        )
    hints = _hints(where, method)
    _check_annotations(where, method, wanted, hints)
    _check_state(where, method, cls, door, hints)
    _check_stale(where, mark)
    _check_clock(where, mark, over)
    messages = _messages(where, method, hints) if mark.kind == "receive" else ()
    return Handler(name, mark, messages, over, code.co_filename, code.co_firstlineno)


def _range_name(where: str, cls: type, function: object) -> str:
    """The name of a method or property that an argument ranges over."""
    method = function.fget if isinstance(function, property) else function
    name: object = getattr(method, "__name__", None)
    if not callable(method) or not isinstance(name, str) or not hasattr(cls, name):
        raise DefinitionError(
            f"{where}: over= takes a method or property of {cls.__name__} that says what to range over, "
            f"such as over=Node.peers, not {called(function)}"
        )
    return name


def _check_annotations(where: str, method: Method, wanted: tuple[str, ...], hints: dict[str, object]) -> None:
    """Refuse arguments that are annotated as something else than they are given, such as ``src`` and ``msg``
    exchanged.
    """
    names = list(inspect.signature(method).parameters)[1:]
    for name, meaning in zip(names, wanted, strict=False):
        hint = hints.get(name)
        if isinstance(hint, type) and meaning in _MEANINGS and (hint is NodeId) != (meaning == "src"):
            raise DefinitionError(
                f"{where}: {name!r} is annotated {hint.__name__}, and is given {_MEANINGS[meaning]}; the "
                f"arguments are {', '.join(wanted)}"
            )


def _check_state(where: str, method: Method, cls: type, door: Door, hints: dict[str, object]) -> None:
    """Refuse a state that is annotated with another class than the program's states have."""
    name = list(inspect.signature(method).parameters)[1]
    annotated = classes_in(hints.get(name))
    for state in state_classes(cls, _DOORS[door]) if annotated else ():
        if not issubclass(state, annotated):
            wrong = " | ".join(part.__name__ for part in annotated)
            raise DefinitionError(
                f"{where}: {name!r} is annotated {wrong}, and {cls.__name__} works on states of class "
                f"{state.__name__}"
            )


def _check_stale(where: str, mark: Mark) -> None:
    """Refuse a ``stale`` that can't be called with a state and a message."""
    if mark.stale is None:
        return
    try:
        inspect.signature(mark.stale).bind(None, None)
    except (TypeError, ValueError):
        raise DefinitionError(
            f"{where}: stale= takes a function of the state and the message, such as "
            f"lambda s, msg: msg.term < s.term, not {called(mark.stale)}"
        ) from None


def _check_clock(where: str, mark: Mark, over: tuple[str, ...]) -> None:
    """Refuse a ``since`` that can't be called with a state and what ``over`` adds, and an ``after`` that is
    no range of ticks.
    """
    after: object = mark.after
    match after:
        case (int(least), None) if least >= 0:
            pass
        case (int(least), int(most)) if 0 <= least <= most:
            pass
        case _:
            raise DefinitionError(
                f"{where}: after={after!r} is not a range of ticks, such as after=(3, 4) or after=(3, None)"
            )
    if mark.since is None:
        if mark.after != (0, None):
            raise DefinitionError(
                f"{where}: after= counts the ticks of a clock: say which, as in since=lambda s: s.heard"
            )
        return
    try:
        inspect.signature(mark.since).bind(None, *[None] * len(over))
    except (TypeError, ValueError):
        takes = "the state" if not over else "the state and what over= adds"
        raise DefinitionError(
            f"{where}: since= takes a function of {takes} that gives a Clock, such as lambda s: s.heard, not "
            f"{called(mark.since)}"
        ) from None


def _hints(where: str, method: Method) -> dict[str, object]:
    try:
        return get_type_hints(method)
    except Exception as error:
        raise DefinitionError(f"{where}: {error}, in an annotation") from None


def _messages(where: str, method: Method, hints: dict[str, object]) -> tuple[type, ...]:
    parameter = list(inspect.signature(method).parameters)[-1]
    classes = classes_in(hints.get(parameter))
    if not classes or object in classes:
        raise DefinitionError(f"{where}: annotate {parameter!r} with the class of the message it receives")
    for cls in classes:
        if not issubclass(cls, Message):
            raise DefinitionError(
                f"{where} receives a {cls.__name__}, which is no message: write class {cls.__name__}(Message)"
            )
        why = flaw_of_annotations(cls)
        if why is not None:
            raise DefinitionError(f"{where}: {why}")
    return classes
