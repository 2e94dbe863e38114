"""Nodes of PySyncObj in one process, driven by hand: each does what it is told, and nothing else.

PySyncObj has no public way to do that, so private names are used; those of 0.3.11, 0.3.14 and 0.3.17 are the
same. Time stands still: a timer runs out when its deadline is put into the past. Messages are kept instead of
sent. A journal is a file, as in production; what it writes each second it writes at once.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypedDict

import pysyncobj.pickle
import pysyncobj.syncobj
from pysyncobj import SyncObj, SyncObjConf, replicated
from pysyncobj.node import Node
from pysyncobj.transport import Transport

from elcheck import NodeId, Sent, Subject, Undrivable

RawEntry: TypeAlias = tuple[bytes, int, int]
"""An entry of the log: the command, its index, its term."""


class RawMessage(TypedDict, total=False):
    """A message as PySyncObj has it: those of elections and of the log."""

    type: str
    term: int
    last_log_index: int
    last_log_term: int
    commit_index: int
    prevLogIdx: int
    prevLogTerm: int
    entries: list[RawEntry]
    transmission: str
    data: bytes
    next_node_idx: int
    reset: bool
    success: bool


NOW = 1000.0
"""What the clock says, in seconds."""
PAST, LATER = 0.0, NOW + 1.0
BATCH = 256
"""Bytes of a batch (65,536 by default), so that an entry that is larger takes little room."""
PADDING = "." * 270
"""What makes an entry larger than a batch, and smaller than two."""
NO_OP = b"\x01"
FOLLOWER, CANDIDATE, LEADER = 0, 1, 2


class Outbox(Transport):  # type: ignore[misc]  # PySyncObj has no types
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(None, None, [])
        self.sent: list[tuple[str, RawMessage]] = []

    def send(self, node: Node, message: RawMessage) -> bool:
        """Keep a message, as it is now."""
        self.sent.append((node.id, copy.deepcopy(message)))
        return True

    def received(self, src: NodeId, message: RawMessage) -> None:
        """Hand a message to the node."""
        self._onMessageReceived(Node(src.name), copy.deepcopy(message))

    def connected(self, peer: NodeId) -> None:
        """Tell the node that it is connected to a peer."""
        self._onNodeConnected(Node(peer.name))


class Store(SyncObj):  # type: ignore[misc]  # PySyncObj has no types
    """What is replicated: it takes numbers."""

    @replicated  # type: ignore[untyped-decorator]  # PySyncObj has no types
    def put(self, number: int, padding: str) -> None:
        """A client's command."""


class PySyncObjNode:
    """One node, with its private parts."""

    def __init__(self, me: NodeId, nodes: Sequence[NodeId], journal: Path | None) -> None:
        conf = SyncObjConf(
            autoTick=False,
            appendEntriesBatchSizeBytes=BATCH,
            journalFile=None if journal is None else str(journal),
        )
        self.outbox = Outbox()
        others = [Node(node.name) for node in nodes if node != me]
        self._store = Store(Node(me.name), others, conf=conf, transport=self.outbox)
        for node in nodes:
            if node != me:
                self.outbox.connected(node)

    def get(self, name: str) -> object:
        """A private attribute."""
        found: object = getattr(self._store, f"_SyncObj__{name}")
        return found

    def set(self, name: str, value: object) -> None:
        """Set a private attribute."""
        if not hasattr(self._store, f"_SyncObj__{name}"):
            raise AttributeError(f"this PySyncObj has no {name}: {pysyncobj.__file__}")
        setattr(self._store, f"_SyncObj__{name}", value)

    def number(self, name: str) -> int:
        """A private attribute that is a number."""
        found = self.get(name)
        assert isinstance(found, int)
        return found

    @property
    def log(self) -> list[RawEntry]:
        """The entries of its log."""
        entries: list[RawEntry] = self._journal()[:]
        return entries

    def _journal(self) -> pysyncobj.journal.Journal:
        return self.get("raftLog")

    # -- steps -------------------------------------------------------------------------------------------

    def time_out(self) -> None:
        """Let its election timeout run out."""
        self.set("raftElectionDeadline", PAST)
        self._store.doTick()

    def beat(self) -> None:
        """A tick when a heartbeat is due."""
        self.set("newAppendEntriesTime", PAST)
        self._store.doTick()

    def tick(self) -> None:
        """A tick before a heartbeat is due."""
        self.set("newAppendEntriesTime", LATER)
        self._store.doTick()

    def request(self, number: int) -> None:
        """Put a client's command into its log, which is a part of a tick."""
        self._store.put(number, PADDING)
        self._store._checkCommandsToApply()

    def write(self) -> None:
        """Write what is written each second."""
        self._journal().onOneSecondTimer()

    def end(self) -> None:
        """Close its files. The journal is mapped into memory, so they have what they had before."""
        self._store.destroy()

    # -- a prepared start ----------------------------------------------------------------------------------

    def prepare(self, term: int, voted_for: NodeId | None, log: Sequence[tuple[int, int | None]]) -> None:
        """Put a term, a vote and a log into it; of the entries the terms and commands."""
        vote = None if voted_for is None else voted_for.name
        self.set("raftCurrentTerm", term)
        self.set("votedForNodeId", vote)
        journal = self._journal()
        journal.clear()
        for index, (of_term, command) in enumerate(log, start=1):
            journal.add(self.bytes_of(command), index, of_term)
        if hasattr(journal, "setCurrentTerm"):
            journal.setCurrentTerm(term, vote)

    def commit(self, index: int) -> None:
        """Put in how much is committed."""
        self.set("raftCommitIndex", index)
        self._journal().setRaftCommitIndex(index)

    def lead(self, next_index: Mapping[NodeId, int], match_index: Mapping[NodeId, int]) -> None:
        """Make it the leader of its term."""
        self.set("raftState", LEADER)
        self.set("raftLeader", self._store.selfNode)
        self.set("raftNextIndex", {Node(node.name): index for node, index in next_index.items()})
        self.set("raftMatchIndex", {Node(node.name): index for node, index in match_index.items()})
        self.set("lastResponseTime", {Node(node.name): NOW for node in next_index})

    def bytes_of(self, command: int | None) -> bytes:
        """A command as it stands in the log."""
        if command is None:
            return NO_OP
        method = self._store._methodToID["put_v0"]
        return b"\x00" + bytes(pysyncobj.pickle.dumps((method, (command, PADDING))))


