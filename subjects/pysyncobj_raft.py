"""PySyncObj as models/pysyncobj_raft.py has it: message by message, field by field.

``subject`` has a journal, ``in_memory`` none, which is PySyncObj's default.
"""

from __future__ import annotations

from collections.abc import Mapping

import pysyncobj.pickle

from elcheck import Map, NodeId, replace
from elcheck.models.pysyncobj_raft import (
    AppendEntries,
    Entry,
    NextNodeIdx,
    Part,
    RequestVote,
    ResponseVote,
    Role,
    Server,
)
from elcheck.subjects._pysyncobj import PySyncObjNode, PySyncObjSubject, RawMessage, command_of

_PARTS = {"start": Part.START, "finish": Part.FINISH}


class AsItIs(PySyncObjSubject):
    """All of a node's state, and all of its messages."""

    def __init__(self, *, journal: bool = True) -> None:
        super().__init__(journal=journal)
        self._pieces: dict[tuple[NodeId, NodeId], bytes] = {}

    def prepare(self, node: PySyncObjNode, state: object) -> None:
        """Term, vote, log; of a leader what it knows of the others."""
        assert isinstance(state, Server)
        if state == Server():
            return
        node.prepare(state.current_term, state.voted_for, state.log)
        node.commit(state.commit_index)
        if state.leads:
            node.lead(state.next_index, state.match_index)

    def state(self, node: NodeId) -> Server:
        """A node's local state."""
        raw = self.cluster[node]
        role = Role(raw.number("raftState"))
        entries = raw.log
        assert [index for _, index, _ in entries] == list(range(1, len(entries) + 1))
        follows = Server(
            raw.number("raftCurrentTerm"),
            self.node_called(raw.get("votedForNodeId")),
            tuple((term, command_of(command)) for command, _, term in entries),
            raw.number("raftCommitIndex"),
            role,
        )
        if role is Role.CANDIDATE:
            return replace(follows, votes_count=raw.number("votesCount"))
        if role is not Role.LEADER:
            return follows
        return replace(
            follows,
            next_index=self._indexes(raw, "raftNextIndex"),
            match_index=self._indexes(raw, "raftMatchIndex"),
        )

    def _indexes(self, raw: PySyncObjNode, name: str) -> Map[NodeId, int]:
        found = raw.get(name)
        assert isinstance(found, Mapping)
        return Map({node: index for peer, index in found.items() if (node := self.node_called(peer.id))})

    def message(self, src: NodeId, dst: NodeId, raw: RawMessage) -> object:
        """A message, with all that it says."""
        match raw["type"]:
            case "request_vote":
                return RequestVote(raw["term"], raw["last_log_index"], raw["last_log_term"])
            case "response_vote":
                return ResponseVote(raw["term"])
            case "next_node_idx":
                return NextNodeIdx(raw["next_node_idx"], raw["reset"], raw["success"])
        part = _PARTS[raw["transmission"]] if "transmission" in raw else Part.WHOLE
        entries = self._entries(src, dst, part, raw)
        previous = raw["prevLogIdx"], raw["prevLogTerm"]
        return AppendEntries(raw["term"], raw["commit_index"], *previous, entries, part)

    def _entries(self, src: NodeId, dst: NodeId, part: Part, raw: RawMessage) -> tuple[Entry, ...]:
        """The entries of a message. A large one goes out in two pieces, of which the last has it."""
        if part is Part.START:
            self._pieces[src, dst] = raw["data"]
            return ()
        if part is Part.WHOLE:
            return tuple((term, command_of(command)) for command, _, term in raw["entries"])
        command, _, term = pysyncobj.pickle.loads(self._pieces.pop((src, dst)) + raw["data"])
        return ((term, command_of(command)),)

    def concrete(self, src: NodeId, dst: NodeId, msg: object) -> RawMessage:
        """A message that was under way at a prepared start: an acknowledgement."""
        assert isinstance(msg, NextNodeIdx)
        return {
            "type": "next_node_idx",
            "next_node_idx": msg.next_node_idx,
            "reset": msg.reset,
            "success": msg.success,
        }

    def visible(self, part: object) -> object:
        """An acknowledgement has no term, whatever the model has corrected."""
        return replace(part, term=None) if isinstance(part, NextNodeIdx) else part


def subject() -> AsItIs:
    """With a journal."""
    return AsItIs()


def in_memory() -> AsItIs:
    """Without a journal."""
    return AsItIs(journal=False)
