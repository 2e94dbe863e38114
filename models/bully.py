"""The bully algorithm in its textbook form: ELECTION, OK, COORDINATOR, and nothing recovers.

Whoever misses the coordinator asks all higher nodes. If none of them answers in time it is the
highest that lives, and says so; if one answers, that one takes over. The textbooks (Tanenbaum and van
Steen, Coulouris et al.) leave out what the original has to keep two views apart: its status vector and the
HALT calls, which are in bully_halt.py. What is left promises less: one coordinator at a time, as long as
delays are bounded and no node comes back.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Crashed,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Sends,
    State,
    Step,
    always,
    eventually,
    guard,
    ltl,
    node_ids,
    receive,
    timeout,
    weak,
)
from elcheck.specs import election

Bug = Literal["false-suspicion", "highest-recovers", "busy-silent", "hasty", "no-second-timer"]


class Mood(Enum):
    """What a node is doing."""

    NORMAL = 0
    """It has a coordinator, and works."""
    ELECTING = 1
    """It has asked the higher nodes, and waits for an OK."""
    WAITING = 2
    """A higher node has answered, and should announce a coordinator."""


class Election(Message):
    """A lower node holds an election: is anybody there?"""


class Ok(Message):
    """A higher node is there, and takes over."""


class Coordinator(Message):
    """The sender has won."""


class Member(State):
    """The local state. A crash spares nothing but the id."""

    mood: Mood = Mood.NORMAL
    coordinator: NodeId | None = None
    """Whom it follows: itself if it coordinates. None except in the mood NORMAL."""
    silent: bool = False
    """Whether it hears nothing of its coordinator any more."""

    @property
    def leader(self) -> NodeId | None:
        """The coordinator, under the name that the specs know."""
        return self.coordinator


class Bully(Node[Member]):
    """Garcia-Molina 1982, section III, as textbooks tell it."""

    boot: bool = False
    bug: Bug | None = None

    def start(self) -> Member | Step[Member]:
        """All follow the highest, or have just been switched on."""
        return self.stand() if self.boot else Member(coordinator=self.nodes[-1])

    def recover(self, durable: Member) -> Step[Member]:
        """A node that comes back holds an election."""
        return self.stand()

    def stand(self, answer: Sends = ()) -> Step[Member]:
        """Hold an election: ask the higher nodes. The highest of all has nobody to ask, and has won."""
        higher = [node for node in self.nodes if node > self.me]
        if not higher or self.bug == "hasty":  # heard of nobody higher yet: that they had no time to answer
            return self.win(answer)
        return Step(Member(Mood.ELECTING), answer + self.send(higher, Election()))

    def win(self, answer: Sends = ()) -> Step[Member]:
        """Tell everybody who coordinates."""
        return Step(Member(Mood.NORMAL, self.me), answer + self.broadcast(Coordinator()))

    @receive(fair=WEAK)
    def crashed(self, s: Member, src: NodeId, msg: Crashed) -> Member:
        """The coordinator's heartbeats stop: no message of the algorithm, but what makes suspicions true."""
        return replace(s, silent=True) if s.coordinator == msg.peer else s

    @timeout(rank=0)
    def suspect(self, s: Member) -> Step[Member]:
        """Nothing has been heard of the coordinator for long: hold an election."""
        guard(s.coordinator not in (None, self.me), "it follows nobody")
        guard(s.silent or self.bug == "false-suspicion", "it hears its coordinator")  # who may be slow only
        return self.stand()

    @timeout(rank=0)
    def no_answer(self, s: Member) -> Step[Member]:
        """Nobody higher has answered in time, so nobody higher lives."""
        guard(s.mood is Mood.ELECTING, "it awaits no answer")
        return self.win()

    @timeout(rank=1)
    def no_coordinator(self, s: Member) -> Step[Member]:
        """Who took over has not made it: start again. It waits longer than for an answer, hence the rank."""
        guard(self.bug != "no-second-timer", "somebody else takes care of it")  # who may die of it
        guard(s.mood is Mood.WAITING, "it awaits no coordinator")
        return self.stand()

    @receive(fair=WEAK)
    def election(self, s: Member, src: NodeId, msg: Election) -> Member | Step[Member]:
        """Answer a lower node, and take over. Who holds an election already must answer all the same."""
        ok = self.send(src, Ok())
        if s.mood is Mood.NORMAL:
            return self.stand(ok)
        if self.bug == "busy-silent":  # to the one who asks, silence means that nobody is there
            return s
        return Step(s, ok)

    @receive(fair=WEAK)
    def ok(self, s: Member, src: NodeId, msg: Ok) -> Member:
        """A higher node takes over: wait for a coordinator."""
        return Member(Mood.WAITING) if s.mood is Mood.ELECTING else s

    @receive(fair=WEAK)
    def coordinator(self, s: Member, src: NodeId, msg: Coordinator) -> Member:
        """Follow the winner."""
        return Member(Mood.NORMAL, src)