def command_of(raw: bytes) -> int | None:
    """The number of a command in the log, None for a NO_OP."""
    if raw == NO_OP:
        return None
    _, (number, _) = pysyncobj.pickle.loads(raw[1:])
    assert isinstance(number, int)
    return number


class Cluster:
    """The nodes by their names, with a clock that stands still. ``journal``: each has one, in a folder that
    goes with the cluster.
    """

    def __init__(self, nodes: Sequence[NodeId], *, journal: bool) -> None:
        self.nodes = tuple(nodes)
        self._folder = Path(tempfile.mkdtemp(prefix="elcheck-pysyncobj-")) if journal else None
        self._clock = pysyncobj.syncobj.monotonicTime
        pysyncobj.syncobj.monotonicTime = lambda: NOW
        self.up: dict[NodeId, PySyncObjNode] = {node: self._made(node) for node in nodes}

    def __getitem__(self, node: NodeId) -> PySyncObjNode:
        return self.up[node]

    def _made(self, node: NodeId) -> PySyncObjNode:
        journal = None if self._folder is None else self._folder / f"{node}.journal"
        return PySyncObjNode(node, self.nodes, journal)

    def crash(self, node: NodeId) -> None:
        """End a node; its files stay."""
        self.up.pop(node).end()

    def restart(self, node: NodeId) -> None:
        """Start it from its files."""
        self.up[node] = self._made(node)

    def stop(self) -> None:
        """End all, and remove their files."""
        for node in list(self.up):
            self.crash(node)
        pysyncobj.syncobj.monotonicTime = self._clock
        if self._folder is not None:
            shutil.rmtree(self._folder)


class PySyncObjSubject(Subject[RawMessage]):
    """What the subjects of PySyncObj share: the steps of its nodes. What its states and messages are in the
    terms of a model is a subclass's.
    """

    def __init__(self, *, journal: bool = True) -> None:
        self._has_journal = journal
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The nodes."""
        assert self._cluster is not None
        return self._cluster

    def start(self, states: Mapping[NodeId, object]) -> None:
        """Start every node, and prepare those that do not start empty."""
        self._cluster = Cluster(list(states), journal=self._has_journal)
        for node, state in states.items():
            self.prepare(self.cluster[node], state)
            self._write(node)

    @abstractmethod
    def prepare(self, node: PySyncObjNode, state: object) -> None:
        """Put what a model has in an initial state into a node that has just started."""

    @abstractmethod
    def message(self, src: NodeId, dst: NodeId, raw: RawMessage) -> object:
        """A message in the model's terms."""

    def deliver(self, node: NodeId, src: NodeId, msg: RawMessage) -> None:
        """Hand a message over."""
        self.cluster[node].outbox.received(src, msg)
        self._write(node)

    def timeout(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """An election timeout: there is no other."""
        self.cluster[node].time_out()
        self._write(node)

    def action(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """What a leader does in a tick."""
        match name:
            case "heartbeat":
                self.cluster[node].beat()
            case "commit":
                self.cluster[node].tick()
            case "client_request":
                command = args["command"]
                assert isinstance(command, int)
                self.cluster[node].request(command)
            case _:
                raise Undrivable(f"PySyncObj has no {name}")
        self._write(node)

    def _write(self, node: NodeId) -> None:
        self.cluster[node].write()

    def crash(self, node: NodeId) -> None:
        """Nothing but its files is left."""
        self.cluster.crash(node)

    def restart(self, node: NodeId) -> None:
        """Start it again."""
        self.cluster.restart(node)

    def sent(self, node: NodeId) -> Iterator[Sent[RawMessage]]:
        """What is in its outbox."""
        outbox = self.cluster[node].outbox
        found, outbox.sent = outbox.sent, []
        for name, raw in found:
            dst = next(other for other in self.cluster.nodes if other.name == name)
            yield Sent(dst, self.message(node, dst, raw), raw)

    def node_called(self, name: object) -> NodeId | None:
        """The node of a name, None for None."""
        return next((node for node in self.cluster.nodes if node.name == name), None)

    def stop(self) -> None:
        """End all nodes."""
        if self._cluster is not None:
            self._cluster.stop()
