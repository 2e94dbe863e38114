"""The automaton of a formula accepts the words that satisfy it, and is small."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import networkx as nx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elcheck.checker.model.formula import (
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
from elcheck.checker.temporal.automaton import Automaton, automaton_of
from elcheck.checker.temporal.normal import dual, normal_form
from elcheck.checker.temporal.tableau import tableau
from tests.support.examples import examples


@dataclass(frozen=True)
class Atom(Formula):
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Words:
    """At each position begins a word: the atoms that hold there, then the word at the position after it.

    As there are only so many positions, each word ends in a loop.
    """

    letters: tuple[frozenset[Formula], ...]
    after: tuple[int, ...]


P, Q, R = Atom("p"), Atom("q"), Atom("r")


def formulas(depth: int, *atoms: Formula) -> st.SearchStrategy[Formula]:
    """Formulas that are seldom less deep than asked for, over literals and sometimes constants."""
    literals = [*atoms, *map(Not, atoms)]
    if depth == 0:
        return st.sampled_from([*literals * 3, TRUE, FALSE])
    inner = formulas(depth - 1, *atoms)
    unary = st.builds(lambda op, f: op(f), st.sampled_from([Not, globally, finally_]), inner)
    binary = st.builds(lambda op, f, g: op(f, g), st.sampled_from([And, Or, Until, Release]), inner, inner)
    return st.one_of(unary, binary, binary, st.sampled_from(literals))


FORMULAS = st.one_of(formulas(2, P, Q, R), formulas(3, P, Q), formulas(3, P, Q, R), formulas(4, P, Q))
LETTERS = st.frozensets(st.sampled_from([P, Q, R]))
WORDS = st.lists(st.tuples(LETTERS, st.integers(0, 9)), min_size=1, max_size=10).map(
    lambda drawn: Words(tuple(a for a, _ in drawn), tuple(n % len(drawn) for _, n in drawn))
)
PROMISES = [
    lambda f, g: globally(finally_(f)),
    lambda f, g: finally_(globally(f)),
    lambda f, g: globally(f >> finally_(g)),
    Until,
    Release,
]
CLAIMS = st.builds(
    lambda op, f, g: op(f, g), st.sampled_from(PROMISES), formulas(1, P, Q, R), formulas(1, P, Q, R)
)


def where(f: Formula, words: Words) -> set[int]:
    """The positions at which a formula holds, by its meaning and nothing else."""
    positions = set(range(len(words.letters)))
    match f:
        case Constant(value):
            return positions if value else set()
        case Not(operand):
            return positions - where(operand, words)
        case And(left, right):
            return where(left, words) & where(right, words)
        case Or(left, right):
            return where(left, words) | where(right, words)
        case Until(left, right):
            before, found = where(left, words), where(right, words)
            for _ in positions:
                found = found | {n for n in before if words.after[n] in found}
            return found
        case Release(left, right):
            releasing, kept = where(left, words), where(right, words)
            for _ in positions:
                kept = {n for n in kept if n in releasing or words.after[n] in kept}
            return kept
        case _:
            return {n for n in positions if f in words.letters[n]}


def accepted(automaton: Automaton, words: Words) -> set[int]:
    """The positions from which a run leads to a part of automaton and words where it can see all marks."""
    graph: nx.DiGraph[tuple[int, int]] = nx.DiGraph()
    edges = []
    for position, letter in enumerate(words.letters):
        for edge in automaton.transitions:
            if edge.positive <= letter and not edge.negative & letter:
                source, target = (edge.source, position), (edge.target, words.after[position])
                edges.append((source, target, edge.marks))
                graph.add_edge(source, target)
    good: set[tuple[int, int]] = set()
    for part in nx.strongly_connected_components(graph):
        inside = [marks for source, target, marks in edges if source in part and target in part]
        if inside and len(set().union(*inside)) == automaton.marks:
            good |= part
    size = -1
    while size != len(good):
        size = len(good)
        good |= {source for source, target, _ in edges if target in good}
    return {position for state, position in good if state == automaton.initial}


@examples(1500)
@given(FORMULAS, WORDS)
@example(
    globally(Q) & P.until(globally(Q) & R),  # an "until" does not bring back what it waits for
    Words((frozenset([P, Q]), frozenset([P]), frozenset([Q, R])), (1, 2, 2)),
)
def test_accepts_what_satisfies_the_formula(f: Formula, words: Words) -> None:
    holds = where(f, words)
    assert accepted(automaton_of(f), words) == holds
    assert accepted(automaton_of(Not(f)), words) == set(range(len(words.letters))) - holds


@examples(600)
@given(CLAIMS, CLAIMS, CLAIMS, WORDS)
def test_several_claims_at_a_time(f: Formula, g: Formula, h: Formula, words: Words) -> None:
    holds = [where(claim, words) for claim in (f, g, h)]
    assert accepted(automaton_of(f & g & h), words) == set.intersection(*holds)
    assert accepted(automaton_of(f | g | h), words) == set.union(*holds)


@examples(300)
@given(FORMULAS, WORDS, st.integers(0, 9))
def test_repeating_a_position_changes_nothing(f: Formula, words: Words, number: int) -> None:
    size = len(words.letters)
    place = number % size
    after = [*words.after, words.after[place]]
    after[place] = size
    longer = Words((*words.letters, words.letters[place]), tuple(after))
    automaton = automaton_of(f)
    assert accepted(automaton, longer) - {size} == accepted(automaton, words)


@examples(2000)
@given(FORMULAS | CLAIMS | st.builds(And, CLAIMS, CLAIMS), WORDS)
def test_normal_form_means_the_same(f: Formula, words: Words) -> None:
    normal = normal_form(f)
    assert set(atoms_of(normal)) <= set(atoms_of(f))
    assert where(normal, words) == where(f, words)
    assert where(dual(normal), words) == where(Not(f), words)


@examples(300)
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
    assert normal_form(Until(~p, p)) == finally_(p)
    assert normal_form(Until(p & q, p)) == p
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


def test_true_is_one_transition() -> None:
    """Also where the form of the formula does not tell: if q and r hold now, r releases q now."""
    hidden = finally_(R.release(Q)) | ~R | ~Q
    assert automaton_of(TRUE) == automaton_of(hidden)
    assert size(automaton_of(hidden)) == (1, 1, 0)


def test_many_fair_things_are_one_state() -> None:
    """From the beginning: with all sets of them to begin with, ten would take for ever."""
    atoms: list[Formula] = [Atom(f"a{number}") for number in range(5)]
    f: Formula = TRUE
    for atom in atoms:
        f &= globally(finally_(atom))
    edges, _ = tableau(normal_form(f), atoms)
    assert {(edge.source, edge.target) for edge in edges} == {(0, 0)}
    assert size(automaton_of(f)) == (1, 32, 5)


def test_numbers_do_not_depend_on_hashes() -> None:
    program = (
        "from tests.temporal.test_automaton import *; "
        "f, g = P.until(Q) >> globally(R), finally_(R) & P.release(Q);"
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
