"""A checkpoint: all that a search needs to go on, without its states, which lie in files of their own.

It is a file of plain arrays (numpy's npz, without pickle): to read it runs no code. It takes the place of the
checkpoint before only when it is whole and on the disk. So a kill or a full disk leaves that one.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elcheck.checker.model.errors import UsageError
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.files import CHECKPOINT, UNFINISHED
from elcheck.checker.search.fast.layout import Ints, Words

FORM = 4
"""The form of the file. Files of another form can't be read."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a search stands.

    searched: which search it is, labels with texts. values: a digest of what Python has numbered. levels,
    totals: as in a Search. probed: the limit on depth, if what lies past it is being looked at. found: of
    each finding the claim, the state, the state after it or -1, and what is said. refuted: what may not be
    taken for granted, as searches before have shown: its kind, two names each, and what is said. sums: CRC-32
    of the states and of their parents. header, tables: the memory's. queries: what Python was asked, in
    order, three numbers each. questions: what the judge was asked, three numbers each.
    """

    searched: Mapping[str, str]
    values: str
    levels: list[int]
    totals: list[int]
    probed: int | None
    found: list[tuple[int, int, int, str]]
    refuted: list[tuple[str, str, str, str]]
    evaluations: int
    spent: float
    sums: tuple[int, int]
    header: Ints
    tables: list[Words | Ints]
    queries: Words
    questions: Words

    @property
    def states(self) -> int:
        """How many states the search had found."""
        return int(self.header[L.STATES])

    def write(self, folder: Path) -> None:
        """Put it in the place of the checkpoint before. If that raises OSError, the one before is kept."""
        path = folder / UNFINISHED
        try:
            with path.open("wb") as file:
                np.savez(file, allow_pickle=False, **self._arrays())
                file.flush()
                os.fsync(file.fileno())
            path.replace(folder / CHECKPOINT)
        finally:
            path.unlink(missing_ok=True)
        _sync(folder)

    def _arrays(self) -> dict[str, Words | Ints]:
        """Everything as arrays."""
        probed = -1 if self.probed is None else self.probed
        numbers = [FORM, probed, self.evaluations, *self.sums, int(1000 * self.spent)]
        texts = [text for *_, text in self.found]
        said = json.dumps([dict(self.searched), self.values, texts, self.refuted])
        found = [number for *numbers_, _ in self.found for number in numbers_]
        arrays: dict[str, Words | Ints] = {
            "numbers": np.array(numbers, np.int64),
            "levels": np.array(self.levels, np.int64),
            "totals": np.array(self.totals, np.int64),
            "found": np.array(found, np.int64),
            "said": np.frombuffer(said.encode(), np.uint8).astype(np.int32),
            "queries": self.queries,
            "questions": self.questions,
            "header": self.header,
        }
        return arrays | {f"table{number}": table for number, table in enumerate(self.tables)}


def read(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises UsageError if it is missing, or can't be read."""
    path = folder / CHECKPOINT
    if not path.is_file():
        raise UsageError(
            f"{folder} holds no checkpoint of a search to go on from: begin one there without --resume"
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _made({name: stored[name] for name in stored.files}, path)
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, IndexError, TypeError, EOFError) as error:
        raise UsageError(
            f"{path} is damaged, or not a checkpoint of elcheck ({error}): begin again without --resume"
        ) from error


def _made(stored: Mapping[str, Ints], path: Path) -> Checkpoint:
    numbers: list[int] = stored["numbers"].tolist()
    if numbers[0] != FORM or len(stored["header"]) != L.HEADER:
        raise UsageError(
            f"{path} is of another version of elcheck: go on with that one, or begin again without --resume"
        )
    _, probed, evaluations, rows, parents, spent = numbers
    searched, values, said, refuted = json.loads(bytes(stored["said"].astype(np.uint8)))
    found: list[list[int]] = stored["found"].reshape(-1, 3).tolist()
    return Checkpoint(
        searched=searched,
        values=values,
        levels=stored["levels"].tolist(),
        totals=stored["totals"].tolist(),
        probed=None if probed < 0 else probed,
        found=[(claim, index, succ, text) for (claim, index, succ), text in zip(found, said, strict=True)],
        refuted=[(kind, first, second, why) for kind, first, second, why in refuted],
        evaluations=evaluations,
        spent=spent / 1000,
        sums=(rows, parents),
        header=stored["header"],
        tables=[stored[f"table{number}"] for number in range(L.TABLES)],
        queries=stored["queries"].astype(np.int32),
        questions=stored["questions"].astype(np.int32),
    )


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk, where a system can be asked to."""
    if os.name == "posix":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
