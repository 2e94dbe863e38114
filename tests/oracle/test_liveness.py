"""Liveness against a dumb oracle: all fair behaviours of small random graphs, by enumeration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from elcheck import (
    Bound,
    Fair,
    Fairness,
    Formula,
    Model,
    Property,
    Scope,
    Spec,
    State,
    Step,
    Steps,
    action,
    always,
    always_eventually,
    eventually,
    eventually_always,
    holds,
    leads_to,
    ltl,
    taken,
)
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.formula import And, Constant, Not, Or, Release, Taken, Until
from elcheck.checker.temporal.vacuity import without_effects
from elcheck.checker.traces.trace import Trace
from tests.support.examples import examples

Edge = tuple[str, int, int]
"""Which action leads from where to where."""


class At(State):
    """A state."""

    n: int


class Small(Spec[At]):
    """Some edges between few numbers, of three actions."""

    edges: tuple[Edge, ...]

    def start(self) -> At:
        return At(0)

    def _along(self, name: str, s: At) -> Steps[At]:
        for edge in self.edges:
            if edge[:2] == (name, s.n):
                yield Step(At(edge[2]))

    @action
    def a(self, s: At) -> Steps[At]:
        return self._along("a", s)

    @action
    def b(self, s: At) -> Steps[At]:
        return self._along("b", s)

    @action
    def c(self, s: At) -> Steps[At]:
        return self._along("c", s)


@dataclass(frozen=True)
class Case:
    """A graph, what is assumed of its actions, where two predicates hold, and what a bound leaves of it."""

    edges: tuple[Edge, ...]
    fairness: tuple[Fair, ...]
    p: frozenset[int]
    q: frozenset[int]
    limit: int

    @property
    def kept(self) -> list[Edge]:
        """The edges that no bound cuts."""
        return [edge for edge in self.edges if edge[2] < self.limit]

    def model(self) -> Model:
        """As a model, with a claim of each kind."""
        p, q = _within(self.p), _within(self.q)
        claims: list[Property] = [
            eventually("eventually", p),
            always_eventually("always eventually", p),
            eventually_always("eventually always", p),
            leads_to("leads to", p, q),
        ]
        bound = Bound("limit", At, _below(self.limit))
        return Model(Small(self.edges), claims, bounds=[bound], fairness=self.fairness)


def _within(states: frozenset[int]) -> Scope:
    def check_(s: At) -> bool:
        return s.n in states

    return holds(At, check_)


def _below(limit: int) -> Callable[[At], bool]:
    return lambda s: s.n < limit


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Graphs of up to five states and nine edges."""
    state = st.integers(0, draw(st.integers(1, 4)))
    edge = st.tuples(st.sampled_from("abc"), state, state)
    edges = draw(st.lists(edge.filter(lambda e: e[1] != e[2]), max_size=8, unique=True))
    strength = st.sampled_from(Fairness)
    rules = [Fair(draw(strength), (name,)) for name in "abc"]
    if draw(st.booleans()):
        rules.append(Fair(draw(strength), ("a", "b"), "group"))
    some_states = st.frozensets(state, max_size=3)
    limit = draw(st.sampled_from([9, 9, 1, 2, 3, 4]))
    return Case(tuple(edges), tuple(rules), draw(some_states), draw(some_states), limit)


# -- the oracle -----------------------------------------------------------------------------------------


def conditions(case: Case) -> list[tuple[bool, frozenset[str]]]:
    """(strong, actions) of each condition: the last rule that names an action decides."""
    deciding = {name: rule for rule in case.fairness for name in rule.names}
    return [
        (rule.strength is Fairness.STRONG, frozenset(rule.names if rule.per == "group" else [name]))
        for name, rule in deciding.items()
        if rule.strength is not Fairness.NONE
    ]


