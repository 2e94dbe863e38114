"""The checker against the oracle on every bundled model and reference, at small sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elcheck import State, always, each, holds
from elcheck.checker.loading.model_file import bundled, load
from tests.oracle.comparing import compare
from tests.oracle.random_models import Case

RUNS: list[tuple[str, dict[str, object], dict[str, object], int]] = [
    ("raft_election", {"nodes": 3, "terms": 1}, {}, 9),
    ("raft_election", {"nodes": 3, "terms": 1}, {"network": "bag", "loss": "unlimited"}, 9),
    ("raft_election", {"nodes": 2, "terms": 2}, {"network": "set", "loss": 1, "crash": 1}, 9),
    ("raft_election", {"nodes": 2, "terms": 2}, {"network": "fifo", "dup": 1, "partition": 1}, 9),
    ("raft", {"nodes": 2}, {}, 9),
    ("raft", {"nodes": 3, "one_leader": True}, {}, 6),
    ("raft", {"nodes": 2, "bug": "half-quorum"}, {}, 8),
    ("raft", {"nodes": 2, "refusals": True, "commands": 1}, {}, 8),
    ("raft", {"nodes": 2}, {"network": "fifo", "disconnect": 1}, 6),
    ("raft", {"nodes": 2}, {"network": "bag", "timing": "eventual(2)"}, 7),
    ("raft", {"nodes": 3, "bug": "figure-8"}, {}, 6),
    ("raft", {"nodes": 2, "bug": "same-epoch-leader"}, {}, 8),
    ("raft_options", {}, {}, 5),
    ("raft_options", {"transfer": True, "check_quorum": True, "candidates": 3}, {"crash": 0}, 4),
    ("raft_options", {"start": "apart"}, {}, 20),
    ("raft_options", {"bug": "pre-vote-silent"}, {}, 9),
    ("raft_options", {"bug": "own-vote-unsaved"}, {"crash": 0}, 5),
    ("etcd_raft", {}, {}, 5),
    ("etcd_raft", {"bug": "pre-vote-silent"}, {}, 9),
    ("zookeeper_election", {}, {}, 12),
    ("raft_membership", {}, {}, 5),
    ("raft_membership", {"bug": "single-server-2015"}, {}, 5),
    ("raft_membership", {"bug": "blank-return"}, {}, 4),
    ("bully", {}, {}, 15),
    ("bully", {"boot": True}, {"crash": 1}, 8),
    ("bully", {"bug": "highest-recovers"}, {"network": "bag"}, 9),
    ("bully", {"bug": "false-suspicion"}, {}, 4),
    ("bully", {"bug": "no-second-timer"}, {"timing": "eventual(2)"}, 6),
    ("bully_halt", {}, {"crash": 1, "restart": 1}, 14),
    ("bully_halt", {"bug": "upwards"}, {}, 13),
    ("bully_halt", {"bug": "no-check"}, {}, 30),
    ("bully_halt", {"bug": "slow-calls"}, {"network": "bag"}, 4),
    ("omega", {}, {}, 12),
    ("omega", {"bug": "no-gossip"}, {}, 20),
    ("omega", {"bug": "fixed-patience", "nodes": 2}, {"network": "bag", "loss": 1}, 12),
    ("ring", {"nodes": 3}, {}, 15),
    ("ring", {"nodes": 3}, {"network": "fifo", "loss": 1, "dup": 1}, 7),
    ("ring", {"nodes": 4, "bug": "announce-forever"}, {"network": "fifo"}, 12),
    ("ring", {"nodes": 3, "bug": "duplicate-ids"}, {"crash": 1, "restart": 1}, 5),
    ("hirschberg_sinclair", {"nodes": 3}, {"network": "fifo"}, 25),
    ("hirschberg_sinclair", {"nodes": 3, "bug": "one-reply"}, {"dup": 1}, 5),
    ("hirschberg_sinclair", {"nodes": 4, "bug": "turns-early"}, {"network": "fifo"}, 6),
    ("peterson_ring", {"nodes": 4}, {}, 26),
    ("peterson_ring", {"nodes": 3, "bug": "no-fifo"}, {"loss": 1}, 8),
    ("peterson_ring", {"nodes": 4, "bug": "duplicate-ids"}, {}, 20),
    ("itai_rodeh", {"nodes": 4}, {}, 30),
    ("itai_rodeh", {"nodes": 3, "rounds": 2}, {}, 8),
    ("itai_rodeh", {"bug": "no-fifo"}, {}, 6),
    ("itai_rodeh", {"bug": "one-lot"}, {"loss": 1}, 12),
    ("tests/reference/chang_roberts.py", {"nodes": 4}, {}, 20),
    ("tests/reference/lcr.py", {"nodes": 4}, {}, 20),
    ("lease", {"max_token": 2}, {}, 7),
    ("lease", {"max_token": 2, "bug": "no-fencing"}, {"network": "fifo", "crash": 0, "restart": 0}, 9),
    ("lease", {"max_token": 2, "bug": "drift"}, {"network": "bag", "loss": 1}, 6),
    ("lease", {"bug": "expiry-lost"}, {}, 7),
    ("sharding", {"shards": 1}, {}, 9),
    ("sharding", {}, {}, 5),
    ("sharding", {"shards": 1, "bug": "forgotten-table"}, {"disconnect": 1}, 6),
    ("raft_liveness", {}, {}, 7),
    ("raft_liveness", {"bug": "no-timers", "early": 1}, {}, 9),
    ("peterson_mutex", {}, {}, 9),
    ("peterson_mutex", {"buffers": True}, {}, 20),
    ("peterson_mutex", {"bug": "no-turn"}, {}, 9),
    ("peterson_mutex", {"bug": "no-fence"}, {}, 20),
    ("die_hard", {"big": 6}, {}, 9),
    ("two_phase_commit", {"managers": 2}, {"crash": 1}, 12),
    ("two_phase_commit", {"managers": 2, "bug": "forget-prepared"}, {}, 12),
    ("two_phase_commit", {"managers": 3, "bug": "eager-commit"}, {}, 12),
    ("die_hard", {}, {}, 9),
    ("zab", {}, {}, 8),
    ("zab", {"nodes": 2}, {"disconnect": 1}, 12),
    ("zab", {"nodes": 2, "requests": 2}, {}, 18),
    ("zab", {"bug": "epoch-before-txns"}, {}, 8),
    ("zab", {"nodes": 2, "bug": "ack-before-fsync"}, {}, 14),
    ("pysyncobj_raft", {}, {}, 7),
    ("pysyncobj_raft", {"bug": "release-0311"}, {}, 8),
    ("pysyncobj_raft", {"bug": "truncate-matching"}, {}, 6),
    ("pysyncobj_raft", {"bug": "ack-without-term"}, {}, 3),
    ("fast_leader_election", {}, {}, 10),
    ("fast_leader_election", {"max_round": 2}, {"crash": 1}, 8),
    ("fast_leader_election", {"max_round": 2}, {"network": "bag", "loss": 1}, 7),
    ("fast_leader_election", {"bug": "epoch-ignored"}, {}, 20),
    ("fast_leader_election", {"bug": "round-ignored"}, {}, 20),
    ("paxos", {"acceptors": 2}, {}, 7),
    ("paxos", {"bug": "reuse-ballot", "acceptors": 2, "learners": 0}, {}, 9),
    ("paxos", {"bug": "duplicate-ballot", "acceptors": 1}, {"network": "bag", "loss": 1}, 7),
    ("paxos", {"crashes": False, "acceptors": 1}, {"network": "fifo", "disconnect": 1}, 8),
    ("multi_paxos", {"slots": 1}, {}, 5),
    ("multi_paxos", {"nodes": 2, "slots": 2, "deposed": True}, {}, 9),
    ("multi_paxos", {"nodes": 2, "bug": "forget-promise"}, {"network": "set", "loss": 1}, 7),
    (
        "multi_paxos",
        {"nodes": 3, "slots": 1, "bug": "deposed-leader"},
        {"network": "fifo", "disconnect": 1},
        5,
    ),
    ("viewstamped", {}, {}, 5),
    ("viewstamped", {"bug": "late-ack"}, {"crash": 0, "restart": 0}, 8),
    ("viewstamped", {"bug": "forget-view"}, {}, 5),
    ("viewstamped", {"bug": "empty-restart"}, {"network": "bag", "dup": 1}, 4),
    ("applied_membership", {}, {}, 8),
    ("bridge_lease", {}, {}, 6),
    ("bridge_lease", {"apart": True}, {}, 6),
    ("bridge_timers", {"whole_first": True}, {}, 6),
    ("bridge_timers", {"delay": 1}, {}, 9),
    ("appointed_leader", {"bug": "against-own-log"}, {}, 8),
    ("counted_grants", {}, {}, 5),
    ("damaged_log", {"nodes": 2}, {}, 7),
    ("heartbeat_thread", {"nodes": 2, "bug": "looks-once"}, {}, 11),
    ("ignored_pre_vote", {"bug": "candidates-are-deaf"}, {}, 8),
    ("late_revocation", {"bug": "any-term"}, {}, 8),
    ("one_way_cut", {}, {}, 12),
    ("unheard_promotion", {"bug": "learners-do-not-vote"}, {}, 8),
    ("ewd840", {}, {}, 8),
    ("lock_record", {}, {}, 6),
    ("paxos_register", {}, {}, 5),
    ("read_index", {}, {}, 5),
    ("self_removal", {}, {}, 8),
    ("voting", {}, {}, 6),
    ("tests/reference/paxos_messages.py", {"acceptors": 2}, {}, 12),
]


IDS = [f"{run[0]}-{i}" for i, run in enumerate(RUNS)]


@pytest.mark.parametrize(("name", "parameters", "environment", "depth"), RUNS, ids=IDS)
def test_the_oracle_agrees(
    name: str, parameters: dict[str, object], environment: dict[str, object], depth: int
) -> None:
    agree(name, parameters, environment, depth, cap=500)


@pytest.mark.big
@pytest.mark.parametrize(("name", "parameters", "environment", "depth"), RUNS, ids=IDS)
def test_the_oracle_agrees_further_on(
    name: str, parameters: dict[str, object], environment: dict[str, object], depth: int
) -> None:
    agree(name, parameters, environment, depth, cap=20_000)


def agree(
    name: str, parameters: dict[str, object], environment: dict[str, object], depth: int, cap: int
) -> None:
    """Compare a model with the oracle as far as so many states are found."""
    model = load(name)(**parameters)
    model = replace(model, environment=replace(model.environment, **environment))  # type: ignore[arg-type]  # by name
    everything = each if model.programs else holds
    true = always("true", everything(State, lambda _: True))
    compare(Case(replace(model, properties=[*model.properties, true]), depth), cap)


def test_every_bundled_model_is_compared() -> None:
    elsewhere = {"paxos_ballots", "paxos_refined", "raft_refined"}  # tests/reductions, test_refinement
    assert set(bundled()) <= {run[0] for run in RUNS} | elsewhere
