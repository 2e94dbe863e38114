"""What the explorer's page asks, answered: nothing but where paths lead.

What a request can ask for is one of a few files by name, or what a list of numbers, or of names of steps,
leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from werkzeug.serving import BaseWSGIServer

from elcheck.checker.explorer.about import Overview
from elcheck.checker.explorer.drawn import picture, source
from elcheck.checker.explorer.graph import graph
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.local_server import PAGE, SCRIPT, SHARED, STYLE, LocalApp, served
from elcheck.checker.explorer.place import JsonObject, place
from elcheck.checker.explorer.space import LONGEST
from elcheck.checker.model.errors import UsageError

_MOST = 1000
"""Steps of one random walk."""


class App(LocalApp):
    """The explorer of a model."""

    files: ClassVar[Mapping[str, tuple[str, str, str]]] = {
        **SHARED,
        "": ("explorer", "index.html", PAGE),
        "explorer.js": ("explorer", "explorer.js", SCRIPT),
        "walk.js": ("explorer", "walk.js", SCRIPT),
        "picture.js": ("html", "picture.js", SCRIPT),
        "explorer.css": ("explorer", "explorer.css", STYLE),
        "picture.css": ("html", "picture.css", STYLE),
    }

    def __init__(self, live: LiveModel, token: str, hosts: Sequence[str]) -> None:
        super().__init__(token, hosts)
        self.live = live
        self.reads = {"about": lambda: _about(self.live.about, self.live.version)}
        self.asks = {
            "at": self._at,
            "follow": self._follow,
            "graph": self._graph,
            "picture": self._picture,
            "source": self._source,
            "version": self._version,
            "walk": self._walk,
        }

    def _at(self, question: JsonObject) -> JsonObject:
        return place(self.live.space, _path(question))

    def _version(self, question: JsonObject) -> JsonObject:
        """Which the model is, read again if its file was saved."""
        del question
        self.live.refresh()
        return {"version": self.live.version, "problem": self.live.problem}

    def _follow(self, question: JsonObject) -> JsonObject:
        """Where the steps of a walk lead in the model as it is now, and why it ends there."""
        path, why = self.live.space.follow(_path(question), _names(question))
        return {**place(self.live.space, path), "ended": why}

    def _picture(self, question: JsonObject) -> JsonObject:
        return picture(self.live.space, _path(question))

    def _graph(self, question: JsonObject) -> JsonObject:
        return graph(self.live.space, _path(question))

    def _source(self, question: JsonObject) -> JsonObject:
        further = None if question.get("step") is None else _number(question, "step")
        return source(self.live.space, _path(question), further)

    def _walk(self, question: JsonObject) -> JsonObject:
        seed, most = _number(question, "seed"), _number(question, "steps")
        faults = question.get("faults", True)
        if not isinstance(faults, bool):
            raise UsageError("'faults' is true or false")
        if not 1 <= most <= _MOST:
            raise UsageError(f"'steps' is a number from 1 to {_MOST}")
        space = self.live.space
        path, why = space.random(_path(question), seed, most, faults=faults)
        return {**place(space, path), "ended": why}


def _about(about: Overview, version: int) -> JsonObject:
    prepared = [{"name": p.name, "path": list(p.path), "note": p.note} for p in about.prepared]
    return {
        "name": about.name,
        "version": version,
        "summary": about.summary,
        "parameters": about.parameters,
        "environment": about.environment,
        "command": about.command,
        "prepared": prepared,
        "verdicts": dict(about.verdicts),
        "faults": about.faults,
    }


def _path(question: JsonObject) -> list[int]:
    path = question.get("path")
    if not isinstance(path, list) or not all(type(place) is int for place in path):
        raise UsageError("'path' is a list of whole numbers")
    return path


def _names(question: JsonObject) -> list[str]:
    said = question.get("said")
    if not isinstance(said, list) or not all(type(name) is str for name in said):
        raise UsageError("'said' is a list of steps, each as it is called")
    if len(said) > LONGEST:
        raise UsageError(f"'said' has at most {LONGEST:,} steps, and this one {len(said):,}")
    return said


def _number(question: JsonObject, name: str) -> int:
    value = question.get(name)
    if type(value) is not int or abs(value) > 2**53:
        raise UsageError(f"{name!r} is a whole number, of at most 2**53")
    return value


def serving(live: LiveModel, port: int) -> tuple[BaseWSGIServer, str]:
    """A server that listens, and the address of its page. Raises UsageError if it can't have the port."""
    return served(lambda token, hosts: App(live, token, hosts), port)
