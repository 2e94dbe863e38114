"""What the log of etcd says of the steps of models/etcd_raft.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from elcheck import (
    AtLeast,
    AtMost,
    Call,
    Comparison,
    LogEvent,
    NodeId,
    NodeLog,
    ObservedStep,
    Observer,
    OneOf,
    Reading,
    UsageError,
    WantedSend,
)
from elcheck.models.etcd_raft import EtcdRaft, Heartbeat, Member, PreVoteRefused, VoteRefused
from elcheck.models.observers.etcd.entries import Entries, EntryId
from elcheck.models.observers.etcd.lines import (
    READER,
    Group,
    grouped,
    has_voted,
    is_new,
    lives,
    only,
    votes_at_once,
)
from elcheck.models.raft import Appended, AppendEntries, Refused, RequestVote, Role, Vote
from elcheck.models.raft_options import PreVote, RequestPreVote, RequestVoteNow, TimeoutNow

_HANDLERS: dict[str, tuple[tuple[str, tuple[type, ...]], ...]] = {
    "MsgVote": (("request_vote", (RequestVote, RequestVoteNow)),),
    "MsgPreVote": (("request_pre_vote", (RequestPreVote,)),),
    "MsgVoteResp": (("vote", (Vote,)), ("vote_refused", (VoteRefused,))),
    "MsgPreVoteResp": (("would_vote", (PreVote,)), ("would_not_vote", (PreVoteRefused,))),
    "MsgAppResp": (("refused", (Refused,)), ("appended", (Appended,))),
    "MsgTimeoutNow": (("timeout_now", (TimeoutNow,)),),
    "MsgApp": (("append_entries", (AppendEntries,)), ("hear", (Heartbeat,))),
    "MsgSnap": (("append_entries", (AppendEntries,)), ("hear", (Heartbeat,))),
    "MsgHeartbeat": (("hear", (Heartbeat,)),),
}
"""Which handlers take one of etcd's messages, and as which messages of the model."""
_ROLES = {
    "follower": Role.FOLLOWER,
    "pre-candidate": Role.PRE_CANDIDATE,
    "candidate": Role.CANDIDATE,
    "leader": Role.LEADER,
}
_ON_DISK = ("current_term", "voted_for", "log")
"""What a server finds on its disk that decides what it does; not the commit index."""
_FOLLOWS = OneOf((Role.FOLLOWER, Role.FOLLOWING))
_UNKNOWN = "models/etcd_raft.py has no such message"


