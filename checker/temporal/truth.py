"""Where the atoms of formulas hold: a flag for each state, or for each step."""

from __future__ import annotations

import numpy as np

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.formula import Formula, Taken, atoms_of
from elcheck.checker.model.refinement import MapsToStep, Unmappable
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.process.watch import EVERY, look
from elcheck.checker.search.judge import arguments_of
from elcheck.checker.search.search import Exploration
from elcheck.checker.system.interning import Interner
from elcheck.checker.temporal.state_graph import Graph, Mask

Truth = dict[Formula, Mask]


def truth_of_states(formula: Formula, exploration: Exploration) -> Truth:
    """Where the formula's atoms of states hold, by the index of the state. Raises HandlerError."""
    numbers = {
        claim.formula: number for number, claim in enumerate(exploration.judge.claims) if claim.kind == "atom"
    }
    atoms = dict.fromkeys(atom for atom in atoms_of(formula) if atom in numbers)
    return {atom: where(numbers[atom], exploration) for atom in atoms}


def where(claim: int, exploration: Exploration) -> Mask:
    """The states in which the check of a claim holds (:meth:`Judge.holds`). Raises HandlerError."""
    search, judge = exploration.search, exploration.judge
    if search.observations is not None and judge.claims[claim].scope.kind != "whole":
        numbers, observations = search.observations()
        held = np.zeros(len(observations), np.bool_)
        for number, observation in enumerate(observations):
            if number % EVERY == 0:
                look()
            try:
                held[number] = judge.holds_of(claim, observation)
            except HandlerError as error:
                search.failure = (int(np.flatnonzero(numbers == number)[0]), str(error))
                raise
        there: Mask = held[numbers]
        return there
    found = np.zeros(len(search.codes), np.bool_)
    for index, code in enumerate(search.codes):
        if index % EVERY == 0:
            look()
        try:
            found[index] = judge.holds(claim, code)
        except HandlerError as error:
            search.failure = (index, str(error))
            raise
    return found


def truth_of_steps(formula: Formula, graph: Graph, names: StepNames, exploration: Exploration) -> Truth:
    """Of which steps the formula's atoms of steps hold, by the number of the edge. Raises HandlerError."""
    found: Truth = {}
    for atom in dict.fromkeys(atoms_of(formula)):
        if isinstance(atom, Taken):
            steps = Selector(atom.name, atom.node, names)
            of_label = np.fromiter((event in steps for event in graph.events), np.bool_)
            found[atom] = of_label[graph.labels]
        elif isinstance(atom, MapsToStep):
            found[atom] = _mapped(atom, graph, exploration)
    return found


def _mapped(atom: MapsToStep, graph: Graph, exploration: Exploration) -> Mask:
    """Which steps map to one of an abstract action."""
    system, claims = exploration.system, exploration.judge.claims
    number = next(n for n, c in enumerate(claims) if c.kind == "atom" and c.formula is atom.there)
    known: Interner[object] = Interner()
    of_state = np.zeros(graph.size, np.int64)
    for index, code in enumerate(exploration.search.codes):
        if index % EVERY == 0:
            look()
        [arguments] = arguments_of(atom.seen, system.views(system.observation(code), number))
        of_state[index] = known.number(atom.seen.ask(*arguments))
    sources = np.repeat(of_state, np.diff(graph.starts))
    pairs, inverse = np.unique(sources * len(known.values) + of_state[graph.targets], return_inverse=True)
    held = np.zeros(len(pairs), np.bool_)
    for at, pair in enumerate(pairs.tolist()):
        before, after = (known.values[part] for part in divmod(pair, len(known.values)))
        try:
            held[at] = atom.holds(before, after)
        except Unmappable as error:
            raise HandlerError(f"a property {error}") from error
    there: Mask = held[inverse]
    return there
