"""Numba's compiler, as decorators that keep a function's type.

Compiled code passes arrays on as bare pointers: an array is seven arguments, its elements are checked for
negative indices, and a wrapper for calls from Python is compiled for each function that takes one. Only the
functions of :mod:`checker.fast.calls`, which Python calls, take arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
from numba import types
from numba.core.base import BaseContext
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


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function, for other compiled code, for the types of its annotations."""
    return _compile(function, _POINTERS, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def callable_from_python(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that takes arrays."""
    return _compile(function, _ARRAYS, no_cfunc_wrapper=True)


def _compile(function: Callable[P, R], names: dict[str, str], **options: bool) -> Callable[P, R]:
    """One version of each function, whatever the width of the integers that it is called with; the machine
    code is kept on the disk. Arrays are not counted by reference (``_nrt``): compiled code makes none, and
    the counting took half the time.
    """
    *arguments, result = (names[name] for name in function.__annotations__.values())
    signature = f"{result}({', '.join(arguments)})"
    compiler = numba.njit(signature, cache=True, nogil=True, error_model="numpy", _nrt=False, **options)
    made: Callable[P, R] = compiler(function)
    return made


def _pointer(_typing: object, array: types.Array) -> object:
    def code(context: BaseContext, builder: object, _: object, arguments: list[object]) -> object:
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), code


pointer: Callable[[Array], Array] = intrinsic(_pointer)
"""Where an array's elements lie; for the type checker still the array."""
