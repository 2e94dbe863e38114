"""The lines that etcd writes of its elections, and those of them that belong to one step.

They come from raft/raft.go and raft/node.go, and are alike in etcd 3.4, 3.5 and 3.6; as JSON (zap), in zap's
console format, or in etcd's older one (capnslog).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from elcheck import LogEvent, ObservedStep, Pattern, SplitLine, TextReader, seconds

_OLD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) [A-Z] \| (?:\w+: )?(.*)")


def split(line: str) -> SplitLine | None:
    """A line apart: its time, its message, and what else a JSON line says."""
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except ValueError:
            return None
        extra = {k: v for k, v in found.items() if isinstance(v, int | str)}
        return SplitLine(str(found.get("msg", "")), seconds(str(found.get("ts"))), extra=extra)
    if matched := _OLD.fullmatch(line.rstrip()):
        return SplitLine(matched[2], seconds(matched[1]))
    parts = line.split("\t")
    return SplitLine(parts[3], seconds(parts[0])) if len(parts) > 3 else None


def _pattern(kind: str, text: str, **fixed: object) -> Pattern:
    """A pattern from a message in which ``<me>`` stands for an id, ``#term`` for a number, ``$msg`` for a
    word; brackets are meant.
    """
    regex = re.sub(r"[\[\]().]", r"\\\g<0>", text)
    regex = re.sub(r"(?<!P)<(\w+)>", r"(?P<\1>[0-9a-f]+)", regex)
    regex = re.sub(r"#(\w+)", r"(?P<\1>\\d+)", regex)
    return Pattern(kind, re.sub(r"\$(\w+)", r"(?P<\1>[\\w-]+)", regex), **fixed)


_OWN = "<me> [logterm: #logterm, index: #index, vote: <vote>]"
_OTHER = "<src> [logterm: #src_logterm, index: #src_index] at term #term"
PATTERNS = (
    Pattern("member", "(?:re)?starting local member"),
    Pattern(
        "init",
        r"newRaft (?P<me>[0-9a-f]+) \[peers: \[(?P<peers>[^\]]*)\], term: (?P<term>\d+), "
        r"commit: (?P<commit>\d+), applied: (?P<applied>\d+), lastindex: (?P<index>\d+), "
        r"lastterm: (?P<logterm>\d+)\]",
    ),
    _pattern("became", "<me> became $role at term #term"),
    _pattern("campaign", "<me> is starting a new election at term #term"),
    _pattern("asked", "<me> [logterm: #logterm, index: #index] sent $msg request to <to> at term #term"),
    _pattern("polled", "<me> received $msg from <src> at term #term", granted=True),
    _pattern("polled", "<me> received $msg rejection from <src> at term #term", granted=False),
    _pattern("tally", "<me> has received #votes $msg votes and #against vote rejections"),
    _pattern("answer", f"{_OWN} cast $msg for {_OTHER}", said="cast"),
    _pattern("answer", f"{_OWN} rejected $msg from {_OTHER}", said="rejected"),
    _pattern(
        "answer",
        f"{_OWN} ignored $msg from {_OTHER}: lease is not expired (remaining ticks: #ticks)",
        said="ignored",
    ),
    _pattern(
        "higher", "<me> [term: #term] received a $msg message with higher term from <src> [term: #src_term]"
    ),
    _pattern(
        "lower", "<me> [term: #term] ignored a $msg message with lower term from <src> [term: #src_term]"
    ),
    _pattern("quorum", "<me> stepped down to follower since quorum is not active"),
    _pattern("handed", "<me> sends MsgTimeoutNow to <to> immediately as <too> already has up-to-date log"),
    _pattern("handed", "<me> sent MsgTimeoutNow to <to> after received MsgAppResp"),
    _pattern(
        "called",
        "<me> [term #term] received MsgTimeoutNow from <src> and starts an election to get leadership.",
    ),
    _pattern("seen", "raft.node: <me> elected leader <lead> at term #term"),
    _pattern("seen", "raft.node: <me> changed leader from <old> to <lead> at term #term"),
    _pattern("seen", "raft.node: <me> lost leader <old> at term #term"),
    _pattern(
        "snapshot",
        "<me> [commit: #commit, lastindex: #index, lastterm: #logterm] restored snapshot "
        "[index: #snap, term: #snapterm]",
    ),
    Pattern(
        "voters",
        r"(?P<me>[0-9a-f]+) switched to configuration "
        r"voters=\((?P<voters>[\d ]*)\)(?P<rest>.*)",
    ),
)
_NUMBERS = (
    "term", "commit", "applied", "index", "logterm", "votes", "against", "src_logterm", "src_index",
    "src_term", "ticks", "snap", "snapterm", "commit-index",
)  # fmt: skip
READER = TextReader(split, PATTERNS, dict.fromkeys(_NUMBERS, int))


def lives(lines: Sequence[LogEvent]) -> Iterator[list[LogEvent]]:
    """The lines of each life. One begins with ``became follower``, ``newRaft``, and what is before that."""
    begins = []
    for place, line in enumerate(lines):
        if line.kind == "init":
            first = place
            while first > 0 and lines[first - 1].kind in ("became", "member") and place - first < 2:
                first -= 1
            begins.append(first)
    for begin, end in zip([0, *begins], [*begins, len(lines)], strict=True):
        if begin < end:
            yield list(lines[begin:end])


class Group:
    """Takes the lines of a life one by one into groups, each a step, and says what is missing in one. They
    are of the log of one node. ``votes_at_once``: a candidate logs its own vote before it asks the others.
    """

    def __init__(self, lines: Sequence[LogEvent], node: str, *, votes_at_once: bool) -> None:
        self._node, self.votes_at_once = node, votes_at_once
        self.left = list(reversed(lines))
        self.taken: list[LogEvent] = []
        self.flaw = ""

    def begin(self) -> LogEvent:
        """The first line of the next group."""
        self.taken, self.flaw = [], ""
        return self.next()

    def next(self) -> LogEvent:
        """The next line."""
        line = self.left.pop()
        self.taken.append(line)
        if line.fields.get("me", self._node) != self._node:
            self.wrong(f"{line.ref} is of {line['me']}, and this is the log of {self._node}")
        return line

    def is_next(self, kind: str) -> bool:
        """True if the next line is of a kind."""
        return bool(self.left) and self.left[-1].kind == kind

    def maybe(self, kind: str, **fields: object) -> LogEvent | None:
        """Take the next line if it is of a kind and has these fields."""
        line = self.left[-1] if self.left else None
        fits = (
            line is not None and line.kind == kind and all(line.fields.get(n) == v for n, v in fields.items())
        )
        return self.next() if fits else None

    def need(self, kind: str, said: str, **fields: object) -> LogEvent | None:
        """Take the next line, which has to be such a one, unless the life ended here."""
        found = self.maybe(kind, **fields)
        if found is None and self.left:
            other = self.left[-1]
            self.wrong(f"after this etcd logs {said}, and not what is in {other.ref}: {other.text}")
        return found

    def wrong(self, why: str) -> None:
        """Say what is wrong with the group, if nothing was before."""
        self.flaw = self.flaw or why


# -- Steps ---------------------------------------------------------------------------------------------------


def has_voted(lines: Sequence[LogEvent]) -> bool:
    """True if a candidate, or one that asks whether it should stand, logs its own vote among these lines."""
    return any(line.kind == "polled" and line["src"] == line["me"] for line in lines)


def votes_at_once(lines: Sequence[LogEvent]) -> bool:
    """Whether candidates log their own votes before they ask the others; not so in etcd 3.6."""
    asks = [place for place, line in enumerate(lines) if line.kind == "asked"]
    return any(place > 0 and has_voted(lines[place - 1 : place]) for place in asks)


def only(step: ObservedStep, kind: str) -> LogEvent | None:
    """The last line of a kind in a step."""
    return next((line for line in reversed(step.events) if line.kind == kind), None)


def is_new(step: ObservedStep) -> bool:
    """True if a server begins without anything on its disk, as a member of a new cluster."""
    init = only(step, "init")
    return init is not None and init["term"] == 0 and step.events[-1].kind == "became"


def grouped(group: Group, first: LogEvent, members: frozenset[str], *, begins: bool) -> None:
    """Take the lines that belong to the same step as the first, and say what is wrong with them."""
    others = members - {str(first.fields.get("me"))}
    if begins:
        _started(group, first)
    elif first.kind == "campaign":
        _stood(group, first.number("term"), others)
    elif first.kind == "called":
        group.maybe("campaign", term=first["term"])  # from etcd 3.5 on
        _stood(group, first.number("term"), others)
    elif first.kind == "polled":
        _counted(group, first, others)
    elif first.kind == "higher":
        _caught_up(group, first, others)
    elif first.kind == "quorum":
        group.need("became", "became follower", role="follower")
    elif first.kind == "became":
        if first["role"] != "follower":
            group.wrong(f"no server becomes {first['role']} without a line before that says why")
        if group.is_next("seen"):
            group.next()
    elif first.kind in ("asked", "tally"):
        group.wrong("there is no line before this one to which it belongs")
    elif first.kind == "snapshot" and first["commit"] != first["snap"]:
        group.wrong("after a snapshot what it holds is committed, and no more")


def _started(group: Group, first: LogEvent) -> None:
    """A start: became follower, newRaft, and of a new member became follower once more."""
    became = group.need("became", "became follower", role="follower") if first.kind == "member" else first
    init = group.need("init", "newRaft")
    if init is None or became is None:
        return
    term, index, logterm = (init.number(name) for name in ("term", "index", "logterm"))
    if became["term"] != term:
        group.wrong(f"it became follower at term {became['term']}, and newRaft has term {term}")
    if logterm > term:
        group.wrong(f"its last entry is of term {logterm}, which is later than its own, {term}")
    if not init.number("applied") <= init.number("commit") <= index:
        group.wrong("applied is at most commit, and that at most lastindex")
    if first.fields.get("commit-index", init["commit"]) != init["commit"]:
        group.wrong(f"commit-index was {first['commit-index']} in the line before, and is {init['commit']}")
    if bool(init["peers"]) != (init["applied"] != 0):
        group.wrong("peers are those of a snapshot, which is there if something is applied")
    if term == 0 and index == 0:
        group.maybe("became", role="follower", term=1)


def _stood(group: Group, term: int, others: frozenset[str]) -> None:
    """What follows when a server stands, or asks whether it should: its own vote, and whom it asks."""
    became = group.maybe("became", role="pre-candidate", term=term)
    became = became or group.need(
        "became", f"became candidate at term {term + 1}", role="candidate", term=term + 1
    )
    if became is None:
        return
    kind = "MsgPreVote" if became["role"] == "pre-candidate" else "MsgVote"
    own = {"me": became["me"], "term": became["term"]}
    vote = {"msg": f"{kind}Resp", "src": became["me"], "granted": True, **own}
    if group.votes_at_once:
        group.need("polled", "its own vote", **vote)
    else:
        group.maybe("polled", **vote)
    asked = []
    while (line := group.maybe("asked", msg=kind, **own)) is not None:
        asked.append(line)
    if {line["to"] for line in asked} != others and group.left:
        group.wrong(f"it asks all others for a {kind}, not only {len(asked)}")
    if len({(line["logterm"], line["index"]) for line in asked}) > 1:
        group.wrong("its log is the same for all that it asks")


def _counted(group: Group, first: LogEvent, others: frozenset[str]) -> None:
    """What follows an answer: the tally, and what comes of a majority."""
    term, msg, members = first.number("term"), first["msg"], len(others) + 1
    tally = group.need("tally", "how many votes it has", msg=msg)
    if tally is None:
        return
    if 2 * tally.number("votes") > members:
        if msg == "MsgPreVoteResp":
            _stood(group, term, others)
        else:
            group.need("became", f"became leader at term {term}", role="leader", term=term)
    elif 2 * (members - tally.number("against")) <= members:
        group.need("became", f"became follower at term {term}", role="follower", term=term)


def _caught_up(group: Group, first: LogEvent, others: frozenset[str]) -> None:
    """What follows a message with a higher term: it is a follower of that; and what else the message says."""
    term, src = first.number("src_term"), first["src"]
    if term <= first.number("term"):
        group.wrong(f"{term} is not higher than {first['term']}")
    group.need("became", f"became follower at term {term}", role="follower", term=term)
    if first["msg"] == "MsgVote":
        answer = group.need("answer", "what it says to the candidate", msg="MsgVote", src=src, term=term)
        if answer is not None and answer["vote"] != "0":
            group.wrong(f"it has voted for {answer['vote']}, in a term that is new to it")
    elif first["msg"] == "MsgTimeoutNow" and group.need("called", "that it stands", src=src, term=term):
        group.maybe("campaign", term=term)
        _stood(group, term, others)
