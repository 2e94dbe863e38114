"""Machine code, kept on the disk between runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import llvmlite
import llvmlite.binding as llvm

from checker.model.errors import UsageError


class MachineCode(NamedTuple):
    """What is kept: an object file, and how the functions that Python calls are named in it."""

    symbols: dict[str, str]
    code: bytes


@cache
def sources() -> str:
    """A digest of the fast engine's sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def file() -> Path:
    """Where it is kept: for these sources, this version of the compiler (numba's is tied to it) and this kind
    of processor, as a home may be on several machines.
    """
    made_for = [sources(), llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name()]
    features = llvm.get_host_cpu_features().flatten()
    digest = hashlib.sha256(" ".join([*made_for, features]).encode())
    return _base() / "elcheck" / f"{digest.hexdigest()[:16]}.o"


def _base() -> Path:
    """The first place for such things that can be written to."""
    for base in (os.environ.get("XDG_CACHE_HOME"), "~/.cache"):
        with suppress(OSError, RuntimeError):  # the latter where there is no home
            if base:
                place = Path(base).expanduser()
                place.mkdir(parents=True, exist_ok=True)
                if os.access(place, os.W_OK):
                    return place
    return Path(tempfile.gettempdir())


def machine_code() -> MachineCode:
    """What is kept, or made now if nothing is. Raises UsageError if that can't be done."""
    found = _read()
    if found is None:
        print("elcheck: compiling the fast engine, once; this takes a while", file=sys.stderr)
        _make()
        found = _read()
    if found is None:
        raise UsageError(f"the fast engine was compiled, but what is in {file()} now is something else")
    return found


def _read() -> MachineCode | None:
    """What is kept; nothing if the file is not as it was written, or not ours: it is code that will run."""
    try:
        with file().open("rb") as kept:
            if os.name == "posix" and os.fstat(kept.fileno()).st_uid not in (0, os.getuid()):
                return None
            head, _, content = kept.read().partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{file()}, the compiled fast engine, can't be read: {error.strerror}") from error
    symbols, _, code = content.partition(b"\n")
    return MachineCode(json.loads(symbols), code) if head == _digest(content) else None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def keep(made: MachineCode) -> None:
    """Write it, so that it is there as a whole or not at all, whoever else does. Raises OSError."""
    content = json.dumps(made.symbols).encode() + b"\n" + made.code
    with tempfile.NamedTemporaryFile(dir=file().parent, delete=False) as new:
        try:
            new.write(_digest(content) + b"\n" + content)
            new.close()
            Path(new.name).replace(file())
        except OSError:
            Path(new.name).unlink(missing_ok=True)
            raise


def _make() -> None:
    """Compile, in a process of its own: numba, and what it leaves in memory, are of no use afterwards."""
    try:
        file().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the compiled fast engine can't be kept: {error.filename}: {error.strerror}"
        ) from error
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", "checker.fast.make"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1]
        raise UsageError(f"the fast engine can't be compiled into {file()}: {last}")
