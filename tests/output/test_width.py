"""Nothing that elcheck prints is wider than the terminal, whatever it is and however wide that is."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import click
import pytest

from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.run import Run
from elcheck.checker.render.text import render
from elcheck.checker.render.wanted import Wanted
from tests.docs.printed import PAGES, ROOT, files_of, folder_with
from tests.driving.drive_files import folder_forgotten, write

WIDTHS = (60, 80, 100, 120)
REPORTS: dict[str, tuple[str, dict[str, object], Limits]] = {
    "one trace for two": ("raft", {"bug": "forget-vote"}, Limits(first=True)),
    "two traces": ("two_phase_commit", {"bug": "eager-commit"}, Limits()),
    "long names": ("zab", {"bug": "epoch-not-persisted"}, Limits(first=True)),
    "a Spec": ("peterson_mutex", {"bug": "turn-before-flag"}, Limits()),
    "many lanes": ("raft_election", {"nodes": 6, "terms": 1}, Limits(max_states=300)),
    "bounds": ("raft", {}, Limits(depth=5)),
    "stopped": ("raft", {}, Limits(max_states=40)),
    "without end": ("bully", {"liveness": True, "weak_timers": True, "nodes": 4}, Limits()),
    "ticks": ("lease", {"bug": "no-fencing"}, Limits(first=True)),
}
WANTED = [
    Wanted(),
    Wanted(detail="quiet"),
    Wanted(detail="all", witnesses=True, certificate=True, explain=True),
    Wanted(detail="all", witnesses=True, diagram=True),
]


def _logs(*folder: str) -> list[str]:
    return sorted(str(log) for log in (ROOT / "tests" / "validation" / "logs").joinpath(*folder).iterdir())


COMMANDS = [
    ("die_hard", "--witness", "-v"),
    ("lots.py", "--nodes", "2"),
    ("lots.py", "--nodes", "2", "--diagram", "--explain"),
    ("lots.py", "--nodes", "2", "--property", "a leader"),
    ("lots.py", "--nodes", "2", "--frontier", "--loss", "1"),
    ("raises.py",),
    ("simulate", "lots.py", "--walks", "3"),
    ("replay", "raft_election", "steps.txt"),
    ("replay", "raft_election", "wrong.txt"),
    ("blame", "die_hard"),
    ("list",),
    ("list", "raft", "zookeeper_election"),
    ("induct", "raft_election", "--nodes", "2"),
    ("suggest", "raft_election", "--nodes", "2", "--mutants", "0"),
    ("explore", "lots.py", "--nodes", "2", "--tty"),
    ("new", "other"),
    ("warm",),
    ("raft", "-h"),
    ("nothing_of_that_name",),
    ("raft", "--bug", "forget-vot"),
    ("raft", "--dept", "3"),
    ("raft", "--property", "one leader"),
    ("raft", "--timeout", "soon"),
    ("replay", "raft", "no/such/file"),
    ("new", "this name is none!"),
]
SLOW = [
    ("run", "lots.py", "--nodes", "2", "--seconds", "0.2", "--kill-every", "0.1"),
    ("validate", "etcd_raft", *_logs("etcd", "partial"), "--as", "etcd"),
    ("validate", "etcd_raft", *_logs("etcd-corrupted", "disk-forgot"), "--as", "etcd", "--diagram"),
    ("validate", "etcd_raft", *_logs("etcd", "partial"), "--as", "etcd", "--mutate", "4"),
    ("zoo", "lots.py", "--jobs", "1"),
    ("mutate", "lock.py", "--jobs", "1", "--function", "Server.release"),
    ("drive", "voting.py", "voting_subject.py", "--walks", "20"),
]
"""What takes seconds is printed once, on the narrowest terminal."""
FILES = {
    "steps.txt": "n1 election_timeout\nn2 request_vote\nn1 vote from n2\nn1 become_leader\n",
    "wrong.txt": "n1 election_timeout\nn2 vote\n",
    "raises.py": (
        "from elcheck import Model, Node, State, action, always, each, node_ids\n\n\n"
        "class Here(State):\n    far: int = 0\n\n\n"
        "class Going(Node[Here]):\n    @action\n    def go(self, s: Here) -> Here:\n"
        "        raise ValueError('there is a long way to go, and nobody knows all of it ' * 2)\n\n\n"
        "def model() -> Model:\n    return Model(Going(), nodes=node_ids(2), "
        "properties=[always('near', each(Here, lambda s: s.far < 3))])\n"
    ),
}


TYPED = "?\n1\n1\nb\np\nr 5 1\nhere\nno command\n99\nq\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module", autouse=True)
def _files() -> Iterator[None]:
    with folder_with({**FILES, **files_of(PAGES[0]), **files_of(ROOT / "docs" / "mutation.md")}):
        write(
            Path(),
            ("if term == self.term and self.voted_for in", "if term >= self.term and self.voted_for in"),
        )
        with folder_forgotten(Path()):
            yield


def lines(width: int, *args: str) -> list[str]:
    """What a command prints on a terminal, to standard output and error; it is typed a walk."""
    out, err = _Terminal(), _Terminal()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": str(width), "NO_COLOR": "1"}),
        mock.patch.object(sys, "stdin", io.StringIO(TYPED)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.run(args)
    assert code != 70, err.getvalue()
    return (out.getvalue() + err.getvalue()).replace("\r\033[K", "\n").splitlines()


@pytest.mark.parametrize("args", COMMANDS, ids=[" ".join(args) for args in COMMANDS])
def test_no_command_prints_lines_that_are_wider_than_the_terminal(args: tuple[str, ...]) -> None:
    for width in WIDTHS:
        found = lines(width, *args)
        assert found
        assert [line for line in found if len(line) > width] == []


@pytest.mark.parametrize("args", SLOW, ids=[" ".join(args[:2]) for args in SLOW])
def test_no_slow_command_does_either(args: tuple[str, ...]) -> None:
    assert [line for line in lines(WIDTHS[0], *args) if len(line) > WIDTHS[0]] == []


def helps() -> list[tuple[str, ...]]:
    """The help of every command, of those that take a model also that with a model."""
    context = click.Context(cli.elcheck)
    commands = {name: cli.elcheck.get_command(context, name) for name in cli.OWN}
    of_models = [name for name, command in commands.items() if isinstance(command, click.Group)]
    return [("--help",), *((name, "--help") for name in commands), *((n, "raft", "-h") for n in of_models)]


@pytest.mark.parametrize("args", helps(), ids=[" ".join(args) for args in helps()])
def test_no_help_is_wider_than_the_terminal(args: tuple[str, ...]) -> None:
    test_no_command_prints_lines_that_are_wider_than_the_terminal(args)


def test_every_command_is_among_these() -> None:
    assert {args[0] for args in (*COMMANDS, *SLOW)} >= set(cli.OWN)


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_is_wider_than_the_terminal(name: str) -> None:
    model, parameters, limits = REPORTS[name]
    report = check(load(model)(**parameters), limits)
    run = Run(model, "A model of something, " * 9, {**parameters, "more": 1}, "elcheck " * 30, parameters)
    for width in WIDTHS:
        for wanted in WANTED:
            said = click.unstyle(render(run, report, replace(wanted, width=width)))
            assert [line for line in said.splitlines() if len(line) > width] == []
