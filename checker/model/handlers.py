"""Handlers: how a method becomes one, and how one is called.

The decorators only mark a method; :func:`handlers_of` collects the marks of a class, refusing what
can't be meant, and :func:`outcomes` is the one place in which a handler's code runs.
"""

from __future__ import annotations

import dataclasses
import inspect
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Concatenate,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.fairness import Fairness
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.step import Blocked, Step
from elcheck.checker.model.values import flaw, flaw_of_annotations, order

Generator = Callable[..., Iterator[object]]
P = TypeVar("P")
S = TypeVar("S")
M = TypeVar("M")
Q = ParamSpec("Q")
NodeHandler: TypeAlias = Callable[[P, NodeId, S], Iterator[Step[S]]]
NodeAction: TypeAlias = Callable[Concatenate[P, NodeId, S, Q], Iterator[Step[S]]]
SpecAction: TypeAlias = Callable[Concatenate[P, S, Q], Iterator[Step[S]]]
Delivery: TypeAlias = Callable[[P, NodeId, S, NodeId, M], Iterator[Step[S]]]


HandlerKind = Literal["action", "timeout", "tick", "receive"]


@dataclass(frozen=True)
class Mark:
    """What a decorator says of a method. ``fair`` is None where nothing was said."""

    kind: HandlerKind
    fair: Fairness | None = None
    rank: int = 0
    over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handler:
    """A method of a program that takes steps, with where it stands in the source.

    ``messages`` are the classes that a ``receive`` handler takes; ``over`` names the attributes of the
    program whose elements an action's further arguments range over.
    """

    name: str
    mark: Mark
    messages: tuple[type, ...]
    file: str
    line: int


_MARK = "__elcheck_mark__"
_OURS = str(Path(__file__).parent.parent)


def _marked(function: Generator, mark: Mark) -> Generator:
    setattr(function, _MARK, mark)
    return function


class Timer(Protocol):
    """What ``@timeout(...)`` and ``@tick(...)`` decorate."""

    def __call__(self, function: NodeHandler[P, S], /) -> NodeHandler[P, S]:
        """Mark a handler."""


class Receiver(Protocol):
    """What ``@receive(...)`` decorates."""

    def __call__(self, function: Delivery[P, S, M], /) -> Delivery[P, S, M]:
        """Mark a handler."""


class Actor(Protocol):
    """What ``@action(...)`` decorates: of a node, or of a Spec."""

    @overload
    def __call__(self, function: NodeAction[P, S, Q], /) -> NodeAction[P, S, Q]: ...
    @overload
    def __call__(self, function: SpecAction[P, S, Q], /) -> SpecAction[P, S, Q]: ...


@overload
def action(function: NodeAction[P, S, Q], /) -> NodeAction[P, S, Q]: ...
@overload
def action(function: SpecAction[P, S, Q], /) -> SpecAction[P, S, Q]: ...
@overload
def action(*, fair: Fairness | None = None, over: str | tuple[str, ...] = ()) -> Actor: ...
def action(
    function: Generator | None = None,
    /,
    *,
    fair: Fairness | None = None,
    over: str | tuple[str, ...] = (),
) -> object:
    """An internal step, enabled whenever its guard holds.

    ``over="values"`` adds an argument that ranges over the program's attribute ``values``; a tuple of
    names adds several.
    """
    return _marking(function, Mark("action", fair, over=_names(over)))


@overload
def timeout(function: NodeAction[P, S, Q], /) -> NodeAction[P, S, Q]: ...
@overload
def timeout(*, fair: Fairness | None = None, rank: int = 0, over: str | tuple[str, ...] = ()) -> Actor: ...
def timeout(
    function: Generator | None = None,
    /,
    *,
    fair: Fairness | None = None,
    rank: int = 0,
    over: str | tuple[str, ...] = (),
) -> object:
    """A timer that runs out: the timing of the environment says when it may.

    Under ``sync`` timing only the enabled timeouts of the lowest ``rank``, among all nodes, fire. ``over`` is
    as for :func:`action`.
    """
    return _marking(function, Mark("timeout", fair, rank, _names(over)))


