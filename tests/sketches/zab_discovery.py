"""The discovery phase of ZAB, over links that break.

F. Junqueira, B. Reed, M. Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011,
section IV; messages as in ZooKeeper. Who leads is left to an oracle: any node may try. The accepted epoch is
on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Literal

from checker import (
    WEAK,
    Bound,
    Disconnected,
    Environment,
    Model,
    Node,
    NodeId,
    Sends,
    Step,
    Steps,
    action,
    durable,
    guard,
    node_ids,
    receive,
    timeout,
)
from specs import election

Bug = Literal["epoch-not-persisted"]


class Role(Enum):
    """What a server is doing."""

    LOOKING = 0
    FOLLOWING = 1
    LEADING = 2
    ESTABLISHED = 3


@dataclass(frozen=True)
class CEpoch:
    """A follower's last accepted epoch."""

    epoch: int


@dataclass(frozen=True)
class NewEpoch:
    """A prospective leader's new epoch."""

    epoch: int


@dataclass(frozen=True)
class AckEpoch:
    """A follower has accepted it."""


@dataclass(frozen=True)
class Server:
    """The local state."""

    accepted: int = durable(0)
    role: Role = Role.LOOKING
    leader: NodeId | None = None
    heard: frozenset[tuple[NodeId, int]] = frozenset()
    epoch: int = 0
    acks: frozenset[NodeId] = frozenset()

    @property
    def term(self) -> int:
        """The epoch that it leads, or has accepted."""
        return self.epoch if self.leads else self.accepted

    @property
    def leads(self) -> bool:
        """Whether its epoch is established."""
        return self.role is Role.ESTABLISHED


@dataclass(frozen=True)
class Discovery(Node[Server]):
    """A leader needs an epoch that a majority has accepted, higher than all they had accepted before."""

    bug: Bug | None = None

    def start(self, me: NodeId) -> Steps[Server]:
        yield Step(Server())

    def at_crash(self, me: NodeId, before: Server) -> Steps[Server]:
        yield Step(replace(before, accepted=0) if self.bug == "epoch-not-persisted" else before)

    @action(fair=WEAK)
    def lead(self, me: NodeId, s: Server) -> Steps[Server]:
        guard(s.role is Role.LOOKING, "it has found its part")
        yield Step(replace(s, role=Role.LEADING, heard=frozenset({(me, s.accepted)})))

    @action(fair=WEAK, over="nodes")
    def follow(self, me: NodeId, s: Server, leader: NodeId) -> Steps[Server]:
        guard(s.role is Role.LOOKING and leader != me, "it has found its part")
        yield Step(replace(s, role=Role.FOLLOWING, leader=leader), self.send(leader, CEpoch(s.accepted)))

    @timeout
    def give_up(self, me: NodeId, s: Server) -> Steps[Server]:
        guard(s.role in (Role.FOLLOWING, Role.LEADING), "it does not wait")
        yield Step(Server(s.accepted), self.hang_up(me, s))

    def hang_up(self, me: NodeId, s: Server) -> Sends:
        """Close the links to a leader, or to the followers."""
        ends = [s.leader] if s.leader is not None else sorted(node for node, _ in s.heard if node != me)
        return tuple(close for end in ends for close in self.close(end))

    @receive(fair=WEAK)
    def cepoch(self, me: NodeId, s: Server, src: NodeId, msg: CEpoch) -> Steps[Server]:
        if s.role not in (Role.LEADING, Role.ESTABLISHED):
            yield Step(s, self.close(src))
            return
        heard = s.heard | {(src, msg.epoch)}
        if s.epoch:
            yield Step(replace(s, heard=heard), self.send(src, NewEpoch(s.epoch)))
        elif 2 * len(heard) > len(self.nodes):
            epoch = max(accepted for _, accepted in heard) + 1
            followers = [node for node, _ in heard if node != me]
            made = replace(s, heard=heard, epoch=epoch, accepted=epoch, acks=frozenset({me}))
            yield Step(made, self.send(followers, NewEpoch(epoch)))
        else:
            yield Step(replace(s, heard=heard))

    @receive(fair=WEAK)
    def new_epoch(self, me: NodeId, s: Server, src: NodeId, msg: NewEpoch) -> Steps[Server]:
        if s.role is Role.FOLLOWING and s.leader == src and msg.epoch > s.accepted:
            yield Step(replace(s, accepted=msg.epoch), self.send(src, AckEpoch()))
        else:
            yield Step(s if s.leader != src else Server(s.accepted), self.close(src))

    @receive(fair=WEAK)
    def ack_epoch(self, me: NodeId, s: Server, src: NodeId, msg: AckEpoch) -> Steps[Server]:
        acks = s.acks | {src}
        won = s.role is Role.LEADING and 2 * len(acks) > len(self.nodes)
        yield Step(replace(s, acks=acks, role=Role.ESTABLISHED if won else s.role) if s.epoch else s)

    @receive(fair=WEAK)
    def disconnected(self, me: NodeId, s: Server, src: NodeId, msg: Disconnected) -> Steps[Server]:
        left = frozenset((node, epoch) for node, epoch in s.heard if node != src)
        if s.leader == src or (s.epoch and 2 * len(left) <= len(self.nodes)):
            yield Step(
                Server(s.accepted), self.hang_up(me, replace(s, heard=left)) if s.leader != src else ()
            )
        else:
            yield Step(replace(s, heard=left))


def model(
    nodes: Annotated[int, "servers"] = 3,
    max_epoch: Annotated[int, "bound on the epochs that are searched"] = 1,
    bug: Annotated[Bug | None, "a mistake to put in (ZOOKEEPER-335)"] = None,
) -> Model:
    """ZAB's discovery (Junqueira et al. 2011), links break, a server crashes and restarts."""
    return Model(
        Discovery(node_ids(nodes), bug),
        environment=Environment(network="fifo", crash=1, restart=1, disconnect=1),
        bounds=[Bound("max_epoch", lambda s: s.accepted <= max_epoch, of=Server), Bound("link", 2)],
        monitors=[election.leaders_by_term()],
        properties=[
            election.one_leader_per_term_ever(),
            election.terms_only_grow(),
            election.leader_elected(),
        ],
    )
