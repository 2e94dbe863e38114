"""The bully algorithm as it was published: status vectors, remote calls, and HALT before anybody leads.

A node that wants to coordinate makes sure that no higher node is up, halts all lower ones, and only then
tells them who coordinates; they listen to the one that halted them last and to nobody else. So two nodes
that have a coordinator never have different ones, even while nodes crash and come back. The price: a call
has a longest duration, and a node that does not answer by then is taken to be down.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    always_possible,
    guard,
    node_ids,
    receive,
    timeout,
)
from elcheck.specs import election

Bug = Literal["no-halt", "any-caller", "no-stop", "upwards", "no-check", "slow-calls"]
Nodes = tuple[NodeId, ...]


class Status(Enum):
    """S(i).s of the paper."""

    DOWN = 0  # it has come up, and no election has reached it yet
    ELECTION = 1
    REORGANIZATION = 2  # it has a coordinator, and does not know yet what to do for it
    NORMAL = 3


class AreYouUp(Message):
    """A call that whoever is up returns."""


class AreYouNormal(Message):
    """A call that returns whether the node works for anybody."""


class Halt(Message):
    """Stop working, and stop your own election."""


class NewCoordinator(Message):
    """The caller coordinates."""


class Ready(Message):
    """What there is to do; here simply: who takes part."""

    task: Nodes


Call = AreYouUp | AreYouNormal | Halt | NewCoordinator | Ready


class Return(Message):
    """The end of a call. ``no`` is the answer "no" to AreYouNormal."""

    of: Call
    no: bool = False


class Vector(State):
    """The state vector S(i), and where the node's own procedure stands. A crash takes all of it."""

    status: Status = Status.DOWN
    coordinator: NodeId | None = None  # S(i).c. None unless in REORGANIZATION or NORMAL: nobody reads it
    task: Nodes = ()  # S(i).d. Only in NORMAL, and there never empty
    halted_by: NodeId | None = None  # S(i).h: who has halted it last, maybe itself. Only in ELECTION
    up: Nodes = ()  # S(i).Up: whom it has halted, on its way to coordinate them
    call: Call | None = None  # what its procedure is calling at the moment; None if none runs
    callees: Nodes = ()  # whom it calls so, one after the other; it waits for the first


class Bully(Node[Vector]):
    """Garcia-Molina 1982, section III and appendix. A remote call is a request and its return."""

    bug: Bug | None = None

    def start(self) -> Vector:
        """All work for the highest."""
        return Vector(Status.NORMAL, self.nodes[-1], self.nodes)

    def recover(self, durable: Vector) -> Step[Vector]:
        """RECOVERY: it knows nothing, and holds an election."""
        return self.election(durable)

    def election(self, s: Vector) -> Step[Vector]:
        """ELECTION: leave it to a higher node, if one is up."""
        return self.go_on(replace(s, up=()), AreYouUp(), self.nodes[self.me.index + 1 :])

    def go_on(self, s: Vector, call: Call, callees: Nodes) -> Step[Vector]:
        """Make a call to one node after the other, and what follows when there is none left."""
        if callees:
            return Step(replace(s, call=call, callees=callees), self.send(callees[0], call))
        lower = self.nodes[: self.me.index]
        match call:
            case AreYouUp() if self.bug == "no-halt":  # the others will see that it coordinates
                return self.go_on(Vector(Status.ELECTION, up=lower), Halt(), ())
            case AreYouUp():  # nobody higher: it halts itself, then the others, who might halt others, first
                order = lower if self.bug == "upwards" else lower[::-1]
                return self.go_on(Vector(Status.ELECTION, halted_by=self.me), Halt(), order)
            case Halt():  # the paper's election point
                return self.go_on(Vector(Status.REORGANIZATION, self.me, up=s.up), NewCoordinator(), s.up)
            case NewCoordinator():  # the reorganization, in which the task is found
                return self.go_on(s, Ready((*s.up, self.me)), s.up)
            case Ready(task):
                return Step(Vector(Status.NORMAL, self.me, task))
            case AreYouNormal():
                return self.rest(s)

    def rest(self, s: Vector) -> Step[Vector]:
        """The end of a procedure that changes nothing."""
        return Step(replace(s, up=(), call=None, callees=()))

    @timeout(fair=WEAK)
    def check(self, s: Vector) -> Step[Vector]:
        """CHECK: once in a while the coordinator looks for nodes that came back, or lost their election."""
        guard(self.bug != "no-check", "whoever wants to join will say so")  # but nobody listens
        guard(s.call is None, "it is busy")
        guard(s.status is Status.NORMAL and s.coordinator == self.me, "it does not coordinate")
        return self.go_on(s, AreYouNormal(), self.peers)

    @timeout(fair=WEAK)
    def missed(self, s: Vector) -> Step[Vector]:
        """TIMEOUT: no news for long. Is the coordinator up? If not, go on as in ELECTION."""
        guard(s.call is None, "it is busy")
        guard(s.coordinator != self.me, "it coordinates")
        first = () if s.coordinator is None else (s.coordinator,)
        return self.go_on(s, AreYouUp(), (*first, *self.nodes[self.me.index + 1 :]))

    @timeout(fair=WEAK)
    def no_answer(self, s: Vector) -> Step[Vector]:
        """ONTIMEOUT: who has not answered by now is down. If it has been halted by us, start again."""
        guard(s.call is not None, "it awaits no return")
        assert s.call is not None
        if isinstance(s.call, NewCoordinator | Ready):
            return self.election(s)
        return self.go_on(s, s.call, s.callees[1:])

    @receive(fair=WEAK)
    def returned(self, s: Vector, src: NodeId, msg: Return) -> Vector | Step[Vector]:
        """A call has come back: make the next one."""
        if msg.of != s.call or src != s.callees[0]:
            return s  # the procedure that made it has been stopped
        if isinstance(s.call, AreYouUp):  # somebody higher is up, or the coordinator
            return self.rest(s)
        if msg.no:
            return self.election(s)
        up = (src, *s.up) if isinstance(s.call, Halt) else s.up
        return self.go_on(replace(s, up=up), s.call, s.callees[1:])

    @receive(fair=WEAK)
    def are_you(self, s: Vector, src: NodeId, msg: AreYouUp | AreYouNormal) -> Step[Vector]:
        """AREYOUUP, AREYOUNORMAL."""
        no = isinstance(msg, AreYouNormal) and s.status is not Status.NORMAL
        return Step(s, self.send(src, Return(msg, no)))

    @receive(fair=WEAK)
    def halt(self, s: Vector, src: NodeId, msg: Halt) -> Step[Vector]:
        """HALT: its procedure is stopped (STOP), and it waits for the one that halted it."""
        halted = Vector(Status.ELECTION, halted_by=src)
        if self.bug == "no-stop":  # its own election runs on, towards a second coordinator
            halted = replace(halted, up=s.up, call=s.call, callees=s.callees)
        return Step(halted, self.send(src, Return(msg)))

    @receive(fair=WEAK)
    def new_coordinator(self, s: Vector, src: NodeId, msg: NewCoordinator) -> Step[Vector]:
        """NEWCOORDINATOR: believed only from the one that has halted it last."""
        expected = s.status is Status.ELECTION and (s.halted_by == src or self.bug == "any-caller")
        if expected or self.bug == "no-halt":
            s = replace(s, status=Status.REORGANIZATION, coordinator=src, halted_by=None, task=())
        return Step(s, self.send(src, Return(msg)))

    @receive(fair=WEAK)
    def ready(self, s: Vector, src: NodeId, msg: Ready) -> Step[Vector]:
        """READY: to work, if it is still its coordinator who says so."""
        if s.status is Status.REORGANIZATION and s.coordinator == src:
            s = replace(s, status=Status.NORMAL, task=msg.task)
        return Step(s, self.send(src, Return(msg)))