@overload
def tick(function: NodeHandler[P, S], /) -> NodeHandler[P, S]: ...
@overload
def tick(*, fair: Fairness | None = None) -> Timer: ...
def tick(function: Generator | None = None, /, *, fair: Fairness | None = None) -> object:
    """The passing of time: the tick handlers of all nodes, crashed ones included, take one joint step.

    Several yields are the drift that a clock may have.
    """
    return _marking(function, Mark("tick", fair))


@overload
def receive(function: Delivery[P, S, M], /) -> Delivery[P, S, M]: ...
@overload
def receive(*, fair: Fairness | None = None) -> Receiver: ...
def receive(function: Generator | None = None, /, *, fair: Fairness | None = None) -> object:
    """The delivery of a message, of the class (or union of classes) that ``msg`` is annotated with."""
    return _marking(function, Mark("receive", fair))


def _marking(function: Generator | None, mark: Mark) -> object:
    """The function marked, or what will mark one."""
    if function is not None:
        return _marked(function, mark)
    return lambda later: _marked(later, mark)


def _names(over: str | tuple[str, ...]) -> tuple[str, ...]:
    return (over,) if isinstance(over, str) else over


_ARGUMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "node": {
        "action": ("me", "s"),
        "timeout": ("me", "s"),
        "tick": ("me", "s"),
        "receive": ("me", "s", "src", "msg"),
    },
    "spec": {"action": ("s",)},
}


def handlers_of(cls: type, door: Literal["node", "spec"]) -> tuple[Handler, ...]:
    """The handlers of a class, in the order of their definition, inherited ones first.

    Raises DefinitionError for a handler that can't work: a wrong number of arguments, a message class
    missing, mutable or taken by two handlers, a kind that this front door does not have.
    """
    found: dict[str, Handler] = {}
    for base in reversed(cls.__mro__):
        for name, function in vars(base).items():
            mark: object = getattr(function, _MARK, None)
            if isinstance(mark, Mark):
                found[name] = _handler(cls, door, name, function, mark)
            elif name in found:
                found.pop(name)  # overridden without a mark: no handler any more
    taken: dict[type, str] = {}
    for handler in found.values():
        for message in handler.messages:
            if message in taken:
                both = f"{taken[message]} and {handler.name}"
                raise DefinitionError(f"{cls.__name__} has two handlers for {message.__name__}: {both}")
            taken[message] = handler.name
    return tuple(found.values())


def _handler(cls: type, door: str, name: str, function: Generator, mark: Mark) -> Handler:
    code = inspect.unwrap(function).__code__
    where = f"{cls.__name__}.{name} ({code.co_filename}:{code.co_firstlineno})"
    wanted = _ARGUMENTS[door].get(mark.kind)
    if wanted is None:
        raise DefinitionError(f"{where}: a Spec has actions only, not @{mark.kind}")
    wanted += tuple(attribute.rstrip("s") for attribute in mark.over)
    got = code.co_argcount - 1
    if got != len(wanted):
        raise DefinitionError(
            f"{where} takes {got} arguments after self; "
            f"@{mark.kind} calls it with {len(wanted)}: {', '.join(wanted)}"
        )
    _check_annotations(where, function, wanted)
    if not inspect.isgeneratorfunction(function):
        raise DefinitionError(f"{where} has no yield: a handler yields its outcomes")
    for attribute in mark.over:
        if not hasattr(cls, attribute) and attribute not in _field_names(cls):
            raise DefinitionError(f"{where} ranges over {attribute!r}, which {cls.__name__} lacks")
    messages = _messages(where, function) if mark.kind == "receive" else ()
    return Handler(name, mark, messages, code.co_filename, code.co_firstlineno)


def state_class(cls: type, door: type) -> type | None:
    """The class ``S`` of local (or shared) states that a subclass of ``Node[S]`` (or ``Spec[S]``) names."""
    for base in cls.__mro__:
        parents: tuple[object, ...] = getattr(base, "__orig_bases__", ())
        for parent in parents:
            args = get_args(parent)
            if get_origin(parent) is door and args and isinstance(args[0], type):
                return args[0]
    return None


