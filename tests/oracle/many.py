"""Many random models against the oracles, once: ``python -m tests.oracle.many nodes 1 2 --models 1000``.

Each seed is a run of so many models. What is printed are the models that were compared (those that the oracle
finds too large, or that are refused, are not), and the disagreements.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from tests.oracle.comparing import compare
from tests.oracle.comparing_liveness import compare_liveness
from tests.oracle.random_liveness import lively_models
from tests.oracle.random_models import models, specs
from tests.oracle.relations import compare_relations, related_models

KINDS: dict[str, tuple[st.SearchStrategy[object], Callable[..., None]]] = {
    "nodes": (models(), lambda case: compare(case, cap=100)),
    "specs": (specs(), lambda case: compare(case, cap=100)),
    "fairness": (lively_models(), lambda case: compare_liveness(case, cap=60)),
    "relations": (related_models(), lambda case: compare_relations(case, cap=100)),
}


def main() -> int:
    """Compare, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("first", type=int, help="the first seed")
    parser.add_argument("last", type=int, help="the last seed")
    parser.add_argument("--models", type=int, default=1000, help="for each seed")
    asked = parser.parse_args()
    failures = 0
    for number in range(asked.first, asked.last + 1):
        failures += _run(asked.kind, number, asked.models)
    return min(failures, 1)


def _run(kind: str, number: int, count: int) -> int:
    """The models of one seed; how many disagreements there were (the first ends it)."""
    strategy, compare_one = KINDS[kind]
    compared, begun = 0, time.perf_counter()

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: object) -> None:
        nonlocal compared
        compare_one(case)
        compared += 1

    wrong = 0
    try:
        run()
    except UnsatisfiedAssumption:
        pass
    except Exception:
        wrong = 1
        traceback.print_exc()
    seconds = time.perf_counter() - begun
    said = f"{kind} seed {number}: {compared} models compared, {wrong} disagreements, {seconds:.0f} s"
    print(said, flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
