"""The automaton of a formula accepts the words that satisfy it, and is small.

Words here are lassos: a stem, and a loop that goes on for ever.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.liveness.automaton import Automaton, automaton_of
from checker.liveness.normal import dual, normal_form
from checker.model.formula import (
    FALSE,
    TRUE,
    And,
    Constant,
    Formula,
    Not,
    Or,
    Release,
    Taken,
    Until,
    atoms_of,
    finally_,
    globally,
)


@dataclass(frozen=True)
class Atom(Formula):
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Lasso:
    """The atoms that hold at each position; after the last comes the position ``back``."""

    letters: tuple[frozenset[Atom], ...]
    back: int

    def after(self, position: int) -> int:
        return position + 1 if position + 1 < len(self.letters) else self.back


P, Q, R = Atom("p"), Atom("q"), Atom("r")


def wider(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    unary = st.sampled_from([Not, globally, finally_])
    binary = st.sampled_from([And, Or, Until, Release])
    return st.builds(lambda op, f: op(f), unary, inner) | st.builds(
        lambda op, f, g: op(f, g), binary, inner, inner
    )


ATOMS: st.SearchStrategy[Formula] = st.sampled_from([P, Q, R])
LEAVES = st.one_of(ATOMS, ATOMS, ATOMS, ATOMS, st.sampled_from([TRUE, FALSE]))
FORMULAS = st.recursive(LEAVES, wider, max_leaves=7)
LETTERS = st.frozensets(st.sampled_from([P, Q, R]))
STEMS = st.lists(LETTERS, max_size=4)
LASSOS = st.builds(
    lambda stem, loop: Lasso((*stem, *loop), len(stem)), STEMS, st.lists(LETTERS, min_size=1, max_size=4)
)


def where(f: Formula, word: Lasso) -> set[int]:
    """The positions at which a formula holds, by its meaning and nothing else."""
    positions = set(range(len(word.letters)))
    match f:
        case Constant(value):
            return positions if value else set()
        case Not(operand):
            return positions - where(operand, word)
        case And(left, right):
            return where(left, word) & where(right, word)
        case Or(left, right):
            return where(left, word) | where(right, word)
        case Until(left, right):
            before, found = where(left, word), where(right, word)
            for _ in positions:
                found = found | {n for n in before if word.after(n) in found}
            return found
        case Release(left, right):
            releasing, kept = where(left, word), where(right, word)
            for _ in positions:
                kept = {n for n in kept if n in releasing or word.after(n) in kept}
            return kept
        case _:
            return {n for n in positions if f in word.letters[n]}


def accepts(automaton: Automaton, word: Lasso) -> bool:
    """Whether some run stays in a strongly connected part of automaton and lasso that has all marks."""
    graph: nx.MultiDiGraph[tuple[int, int]] = nx.MultiDiGraph()
    start = (automaton.initial, 0)
    graph.add_node(start)
    for position, letter in enumerate(word.letters):
        for edge in automaton.transitions:
            if edge.positive <= letter and not edge.negative & letter:
                target = (edge.target, word.after(position))
                graph.add_edge((edge.source, position), target, marks=edge.marks)
    met = graph.subgraph({start} | nx.descendants(graph, start))
    for part in nx.strongly_connected_components(met):
        inside = [edge[2]["marks"] for edge in met.subgraph(part).edges(data=True)]
        if inside and len(set().union(*inside)) == automaton.marks:
            return True
    return False


@settings(max_examples=2000, deadline=None)
@given(FORMULAS, st.lists(LASSOS, min_size=1, max_size=3))
def test_accepts_what_satisfies_the_formula(f: Formula, words: list[Lasso]) -> None:
    automaton, opposite = automaton_of(f), automaton_of(Not(f))
    for word in words:
        holds = 0 in where(f, word)
        assert accepts(automaton, word) == holds
        assert accepts(opposite, word) != holds


@settings(max_examples=500, deadline=None)
@given(FORMULAS, FORMULAS, LASSOS)
def test_conjunctions_and_disjunctions(f: Formula, g: Formula, word: Lasso) -> None:
    """Of large formulas: many obligations at a time."""
    left, right = 0 in where(f, word), 0 in where(g, word)
    assert accepts(automaton_of(f & g), word) == (left and right)
    assert accepts(automaton_of(f | g), word) == (left or right)


@settings(max_examples=300, deadline=None)
@given(FORMULAS, LASSOS, st.integers(0, 7), st.integers(1, 3))
def test_repeating_a_position_changes_nothing(f: Formula, word: Lasso, where_: int, times: int) -> None:
    place = where_ % len(word.letters)
    letters = word.letters[:place] + (word.letters[place],) * times + word.letters[place:]
    longer = Lasso(letters, word.back + times if place < word.back else word.back)
    automaton = automaton_of(f)
    assert accepts(automaton, word) == accepts(automaton, longer)


@settings(max_examples=1000, deadline=None)
@given(FORMULAS, LASSOS)
def test_normal_form_means_the_same(f: Formula, word: Lasso) -> None:
    normal = normal_form(f)
    assert where(normal, word) == where(f, word)
    assert where(dual(normal), word) == where(Not(f), word)
    assert set(atoms_of(normal)) <= set(atoms_of(f))


@settings(max_examples=300, deadline=None)
@given(FORMULAS)
def test_every_state_and_mark_is_of_use(f: Formula) -> None:
    automaton = automaton_of(f)
    sources = {edge.source for edge in automaton.transitions}
    targets = {edge.target for edge in automaton.transitions}
    assert sources == (set(range(automaton.states)) if automaton.transitions else set())
    assert targets | {automaton.initial} == set(range(automaton.states))
    assert set().union(*(edge.marks for edge in automaton.transitions)) == set(range(automaton.marks))
    assert not any(edge.positive & edge.negative for edge in automaton.transitions)


SIZES = [
    ("true", TRUE, (1, 1, 0), (1, 0, 0)),
    ("p", P, (2, 2, 0), (2, 2, 0)),
    ("G p", globally(P), (1, 1, 0), (2, 3, 1)),
    ("F p", finally_(P), (2, 3, 1), (1, 1, 0)),
    ("G F p", globally(finally_(P)), (1, 2, 1), (2, 3, 1)),
    ("F G p", finally_(globally(P)), (2, 3, 1), (1, 2, 1)),
    ("p U q", P.until(Q), (2, 3, 1), (2, 3, 0)),
    ("p R q", P.release(Q), (2, 3, 0), (2, 3, 1)),
    ("G(p -> F q)", globally(P >> finally_(Q)), (2, 5, 1), (2, 3, 1)),
    ("G(p -> G q)", globally(P >> globally(Q)), (2, 3, 0), (3, 6, 1)),
    ("G F p & G F q", globally(finally_(P)) & globally(finally_(Q)), (1, 4, 2), (3, 5, 1)),
    ("G F p -> G F q", globally(finally_(P)) >> globally(finally_(Q)), (4, 8, 1), (2, 4, 1)),
    ("F G p -> G F q", finally_(globally(P)) >> globally(finally_(Q)), (1, 3, 1), (2, 3, 1)),
    ("G(p -> p U q)", globally(P >> P.until(Q)), (2, 5, 1), (3, 5, 1)),
    ("F p & F q", finally_(P) & finally_(Q), (4, 9, 1), (3, 4, 0)),
]


def size(automaton: Automaton) -> tuple[int, int, int]:
    return automaton.states, len(automaton.transitions), automaton.marks


@pytest.mark.parametrize(("f", "own", "opposite"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_sizes(f: Formula, own: tuple[int, int, int], opposite: tuple[int, int, int]) -> None:
    """States, transitions and marks for the formula and for its negation."""
    assert size(automaton_of(f)) == own
    assert size(automaton_of(Not(f))) == opposite


def test_laws_are_seen() -> None:
    p, q = P, Q
    assert normal_form(globally(finally_(globally(p)))) == finally_(globally(p))
    assert normal_form(finally_(globally(finally_(p)))) == globally(finally_(p))
    assert normal_form(finally_(finally_(p) | q)) == finally_(p | q)
    assert normal_form(globally(p) & globally(q)) == globally(p & q)
    assert normal_form(p & (p | q)) == p
    assert normal_form(p | ~p) == TRUE
    assert normal_form(Until(p, Until(p, q))) == Until(p, q)
    assert normal_form(~p >> Until(TRUE, p)) == finally_(p)
    assert normal_form(And(globally(p), finally_(Not(p)))) == FALSE


def test_false_is_empty() -> None:
    """Also where the form of the formula does not tell."""
    hidden = globally(finally_(P)) & finally_(globally(~P & Q))
    assert automaton_of(FALSE) == automaton_of(hidden) == Automaton(1, 0, (), 0)


def test_text() -> None:
    automaton = automaton_of(globally(P >> finally_(Q)))
    assert automaton.text() == (
        "0 -> 0: !p & !q {0}\n0 -> 0: q {0}\n0 -> 1: p & !q\n1 -> 0: q {0}\n1 -> 1: !q"
    )
    assert automaton_of(TRUE).text() == "0 -> 0: true"
    step = Taken("crash")
    assert (
        automaton_of(globally(step)).text(lambda f: f.name if isinstance(f, Taken) else "?")
        == "0 -> 0: crash"
    )


def test_many_fair_things_are_one_state() -> None:
    f: Formula = TRUE
    for number in range(5):
        f &= globally(finally_(Atom(f"a{number}")))
    assert size(automaton_of(f)) == (1, 32, 5)


def test_numbers_do_not_depend_on_hashes() -> None:
    program = (
        "from tests.test_automaton import *; f, g = P.until(Q) >> globally(R), finally_(R) & P.release(Q);"
        "print(automaton_of(globally(f | g)).text())"
    )
    texts = set()
    for seed in "012":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        texts.add(done.stdout)
    assert len(texts) == 1