def model(
    nodes: Annotated[int, "nodes, the last of them the highest"] = 3,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """The bully algorithm with HALT, as published: right while nodes crash and come back.

    Paper: H. Garcia-Molina, Elections in a Distributed Computing System, IEEE Trans. Computers C-31(1), 1982,
        section III and appendix. The properties are its Assertion 1; Assertion 2 is the liveness.
    Assumes: a bounded time for a call, so that timeouts are true; nothing is lost or overtaken on a link.
    Liveness: while nothing fails, all come to work for the highest node that is up. Checked here: that is
        possible from everywhere.
    Bugs:
        no-halt: the winner announces itself to nodes that it has not halted, and they believe it
            (the textbook form, see bully.py).
        any-caller: NEWCOORDINATOR is believed from anybody; what S(i).h is for.
        no-stop: a node that is halted lets its own election run on; what STOP is for.
        upwards: the lowest is halted first: one that is still to be halted can win it back (a change of ours:
            why the loop counts down).
        no-check: nobody looks for nodes that came back, which higher ones silence and never employ
            (the restarted master of exo, issue 2197, that the others did not see).
        slow-calls: a call may take longer than its timeout: the paper's section IV has another algorithm
            for that, the invitation algorithm.
    """
    # Delays and answers are bounded, so a call that has timed out has failed; nothing is lost or overtaken;
    # a crash breaks the connections, so no call outlives its caller.
    environment = Environment(network="fifo", crash=2, restart=2, timing="sync")
    if bug is not None:  # one crash is enough to show each of them
        timing = "async" if bug == "slow-calls" else "sync"
        environment = replace(environment, crash=1, restart=1, timing=timing)

    def works_for(s: Vector) -> NodeId | None:
        return s.coordinator if s.status is Status.NORMAL else None

    highest = election.all_follow_the_highest(works_for, of=Vector)
    return Model(
        Bully(bug),
        nodes=node_ids(nodes),
        environment=environment,
        properties=[
            election.agree("all who have a coordinator have the same", lambda s: s.coordinator, of=Vector),
            election.agree("all who work have the same task", lambda s: s.task or None, of=Vector),
            election.another_takes_over(works_for, of=Vector),
            always_possible("all can work for the highest", highest),
        ],
    )
