"""Fast Leader Election, by which ZooKeeper's servers find whom to try as the leader of ZAB.

A. Medeiros, ZooKeeper's atomic broadcast protocol: theory and practice, 2012, section 4.2.1; in brackets the
names of ZooKeeper's FastLeaderElection.java. A server votes for the newest history that it has heard of,
tells everybody when it changes its mind, and settles when a majority votes as it does and nothing better
comes in for a while. Votes count in their round. A leader that is settled on still has to win a majority in
ZAB: a wrong one costs time, not safety.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, TypeVar

from elcheck import (
    WEAK,
    Bound,
    Environment,
    Event,
    Message,
    Model,
    Monitor,
    Node,
    NodeId,
    NodeView,
    Prepared,
    Property,
    State,
    Step,
    all_nodes,
    always,
    always_possible,
    change,
    guard,
    history,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    sometimes,
    step,
    text,
    timeout,
)

T = TypeVar("T")
History = tuple[int, int]
"""The epoch and the number of the last transaction in a server's history."""
Vote = tuple[int, int, NodeId]
"""The last epoch and the last transaction in a server's history, and the server. The greatest is to lead."""


class ServerState(Enum):
    """What a server is doing."""

    LOOKING = 0
    FOLLOWING = 1
    LEADING = 2


class Server(State):
    """The state of a server: all of it is lost in a crash. One that has settled remembers no votes."""

    state: ServerState = ServerState.LOOKING
    round: int = 0
    """(logicalclock)"""
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
        """True if it has not settled."""
        return self.state is ServerState.LOOKING


class Notification(Message):
    """What a server is doing, in which round, and its vote."""

    state: ServerState
    round: int
    vote: Vote


class FastLeaderElection(Node[Server]):
    """The election of one server (lookForLeader)."""

    histories: tuple[History, ...]

    def start(self) -> Step[Server]:
        return self.look(1)

    def recover(self, durable: Server) -> Step[Server]:
        """The round is not on the disk."""
        return self.look(1)

    def look(self, round_: int) -> Step[Server]:
        """Begin a round."""
        return self.tell(Server(ServerState.LOOKING, round_, self.own_vote()))

    def own_vote(self) -> Vote:
        """A vote for oneself."""
        return (*self.histories[self.me.index], self.me)

    def tell(self, s: Server) -> Step[Server]:
        """Everybody is told."""
        return Step(s, self.broadcast(s.says))

    # -- Notifications -------------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def hear(self, s: Server, src: NodeId, msg: Notification) -> Server | Step[Server]:
        """Answer one who looks, if he is late; while looking oneself, go by what the others say."""
        looks = msg.state is ServerState.LOOKING
        if looks and (not s.looks or msg.round < s.round):
            return Step(s, self.send(src, s.says))
        if not s.looks:
            return s
        return self.compare(s, src, msg) if looks else self.join(s, src, msg)

    def compare(self, s: Server, src: NodeId, msg: Notification) -> Step[Server]:
        """A vote of this round, or of a higher one, which the server goes over to."""
        old = s.vote
        if msg.round > s.round:
            s, old = Server(ServerState.LOOKING, msg.round, self.own_vote(), settled=s.settled), None
        s = replace(s, votes=with_word(s.votes, src, msg.vote))
        if s.vote is None or self.is_better(msg.vote, s.vote):
            s = replace(s, vote=msg.vote)
        return self.tell(s) if s.vote != old else Step(s)

    def is_better(self, new: Vote, old: Vote) -> bool:
        """The newer history is better, then the higher id (totalOrderPredicate)."""
        return new > old

    def join(self, s: Server, src: NodeId, msg: Notification) -> Server:
        """From one who has settled: join, if a majority has, on one who says that he leads."""
        s = replace(s, settled=with_word(s.settled, src, msg))
        agree = {node for node, said in s.settled if (said.round, said.vote) == (msg.round, msg.vote)}
        if msg.round == s.round:  # votes of this round count too, one's own among them
            s = replace(s, votes=with_word(s.votes, src, msg.vote))
            agree |= {node for node, vote in (*s.votes, (self.me, s.vote)) if vote == msg.vote}
        joins = self.leads(s, msg) and self.is_majority(len(agree))
        return self.settle(msg.round, msg.vote) if joins else s

    def leads(self, s: Server, msg: Notification) -> bool:
        """The leader of a vote leads, as far as one knows (checkLeader)."""
        _, _, leader = msg.vote
        if leader == self.me:
            return self.may_lead(s, msg)
        return any(node == leader and said.state is ServerState.LEADING for node, said in s.settled)

    def may_lead(self, s: Server, msg: Notification) -> bool:
        """One's own followers of an earlier round may not know yet that it is over."""
        return msg.round == s.round

    def settle(self, round_: int, vote: Vote) -> Server:
        """Lead or follow."""
        return Server(ServerState.LEADING if vote[2] == self.me else ServerState.FOLLOWING, round_, vote)

    def is_supported(self, s: Server) -> bool:
        """A majority votes as this server does."""
        return self.is_majority(1 + sum(vote == s.vote for _, vote in s.votes))

    def is_majority(self, count: int) -> bool:
        """Any two majorities have a server in common."""
        return 2 * count > len(self.nodes)

    # -- Timeouts ------------------------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def finalize(self, s: Server) -> Server:
        """Nothing better has come in for a while (finalizeWait)."""
        guard(s.looks, "it has settled")
        guard(self.is_supported(s), "no majority votes as it does")
        return self.settle(s.round, s.says.vote)

    @timeout(fair=WEAK, rank=1)
    def resend(self, s: Server) -> Step[Server]:
        """Nothing at all has come in for a while."""
        guard(s.looks, "it has settled")
        return self.tell(s)

    @timeout(fair=WEAK, rank=1)
    def leave(self, s: Server) -> Step[Server]:
        """ZAB does not get on, with this leader or without followers: begin the next round."""
        guard(not s.looks, "it is looking")
        return self.look(s.round + 1)


