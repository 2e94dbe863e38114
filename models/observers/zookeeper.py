"""What the log of ZooKeeper says of the steps of models/zookeeper_election.py.

The lines are those of FastLeaderElection at level debug, and of QuorumPeer and Leader. Two threads write
them: the election (lookForLeader), and the one that receives (WorkerReceiver).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from elcheck import (
    Call,
    LogEvent,
    NodeId,
    NodeLog,
    ObservedStep,
    Observer,
    Pattern,
    Reading,
    SplitLine,
    Step,
    TextReader,
    UsageError,
    WantedSend,
    seconds,
)
from elcheck.models.fast_leader_election import Notification, ServerState, Vote
from elcheck.models.zookeeper_election import Peer, QueuedElection

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+) - \w+ +\[(.*):[\w$]+@-?\d+\] - (.*?) *")


def split(line: str) -> SplitLine | None:
    """A line apart: its time, and its message."""
    matched = _LINE.fullmatch(line)
    return None if matched is None else SplitLine(matched[3], seconds(matched[1]))


def _pattern(kind: str, text: str) -> Pattern:
    """A pattern from a message in which ``#n`` stands for a number, ``0x#n`` for one in hexadecimal, ``$s``
    for a word, and ``~`` for anything.
    """
    regex = re.sub(r"[\[\]().+]", r"\\\g<0>", text)
    regex = re.sub(r"0x#(\w+)", r"0x(?P<\1>[0-9a-f]+)", regex)
    regex = re.sub(r"\$(\w+)", r"(?P<\1>\\w+)", regex)
    return Pattern(kind, re.sub(r"#(\w+)", r"(?P<\1>-?\\d+)", regex).replace("~", ".*"))


_VOTE = "zxid=0x#zxid leader=#leader"
PATTERNS = (
    _pattern("start", "Starting quorum peer, myid=#me"),
    _pattern("new", "New election. My id = #me, proposed zxid=0x#zxid"),
    _pattern(
        "proposal",
        "Updating proposal: #leader (newleader), 0x#zxid (newzxid), #old (oldleader), 0x#oldzxid (oldzxid)",
    ),
    _pattern(
        "send",
        "Sending Notification: #leader (n.leader), 0x#zxid (n.zxid), 0x#round (n.round), #to (recipient), "
        "#me (myid), 0x#epoch (n.peerEpoch)",
    ),
    _pattern(
        "got",
        "Notification: my state:$own; n.sid:#src, n.state:$state, n.leader:#leader, n.round:0x#round, "
        "n.peerEpoch:0x#epoch, n.zxid:0x#zxid, ~",
    ),
    _pattern(
        "add",
        "Adding vote: from=#src, proposed leader=#leader, proposed zxid=0x#zxid, "
        "proposed election epoch=0x#round",
    ),
    _pattern("reply", f"Sending new notification. My id =#me recipient=#to {_VOTE} ~"),
    Pattern("state", "Peer state changed: (?P<state>looking|following|leading)"),
    Pattern("served", "Peer state changed: (?P<state>following) - broadcast"),
    _pattern(
        "quorum",
        "Have quorum of supporters, sids: ~; starting up and setting last processed zxid: 0x#zxid",
    ),
    _pattern("leave", "About to leave FLE instance: leader=#leader, zxid=0x#zxid, my id=#me, my state=$own"),
    _pattern("timeout", "Notification time out: #wait ms"),
)
_HEX = ("zxid", "oldzxid", "round", "epoch")
READER = TextReader(split, PATTERNS, {name: lambda text: int(text, 16) for name in _HEX} | {"wait": int})
_RECEIVED = ("got", "reply")
"""Lines of the thread that receives."""


class ZooKeeperObserver(Observer[Peer]):
    """Lines of either thread that belong together are one step, which happens when the first is written."""

    reader = READER
    program = QueuedElection
    irrelevant = frozenset({"wait", "oldzxid", "old", "timeout"})

    def __init__(self, logs: Sequence[NodeLog]) -> None:
        super().__init__(logs)
        self._owners = {_own_id(log): log for log in logs}
        if len(self._owners) < len(logs):
            raise UsageError(f"two of the logs are of one server: {', '.join(log.path.name for log in logs)}")
        lines = [line for log in logs for line in log.events]
        zxids = {line["zxid"] for line in lines if "zxid" in line.fields and line.kind != "quorum"}
        self._ranks = {zxid: rank for rank, zxid in enumerate(sorted(map(_number, zxids)))}
        self._beginnings = {rank for zxid, rank in self._ranks.items() if _number(zxid) & 0xFFFFFFFF == 0}
        """Those with which an epoch begins: nothing is written then."""
        self._epochs = max((line.number("epoch") for line in lines if "epoch" in line.fields), default=0)
        self._served = sorted(
            (line.time or 0.0, name, line.number("zxid") >> 32)
            for name, log in self._owners.items()
            for line in log.events
            if line.kind == "quorum"
        )
        self._epochs = max([self._epochs, *(epoch for _, _, epoch in self._served)])

    # -- Who is who ----------------------------------------------------------------------------------------

    def members(self) -> Sequence[tuple[str, NodeLog | None]]:
        """All servers, by their ids."""
        names = set(self._owners)
        for log in self.logs:
            for line in log.events:
                names |= {str(line[part]) for part in ("src", "to", "leader") if part in line.fields}
        return [(name, self._owners.get(name)) for name in sorted(names, key=int)]

    def parameters(self) -> Mapping[str, object]:
        """As many epochs and transactions as the logs have."""
        return {
            "nodes": len(self.members()),
            "epochs": self._epochs + 1,
            "transactions": len(self._ranks) or 1,
        }

    # -- Steps ---------------------------------------------------------------------------------------------

    def steps(self, log: NodeLog) -> Iterable[ObservedStep]:
        """The lines as steps, each with the history that the server has when it looks for the next time."""
        election = [line for line in log.events if line.kind not in _RECEIVED]
        received = [line for line in log.events if line.kind in _RECEIVED]
        me = next(name for name, own in self._owners.items() if own is log)
        found = [*self._election(me, election), *_arrivals(me, received)]
        found = _in_order(found)
        last: object = None
        disk: object = None
        for place in range(len(found) - 1, -1, -1):
            vote = self._vote_of(found[place]) if found[place].name in ("start", "look") else None
            last = vote[:2] if vote is not None else last
            disk = last if found[place].name == "start" else disk
            found[place] = replace(found[place], facts={**found[place].facts, "last": last, "disk": disk})
        return found

    def _election(self, me: str, lines: Sequence[LogEvent]) -> Iterator[ObservedStep]:
        left = list(reversed(lines))
        while left:
            group = [left.pop()]
            name = _NAMES[group[0].kind]
            if group[0].kind == "state":
                name = "look" if group[0]["state"] == "looking" else "settle"
            follow = _FOLLOW[name]
            if group[0].kind in follow:
                follow = follow[follow.index(group[0].kind) + (group[0].kind != "send") :]
            for kind in follow:
                while left and left[-1].kind == kind and (kind == "send" or group[-1].kind != kind):
                    if kind == "send" and any(e.kind == "send" and e["to"] == left[-1]["to"] for e in group):
                        break
                    group.append(left.pop())
            ended = not left or left[-1].kind == "start"
            flaw = _flaw(name, group, len(self.ids), ended=ended)
            stranger = next((line for line in group if line.fields.get("me", me) != me), None)
            if stranger is not None:
                flaw = f"{stranger.ref} is of {stranger['me']}, and this is the log of {me}"
            yield ObservedStep(name, tuple(group), begins=name == "start", flaw=flaw)

    def _vote_of(self, step: ObservedStep) -> Vote | None:
        """The vote that a step sends; None if it sends none."""
        sends = [line for line in step.events if line.kind == "send"]
        return self._vote(sends[0]) if sends else None

    def _vote(self, line: LogEvent) -> Vote:
        return line.number("epoch"), self._ranks[line.number("zxid")], self.ids[line.word("leader")]

    def start(self, me: NodeId, steps: Sequence[ObservedStep]) -> Step[Peer]:
        """It begins its first round, with the history that its first lines have."""
        assert self.model is not None
        program = self.model.programs[me].at(me, tuple(self.model.programs))
        assert isinstance(program, QueuedElection)
        if steps and not steps[0].begins:
            raise UsageError(f"{steps[0].refs}: a log of ZooKeeper has to begin with the start of its server")
        vote = self._vote_of(steps[0]) if steps else None
        last = (0, 0) if vote is None else vote[:2]
        return program.look(Peer(last=last, written=last[1]), 1)

    # -- Calls ---------------------------------------------------------------------------------------------

    def calls(self, me: NodeId, step: ObservedStep, s: Peer) -> Iterable[Reading]:
        """What the lines of a step stand for."""
        line, vote = step.first, self._vote_of(step)
        rounds = [event["round"] for event in step.events if event.kind == "send"]
        after: dict[str, object] = {} if vote is None else {"vote": vote, "round": rounds[0]}
        match step.name:
            case "start":
                yield [Call("restart", after=after)]
            case "look":
                yield [Call("leave", after=after)]
            case "resend":
                yield [Call("resend", after=after)] if after else [Call()]
            case "weigh":
                yield from self._weighs(step, s, after)
            case "settle":
                yield from self._settles(step, s)
            case "got":
                yield self._arrives(step)
            case "serve" if line.kind == "quorum":
                yield [Call("serve", args={"epoch": line.number("zxid") >> 32})]
            case "serve":
                yield self._serves(me, step, s)

    def _weighs(self, step: ObservedStep, s: Peer, after: Mapping[str, object]) -> Iterator[Reading]:
        add = next((line for line in step.events if line.kind == "add"), None)
        if add is None:  # it was killed before it had written that
            line = step.first
            after = {**after, "choice": (self._ranks[line.number("zxid")], self.ids[line.word("leader")])}
            for place in range(len(s.queue)):
                yield [*self._passes(s, place), Call("weigh", after=after)]
            yield [Call("weigh", after=after)]
            return
        first = (
            self.ids[add.word("src")],
            add["round"],
            self._ranks[add.number("zxid")],
            self.ids[add.word("leader")],
        )
        places = [place for place in range(len(s.queue)) if replace(s, queue=s.queue[place:]).first == first]
        same = after or {"vote": s.vote, "round": s.round}
        for place in places or [0]:
            yield [*self._passes(s, place), Call("weigh", before={"first": first}, after=same)]

    def _settles(self, step: ObservedStep, s: Peer) -> Iterator[Reading]:
        line = step.events[-1]
        state = step.first.fields.get("state", line.fields.get("own"))
        after: dict[str, object] = {"state": ServerState[str(state).upper()]}
        if line.kind == "leave":
            after["choice"] = (self._ranks[line.number("zxid")], self.ids[line.word("leader")])
        yield [Call("finalize", after=after)]
        for place, (_, msg) in enumerate(s.queue):
            if msg.state is not ServerState.LOOKING:
                yield [*self._passes(s, place), Call("join", after=after)]

    def _passes(self, s: Peer, count: int) -> list[Call]:
        """What becomes, without a line, of the first messages of the queue."""
        supported = 2 * sum(vote == s.vote for _, vote in s.votes) > len(self.ids)
        names = []
        for _, msg in s.queue[:count]:
            better = s.vote is None or msg.vote > s.vote
            silent = msg.state is not ServerState.LOOKING or msg.round < s.round
            names.append(
                "put_back" if supported and better else "discard" if supported else "skip" if silent else ""
            )
        return [Call(name, hidden=True) if name else Call("skip", hidden=True) for name in names]

    def _arrives(self, step: ObservedStep) -> Reading:
        line = step.first
        src = self.ids[line.word("src")]
        having = {"state": ServerState[line.word("state")], "round": line["round"], "vote": self._vote(line)}
        replies = [event for event in step.events if event.kind == "reply"]
        sends = [WantedSend(self.ids[event.word("to")], (Notification,)) for event in replies]
        before: dict[str, object] = {"state": ServerState[line.word("own")]}
        for reply in replies:
            before["choice"] = self._ranks[reply.number("zxid")], self.ids[reply.word("leader")]
        return [Call("arrive", src, (Notification,), having, before=before, sends=sends or None)]

    def _serves(self, me: NodeId, step: ObservedStep, s: Peer) -> Reading:
        """A follower serves in the epoch of its leader."""
        leader = next(
            (name for name, node in self.ids.items() if s.vote is not None and node == s.vote[2]), ""
        )
        time = (step.time or 0.0) + 1.0
        known = [epoch for when, name, epoch in self._served if name == leader and when <= time]
        if not known:  # the leader's log is missing: what others hear of this server later
            known = [
                line.number("epoch") for line in self._heard_of(me, leader) if (line.time or 0.0) >= time - 1
            ]
            known = known[:1]
        return [Call("serve", args={"epoch": known[-1]})] if known else [Call()]

    def _heard_of(self, me: NodeId, leader: str) -> list[LogEvent]:
        """What others have received from a server that follows a leader, in order."""
        lines = (line for log in self.logs for line in log.events if line.kind == "got")
        mine = [line for line in lines if self.ids[line.word("src")] == me and line["leader"] == leader]
        return sorted((line for line in mine if line["state"] == "FOLLOWING"), key=lambda e: e.time or 0.0)

    def free(self, me: NodeId, s: Peer, ahead: Sequence[ObservedStep]) -> Iterator[Call]:
        """Histories grow while servers serve, as far as the next election shows."""
        last = ahead[0].facts["last"] if ahead else None
        if isinstance(last, tuple) and not s.looks and last != s.last:
            disk = ahead[0].facts["disk"]
            lost = last[1] in self._beginnings and isinstance(disk, tuple) and disk[1] == s.written
            yield Call("advance", args={"last": last}, after={"written": s.written if lost else last[1]})


_NAMES = {
    "start": "start", "new": "look", "proposal": "weigh", "send": "resend", "add": "weigh", "state": "settle",
    "served": "serve", "quorum": "serve", "leave": "settle", "timeout": "resend",
}  # fmt: skip
_FOLLOW: Mapping[str, Sequence[str]] = {
    "start": ("proposal", "new", "send"), "look": ("proposal", "new", "send"),
    "weigh": ("proposal", "send", "add"), "resend": ("send", "timeout"), "settle": ("leave",), "serve": (),
}  # fmt: skip
"""Which lines follow the first one of a step, in this order."""


def _in_order(steps: Sequence[ObservedStep]) -> list[ObservedStep]:
    """The steps of both threads in the order of their first lines. What has come while the server was in a
    state stands before the change of that, where the threads have written these two the other way round.
    """
    found: list[ObservedStep] = []
    changed, before, state = 0, "LOOKING", "LOOKING"
    for step in sorted(steps, key=lambda step: step.first.ref.number):
        if step.name in ("start", "look", "settle"):
            changed, before = len(found), state
            state = str(step.first.fields.get("state", "looking")).upper()
        late = step.name == "got" and step.first.fields.get("own") == before != state
        if late:
            found.insert(changed, step)
            changed += 1
        else:
            found.append(step)
    return found


def _arrivals(me: str, lines: Sequence[LogEvent]) -> Iterator[ObservedStep]:
    """What has come, each with the reply, if there is one."""
    left = list(reversed(lines))
    while left:
        group = [left.pop()]
        got, flaw = group[0], ""
        while left and left[-1].kind == "reply":
            group.append(left.pop())
        if got.kind == "reply":
            flaw = "nothing has come before it that it is a reply to"
        elif len(group) == 1 and got["own"] != "LOOKING" and got["state"] == "LOOKING" and left:
            flaw = "a server that has settled replies to one who looks, and here it does not"
        if any(line["me"] != me or line["to"] != got.fields.get("src") for line in group[1:]):
            flaw = f"{group[-1].ref} is no reply of {me} to {got.fields.get('src')}"
        yield ObservedStep("got", tuple(group), flaw=flaw)


_WHOLE: Mapping[str, Sequence[str]] = {
    "start": ("start", "proposal", "new", "send"), "look": ("state", "proposal", "new", "send"),
    "weigh": ("proposal", "send", "add"), "resend": ("send", "timeout"), "settle": ("state", "leave"),
}  # fmt: skip
"""Which lines a step has, one that is not only an ``add`` or a ``timeout``."""


def _flaw(name: str, group: Sequence[LogEvent], others: int, *, ended: bool) -> str:
    """Why lines that belong to one step can't be so. ``ended``: the life of the server ended here."""
    kinds = dict.fromkeys(line.kind for line in group)
    sends = [line for line in group if line.kind == "send"]
    alone = name in ("serve", "weigh", "resend") and len(kinds) == 1 and not sends and "proposal" not in kinds
    missing = [kind for kind in _WHOLE.get(name, ()) if kind not in kinds]
    if not alone and missing and not (ended and _WHOLE[name][: len(kinds)] == tuple(kinds)):
        return f"a step of this kind has a line that is not here: {missing[0]}"
    if sends and len(sends) != others and not ended:
        return f"it tells all {others} servers, and here only {len(sends)}"
    for part in ("leader", "zxid", "round", "epoch"):
        if len({line[part] for line in sends}) > 1:
            return f"it tells all the same, and here not the same {part}"
    proposal = next((line for line in group if line.kind == "proposal"), None)
    for part in ("leader", "zxid"):
        if proposal is not None and any(line[part] != proposal[part] for line in sends):
            return f"it proposes {part} {proposal[part]}, and tells the others {sends[0][part]}"
    new = next((line for line in group if line.kind == "new"), None)
    if new is not None and proposal is not None and new["zxid"] != proposal["zxid"]:
        return "it begins with a vote for its own history"
    first, last = group[0], group[-1]
    if name == "settle" and last.kind == "leave" and str(last["own"]).lower() != first.fields.get("state"):
        return "its state is another one in the line before"
    return ""


def _own_id(log: NodeLog) -> str:
    """The id of the server that wrote a log. Raises UsageError."""
    found = next((line.word("me") for line in log.events if "me" in line.fields), None)
    if found is None:
        raise UsageError(f"{log.path}: no line says which server wrote this log")
    return found


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
