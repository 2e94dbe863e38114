"""The oracle: a deliberately dumb model checker, written from ``docs/semantics.md`` apart from the real one.

It walks plain states breadth first with a set and a list, asks every property about every state and every
counted step, and says what it found. It knows no packing, no tables, and forgets nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.scope import Look, Scope
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.model.under_way import UnderWay
from elcheck.checker.model.values import text
from tests.oracle.draft import Move
from tests.oracle.steps import Machine


class TooLarge(Exception):
    """More states than the caller wants. ``complete`` levels were fully stored."""

    def __init__(self, complete: int) -> None:
        super().__init__(f"too many states after {complete} complete levels")
        self.complete = complete


@dataclass(frozen=True)
class Found:
    """A property that was decided: how, and the number of steps to where it shows."""

    outcome: str
    length: int


@dataclass
class Facts:
    """What the oracle says of a model. ``found`` has the decided properties by name; ``deadlock`` is the
    number of steps to the nearest deadlock. ``steps`` counts the transitions by what they are steps of,
    ``met`` the states, or steps, in which a ``sometimes`` holds. ``states`` are all that were stored.
    """

    distinct: int = 0
    transitions: int = 0
    depth: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    found: dict[str, Found] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    deadlock: int | None = None
    steps: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    states: frozenset[GlobalState] = frozenset()

    def verdict(self, claim: Property) -> str:
        """The verdict that these facts amount to."""
        if claim.kind == "sometimes":
            missed = "undetermined" if self.cut else "vacuous"
            return "proved" if claim.name in self.found else missed
        if claim.name in self.unsure:
            return "undetermined"
        return self._refuted_or_not(claim.name in self.found)

    def deadlock_verdict(self) -> str:
        return self._refuted_or_not(self.deadlock is not None)

    def _refuted_or_not(self, refuted: bool) -> str:
        return "refuted" if refuted else "holds-within-bounds" if self.cut else "proved"


class Remembering(Machine):
    """A machine that works out the steps of a state once: one that goes too far is asked again."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._known: dict[GlobalState, list[Move]] = {}

    def moves(self, state: GlobalState) -> list[Move]:
        """Every step of a state."""
        if state not in self._known:
            self._known[state] = super().moves(state)
        return self._known[state]


def as_it_is(state: GlobalState) -> GlobalState:
    """A state that stands for itself."""
    return state


def search(
    model: Model,
    limit: int | None = None,
    cap: int = 4000,
    machine: Machine | None = None,
    alike: Callable[[GlobalState], GlobalState] = as_it_is,
) -> Facts:
    """Every reachable state, up to ``limit`` steps from the start, as the one that stands for all that are
    ``alike``.

    Raises TooLarge beyond ``cap`` states, DefinitionError if no initial state is within the bounds.
    """
    machine, facts = machine or Machine(model), Facts()
    level = list(dict.fromkeys(map(alike, machine.initial())))
    facts.cut.update(machine.left_out)
    stored = set(level)
    graph: dict[GlobalState, Ways] = {}
    while level:
        last = facts.depth == limit
        following: dict[GlobalState, None] = {}
        for state in level:
            ask_of_state(model, state, facts)
            moves = machine.moves(state)
            if all(move.event.fault for move in moves) and not done(model, state):
                facts.deadlock = facts.depth if facts.deadlock is None else facts.deadlock
            facts.cut.update({name for move in moves for name in move.crossed})
            whole = [(move, alike(move.after)) for move in moves if not move.crossed]
            counted = [(move, after) for move, after in whole if not last or after in stored]
            facts.cut.update({f"depth {limit}"} if len(counted) < len(whole) else ())
            graph[state] = Ways(facts.depth, {after for _, after in counted}, len(counted) < len(moves))
            for move, after in counted:
                facts.transitions += 1
                facts.steps[counted_as(machine, move)] += 1
                ask_of_step(model, state, move, facts)
                if after not in stored:
                    stored.add(after)
                    following[after] = None
            if len(stored) > cap:
                raise TooLarge(facts.depth)
        level = list(following)
        facts.depth += bool(level)
    facts.distinct, facts.states = len(stored), frozenset(stored)
    for claim in model.properties:
        if claim.kind == "possible":
            _ask_of_future(model, claim, graph, facts)
    return facts


def search_some(model: Model, limit: int | None, cap: int) -> tuple[Facts, int | None]:
    """Every reachable state, or, if these are more than ``cap``, up to a depth; and the limit on depth that
    it was.
    """
    machine = Remembering(model)
    try:
        return search(model, limit, cap, machine), limit
    except TooLarge as large:
        return search(model, large.complete, cap, machine), large.complete


@dataclass
class Ways:
    """The depth of a state, where its steps lead, and whether others lead out of what is stored."""

    depth: int
    to: set[GlobalState]
    out: bool


def _ask_of_future(model: Model, claim: Property, graph: dict[GlobalState, Ways], facts: Facts) -> None:
    """From where the check's holding is within reach, from where a way out is, and what is left."""
    good = {s for s in graph if any(answer is True for answer in answers(claim.scope, model, s))}
    lost = set(graph) - _leading(graph, good)
    dead = lost - _leading(graph, {s for s in graph if graph[s].out})
    if dead:
        facts.found[claim.name] = Found("violated", min(graph[s].depth for s in dead))
    elif lost:
        facts.unsure.add(claim.name)


