"""Where the atoms of formulas hold: a flag for each state, or for each event."""

from __future__ import annotations

import numpy as np

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.formula import Formula, Taken, atoms_of
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.process.watch import EVERY, look
from elcheck.checker.search.search import Exploration
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


def truth_of_events(formula: Formula, graph: Graph, names: StepNames) -> Truth:
    """Of which events the formula's atoms of steps hold, by the number of the event."""
    atoms = [atom for atom in dict.fromkeys(atoms_of(formula)) if isinstance(atom, Taken)]
    selectors = [(atom, Selector(atom.name, atom.node, names)) for atom in atoms]
    return {
        atom: np.fromiter((event in steps for event in graph.events), np.bool_) for atom, steps in selectors
    }
