"""``elcheck induct``: verdicts, universes, what leaves them, and what is said of a step from nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace as changed
from itertools import combinations
from pathlib import Path

import pytest

from elcheck import (
    Bound,
    Clock,
    DefinitionError,
    Environment,
    Map,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Spec,
    State,
    Step,
    UsageError,
    action,
    always,
    each,
    every,
    fault,
    guard,
    holds,
    inductive,
    load,
    node_ids,
    node_views,
    pair,
    receive,
    replace,
    timeout,
    under_way,
    whole,
    within,
)
from elcheck.checker.induction.domains import Domain, values_of
from elcheck.checker.induction.induct import induct
from elcheck.checker.induction.result import InductionStep, InductionVerdict
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import current
from elcheck.checker.search.search import Search
from tests.induction.asked import BROKEN, HOLDS, TRUE, UNSURE, one
from tests.model import sleepers
from tests.model.sleepers import Sleeper
from tests.support.commands import printed
from tests.support.models import Counter, Counting

# -- specs -----------------------------------------------------------------------------------------------


class Ballots(State):
    """Lamport's voting: who has joined which round, and who has voted there for what."""

    joined: Map[int, int] = Map({1: 0, 2: 0, 3: 0})
    votes: frozenset[tuple[int, int, str]] = frozenset()


class Voting(Spec[Ballots]):
    """The Voting of Lamport's Paxos specifications, in two rounds."""

    def voters(self) -> Iterable[int]:
        return (1, 2, 3)

    def rounds(self) -> Iterable[int]:
        return (1, 2)

    def values(self) -> Iterable[str]:
        return ("a", "b")

    @action(over=(voters, rounds))
    def join(self, s: Ballots, voter: int, number: int) -> Ballots:
        guard(number > s.joined[voter], "it is in that round")
        return replace(s, joined=s.joined.put(voter, number))

    @action(over=(voters, values))
    def vote(self, s: Ballots, voter: int, value: str) -> Ballots:
        now = s.joined[voter]
        guard(now > 0, "it has joined no round")
        guard(all(v == value for _, n, v in s.votes if n == now), "others vote for another value")
        guard(now < 2 or is_safe(s, value), "another value may have been chosen before")
        return replace(s, votes=s.votes | {(voter, now, value)})


def is_safe(s: Ballots, value: str) -> bool:
    """Some quorum has joined the second round, and voted in the first for nothing else."""
    quorums = (q for q in combinations((1, 2, 3), 2) if all(s.joined[v] == 2 for v in q))
    return any(all(v == value for w, n, v in s.votes if n == 1 and w in q) for q in quorums)


def chosen(s: Ballots) -> set[str]:
    polls = {(n, v) for _, n, v in s.votes}
    return {v for n, v in polls if sum(vote[1:] == (n, v) for vote in s.votes) > 1}


def one_value(s: Ballots) -> bool:
    return len(chosen(s)) < 2


def one_value_a_round(s: Ballots) -> bool:
    return all(len({v for _, n, v in s.votes if n == number}) < 2 for number in (1, 2))


def votes_have_joined(s: Ballots) -> bool:
    return all(s.joined[voter] >= number for voter, number, _ in s.votes)


def votes_are_safe(s: Ballots) -> bool:
    return all(is_safe(s, v) for _, n, v in s.votes if n == 2)


def voting(*checks: Callable[[Ballots], bool]) -> Model:
    claims = [holds(Ballots, check) for check in checks]
    return Model(
        Voting(), [always("one value", holds(Ballots, one_value))], inductive=[inductive("voting", claims)]
    )


def test_the_voting_invariant_of_paxos_is_inductive_and_its_end_is_not() -> None:
    found = one(voting(one_value, one_value_a_round, votes_have_joined, votes_are_safe))
    assert found.verdict is HOLDS
    assert found.asked >= (found.reachable or 0) > 600
    weak = one(voting(one_value))
    assert weak.verdict is BROKEN
    assert weak.reachable is not None
    assert weak.counterexample is not None
    before, after = weak.counterexample.before.shared, weak.counterexample.after.shared
    assert isinstance(before, Ballots)
    assert isinstance(after, Ballots)
    assert (one_value(before), one_value(after)) == (True, False)


