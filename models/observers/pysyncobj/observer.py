"""What the lines of PySyncObj nodes say of the steps of models/raft.py: every election, every entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from elcheck import (
    AtLeast,
    Call,
    Comparison,
    LogEvent,
    NodeId,
    NodeLog,
    ObservedStep,
    Observer,
    Reading,
    UsageError,
    ValueRange,
    WantedSend,
)
from elcheck.models.observers.pysyncobj.lines import MESSAGES, NEW, OTHERS, Reader, Told, groups, lack_of
from elcheck.models.raft import Appended, AppendEntries, Raft, RequestVote, Role, Server, Vote

_ROLES = {"follower": Role.FOLLOWER, "candidate": Role.CANDIDATE, "leader": Role.LEADER}
_MODEL = "models/raft.py"


@dataclass(frozen=True)
class Many(ValueRange):
    """So many, whichever they are."""

    count: int

    def fits(self, value: object) -> bool:
        """True if there are so many."""
        return isinstance(value, frozenset) and len(value) == self.count

    def examples(self) -> Sequence[object]:
        """None: which ones, is not known."""
        return ()

    def __str__(self) -> str:
        return f"of {self.count}"


@dataclass(frozen=True)
class OfTerm(ValueRange):
    """An entry of a term, whatever its command."""

    term: int

    def fits(self, value: object) -> bool:
        """True if it is of that term."""
        return isinstance(value, tuple) and value[0] == self.term

    def examples(self) -> Sequence[object]:
        """A client's."""
        return [(self.term, 0)]

    def __str__(self) -> str:
        return f"one of term {self.term}"


