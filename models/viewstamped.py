"""Viewstamped Replication: who leads a view is known beforehand, with what log it begins has to be found out.

B. Liskov and J. Cowling, Viewstamped Replication Revisited, MIT-CSAIL-TR-2012-021, 2012, section 4. The
primary of view v is server v mod n, so nobody is elected. In a view change a majority leaves the old view and
tells the next primary its log. The log is on no disk: who restarts learns from the others what it knew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Annotated

from elcheck import (
    WEAK,
    Envelope,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Prepared,
    Sends,
    State,
    Step,
    action,
    durable,
    each,
    guard,
    node_ids,
    receive,
    replace,
    sometimes,
    timeout,
)
from elcheck.specs import log

Entry = tuple[int, int]
"""An operation: the view whose primary took it from a client, and its op-number."""
Log = tuple[Entry, ...]
"""The first operation first."""


class Status(Enum):
    """What a server is doing. The paper's normal and its view-change are two each."""

    BACKUP = 0
    PRIMARY = 1
    LEAVING = 2
    """It has left its view, and waits for others to do so."""
    REPORTED = 3
    """It has told the next primary its log, and waits for the new view."""
    RECOVERING = 4


class Replica(State):
    """The state of a server (figure 2)."""

    view_number: int = durable(0)
    """On disk before anything is said in it, which is not in the paper."""
    status: Status = Status.BACKUP
    log: Log = ()
    commit_number: int = 0
    """How much of the log is committed: its client has the answer."""
    last_normal: int = 0
    """The last view in which it was primary or backup."""
    acks: frozenset[tuple[int, NodeId]] = frozenset()
    """Of the primary: who has logged what is not committed."""
    left: frozenset[NodeId] = frozenset()
    """While it leaves: who has left the old view too."""
    reports: frozenset[tuple[NodeId, DoViewChange]] = frozenset()
    """Of the next primary."""
    answers: frozenset[tuple[NodeId, RecoveryResponse]] = frozenset()
    """While it recovers."""
    nonce: int = durable(0)
    """Of its last recovery, never used twice."""

    @property
    def leads(self) -> bool:
        """True if it is the primary of a view that has begun."""
        return self.status is Status.PRIMARY

    @property
    def term(self) -> int:
        """The view in which it has learned what it knows, as specs/log.py calls it."""
        return self.last_normal

    @property
    def commit(self) -> int:
        """How much is committed, as specs/log.py calls it."""
        return self.commit_number


class Prepare(Message):
    """The primary's request to log an operation."""

    view: int
    entry: Entry


class PrepareOk(Message):
    """The sender has logged the operations up to this one."""

    view: int
    op_number: int


class StartViewChange(Message):
    """The sender has left all views before this one."""

    view: int


class DoViewChange(Message):
    """To the primary of the view: the sender's log, and in which view it was last normal."""

    view: int
    last_normal: int
    log: Log
    commit: int


class StartView(Message):
    """The primary's: the view begins with this log."""

    view: int
    log: Log
    commit: int


class Recovery(Message):
    """The sender has lost its state. The nonce tells the answers to this question from others."""

    nonce: int


class RecoveryResponse(Message):
    """The answer. The primary's has the log."""

    nonce: int
    view: int
    log: Log | None = None
    commit: int = 0


