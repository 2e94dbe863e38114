"""The bully algorithm in its textbook form: ELECTION, OK, COORDINATOR, and nothing recovers.

Whoever misses the coordinator asks all higher nodes. If none of them answers in time it is the
highest that lives, and says so; if one answers, that one takes over. The textbooks (Tanenbaum and van
Steen, Coulouris et al.) leave out what the original has to keep two views apart: its status vector and the
HALT calls, which are in bully_halt.py. What is left promises less: one coordinator at a time, as long as
delays are bounded and no node comes back.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

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
    replace,
    timeout,
    weak,
)
from elcheck.specs import election


class Mood(Enum):
    """What a node is doing."""

    NORMAL = 0
    """It has a coordinator, and works."""
    ELECTING = 1
    """It has asked the higher nodes, and waits for an OK."""
    WAITING = 2
    """A higher node has answered, and should announce a coordinator."""


class Member(State):
    """The state of a node. A crash spares nothing but the id."""

    mood: Mood = Mood.NORMAL
    coordinator: NodeId | None = None
    """Whom it follows: itself if it coordinates. None except in the mood NORMAL."""
    silent: bool = False
    """Whether it hears nothing of its coordinator any more."""

    @property
    def leader(self) -> NodeId | None:
        """The coordinator, as specs/election.py calls it."""
        return self.coordinator


class Election(Message):
    """A lower node holds an election: is anybody there?"""


class Ok(Message):
    """A higher node is there, and takes over."""


class Coordinator(Message):
    """The sender has won."""


class Bully(Node[Member]):
    """Garcia-Molina 1982, section III, as textbooks tell it."""

    boot: bool = False

    def start(self) -> Member | Step[Member]:
        """All follow the highest, or have just been switched on."""
        return self.stand() if self.boot else Member(coordinator=self.nodes[-1])

    def recover(self, durable: Member) -> Step[Member]:
        """A node that comes back holds an election."""
        return self.stand()

    # -- Holding an election -------------------------------------------------------------------------------

    def stand(self, answer: Sends = ()) -> Step[Member]:
        """Hold an election: ask the higher nodes. The highest of all has nobody to ask, and has won."""
        higher = self.higher()
        if not higher:
            return self.win(answer)
        return Step(Member(Mood.ELECTING), answer + self.send(higher, Election()))

    def higher(self) -> tuple[NodeId, ...]:
        """Whom it has to ask."""
        return tuple(node for node in self.nodes if node > self.me)

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
        guard(self.may_suspect(s), "it hears its coordinator")
        return self.stand()

    def may_suspect(self, s: Member) -> bool:
        """Whoever is not heard of any more is dead: delays are bounded."""
        return s.silent

    @timeout(rank=0)
    def no_answer(self, s: Member) -> Step[Member]:
        """Nobody higher has answered in time, so nobody higher lives."""
        guard(s.mood is Mood.ELECTING, "it awaits no answer")
        return self.win()

    @timeout(rank=1)
    def no_coordinator(self, s: Member) -> Step[Member]:
        """Who took over has not made it: start again. It waits longer than for an answer, hence the rank."""
        guard(s.mood is Mood.WAITING, "it awaits no coordinator")
        return self.stand()

    # -- ELECTION, OK, COORDINATOR -------------------------------------------------------------------------

    @receive(fair=WEAK)
    def election(self, s: Member, src: NodeId, msg: Election) -> Step[Member]:
        """Answer a lower node, and take over."""
        ok = self.answer(s, src)
        return self.stand(ok) if s.mood is Mood.NORMAL else Step(s, ok)

    def answer(self, s: Member, lower: NodeId) -> Sends:
        """Who holds an election already must answer all the same: OK says that it lives."""
        return self.send(lower, Ok())

    @receive(fair=WEAK)
    def ok(self, s: Member, src: NodeId, msg: Ok) -> Member:
        """A higher node takes over: wait for a coordinator."""
        return Member(Mood.WAITING) if s.mood is Mood.ELECTING else s

    @receive(fair=WEAK)
    def coordinator(self, s: Member, src: NodeId, msg: Coordinator) -> Member:
        """Follow the winner."""
        return Member(Mood.NORMAL, src)


# -- Mistakes ----------------------------------------------------------------------------------------------


class FalseSuspicion(Bully):
    """Delays are not bounded, so a coordinator that is only slow is suspected: two nodes that lose sight of
    each other both lead (Elasticsearch's Zen discovery, issue 10935).
    """

    def may_suspect(self, s: Member) -> bool:
        return True


class HighestRecovers(Bully):
    """The highest comes back and announces itself before the others know (iWant, issue 1: A rejoins)."""


class BusySilent(Bully):
    """A node that is holding an election does not answer others who ask (a common guard, "if an election is
    in progress, return"). To them, silence means that nobody is there.
    """

    def answer(self, s: Member, lower: NodeId) -> Sends:
        return super().answer(s, lower) if s.mood is Mood.NORMAL else ()


class Hasty(Bully):
    """A node leads at once when it has heard of nobody higher: they had no time to answer (node-discover 1.1,
    issue 36).
    """

    def higher(self) -> tuple[NodeId, ...]:
        return ()


class NoSecondTimer(Bully):
    """A node that got its OK waits for ever for the coordinator, which may die first (Tanenbaum and van
    Steen's wording: "P's job is done"). With two crashes.
    """

    def no_coordinator(self, s: Member) -> Step[Member]:
        guard(False, "somebody else takes care of it")
        return self.stand()


# -- The model ---------------------------------------------------------------------------------------------


def model(
    nodes: Annotated[int, "nodes, the last of them the highest"] = 3,
    boot: Annotated[bool, "all nodes start by holding an election, instead of following the highest"] = False,
    bug: Annotated[type[Bully], "a mistake to put in"] = Bully,
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
    """
    # Delays are bounded, nothing is lost, no crash goes unnoticed, and its notice comes after what the node
    # has sent: otherwise a follower might hear of the victory of one whom it had been told to be dead.
    environment = Environment(network="fifo", crash=2, detector="perfect", timing="sync")
    if bug is FalseSuspicion:
        environment = replace(environment, detector="none", timing="async")
    elif bug is HighestRecovers:
        environment = replace(environment, crash=1, restart=1)

    highest = election.all_follow_the_highest(election.followed, Member)
    settled = election.faults_stop() >> eventually(always(highest))
    return Model(
        bug(boot),
        nodes=node_ids(nodes),
        environment=environment,
        properties=[
            election.one_leads(Member),
            *([election.all_follow_one(Member)] if assertion_1 else []),
            election.another_takes_over(election.followed, Member),
            *([ltl("in the end all follow the highest", settled)] if liveness else []),
        ],
        deadlock=highest,
        fairness=[weak("timeout")] if weak_timers else [],
    )