def is_fair(case: Case, loop: tuple[Edge, ...], nodes: frozenset[int]) -> bool:
    """Whether going round a loop for ever is fair."""
    for strong, names in conditions(case):
        if any(edge[0] in names for edge in loop):
            continue
        enabled = {edge[1] for edge in case.edges if edge[0] in names}  # those that the bound cuts, too
        if nodes & enabled if strong else nodes <= enabled:
            return False
    return True


def loops(case: Case) -> Iterator[tuple[frozenset[int], tuple[Edge, ...]]]:
    """Every set of edges that can be gone round for ever, with its states; without edges, rest in a state."""
    for node in range(5):
        yield frozenset([node]), ()
    for size in range(1, len(case.kept) + 1):
        for loop in combinations(case.kept, size):
            nodes = frozenset(edge[1] for edge in loop)
            if all(_from(node, loop) == nodes for node in nodes):
                yield nodes, loop


def _from(node: int, edges: tuple[Edge, ...]) -> set[int]:
    """Where one comes to by some edges, at least one."""
    found: set[int] = set()
    fresh = {node}
    while fresh:
        fresh = {edge[2] for edge in edges if edge[1] in fresh} - found
        found |= fresh
    return found


def reach(case: Case, starts: set[int], within: Callable[[int], bool]) -> set[int]:
    """What can be reached from some states by way of states that satisfy a predicate."""
    found = {s for s in starts if within(s)}
    while True:
        more = {edge[2] for edge in case.kept if edge[1] in found and within(edge[2])} - found
        if not more:
            return found
        found |= more


def broken(case: Case) -> set[str]:
    """The claims that some fair behaviour breaks."""
    found = set()
    everywhere = reach(case, {0}, lambda _: True)
    without_p = reach(case, {0}, lambda s: s not in case.p)
    waiting = reach(case, {s for s in everywhere if s in case.p}, lambda s: s not in case.q)
    for nodes, loop in loops(case):
        if not is_fair(case, loop, nodes):
            continue
        if nodes <= without_p:
            found.add("eventually")
        if nodes <= everywhere and not nodes & case.p:
            found.add("always eventually")
        if nodes <= everywhere and nodes - case.p:
            found.add("eventually always")
        if nodes <= waiting:
            found.add("leads to")
    return found


def cut(case: Case) -> bool:
    """Whether the bound cuts something that matters."""
    everywhere = reach(case, {0}, lambda _: True)
    return any(edge[1] in everywhere and edge[2] >= case.limit for edge in case.edges)


@examples(1000)
@given(cases())
def test_agrees_with_the_enumeration_of_all_fair_behaviours(case: Case) -> None:
    refuted, partial = broken(case), cut(case)
    caused = bool(reach(case, {0}, lambda _: True) & case.p)
    for result in check(case.model(), engine="plain").results:
        holds_ = Verdict.PROVED if caused or result.name != "leads to" else Verdict.VACUOUS
        if result.name in refuted:
            assert result.verdict is Verdict.REFUTED, result.name
        else:
            assert result.verdict is (Verdict.UNDETERMINED if partial else holds_), result.name


# -- formulas ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """A behaviour: states, the action after each (empty: it stutters), and where the last goes back to."""

    states: tuple[int, ...]
    actions: tuple[str, ...]
    back: int

    def later(self, at: int) -> list[int]:
        """Every place from one on, in order, until they come again."""
        found = [at]
        while True:
            following = found[-1] + 1 if found[-1] + 1 < len(self.states) else self.back
            if following in found:
                return found
            found.append(following)


