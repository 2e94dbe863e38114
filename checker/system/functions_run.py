"""What of a call Python tells no method about: whether a value is the same object as another, or its class.

A call on values that stand for others is watched for the Python functions that run in it. Where one of them
holds an instruction that could tell the two apart, the call counts for nothing.
"""

from __future__ import annotations

import _collections_abc
import dataclasses
import dis
import enum
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, TypeVar

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
_TELLING = frozenset(("type", "id", "vars", "globals", "locals", "eval", "exec"))


class FunctionsRun:
    """The code of all Python functions that run in a call. ``stumbled``: one of them has met an exception,
    which it may have caught, and that the value itself might not have raised.
    """

    def __init__(self) -> None:
        self.codes: set[CodeType] = set()
        self.stumbled = False

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
                self.codes.add(frame.f_code)
        elif event == "exception":
            assert isinstance(raised, tuple)
            self.stumbled = self.stumbled or not issubclass(raised[0], _EXPECTED)
        return self._note

    @property
    def tell_objects(self) -> bool:
        """Whether something that ran could tell two equal objects apart, or what stands for None from it."""
        return any(_compares_objects(code) for code in self.codes)

    @property
    def tell_classes(self) -> bool:
        """Whether something that ran could ask for the very class of a value, or for its address."""
        return any(_asks_for_classes(code) for code in self.codes)


def _is_own_business(frame: FrameType) -> bool:
    """Whether elcheck has called a function of a library."""
    caller, file = frame.f_back, frame.f_code.co_filename
    return caller is not None and caller.f_code.co_filename.startswith(_OURS) and not is_of_a_model(file)


@cache
def _compares_objects(code: CodeType) -> bool:
    if _is_known(code):
        return False
    names = {instruction.opname for instruction in dis.get_instructions(code)}
    return any(name == "IS_OP" or "NONE" in name.split("_") for name in names)


@cache
def _asks_for_classes(code: CodeType) -> bool:
    if _is_known(code):
        return False
    return any(
        instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF") and instruction.argval in _TELLING
        for instruction in dis.get_instructions(code)
    )


def _is_known(code: CodeType) -> bool:
    """Whether a function is known to ask methods only."""
    file = code.co_filename
    if file == "<string>" and code.co_qualname.startswith(_MADE_BY_DATACLASS):
        return True  # it compares what __class__ says
    if file.startswith(_OURS):
        return not file.startswith(_ASKING_TYPES)
    return file in _KNOWN_FILES or code in _KNOWN