def _check_annotations(where: str, function: Generator, wanted: tuple[str, ...]) -> None:
    """Refuse arguments that are annotated as something else than they are given, such as ``me`` and ``s``
    exchanged.
    """
    hints = _hints(where, function)
    names = list(inspect.signature(function).parameters)[1:]
    for name, meaning in zip(names, wanted, strict=False):
        hint = hints.get(name)
        is_node = meaning in ("me", "src")
        if isinstance(hint, type) and (hint is NodeId) != is_node and meaning in ("me", "s", "src", "msg"):
            raise DefinitionError(
                f"{where}: {name!r} is annotated {hint.__name__}, and is given what is called {meaning!r}; "
                f"the arguments are {', '.join(wanted)}"
            )


def _hints(where: str, function: Generator) -> dict[str, object]:
    try:
        return get_type_hints(function)
    except Exception as error:
        raise DefinitionError(f"{where}: {error}, in an annotation") from None


def _field_names(cls: type) -> set[str]:
    return {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()


def _messages(where: str, function: Generator) -> tuple[type, ...]:
    parameter = list(inspect.signature(function).parameters)[-1]
    hints = _hints(where, function)
    hint = hints.get(parameter)
    union = get_origin(hint) in (Union, types.UnionType)
    classes = get_args(hint) if union else (hint,)
    for cls in classes:
        if not isinstance(cls, type) or cls is object:
            raise DefinitionError(
                f"{where}: annotate {parameter!r} with the class of the message it receives"
            )
        why = flaw_of_annotations(cls)
        if why is not None:
            raise DefinitionError(f"{where}: {why}")
    return tuple(classes)


RAISED = (Exception, SystemExit)
"""What other people's code may raise, and what is a finding then; only an interrupt goes through."""


class HandlerError(Exception):
    """A handler broke the rules or raised. The message says which, where and why."""


@dataclass(frozen=True)
class Outcomes:
    """What a handler's call came to: its steps in canonical order, or the guard that blocked it."""

    steps: tuple[Step[object], ...]
    blocked: str | None = None


Normal = Callable[[Step[object]], Step[object]]


def outcomes(
    call: Callable[[], Iterator[object]], where: str, normal: Normal, *, twice: bool = False
) -> Outcomes:
    """Run a handler's generator to its end.

    ``normal`` brings a step into its canonical form, and raises HandlerError for one that can't be. Equal
    outcomes count once, and their order is that of their values, whatever order the handler found them
    in. With ``twice`` it runs a second time and must come to the same.

    Raises HandlerError if the handler raises, yields what is not a Step, or guards after a yield.
    """
    result = _run(call, where, normal)
    if twice and _run(call, where, normal) != result:
        raise HandlerError(f"{where} is not deterministic: two runs on the same arguments differ")
    return result


def _run(call: Callable[[], Iterator[object]], where: str, normal: Normal) -> Outcomes:
    found: list[Step[object]] = []
    try:
        for step in call():
            found.append(normal(_checked(step, where)))  # noqa: PERF401  (kept when a guard fails later)
    except Blocked as blocked:
        if found:
            raise HandlerError(f"{where} has a guard after a yield ({blocked})") from None
        return Outcomes((), str(blocked))
    except (HandlerError, DefinitionError):
        raise
    except RAISED as error:
        raise HandlerError(f"{where} raises {said(error)}") from error
    if len(found) > 1:
        found = sorted(set(found), key=order)
    return Outcomes(tuple(found))


def _checked(step: object, where: str) -> Step[object]:
    if not isinstance(step, Step):
        raise HandlerError(f"{where} yields {step!r}, which is not a Step")
    if not dataclasses.is_dataclass(step.state) or isinstance(step.state, type):
        raise HandlerError(f"{where} yields the state {step.state!r}: a state is a frozen dataclass")
    if not isinstance(step.sends, tuple):
        raise HandlerError(f"{where} sends {step.sends!r}: use self.send(...), or leave it out")
    why = flaw(step.state) or flaw(step.sends)
    if why is not None:
        raise HandlerError(f"{where} yields what is no value: {why}")
    hash(step)  # a __hash__ that raises is the handler's fault, found here
    return step


def said(error: BaseException) -> str:
    """An exception in one line: what it is, what it says, and the line that raised it."""
    what = type(error).__name__ + (f": {error}" if str(error) else "")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_OURS)] or frames
    return f"{what} ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else what