class EtcdObserver(Observer[Member]):
    """One line, or some that follow each other, are one step of raft. A server's log grows without lines;
    every other change of its state has one. Its leader is logged right after the step that changes it.
    """

    reader = READER
    program = EtcdRaft
    irrelevant = frozenset({"member", "ticks"})

    def __init__(self, logs: Sequence[NodeLog]) -> None:
        super().__init__(logs)
        self._owners = {_own_id(log): log for log in logs}
        if len(self._owners) < len(logs):
            raise UsageError(f"two of the logs are of one node: {', '.join(log.path.name for log in logs)}")
        self._lines = [line for log in logs for line in log.events]
        self._votes_at_once = any(votes_at_once(log.events) for log in logs)
        self._entries = Entries(logs, len(self.members()))
        self._before: dict[NodeId, int] = {}
        """The terms in which logs begin that do not begin with a new member."""
        self._joined = _late(self._lines)
        self._answers: dict[tuple[str, int], set[str]] = defaultdict(set)
        """Whom a node has sent a MsgAppResp in a term, as far as those say that it was of another one."""
        for line in self._lines:
            if line.kind in ("higher", "lower") and line["msg"] == "MsgAppResp":
                self._answers[line.word("src"), line.number("src_term")].add(line.word("me"))

    # -- Who is who ----------------------------------------------------------------------------------------

    def members(self) -> Sequence[tuple[str, NodeLog | None]]:
        """All voters, those with logs in the order of these."""
        found: dict[str, NodeLog | None] = dict(self._owners)
        for line in self._lines:
            names = [line.fields.get(part) for part in ("src", "to", "lead", "old")]
            names += _voters(line)
            for name in names:
                if isinstance(name, str):
                    found.setdefault(name, None)
        return list(found.items())

    def parameters(self) -> Mapping[str, object]:
        """The options that were at work."""
        count = len(self.members())
        return {
            "nodes": count,
            "candidates": count,
            "commands": self._entries.most_at_once,
            "pre_vote": any(line.kind == "asked" and line["msg"] == "MsgPreVote" for line in self._lines),
            "transfer": True,
            "lazy_flush": True,
            "start": "empty",
        }

    def unfit(self) -> str:
        """A change of the membership, which the model has not."""
        for line in self._lines:
            late = self._joined & set(_voters(line))
            if late:
                who = ", ".join(sorted(late))
                return f"{line.ref}: the membership changes, {who} joins, and etcd_raft has a fixed one"
            if line.kind == "voters" and line["rest"]:
                return f"{line.ref}: the membership changes, and etcd_raft has a fixed one: {line.text}"
            if line.kind in ("higher", "lower") and line["msg"] not in _HANDLERS and line.kind == "higher":
                return f"{line.ref}: {_UNKNOWN}: {line.text}"
        return ""

    # -- Steps ---------------------------------------------------------------------------------------------

    def steps(self, log: NodeLog) -> Iterable[ObservedStep]:
        """The lines as steps. Each knows whom the log called the leader before, and up to where the node's
        own log may grow until then, as far as a later line shows.
        """
        name = next(owner for owner, own in self._owners.items() if own is log)
        lines = [line for line in log.events if line.kind != "voters"]
        found = [list(self._life(name, life)) for life in lives(lines)]
        found[0] = self._settled(found[0], name)
        limit: EntryId | None = None
        for life in reversed(found):
            last = next((entry for step in reversed(life) if (entry := _shown(step))), None)
            limit = max(limit, last) if limit is not None and last is not None else limit
            for place in range(len(life) - 1, -1, -1):
                limit = _shown(life[place]) or limit
                life[place] = replace(life[place], facts={**life[place].facts, "limit": limit})
        return [step for life in found for step in life]

    def _settled(self, life: list[ObservedStep], me: str) -> list[ObservedStep]:
        """A life from the first step on before which it is known what the node is: no candidate. Whom that
        step calls the leader was it until the log says otherwise.
        """
        if any(step.begins for step in life):
            return life
        known = ("campaign", "higher", "quorum", "handed", "called")
        settled = (place for place, step in enumerate(life) if step.name in known or _leads_at(step, me))
        found = life[next(settled, len(life)) :]
        lead = self._id(_leads_at(found[0], me)) if found else None
        for place, step in enumerate(found):
            if lead is None or step.events[-1].kind == "seen":
                break
            found[place] = replace(step, facts={**step.facts, "lead": lead})
        return found

    def _life(self, me: str, lines: Sequence[LogEvent]) -> Iterator[ObservedStep]:
        group = Group(lines, me, votes_at_once=self._votes_at_once)
        begun = any(line.kind == "init" for line in lines)
        seen = None if begun else next((line for line in lines if line.kind == "seen"), None)
        lead = None if seen is None else self._id(seen.fields.get("old"))
        early: list[LogEvent] | None = None
        while group.left:
            first = group.begin()
            begins = first.kind in ("member", "init") or (first.kind == "became" and group.is_next("init"))
            grouped(group, first, frozenset(self.ids), begins=begins)
            last = group.taken[-1]
            if last.kind == "seen" and self._id(last.fields.get("old")) != lead:
                group.wrong(f"the log has called {self._name(lead)} the leader before")
            name = "start" if begins else first.kind
            facts: dict[str, object] = {"lead": lead, "last": not group.left}
            if first.kind == "polled" and first["src"] == me:
                facts["early"], early = early or [], None
            elif first.kind == "polled" and early is not None:
                early.append(first)
                facts["waits"] = True
            if any(line.kind == "became" for line in group.taken):
                stood = group.taken[-1].kind == "asked" and not has_voted(group.taken[1:])
                early = [] if stood else None
            yield ObservedStep(name, tuple(group.taken), begins, group.flaw, facts)
            if last.kind == "seen":
                lead = self._id(last.fields.get("lead"))

    def _id(self, name: object) -> NodeId | None:
        return None if name in ("0", None) else self.ids[str(name)]

    def _name(self, node: NodeId | None) -> str:
        return next((name for name, known in self.ids.items() if known == node), "nobody")

    # -- Where a node begins -------------------------------------------------------------------------------

    def start(self, me: NodeId, steps: Sequence[ObservedStep]) -> Member:
        """As its first lines have it; a new server has an entry for each member, of term 1."""
        if not steps or is_new(steps[0]):
            return Member(1, log=self._entries.log_up_to((1, len(self.ids))))
        init, lead = only(steps[0], "init"), _leads_at(steps[0], self._name(me))
        lines = [line for step in steps for line in step.events]
        term = next(line.number("term") for line in lines if init in (None, line) and "term" in line.fields)
        last = next((entry for step in steps if (entry := _shown(step))), (1, len(self.ids)))
        self._before[me] = term
        known = self._id(lead) if lead is not None else steps[0].facts["lead"]
        assert known is None or isinstance(known, NodeId)
        role = Role.LEADER if known == me else Role.FOLLOWER if known is None else Role.FOLLOWING
        return Member(term, self._vote(steps), self._entries.log_up_to(last), role=role, lead=known)

    def _vote(self, steps: Sequence[ObservedStep]) -> NodeId | None:
        """The vote of its first term, as the first line that shows it says."""
        for line in (line for step in steps for line in step.events):
            if line.kind == "higher" or (line.kind == "became" and line["role"] == "candidate"):
                return None
            if line.kind == "answer":
                return self._id(line["vote"])
        return None

    def sent_before(self, src: NodeId, msg: object) -> bool:
        """Whether a node may have sent a message in a life, or a part of one, that is not in its log."""
        if src not in self._before or isinstance(msg, PreVote):
            return src in self._before
        term = getattr(msg, "term", None)
        return isinstance(term, int) and term - isinstance(msg, RequestPreVote) <= self._before[src]

    # -- Calls ---------------------------------------------------------------------------------------------

    def calls(self, me: NodeId, step: ObservedStep, s: Member) -> Iterable[Reading]:
        """What the lines of a step stand for."""
        first = step.first
        known: dict[str, object] = {"lead": step.facts["lead"]}
        if "term" in first.fields and step.name != "start":
            known["current_term"] = first["term"]
        match step.name:
            case "start":
                yield [self._restarts(step)]
            case "campaign":
                yield [*_lost_contact(s), self._stands(step, Call("election_timeout", before=known))]
            case "called":
                yield from ([self._stands(step, call)] for call in self._takes(first, known))
            case "polled" if "waits" in step.facts:
                yield [Call(before=known)]
            case "polled" if first["src"] == self._name(me):
                yield self._own_vote(step, s, known)
            case "polled":
                yield [self._counts(step, first, s, known)]
            case "answer":
                yield from self._answer(step, first, s, known)
            case "higher":
                yield from self._learns(step, s, known)
            case "lower":
                calls = self._takes(first, known)
                yield from ([replace(call, sends=(), sends_all=True)] for call in calls)
                src = self.ids[first.word("src")]
                told = first["msg"] in _HANDLERS and src not in self.silent
                if not told or src == me or first.number("src_term") <= self._before.get(src, -1):
                    yield [Call(before=known)]
            case "became":
                yield [self._hears(step, {**known, "role": OneOf((Role.CANDIDATE, Role.PRE_CANDIDATE))})]
            case "seen":
                lead = self._id(first.fields.get("lead"))
                yield [Call(before={"lead": lead, "current_term": first["term"]})]
                if lead is not None:
                    yield [self._hears(step, known)]
            case "quorum":
                yield [Call("quorum_lost", before=known, after={"lead": None})]
            case "handed":
                yield [Call("hand_over", args={"to": self._id(first["to"])}, before=known)]
            case "snapshot":
                yield [Call(before={**known, "last_log": _shown(step)})]

    def _restarts(self, step: ObservedStep) -> Call:
        """What the disk says; not the vote. Whichever it may be is followed."""
        init = only(step, "init")
        if init is None:
            return Call("restart", guess=_ON_DISK)
        last = init.number("logterm"), init.number("index")
        term, last = (1, (1, len(self.ids))) if is_new(step) else (init.number("term"), last)
        return Call("restart", after={"current_term": term, "last_log": last}, guess=_ON_DISK)

    def _takes(self, line: LogEvent, known: Comparison) -> Iterator[Call]:
        """The delivery of the message that a line names, with its term."""
        term = line.fields.get("src_term", line["term"])
        for handler, classes in _HANDLERS.get(str(line.fields.get("msg", "MsgTimeoutNow")), ()):
            yield Call(handler, self._id(line["src"]), classes, {"term": term}, before=known)

    def _stands(self, step: ObservedStep, call: Call) -> Call:
        """A server stands, or asks whether it should: what the lines behind the first say of it."""
        before, after = dict(call.before), dict(call.after)
        sends = list(call.sends or ())
        for line in step.events:
            if line.kind == "became":
                after |= {"current_term": line["term"], "role": _ROLES[line.word("role")]}
            elif line.kind == "asked":
                before["last_log"] = log = line.number("logterm"), line.number("index")
                pre = line["msg"] == "MsgPreVote"
                classes = _HANDLERS[line.word("msg")][0][1]
                having = {"term": line.number("term") + pre, "last_log": log}
                sends.append(WantedSend(self.ids[line.word("to")], classes, having))
        return replace(call, before=before, after=after, sends=sends)

    def _own_vote(self, step: ObservedStep, s: Member, known: Comparison) -> Reading:
        """A candidate's vote for itself, counted when it is saved. In the model it is from the beginning, so
        the answers that came before are taken now.
        """
        early, tally = step.facts["early"], only(step, "tally")
        assert isinstance(early, list)
        if early:
            *others, last = [self._counts(step, line, s, known) for line in early]
            return [*(replace(call, before={}, after={}, sends=None) for call in others), last]
        counted = {} if tally is None else {"tally": (tally["votes"], tally["against"])}
        return [Call(before={**known, **counted})]

    def _counts(self, step: ObservedStep, first: LogEvent, s: Member, known: Comparison) -> Call:
        """An answer that is counted, the tally, and what comes of it."""
        tally, became = only(step, "tally"), only(step, "became")
        src, term, granted = self._id(first["src"]), first.number("term"), bool(first["granted"])
        pre = first["msg"] == "MsgPreVoteResp"
        role = Role.PRE_CANDIDATE if pre else Role.CANDIDATE
        before = {**known, "role": role}
        if tally is not None:
            new = src not in s.votes | s.against
            votes, against = tally.number("votes"), tally.number("against")
            before["tally"] = votes - (new and granted), against - (new and not granted)
        handler, classes = _HANDLERS[first.word("msg")][0 if granted else 1]
        having = {"term": AtLeast(term) if pre and granted else term}
        after = {"role": role} if tally is not None and became is None and not step.facts["last"] else {}
        call = Call(handler, src, classes, having, before=before, after=after)
        return call if became is None else self._stands(step, call)

    def _answer(self, step: ObservedStep, line: LogEvent, s: Member, known: Comparison) -> Iterator[Reading]:
        """A request for a vote, or for the promise of one, and what is said to it."""
        src, term, said = self.ids[line.word("src")], line.number("term"), line["said"]
        before = {**known, "last_log": (line.number("logterm"), line.number("index"))}
        after: dict[str, object] = {"current_term": term}
        if step.first.kind != "higher":
            before["voted_for"] = self._id(line["vote"])
        asked: object = term
        if line["msg"] == "MsgPreVote":
            asked = AtLeast(term) if said == "cast" else AtLeast(0)
            sends = {"cast": [WantedSend(src, (PreVote,))], "rejected": [WantedSend(src, (PreVoteRefused,))]}
        else:
            sends = {"cast": [WantedSend(src, (Vote,))], "rejected": [WantedSend(src, (VoteRefused,))]}
            after |= {"voted_for": src} if said == "cast" else {}
        if said == "ignored":
            asked = AtLeast(term + 1)
        having = {"term": asked, "last_log": (line.number("src_logterm"), line.number("src_index"))}
        handler, classes = _HANDLERS[line.word("msg")][0]
        unnamed = said == "cast" and line["msg"] == "MsgPreVote"
        call = Call(
            handler, src, classes, having, before=before, after=after, sends=sends.get(str(said), []),
            sends_all=True, latest=unnamed,
        )  # fmt: skip
        yield [call]
        if s.role is Role.FOLLOWING:
            yield [*_lost_contact(s), call]
        elif s.lead is not None and not s.leads:
            yield [Call("hear", s.lead, (Heartbeat,), {"term": s.current_term}, hidden=True), call]

    def _learns(self, step: ObservedStep, s: Member, known: Comparison) -> Iterator[Reading]:
        """A message of a higher term, and what else it says."""
        first, answer = step.first, only(step, "answer")
        if answer is not None:
            yield from self._answer(step, answer, s, known)
            return
        for call in self._takes(first, known):
            after: dict[str, object] = {
                "current_term": first["src_term"],
                "role": _FOLLOWS,
                "voted_for": None,
            }
            if call.handler == "timeout_now":
                yield [self._stands(step, call)]
                continue
            if call.handler in ("append_entries", "hear"):
                after |= {"lead": call.src, "log": s.log}
            yield [replace(call, after=after)]

    def _hears(self, step: ObservedStep, known: Comparison) -> Call:
        """A server hears from the leader of its term, whom the log names behind that."""
        lead = self._id(step.events[-1].fields.get("lead"))
        term = step.first["term"]
        after: dict[str, object] = {"current_term": term} | ({} if lead is None else {"lead": lead})
        return Call("hear", lead, (Heartbeat,), {"term": term}, before=known, after=after)

    # -- What has no line ----------------------------------------------------------------------------------

    def free(self, me: NodeId, s: Member, ahead: Sequence[ObservedStep]) -> Iterator[Call]:
        """Logs grow, as far as the next line of their node allows; leaders send, and commit."""
        limit = ahead[0].facts["limit"] if ahead else None
        assert limit is None or isinstance(limit, tuple)
        term = s.current_term
        if s.leads:
            yield from self._leads(s, limit)
        elif s.lead is not None:
            yield from self._grows(s, s.lead, limit)
        for name in self._answers.get((self._name(me), term), ()):
            src = self.ids[name]
            yield Call("hear", src, (Heartbeat,), guides=lambda m: m.term < term)  # type: ignore[attr-defined]
            again = {"log": s.log, "commit_index": s.commit_index}
            yield Call("append_entries", src, (AppendEntries,), {"term": term}, after=again)

    def _leads(self, s: Member, limit: EntryId | None) -> Iterator[Call]:
        term, last = s.last_log
        index = self._entries.next_of(s.current_term, last)
        if index is not None and (limit is None or (s.current_term, index) <= limit):
            yield Call("client_request", args={"more": index - last - 1})
        yield Call("beat")
        yield Call("replicate")
        most = limit[1] if limit is not None and limit[0] == term else last
        yield Call(
            "appended", None, (Appended,), {"term": s.current_term, "index": AtLeast(s.commit_index + 1)},
            after={"committed": AtMost(most)},
        )  # fmt: skip

    def _grows(self, s: Member, lead: NodeId, limit: EntryId | None) -> Iterator[Call]:
        if limit is not None:
            wanted = self._entries.log_up_to(limit)
            place = next((i for i, e in enumerate(wanted) if s.log[i : i + 1] != (e,)), len(wanted))
            if place < len(wanted):
                having = {
                    "term": s.current_term,
                    "prev_log_index": place,
                    "prev_log_term": s.term_at(place),
                    "entry": wanted[place],
                    "leader_commit": AtLeast(0),
                }
                yield Call(
                    "append_entries", lead, (AppendEntries,), having, after={"last_log": AtMost(limit)}
                )

        def is_useful(msg: object) -> bool:
            assert isinstance(msg, AppendEntries)
            place = msg.prev_log_index + 1
            new = s.term_at(place) != msg.entry[0] and (limit is None or msg.entry <= limit)
            return s.term_at(place - 1) == msg.prev_log_term and (
                new or min(msg.leader_commit, place) > s.commit_index
            )

        after = {} if limit is None else {"last_log": AtMost(limit)}
        yield Call(
            "append_entries", lead, (AppendEntries,), {"term": s.current_term}, after=after, guides=is_useful
        )