def test_petersons_algorithm() -> None:
    assert one(load("peterson_mutex")()).verdict is HOLDS
    assert one(load("peterson_mutex")(bug="turn-before-flag")).verdict is BROKEN
    assert one(load("peterson_mutex")(bug="no-turn")).verdict is HOLDS  # nobody gets in: that is safe


def test_a_step_out_of_a_spec_is_not_preserved() -> None:
    class Up(Spec[Counter]):
        @action
        def up(self, s: Counter) -> Counter:
            return Counter(s.value + 1)

    few = [Counter(0), Counter(1), Counter(2)]
    bound = Bound("low", Counter, lambda s: s.value < 4)
    model = Model(Up(), [always("true", holds(Counter, lambda s: True))], bounds=[bound])
    claim = inductive("small", holds(Counter, lambda s: s.value >= 0), few)
    found = one(changed(model, inductive=[claim]))
    assert (found.verdict, found.leavings, found.asked) == (UNSURE, 1, 3)
    assert isinstance(found.leaving, InductionStep)
    assert found.leaving.after.shared == Counter(3)
    whole_ = changed(claim, candidates=(every(Counter, value=range(4)),))
    found = one(changed(model, inductive=[whole_]))
    assert (found.verdict, found.cut) == (HOLDS, {"low": 1})
    started = changed(claim, candidates=(Counter(1), Counter(2), Counter(3)))
    found = one(changed(model, inductive=[started]))
    assert (found.verdict, found.leavings) == (UNSURE, 1)
    assert not isinstance(found.leaving, InductionStep)


# -- nodes -----------------------------------------------------------------------------------------------


def test_votes_of_an_election_are_cast_in_any_number_of_steps() -> None:
    found = one(load("raft_election")())
    assert (found.verdict, found.cut, found.reachable) == (HOLDS, {}, 1380)
    shallow = one(load("raft_election")(terms=3), Limits(depth=3))
    assert shallow.verdict is HOLDS  # what occurs up to there, and all that steps make of that
    assert shallow.asked > found.asked
    assert shallow.reachable is not None
    assert shallow.reachable < 1380


def test_a_step_from_nowhere_is_a_step_all_the_same() -> None:
    raft = load("raft_election")()
    claim = inductive("one leader", raft.properties[0].scope)
    found = one(changed(raft, inductive=[claim]))
    assert found.verdict is BROKEN
    step = found.counterexample
    assert step is not None
    assert (step.event, step.after) in Interpreter(raft).steps(step.before)
    assert found.reachable == 1380
    assert not found.violated


def test_a_claim_that_is_false_is_said_to_be() -> None:
    model = Counting(9).model(TRUE)
    found = one(changed(model, inductive=[inductive("small", each(Counter, lambda s: s.value < 5))]))
    assert found.verdict is BROKEN
    assert (found.violated, found.reachable) == (True, None)
    base = one(changed(model, inductive=[inductive("large", each(Counter, lambda s: s.value > 0))]))
    assert base.verdict is BROKEN
    assert base.base is not None
    assert base.counterexample is None


class Ask(Message):
    """A question."""


class Told(State):
    """Who was asked."""

    asked: bool = False


class Asking(Node[Told]):
    """Whoever was not asked asks the others."""

    @action
    def ask(self, s: Told) -> Step[Told]:
        guard(not s.asked, "it was asked")
        return Step(s, self.broadcast(Ask()))

    @receive
    def answer(self, s: Told, src: NodeId, msg: Ask) -> Told:
        return Told(True)


def asking(network: str, *scopes: object) -> Model:
    claim = inductive("few", list(scopes))  # type: ignore[arg-type]  # scopes
    model = Model(Asking(), [TRUE], nodes=node_ids(2), inductive=[claim])
    return within(model, network=network)


@pytest.mark.parametrize("network", ["sent-set", "set", "bag", "fifo"])
def test_a_message_that_was_taken_may_be_there_twice(network: str) -> None:
    """Who has been asked has nothing under way: of a set a message is gone then, elsewhere it may be there
    once more.
    """
    quiet = under_way(Ask, Told, Told, lambda src, msg, dst: not dst.asked)
    asleep = pair(Told, lambda a, b: a.asked or b.asked or True)
    found = one(asking(network, quiet, asleep), Limits(depth=2))
    assert found.verdict is BROKEN
    assert found.counterexample is not None
    under = len(found.counterexample.before.network)
    assert under == {"sent-set": 1, "set": 0, "bag": 2, "fifo": 2}[network] or under == 0