def with_word(said: frozenset[tuple[NodeId, T]], src: NodeId, word: T) -> frozenset[tuple[NodeId, T]]:
    """The last words of servers, with another one of one of them."""
    return frozenset(other for other in said if other[0] != src) | {(src, word)}


# -- Mistakes ----------------------------------------------------------------------------------------------


class EpochIgnored(FastLeaderElection):
    """Of equal zxids the higher id is better, whatever the epochs (ZOOKEEPER-1419). So of two votes each can
    be better than the other, and nobody ever settles. Two servers.
    """

    def is_better(self, new: Vote, old: Vote) -> bool:
        return new[:2] > old[:2] or (new[1] == old[1] and new[2] > old[2])


class IdOnly(FastLeaderElection):
    """The highest id is elected, not the newest history."""

    def is_better(self, new: Vote, old: Vote) -> bool:
        return new[2] > old[2]


class RoundIgnored(FastLeaderElection):
    """A server leads when a majority says that it follows it, in whatever round (ZOOKEEPER-1514). All have
    settled in round 1.
    """

    def may_lead(self, s: Server, msg: Notification) -> bool:
        return True


class NoWait(FastLeaderElection):
    """A server settles as soon as a majority votes as it does."""

    def compare(self, s: Server, src: NodeId, msg: Notification) -> Step[Server]:
        told = super().compare(s, src, msg)
        s = told.state
        return Step(self.settle(s.round, s.says.vote), told.sends) if self.is_supported(s) else told


# -- What is claimed ---------------------------------------------------------------------------------------


def agree_in_a_round(a: NodeView[Server], b: NodeView[Server]) -> bool | str:
    """Who settles in a round settles on one leader."""
    one_round = a.up and b.up and a.state.round == b.state.round
    if a.state.looks or b.state.looks or not one_round or a.state.vote == b.state.vote:
        return True
    return f"{a.node} has settled on {text(a.state.vote)}, {b.node} on {text(b.state.vote)}"


def leader_as_new_as_a_majority(histories: Sequence[History]) -> Property:
    """A majority, the leader among it, has no newer history than the leader has. What is committed is on a
    majority: so the leader has it.
    """

    def state(s: Server) -> ServerState:
        return s.state

    def check(servers: Sequence[NodeView[ServerState]]) -> bool | str:
        for n in servers:
            newer = [str(m.node) for m in servers if histories[m.node.index] > histories[n.node.index]]
            if n.up and n.state is ServerState.LEADING and 2 * len(newer) >= len(servers):
                return f"{n.node} leads, and {' and '.join(newer)} have newer histories"
        return True

    claim = all_nodes(node_views(Server, state), check)
    return always("the leader's history is as new as a majority's", claim)