def _voters(line: LogEvent) -> list[str]:
    """Who votes, by a line that says so."""
    said = line.word("voters").split() if line.kind == "voters" else []
    return [f"{int(number):x}" for number in said]


def _late(lines: Sequence[LogEvent]) -> set[str]:
    """Who has joined a cluster later: servers that some who stood did not ask. (One who was killed while it
    asked may not have asked all, so it takes two, or a server that never says anything.)
    """
    voters = {name for line in lines for name in _voters(line)}
    speaks = {line.fields.get("me") for line in lines} | {line.fields.get("src") for line in lines}
    asked: dict[tuple[object, object], set[object]] = defaultdict(set)
    for line in lines:
        if line.kind == "asked" and line["msg"] == "MsgVote":
            asked[line["me"], line["term"]] |= {line["me"], line["to"]}
    left_out = {name: sum(name not in all_asked for all_asked in asked.values()) for name in voters}
    return {name for name, count in left_out.items() if count >= 2 or (count and name not in speaks)}


def _own_id(log: NodeLog) -> str:
    """The id of the node that wrote a log: its own lines begin with it. Raises UsageError."""
    found = next((line.word("me") for line in log.events if "me" in line.fields), None)
    if found is None:
        raise UsageError(f"{log.path}: no line says which node wrote this log")
    return found


def _leads_at(step: ObservedStep, me: str) -> str | None:
    """Who leads before a step, by the id that the first line of it has; None if it does not say so."""
    line = step.first
    if line.kind in ("quorum", "handed"):
        return me
    if line.kind == "answer" and line["said"] == "ignored":  # most likely: it voted for its leader
        return line.word("vote")
    return line.word("lead") if line.kind == "seen" and "lead" in line.fields else None


def _lost_contact(s: Member) -> list[Call]:
    """It has not heard from its leader for a while, which no line says."""
    return [Call("contact_lost", hidden=True)] if s.role is Role.FOLLOWING else []


def _shown(step: ObservedStep) -> EntryId | None:
    """The last entry of the node's own log, if a line of the step shows it."""
    if is_new(step):
        return None
    for line in reversed(step.events):
        if line.kind in ("init", "asked", "answer"):
            return line.number("logterm"), line.number("index")
        if line.kind == "snapshot":
            return line.number("snapterm"), line.number("snap")
    return None
