"""The machine code of the fast engine, kept on the disk between runs."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import llvmlite
import llvmlite.binding as llvm

from elcheck.checker.model.errors import UsageError
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compilation import Compilation


class MachineCode(NamedTuple):
    """An object file, and the symbols in it of the functions that Python calls."""

    symbols: dict[str, str]
    code: bytes


@cache
def sources() -> str:
    """A digest of the fast engine's sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def processor() -> tuple[str, str]:
    """The processor's name and features in LLVM's words. The features are empty where LLVM can't tell."""
    try:
        return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    except RuntimeError:
        return llvm.get_host_cpu_name(), ""


def file() -> Path:
    """Where the code for these sources, this compiler and this kind of processor is kept. (A home may be on
    several machines.) Raises UsageError if no folder can keep it.
    """
    made_for = [sources(), _compiler(), llvmlite.__version__, llvm.get_process_triple(), str(UNCHECKED)]
    digest = hashlib.sha256(" ".join([*made_for, *processor()]).encode())
    return _folder() / f"{digest.hexdigest()[:16]}.o"


def _compiler() -> str:
    """The name and the version of the compiler, by the folder that tells them (PEP 376). What reads packages'
    metadata takes longer to be imported than a small search takes.
    """
    found = find_spec("numba")
    assert found is not None
    assert found.origin is not None
    folders = [each.name for each in Path(found.origin).parents[1].glob("numba-*.dist-info")]
    if len(folders) == 1:
        return folders[0]
    from importlib.metadata import version

    return version("numba")


def _user() -> int:
    """Whose process this is."""
    return os.getuid() if sys.platform != "win32" else 0


def _is_ours(found: os.stat_result) -> bool:
    """Whether a file or folder is the user's, and nobody else may write to it."""
    return found.st_uid == _user() and not (os.name == "posix" and found.st_mode & 0o022)


def _folder() -> Path:
    """The first folder that can be written to, by us and nobody else: what is in it will be run."""
    given = os.environ.get("XDG_CACHE_HOME")
    folders = [Path(given) / "elcheck"] if given else []
    folders += [Path("~/.cache/elcheck"), Path(tempfile.gettempdir()) / f"elcheck-{_user()}"]
    for folder in folders:
        with suppress(OSError, RuntimeError):  # the latter where there is no home
            place = folder.expanduser()
            place.parent.mkdir(parents=True, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
            ours = place.lstat().st_uid == _user() and _is_ours(place.stat())
            if ours and place.is_dir() and os.access(place, os.W_OK):
                return place
    raise UsageError(
        f"the compiled fast engine can't be kept: not in {', nor in '.join(map(str, folders))}; "
        "let XDG_CACHE_HOME name a folder of yours that nobody else may write to, or use --engine plain"
    )


def is_compiled() -> bool:
    """Whether the code is kept. Raises UsageError if no folder can keep it."""
    return _read() is not None


def machine_code() -> MachineCode:
    """The code that is kept; if there is none, it is compiled now. Raises UsageError if that fails, and Ended
    if a limit or a signal comes meanwhile.
    """
    found = _read()
    if found is None:
        print("elcheck: compiling the fast engine, once; this takes a while", file=sys.stderr)
        _make()
        found = _read()
    if found is None:
        raise UsageError(f"the fast engine was compiled, but {file()} is something else now: remove it")
    return found


def _read() -> MachineCode | None:
    """The code that is kept; None if there is none, if the file is not as it was written, or if somebody else
    may have written it.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(file(), flags), "rb") as kept:
            found = os.fstat(kept.fileno())
            if not (stat.S_ISREG(found.st_mode) and _is_ours(found)):
                return None
            head, _, content = kept.read().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link to another file
            return None
        raise UsageError(
            f"{file()}, the compiled fast engine, can't be read: {error.strerror}; remove it"
        ) from error
    symbols, _, code = content.partition(b"\n")
    return MachineCode(json.loads(symbols), code) if head == _digest(content) else None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def keep(made: MachineCode) -> None:
    """Write the code, so that it is there as a whole or not at all, whoever else does. Raises OSError."""
    content = json.dumps(made.symbols).encode() + b"\n" + made.code
    with tempfile.NamedTemporaryFile(prefix=f"{file().name}.", dir=file().parent, delete=False) as new:
        try:
            new.write(_digest(content) + b"\n" + content)
            new.close()
            Path(new.name).replace(file())
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


def _make() -> None:
    """Compile and wait for it. Raises UsageError if it fails, and Ended."""
    with Compilation() as compilation:
        compilation.wait()
        if (complaint := compilation.complaint()) is not None:
            raise not_compiled(complaint)


def not_compiled(complaint: str) -> UsageError:
    """What is wrong where the code can't be compiled."""
    return UsageError(
        f"the fast engine can't be compiled into {file()}: {complaint} "
        "(python -m elcheck.checker.search.fast.make says more)"
    )