class Viewstamped(Node[Replica]):
    """Viewstamped Replication Revisited, section 4. Of 2f + 1 servers f + 1 are a majority."""

    views: int
    operations: int

    def start(self) -> Replica:
        return self.normal(Replica(), 0, (), 0)

    def normal(self, s: Replica, view: int, entries: Log, commit: int) -> Replica:
        """A server as primary or backup."""
        status = Status.PRIMARY if self.me == self.primary(view) else Status.BACKUP
        return Replica(view, status, entries, commit, last_normal=view, nonce=s.nonce)

    def primary(self, view: int) -> NodeId:
        """Who leads a view."""
        return self.nodes[view % len(self.nodes)]

    def is_majority(self, count: int) -> bool:
        """Any two majorities have a server in common."""
        return 2 * count > len(self.nodes)

    # -- 4.1 Normal operation ------------------------------------------------------------------------------

    @action(fair=WEAK)
    def request(self, s: Replica) -> Step[Replica]:
        """A client's operation comes to the primary (steps 1 to 3)."""
        guard(s.leads, "it is not the primary")
        guard(len(s.log) < self.operations, "there are no more operations")
        entry = (s.view_number, len(s.log) + 1)
        return Step(replace(s, log=(*s.log, entry)), self.broadcast(Prepare(s.view_number, entry)))

    @receive(fair=WEAK)
    def prepare(self, s: Replica, src: NodeId, msg: Prepare) -> Replica | Step[Replica]:
        """Log the next operation of this view (step 4)."""
        op_number = len(s.log) + 1
        if not self.may_log(s, msg) or msg.entry != (msg.view, op_number):
            return s
        return Step(replace(s, log=(*s.log, msg.entry)), self.send(src, PrepareOk(msg.view, op_number)))

    def may_log(self, s: Replica, msg: Prepare) -> bool:
        """What it acknowledges must be in what it reports when it has left the view."""
        return s.status is Status.BACKUP and msg.view == s.view_number

    @receive(fair=WEAK)
    def prepare_ok(self, s: Replica, src: NodeId, msg: PrepareOk) -> Replica:
        """What f others have logged too is committed, and its client gets the answer (step 5)."""
        if not s.leads or msg.view != s.view_number:
            return s
        acks, commit = s.acks | {(msg.op_number, src)}, s.commit_number
        while commit < len(s.log) and self.is_majority(1 + len({node for op, node in acks if op > commit})):
            commit += 1
        acks = frozenset((op, node) for op, node in acks if op > commit)
        return replace(s, acks=acks, commit_number=commit)

    # -- 4.2 View changes ----------------------------------------------------------------------------------

    @timeout(fair=WEAK)
    def suspect(self, s: Replica) -> Step[Replica]:
        """Nothing is heard of the primary (step 1)."""
        guard(not s.leads and s.status is not Status.RECOVERING, "it waits for no primary")
        guard(s.view_number + 1 < self.views, "the last view has come")
        return Step(*self.leaving(s, s.view_number + 1))

    def leaving(self, s: Replica, view: int) -> tuple[Replica, Sends]:
        """A server that leaves its view when it hears of a later one, and says so."""
        if view <= s.view_number or not self.takes_part(s):
            return s, ()
        left = Replica(view, Status.LEAVING, s.log, s.commit_number, s.last_normal, nonce=s.nonce)
        return left, self.broadcast(StartViewChange(view))

    def takes_part(self, s: Replica) -> bool:
        """Who recovers has no log to report."""
        return s.status is not Status.RECOVERING

    @receive(fair=WEAK)
    def start_view_change(self, s: Replica, src: NodeId, msg: StartViewChange) -> Replica | Step[Replica]:
        """When f others have left the old view as well, report the log to the next primary (step 2)."""
        s, sends = self.leaving(s, msg.view)
        if s.status is not Status.LEAVING or msg.view != s.view_number:
            return s
        s = replace(s, left=s.left | {src})
        if self.is_majority(1 + len(s.left)):
            report = DoViewChange(s.view_number, s.last_normal, s.log, s.commit_number)
            s = replace(s, status=Status.REPORTED, left=frozenset())
            sends += self.send(self.primary(s.view_number), report)
        return Step(s, sends)

    @receive(fair=WEAK)
    def do_view_change(self, s: Replica, src: NodeId, msg: DoViewChange) -> Replica | Step[Replica]:
        """With f + 1 reports, its own among them, begin the view (step 3)."""
        s, sends = self.leaving(s, msg.view)
        if s.status not in (Status.LEAVING, Status.REPORTED) or msg.view != s.view_number:
            return s
        reports = s.reports | {(src, msg)}
        reporters = {node for node, _ in reports}
        if self.me not in reporters or not self.is_majority(len(reporters)):
            return Step(replace(s, reports=reports), sends)
        entries = self.new_log(s, [report for _, report in reports])
        s = self.normal(s, msg.view, entries, max(report.commit for _, report in reports))
        return Step(s, sends + self.broadcast(StartView(msg.view, s.log, s.commit_number)))

    def new_log(self, s: Replica, reports: Iterable[DoViewChange]) -> Log:
        """The log of who was last normal in the latest view, the longest if there are several (step 3)."""
        *_, entries = max((report.last_normal, len(report.log), report.log) for report in reports)
        return entries

    @receive(fair=WEAK)
    def start_view(self, s: Replica, src: NodeId, msg: StartView) -> Replica | Step[Replica]:
        """Enter the view, and acknowledge what is not committed (step 5)."""
        if s.status is Status.RECOVERING or msg.view <= s.last_normal or msg.view < s.view_number:
            return s
        ok = self.send(src, PrepareOk(msg.view, len(msg.log))) if len(msg.log) > msg.commit else ()
        return Step(self.normal(s, msg.view, msg.log, max(s.commit_number, msg.commit)), ok)

    # -- 4.3 Recovery --------------------------------------------------------------------------------------

    def recover(self, durable: Replica) -> Replica | Step[Replica]:
        """Ask the others before doing anything else (step 1)."""
        asks = replace(durable, status=Status.RECOVERING, nonce=durable.nonce + 1)
        return Step(asks, self.broadcast(Recovery(asks.nonce)))

    @receive(fair=WEAK)
    def recovery(self, s: Replica, src: NodeId, msg: Recovery) -> Replica | Step[Replica]:
        """Answer, if normal (step 2)."""
        if s.leads:
            return Step(s, self.send(src, RecoveryResponse(msg.nonce, s.view_number, s.log, s.commit_number)))
        if s.status is Status.BACKUP:
            return Step(s, self.send(src, RecoveryResponse(msg.nonce, s.view_number)))
        return s

    @receive(fair=WEAK)
    def recovered(self, s: Replica, src: NodeId, msg: RecoveryResponse) -> Replica:
        """With f + 1 answers, that of the primary of their latest view among them, go on (step 3)."""
        if s.status is not Status.RECOVERING or msg.nonce != s.nonce:
            return s
        answers = s.answers | {(src, msg)}
        view = max(answer.view for _, answer in answers)
        told = [(len(a.log), a.commit, a.log) for _, a in answers if a.view == view and a.log is not None]
        if not told or view < s.view_number or not self.is_majority(len({node for node, _ in answers})):
            return replace(s, answers=answers)
        _, commit, entries = max(told)
        return self.normal(s, view, entries, commit)


