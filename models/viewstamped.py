"""Viewstamped Replication: who leads a view is known beforehand, with what log it begins has to be found out.

The primary of view v is server v mod n, so nobody is elected. In a view change a majority leaves the old view
and tells the next primary its log. The log is on no disk: who restarts learns from the others what it knew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from elcheck import (
    WEAK,
    Environment,
    Model,
    Node,
    NodeId,
    Sends,
    Step,
    Steps,
    action,
    guard,
    node_ids,
    receive,
    timeout,
)
from elcheck.models._viewstamped import (
    DoViewChange,
    Log,
    Prepare,
    PrepareOk,
    Recovery,
    RecoveryResponse,
    Replica,
    StartView,
    StartViewChange,
    Status,
    a_later_primary_carries_on,
    a_server_recovers,
    after_a_recovery,
)
from elcheck.specs import log

Bug = Literal["longest-log", "own-log", "late-ack", "empty-restart", "recovering-voter", "forget-view"]


class Viewstamped(Node[Replica]):
    """Viewstamped Replication Revisited (Liskov and Cowling 2012), section 4."""

    views: int
    operations: int
    bug: Bug | None = None

    def start(self) -> Replica:
        return self.normal(Replica(), 0, (), 0)

    def normal(self, s: Replica, view: int, entries: Log, commit: int) -> Replica:
        """A server as primary or backup."""
        status = Status.PRIMARY if self.me == self.primary(view) else Status.BACKUP
        return Replica(view, status, entries, commit, view, nonce=s.nonce)

    def primary(self, view: int) -> NodeId:
        """Who leads a view."""
        return self.nodes[view % len(self.nodes)]

    def enough(self, others: int) -> bool:
        """Whether it is f, with whom a server makes a majority of the 2f + 1."""
        return 2 * (others + 1) > len(self.nodes)

    @action(fair=WEAK)
    def request(self, s: Replica) -> Step[Replica]:
        """A client's operation comes to the primary (4.1, steps 1 to 3)."""
        guard(s.leads, "it is not the primary")
        guard(len(s.log) < self.operations, "there are no more operations")
        entry = (s.view, len(s.log) + 1)
        return Step(replace(s, log=(*s.log, entry)), self.broadcast(Prepare(s.view, entry)))

    @receive(fair=WEAK)
    def prepare(self, s: Replica, src: NodeId, msg: Prepare) -> Replica | Step[Replica]:
        """Log the next operation of this view (4.1, step 4)."""
        here = s.status is Status.BACKUP and msg.view == s.view
        if self.bug == "late-ack":  # what it acknowledges now is not in what it has reported
            here = s.status is not Status.RECOVERING and msg.view == s.last_normal
        number = len(s.log) + 1
        if here and msg.entry == (msg.view, number):
            return Step(replace(s, log=(*s.log, msg.entry)), self.send(src, PrepareOk(msg.view, number)))
        return s

    @receive(fair=WEAK)
    def prepare_ok(self, s: Replica, src: NodeId, msg: PrepareOk) -> Replica:
        """What f others have logged too is committed, and its client gets the answer (4.1, step 5)."""
        if not s.leads or msg.view != s.view:
            return s
        acks, commit = s.acks | {(msg.number, src)}, s.commit
        while commit < len(s.log) and self.enough(len({node for number, node in acks if number > commit})):
            commit += 1
        acks = frozenset((number, node) for number, node in acks if number > commit)
        return replace(s, acks=acks, commit=commit)

    @timeout(fair=WEAK)
    def suspect(self, s: Replica) -> Replica:
        """Nothing is heard of the primary (4.2, step 1)."""
        guard(not s.leads and s.status is not Status.RECOVERING, "it waits for no primary")
        guard(s.view + 1 < self.views, "the last view has come")
        return self.leaving(s, s.view + 1)

    def leaving(self, s: Replica, view: int) -> tuple[Replica, Sends]:
        """A server that leaves its view when it hears of a later one, and says so."""
        recovering = s.status is Status.RECOVERING and self.bug != "recovering-voter"
        if view <= s.view or recovering:
            return s, ()
        after = Replica(view, Status.LEAVING, s.log, s.commit, s.last_normal, nonce=s.nonce)
        return after, self.broadcast(StartViewChange(view))

    @receive(fair=WEAK)
    def start_view_change(self, s: Replica, src: NodeId, msg: StartViewChange) -> Replica | Step[Replica]:
        """When f others have left the old view as well, report the log to the next primary (4.2, step 2)."""
        s, sends = self.leaving(s, msg.view)
        if s.status is not Status.LEAVING or msg.view != s.view:
            return s
        s = replace(s, left=s.left | {src})
        if self.enough(len(s.left)):
            report = DoViewChange(s.view, s.last_normal, s.log, s.commit)
            s = replace(s, status=Status.REPORTED, left=frozenset())
            sends += self.send(self.primary(s.view), report)
        return Step(s, sends)

    @receive(fair=WEAK)
    def do_view_change(self, s: Replica, src: NodeId, msg: DoViewChange) -> Replica | Step[Replica]:
        """With f + 1 reports, its own among them, begin the view. Its log is that of the server that was last
        normal in the latest view, the longest if there are several (4.2, step 3).
        """
        s, sends = self.leaving(s, msg.view)
        if s.status not in (Status.LEAVING, Status.REPORTED) or msg.view != s.view:
            return s
        reports = s.reports | {(src, msg)}
        reporters = {node for node, _ in reports}
        if self.me not in reporters or not self.enough(len(reporters) - 1):
            return Step(replace(s, reports=reports), sends)
        best = max((report.last_normal, len(report.log), report.log) for _, report in reports)[-1]
        if self.bug == "longest-log":  # a log may be long with what a later view has replaced
            best = max((len(report.log), report.last_normal, report.log) for _, report in reports)[-1]
        elif self.bug == "own-log":
            best = s.log
        begun = self.normal(s, s.view, best, max(report.commit for _, report in reports))
        return Step(begun, sends + self.broadcast(StartView(begun.view, begun.log, begun.commit)))

    @receive(fair=WEAK)
    def start_view(self, s: Replica, src: NodeId, msg: StartView) -> Replica | Step[Replica]:
        """Enter the view, and acknowledge what is not committed (4.2, step 5)."""
        if s.status is Status.RECOVERING or msg.view <= s.last_normal or msg.view < s.view:
            return s
        ok = self.send(src, PrepareOk(msg.view, len(msg.log))) if len(msg.log) > msg.commit else ()
        commit = max(s.commit, msg.commit)
        return Step(self.normal(s, msg.view, msg.log, commit), ok)

    def at_crash(self, before: Replica) -> Replica:
        if self.bug == "forget-view":  # as in the paper; it may work in a view again that it has left
            return replace(before, view=0)
        return before

    def recover(self, durable: Replica) -> Steps[Replica]:
        """Ask the others before doing anything else (4.3, step 1)."""
        if self.bug == "empty-restart":  # what it has acknowledged may be in one log less than a majority's
            yield from self.start()
            return
        asks = replace(durable, status=Status.RECOVERING, nonce=durable.nonce + 1)
        yield Step(asks, self.broadcast(Recovery(asks.nonce)))

    @receive(fair=WEAK)
    def recovery(self, s: Replica, src: NodeId, msg: Recovery) -> Replica | Step[Replica]:
        """Answer, if normal (4.3, step 2)."""
        if s.leads:
            return Step(s, self.send(src, RecoveryResponse(msg.nonce, s.view, s.log, s.commit)))
        if s.status is Status.BACKUP:
            return Step(s, self.send(src, RecoveryResponse(msg.nonce, s.view)))
        return s

    @receive(fair=WEAK)
    def recovered(self, s: Replica, src: NodeId, msg: RecoveryResponse) -> Replica:
        """With f + 1 answers, that of the primary of their latest view among them, go on (4.3, step 3)."""
        if s.status is not Status.RECOVERING or msg.nonce != s.nonce:
            return s
        answers = s.answers | {(src, msg)}
        view = max(answer.view for _, answer in answers)
        told = [answer for _, answer in answers if answer.view == view and answer.log is not None]
        if self.enough(len({node for node, _ in answers}) - 1) and told and view >= s.view:
            best = max(told, key=lambda answer: (len(answer.log or ()), answer.commit))
            return self.normal(s, view, best.log or (), best.commit)
        return replace(s, answers=answers)


