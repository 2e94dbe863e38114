"""What of a call Python tells no method about: whether a value is the same object as another, or its class.

A call on values that stand for others is watched for the Python functions that run in it. Where one of them
holds an instruction that could tell the two apart, or has a function at hand that could, under whatever name,
the call counts for nothing.
"""

from __future__ import annotations

import _collections_abc
import builtins
import dataclasses
import dis
import enum
import operator
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from inspect import getattr_static
from pathlib import Path
from types import CodeType, FrameType, NoneType
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from elcheck.checker.model.call import is_of_a_model
from elcheck.checker.model.step import Blocked

if TYPE_CHECKING:
    from _typeshed import TraceFunction

T = TypeVar("T")

_OURS = str(Path(__file__).parent.parent)
_ASKING_TYPES = tuple(str(Path(_OURS, "model", name)) for name in ("terms.py", "refinement.py"))
"""Modules of elcheck's whose functions models call, and that ask for the very class of a value."""
_KNOWN_FILES = (_collections_abc.Mapping.get.__code__.co_filename, enum.__file__)
_MADE_BY_DATACLASS = "__create_fn__.<locals>."
_KNOWN = {dataclasses.replace.__code__, dataclasses._is_dataclass_instance.__code__}  # type: ignore[attr-defined]
_EXPECTED = (Blocked, LookupError, StopIteration, GeneratorExit)
_OF_CLASSES = (type, id, vars, globals, locals, eval, exec, builtins)
_OF_OBJECTS = (operator.is_, operator.is_not)
"""What tells of a value which class it has, and of two whether they are one object."""
_TELLING = {id(function): function for function in (*_OF_CLASSES, *_OF_OBJECTS)}
_PLAIN = {int, str, bool, float, bytes, NoneType, tuple, frozenset, list, set, dict}
"""Classes of values that are no functions, and have none as attributes that tell anything."""
_NAMES_OF_OBJECTS = ("is_", "is_not")
_NAMING = ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")


GlobalsThatTell: TypeAlias = dict[tuple[CodeType, int], list[object]]
"""For functions that have run, by their code and where their globals are: what tells more than methods do of
that which the global names are that they may read. A model does not change these.
"""


class FunctionsRun:
    """The code of all Python functions that run in a call. ``stumbled``: one of them has met an exception,
    which it may have caught, and that the value itself might not have raised.
    """

    def __init__(self, known: GlobalsThatTell) -> None:
        self._known = known
        self.codes: set[CodeType] = set()
        self.stumbled = False
        self._given: list[object] = []

    def during(self, call: Callable[[], T]) -> T:
        """What a call comes to. Raises what it raises."""
        before = sys.gettrace()
        sys.settrace(self._note)
        try:
            return call()
        finally:
            sys.settrace(before)

    @staticmethod
    def unwatched(call: Callable[[], T]) -> T:
        """What a call comes to that has nothing to do with a model's functions. Raises what it raises."""
        watching = sys.gettrace()
        sys.settrace(None)
        try:
            return call()
        finally:
            sys.settrace(watching)

    def _note(self, frame: FrameType, event: str, raised: object) -> TraceFunction:
        if event == "call":
            frame.f_trace_lines = False
            if not _is_own_business(frame):
                self._begin(frame)
        elif event == "exception":
            assert isinstance(raised, tuple)
            self.stumbled = self.stumbled or not issubclass(raised[0], _EXPECTED)
        return self._note

    def _begin(self, frame: FrameType) -> None:
        """Note a function that begins, and whether it has one at hand that tells more than methods do."""
        self.codes.add(frame.f_code)
        if not _is_known(frame.f_code):
            self._given += self._at_hand(frame)

    def _at_hand(self, frame: FrameType) -> Iterator[object]:
        """What tells more than methods do, of all that a function which begins may call: what it is given and
        finds, the attributes of these that it names, and the functions inside any of them.
        """
        names, place = _attributes(frame.f_code), (frame.f_code, id(frame.f_globals))
        if place not in self._known:
            self._known[place] = [found for one in _globals_of(frame) for found in _telling(one, names)]
        yield from self._known[place]
        for one in frame.f_locals.values():
            if type(one) not in _PLAIN:
                yield from _telling(one, names)

    @property
    def tell_objects(self) -> bool:
        """Whether something that ran could tell two equal objects apart, or what stands for None from it."""
        given = any(value is telling for value in self._given for telling in _OF_OBJECTS)
        return given or any(_compares_objects(code) for code in self.codes)

    @property
    def tell_classes(self) -> bool:
        """Whether something that ran could ask for the very class of a value, or for its address."""
        given = any(value is telling for value in self._given for telling in _OF_CLASSES)
        return given or any(_asks_for_classes(code) for code in self.codes)


def _is_own_business(frame: FrameType) -> bool:
    """Whether elcheck has called a function of a library."""
    caller, file = frame.f_back, frame.f_code.co_filename
    return caller is not None and caller.f_code.co_filename.startswith(_OURS) and not is_of_a_model(file)


@cache
def _compares_objects(code: CodeType) -> bool:
    if _is_known(code):
        return False
    found = list(dis.get_instructions(code))
    if any(i.opname in _NAMING and i.argval in _NAMES_OF_OBJECTS for i in found):
        return True
    return any(i.opname == "IS_OP" or "NONE" in i.opname.split("_") for i in found)


@cache
def _asks_for_classes(code: CodeType) -> bool:
    if _is_known(code):
        return False
    return any(i.opname == "IMPORT_NAME" and i.argval == "builtins" for i in dis.get_instructions(code))


def _telling(one: object, names: tuple[str, ...]) -> Iterator[object]:
    """What tells more than methods do: an object, or an attribute of some names."""
    for value in (one, *(value for name in names for value in _static(one, name))):
        inner = value
        while issubclass(type(inner), partial | staticmethod):
            assert isinstance(inner, partial | staticmethod)
            inner = inner.func if isinstance(inner, partial) else inner.__func__
        if id(inner) in _TELLING:
            yield inner


def _static(one: object, name: str) -> Iterator[object]:
    """What an object and its class have under a name, without running anything of theirs."""
    cls: type = type(one)
    yield _of_class(cls, name)
    if issubclass(cls, type):
        yield _of_class(cast(type, one), name)
    else:
        try:
            own: dict[str, object] = object.__getattribute__(one, "__dict__")
        except AttributeError:
            return
        if name in own:
            yield own[name]


@cache
def _of_class(cls: type, name: str) -> object:
    return getattr_static(cls, name, None)


@cache
def _attributes(code: CodeType) -> tuple[str, ...]:
    found = [i.argval for i in dis.get_instructions(code) if i.opname in _NAMING]
    return tuple(dict.fromkeys(found))


def _globals_of(frame: FrameType) -> Iterator[object]:
    """What the global names are that a function may read."""
    for name in _global_names(frame.f_code):
        for names in (frame.f_globals, frame.f_builtins):
            if name in names:
                yield names[name]
                break


@cache
def _global_names(code: CodeType) -> tuple[str, ...]:
    found = [i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    return tuple(dict.fromkeys(found))


def _is_known(code: CodeType) -> bool:
    """Whether a function is known to ask methods only."""
    file = code.co_filename
    if file == "<string>" and code.co_qualname.startswith(_MADE_BY_DATACLASS):
        return True  # it compares what __class__ says
    if file.startswith(_OURS):
        return not file.startswith(_ASKING_TYPES)
    return file in _KNOWN_FILES or code in _KNOWN