def test_bounds_on_the_network_hold() -> None:
    quiet = under_way(Ask, Told, Told, lambda src, msg, dst: not dst.asked)
    alone = each(Told, lambda s: True)
    bag = asking("bag", quiet, alone)
    bounded = changed(bag, bounds=[Bound("copies", 1)])
    for model in (bag, bounded):
        found = one(model, Limits(depth=2))
        assert found.counterexample is not None
        counts = [found.counterexample.before.network.count(e) for e in found.counterexample.before.network]
        assert model is bag or max(counts, default=0) < 2


def test_crashes_and_restarts_are_steps() -> None:
    model = within(load("raft_election")(), crash=1, restart=1)
    found = one(model)
    assert found.verdict is BROKEN  # a vote is forgotten
    assert found.counterexample is not None
    assert found.counterexample.event.kind == "crash"


class Rotting(Node[Told]):
    """A node that forgets, if its budget lets it."""

    @fault
    def rot(self, s: Told) -> Told:
        return Told(True)


@pytest.mark.parametrize(("budget", "verdict"), [(1, BROKEN), (0, HOLDS)])
def test_faults_of_programs_are_steps(budget: int, verdict: InductionVerdict) -> None:
    claim = inductive("fresh", each(Told, lambda s: not s.asked))
    environment = Environment(faults={"rot": budget})
    found = one(Model(Rotting(), [TRUE], environment, nodes=node_ids(2), inductive=[claim]))
    assert found.verdict is verdict


# -- clocks ----------------------------------------------------------------------------------------------


class Lease(State):
    held: Clock = Clock(3)
    lost: bool = False


class Expiring(Node[Lease]):
    @timeout(since=lambda s: s.held, after=(1, 2))
    def expire(self, s: Lease) -> Lease:
        guard(not s.lost, "it is lost")
        return replace(s, lost=True)


class ExpiringLate(Node[Lease]):
    @timeout(since=lambda s: s.held, after=(1, 3))
    def expire(self, s: Lease) -> Lease:
        guard(not s.lost, "it is lost")
        return replace(s, lost=True)


class Reminding(Node[Lease]):
    @timeout(since=lambda s: s.held, after=(1, 2))
    def remind(self, s: Lease) -> Step[Lease]:
        return Step(s, self.broadcast(Ask()))


def leasing(program: Node[Lease], **environment: object) -> Model:
    """Nodes that give up a lease in time. All states are candidates, so that no search tells them."""
    around = changed(Environment(network="set", timing="bounded(1)"), **environment)  # type: ignore[arg-type]
    claim = inductive("in time", each(Lease, lambda s: s.lost or s.held.ticks < 3), [every(Lease)])
    return Model(program, [TRUE], around, nodes=node_ids(2), inductive=[claim])


def test_time_waits_for_timers_that_are_due() -> None:
    assert one(leasing(Expiring())).verdict is HOLDS
    assert one(leasing(Expiring(), pause=1)).verdict is BROKEN
    found = one(leasing(ExpiringLate()))
    assert found.verdict is BROKEN
    assert found.counterexample is not None
    assert found.counterexample.event.kind == "tick"
    assert one(leasing(Expiring(), timing="async")).verdict is HOLDS  # no clock moves


def test_a_due_timer_that_only_sends_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"n[12]: remind is due in Lease.*let it put its clock back"):
        induct(leasing(Reminding()))


# -- what can't be asked ---------------------------------------------------------------------------------


