"""The Specs in benchmarks/specs have the counts that were published for these problems, or that TLC finds."""

from __future__ import annotations

import pytest

from benchmarks.processes import Run, WrongError, read_tlc
from benchmarks.shared_state import PROBLEMS, SPECS
from elcheck import check
from elcheck.checker.loading import model_file

SMALL = {
    "ewd426_two_steps": (5_510, 9),
    "ewd840": (7_742, 14),
    "fast_mutex": (1_415, 59),
    "fischer": (1_002, 23),
}
LARGE = {
    "bakery": (356_046, 90),
    "ewd426": (46_656, 0),
    "itai_rodeh": (27_299, 41),
    "lamport_mutex": (70_472, 40),
    "paxos_messages": (185_369, 24),
    "voting": (6_752, 15),
}


@pytest.mark.parametrize("problem", [*SMALL, *(pytest.param(name, marks=pytest.mark.big) for name in LARGE)])
def test_a_published_problem_has_its_states_and_its_depth(problem: str) -> None:
    stats = check(model_file.load(str(SPECS / f"{problem}.py"))(), engine="plain").stats
    assert (stats.distinct, stats.depth) == (SMALL | LARGE)[problem]


def test_each_problem_has_a_module_for_tlc_and_a_count() -> None:
    for ending in ("py", "tla", "cfg"):
        assert {path.stem for path in SPECS.glob(f"*.{ending}")} - {"__init__"} == set(PROBLEMS)
    assert {*SMALL, *LARGE} == set(PROBLEMS)


def test_tlcs_depth_is_in_steps_and_that_of_several_workers_is_not_compared() -> None:
    said = """Model checking completed. No error has been found.
2487 states generated, 1002 distinct states found, 0 states left on queue.
The depth of the complete state graph search is 24.
"""
    done = Run(said, "", 1.0, 1.0, 100.0)
    assert (read_tlc(done, 1).distinct, read_tlc(done, 1).depth) == (1002, 23)
    assert read_tlc(done, 2).depth is None
    with pytest.raises(WrongError, match="TLC"):
        read_tlc(Run(said.replace("No error", "An error"), "", 1.0, 1.0, 100.0), 1)
