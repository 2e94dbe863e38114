"""What is known of mutants, kept in a file, a line for each, so that a campaign can go on another time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from elcheck.checker.loading.version import __version__
from elcheck.checker.model.errors import UsageError
from elcheck.checker.mutation.baseline import MutationSubject
from elcheck.checker.mutation.trial import MutantFate, Trial


class Journal:
    """A file of trials. Its first line says of what: another model, or other parameters, are refused.

    Mutants that a limit left undecided are tried again: limits may be others this time.
    """

    def __init__(self, path: Path, subject: MutationSubject, *, resume: bool) -> None:
        self.known: dict[str, Trial] = {}
        self._path = path
        written = path.read_text(encoding="utf-8") if path.is_file() else ""
        lines = written.splitlines()
        head = _head(subject)
        if lines and not resume:
            raise UsageError(
                f"--journal {path}: there is one already: --resume goes on from it, or name another file"
            )
        if resume and not lines:
            raise UsageError(f"--resume: there is nothing in {path} to go on from")
        if lines:
            _require_same(path, _read(lines[0]), head)
            self.known = _trials(lines[1:])
        self._file: FileIO = path.open("ab", buffering=0)  # what a full disk did not take is not kept
        self._torn = bool(lines) and not written.endswith("\n")
        if not lines:
            self._write(head)

    def add(self, trial: Trial) -> None:
        """Note what became of a mutant."""
        self._write({**dataclasses.asdict(trial), "fate": trial.fate.value, "looks": dict(trial.looks)})

    def _write(self, entry: Mapping[str, object]) -> None:
        """Write a line, behind the end of one that was not finished."""
        line = json.dumps(entry, ensure_ascii=False)
        left = f"\n{line}\n".encode() if self._torn else f"{line}\n".encode()
        self._torn = True
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
        self._torn = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _head(subject: MutationSubject) -> dict[str, object]:
    """What a journal is of."""
    return {
        "elcheck": __version__,
        "model": subject.file.path.name,
        "source": subject.file.digest(),
        "parameters": {name: str(value) for name, value in subject.parameters.items()},
        "environment": {name: str(value) for name, value in subject.environment.items()},
        "depth": subject.limits.depth,
    }


def _require_same(path: Path, found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    for name, value in wanted.items():
        if found.get(name) != value:
            raise UsageError(
                f"--resume: {path} is of another {name}, {found.get(name)!r}, and this is {value!r}: name "
                "another file with --journal"
            )


def _trials(lines: list[str]) -> dict[str, Trial]:
    """The trials of a journal but for the undecided ones. A line that was not finished is left out."""
    found: dict[str, Trial] = {}
    for line in lines:
        entry = _read(line)
        if entry.get("fate") in (None, MutantFate.UNDECIDED.value):
            continue
        trial = Trial(**{**entry, "fate": MutantFate(entry["fate"]), "killers": tuple(entry["killers"])})  # type: ignore[arg-type]  # as they were written
        found[trial.key] = trial
    return found


def _read(line: str) -> dict[str, object]:
    """What a line says, nothing if it is no such line."""
    try:
        entry: object = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