def leads_its_own_round(before: NodeView[Server], after: NodeView[Server]) -> bool | str:
    """A server becomes the leader in the round in which it looks, by the votes of that."""
    if after.up and after.state.state is ServerState.LEADING and before.state.round != after.state.round:
        return f"{after.node} looks in round {before.state.round}, and leads round {after.state.round}"
    return True


Left = frozenset[tuple[NodeId, Vote, bool]]
"""Whose vote was what before in the round that it is in, and whether it is that again."""


def none_left(nodes: Sequence[NodeView[Server]]) -> Left:
    """In the beginning nobody has changed its vote."""
    return frozenset()


def votes_left(left: Left, event: Event, before: NodeView[Server], now: NodeView[Server]) -> Left:
    """A new round forgets the votes of the old one."""
    me, old, new = now.node, before.state, now.state
    if not (before.up and now.up and old.looks and new.looks and old.round == new.round):
        return frozenset(entry for entry in left if entry[0] != me)
    if old.vote == new.vote:
        return left
    mine = {vote for node, vote, _ in left if node == me} | {old.says.vote}
    others = {entry for entry in left if entry[0] != me}
    return frozenset(others | {(me, vote, vote == new.vote) for vote in mine})


def no_way_back(left: Left) -> bool | str:
    """In a round no server goes back to a vote that it has left for a better one: it might never settle."""
    again = [f"{node} votes {text(vote)} again" for node, vote, is_back in sorted(left) if is_back]
    return again[0] if again else True


def one_leader_for_all(servers: Sequence[NodeView[Server]]) -> bool:
    """Everybody who is up has settled, on one leader, who leads."""
    states = [n.state for n in servers if n.up]
    agree = len({s.vote for s in states}) == 1 and not any(s.looks for s in states)
    return agree and any(s.state is ServerState.LEADING for s in states)


# -- The model ---------------------------------------------------------------------------------------------


def all_settled(nodes: Sequence[NodeId], last: History) -> Prepared:
    """All have settled on the first server in round 1."""
    leader = nodes[0]
    follower = Server(ServerState.FOLLOWING, 1, (*last, leader))
    return Prepared({**dict.fromkeys(nodes, follower), leader: replace(follower, state=ServerState.LEADING)})


def model(
    nodes: Annotated[int, "servers"] = 3,
    max_round: Annotated[int, "bound on the rounds that are searched"] = 3,
    bug: Annotated[type[FastLeaderElection], "a mistake to put in"] = FastLeaderElection,
) -> Model:
    """ZooKeeper's Fast Leader Election.

    Paper: A. Medeiros, ZooKeeper's atomic broadcast protocol: theory and practice, 2012, section 4.2.1.
    Assumes: for agreement in a round, that nobody restarts meanwhile, and that nothing better comes in after
        the wait (finalizeWait). The leader's history is as new as a majority's in any case.
    Liveness: when nobody fails any more, all settle on one leader, under weak fairness. Checked is that from
        every state they can.
    """
    servers = node_ids(2 if bug is EpochIgnored else nodes)
    histories = ((2, 1), (1, 1), *[(1, 0)] * nodes)[: len(servers)]  # the highest id has the oldest
    settled = all_nodes(node_views(Server), one_leader_for_all)
    monitor = Monitor("votes left", Server, start=none_left, after=votes_left)
    return Model(
        bug(histories),
        nodes=servers,
        # The wait is long enough: timeouts fire when nothing is under way (sync). Nobody crashes.
        environment=Environment(network="fifo", timing="sync"),
        bounds=[Bound("max_round", Server, lambda s: s.round <= max_round)],
        properties=[
            always("who settles in a round agrees", pair(node_views(Server), agree_in_a_round)),
            leader_as_new_as_a_majority(histories),
            step("a leader is elected in its own round", change(node_views(Server), leads_its_own_round)),
            always("no server goes back to a vote", history(monitor, no_way_back)),
            sometimes("all settle on one leader", settled),
            always_possible("all can settle on one leader", settled),
        ],
        initial=[all_settled(servers, histories[0])] if bug is RoundIgnored else [],
    )
