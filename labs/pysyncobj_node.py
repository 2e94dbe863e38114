"""One node of PySyncObj, which tells of its elections: ``python -m labs.pysyncobj_node``, for
labs/pysyncobj.py.

PySyncObj itself logs nothing of them. The lines are JSON objects: what its transport sends and receives, its
``onStateChanged``, and, after each message and each tick, the fields that have changed. ``elcheck validate
raft ... --as pysyncobj`` reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping

from pysyncobj import SyncObj, SyncObjConf, replicated
from pysyncobj.node import Node, TCPNode
from pysyncobj.transport import TCPTransport

ROLES = ("follower", "candidate", "leader")
REQUEST_EVERY = 0.5
"""Seconds between two commands of a leader's own client."""


class Lines:
    """Writes the lines of one node, each at once."""

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, kind: str, **fields: object) -> None:
        """Write a line."""
        line = {"ts": round(time.time(), 6), "node": self._name, "ev": kind, **fields}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def said(message: Mapping[str, object]) -> dict[str, object]:
    """A message as the lines have it: of entries their indexes and terms."""
    found = {name: value for name, value in message.items() if not isinstance(value, bytes)}
    entries = found.get("entries")
    if isinstance(entries, list):
        found["entries"] = [[index, term] for _, index, term in entries]
    for name in ("serialized", "command"):
        if name in found:
            found[name] = True
    return found


class Told(TCPTransport):  # type: ignore[misc]  # PySyncObj has no types
    """A transport that tells what goes through it. ``store`` is whose it is."""

    store: Store
    names: Mapping[str, str]

    def send(self, node: Node, message: dict[str, object]) -> bool:
        """Send a message, then tell of it."""
        ok = bool(super().send(node, message))
        self.store.lines.write("send", to=self.names[node.id], ok=ok, msg=said(message))
        return ok

    def _onMessageReceived(  # noqa: N802  (PySyncObj calls it so)
        self, node: Node, message: dict[str, object]
    ) -> None:
        self.store.tell("tick")
        self.store.lines.write("receive", src=self.names[node.id], msg=said(message))
        super()._onMessageReceived(node, message)
        self.store.tell("handled")


class Store(SyncObj):  # type: ignore[misc]  # PySyncObj has no types
    """What is replicated: it takes numbers. ``ports`` are those of all nodes, by their names."""

    def __init__(self, name: str, ports: Mapping[str, int], journal: str | None) -> None:
        self.lines = Lines(name)
        self._told: dict[str, object] = {}
        nodes = {other: TCPNode(f"127.0.0.1:{port}") for other, port in ports.items()}
        Told.store, Told.names = self, {node.id: other for other, node in nodes.items()}
        conf = SyncObjConf(
            autoTick=False, appendEntriesPeriod=0.08, raftMinTimeout=0.25, raftMaxTimeout=0.6,
            journalFile=journal,
            onStateChanged=lambda was, now: self.lines.write("role", was=ROLES[was], now=ROLES[now]),
        )  # fmt: skip
        self.lines.write("start", journal=journal is not None)
        me = nodes.pop(name)
        super().__init__(me, list(nodes.values()), conf=conf, transportClass=Told)
        self._told = self._state()
        self.lines.write("init", **self._told)

    def _state(self) -> dict[str, object]:
        log, leader = self._of("raftLog"), self._of("raftLeader")
        _, index, term = log[-1]  # type: ignore[index]  # its journal
        voted, names = self._of("votedForNodeId"), Told.names
        role = self._of("raftState")
        assert isinstance(role, int)
        return {
            "term": self._of("raftCurrentTerm"),
            "role": ROLES[role],
            "voted": None if voted is None else names[str(voted)],
            "votes": self._of("votesCount"),
            "last": [index, term],
            "commit": self._of("raftCommitIndex"),
            "leader": None if leader is None else names[leader.id],  # type: ignore[attr-defined]  # a Node
        }

    def _of(self, name: str) -> object:
        found: object = getattr(self, f"_SyncObj__{name}")
        return found

    def tell(self, why: str) -> None:
        """Tell which fields have changed."""
        now = self._state()
        changed = {name: value for name, value in now.items() if value != self._told[name]}
        if changed:
            self.lines.write("state", why=why, **changed)
        self._told = now

    @replicated  # type: ignore[untyped-decorator]  # PySyncObj has no types
    def put(self, number: int) -> int:
        """A client's command."""
        return number

    def leads(self) -> bool:
        """True if it leads."""
        return self._told["role"] == "leader"


def main() -> None:
    """Run one node until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("ports", help="of all nodes, by their names, as JSON")
    parser.add_argument("--journal", help="where its term, vote and log go; without, they are in memory only")
    asked = parser.parse_args()
    store = Store(asked.name, json.loads(asked.ports), asked.journal)
    store.addOnTickCallback(lambda: store.tell("tick"))  # before it waits for messages
    number, due = 0, time.monotonic() + REQUEST_EVERY
    while True:
        store.doTick(0.02)
        if store.leads() and time.monotonic() > due:
            due = time.monotonic() + REQUEST_EVERY
            store.put(
                number, callback=lambda result, error: store.lines.write("client", result=result, error=error)
            )
            number += 1


if __name__ == "__main__":
    main()
