"""Steps that a bound cuts, of how far terms are apart or of what a link holds, break nothing there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace as changed

import pytest

from elcheck import (
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    Scope,
    State,
    Step,
    Steps,
    Term,
    action,
    all_nodes,
    always,
    each,
    guard,
    inductive,
    node_ids,
    pair,
    receive,
    tick,
)
from tests.induction.asked import BROKEN, HOLDS, TRUE, one


class Termed(State):
    term: Term = Term(0)


class Raising(Node[Termed]):
    """A node that raises its term up to 3."""

    def start(self) -> Termed:
        return Termed()

    @action
    def rise(self, s: Termed) -> Termed:
        guard(s.term < Term(3), "it has the last term")
        return Termed(s.term.next())


class Ticking(Node[Termed]):
    """A node that raises its term at a joint tick, or does not."""

    def start(self) -> Termed:
        return Termed()

    @tick
    def pass_time(self, s: Termed) -> Steps[Termed]:
        yield Step(s)
        if s.term < Term(3):
            yield Step(Termed(s.term.next()))


def spread_over(program: Node[Termed], nodes: int, *scopes: Scope) -> Model:
    programs = dict.fromkeys(node_ids(nodes), program)
    return Model(programs, [TRUE], bounds=[Bound("spread", 1)], inductive=[inductive("claim", scopes)])


def close(seen: Iterable[Termed]) -> bool:
    terms = [s.term for s in seen]
    return not (Term(0) in terms and Term(2) in terms)


@pytest.mark.parametrize("program", [Raising(), Ticking()])
@pytest.mark.parametrize(
    "scope",
    [all_nodes(Termed, close), pair(Termed, lambda a, b: close([a, b]))],
    ids=["all", "pair"],
)
def test_a_step_that_the_spread_cuts_breaks_nothing(program: Node[Termed], scope: Scope) -> None:
    assert one(spread_over(program, 2, scope)).verdict is HOLDS


@pytest.mark.parametrize("program", [Raising(), Ticking()])
@pytest.mark.parametrize(
    "scope",
    [
        each(Termed, lambda s: s.term != Term(2)),
        pair(Termed, lambda a, b: (a.term, b.term) != (Term(2), Term(1))),
        all_nodes(Termed, lambda seen: Term(2) not in [s.term for s in seen]),
    ],
    ids=["each", "pair", "all"],
)
def test_with_other_nodes_further_on_it_is_not_cut(program: Node[Termed], scope: Scope) -> None:
    found = one(spread_over(program, 3, scope))
    assert found.verdict is BROKEN
    assert found.violated


class Flood(Message):
    """One of several."""


class Flooding(State):
    """Whether a node may flood the other, and has."""

    ready: bool = False
    done: bool = False


class Flooder(Node[Flooding]):
    """It sends two messages at once. Nobody ever becomes ready."""

    @action
    def flood(self, s: Flooding) -> Step[Flooding]:
        guard(s.ready, "it is not ready")
        return Step(Flooding(done=True), self.broadcast(Flood()) + self.broadcast(Flood()))

    @receive
    def flooded(self, s: Flooding, src: NodeId, msg: Flood) -> Flooding:
        return s


def test_what_a_link_is_too_full_for_happens_where_nobody_is_there_to_get_it() -> None:
    """Mail for a node that is down is dropped, so the bound on links does not cut the step there."""
    scope = each(Flooding, lambda s: not s.done)
    claim = inductive("nobody floods", scope, [Flooding(), Flooding(True), Flooding(done=True)])
    model = Model(
        Flooder(),
        [always("nobody floods yet", scope)],
        nodes=node_ids(2),
        environment=Environment(network="fifo", crash=1),
        bounds=[Bound("link", 1)],
        inductive=[claim],
    )
    assert one(model).verdict is BROKEN
    assert one(changed(model, environment=Environment(network="fifo"))).verdict is HOLDS