def model(
    nodes: Annotated[int, "servers"] = 3,
    views: Annotated[int, "how many views are searched"] = 2,
    operations: Annotated[int, "the longest log"] = 1,
    bug: Annotated[Bug | None, "a mistake to put in"] = None,
) -> Model:
    """Viewstamped Replication: view changes, and restarts without a disk.

    Paper: B. Liskov and J. Cowling, Viewstamped Replication Revisited, MIT-CSAIL-TR-2012-021, 2012, sections
        4.1 to 4.3; first B. Oki and B. Liskov, PODC 1988.
    Assumes: at most f of 2f + 1 servers are down or recovering at a time. A disk keeps the view (the paper
        has none: see forget-view). Messages may be late, lost, repeated and out of order.
    Liveness: operations are committed while a majority agrees that the primary works. Not checked here.
    Bugs:
        longest-log: the longest log begins the view, the latest view only decides among equals. 3 views.
        own-log: the new primary begins with its own log (apache/iggy pull request 3824).
        late-ack: a server that has reported its log still logs and acknowledges what the old primary sends.
        empty-restart: a restarted server takes part at once, with nothing in its log.
        recovering-voter: a server takes part in view changes while it recovers (tapir issue 15).
        forget-view: no disk at all, as in the paper: a server may come back to a view that it has left
            (TigerBeetle's pull request 426 writes the view down). Begins after a first such return.
    """
    servers, faults = node_ids(nodes), 1
    if bug == "longest-log":  # it takes a third view, and no crash
        views, operations, faults = 3, 2, 0
    return Model(
        Viewstamped(views, operations, bug),
        # Late, lost, repeated, out of order: a sent-set has all of it. At most f failures: one crash.
        nodes=servers,
        environment=Environment(network="sent-set", crash=faults, restart=faults),
        properties=[
            log.log_matching(of=Replica),
            log.leader_append_only(of=Replica),
            log.leader_completeness(of=Replica),
            log.state_machine_safety(of=Replica),
            log.committed_for_good(of=Replica),
            a_later_primary_carries_on(),
            *([a_server_recovers()] if faults else []),
        ],
        initial=[after_a_recovery(servers)] if bug == "forget-view" else [],
    )