class PySyncObjObserver(Observer[Server]):
    """A message with all that comes of it is a step, and so is a tick. After each the lines tell what has
    changed; what they do not name has not. An entry is known by its index and its term, here one less than
    PySyncObj counts. How much is committed is a lower bound: its disk may be a second behind.
    """

    reader = Reader()
    program = Raft
    irrelevant = frozenset({"ok", "commit", "commit_index", "journal", "reset"})

    def __init__(self, logs: Sequence[NodeLog]) -> None:
        super().__init__(logs)
        self._owners: dict[str, NodeLog] = {}
        for log in logs:
            name = str(log.events[0].fields.get("node", log.name))
            if name in self._owners:
                raise UsageError(f"{self._owners[name].path} and {log.path} are both of the node {name}")
            self._owners[name] = log
        self._lines = [line for log in logs for line in log.events]

    # -- Who is who ----------------------------------------------------------------------------------------

    def members(self) -> Sequence[tuple[str, NodeLog | None]]:
        """All nodes that some line names, those with logs in the order of these."""
        found: dict[str, NodeLog | None] = dict(self._owners)
        for line in self._lines:
            for part in ("src", "to", "voted", "leader"):
                if isinstance(name := line.fields.get(part), str):
                    found.setdefault(name, None)
        return list(found.items())

    def parameters(self) -> Mapping[str, object]:
        """Without a journal, which is the default, the log is not on the disk either."""
        journals = [line["journal"] for line in self._lines if line.kind == "start"]
        count = len(self.members())
        return {
            "nodes": count,
            "candidates": count,
            "commands": 1,
            "log_on_disk": all(journals),
            "ever": True,
        }

    def unfit(self) -> str:
        """What PySyncObj does, and the model does not."""
        for line in self._lines:
            if line.kind in ("send", "receive") and line["msg"] == "append_entries":
                if "entries" not in line.fields:
                    what = "an entry in pieces" if "transmission" in line.fields else "a snapshot"
                    return f"{line.ref}: {_MODEL} has no message that is {what}"
            elif line.kind in ("send", "receive") and line["msg"] not in (*MESSAGES, *OTHERS):
                return f"{line.ref}: {_MODEL} has no such message: {line['msg']}"
        for log in self._owners.values():
            for one, next_one in pairwise(line for line in log.events if line.kind != "client"):
                fell_back = one.kind == "role" and (one["was"], one["now"]) == ("leader", "follower")
                if fell_back and next_one.kind == "state" and next_one["why"] == "tick":
                    return (
                        f"{one.ref}: a leader steps down since nobody answers it, and in {_MODEL} none does"
                    )
        return ""

    # -- Steps ---------------------------------------------------------------------------------------------

    def steps(self, log: NodeLog) -> Iterable[ObservedStep]:
        """The lines as steps, each with what its node was before it and is after it."""
        me = next(name for name, own in self._owners.items() if own is log)
        found = list(groups(log.events))
        if found and found[0][0].kind != "start":
            ref = found[0][0].ref
            raise UsageError(f"{ref}: a log of PySyncObj has to begin with the start of its node")
        before, members = NEW, len(self.members())
        for place, group in enumerate(found):
            ended = place + 1 == len(found) or found[place + 1][0].kind == "start"
            changes = [line for line in group if line.kind in ("state", "init")]
            after = before.after(changes[-1]) if changes else before
            unsure = ended and not changes
            name = (
                "start" if group[0].kind == "start" else "receive" if group[0].kind == "receive" else "tick"
            )
            flaw = _flaw(me, name, group, before, None if unsure else after, members, ended=ended)
            facts = {"before": before, "after": None if unsure else after}
            yield ObservedStep(name, tuple(group), begins=name == "start", flaw=flaw, facts=facts)
            before = after

    def start(self, me: NodeId, steps: Sequence[ObservedStep]) -> Server:
        """With nothing on its disk."""
        told = steps[0].facts["after"] if steps else None
        if isinstance(told, Told) and (told.last_index, told.last_term) != (1, 0):
            raise UsageError(
                f"{steps[0].refs}: it has entries already, and a log of PySyncObj has to begin with the "
                "first start of its node"
            )
        return Server(told.term, self._id(told.voted)) if isinstance(told, Told) else Server()

    def _id(self, name: object) -> NodeId | None:
        return None if name is None else self.ids[str(name)]

    def _state(self, told: object) -> dict[str, object]:
        """What is compared of a node."""
        if not isinstance(told, Told):
            return {}
        votes = {"votes": Many(told.votes)} if told.role == "candidate" else {}
        return {
            "current_term": told.term,
            "voted_for": self._id(told.voted),
            "role": _ROLES.get(told.role),
            "last_log": (told.last_term, told.last_index - 1),
            "commit_index": AtLeast(told.commit - 1),
            **votes,
        }

    # -- Calls ---------------------------------------------------------------------------------------------

    def calls(self, me: NodeId, step: ObservedStep, s: Server) -> Iterable[Reading]:
        """What the lines of a step stand for."""
        before, after = self._state(step.facts["before"]), self._state(step.facts["after"])
        match step.name, step.first.fields.get("msg"):
            case "start", _:
                yield from self._restarts(step, after)
            case "tick", _:
                yield self._ticks(step, before, after)
            case _, "request_vote":
                yield [self._asked(step, before, after)]
            case _, "response_vote":
                yield self._counts(step, before, after)
            case _, "append_entries":
                yield from self._follows(step, s, before, after)
            case _, "next_node_idx":
                yield from self._acknowledged(step, before, after)
            case _:
                yield [Call(before=before), Call(before=after)]

    def _restarts(self, step: ObservedStep, after: Comparison) -> Iterator[Reading]:
        """What was on the disk: of the last step, or of one more that a kill left no time to tell of."""
        begins = Call("restart", after=after, guess=("current_term", "voted_for", "log"))
        yield [begins]
        before, told = step.facts["before"], step.facts["after"]
        if not isinstance(before, Told) or not isinstance(told, Told):
            return
        if before.role == "leader" and told.last_index > before.last_index:
            more = told.last_index - before.last_index
            yield [*[Call("client_request", args={"command": 0}, hidden=True)] * more, begins]
        kept = {
            name: want for name, want in after.items() if name in ("current_term", "voted_for", "last_log")
        }
        if told.term == before.term + 1 and before.role != "leader":
            yield [Call("election_timeout", after=kept, hidden=True), begins]
        for handler, message in (("request_vote", RequestVote), ("append_entries", AppendEntries)):
            yield [Call(handler, None, (message,), {"term": told.term}, after=kept, hidden=True), begins]

    def _asked(self, step: ObservedStep, before: Comparison, after: Comparison) -> Call:
        line = step.first
        having = {"term": line["term"], "last_log": _last_log(line)}
        votes = [
            WantedSend(self.ids[sent.word("to")], (Vote,), {"term": sent["term"]})
            for sent in _sent(step.events)
        ]
        return Call(
            "request_vote", self._id(line["src"]), (RequestVote,), having, before=before, after=after,
            sends=votes, sends_all=True,
        )  # fmt: skip

    def _counts(self, step: ObservedStep, before: Comparison, after: Comparison) -> Reading:
        """A vote; with a majority the candidate leads at once, and opens its term."""
        line = step.first
        vote = Call("vote", self._id(line["src"]), (Vote,), {"term": line["term"]}, before=before)
        if not any(one.kind == "role" for one in step.events):
            return [Call("vote", vote.src, vote.messages, vote.having, before=before, after=after)]
        sends = [want for _, want in self._entries_sent(step)]
        return [vote, Call("become_leader", after=after, sends=sends)]

    def _acknowledged(self, step: ObservedStep, before: Comparison, after: Comparison) -> Iterator[Reading]:
        """A follower's answer. It does not say of which term it is."""
        line = step.first
        index = line.number("next_node_idx") - 2
        if not line["success"] or index < 1:
            yield [Call(before=before), Call(before=after)]
            return
        src = self._id(line["src"])
        for having in ({"term": before["current_term"], "index": index}, {"index": index}):
            yield [Call("appended", src, (Appended,), having, before=before, after=after)]

    def _follows(
        self, step: ObservedStep, s: Server, before: Comparison, after: Comparison
    ) -> Iterator[Reading]:
        """A leader's entries, each a message of the model; or none, which repeats the last one."""
        line, answers = step.first, _sent(step.events)
        src = self._id(line["src"])
        term, wanted = line["term"], list(_entries_of(line))
        old = line.number("term") < s.current_term
        success = any(answer["success"] for answer in answers)
        if success and not wanted:
            yield [Call(before=before), Call(before=after)]
            return
        if not line["entries"]:  # it has the entry before, and with that what is before that
            wanted = [{**one, "prev_log_term": s.term_at(line.number("prevLogIdx") - 2)} for one in wanted]
        if success and not old:
            acks = [
                WantedSend(
                    self.ids[answer.word("to")], (Appended,),
                    {"term": term, "index": answer.number("next_node_idx") - 2},
                )
                for answer in answers
            ]  # fmt: skip
            for having in _with_commit(line):
                first = [
                    Call("append_entries", src, (AppendEntries,), {**one, **having}) for one in wanted[:-1]
                ]
                last = Call(
                    "append_entries", src, (AppendEntries,), {**wanted[-1], **having}, after=after, sends=acks
                )
                yield [Call(before=before), *first, last]
            return
        # It is told of the term, at most: the log stays. Any message of that term does.
        for having in [*wanted[:1], {"term": term}]:
            yield [
                Call(
                    "append_entries", src, (AppendEntries,), having, before=before, after=after, sends=(),
                    sends_all=True,
                )
            ]  # fmt: skip
        if s.term_at(line.number("prevLogIdx") - 1) != line["prevLogTerm"]:
            yield [Call(before=before), Call(before=after)]

    def _ticks(self, step: ObservedStep, before: Comparison, after: Comparison) -> Reading:
        """A tick: it stands; or a leader sends what it has, then takes what clients ask for."""
        told, later = step.facts["before"], step.facts["after"]
        assert isinstance(told, Told)
        asked = [line for line in _sent(step.events) if line["msg"] == "request_vote"]
        if asked:
            sends = [
                WantedSend(
                    self.ids[line.word("to")],
                    (RequestVote,),
                    {"term": line["term"], "last_log": _last_log(line)},
                )
                for line in asked
            ]
            return [Call("election_timeout", before=before, after=after, sends=sends)]
        places = sorted({place for place, _ in self._entries_sent(step)})
        calls = [Call("heartbeat", sends=self._merged(step, place)) for place in places]
        more = later.last_index - told.last_index if isinstance(later, Told) else 0
        calls += [Call("client_request", args={"command": 0})] * more
        return [Call(before=before), *calls, Call(before=after)]

    def _merged(self, step: ObservedStep, place: int) -> list[WantedSend]:
        """What goes out of one entry. Between two ticks that change nothing there is no line, so it may be
        repeated, and be in a message without entries then.
        """
        wants: list[WantedSend] = []
        for _, want in (found for found in self._entries_sent(step) if found[0] == place):
            same = next(
                (one for one in wants if one.dst == want.dst and _agree(one.having, want.having)), None
            )
            if same is None:
                wants.append(want)
            else:
                wants[wants.index(same)] = replace(same, having={**same.having, **want.having})
        return wants

    def _entries_sent(self, step: ObservedStep) -> Iterator[tuple[int, WantedSend]]:
        """The entries that go out, each with its index; for a message without any the one before."""
        for line in _sent(step.events):
            if line["msg"] == "append_entries":
                for having in _entries_of(line):
                    commit = AtLeast(line.number("commit_index") - 1)
                    wanted = {**having, "leader_commit": commit}
                    place = having["prev_log_index"]
                    assert isinstance(place, int)
                    yield place, WantedSend(self.ids[line.word("to")], (AppendEntries,), wanted)

    def free(self, me: NodeId, s: Server, ahead: Sequence[ObservedStep]) -> Iterator[Call]:
        """What a kill has left without a line: a leader's last messages."""
        if s.leads and (not ahead or ahead[0].begins):
            yield Call("heartbeat")


