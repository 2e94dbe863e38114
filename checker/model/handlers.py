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
from enum import Enum
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from checker.model.errors import DefinitionError
from checker.model.step import Blocked, Step
from checker.model.values import flaw, flaw_of_annotations, order

Generator = Callable[..., Iterator[object]]
F = TypeVar("F", bound=Generator)


class Fairness(Enum):
    """What may be assumed of a step that stays enabled.

    WEAK: enabled from some point on without a break, it is taken. STRONG: enabled again and again, it
    is taken. (Manna and Pnueli, justice and compassion; TLA+'s WF and SF.)
    """

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


WEAK, STRONG = Fairness.WEAK, Fairness.STRONG
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


def _marked(function: F, mark: Mark) -> F:
    setattr(function, _MARK, mark)
    return function


@overload
def action(function: F, /) -> F: ...
@overload
def action(*, fair: Fairness | None = None, over: str | tuple[str, ...] = ()) -> Callable[[F], F]: ...
def action(
    function: F | None = None,
    /,
    *,
    fair: Fairness | None = None,
    over: str | tuple[str, ...] = (),
) -> F | Callable[[F], F]:
    """An internal step, enabled whenever its guard holds.

    ``over="values"`` adds an argument that ranges over the program's attribute ``values``; a tuple of
    names adds several.
    """
    mark = Mark("action", fair, over=(over,) if isinstance(over, str) else over)
    return _marked(function, mark) if function else lambda f: _marked(f, mark)


@overload
def timeout(function: F, /) -> F: ...
@overload
def timeout(*, fair: Fairness | None = None, rank: int = 0) -> Callable[[F], F]: ...
def timeout(
    function: F | None = None, /, *, fair: Fairness | None = None, rank: int = 0
) -> F | Callable[[F], F]:
    """A timer that runs out: the timing of the environment says when it may.

    Under ``sync`` timing only the enabled timeouts of the lowest ``rank`` fire.
    """
    mark = Mark("timeout", fair, rank=rank)
    return _marked(function, mark) if function else lambda f: _marked(f, mark)


@overload
def tick(function: F, /) -> F: ...
@overload
def tick(*, fair: Fairness | None = None) -> Callable[[F], F]: ...
def tick(function: F | None = None, /, *, fair: Fairness | None = None) -> F | Callable[[F], F]:
    """The passing of time: the tick handlers of all nodes, crashed ones included, take one joint step.

    Several yields are the drift that a clock may have.
    """
    mark = Mark("tick", fair)
    return _marked(function, mark) if function else lambda f: _marked(f, mark)


@overload
def receive(function: F, /) -> F: ...
@overload
def receive(*, fair: Fairness | None = None) -> Callable[[F], F]: ...
def receive(function: F | None = None, /, *, fair: Fairness | None = None) -> F | Callable[[F], F]:
    """The delivery of a message, of the class (or union of classes) that ``msg`` is annotated with."""
    mark = Mark("receive", fair)
    return _marked(function, mark) if function else lambda f: _marked(f, mark)


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


def _field_names(cls: type) -> set[str]:
    return {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()


def _messages(where: str, function: Generator) -> tuple[type, ...]:
    parameter = list(inspect.signature(function).parameters)[-1]
    try:
        hints: dict[str, object] = get_type_hints(function)
    except NameError as error:
        raise DefinitionError(f"{where}: {error}, in the annotation of {parameter!r}") from None
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
    except Exception as error:
        raise HandlerError(f"{where} raises {said(error)}") from error
    if len(found) > 1:
        found = sorted(set(found), key=order)
    return Outcomes(tuple(found))


def _checked(step: object, where: str) -> Step[object]:
    if not isinstance(step, Step):
        raise HandlerError(f"{where} yields {step!r}, which is not a Step")
    if not dataclasses.is_dataclass(step.state) or isinstance(step.state, type):
        raise HandlerError(f"{where} yields the state {step.state!r}: a state is a frozen dataclass")
    why = flaw(step.state) or flaw(step.sends)
    if why is not None:
        raise HandlerError(f"{where} yields what is no value: {why}")
    return step


def said(error: BaseException) -> str:
    """An exception in one line: what it is, what it says, and the line that raised it."""
    what = type(error).__name__ + (f": {error}" if str(error) else "")
    frames = traceback.extract_tb(error.__traceback__)
    return f"{what} ({frames[-1].filename}:{frames[-1].lineno})" if frames else what
