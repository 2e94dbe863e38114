"""The states of a search in files that are mapped into memory. The system writes out what does not fit.

Room on the disk is reserved before it is written to. In a mapped file with holes, a store instruction would
meet the full disk, and the process would be killed (SIGBUS).
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from elcheck.checker.model.errors import UsageError
from elcheck.checker.search.fast.layout import Words, Words2

if sys.platform != "win32":
    import fcntl

STATES, PARENTS = "elcheck.states", "elcheck.parents"
CHECKPOINT, UNFINISHED = "elcheck.checkpoint", "elcheck.checkpoint.new"
NAMES = (STATES, PARENTS, CHECKPOINT, UNFINISHED)
"""All files that a search makes in its folder. It touches nothing else there."""
FIRST = 1 << 16
"""States for which there is room at first. It doubles, then grows by STEP, or by a quarter of itself."""
STEP = 1 << 22
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(Exception):
    """The disk has no room for more states. The message says where."""


class Mapped:
    """A file of 32-bit numbers, ``width`` in a row, mapped into memory as ``rows``."""

    def __init__(self, path: Path, width: int, *, new: bool) -> None:
        self.width = width
        flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | (os.O_CREAT | os.O_EXCL if new else 0)
        self.fd = os.open(path, flags, 0o666)
        self._map()

    def _map(self) -> None:
        entries = os.fstat(self.fd).st_size // (4 * self.width)
        self._pages = mmap.mmap(self.fd, 4 * self.width * entries) if entries else None
        numbers = np.frombuffer(self._pages, np.int32) if self._pages else np.zeros(0, np.int32)
        self.rows: Words2 = numbers.reshape(-1, self.width)

    def grow(self, entries: int) -> None:
        """Reserve room up to a number of rows. Raises OSError, with nothing lost, if the disk is full."""
        size = os.fstat(self.fd).st_size
        if 4 * self.width * entries > size:
            allocate(self.fd, size, 4 * self.width * entries - size)
            self._map()

    def write_out(self, begin: int, end: int) -> None:
        """Bring rows to the disk."""
        start = 4 * self.width * begin // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        if self._pages is not None and begin < end:
            self._pages.flush(start, 4 * self.width * end - start)


def allocate(fd: int, start: int, length: int) -> None:
    """Make a file longer by zeros, with room on the disk. Raises OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, start, length)
        return
    zeros = bytes(1 << 20)
    while length > 0:
        written = os.pwrite(fd, zeros[:length], start)
        start, length = start + written, length - written


class StateFiles:
    """The states of one search and their parents, in a folder that is locked."""

    def __init__(self, folder: Path, fields: int, *, resume: bool) -> None:
        """Make the files, or open those of the search to resume. Raises UsageError if that fails."""
        self.folder = folder
        if not resume:
            _expect_no_search(folder)
        try:
            self._rows = Mapped(folder / STATES, fields, new=not resume)
            self._parents = Mapped(folder / PARENTS, 1, new=not resume)
        except FileNotFoundError as error:
            raise UsageError(
                f"the search in {folder} can't go on: {error.filename} is missing; begin without --resume"
            ) from error
        self._summed = (0, 0, 0)

    @property
    def rows(self) -> Words2:
        """The states, as many as there is room for."""
        return self._rows.rows

    @property
    def parents(self) -> Words:
        """Their parents, as many as there is room for in both files."""
        return self._parents.rows[: len(self._rows.rows)].reshape(-1)

    def room(self, needed: int) -> bool:
        """Make room for so many states. Answers whether there was less. Raises DiskFull."""
        have = len(self.parents)
        if needed <= have:
            return False
        wanted = max(needed, FIRST, have + max(min(have, STEP), have // 4))
        while True:
            try:
                self._rows.grow(wanted)
                self._parents.grow(wanted)
                return True
            except OSError as error:
                if error.errno not in FULL:
                    raise
                if wanted == needed:
                    raise DiskFull(f"the disk is full: {self.folder} has no room for more states") from error
                wanted = max(needed, have + (wanted - have) // 4)

    def settle(self, states: int) -> tuple[int, int]:
        """Bring so many states to the disk. Answers the CRC-32 of them, and of their parents."""
        begin, rows, parents = self._summed
        self._rows.write_out(begin, states)
        self._parents.write_out(begin, states)
        rows = zlib.crc32(self.rows[begin:states].data, rows)
        parents = zlib.crc32(self.parents[begin:states].data, parents)
        self._summed = (states, rows, parents)
        return rows, parents

    def close(self, *, remove: bool) -> None:
        """Close the files. What is mapped stays readable, even if they are removed."""
        if remove:
            remove_search(self.folder)
        os.close(self._rows.fd)
        os.close(self._parents.fd)


def remove_search(folder: Path) -> None:
    """Remove the files of a search."""
    for name in NAMES:
        with suppress(FileNotFoundError):
            (folder / name).unlink()


class FolderLock:
    """Keeps other processes from searching in a folder, where the system has such locks."""

    def __init__(self, folder: Path, *, make: bool) -> None:
        """Lock a folder, and make it before if it is not there. Raises UsageError if another process searches
        in it.
        """
        self._fd: int | None = None
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise UsageError(f"--spill {folder}: that is a file, not a folder; name another one") from error
        if sys.platform != "win32" and folder.is_dir():
            self._fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                self.release()
                raise UsageError(
                    f"another process searches in {folder}: wait for its end, or take another folder"
                ) from error
            except OSError:  # some file systems of a network have none
                self.release()

    def release(self) -> None:
        """Let others search there."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _expect_no_search(folder: Path) -> None:
    """Raise UsageError for a folder with files of a search."""
    there = [name for name in NAMES if (folder / name).exists()]
    if CHECKPOINT in there:
        raise UsageError(
            f"{folder} holds a search already: go on from it with --resume, or remove {' and '.join(there)}"
        )
    if there:
        raise UsageError(
            f"{folder} holds the rest of a search without a checkpoint: remove {' and '.join(there)}"
        )
