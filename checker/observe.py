"""Observations: what a program writes of its own steps, a JSON object a line (docs/observations.md).

This module imports nothing of elcheck, so a program may take a copy of the file along.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Set
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeAlias

FORMAT = 1
"""The version of the format."""

Fields: TypeAlias = Mapping[str, object]
"""Some fields of a state, by name; a dataclass is taken for all of its fields."""
Addressed: TypeAlias = tuple[object, object]
"""To whom something is sent, and the message."""


class Recorder:
    """Writes the observations of one node to a file, to whose end it goes on.

    Each method writes a line, and has handed it to the system (with ``sync``: has it on the disk) when it
    returns. Call it *before* what the step changes becomes durable, and send only after that: then a kill
    leaves a line too many, which ``elcheck validate`` expects, and never a message without a line. Raises
    OSError.
    """

    def __init__(
        self,
        path: str | Path,
        node: str,
        *,
        lane: str | None = None,
        sync: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file: IO[str] = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by close)
        self._always = {"node": node} | ({} if lane is None else {"lane": lane})
        self._sync, self._clock = sync, clock

    def about(self, **said: object) -> None:
        """Say once what holds of the whole log: ``nodes``, ``hidden``, ``parameters``."""
        self._write("about", {"format": FORMAT, **said})

    def start(self, state: object = None) -> None:
        """Begin a life of the node, with what it has found on its disk; again after each restart."""
        self._write("start", _said(state=state))

    def step(
        self,
        handler: str,
        *,
        args: Fields | None = None,
        choice: Fields | None = None,
        before: object = None,
        state: object = None,
        sends: Iterable[Addressed] | None = None,
    ) -> None:
        """An action or a timeout; ``state`` is the one after it, ``sends`` all that it sends."""
        rest = _said(args=args, choice=choice, before=before, state=state)
        self._write("step", {"handler": handler, **rest, **_sends(sends)})

    def receive(
        self,
        src: object,
        msg: object,
        *,
        handler: str | None = None,
        before: object = None,
        state: object = None,
        sends: Iterable[Addressed] | None = None,
    ) -> None:
        """The delivery of a message, and what its handler made of it."""
        rest = _said(handler=handler, before=before, state=state)
        self._write("receive", {"src": src, "msg": msg, **rest, **_sends(sends)})

    def send(self, to: object, msg: object) -> None:
        """One message more that the last step sends."""
        self._write("send", {"to": to, "msg": msg})

    def state(self, state: object) -> None:
        """What the state, or a part of it, is after the last step and all that it sends."""
        self._write("state", {"state": state})

    def crash(self) -> None:
        """The end of a life, where somebody is left to say so; a second ``start`` says it too."""
        self._write("crash", {})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        self.close()

    def _write(self, event: str, said: Fields) -> None:
        line = {"event": event, "ts": round(self._clock(), 6), **self._always, **said}
        self._file.write(json.dumps(plain(line), ensure_ascii=False) + "\n")
        self._file.flush()
        if self._sync:
            os.fsync(self._file.fileno())


def _said(**parts: object) -> dict[str, object]:
    """What has been said of some parts: None is nothing."""
    return {name: part for name, part in parts.items() if part is not None}


def _sends(sends: Iterable[Addressed] | None) -> dict[str, object]:
    return {} if sends is None else {"sends": [{"to": to, "msg": msg} for to, msg in sends]}


def plain(value: object) -> object:
    """A value as JSON has it: nodes and members of enums by name, terms as numbers, tuples and sets as
    arrays, dataclasses as objects with the name of their class under ``type``.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value.name if isinstance(value, Enum) else value
    if isinstance(value, Enum) or type(value).__name__ == "NodeId":
        name = getattr(value, "name")  # noqa: B009  (a NodeId is known by its name only)
        return str(value if name is None else name)  # a Flag without any of its members has none
    if type(value).__name__ == "Term":
        return int(str(value))
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(part) for key, part in value.items()}
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    raise TypeError(f"a {type(value).__name__} can't be written as JSON: {value!r}")
