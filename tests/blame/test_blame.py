"""``elcheck blame``: its report, its limits, what it says of more and of fewer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import permutations

import pytest

from elcheck import GlobalState, NodeView, State, always, each, load, within
from elcheck.checker.blame.blame import BlameSubject, blame
from elcheck.checker.blame.cutoff import PairsSeen, cutoff_of, pairs_of
from elcheck.checker.blame.space import explored
from elcheck.checker.check.check import check
from elcheck.checker.model.property import Property
from elcheck.checker.model.state import NodeView as View
from elcheck.checker.process.limits import INTERRUPTED, Limits
from elcheck.checker.process.watch import current
from elcheck.checker.search.search import Search
from elcheck.checker.system.views import view_of
from tests.blame.dumb import left, states_of
from tests.support.commands import printed
from tests.support.models import Counting

TRUE = always("true", each(State, lambda _: True))


def as_json(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, object]]:
    code, out = printed(capfd, "blame", *args, "--format", "json")
    document: dict[str, object] = json.loads(out)
    assert document["exit_code"] == code
    return code, document


# -- one more, one fewer ---------------------------------------------------------------------------------


def test_variants_are_what_checks_of_them_come_to() -> None:
    file = load("raft_election")
    model = file(nodes=2, terms=2)
    subject = BlameSubject(model, lambda changed: file(**{"nodes": 2, "terms": 2, **changed}), {"terms": 2})
    found = blame(subject, further=100_000)
    assert {(v.name, v.then): v.states for v in found.variants} == {
        ("crash", 1): check(within(model, crash=1)).stats.distinct,
        ("pause", 1): check(within(model, pause=1)).stats.distinct,
        ("partition", 1): check(within(model, partition=1)).stats.distinct,
        ("terms", 1): check(file(nodes=2, terms=1)).stats.distinct,
        ("terms", 3): check(file(nodes=2, terms=3)).stats.distinct,
    }
    assert found.exit_code == 0


def test_without_the_last_crash_there_is_no_restart() -> None:
    model = within(load("raft_election")(nodes=2), crash=1, restart=1)
    found = blame(BlameSubject(model), further=100_000)
    crashless = next(v for v in found.variants if (v.name, v.then) == ("crash", 0))
    assert crashless.states == check(load("raft_election")(nodes=2)).stats.distinct


def test_of_any_number_of_terms_the_states_are_those_of_their_order() -> None:
    file = load("raft_election")
    asked = {"nodes": 2, "terms": "unlimited"}
    subject = BlameSubject(file(**asked), lambda changed: file(**{**asked, **changed}), {"spread": 1})
    found = blame(subject, Limits(max_states=20_000), further=1_000)
    assert (found.size.distinct, found.size.stopped) == (20, None)
    sizes = {v.then: v.states for v in found.variants if v.name == "spread"}
    assert sizes == {2: 32}  # none is spread 0
    assert all(part.left <= 20 for part in found.parts)


def test_a_variant_ends_at_its_limit() -> None:
    found = blame(BlameSubject(within(load("raft_election")(nodes=2), crash=0)), further=20)
    crash = next(v for v in found.variants if v.name == "crash")
    assert crash.stopped is not None
    assert crash.states <= 40  # of 20 representatives


# -- more nodes ------------------------------------------------------------------------------------------


def dumb_pairs(claim: Property, states: list[GlobalState]) -> Iterator[tuple[object, ...]]:
    """What a property sees of two nodes, without their names."""
    for state in states:
        for a, b in permutations(state.nodes, 2):
            seen = [view_of(claim.scope, v) for v in (a, b)]
            if all(isinstance(view, View) for view in seen):
                yield tuple(view.state for view in seen if isinstance(view, NodeView))


def test_pairs_are_those_of_all_states() -> None:
    """The views of the election have no names of nodes in them."""
    model = load("raft_election")(nodes=2, terms=2)
    states = states_of(model, 2000)
    for symmetry in (False, True):
        found = pairs_of(explored(model, Limits(), symmetry=symmetry))
        for claim in model.properties:
            assert len(found[claim.name]) == len(set(dumb_pairs(claim, states)))


def test_from_which_number_on_nothing_is_new() -> None:
    def seen(value: int, *pairs: int, stopped: str | None = None) -> PairsSeen:
        return PairsSeen(value, {"p": frozenset(((p,), (p,)) for p in pairs)}, stopped)

    def settled(*found: PairsSeen) -> int | None:
        return cutoff_of("nodes", found).rows[0].settled

    assert settled(seen(2, 1), seen(3, 1, 2), seen(4, 1, 2), seen(5, 2)) == 3
    assert settled(seen(2, 1), seen(3, 1, 2), seen(4, 1, 2, 3)) is None
    assert settled(seen(2, 1, 2), seen(3, 1), seen(4, 2)) == 2
    assert settled(seen(2, 1), seen(3, 1, stopped="a limit")) is None
    assert settled(seen(2, 1)) is None


def test_a_cutoff_of_an_election() -> None:
    file = load("raft_election")
    subject = BlameSubject(file(), lambda changed: file(**changed), {"nodes": 3})
    (cutoff,) = blame(subject, further=1_500).cutoffs
    assert (cutoff.parameter, cutoff.values, cutoff.complete) == ("nodes", (2, 3, 4, 5), (2, 3, 4))
    assert {row.settled for row in cutoff.rows} == {3}
    assert {row.counts[:3] for row in cutoff.rows} == {(5, 7, 7)}


# -- reports and limits ----------------------------------------------------------------------------------


def test_the_text_fits_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capfd, "blame", "raft_election", "--terms", "1", "--further", "100", "--width", "80")
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert "To repeat it: elcheck blame raft_election --terms 1 --further 100" in out
    assert "crash 0 → 1" in out
    assert "odes 5 is evidence of a cut-off, not a proof" in out


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    code, found = as_json(capfd, "raft_election", "--nodes", "2", "--further", "0")
    assert code == 0
    assert found["space"] == {
        **found["space"],  # type: ignore[dict-item]  # seconds
        "distinct": 49,
        "levels": list(check(load("raft_election")(nodes=2)).search.sizes),
        "stopped": None,
        "estimate": None,
    }
    model = load("raft_election")(nodes=2)
    votes = left(model, states_of(model, 100), "field", "Server.votes")
    assert {"kind": "field", "name": "Server.votes", "left": votes} in found["parts"]  # type: ignore[operator]  # a list
    assert found["variants"] == found["cutoffs"] == found["unfinished"] == []


def test_a_limit_leaves_what_is_known(capfd: pytest.CaptureFixture[str]) -> None:
    code, found = as_json(capfd, "raft_election", "--max-states", "700", "--further", "0")
    assert code == 20
    space = found["space"]
    assert isinstance(space, dict)
    assert space["distinct"] == 700
    assert sum(space["levels"]) == 700
    assert space["complete_levels"] == 6
    assert found["parts"]
    code, out = printed(capfd, "blame", "raft_election", "--max-states", "100", "--further", "0")
    assert code == 20
    assert "All counts are of those that were." in out
    code, out = printed(capfd, "blame", "raft_election", "--depth", "3", "--further", "0")
    assert code == 0
    assert "The bound depth 3 cut steps of" in out


def test_an_interrupt_leaves_what_is_known(capfd: pytest.CaptureFixture[str]) -> None:
    def interrupt(search: Search) -> None:
        if len(search.codes) > 200:
            current().interrupt(2)

    found = blame(BlameSubject(load("raft")()), engine="plain", progress=interrupt)  # which takes a while
    assert found.size.stopped == INTERRUPTED
    assert found.parts
    assert found.variants == []
    assert found.exit_code == 20
    assert any("interrupted" in what for what in found.unfinished)


def test_what_raises_is_said() -> None:
    model = Counting(9, divides_at=2).model(TRUE)
    found = blame(BlameSubject(model))
    assert found.size.failure is not None
    assert "ZeroDivisionError" in found.size.failure
    assert found.exit_code == 14
    assert found.variants == []


def test_a_timeout_holds(capfd: pytest.CaptureFixture[str]) -> None:
    code, found = as_json(capfd, "raft", "--timeout", "2")
    assert code == 20
    assert found["parts"]


def test_of_a_model_without_nodes_there_are_fields_only() -> None:
    found = blame(BlameSubject(load("die_hard")()), further=0)
    assert [(part.name, part.left) for part in found.parts] == [("Jugs.small", 6), ("Jugs.big", 4)]
    assert found.live is None


def test_what_is_claimed_does_not_end_it() -> None:
    """A check ends when every property is decided; the space is all that there is."""
    model = Counting(9).model(always("small", each(State, lambda _: False)))
    assert check(model).stats.distinct < blame(BlameSubject(model), further=0).size.distinct == 10
