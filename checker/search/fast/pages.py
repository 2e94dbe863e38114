"""Memory from the system: zeroed, taken only as it is touched, in large pages if the system has them."""

from __future__ import annotations

import mmap
import sys
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import psutil

_NORESERVE = 0x4000 if sys.platform == "linux" else 0
"""MAP_NORESERVE, which Python's mmap does not name: the room need not be there before it is used."""


SMALL = 4 << 20
"""Bytes of an array that lie in pages of the usual size: clearing a large one takes longer than most
searches.
"""
Number = TypeVar("Number", np.int32, np.int64, np.uint8)


def reserve(dtype: type[Number], row: int = 1) -> npt.NDArray[Number]:
    """An array of zeros, of rows of a length, as large as the machine's memory: it never has to be moved.

    Where the system does not promise what it may not have, a small one, which has to grow.
    """
    size = _machine()
    entries = size // np.dtype(dtype).itemsize // row * row
    try:
        return np.frombuffer(_mapped(size), dtype)[:entries]
    except (OSError, ValueError, MemoryError):
        return np.zeros(4096 * row, dtype)


def _mapped(size: int) -> mmap.mmap:
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    except AttributeError:  # a system without these flags
        return mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE, SMALL)
    return pages


@cache
def _machine() -> int:
    """Bytes of memory that the machine has."""
    return int(psutil.virtual_memory().total)


def release(numbers: npt.NDArray[Number], start: int, length: int) -> None:
    """Give the whole pages of a span of a reserved array back to the system: it is not used any more."""
    base: object = numbers.base
    while isinstance(base, np.ndarray):
        base = base.base
    pages = base.obj if isinstance(base, memoryview) else None
    if not isinstance(pages, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    begin = -(-start * numbers.itemsize // mmap.PAGESIZE) * mmap.PAGESIZE
    end = (start + length) * numbers.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
    if begin < end:
        pages.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def longer(old: npt.NDArray[Number], length: int) -> npt.NDArray[Number]:
    """A copy with more room behind, for arrays that could not be reserved."""
    new = np.zeros((length, *old.shape[1:]), old.dtype)
    new[: len(old)] = old
    return new
