"""A server for a page, on this machine only, for those who know its address.

A page of another site can't ask it: it knows no token (which is in the address, and has to be said in a
header), and a name that it has made to mean this machine is refused by the Host header (DNS rebinding).
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
from typing import TYPE_CHECKING, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from elcheck.checker.explorer.place import JsonObject
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.process.watch import look

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
TOKEN_HEADER = "X-Elcheck-Token"
SCRIPT, STYLE, PAGE = (f"text/{kind}; charset=utf-8" for kind in ("javascript", "css", "html"))
SHARED = {
    "ask.js": ("explorer", "ask.js", SCRIPT),
    "colours.css": ("html", "colours.css", STYLE),
}
"""What all pages have of their files."""
_LARGEST = 1_000_000
PATIENCE = 10.0
"""Seconds in which one question waits for another."""
_NO_ANSWER = (
    f"an earlier question has not been answered for {PATIENCE:g} s: a handler, a check or model() may not "
    "come to its end. Ctrl-C ends the server"
)
"""Bytes that a request may have: more than the longest question needs."""
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


class LocalApp:
    """A page and what it asks, as a WSGI application. ``hosts`` are the Host headers that it answers to.
    ``files``: of each name the room and the file in it, and its kind. ``reads`` answers a GET, ``asks`` a
    question; one at a time.
    """

    files: ClassVar[Mapping[str, tuple[str, str, str]]]
    reads: Mapping[str, Callable[[], JsonObject]]
    asks: Mapping[str, Callable[[JsonObject], JsonObject]]

    def __init__(self, token: str, hosts: Sequence[str]) -> None:
        self.token, self.hosts = token, hosts
        self._lock = Lock()

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
        if name not in self.files:
            raise RequestRefused(404, "there is no such page")
        if request.method not in ("GET", "HEAD"):
            raise RequestRefused(405, "this is read, with GET")
        room, file, kind = self.files[name]
        found = resources.files(f"elcheck.checker.{room}").joinpath(file).read_bytes()
        return Response(found, content_type=kind)

    def _api(self, request: Request, name: str) -> Response:
        said = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(said.encode(), self.token.encode()):
            raise RequestRefused(403, f"the header {TOKEN_HEADER} is missing, or wrong")
        if name in self.reads and request.method == "GET":
            return _json(self.reads[name]())
        if name not in self.asks:
            raise RequestRefused(404, "there is no such question")
        if request.method != "POST":
            raise RequestRefused(405, "this is asked with POST")
        if request.mimetype != "application/json":
            raise RequestRefused(415, "a question is JSON")
        question = _parsed(request.get_data())
        if not self._lock.acquire(timeout=PATIENCE):
            raise RequestRefused(503, _NO_ANSWER)
        try:
            return _json(self.asks[name](question))
        finally:
            self._lock.release()


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


def served(make: Callable[[str, Sequence[str]], LocalApp], port: int) -> tuple[BaseWSGIServer, str]:
    """A server that listens, and the address of its page; the app is made of its token and its names. Raises
    UsageError if it can't have the port.
    """
    with listen(port) as heard:
        port = heard.getsockname()[1]
        token = secrets.token_urlsafe(18)
        hosts = [f"{HOST}:{port}", f"localhost:{port}"]
        server = _Server(HOST, port, make(token, hosts), _Quiet, fd=heard.fileno())
    return server, f"http://{hosts[0]}/{token}/"