# -- Mistakes ----------------------------------------------------------------------------------------------


class LongestLog(Viewstamped):
    """The longest log begins the view, the latest view only decides among equals. 3 views."""

    def new_log(self, s: Replica, reports: Iterable[DoViewChange]) -> Log:
        *_, entries = max((len(report.log), report.last_normal, report.log) for report in reports)
        return entries


class OwnLog(Viewstamped):
    """The new primary begins with its own log (apache/iggy pull request 3824)."""

    def new_log(self, s: Replica, reports: Iterable[DoViewChange]) -> Log:
        return s.log


class LateAck(Viewstamped):
    """A server that has reported its log still logs and acknowledges what the old primary sends."""

    def may_log(self, s: Replica, msg: Prepare) -> bool:
        return s.status is not Status.RECOVERING and msg.view == s.last_normal


class EmptyRestart(Viewstamped):
    """A restarted server takes part at once, with nothing in its log."""

    def recover(self, durable: Replica) -> Replica:
        return self.start()


class RecoveringVoter(Viewstamped):
    """A server takes part in view changes while it recovers (tapir issue 15)."""

    def takes_part(self, s: Replica) -> bool:
        return True


class ForgetView(Viewstamped):
    """No disk at all, as in the paper: a server may come back to a view that it has left (TigerBeetle's pull
    request 426 writes the view down). Begins after a first such return.
    """

    def at_crash(self, before: Replica) -> Replica:
        return replace(before, view_number=0)


# -- The model ---------------------------------------------------------------------------------------------


def after_a_recovery(nodes: Sequence[NodeId]) -> Prepared:
    """The second server has left view 0, crashed, and recovered in it; that it left is still under way."""
    primary, restarted, *others = nodes
    left = [Envelope(restarted, node, StartViewChange(1)) for node in nodes if node != restarted]
    states = {primary: Replica(status=Status.PRIMARY), restarted: Replica(nonce=1)}
    return Prepared(states | {node: Replica() for node in others}, left)


def carries_on(s: Replica) -> bool:
    """The primary of a later view has committed what the first one began."""
    return s.leads and s.view_number > 0 and (0, 1) in s.log[: s.commit_number]


def has_recovered(s: Replica) -> bool:
    """It has a log again after a crash."""
    return s.nonce > 0 and s.log != ()


def model(
    nodes: Annotated[int, "servers"] = 3,
    views: Annotated[int, "how many views are searched"] = 2,
    operations: Annotated[int, "the longest log"] = 1,
    bug: Annotated[type[Viewstamped], "a mistake to put in"] = Viewstamped,
) -> Model:
    """Viewstamped Replication: view changes, and restarts without a disk.

    Paper: B. Liskov and J. Cowling, Viewstamped Replication Revisited, MIT-CSAIL-TR-2012-021, 2012, sections
        4.1 to 4.3; first B. Oki and B. Liskov, PODC 1988.
    Assumes: at most f of 2f + 1 servers are down or recovering at a time. A disk keeps the view (the paper
        has none: see forget-view). Messages may be late, lost, repeated and out of order.
    Liveness: operations are committed while a majority agrees that the primary works. Not checked here.
    """
    servers, faults = node_ids(nodes), 1
    if bug is LongestLog:  # it takes a third view, and no crash
        views, operations, faults = 3, 2, 0
    return Model(
        bug(views, operations),
        nodes=servers,
        # Late, lost, repeated, out of order: a sent-set has all of it. At most f failures: one crash.
        environment=Environment(network="sent-set", crash=faults, restart=faults),
        properties=[
            log.log_matching(Replica),
            log.leader_append_only(Replica),
            log.leader_completeness(Replica),
            log.state_machine_safety(Replica),
            log.committed_for_good(Replica),
            sometimes("a later primary carries on", each(Replica, carries_on)),
            *([sometimes("a server recovers its log", each(Replica, has_recovered))] if faults else []),
        ],
        initial=[after_a_recovery(servers)] if bug is ForgetView else [],
    )