def satisfied(formula: Formula, run: Round, at: int, case: Case) -> bool:
    """The definition, word by word."""
    match formula:
        case Constant(value):
            return value
        case Not(operand):
            return not satisfied(operand, run, at, case)
        case And(left, right):
            return satisfied(left, run, at, case) and satisfied(right, run, at, case)
        case Or(left, right):
            return satisfied(left, run, at, case) or satisfied(right, run, at, case)
        case Until(left, right):
            places = run.later(at)
            return any(
                satisfied(right, run, j, case) and all(satisfied(left, run, i, case) for i in places[:number])
                for number, j in enumerate(places)
            )
        case Release(left, right):
            return not satisfied(Until(Not(left), Not(right)), run, at, case)
        case Taken(name):
            return run.actions[at] == name
        case Scope():
            return bool(formula.check(At(run.states[at])))
    raise AssertionError(formula)


def rounds(case: Case, longest: int) -> Iterator[Round]:
    """Every fair behaviour of a few steps before it comes again."""

    def walks(states: tuple[int, ...], edges: tuple[Edge, ...]) -> Iterator[Round]:
        if is_fair(case, (), frozenset(states[-1:])):
            yield Round(states, (*(edge[0] for edge in edges), ""), len(states) - 1)
        for back, state in enumerate(states[:-1]):
            loop = edges[back:]
            if state == states[-1] and is_fair(case, loop, frozenset(edge[1] for edge in loop)):
                yield Round(states[:-1], tuple(edge[0] for edge in edges), back)
        if len(edges) < longest:
            for edge in case.kept:
                if edge[1] == states[-1]:
                    yield from walks((*states, edge[2]), (*edges, edge))

    return walks((0,), ())


def formulas(p: Formula, q: Formula) -> st.SearchStrategy[Formula]:
    """Formulas over two predicates and the three actions."""
    atoms = st.sampled_from([p, q, taken("a"), taken("b"), taken("c"), Constant(value=True)])

    def larger(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
        return st.one_of(
            inner.map(lambda f: ~f),
            inner.map(always),
            inner.map(eventually),
            *(st.builds(make, inner, inner) for make in (And, Or, Until, Release)),
        )

    return st.recursive(atoms, larger, max_leaves=5)


@examples(1000)
@given(st.data())
def test_formulas_agree_with_their_definition(data: st.DataObject) -> None:
    """A lasso that is shown breaks the formula, which its certificate has to see too; where none is, no short
    behaviour does.
    """
    case = data.draw(cases())
    formula = data.draw(formulas(_within(case.p), _within(case.q)))
    model = replace(case.model(), properties=[ltl("formula", formula)])
    [result] = check(model, engine="plain").results
    breaking = next((r for r in rounds(case, 5) if not satisfied(formula, r, 0, case)), None)
    if breaking is not None:
        assert result.verdict is Verdict.REFUTED, breaking
    elif result.verdict is Verdict.REFUTED:
        trace = result.trace
        assert trace is not None
        if trace.loop is None:
            assert cut(case)
            assert all(not satisfied(formula, run, 0, case) for run in going_on(case, trace))
            return
        names = tuple(step.event.name for step in trace.steps)
        states = tuple(state.shared.n for state in trace.states if isinstance(state.shared, At))
        rests = trace.loop == len(names)
        run = Round(states, (*names, ""), trace.loop) if rests else Round(states[:-1], names, trace.loop)
        assert not satisfied(formula, run, 0, case)
    elif result.verdict is Verdict.VACUOUS:
        assert not cut(case)
        stronger = [found.claim for found in without_effects(formula)]
        runs = list(rounds(case, 4))
        assert any(all(satisfied(claim, run, 0, case) for run in runs) for claim in stronger)
    else:
        assert result.verdict is (Verdict.UNDETERMINED if cut(case) else Verdict.PROVED)


def going_on(case: Case, trace: Trace) -> Iterator[Round]:
    """Behaviours that begin as a trace does: they go on to a state with any truth of the predicates, and stay
    there, by any action or none.
    """
    states = tuple(state.shared.n for state in trace.states if isinstance(state.shared, At))
    names = tuple(step.event.name for step in trace.steps)
    for last in range(5):
        for name in ("a", "b", "c", ""):
            yield Round((*states, last), (*names, name, ""), len(states))
