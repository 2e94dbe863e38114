"""Numba's compiler, as a decorator that keeps a function's type."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

from checker.fast.cache import folder

numba.config.CACHE_DIR = str(folder())

P = ParamSpec("P")
R = TypeVar("R")

_TYPES = {
    "int": "int64",
    "bool": "boolean",
    "None": "void",
    "tuple[int, int]": "UniTuple(int64, 2)",
    "Ints": "int64[::1]",
    "Words": "int32[::1]",
    "Words2": "int32[:, ::1]",
}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function for the types of its annotations; the machine code is kept on the disk.

    One version of each function, whatever the width of the integers that it is called with. Arrays are not
    counted by reference (``_nrt``): compiled code makes none, and the counting took half the time.
    """
    *arguments, result = (_TYPES[name] for name in function.__annotations__.values())
    signature = f"{result}({', '.join(arguments)})"
    compiler = numba.njit(signature, cache=True, nogil=True, error_model="numpy", _nrt=False)
    made: Callable[P, R] = compiler(function)
    return made
