"""What can still happen where something is not possible any more."""

from __future__ import annotations

import pytest

from elcheck import check, load
from elcheck.checker import cli
from elcheck.checker.traces.afterwards import afterwards


def test_a_report_says_which_steps_are_left(capfd: pytest.CaptureFixture[str]) -> None:
    """Two servers that ask each other and never vote; a cluster in which nobody moves."""
    cli.run(["ignored_pre_vote", "--bug", "candidates-are-deaf", "--first"])
    said = " ".join(capfd.readouterr().out.split())
    assert (
        "After that 20 states can be reached, and no other steps happen than: a: election_timeout; "
        "a: request_vote from b; b: election_timeout; b: pre_vote from a."
    ) in said
    cli.run(["self_removal", "--bug", "members-only", "--first"])
    assert "\n\nNothing can happen any more after that.\n\n" in capfd.readouterr().out


def test_what_is_too_much_to_say_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    model = load("raft_election")()
    trace = check(model, engine="plain").results[1].trace
    assert trace is not None
    assert afterwards(model, trace.initial) == ""
    cli.run(["late_revocation", "--bug", "any-term"])
    assert "After that" not in capfd.readouterr().out
