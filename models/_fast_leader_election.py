"""What the servers of Fast Leader Election keep and say, and what is claimed of them, for
models/fast_leader_election.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from elcheck import (
    Event,
    Message,
    Monitor,
    NodeId,
    NodeView,
    Property,
    Scope,
    State,
    all_nodes,
    always,
    change,
    history,
    node_views,
    pair,
    step,
    text,
)

Vote = tuple[int, int, NodeId]
"""The last epoch and the last transaction in a server's history, and the server. The greatest is to lead."""


class State(Enum):
    """What a server is doing."""

    LOOKING = 0
    FOLLOWING = 1
    LEADING = 2


class Notification(Message):
    """What a server is doing, in which round, and its vote."""

    state: State
    round: int
    vote: Vote


class Server(State):
    """The local state: all of it is lost in a crash. A server that has settled remembers no votes."""

    state: State = State.LOOKING
    round: int = 0
    """logicalClock in ZooKeeper."""
    vote: Vote | None = None
    votes: frozenset[tuple[NodeId, Vote]] = frozenset()
    """The last of each other server in this round (recvset)."""
    settled: frozenset[tuple[NodeId, Notification]] = frozenset()
    """The last word of those who are not looking, in whatever round (outofelection)."""

    @property
    def says(self) -> Notification:
        """What it tells of itself."""
        assert self.vote is not None
        return Notification(self.state, self.round, self.vote)

    @property
    def looks(self) -> bool:
        """Whether it has not settled."""
        return self.state is State.LOOKING


def agreement_in_a_round() -> Property:
    """Who settles in a round settles on one leader."""

    def check(a: NodeView[Server], b: NodeView[Server]) -> bool | str:
        one_round = a.up and b.up and a.state.round == b.state.round
        if a.state.looks or b.state.looks or not one_round or a.state.vote == b.state.vote:
            return True
        return f"{a.node} has settled on {text(a.state.vote)}, {b.node} on {text(b.state.vote)}"

    return always("who settles in a round agrees", pair(node_views(Server), check))


def leader_as_new_as_a_majority(histories: dict[NodeId, tuple[int, int]]) -> Property:
    """A majority, the leader among it, has no newer history than the leader has. What is committed is on a
    majority: so the leader has it.
    """

    def check(servers: Sequence[NodeView[State]]) -> bool | str:
        for n in servers:
            newer = [str(node) for node, log in histories.items() if log > histories[n.node]]
            if n.up and n.state is State.LEADING and 2 * len(newer) >= len(servers):
                return f"{n.node} leads, and {' and '.join(newer)} have newer histories"
        return True

    def view(s: Server) -> State:
        return s.state

    return always("the leader's history is as new as a majority's", all_nodes(node_views(State, view), check))


def leads_its_own_round() -> Property:
    """A server becomes the leader in the round in which it looks, by the votes of that."""

    def check(before: NodeView[Server], after: NodeView[Server]) -> bool | str:
        if after.up and after.state.state is State.LEADING and before.state.round != after.state.round:
            return f"{after.node} looks in round {before.state.round}, and leads round {after.state.round}"
        return True

    return step("a leader is elected in its own round", change(node_views(Server), check))


Left = frozenset[tuple[NodeId, Vote, bool]]
"""Whose vote was what before in the round that it is in, and whether it is that again."""


def votes_left() -> Monitor:
    """The history that :func:`no_way_back` needs."""

    def start(nodes: tuple[NodeView[Server], ...]) -> Left:
        return frozenset()

    def after(left: Left, event: Event, before: NodeView[Server], now: NodeView[Server]) -> Left:
        me, old, new = now.node, before.state, now.state
        if not (before.up and now.up and old.looks and new.looks and old.round == new.round):
            return frozenset(entry for entry in left if entry[0] != me)
        if old.vote == new.vote:
            return left
        mine = {vote for node, vote, _ in left if node == me} | {old.says.vote}
        others = {entry for entry in left if entry[0] != me}
        return frozenset(others | {(me, vote, vote == new.vote) for vote in mine})

    return Monitor("votes left", Server, start=start, after=after)


def no_way_back() -> Property:
    """In a round, no server goes back to a vote that it has left for a better one. Else it may never settle.

    Needs ``monitors=[votes_left()]``.
    """

    def check(left: Left) -> bool | str:
        again = [f"{node} votes {text(vote)} again" for node, vote, is_back in sorted(left) if is_back]
        return again[0] if again else True

    return always("no server goes back to a vote", history("votes left", check))


def one_leader_for_all() -> Scope:
    """Everybody who is up has settled, on one leader, who leads."""

    def check(servers: Sequence[NodeView[Server]]) -> bool:
        states = [n.state for n in servers if n.up]
        agree = len({s.vote for s in states}) == 1 and not any(s.looks for s in states)
        return agree and any(s.state is State.LEADING for s in states)

    return all_nodes(node_views(Server), check)
