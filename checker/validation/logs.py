"""Logs: files of lines, which a reader turns into events."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from elcheck.checker.model.errors import UsageError


@dataclass(frozen=True)
class LineRef:
    """A line of a log, from 1."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class LogEvent:
    """What a line says: its kind, and named fields. ``time`` counts seconds. ``lane`` names the thread that
    wrote it, where several wrote one log: lines of one lane are in order.
    """

    kind: str
    fields: Mapping[str, object]
    ref: LineRef
    text: str
    time: float | None = None
    lane: str = ""

    def __getitem__(self, name: str) -> object:
        return self.fields[name]

    def number(self, name: str) -> int:
        """A field that is a number."""
        value = self.fields[name]
        assert isinstance(value, int), (self.kind, name, value)
        return value

    def word(self, name: str) -> str:
        """A field that is text."""
        value = self.fields[name]
        assert isinstance(value, str), (self.kind, name, value)
        return value


@dataclass(frozen=True)
class NodeLog:
    """The log of a node: what its lines say, and how many lines said nothing of interest."""

    name: str
    path: Path
    events: tuple[LogEvent, ...]
    lines: int = 0


@dataclass(frozen=True)
class SplitLine:
    """A line apart: when it was written, the thread, the message, and named values beside that."""

    message: str
    time: float | None = None
    lane: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


class LogReader(Protocol):
    """Turns lines into events."""

    def event(self, line: str, ref: LineRef) -> LogEvent | None:
        """What a line says, None if it says nothing of interest. Raises UsageError for a broken line."""


class Pattern:
    """A kind of message: a regular expression with named groups, ``X became leader at term 3``."""

    def __init__(self, kind: str, regex: str, **fixed: object) -> None:
        self.kind, self.fixed = kind, fixed
        self.regex = re.compile(regex)


class TextReader:
    """Reads lines by a table of patterns. ``split`` takes a line apart, None for one of another kind of log;
    ``convert`` makes values of the groups' texts, and says which values beside the message are kept.
    """

    def __init__(
        self,
        split: Callable[[str], SplitLine | None],
        patterns: Sequence[Pattern],
        convert: Mapping[str, Callable[[str], object]],
    ) -> None:
        self._split, self._patterns, self._convert = split, patterns, convert

    def event(self, line: str, ref: LineRef) -> LogEvent | None:
        """What the first pattern that fits the whole message says of it."""
        parts = self._split(line)
        if parts is None:
            return None
        for pattern in self._patterns:
            matched = pattern.regex.fullmatch(parts.message)
            if matched is not None:
                found = {
                    n: self._value(n, text) for n, text in matched.groupdict().items() if text is not None
                }
                extra = {name: value for name, value in parts.extra.items() if name in self._convert}
                fields = {**extra, **pattern.fixed, **found}
                return LogEvent(pattern.kind, fields, ref, parts.message, parts.time, parts.lane)
        return None

    def _value(self, name: str, text: str) -> object:
        convert = self._convert.get(name)
        return text if convert is None else convert(text)


def read_logs(
    paths: Sequence[Path], reader: LogReader, others: Mapping[str, LogReader] | None = None
) -> list[NodeLog]:
    """Read files, one a node. ``others`` are readers by name that might understand one that this one does
    not. Raises UsageError for one that can't be read, or says nothing.
    """
    names = Counter(path.name for path in paths)
    called = [str(path) if names[path.name] > 1 else path.name for path in paths]
    logs = [read_log(path, reader, name, others or {}) for path, name in zip(paths, called, strict=True)]
    doubled = [name for name, count in Counter(log.path.resolve() for log in logs).items() if count > 1]
    if doubled:
        raise UsageError(f"the log {doubled[0]} is given twice")
    return logs


def read_log(path: Path, reader: LogReader, called: str, others: Mapping[str, LogReader]) -> NodeLog:
    """Read one file. Raises UsageError as :func:`read_logs`."""
    events, count = [], 0
    for count, line in enumerate(lines_of(path), 1):
        event = reader.event(line, LineRef(called, count))
        if event is not None:
            events.append(event)
    if not events:
        raise UsageError(f"{_not_understood(path, count)}{_understood_by(path, others)}")
    return NodeLog(stem(path), path, tuple(events), count)


def _not_understood(path: Path, count: int) -> str:
    if not any(lines_of(path)):
        return f"the log {path} is empty"
    lines = "line" if count == 1 else "lines"
    return f"no line of the log {path} ({count} {lines}) is one that is understood"


def _understood_by(path: Path, others: Mapping[str, LogReader]) -> str:
    """Which other reader has something to say of a log, and of how many lines."""
    counts: Counter[str] = Counter()
    for name, reader in others.items():
        for number, line in enumerate(lines_of(path), 1):
            try:
                counts[name] += reader.event(line, LineRef(path.name, number)) is not None
            except UsageError:  # it knows the format, and finds a mistake
                counts[name] += 1
    best = counts.most_common(1)
    return f": --as {best[0][0]} understands {best[0][1]} of them" if best and best[0][1] else ""


def stem(path: Path) -> str:
    """A file's name without its endings: ``n1`` of ``n1.log.gz``."""
    return path.name.split(".")[0] or path.name


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, which may be compressed. Raises UsageError."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        yield from raw.decode("utf-8-sig").removesuffix("\n").split("\n")
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(
            f"the log {path} can't be read: {getattr(error, 'strerror', None) or error}"
        ) from error
    except UnicodeDecodeError as error:
        kind = "UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        line = raw.count(b"\n", 0, error.start) + 1
        why = f"it is {kind}" if kind else f"{error.reason} in line {line}"
        raise UsageError(f"the log {path} is not text in UTF-8: {why}") from error


def seconds(text: str) -> float | None:
    """A time as logs write it (ISO 8601, a comma before the milliseconds as well), in seconds; None if it is
    none. Without a zone it is taken for UTC.
    """
    try:
        when = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
