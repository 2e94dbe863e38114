"""Why a step that is written is not allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import replayed


def why(capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, *args: str) -> list[str]:
    """The reasons that are given for a trace that is not allowed."""
    code, out, err = replayed(capfd, tmp_path, trace, *args, "--format", "json")
    assert code == 1, out + err
    document = json.loads(out)
    assert document["answer"] == "not allowed"
    return [reason["why"] for reason in document["refused"]["reasons"]]


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ("n1 become_leader", "its guard: only a candidate becomes the leader"),
        ("n3 election_timeout", "its guard: it never stands"),
        ("n1 elction_timeout", "called 'elction_timeout'; did you mean 'election_timeout'?"),
        ("n7: crash", "there is no node 'n7'; the nodes are n1, n2, n3"),
        ("n7 crash", "there is no node 'n7'; the nodes are n1, n2, n3"),
        ("n2 vote from n1", "no such message is under way to n2; there is none"),
        ("n1 election_timeout\nn2 request_vote from n3", "there is n2: request_vote(RequestVote(term=1"),
        ("n1 crash\nn1 election_timeout", "n1 is down"),
        ("n1 crash\nn1 crash", "the budget is spent: --crash 1"),
        ("n1 restart", "n1 is up"),
        ("lose", "no such message is under way; there is none"),
        ("n1 election_timeout\nlose", "a sent-set network loses nothing"),
        ("n1 election_timeout\nduplicate", "a sent-set network holds one copy"),
        ("disconnect n1 n2", "a sent-set network has no links that could break"),
        ("partition", "there are none in this environment: --partition is 0"),
        ("heal", "no partition stands"),
        ("n1 election_timeout\nn1 election_timeout\nn1 election_timeout", "the bound max_term cuts it"),
    ],
)  # fmt: skip
def test_reasons(capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, said: str) -> None:
    found = why(capfd, tmp_path, trace, "raft")
    assert any(said in reason for reason in found), found


def test_reasons_of_partitions(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parted = "n1 election_timeout\npartition n1 | n2 n3\n"
    given = ("raft", "--partition", "1")
    found = why(capfd, tmp_path, f"{parted}n2 request_vote", *given)
    assert found == ["the partition n1 | n2 n3 parts n1 and n2"]
    assert why(capfd, tmp_path, f"{parted}partition n1 n2 | n3", *given) == [
        "the budget is spent: --partition 1"
    ]
    found = why(capfd, tmp_path, f"{parted}partition n1 n2 | n3", "raft", "--partition", "2")
    assert found == ["the network is parted already: n1 | n2 n3"]
    assert replayed(capfd, tmp_path, f"{parted}heal\nn2 request_vote", *given)[0] == 0


def test_reasons_of_timing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn2 election_timeout"
    found = why(capfd, tmp_path, trace, "raft", "--network", "set", "--timing", "sync")
    assert len(found) == 1
    assert found[0].startswith(
        "timing sync: a timeout waits until nothing else can happen, and n2: request_vote("
    )


def test_reasons_of_links(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn1 election_timeout\nn2 request_vote(term=2)"
    found = why(capfd, tmp_path, trace, "raft", "--network", "fifo")
    assert found == ["it is not at the head of its link: RequestVote(term=1, last_log=(0, 0)) is"]


def test_reasons_of_messages_that_are_gone(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn2 request_vote\nn3 crash\nn2 request_vote from n1"
    taken = "n2: request_vote(RequestVote(term=1, last_log=(0, 0))) from n1"
    assert why(capfd, tmp_path, trace, "raft", "--network", "set") == [
        f"no such message is under way any more: it went in step 2, {taken}"
    ]


def test_reasons_of_a_spec(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = why(capfd, tmp_path, "p0: fill_big", "die_hard")
    assert found == ["a Spec has no nodes, and the step names one: 'p0'"]


def test_reasons_of_programs(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = why(capfd, tmp_path, "a1 prepare", "paxos")
    assert found == ["a1 runs Accepting, which has no handler prepare; p1, p2 have it"]
    found = why(capfd, tmp_path, "p1 prepare\np1 promise from a2", "paxos")
    assert found == ["no such message is under way to p1; there is none"]
