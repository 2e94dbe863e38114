"""The bully algorithm as it was published: status vectors, remote calls, and HALT before anybody leads.

A node that wants to coordinate makes sure that no higher node is up, halts all lower ones, and only then
tells them who coordinates; they listen to the one that halted them last and to nobody else. So two nodes
that have a coordinator never have different ones, even while nodes crash and come back. The price: a call
has a longest duration, and a node that does not answer by then is taken to be down.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from elcheck import (
    WEAK,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    State,
    Step,
    always,
    always_possible,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    timeout,
)
from elcheck.specs import election

Nodes = tuple[NodeId, ...]


class Status(Enum):
    """S(i).s of the paper."""

    DOWN = 0
    """It has come up, and no election has reached it yet."""
    ELECTION = 1
    REORGANIZATION = 2
    """It has a coordinator, and does not know yet what to do for it."""
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
    coordinator: NodeId | None = None
    """S(i).c. None unless in REORGANIZATION or NORMAL: nobody reads it."""
    task: Nodes = ()
    """S(i).d. Only in NORMAL, and there never empty."""
    halted_by: NodeId | None = None
    """S(i).h: who has halted it last, maybe itself. Only in ELECTION."""
    up: Nodes = ()
    """S(i).Up: whom it has halted, on its way to coordinate them."""
    call: Call | None = None
    """What its procedure is calling at the moment; None if none runs."""
    callees: Nodes = ()
    """Whom it calls so, one after the other; it waits for the first."""


class Bully(Node[Vector]):
    """Garcia-Molina 1982, section III and appendix. A remote call is a request and its return."""

    def start(self) -> Vector:
        """All work for the highest."""
        return Vector(Status.NORMAL, self.nodes[-1], self.nodes)

    # -- The election --------------------------------------------------------------------------------------

    def election(self, s: Vector) -> Step[Vector]:
        """ELECTION: leave it to a higher node, if one is up."""
        return self.go_on(replace(s, up=()), AreYouUp(), self.higher)

    def go_on(self, s: Vector, call: Call, callees: Nodes) -> Step[Vector]:
        """Make a call to one node after the other, and what follows when there is none left."""
        if callees:
            return Step(replace(s, call=call, callees=callees), self.send(callees[0], call))
        match call:
            case AreYouUp():  # nobody higher is
                return self.halt_lower()
            case Halt():  # the paper's election point
                return self.go_on(Vector(Status.REORGANIZATION, self.me, up=s.up), NewCoordinator(), s.up)
            case NewCoordinator():  # the reorganization, in which the task is found
                return self.go_on(s, Ready((*s.up, self.me)), s.up)
            case Ready(task):
                return Step(Vector(Status.NORMAL, self.me, task))
            case AreYouNormal():
                return self.rest(s)

    def halt_lower(self) -> Step[Vector]:
        """It halts itself, then all who are lower."""
        return self.go_on(Vector(Status.ELECTION, halted_by=self.me), Halt(), self.in_order(self.lower))

    def in_order(self, lower: Nodes) -> Nodes:
        """First those who might halt others."""
        return lower[::-1]

    def rest(self, s: Vector) -> Step[Vector]:
        """The end of a procedure that changes nothing."""
        return Step(replace(s, up=(), call=None, callees=()))

    @property
    def higher(self) -> Nodes:
        """The nodes above it."""
        return self.nodes[self.me.index + 1 :]

    @property
    def lower(self) -> Nodes:
        """The nodes below it."""
        return self.nodes[: self.me.index]

    # -- What makes it hold one ----------------------------------------------------------------------------

    def recover(self, durable: Vector) -> Step[Vector]:
        """RECOVERY: it knows nothing, and holds an election."""
        return self.election(durable)

    @timeout(fair=WEAK)
    def check(self, s: Vector) -> Step[Vector]:
        """CHECK: once in a while the coordinator looks for nodes that came back, or lost their election."""
        guard(s.call is None, "it is busy")
        guard(s.status is Status.NORMAL and s.coordinator == self.me, "it does not coordinate")
        return self.go_on(s, AreYouNormal(), self.peers)

    @timeout(fair=WEAK)
    def missed(self, s: Vector) -> Step[Vector]:
        """TIMEOUT: no news for long. Is the coordinator up? If not, go on as in ELECTION."""
        guard(s.call is None, "it is busy")
        guard(s.coordinator != self.me, "it coordinates")
        first = () if s.coordinator is None else (s.coordinator,)
        return self.go_on(s, AreYouUp(), (*first, *self.higher))

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

    # -- The calls of others -------------------------------------------------------------------------------

    @receive(fair=WEAK)
    def are_you(self, s: Vector, src: NodeId, msg: AreYouUp | AreYouNormal) -> Step[Vector]:
        """AREYOUUP, AREYOUNORMAL."""
        no = isinstance(msg, AreYouNormal) and s.status is not Status.NORMAL
        return Step(s, self.send(src, Return(msg, no)))

    @receive(fair=WEAK)
    def halt(self, s: Vector, src: NodeId, msg: Halt) -> Step[Vector]:
        """HALT: its procedure is stopped, and it waits for the one that halted it."""
        return Step(self.stopped(s, src), self.send(src, Return(msg)))

    def stopped(self, s: Vector, by: NodeId) -> Vector:
        """STOP: nothing goes on of what it was doing."""
        return Vector(Status.ELECTION, halted_by=by)

    @receive(fair=WEAK)
    def new_coordinator(self, s: Vector, src: NodeId, msg: NewCoordinator) -> Step[Vector]:
        """NEWCOORDINATOR: follow the caller, if it may be believed."""
        if self.believes(s, src):
            s = replace(s, status=Status.REORGANIZATION, coordinator=src, halted_by=None, task=())
        return Step(s, self.send(src, Return(msg)))

    def believes(self, s: Vector, caller: NodeId) -> bool:
        """Nobody but the one that has halted it last."""
        return s.status is Status.ELECTION and s.halted_by == caller

    @receive(fair=WEAK)
    def ready(self, s: Vector, src: NodeId, msg: Ready) -> Step[Vector]:
        """READY: to work, if it is still its coordinator who says so."""
        if s.status is Status.REORGANIZATION and s.coordinator == src:
            s = replace(s, status=Status.NORMAL, task=msg.task)
        return Step(s, self.send(src, Return(msg)))


# -- Mistakes ----------------------------------------------------------------------------------------------


class NoHalt(Bully):
    """The winner announces itself to nodes that it has not halted, and they believe it (the textbook form,
    see bully.py).
    """

    def halt_lower(self) -> Step[Vector]:
        return self.go_on(Vector(Status.ELECTION, up=self.lower), Halt(), ())

    def believes(self, s: Vector, caller: NodeId) -> bool:
        return True


class AnyCaller(Bully):
    """NEWCOORDINATOR is believed from anybody; what S(i).h is for."""

    def believes(self, s: Vector, caller: NodeId) -> bool:
        return s.status is Status.ELECTION


class NoStop(Bully):
    """A node that is halted lets its own election run on, towards a second coordinator; what STOP is for."""

    def stopped(self, s: Vector, by: NodeId) -> Vector:
        return replace(super().stopped(s, by), up=s.up, call=s.call, callees=s.callees)


class Upwards(Bully):
    """The lowest is halted first: one that is still to be halted can win it back (a change of ours: why the
    loop counts down).
    """

    def in_order(self, lower: Nodes) -> Nodes:
        return lower


class NoCheck(Bully):
    """Nobody looks for nodes that came back, which higher ones silence and never employ (the restarted master
    of exo, issue 2197, that the others did not see).
    """

    def check(self, s: Vector) -> Step[Vector]:
        guard(False, "whoever wants to join will say so")
        return self.rest(s)


class SlowCalls(Bully):
    """A call may take longer than its timeout: the paper's section IV has another algorithm for that, the
    invitation algorithm.
    """


# -- The model ---------------------------------------------------------------------------------------------


def makes_sense(node: NodeView[Vector]) -> bool:
    """The state vector has what its status allows, and nothing is left of a procedure that is over."""
    s = node.state
    over = s.call is None or isinstance(s.call, AreYouUp | AreYouNormal)
    return (
        (s.coordinator is not None) == (s.status in (Status.REORGANIZATION, Status.NORMAL))
        and (node.node in s.task) == (s.status is Status.NORMAL)
        and (not s.task or s.coordinator in s.task)
        and (s.halted_by is not None) == (s.status is Status.ELECTION)
        and (s.callees == ()) == (s.call is None)
        and not (s.up and over)
    )


def model(
    nodes: Annotated[int, "nodes, the last of them the highest"] = 3,
    bug: Annotated[type[Bully], "a mistake to put in"] = Bully,
) -> Model:
    """The bully algorithm with HALT, as published: right while nodes crash and come back.

    Paper: H. Garcia-Molina, Elections in a Distributed Computing System, IEEE Trans. Computers C-31(1), 1982,
        section III and appendix. The properties are its Assertion 1; Assertion 2 is the liveness.
    Assumes: a bounded time for a call, so that timeouts are true; nothing is lost or overtaken on a link.
    Liveness: while nothing fails, all come to work for the highest node that is up. Checked here: that is
        possible from everywhere.
    """
    # Delays and answers are bounded, so a call that has timed out has failed; nothing is lost or overtaken;
    # a crash breaks the connections, so no call outlives its caller. One crash is enough for each mistake.
    crashes = 2 if bug is Bully else 1
    timing = "async" if bug is SlowCalls else "sync"

    def works_for(s: Vector) -> NodeId | None:
        return s.coordinator if s.status is Status.NORMAL else None

    highest = election.all_follow_the_highest(works_for, Vector)
    return Model(
        bug(),
        nodes=node_ids(nodes),
        environment=Environment(network="fifo", crash=crashes, restart=crashes, timing=timing),
        properties=[
            election.agree("all who have a coordinator have the same", lambda s: s.coordinator, Vector),
            election.agree("all who work have the same task", lambda s: s.task or None, Vector),
            always("the state vector makes sense", each(node_views(Vector), makes_sense)),
            election.another_takes_over(works_for, Vector),
            always_possible("all can work for the highest", highest),
        ],
    )
