"""Numba's compiler, as decorators that keep a function's type.

Compiled code passes arrays on as bare pointers: an array is seven arguments, its elements are checked for
negative indices, and a wrapper for calls from Python is compiled for each function that takes one. Only the
functions of :mod:`checker.fast.calls`, which Python calls, take arrays.

The machine code of those is kept on the disk, and has in it that of what they call. So the others are
compiled only where one of them is: loading each of theirs as well takes longer than a small search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
from numba import types
from numba.core.base import BaseContext
from numba.core.dispatcher import Dispatcher
from numba.core.event import Event, Listener, install_listener
from numba.extending import intrinsic

from checker.fast.arrays import Bytes, Ints, Words, Words2
from checker.fast.cache import folder

numba.config.CACHE_DIR = str(folder())
numba.config.LOOP_VECTORIZE = 0  # our loops are over a few fields: what prepares the vectors costs more

P = ParamSpec("P")
R = TypeVar("R")
Array = TypeVar("Array", Ints, Words, Words2, Bytes)

_POINTERS = {
    "int": "int64",
    "bool": "boolean",
    "None": "void",
    "tuple[int, int]": "UniTuple(int64, 2)",
    "Ints": "CPointer(int64)",
    "Words": "CPointer(int32)",
    "Bytes": "CPointer(uint8)",
}
_ARRAYS = {
    **_POINTERS,
    "Ints": "int64[::1]",
    "Words": "int32[::1]",
    "Words2": "int32[:, ::1]",
    "Bytes": "uint8[::1]",
}


class _Waiting(Listener):  # type: ignore[misc]  # numba has no types
    """The functions that wait until one is compiled that calls them."""

    def __init__(self) -> None:
        self.functions: list[tuple[Dispatcher[Callable[..., object]], str]] = []

    def on_start(self, event: Event) -> None:
        """Compile them in the order in which they are written, each before those that call it."""
        functions, self.functions = self.functions, []
        for function, signature in functions:
            _compile(function, signature)

    def on_end(self, event: Event) -> None:
        """Nothing."""


_waiting = _Waiting()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function for other compiled code, for the types of its annotations."""
    made = _dispatcher(function, no_cpython_wrapper=True)
    _waiting.functions.append((made, _signature(function, _POINTERS)))
    return made


def callable_from_python(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that takes arrays, or load what was compiled of it."""
    made = _dispatcher(function, cache=True)
    with install_listener("numba:compile", _waiting):
        _compile(made, _signature(function, _ARRAYS))
    return made


def _signature(function: Callable[P, R], names: dict[str, str]) -> str:
    """One for each function, whatever the width of the integers that it is called with."""
    *arguments, result = (names[name] for name in function.__annotations__.values())
    return f"{result}({', '.join(arguments)})"


def _dispatcher(function: Callable[P, R], **options: bool) -> Dispatcher[Callable[P, R]]:
    """Arrays are not counted by reference (``_nrt``): compiled code makes none; it took half the time."""
    compiler = numba.njit(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True, **options)
    made: Dispatcher[Callable[P, R]] = compiler(function)
    return made


def _compile(function: Dispatcher[Callable[P, R]], signature: str) -> None:
    function.compile(signature)
    function.disable_compile()


def _pointer(_typing: object, array: types.Array) -> object:
    def code(context: BaseContext, builder: object, _: object, arguments: list[object]) -> object:
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), code


pointer: Callable[[Array], Array] = intrinsic(_pointer)
"""Where an array's elements lie; for the type checker still the array."""