def test_what_can_not_be_asked_is_refused() -> None:
    raft = load("raft_election")()
    with pytest.raises(UsageError, match="claims nothing to be inductive"):
        induct(changed(raft, inductive=()))
    with pytest.raises(UsageError, match="--timing"):
        induct(changed(raft, environment=Environment(network="set", timing="sync")))
    with pytest.raises(UsageError, match=r"with --timing 'bounded\(1\)', what is inductive is so"):
        induct(changed(raft, environment=Environment(network="set", timing="bounded(0)")))
    with pytest.raises(DefinitionError, match=r"looks at whole\(...\)"):
        induct(changed(raft, inductive=[inductive("all", whole(lambda s: True))]))
    with pytest.raises(DefinitionError, match="are called 'twice'"):
        induct(changed(raft, inductive=[inductive("twice", each(State, lambda s: True))] * 2))
    with pytest.raises(DefinitionError, match="claims nothing"):
        inductive("none", [])
    with pytest.raises(DefinitionError, match="did you mean 'value'"):
        every(Counter, values=range(3))
    with pytest.raises(DefinitionError, match="the field value is of type int: say which values"):
        Domain(every(Counter), ())


def test_small_types_have_all_their_values() -> None:
    nodes = node_ids(3)
    assert len(values_of(bool | None, nodes, "")) == 3
    assert len(values_of(frozenset[NodeId], nodes, "")) == 8
    assert len(values_of(tuple[bool, NodeId], nodes, "")) == 6
    assert len(values_of(Map[NodeId, bool], nodes, "")) == 8


def test_what_raises_is_not_taken_for_holding() -> None:
    def odd(s: Counter) -> bool:
        return 6 // (3 - s.value) != 0

    found = one(changed(Counting(2).model(TRUE), inductive=[inductive("odd", each(Counter, odd))]))
    assert found.verdict in (HOLDS, BROKEN)
    found = one(changed(Counting(5).model(TRUE), inductive=[inductive("odd", each(Counter, odd))]))
    assert found.verdict is UNSURE
    assert "ZeroDivisionError" in str(found.raised)


def test_an_end_is_undetermined() -> None:
    def interrupt(search: Search) -> None:
        current().interrupt(2)

    (found,) = induct(load("raft_election")(nodes=4), progress=interrupt)
    assert found.verdict is UNSURE
    assert found.stopped is not None


# -- reports ---------------------------------------------------------------------------------------------


def test_reports_do_not_call_it_a_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "weak.py"
    file.write_text(
        "from elcheck import Model, inductive, load, replace\n"
        "def model() -> Model:\n"
        "    raft = load('raft_election')()\n"
        "    return replace(raft, inductive=[inductive('one leader', raft.properties[0].scope)])\n",
        encoding="utf-8",
    )
    code, out = printed(capfd, "induct", str(file))
    assert code == 1
    assert "NOT A TRACE. The claim holds in all 1,380 reachable states" in out
    assert "REFUTED" not in out
    code, out = printed(capfd, "induct", str(file), "--format", "json")
    assert code == 1
    (found,) = json.loads(out)["induction"]
    assert found["verdict"] == "not-inductive"
    assert found["counterexample_to_induction"]["reachable"] is False
    assert "trace" not in found
    code, out = printed(capfd, "induct", "raft_election")
    assert code == 0
    assert "INDUCTIVE" in out
    code, _ = printed(capfd, "induct", "raft_election", "--timeout", "0.001")
    assert code == 20
    assert printed(capfd, "induct", "ring")[0] == 2


def test_a_paused_node_takes_no_step_but_its_clock_runs() -> None:
    """With the tick a paused node grows older; nothing else of it changes."""

    def young(n: NodeView[Sleeper]) -> bool:
        return n.state.age < 3

    def awake(n: NodeView[Sleeper]) -> bool:
        return not n.paused

    def silent(n: NodeView[Sleeper]) -> bool:
        return not (n.paused and n.state.asked and n.state.age == 2)

    asleep = within(sleepers.model(ages=True), pause=1)
    asleep = changed(asleep, bounds=[Bound("heard", Sleeper, lambda s: s.heard < 2)])
    claims = [inductive(check.__name__, each(node_views(Sleeper), check)) for check in (young, awake, silent)]
    found = {each.claim.name: each for each in induct(changed(asleep, inductive=claims))}
    assert found["young"].verdict is InductionVerdict.INDUCTIVE
    by_whom = [found[name].counterexample for name in ("awake", "silent")]
    assert [step.event.kind for step in by_whom if step is not None] == ["pause", "pause"]