def _sent(lines: Sequence[LogEvent]) -> list[LogEvent]:
    return [line for line in lines if line.kind == "send" and line["msg"] not in OTHERS]


def _agree(one: Comparison, other: Comparison) -> bool:
    return all(other.get(name, want) == want for name, want in one.items())


def _last_log(line: LogEvent) -> tuple[int, int]:
    return line.number("last_log_term"), line.number("last_log_index") - 1


def _entries_of(line: LogEvent) -> Iterator[dict[str, object]]:
    """The model's messages for one of PySyncObj, an entry each."""
    place, term = line.number("prevLogIdx") - 1, line.number("prevLogTerm")
    entries = line["entries"]
    assert isinstance(entries, tuple)
    if not entries and place > 0:  # the entry before goes out once more
        yield {"term": line["term"], "prev_log_index": place - 1, "entry": OfTerm(term)}
    for at, (_, of_term) in enumerate(entries):
        yield {
            "term": line["term"],
            "prev_log_index": place + at,
            "prev_log_term": term,
            "entry": OfTerm(of_term),
        }
        term = of_term


def _with_commit(line: LogEvent) -> list[dict[str, object]]:
    """How much the leader has committed: as much as it says, or more where a restart has forgotten some."""
    commit = line.number("commit_index") - 1
    return [{"leader_commit": commit}, {"leader_commit": AtLeast(commit)}]