def _leading(graph: dict[GlobalState, Ways], goals: set[GlobalState]) -> set[GlobalState]:
    found = set(goals)
    while more := {s for s in set(graph) - found if graph[s].to & found}:
        found |= more
    return found


def successors(machine: Machine, state: GlobalState) -> list[Move]:
    """The steps of a state that lead somewhere."""
    return [move for move in machine.moves(state) if not move.crossed]


# ---- properties


def counted_as(machine: Machine, move: Move) -> str:
    """What a transition is a step of."""
    event = move.event
    if event.kind in ("action", "timeout", "receive", "fault"):
        program = machine.model.program if event.node is None else machine.programs[event.node]
        return f"{type(program).__name__}.{event.name}"
    return event.kind


def ask_of_state(model: Model, state: GlobalState, facts: Facts) -> None:
    """Note which properties a state decides, and which ``sometimes`` it meets."""
    for claim in model.properties:
        if claim.scope.kind in ("change", "changes"):
            continue
        if claim.kind == "sometimes" and any(answer is True for answer in answers(claim.scope, model, state)):
            facts.met[claim.name] += 1
        if claim.kind not in ("step", "possible") and claim.name not in facts.found:
            said = list(answers(claim.scope, model, state))
            if claim.kind == "always" and any(answer is not True for answer in said):
                facts.found[claim.name] = Found("violated", facts.depth)
            if claim.kind == "never" and any(answer is not False for answer in said):
                facts.found[claim.name] = Found("violated", facts.depth)
            if claim.kind == "sometimes" and any(answer is True for answer in said):
                facts.found[claim.name] = Found("witnessed", facts.depth)


def ask_of_step(model: Model, state: GlobalState, move: Move, facts: Facts) -> None:
    """Note which properties a step breaks, and which ``sometimes`` of steps it meets."""
    for claim in model.properties:
        if claim.kind == "sometimes" and _is_met(claim.scope, state, move):
            facts.met[claim.name] += 1
            facts.found.setdefault(claim.name, Found("witnessed", facts.depth + 1))
        if claim.kind == "step" and claim.name not in facts.found:
            said = list(_answers_to_step(claim.scope, state, move.after))
            if any(answer is not True for answer in said):
                facts.found[claim.name] = Found("violated", facts.depth + 1)


def _is_met(scope: Scope, state: GlobalState, move: Move) -> bool:
    """Whether a step is one that a ``sometimes`` of steps asks for."""
    of_steps = scope.kind in ("change", "changes")
    return of_steps and any(answer is True for answer in _answers_to_step(scope, state, move.after))


def answers(scope: Scope, model: Model, state: GlobalState) -> Iterator[object]:
    """What a check says of everything in its scope."""
    views = _given(scope, _views(scope, state))
    match scope.kind:
        case "each":
            yield from (scope.check(view) for view in views)
        case "pair":
            yield from (scope.check(a, b) for a, b in permutations(views, 2))
        case "all":
            yield scope.check(tuple(views))
        case "history":
            place = [monitor is scope.monitor for monitor in model.monitors].index(True)
            yield scope.check(state.history[place])
        case "whole" if isinstance(scope.check, UnderWay):
            yield from _of_messages(scope.check, state)
        case "whole":
            yield scope.check(state)
        case "shared":
            yield scope.check(state.shared)
        case _:
            raise AssertionError(f"{scope.kind} is for steps")


def _of_messages(asked: UnderWay, state: GlobalState) -> Iterator[object]:
    """What a check says of every message that it looks at."""
    for sent in state.network:
        if isinstance(sent.msg, asked.message):
            for src in _seen_of(sent.src, asked.sender, state):
                for dst in _seen_of(sent.dst, asked.receiver, state):
                    yield asked.check(src, sent.msg, dst)


def _seen_of(node: NodeId, look: Look[object], state: GlobalState) -> list[object]:
    """What is seen of a node: one thing, or nothing of one that is left out."""
    scope = Scope("each", text, look)
    return _given(scope, [view for view in _views(scope, state) if view.node == node])


def _answers_to_step(scope: Scope, old: GlobalState, new: GlobalState) -> Iterator[object]:
    if not old.nodes:
        yield scope.check(old.shared, new.shared)
        return
    before, after = _views(scope, old), _views(scope, new)
    if scope.kind == "change":
        changed = [(a, b) for a in before for b in after if a.node == b.node and a != b]
        yield from (scope.check(*_given(scope, pair)) for pair in changed)
    elif scope.kind == "changes" and before != after:
        yield scope.check(tuple(_given(scope, before)), tuple(_given(scope, after)))


def _views(scope: Scope, state: GlobalState) -> list[NodeView[object]]:
    """The nodes that a scope keeps, as its view shows them."""
    kept = [view for view in state.nodes if isinstance(view.state, scope.look.of)]
    shown = scope.look.view
    return kept if shown is None else [replace(view, state=shown(view.state)) for view in kept]


def _given(scope: Scope, views: Iterable[NodeView[object]]) -> list[object]:
    """What its check is given of them: with their names only if it asks for these."""
    return [view if scope.look.named else view.state for view in views]


def done(model: Model, state: GlobalState) -> bool:
    """Whether a state without a step is a proper end, or nobody asked."""
    if isinstance(model.deadlock, bool):
        return not model.deadlock
    said = list(answers(model.deadlock, model, state))
    return bool(said) and all(answer is True for answer in said)  # of nothing, nothing is done
