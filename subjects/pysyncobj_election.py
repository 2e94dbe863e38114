"""PySyncObj's elections as models/raft.py has them.

``subject`` has a journal, ``in_memory`` none, which is PySyncObj's default. Its log is not driven: what a
leader sends is kept back until the model's leader opens its term, which is a step of its own there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from elcheck import NodeId, Sent, Undrivable
from elcheck.models.raft import AppendEntries, RequestVote, Role, Server, Vote
from elcheck.subjects._pysyncobj import LEADER, PySyncObjNode, PySyncObjSubject, RawMessage


class Elections(PySyncObjSubject):
    """Of a node's state the term, the vote, and whether it leads; all messages of an election."""

    def __init__(self, *, journal: bool = True) -> None:
        super().__init__(journal=journal)
        self._kept_back: dict[NodeId, list[Sent[RawMessage]]] = {}
        self._opens: NodeId | None = None

    def prepare(self, node: PySyncObjNode, state: object) -> None:
        """A node starts empty."""
        if state != Server():
            raise Undrivable("an election starts with empty logs here")

    def deliver(self, node: NodeId, src: NodeId, msg: RawMessage) -> None:
        """Hand a message of an election over."""
        if msg["type"] == "append_entries":
            raise Undrivable("append_entries: only elections are driven")
        super().deliver(node, src, msg)

    def action(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        """What opens the term goes out: it became the leader with the last vote."""
        if name != "become_leader":
            raise Undrivable(f"{name}: only elections are driven")
        self._opens = node

    def crash(self, node: NodeId) -> None:
        """What it has not sent yet is gone, too."""
        super().crash(node)
        self._kept_back.pop(node, None)

    def sent(self, node: NodeId) -> Iterator[Sent[RawMessage]]:
        """What is in its outbox, but for what opens a term too early."""
        for sent in super().sent(node):
            if isinstance(sent.msg, AppendEntries):
                self._kept_back.setdefault(node, []).append(sent)
            else:
                yield sent
        if self._opens == node:
            self._opens = None
            yield from self._kept_back.pop(node, [])

    def state(self, node: NodeId) -> Mapping[str, object]:
        """What is compared of a node."""
        raw = self.cluster[node]
        voted_for = self.node_called(raw.get("votedForNodeId"))
        leads = raw.number("raftState") == LEADER
        return {"current_term": raw.number("raftCurrentTerm"), "voted_for": voted_for, "leads": leads}

    def visible(self, part: object) -> object:
        """What is compared of the model's: its candidate with a majority leads already. Indexes count from 0
        there, and from the first entry of PySyncObj here.
        """
        if not isinstance(part, Server):
            return part
        elected = part.role is Role.CANDIDATE and 2 * len(part.votes) > len(self.cluster.nodes)
        return {"current_term": part.term, "voted_for": part.voted_for, "leads": part.leads or elected}

    def message(self, src: NodeId, dst: NodeId, raw: RawMessage) -> object:
        """A message in the model's terms."""
        match raw["type"]:
            case "request_vote":
                return RequestVote(raw["term"], (raw["last_log_term"], raw["last_log_index"] - 1))
            case "response_vote":
                return Vote(raw["term"])
            case "append_entries":
                (_, _, term), *_ = raw["entries"]
                previous = raw["prevLogIdx"] - 1, raw["prevLogTerm"]
                return AppendEntries(raw["term"], *previous, (term, src), raw["commit_index"] - 1)
            case other:
                raise Undrivable(f"{other}: only elections are driven")


def subject() -> Elections:
    """With a journal."""
    return Elections()


def in_memory() -> Elections:
    """Without a journal."""
    return Elections(journal=False)
