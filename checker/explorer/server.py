"""The page's server: on this machine only, for those who know its address, and it answers nothing but paths.

What a request can ask for is one of a few files by name, or what a list of numbers, or of names of steps,
leads to. A page of another site can't ask: it knows no token (which is in the address, and has to be said in
a header), and a name that it has made to mean this machine is refused by the Host header (DNS rebinding).
"""

from __future__ import annotations

import errno
import hmac
import json
import secrets
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from elcheck.checker.explorer.about import Overview
from elcheck.checker.explorer.drawn import picture, source
from elcheck.checker.explorer.graph import graph
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.place import JsonObject, place
from elcheck.checker.explorer.space import LONGEST
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.process.watch import look

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
TOKEN_HEADER = "X-Elcheck-Token"
_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_FILES = {
    "": ("explorer", "index.html", "text/html; charset=utf-8"),
    "explorer.js": ("explorer", "explorer.js", _SCRIPT),
    "walk.js": ("explorer", "walk.js", _SCRIPT),
    "picture.js": ("html", "picture.js", _SCRIPT),
    "explorer.css": ("explorer", "explorer.css", _STYLE),
    "colours.css": ("html", "colours.css", _STYLE),
    "picture.css": ("html", "picture.css", _STYLE),
}
"""Of each name the room and the file, and its kind."""
_LARGEST = 1_000_000
"""Bytes that a request may have: more than the longest path needs."""
_MOST = 1000
"""Steps of one random walk."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RequestRefused(Exception):
    """A request that is not answered, with its status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class App:
    """The server as a WSGI application. ``hosts`` are the Host headers that it answers to."""

    def __init__(self, live: LiveModel, token: str, hosts: Sequence[str]) -> None:
        self.live, self.token, self.hosts = live, token, hosts
        self._lock = Lock()  # handlers of a model are called by one thread at a time
        self._calls: Mapping[str, Callable[[JsonObject], JsonObject]] = {
            "at": self._at,
            "follow": self._follow,
            "graph": self._graph,
            "picture": self._picture,
            "source": self._source,
            "version": self._version,
            "walk": self._walk,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        return self.respond(Request(environ))(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Answer a request."""
        request.max_content_length = _LARGEST
        try:
            response = self._answer(request)
        except RequestRefused as error:
            response = _json({"error": str(error)}, error.status)
        except (UsageError, DefinitionError, HandlerError) as error:
            response = _json({"error": str(error)}, 400)
        except HTTPException as error:
            response = _json({"error": error.description or error.name}, error.code or 400)
        response.headers.update(_HEADERS)
        return response

    def _answer(self, request: Request) -> Response:
        if request.headers.get("Host") not in self.hosts:
            raise RequestRefused(403, f"this server is called {self.hosts[0]}")
        root, token, name = (*request.path.split("/", 2), "", "")[:3]
        if root or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise RequestRefused(
                403, "this is the address of another run: put what follows its # behind the new one"
            )
        if name.startswith("api/"):
            return self._api(request, name.removeprefix("api/"))
        if name not in _FILES:
            raise RequestRefused(404, "there is no such page")
        if request.method not in ("GET", "HEAD"):
            raise RequestRefused(405, "this is read, with GET")
        room, file, kind = _FILES[name]
        found = resources.files(f"elcheck.checker.{room}").joinpath(file).read_bytes()
        return Response(found, content_type=kind)

    # -- questions -------------------------------------------------------------------------------------

    def _api(self, request: Request, name: str) -> Response:
        said = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(said.encode(), self.token.encode()):
            raise RequestRefused(403, f"the header {TOKEN_HEADER} is missing, or wrong")
        if name == "about" and request.method == "GET":
            return _json(_about(self.live.about, self.live.version))
        if name not in self._calls:
            raise RequestRefused(404, "there is no such question")
        if request.method != "POST":
            raise RequestRefused(405, "this is asked with POST")
        if request.mimetype != "application/json":
            raise RequestRefused(415, "a question is JSON")
        question = _parsed(request.get_data())
        with self._lock:
            return _json(self._calls[name](question))

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


def _json(said: JsonObject, status: int = 200) -> Response:
    text = json.dumps(said, ensure_ascii=False)
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def _parsed(raw: bytes) -> JsonObject:
    try:
        question: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError("a question is JSON, and this is none") from None
    if not isinstance(question, dict):
        raise UsageError("a question is an object of JSON")
    return question


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


# -- the socket ------------------------------------------------------------------------------------------


class _Quiet(WSGIRequestHandler):
    """Says nothing of the requests that it answers."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class _Server(ThreadedWSGIServer):
    """Raises Ended when the run is ended."""

    def service_actions(self) -> None:
        """What is done between two looks for a request."""
        super().service_actions()
        look()


def listen(port: int) -> socket.socket:
    """A socket at a port of this machine, 0 for any that is free. Raises UsageError if it can't be had."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # ours of a moment ago may be taken again; one that another listens at may not
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(hasattr(socket, "AF_UNIX")))
        found.bind((HOST, port))
        found.listen()
    except OSError as error:
        found.close()
        why = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise UsageError(f"port {port} of {HOST} can't be had: {why}; --port 0 takes a free one") from error
    return found


def serving(live: LiveModel, port: int) -> tuple[BaseWSGIServer, str]:
    """A server that listens, and the address of its page. Raises UsageError if it can't have the port."""
    with listen(port) as heard:
        port = heard.getsockname()[1]
        token = secrets.token_urlsafe(18)
        hosts = [f"{HOST}:{port}", f"localhost:{port}"]
        app = App(live, token, hosts)
        server = _Server(HOST, port, app, _Quiet, fd=heard.fileno())
    return server, f"http://{hosts[0]}/{token}/"
