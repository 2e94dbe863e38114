"""What the report says of a counterexample: what is claimed, and where the mistake shows."""

from __future__ import annotations

import pytest

from elcheck import Formula, State, always, at, each, eventually, leads_to, ltl, node_ids, some, taken
from elcheck.checker.check.check import check
from elcheck.checker.check.meaning import meaning
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.html.otherwise import Otherwise, otherwise
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.property import Property
from elcheck.checker.process.limits import Limits
from elcheck.models.raft import Server
from elcheck.specs import election


def found(name: str, bug: str, **parameters: object) -> Otherwise | None:
    """The first counterexample of a bug, held against the model without it."""
    file = load(name)
    faulty = file(bug=bug, **parameters)
    results = check(faulty, Limits(first=True)).results
    trace = next(r.trace for r in results if r.verdict is Verdict.REFUTED)
    assert trace is not None
    return otherwise(trace, faulty, file(**parameters))


def test_an_outcome_that_would_be_another() -> None:
    assert found("raft", "forget-vote") == Otherwise({4: "n3.voted_for would be n1, not None"}, ())


def test_a_step_that_could_not_happen() -> None:
    it = found("sharding", "impatient")
    assert it is not None
    assert list(it.steps.values()) == ["it could not happen: its guard: the last server may still write"]


def test_what_else_could_happen_at_the_end() -> None:
    it = found("raft_liveness", "candidate-waits", nodes=2)
    assert it is not None
    assert it.steps == {}
    assert it.else_ == ("at its end this could happen: n1: election_timeout, n2: election_timeout",)


def test_a_step_without_effect() -> None:
    it = found("raft", "stale-votes")
    assert it == Otherwise({5: "it would change nothing"}, ())


def test_another_environment() -> None:
    it = found("bully", "highest-recovers")
    assert it is not None
    (said,) = it.else_
    assert said.startswith("the environment would be network fifo, crash 2, ")
    assert ", not network fifo, crash 1, restart 1, " in said


def test_other_fairness() -> None:
    it = found("raft_liveness", "no-timers", nodes=2, early=0)
    assert it is not None
    assert it.steps == {}
    (said,) = it.else_
    assert "strong fairness of election_timeout would be assumed, not weak fairness of" in said


def test_how_it_begins() -> None:
    it = found("ring", "duplicate-ids", nodes=3)
    assert it is not None
    assert list(it.steps) == [0]


def test_models_of_other_nodes_are_not_compared() -> None:
    assert found("raft", "half-quorum") is None  # it leaves out one of the three servers


def fine(node: object) -> bool:
    """It is fine."""
    return node is not None


def undocumented(node: object) -> bool:
    return node is not None


def _waits() -> Formula:
    """Somebody waits."""
    return some(each(State, lambda s: s is not None))


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (always("its own", each(State, fine)), ("It is fine.",)),
        (always("nothing", each(State, undocumented)), ()),
        (always("a lambda", each(State, lambda s: s is not None)), ()),
        (
            election.one_leader_per_term(Server),
            (
                "At most one node leads in any term (Raft's Election Safety, Ongaro and Ousterhout 2014, "
                "figure 3).",
            ),
        ),
        (
            leads_to("served", _waits(), each(State, fine)),
            (
                "G (some waits implies F fine) (G: always, F: in the end).",
                "waits: Somebody waits.",
                "fine: It is fine.",
            ),
        ),
        (
            leads_to(
                "without names",
                each(State, lambda s: s is not None),
                each(State, lambda s: s is None),
            ),
            ("G (p implies F p 2) (G: always, F: in the end).",),
        ),
        (
            eventually("of one node", at(node_ids(1)[0], State, fine)),
            ("F some fine (G: always, F: in the end).", "fine: It is fine."),
        ),
        (
            ltl(
                "three",
                always(~(taken("a") | taken("b") | taken("c"))) >> eventually(each(State, undocumented)),
            ),
            ("G not (taken(a) or taken(b) or taken(c)) implies F undocumented (G: always, F: in the end).",),
        ),
    ],
)
def test_what_is_claimed(claim: Property, said: tuple[str, ...]) -> None:
    assert meaning(claim) == said


def test_a_model_does_not_speak_for_its_checks() -> None:
    """``die_hard`` defines a check within ``model``, whose docstring is the model's."""
    (claim,) = (c for c in load("die_hard")().properties if c.name == "the goal is measured")
    assert "<locals>" in getattr(claim.scope.check, "__qualname__", "")
    assert meaning(claim) == ()