# -- What lines can't say, whatever others do ----------------------------------------------------------------


def _flaw(
    me: str,
    name: str,
    group: Sequence[LogEvent],
    before: Told,
    after: Told | None,
    members: int,
    *,
    ended: bool,
) -> str:
    """Why lines that are one step can't be so."""
    first = group[0]
    stranger = next((line for line in group if line.fields.get("node", me) != me), None)
    if stranger is not None:
        return f"{stranger.ref} is of {stranger['node']}, and this is the log of {me}"
    lack = next(filter(None, map(lack_of, group)), "")
    if lack:
        return lack
    if name == "start":
        return "" if ended or len(group) == 2 else "after a start its lines say what it begins with (init)"
    if first.kind == "init" or (first.kind == "state" and first["why"] != "tick"):
        return "there is no line before this one to which it belongs"
    votes = [line for line in _sent(group) if line["msg"] == "request_vote"]
    if len(votes) not in (0, members - 1) and not ended:
        return f"who stands asks all {members - 1} others, and here only {len(votes)}"
    return (
        _role_flaw(group, before, after)
        if after is None
        else (
            _role_flaw(group, before, after)
            or _log_flaw(name, before, after)
            or _leader_flaw(me, group, before, after)
        )
    )


def _role_flaw(group: Sequence[LogEvent], before: Told, after: Told | None) -> str:
    role = before.role
    for line in group:
        if line.kind == "role":
            if line["was"] != role:
                return f"{line.ref} says that it was a {line['was']}, and it was a {role}"
            role = line.word("now")
    if after is not None and role != after.role:
        return f"it became a {role}, and after that it is said to be a {after.role}"
    return ""


def _log_flaw(name: str, before: Told, after: Told) -> str:
    grows = (after.last_index, after.last_term) != (before.last_index, before.last_term)
    if name == "tick" and grows:
        if before.role != "leader":
            return f"only a leader's log grows without a message, and it is a {before.role}"
        if after.last_index <= before.last_index or after.last_term != after.term:
            return "a leader's log gets entries of its term, and loses none"
    return ""


def _leader_flaw(me: str, group: Sequence[LogEvent], before: Told, after: Told) -> str:
    """Whom it takes for the leader follows from what it does."""
    first, leader = group[0], before.leader
    msg = first.fields.get("msg") if first.kind == "receive" else None
    stands = any(line["msg"] == "request_vote" for line in _sent(group))
    if any(line.kind == "role" and line["now"] == "leader" for line in group):
        leader = me
    elif stands or (msg == "request_vote" and first.number("term") > before.term):
        leader = None
    elif msg == "append_entries" and first.number("term") >= before.term:
        leader = first.word("src")
    if leader != after.leader:
        return f"after this it takes {leader or 'nobody'} for the leader, and not {after.leader or 'nobody'}"
    return ""
