"""Very many random models against the oracles, once: ``python -m tests.oracle.many``, or ``make many``.

Each model is drawn from its number, which a disagreement names: ``--kind nodes --first 17 --models 1`` draws
it again. What is counted are models that were compared; those that are refused, or that the oracle finds too
large, are not. The table of what came out, so far, is written at the end, and to ``--progress`` meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.oracle.aging_models import aging_model, alive
from tests.oracle.alike_models import alike_model
from tests.oracle.clock_models import clock_model, lively_clocks
from tests.oracle.comparing import Unusable, compare
from tests.oracle.comparing_liveness import compare_liveness, compare_term_liveness
from tests.oracle.comparing_reduced import compare_dead_messages, compare_relative_terms
from tests.oracle.random_liveness import lively_nodes, lively_shared_state
from tests.oracle.random_models import model_of_nodes, model_of_shared_state
from tests.oracle.relations import compare_relations, related_model
from tests.oracle.term_models import canonical, lively_terms, term_model

KINDS: dict[str, tuple[int, Callable[[Random], str]]] = {
    "nodes": (25, lambda dice: compare(model_of_nodes(dice), cap=25)),
    "alike": (4, lambda dice: compare(alike_model(dice), cap=60)),
    "fairness": (19, lambda dice: compare_liveness(lively_nodes(dice), cap=30)),
    "clocks": (6, lambda dice: compare(clock_model(dice), cap=60)),
    "lively clocks": (4, lambda dice: compare_liveness(lively_clocks(dice), cap=60)),
    "specs": (12, lambda dice: compare(model_of_shared_state(dice), cap=100)),
    "ltl": (23, lambda dice: compare_liveness(lively_shared_state(dice), cap=100)),
    "aging": (4, lambda dice: _reduced(compare_dead_messages(aging_model(dice), 100, alive))),
    "terms": (4, lambda dice: _reduced(compare_relative_terms(term_model(dice), 100, canonical))),
    "lively terms": (4, lambda dice: compare_term_liveness(lively_terms(dice), cap=60)),
    "relations": (7, lambda dice: compare_relations(related_model(dice), cap=60)),
}
"""Of each kind of models how many there are in a hundred, and how one is compared."""
ENOUGH = 20
"""Disagreements after which nobody needs more."""
OFTEN = 200
"""Models between two lines of progress."""


def _reduced(reduced: bool) -> str:
    return "reduced" if reduced else "not reduced"


@dataclass
class Outcome:
    """What came of the models of one kind."""

    drawn: int = 0
    compared: int = 0
    seconds: float = 0.0
    wrong: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    """How many models got these answers, those that were not compared included."""


def main() -> int:
    """Compare, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these kinds (may be repeated)")
    parser.add_argument("--models", type=int, default=100_000, help="how many to compare, of all kinds")
    parser.add_argument("--first", type=int, default=0, help="the number of the first model")
    parser.add_argument("--progress", type=Path, help="a file for what is known so far, as JSON")
    asked = parser.parse_args()
    kinds = asked.kind or list(KINDS)
    outcomes = {kind: Outcome() for kind in kinds}
    shares = sum(KINDS[kind][0] for kind in kinds)
    number = asked.first
    try:
        while (done := sum(outcome.compared for outcome in outcomes.values())) < asked.models:
            if sum(len(outcome.wrong) for outcome in outcomes.values()) >= ENOUGH:
                break
            # the kind that lags most behind its share
            kind = min(kinds, key=lambda k: outcomes[k].drawn * shares / KINDS[k][0])
            _run(kind, number, outcomes[kind])
            number += 1
            if asked.progress is not None and (number % OFTEN == 0 or done + 1 >= asked.models):
                asked.progress.write_text(json.dumps(_said(outcomes, number), indent=1), encoding="utf-8")
    except KeyboardInterrupt:
        pass
    for kind, outcome in outcomes.items():
        said = f"{outcome.compared} compared of {outcome.drawn}, in {outcome.seconds:.0f} s of CPU"
        print(f"{kind}: {said}; wrong: {outcome.wrong or 'none'}")
    return int(any(outcome.wrong for outcome in outcomes.values()))


def _run(kind: str, number: int, outcome: Outcome) -> None:
    """Draw and compare one model."""
    begun = time.process_time()
    outcome.drawn += 1
    try:
        answers = KINDS[kind][1](Random(number))
        outcome.compared += 1
    except Unusable as error:
        answers = f"not compared: {type(error.__cause__).__name__}"
    except Exception:
        outcome.wrong.append(number)
        answers = "WRONG"
        print(f"{kind}, model {number}:", file=sys.stderr)
        traceback.print_exc()
        sys.stderr.flush()
    outcome.answers[answers] += 1
    outcome.seconds += time.process_time() - begun


def _said(outcomes: dict[str, Outcome], number: int) -> object:
    """What is known so far."""
    kinds = {
        kind: {
            "compared": outcome.compared,
            "drawn": outcome.drawn,
            "cpu_seconds": round(outcome.seconds),
            "wrong": outcome.wrong,
            "answers": dict(outcome.answers.most_common()),
        }
        for kind, outcome in outcomes.items()
    }
    total = sum(outcome.compared for outcome in outcomes.values())
    return {"compared": total, "next": number, "at": time.strftime("%H:%M:%S"), "kinds": kinds}


if __name__ == "__main__":
    sys.exit(main())
