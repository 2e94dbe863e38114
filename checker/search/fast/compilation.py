"""The fast engine being compiled, in a process of its own: numba, and what it leaves in memory, is not needed
afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from types import TracebackType

from elcheck.checker.process.watch import look

WITH_PARENT = "--with-parent"
"""Tells the process that compiles to end when its stdin does."""


class Compilation:
    """A process that compiles. It looks for modules where this one does, and ends with it."""

    def __init__(self) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        ours["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # it is closed by end()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "elcheck.checker.search.fast.make", WITH_PARENT],
            env=ours,
            stdin=subprocess.PIPE,  # never written to, and closed when this process ends, however it does
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,  # a terminal's Ctrl-C is for this process to answer
        )

    def __enter__(self) -> Compilation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def over(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Wait until it has ended. Raises Ended if a limit or a signal comes meanwhile."""
        while not self.over:
            look()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def complaint(self) -> str | None:
        """Why a process that has ended has not compiled, None if it has."""
        if self._process.returncode == 0:
            return None
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        return (said or f"it ended with {self._process.returncode}").splitlines()[-1]

    def end(self) -> None:
        """End the process, whether or not it has compiled."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._said.close()
