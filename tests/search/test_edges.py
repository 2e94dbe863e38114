"""The edges that the fast engine writes down, against the packed system, state by state."""

from __future__ import annotations

import pytest

from elcheck.checker.loading.model_file import adapted, load
from elcheck.checker.process.limits import Limits
from elcheck.checker.search.judge import Judge
from elcheck.checker.system import build
from elcheck.checker.system.packed import NodeSystem

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.engine import FastSearch

KINDS = {
    L.TICKED: {"tick"},
    L.LOST: {"lose"},
    L.DUPLICATED: {"duplicate"},
    L.DISCONNECTED: {"disconnect"},
    L.PARTITIONED: {"partition", "heal"},
}

RUNS: list[tuple[str, dict[str, object], dict[str, object], Limits]] = [
    ("raft_election", {"nodes": 3, "terms": 1}, {}, Limits()),
    ("raft_election", {"nodes": 3, "terms": 1}, {"network": "bag", "loss": 1, "dup": 1}, Limits()),
    ("raft_election", {"nodes": 2, "terms": 2}, {"network": "fifo", "partition": 1, "dup": 1}, Limits()),
    ("raft_election", {"nodes": 3, "terms": 1}, {"crash": 1, "restart": 1}, Limits(depth=5)),
    ("raft", {"nodes": 2}, {"network": "fifo", "disconnect": 1}, Limits(depth=8)),
    ("raft", {"nodes": 3}, {}, Limits(max_states=3000)),
    ("omega", {}, {"loss": 1}, Limits(depth=8)),
    ("zab", {}, {}, Limits(depth=9)),
]


def searched(
    name: str, parameters: dict[str, object], environment: dict[str, object], limits: Limits
) -> tuple[NodeSystem, FastSearch]:
    """A search of a bundled model that keeps its edges."""
    system = build(adapted(load(name)(**parameters), environment))
    assert isinstance(system, NodeSystem)
    running = FastSearch(system, Judge(system), limits, edges=True)
    running.run()
    return system, running


@pytest.mark.parametrize(("name", "parameters", "environment", "limits"), RUNS)
def test_edges(
    name: str, parameters: dict[str, object], environment: dict[str, object], limits: Limits
) -> None:
    system, running = searched(name, parameters, environment, limits)
    codes, edges = running.search.codes, running.stored.edges()
    number = {code: i for i, code in enumerate(codes)}
    assert len(number) == len(codes) == len(edges.cut) == len(edges.starts) - 1
    assert edges.starts[-1] == len(edges.targets) == len(edges.labels) == running.search.transitions
    for i, code in enumerate(codes):
        here = slice(edges.starts[i], edges.starts[i + 1])
        targets, labels = edges.targets[here].tolist(), edges.labels[here].tolist()
        if i >= running.search.expanded:
            assert (targets, edges.cut[i]) == ([], 1)
            continue
        steps, cuts = system.successors(code)
        kept = [(number[succ], move) for succ, move in steps if succ in number]
        assert targets == [target for target, _ in kept]
        for label, (_, move) in zip(labels, kept, strict=True):
            happens = {running.stored.event(label).kind} if label >= 0 else KINDS[label]
            assert move.event.kind in happens
            assert label < 0 or running.stored.event(label) == move.event
        assert bool(edges.cut[i]) == bool(cuts.steps or cuts.faults or len(kept) < len(steps))


def test_all_kinds_are_met() -> None:
    labels = {
        label for run in RUNS for label in searched(*run)[1].stored.edges().labels.tolist() if label < 0
    }
    assert labels == set(KINDS)


def test_none_are_kept_unless_wanted() -> None:
    system = build(load("raft_election")(nodes=2))
    assert isinstance(system, NodeSystem)
    running = FastSearch(system, Judge(system), Limits())
    running.run()
    assert running.search.transitions > 0
    assert len(running.stored.edges().targets) == 0
