"""A node's disk: what a crash would leave of its state, on the disk before anybody hears of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from elcheck.checker.running.encoding import Decoder, encode


class Disk:
    """One file, replaced as a whole. A write is on the disk (fsync, of the folder too) when it returns."""

    def __init__(self, path: Path, decoder: Decoder) -> None:
        self._path, self._decoder = path, decoder

    def read(self) -> object | None:
        """What was written last, None if nothing was. Raises OSError, ValueError."""
        try:
            said = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return self._decoder.decode(json.loads(said))

    def write(self, kept: object) -> None:
        """Put a value in the place of the one before. Raises OSError, EncodingError."""
        beside = self._path.with_suffix(".new")
        with open(beside, "w", encoding="utf-8") as file:
            json.dump(encode(kept), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def end_last_line(log: Path) -> None:
    """End the last line of a log, which a kill may have cut short."""
    with open(log, "ab+") as file:
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
