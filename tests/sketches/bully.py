"""The bully algorithm in its textbook form: ordered ids, synchronous timing, a crash.

H. Garcia-Molina, Elections in a Distributed Computing System, IEEE Trans. Computers C-31(1), 1982, section
III, without the HALT messages of the original. Right while nothing recovers and timeouts are true;
split-brain otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from checker import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    NodeView,
    Sends,
    Step,
    Steps,
    always,
    each,
    guard,
    node_ids,
    pair,
    receive,
    sometimes,
    timeout,
)


class Mood(Enum):
    """What a node is doing."""

    NORMAL = 0
    ELECTING = 1
    WAITING = 2


@dataclass(frozen=True)
class Election:
    """A node of a lower id holds an election."""


@dataclass(frozen=True)
class Ok:
    """A node of a higher id takes over."""


@dataclass(frozen=True)
class Coordinator:
    """The sender is the coordinator."""


@dataclass(frozen=True)
class Member:
    """The local state: nothing of it survives a crash, but for the id."""

    mood: Mood = Mood.NORMAL
    coordinator: NodeId | None = None


@dataclass(frozen=True)
class Bully(Node[Member]):
    """The highest id that is up bullies the others into following it."""

    def start(self, me: NodeId) -> Steps[Member]:
        yield Step(Member(coordinator=self.nodes[-1]))

    def recover(self, me: NodeId, durable: Member) -> Steps[Member]:
        yield self.stand(me)

    def stand(self, me: NodeId, answer: Sends = ()) -> Step[Member]:
        """Hold an election; the highest id has won it already."""
        higher = [node for node in self.nodes if node > me]
        if higher:
            return Step(Member(Mood.ELECTING), answer + self.send(higher, Election()))
        return Step(Member(Mood.NORMAL, me), answer + self.broadcast(me, Coordinator()))

    @timeout(fair=WEAK, rank=0)
    def no_answer(self, me: NodeId, s: Member) -> Steps[Member]:
        guard(s.mood is Mood.ELECTING, "it awaits no answer")
        yield Step(Member(Mood.NORMAL, me), self.broadcast(me, Coordinator()))

    @timeout(fair=WEAK, rank=1)
    def no_coordinator(self, me: NodeId, s: Member) -> Steps[Member]:
        guard(s.mood is Mood.WAITING, "it awaits no coordinator")
        yield self.stand(me)

    @timeout(rank=2)
    def suspect(self, me: NodeId, s: Member) -> Steps[Member]:
        guard(s.mood is Mood.NORMAL and s.coordinator != me, "it follows nobody")
        yield self.stand(me)

    @receive(fair=WEAK)
    def election(self, me: NodeId, s: Member, src: NodeId, msg: Election) -> Steps[Member]:
        ok = self.send(src, Ok())
        yield self.stand(me, ok) if s.mood is Mood.NORMAL else Step(s, ok)

    @receive(fair=WEAK)
    def ok(self, me: NodeId, s: Member, src: NodeId, msg: Ok) -> Steps[Member]:
        yield Step(Member(Mood.WAITING) if s.mood is Mood.ELECTING else s)

    @receive(fair=WEAK)
    def coordinator(self, me: NodeId, s: Member, src: NodeId, msg: Coordinator) -> Steps[Member]:
        yield Step(Member(Mood.NORMAL, src))


def coordinates(n: NodeView[Member]) -> bool:
    """Whether a node takes itself for the coordinator."""
    return n.up and n.state.coordinator == n.node


def one_coordinator(a: NodeView[Member], b: NodeView[Member]) -> bool | str:
    """Two nodes do not both."""
    both = coordinates(a) and coordinates(b)
    return f"{a.node} and {b.node} are both coordinators" if both else True


def model(nodes: Annotated[int, "processes"] = 3) -> Model:
    """The bully algorithm (Garcia-Molina 1982), textbook form, one crash."""
    return Model(
        Bully(node_ids(nodes)),
        environment=Environment(network="bag", crash=1, timing="sync"),  # delays are bounded, nothing is lost
        properties=[
            always("at most one coordinator", pair(one_coordinator, of=Member)),
            sometimes(
                "another takes over", each(lambda n: coordinates(n) and n.node.index < nodes - 1, of=Member)
            ),
        ],
    )
