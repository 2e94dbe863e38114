"""The page of `elcheck run --http`: who leads, in which term, how many messages; and faults by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import ClassVar

from elcheck.checker.explorer.local_server import PAGE, SCRIPT, SHARED, STYLE, LocalApp, served
from elcheck.checker.explorer.place import JsonObject
from elcheck.checker.model.errors import UsageError
from elcheck.checker.running.board import Board


class RunApp(LocalApp):
    """A run as a page shows it. ``about`` is its name and what it is."""

    files: ClassVar[Mapping[str, tuple[str, str, str]]] = {
        **SHARED,
        "": ("explorer", "running.html", PAGE),
        "running.js": ("explorer", "running.js", SCRIPT),
        "running.css": ("explorer", "running.css", STYLE),
    }

    def __init__(self, board: Board, about: JsonObject, token: str, hosts: Sequence[str]) -> None:
        super().__init__(token, hosts)
        self._board = board
        self.reads = {"about": lambda: about, "status": board.read}
        self.asks = {"do": self._do}

    def _do(self, question: JsonObject) -> JsonObject:
        said = question.get("fault")
        if not isinstance(said, str):
            raise UsageError("'fault' is text, such as 'kill n1'")
        self._board.tell(said)
        return {}


@contextmanager
def shown(board: Board, about: JsonObject, port: int) -> Iterator[str]:
    """Serve the page meanwhile, at the address that is given. Raises UsageError if it can't have the port."""
    server, address = served(lambda token, hosts: RunApp(board, about, token, hosts), port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
