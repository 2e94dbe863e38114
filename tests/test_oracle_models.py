"""The checker against the oracle on every bundled model and sketch, at small sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker import always, each
from checker.load import bundled, load
from tests.random_models import Case
from tests.test_oracle import compare

RUNS: list[tuple[str, dict[str, object], dict[str, object], int]] = [
    ("raft_election", {"nodes": 3, "terms": 1}, {}, 9),
    ("raft_election", {"nodes": 3, "terms": 1}, {"network": "bag", "loss": "unlimited"}, 9),
    ("raft_election", {"nodes": 2, "terms": 2}, {"network": "set", "loss": 1, "crash": 1}, 9),
    ("raft_election", {"nodes": 2, "terms": 2}, {"network": "fifo", "dup": 1, "partition": 1}, 9),
    ("raft", {"nodes": 2}, {}, 9),
    ("raft", {"nodes": 3, "one_leader": True}, {}, 6),
    ("raft", {"nodes": 2, "bug": "half-quorum"}, {}, 9),
    ("raft", {"nodes": 2}, {"network": "fifo", "disconnect": 1}, 6),
    ("raft", {"nodes": 2}, {"network": "bag", "timing": "eventual(2)"}, 7),
    ("two_phase_commit", {"managers": 3}, {}, 12),
    ("two_phase_commit", {"managers": 3, "bug": "eager-commit"}, {}, 12),
    ("two_phase_commit", {"managers": 2}, {"network": "bag", "crash": 1}, 12),
    ("die_hard", {}, {}, 9),
    ("die_hard", {"goal": 7}, {}, 9),
    ("tests/sketches/bully.py", {}, {}, 15),
    ("tests/sketches/bully.py", {}, {"network": "set", "restart": 1, "detector": "perfect"}, 7),
    ("tests/sketches/ring.py", {"nodes": 4}, {}, 20),
    ("tests/sketches/paxos.py", {"acceptors": 2}, {}, 6),
    ("tests/sketches/zab_discovery.py", {"nodes": 2}, {}, 8),
    ("tests/sketches/zab_discovery.py", {"nodes": 3}, {}, 4),
]


@pytest.mark.parametrize(
    ("name", "parameters", "environment", "depth"), RUNS, ids=[f"{run[0]}-{i}" for i, run in enumerate(RUNS)]
)
def test_the_oracle_agrees(
    name: str, parameters: dict[str, object], environment: dict[str, object], depth: int
) -> None:
    model = load(name).build(parameters, parameters)
    model = replace(model, environment=replace(model.environment, **environment))  # type: ignore[arg-type]  # by name
    holds = always("true", each(lambda _: True)) if model.programs else always("true", lambda _: True)
    compare(Case(replace(model, properties=[*model.properties, holds]), depth), cap=4000)


def test_every_bundled_model_is_compared() -> None:
    assert set(bundled()) <= {run[0] for run in RUNS}
