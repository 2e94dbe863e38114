"""What raft.py promises holds, and its mistake breaks it."""

from pathlib import Path

from elcheck import Verdict, check, load

MODEL = load(str(Path(__file__).with_name("raft.py")))


def test_it_holds() -> None:
    """Every reachable state of three nodes is examined."""
    assert check(MODEL(nodes=3)).expect().verdict is Verdict.PROVED


def test_a_second_vote_is_found() -> None:
    """A property that no mistake breaks checks nothing."""
    report = check(MODEL(bug="vote-twice"))
    assert report["at most one leader"].verdict is Verdict.REFUTED
