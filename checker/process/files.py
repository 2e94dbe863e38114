"""Writing files as a whole or not at all: an end, or a full disk, leaves what was there before."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from elcheck.checker.process.streams import READABLE


def write_whole(path: Path, said: str, *, new: bool = False) -> None:
    """Write a text in UTF-8, its lines ended as it says; what is ``new`` takes no other file's place.

    Raises OSError, with the path, if it can't be written; FileExistsError if that is why.
    """
    try:
        _write(path, said.encode("utf-8", READABLE), new=new)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def _write(path: Path, content: bytes, *, new: bool) -> None:
    target = Path(os.path.realpath(path))  # of a link, what it leads to
    there = target.stat() if target.exists() else None
    if there is not None and not stat.S_ISREG(there.st_mode):  # a device, a pipe
        target.write_bytes(content)
        return
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except PermissionError:
        if there is None:
            raise
        target.write_bytes(content)  # the file may be written to, and no other may stand beside it
        return
    try:
        with open(number, "wb") as file:
            file.write(content)
        os.chmod(name, stat.S_IMODE(there.st_mode) if there is not None else 0o666 & ~_umask())
        if new:
            os.link(name, target)
            os.unlink(name)
        else:
            os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    """What the user takes away from new files' modes. Only setting it tells."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
