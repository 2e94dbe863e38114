"""``elcheck drive`` on the small implementation of docs/driving.md: what it prints, and what can be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from elcheck.checker import cli
from tests.driving import drive_files

Run = Callable[..., tuple[int, str, str]]
STEPS = "n1 election_timeout\nn2 request_vote from n1\nn1 vote from n2\n"


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Drive the implementation with some changes along the first steps of an election, or with options."""
    (tmp_path / "steps.txt").write_text(STEPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*changes: tuple[str, str], options: str = "--trace steps.txt") -> tuple[int, str, str]:
        with drive_files.folder_forgotten(tmp_path):
            drive_files.write(tmp_path, *changes)
            code = cli.run(["drive", "raft_election", "voting_subject.py", *options.split()])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def test_no_difference(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "NO DIFFERENCE: after each of 3 steps" in out
    assert "a leader is elected          sometimes  not reached" in out


def test_a_difference_has_both_sides(run: Run) -> None:
    """A server that answers with the wrong term, and does not keep its vote."""
    kept = ("self.voted_for = sender", "pass")
    sent = ('{"type": "vote", "term": self.term}', '{"type": "vote", "term": 7}')
    code, out, _ = run(kept, sent)
    assert code == 1
    assert "DIFFERS: step 2, n2: request_vote(RequestVote(term=1)) from n1\n" in out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "n2.voted_for n1 None" in rows
    assert "n2 sends to n1 Vote(term=1) Vote(term=7)" in rows


def test_json(run: Run) -> None:
    code, out, _ = run(("self.voted_for = sender", "pass"), options="--trace steps.txt --format json")
    document = json.loads(out)
    assert (code, document["exit_code"], document["answer"]) == (1, 1, "differs")
    assert document["ended"]["step"] == 2
    assert document["ended"]["differences"] == [{"what": "n2.voted_for", "model": "n1", "subject": None}]
    assert len(document["trace"]["steps"]) == 2


def test_every_call(run: Run) -> None:
    code, out, _ = run(options="--cover --terms 1")
    assert code == 0
    assert "NO DIFFERENCE: 90 of 90 distinct handler calls of 65 states were made" in out
    code, out, _ = run(options="--cover --max-states 20")
    assert code == 20
    assert "UNDETERMINED: no difference, but not all was driven" in out
    assert "Stopped: --max-states 20 was reached" in out


def test_walks_find_and_shorten(run: Run) -> None:
    late = (' and message["term"] == self.term:\n            self.votes', ":\n            self.votes")
    code, out, _ = run(late, options="--walks 30")
    assert code == 1
    assert "DIFFERS: step 4" in out
    assert "(shortened from " in out


# -- a broken subject ----------------------------------------------------------------------------------------

VOTE = ("self.voted_for = sender", "self.voted_for = sender.upper().missing")


def test_code_that_raises_is_a_finding(run: Run) -> None:
    code, out, _ = run(VOTE)
    assert code == 14
    said = "RAISED: step 2, n2: request_vote(RequestVote(term=1)) from n1: AttributeError: 'str' object has"
    assert said in out
    assert "voting.py:26)" in out


def test_code_that_hangs_is_a_finding(run: Run) -> None:
    """Even if it catches every Exception on its way."""
    hang = "try:\n                    while True: pass\n                except Exception: pass"
    code, out, _ = run(("self.voted_for = sender", hang), options="--trace steps.txt --patience 0.2")
    assert code == 14
    assert (
        "HUNG: step 2, n2: request_vote(RequestVote(term=1)) from n1: it has not come back after 0.2 s" in out
    )


def test_what_a_subject_can_not_do_is_a_gap(run: Run) -> None:
    code, out, _ = run(("def timeout", "def no_timeout"))
    assert code == 20
    assert "UNDETERMINED: step 1, n1: election_timeout: timeout: the subject has no timer for" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("subject = VotingSubject", ""), "there is no function or class 'subject' in it"),
        (("subject = VotingSubject", "subject = dict"), "makes {}, which is no Subject: it has no start"),
        (("subject = VotingSubject", "def subject():\n    return 1 / 0"), "can't be made: ZeroDivisionError"),
        (("from voting import Server", "import nowhere"), "No module named 'nowhere'"),
        (("class VotingSubject(", "class VotingSubject(("), "voting_subject.py:8: invalid syntax"),
        (('"term": server.term', '"epoch": server.term'), "both have to give the same"),
        (('{"term": server.term', '{"term": [server.term]'), "state(n1)"),
        (("def state", "def stop(self):\n        raise OSError('no')\n\n    def state"), "stop() does not"),
    ],
)  # fmt: skip
def test_a_broken_subject_is_one_message(run: Run, change: tuple[str, str], said: str) -> None:
    code, _, err = run(change)
    assert code == 150
    assert err.startswith("elcheck: ")
    assert "voting_subject.py" in err
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ("raft_election nowhere.py", 150, "there is no file nowhere.py, and no bundled subject of that name"),
        ("raft_election pysyncobj_rafts", 150, "did you mean 'pysyncobj_raft'?"),
        ("die_hard voting_subject.py", 2, "die_hard is a Spec, and only what nodes run can be driven"),
        ("raft_election voting_subject.py --cover --walks 3", 2, "take one of them"),
        ("raft_election voting_subject.py --cover --seed 3", 2, "--seed says nothing of --cover"),
        ("raft_election voting_subject.py --timeout inf", 2, "'inf' is no time such as 90s, 5m"),
        ("raft_election voting_subject.py --trace none.txt", 2, "none.txt"),
        ("raft_election voting_subject.py --trace wrong.txt", 2, "the model does not allow step 1"),
    ],
)
def test_what_can_not_be_asked(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    args: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with drive_files.folder_forgotten(tmp_path):
        drive_files.write(tmp_path)
        (tmp_path / "wrong.txt").write_text("n1 become_leader\n", encoding="utf-8")
        assert cli.run(["drive", *args.split()]) == code
    assert said in capfd.readouterr().err