def model(
    nodes: Annotated[int, "nodes, the last of them the highest"] = 3,
    boot: Annotated[bool, "all nodes start by holding an election, instead of following the highest"] = False,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
    assertion_1: Annotated[
        bool, "claim too that all who have a coordinator have the same, which the textbook form breaks"
    ] = False,
    liveness: Annotated[bool, "claim too that in the end all who live follow the highest of them"] = False,
    weak_timers: Annotated[bool, "timeouts are weakly fair only, which is not enough for that"] = False,
) -> Model:
    """The bully algorithm, textbook form: the highest node that lives coordinates.

    Paper: H. Garcia-Molina, Elections in a Distributed Computing System, IEEE Trans. Computers C-31(1), 1982,
        section III, simplified as in textbooks (Tanenbaum and van Steen, Distributed Systems).
    Assumes: bounded delays, so that timeouts are true; reliable links; crashes are noticed, and are for good.
    Liveness: once crashes end, all live nodes follow the highest of them, for good (--liveness). Timeouts
        have to be strongly fair: with --weak-timers and four nodes, one that waits for a dead node's victory
        asks again and again, and so keeps the other that could win from ever running out of patience.
        Always checked: whenever it comes to rest, they do.
    Bugs:
        false-suspicion: delays are not bounded, so a coordinator that is only slow is suspected: two nodes
            that lose sight of each other both lead (Elasticsearch's Zen discovery, issue 10935).
        highest-recovers: the highest comes back and announces itself before the others know
            (iWant, issue 1, where A rejoins).
        busy-silent: a node that is holding an election does not answer others who ask (a common guard,
            "if an election is in progress, return").
        hasty: a node leads at once when it has heard of nobody higher (node-discover 1.1, issue 36).
        no-second-timer: a node that got its OK waits for the coordinator for ever (Tanenbaum and van Steen's
            wording: "P's job is done"). With two crashes.
    """
    # Delays are bounded, nothing is lost, no crash goes unnoticed, and its notice comes after what the node
    # has sent: otherwise a follower might hear of the victory of one whom it had been told to be dead.
    environment = Environment(network="fifo", crash=2, detector="perfect", timing="sync")
    if bug == "false-suspicion":
        environment = replace(environment, detector="none", timing="async")
    elif bug == "highest-recovers":
        environment = replace(environment, crash=1, restart=1)

    highest = election.all_follow_the_highest(election.followed, of=Member)
    settled = election.faults_stop() >> eventually(always(highest))
    return Model(
        Bully(boot, bug),
        nodes=node_ids(nodes),
        environment=environment,
        properties=[
            election.one_leads(of=Member),
            *([election.all_follow_one(of=Member)] if assertion_1 else []),
            election.another_takes_over(election.followed, of=Member),
            *([ltl("in the end all follow the highest", settled)] if liveness else []),
        ],
        deadlock=highest,
        fairness=[weak("timeout")] if weak_timers else [],
    )
