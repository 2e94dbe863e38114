"""Compiled code as Python calls it. Numba makes it, once and in another process (make.py); here it is linked.

Linking takes only a small part of LLVM. Loading numba, and the cache that numba itself would have kept,
took longer than a small search, and 60 MiB. Compiled functions take bare pointers: an array is seven
arguments, and each of its indices is looked at for being negative.
"""

from __future__ import annotations

import ctypes
import pickle
import weakref
from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeAlias, TypeVar

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt

from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.cache import machine_code

P = ParamSpec("P")
R = TypeVar("R")

compiler: Callable[[Callable[..., object]], Callable[..., object]] | None = None
"""What compiles functions, in the process that does. In others they stay as they are, and uncalled."""

POINTERS: dict[str, np.dtype[np.generic]] = {
    "Ints": np.dtype(np.int64),
    "Words": np.dtype(np.int32),
    "Bytes": np.dtype(np.uint8),
}
"""The annotations that are pointers in compiled code, with what they point to."""

_ADDRESS = ctypes.c_char * 0

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

_ANSWERS: dict[str, Callable[[ctypes.Array[ctypes.c_int64]], object]] = {
    "int": lambda answer: answer[0],
    "bool": lambda answer: bool(answer[0] & 1),
    "tuple[int, int]": lambda answer: (answer[0], answer[1]),
    "None": lambda _: None,
}


class _Raised(ctypes.Structure):
    """What numba has of an exception: (its class, its arguments, where it was raised), as a pickle."""

    _fields_ = (("pickled", ctypes.c_void_p), ("size", ctypes.c_int32))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A function of compiled code, for the types of its annotations."""
    if compiler is None:
        return function
    made: Callable[P, R] = compiler(function)  # type: ignore[assignment]  # it keeps the type
    return made


def from_python(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that takes arrays in the place of pointers. Other threads run meanwhile."""
    if compiler is not None:
        return function
    *arguments, result = function.__annotations__.values()
    pointed = [POINTERS.get(name) for name in arguments]
    native, read = _native(name_of(function), pointed), _ANSWERS[result]
    known: list[_Known] = [(_nothing, 0)] * len(pointed)  # most calls are given the arrays of the one before

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs:
            raise TypeError(f"{function.__name__} is compiled code: give its arguments by their places")
        answer = (ctypes.c_int64 * 4)()  # the last is for an exception
        at = ctypes.addressof(answer)
        for place, (argument, (is_known, _)) in enumerate(zip(args, known, strict=True)):
            if is_known() is not argument or argument is None:
                known[place] = _passed(argument, pointed[place])
        if native(at, at + 24, *[address for _, address in known]) != 0:
            raise RuntimeError(f"{function.__name__} failed in compiled code{_place(answer[3])}")
        return read(answer)  # type: ignore[return-value]  # what the annotation says

    return call


def name_of(function: Callable[..., object]) -> str:
    """The name under which its symbol is kept."""
    return f"{function.__module__}.{function.__qualname__}"


def _place(raised: int) -> str:
    """Where an assertion failed: compiled code raises nothing else, and this only if it checks them."""
    if UNCHECKED:
        return ""
    exception = _Raised.from_address(raised)
    _, _, (name, file, line) = pickle.loads(ctypes.string_at(exception.pickled, exception.size))
    return f": an assertion of {name} does not hold ({file}:{line})"


_Known: TypeAlias = "tuple[Callable[[], object], object]"
"""An array that was passed, while it lives, and where its elements lie; a number is passed anew."""


def _nothing() -> None:
    return None


def _passed(argument: object, pointed: np.dtype[np.generic] | None) -> _Known:
    """An argument; of an array, where its elements lie. Raises TypeError for one of another kind, or not in
    one piece: compiled code would read what is beside it.
    """
    if pointed is None:
        return _nothing, argument
    if not isinstance(argument, np.ndarray) or argument.dtype != pointed:
        raise TypeError(f"an array of {pointed} is wanted, not {argument!r:.60}")
    array: npt.NDArray[np.generic] = argument
    lies = ctypes.addressof(_ADDRESS.from_buffer(array.data))  # in a third of the time of array.ctypes
    return weakref.ref(array), lies


def _native(name: str, pointed: list[np.dtype[np.generic] | None]) -> Callable[..., int]:
    """A function by numba's convention: its arguments are where the answer goes, where an exception goes, and
    its own; it returns a status.
    """
    engine, symbols = _linked()
    arguments = [ctypes.c_int64 if dtype is None else ctypes.c_void_p for dtype in pointed]
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *arguments)
    return prototype(engine.get_function_address(symbols[name]))


@cache
def _linked() -> tuple[llvm.ExecutionEngine, dict[str, str]]:
    """What owns the code in memory, and the symbols of its functions."""
    symbols, code = machine_code()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, symbols
