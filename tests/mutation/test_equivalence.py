"""A mutant that answers every question alike has the same graph: by full searches of the oracle, exactly."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import event, given, reject
from hypothesis import strategies as st

from elcheck.checker.check.check import check
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.validate import validate
from elcheck.checker.mutation.baseline import AskedQuestion, Baseline, MutationSubject
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.questions import OfOutline, answer, questions_of
from elcheck.checker.mutation.trial import difference
from elcheck.checker.process.limits import Limits
from elcheck.checker.system import build
from tests.oracle.draft import Move
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.oracle.random_programs import World, outcome, rules
from tests.oracle.search import Facts, search
from tests.oracle.steps import Machine
from tests.oracle.table_programs import Outcome, Rule, Rules, Table, Walk
from tests.support.examples import examples

Graph = dict[GlobalState, frozenset[tuple[object, ...]]]
"""Every state up to a depth, with its steps: what happens, the state after it, the bounds that it crosses."""


@dataclass(frozen=True)
class Whole:
    """All that a full search has to say of a model, by the oracle."""

    graph: Graph
    facts: Facts


def whole(model: Model, limit: int | None, cap: int = 4000) -> Whole:
    """The graph of a model. Raises TooLarge beyond ``cap`` states."""
    claims = [claim for claim in model.properties if claim.kind not in ("liveness", "atom")]
    facts = search(replace(model, properties=claims), limit, cap)
    machine = Machine(model)
    graph: Graph = {}
    level, depth = machine.initial(), 0
    while level and (limit is None or depth < limit):
        ahead: dict[GlobalState, None] = {}
        for state in level:
            moves = machine.moves(state)
            graph[state] = frozenset(_said(move) for move in moves)
            ahead.update((move.after, None) for move in moves if not move.crossed)
        level, depth = [state for state in ahead if state not in graph], depth + 1
    return Whole(graph, facts)


def _said(move: Move) -> tuple[object, ...]:
    return move.event.kind, move.event.name, move.event.node, move.event.choice, move.after, move.crossed


# -- mutants of the bundled models -------------------------------------------------------------------------

SMALL: list[tuple[str, dict[str, object], dict[str, object], int | None]] = [
    ("die_hard", {}, {}, None),
    ("peterson_mutex", {}, {}, None),
    ("bully", {}, {}, None),
    ("two_phase_commit", {"managers": 2}, {}, None),
    ("ring", {"nodes": 3}, {}, None),
]
LARGER: list[tuple[str, dict[str, object], dict[str, object], int | None]] = [
    ("peterson_mutex", {"buffers": True}, {}, None),
    ("bully", {"boot": True}, {"crash": 1}, 8),
    ("bully", {}, {"network": "bag", "loss": 1, "detector": "none"}, 4),
    ("bully_halt", {}, {"crash": 1, "restart": 1}, 8),
    ("two_phase_commit", {"managers": 2}, {"crash": 1}, 6),
    ("ring", {"nodes": 3}, {"network": "fifo", "loss": 1, "dup": 1}, 4),
    ("hirschberg_sinclair", {"nodes": 3}, {}, 6),
    ("peterson_ring", {"nodes": 3}, {}, None),
    ("itai_rodeh", {"nodes": 3, "rounds": 2}, {}, 5),
    ("omega", {"nodes": 2}, {}, 6),
    ("lease", {"max_token": 2}, {}, 5),
    ("sharding", {"shards": 1}, {}, 6),
    ("raft_election", {"nodes": 3, "terms": 1}, {}, 6),
    ("raft_election", {"nodes": 2}, {"network": "set", "loss": 1, "crash": 1}, 6),
    ("raft", {"nodes": 2}, {}, 9),
    ("raft", {"nodes": 3}, {}, 6),
    ("raft", {"nodes": 2, "refusals": True, "commands": 1}, {"network": "fifo", "disconnect": 1}, 5),
    ("raft", {"nodes": 3}, {"network": "bag", "timing": "eventual(2)", "crash": 0, "restart": 0}, 5),
    ("raft_options", {}, {}, 4),
    ("raft_membership", {}, {}, 4),
    ("paxos", {}, {}, 6),
    ("multi_paxos", {}, {}, 5),
    ("zab", {}, {}, 5),
    ("viewstamped", {}, {}, 5),
    ("fast_leader_election", {}, {}, 5),
]


@pytest.mark.parametrize(("name", "given_", "runs_in", "depth"), SMALL)
def test_mutants_of_small_models(
    name: str, given_: dict[str, object], runs_in: dict[str, object], depth: int | None
) -> None:
    assert compare_mutants(name, given_, runs_in, depth, most=6)


@pytest.mark.big
@pytest.mark.parametrize(("name", "given_", "runs_in", "depth"), SMALL + LARGER)
def test_all_mutants(
    name: str, given_: dict[str, object], runs_in: dict[str, object], depth: int | None
) -> None:
    compare_mutants(name, given_, runs_in, depth, most=None)


def compare_mutants(
    name: str, given_: dict[str, object], runs_in: dict[str, object], depth: int | None, most: int | None
) -> int:
    """Search the mutants of a model that are called equivalent in full, and demand the model's own graph; so
    many of them at most, chosen at random. How many there were.
    """
    baseline = Baseline(MutationSubject(load(name), given_, runs_in, Limits(depth=depth), "plain"))
    ours = whole(baseline.model, depth)
    mutants = random.Random(0).sample(baseline.mutants, len(baseline.mutants))
    done = 0
    for mutant in mutants:
        with mutant.mutation.installed():
            if _is_equivalent(mutant, baseline):
                assert whole(baseline.subject.model(), depth) == ours, mutant.key
                done += 1
        baseline.forget()
        if done == most:
            break
    print(f"{name}: {done} equivalent mutants of {len(mutants)}, {ours.facts.distinct} states each")
    return done


def _is_equivalent(mutant: Mutant, baseline: Baseline) -> bool:
    try:
        return difference(baseline.questions(mutant), baseline.built()) is None
    except (DefinitionError, HandlerError, LoadError, UsageError):
        return False


# -- random models, of which a rule is another one ---------------------------------------------------------


def mutated(dice: Random, case: Case) -> Model:
    """The model of a case, in which one handler, the start or a list of jumps is another one."""
    model = case.model
    if isinstance(model.program, SharedProgram):
        assert isinstance(model.program, Walk)
        jumps = model.program.first
        at = dice.randint(0, max(len(jumps) - 1, 0))
        return replace(model, program=replace(model.program, first=jumps[:at] + jumps[at + 1 :]))
    nodes = tuple(model.programs)
    node = dice.choice(nodes)
    program = model.programs[node]
    assert isinstance(program, Table)
    other = _other_table(dice, program, World(nodes, model.environment), node)
    if isinstance(model.program, Table):
        return replace(model, program=other)
    return replace(model, program={**model.programs, node: other})


def _other_table(dice: Random, program: Table, world: World, node: object) -> Table:
    me = next(n for n in world.nodes if n == node)
    if not program.rules:
        reject()
    at = dice.randrange(len(program.rules))
    name, known = program.rules[at]
    place = dice.randint(0, max(len(known) - 1, 0))
    match dice.randrange(3):
        case 0:
            changed = known + rules(dice, world, me, name)
        case 1:
            changed = known[:place] + known[place + 1 :]
        case _:
            changed = _with_outcome(known, place, outcome(dice, world, me, closing=name != "clock"))
    return replace(program, rules=(*program.rules[:at], (name, changed), *program.rules[at + 1 :]))


def _with_outcome(known: Rules, at: int, more: Outcome) -> Rules:
    """Some rules, one of which has another outcome in addition."""
    return tuple(
        Rule(rule.a, rule.b, rule.x, (*rule.outcomes, more)) if number == at else rule
        for number, rule in enumerate(known)
    )


@examples(40)
@given(st.data(), sound_models())
def test_random_models(data: st.DataObject, case: Case) -> None:
    compare_changed(case, data.draw(drawn(lambda dice: mutated(dice, case))), most=40)


@examples(40)
@given(st.data(), sound_specs())
def test_random_specs(data: st.DataObject, case: Case) -> None:
    compare_changed(case, data.draw(drawn(lambda dice: mutated(dice, case))), most=40)


@pytest.mark.big
@examples(6_000)
@given(st.data(), sound_models())
def test_many_random_models(data: st.DataObject, case: Case) -> None:
    compare_changed(case, data.draw(drawn(lambda dice: mutated(dice, case))), most=300)


@pytest.mark.big
@examples(2_000)
@given(st.data(), sound_specs())
def test_many_random_specs(data: st.DataObject, case: Case) -> None:
    compare_changed(case, data.draw(drawn(lambda dice: mutated(dice, case))), most=300)


def compare_changed(case: Case, other: Model, most: int) -> None:
    """If another model answers all questions like that of a case, demand the same graph of it. A graph of
    more states than ``most`` is looked at up to a depth.
    """
    try:
        validate(case.model)
        validate(other)
        report = check(case.model, Limits(depth=case.limit, max_states=most), engine="plain", symmetry=False)
    except DefinitionError:
        reject()
    limit = case.limit
    if report.stats.stopped is not None:
        limit = max(report.stats.depth - 1, 0)
        report = check(case.model, Limits(depth=limit), engine="plain", symmetry=False)
    system = build(case.model)
    questions = [q for q in questions_of(report.exploration) if not isinstance(q, OfOutline)]  # rules differ
    asked = [AskedQuestion(q, answer(q, system), frozenset()) for q in questions]
    alike = difference(asked, build(other)) is None
    event("equivalent" if alike else "not equivalent")
    if alike:
        assert whole(other, limit) == whole(case.model, limit)
