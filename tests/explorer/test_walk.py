"""What stands beside a walk, in the page and in the terminal; and a model that is saved meanwhile."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest

from elcheck import State, always, each, node_views
from elcheck.checker import cli
from elcheck.checker.commands.check import expressions_of
from elcheck.checker.explorer.graph import graph
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.place import place
from elcheck.checker.explorer.space import LONGEST, Space
from elcheck.checker.explorer.terminal import Terminal
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import load
from elcheck.checker.loading.reloading import SourceWatch
from elcheck.checker.model.model import Model
from tests.explorer.walking import (
    FORGOTTEN,
    MODEL,
    OVERVIEW,
    Json,
    asked,
    client,
    client_of,
    follow,
    model_of,
    refusal,
    written,
)
from tests.support.models import Counter, Counting


def answer(to: object, name: str, question: object) -> dict[str, Json]:
    """What the server answers."""
    found = asked(to, name, question)  # type: ignore[arg-type]  # a client
    assert found.status_code == 200, found.text
    return cast("dict[str, Json]", json.loads(found.text))


# -- the picture and the source ------------------------------------------------------------------------------


def test_a_walk_is_drawn() -> None:
    to = client(model_of("raft", bug="forget-vote"))
    path = follow(to, *FORGOTTEN.split("; "))
    found = answer(to, "picture", {"path": path})
    assert (found["nodes"], found["first"]) == (["n1", "n2", "n3"], 0)
    said = json.dumps(found["wide"])
    assert said.count('"band"') == 11
    assert "sent in step 2, delivered in step 8" in said


def test_of_a_long_walk_the_end_is_drawn() -> None:
    to = client(Counting(limit=1, wraps=True).model())
    found = answer(to, "picture", {"path": [0] * 101})
    assert found["first"] == 40
    numbers = re.findall(r'"text", {"x": 40, "y": \d+}, \["(\d+)"\]', json.dumps(found["wide"]))
    assert numbers == [str(number) for number in range(40, 101)]


def test_the_source_of_a_step() -> None:
    to = client(model_of("raft", bug="forget-vote"))
    path = follow(to, *FORGOTTEN.split("; "))
    last = answer(to, "source", {"path": path})
    assert (last["method"], last["file"]) == ("become_leader", "raft.py")
    lines = [
        "".join(str(word) for _, word in cast("list[list[str]]", line))
        for line in cast("list[Json]", last["lines"])
    ]
    assert "def become_leader" in "".join(lines[:2])
    taken = cast("int", last["taken"]) - cast("int", last["first"])
    assert lines[taken].strip().startswith("return self.with_entry(")
    crash = answer(to, "source", {"path": path[:7]})
    assert (crash["said"], crash["method"]) == ("n3: crash", "at_crash"), "where the vote is forgotten"
    next_ = answer(to, "source", {"path": [0], "step": 0})
    assert (next_["said"], next_["method"]) == ("n1: election_timeout", "election_timeout")
    assert answer(to, "source", {"path": [0]})["method"] is None
    assert "there is no step 99" in refusal(asked(to, "source", {"path": [0], "step": 99}))
    assert "'step' is a whole number" in refusal(asked(to, "source", {"path": [0], "step": "1"}))


# -- the states around ---------------------------------------------------------------------------------------


def test_the_graph_of_a_small_model_is_all_of_it() -> None:
    space = Space(model_of("die_hard"))
    found = graph(space, [0, 1])
    assert found["said"] == "16 states, 58 steps; nothing else can be reached"
    places = cast("list[list[int]]", found["places"])
    assert len({space.walk(path).states[-1] for path in places}) == len(places) == 16, "each path leads there"


def test_a_graph_ends_where_it_is_told_to() -> None:
    small = always("small", each(Counter, lambda view: view.value < 2))
    space = Space(Counting(limit=9).model(small))
    found = graph(space, [0, 0], most=4)
    assert found["said"] == "4 states, 3 steps; 1 step leads further"
    said = json.dumps(found["drawn"])
    assert said.count("breaks small") == 4  # the title and the label of the two that break it
    assert said.count("vertex walked here") == 1
    long = graph(Space(model_of("raft")), [0], most=50)
    assert str(long["said"]).startswith("50 states, ")


# -- the file is saved ---------------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> tuple[LiveModel, Path]:
    """A model in a file, walked, and its file."""
    path = tmp_path / "counting_file.py"
    written(path)
    file = load(str(path))
    watch = SourceWatch(file)

    def renew() -> Space | None:
        return Space(watch.reload()()) if watch.changed() else None

    return LiveModel(Space(file()), OVERVIEW, renew), path


def test_a_saved_model_is_taken_up(live: tuple[LiveModel, Path]) -> None:
    """The walk stays as far as there is one, and it is said why it goes no further."""
    model, path = live
    to = client_of(model)
    way = follow(to, "n1: up", "n1: up", "n1: clear")
    said = ["n1: up", "n1: up", "n1: clear"]
    assert answer(to, "version", {}) == {"version": 1, "problem": ""}
    written(path, LIMIT=4)
    assert answer(to, "version", {}) == {"version": 2, "problem": ""}
    kept = answer(to, "follow", {"path": way, "said": said})
    assert (kept["path"], kept["ended"]) == (way, "")
    written(path, LIMIT=1, NAME="erase")
    assert answer(to, "version", {})["version"] == 3
    cut = answer(to, "follow", {"path": way, "said": said})
    assert len(cast("list[int]", cut["path"])) == 2
    assert cut["ended"] == "step 2, n1: up, is not possible: its guard: that is enough"


def test_a_step_has_another_number_now(live: tuple[LiveModel, Path]) -> None:
    """The steps are followed by what they are called, not by their places."""
    model, path = live
    to = client_of(model)
    way = follow(to, "n1: up", "n1: clear")
    assert way == [0, 0, 1]
    written(path, LIMIT=1)
    answer(to, "version", {})
    assert model.space.follow(way, ["n1: up", "n1: clear"]) == ((0, 0, 0), "")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("def model(:\n", "invalid syntax"),
        ("import nothing_of_this_name\n", "No module named"),
        ("x = 1\n", "has no function model"),
        ("from elcheck import *\ndef model() -> Model:\n    raise ValueError('no')\n", "model(): no"),
    ],
)
def test_a_broken_file_leaves_the_model(live: tuple[LiveModel, Path], broken: str, why: str) -> None:
    model, path = live
    to = client_of(model)
    path.write_text(broken, encoding="utf-8")
    said = answer(to, "version", {})
    assert said["version"] == 1
    assert why in str(said["problem"])
    assert answer(to, "version", {}) == said, "it is still so"
    assert answer(to, "at", {"path": [0, 0]})["path"] == [0, 0], "the model that there was can be walked"
    written(path, LIMIT=2)
    assert answer(to, "version", {}) == {"version": 2, "problem": ""}


def test_what_a_model_imports_is_read_again(tmp_path: Path) -> None:
    helper, path = tmp_path / "limits_of_it.py", tmp_path / "importing.py"
    helper.write_text("LIMIT = 3\n", encoding="utf-8")
    path.write_text("from limits_of_it import LIMIT\n" + MODEL.replace("STEP", "1").replace("NAME", "zero"))
    watch = SourceWatch(load(str(path)))
    assert not watch.changed()
    helper.write_text("LIMIT = 0\n", encoding="utf-8")
    assert watch.changed()
    assert len(Space(watch.reload()()).ways(Space(watch.file()).starts[0]).steps) == 0
    helper.unlink()
    assert watch.changed()
    with pytest.raises(LoadError, match="limits_of_it"):
        watch.reload()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"path": [0]}, "'said' is a list of steps"),
        ({"path": [0], "said": [0]}, "'said' is a list of steps"),
        ({"path": [0], "said": ["n1: up"] * (LONGEST + 1)}, "'said' has at most 2,000 steps"),
        ({"said": []}, "'path' is a list of whole numbers"),
    ],
)
def test_what_can_not_be_followed(question: object, why: str) -> None:
    assert why in refusal(asked(client(model_of("die_hard")), "follow", question))


def test_names_of_steps_are_only_names() -> None:
    """Nothing of what is said is run or read as anything else."""
    to = client(model_of("die_hard"))
    for said in ("__import__('os')", "start 2", "{}", "# x", "", "fill_big\nempty_big", "../../etc/passwd"):
        found = answer(to, "follow", {"path": [0], "said": [said]})
        assert found["path"] == [0], said
        assert "step 1" in str(found["ended"])


# -- in the terminal -----------------------------------------------------------------------------------------


def typed(model: Model, *lines: str, path: tuple[int, ...] = (0,)) -> list[str]:
    """What a terminal says to some lines, the answer to each apart."""
    said: list[str] = []
    terminal = Terminal(
        LiveModel(Space(model), OVERVIEW), path, lambda line: said.append(click.unstyle(line)), 100
    )
    terminal.run(io.StringIO("".join(f"{line}\n" for line in lines)).readline)
    return said


def test_steps_are_numbered_and_taken() -> None:
    start, after, undone, again = typed(model_of("die_hard"), "2", "u", "here")
    assert start.splitlines()[1:] == [
        "The initial state",
        "  Jugs(small=0, big=0)",
        "  1  fill_small: small 0 → 3",
        "  2  fill_big: big 0 → 5",
        "4 others can't be taken: b says why",
    ]
    assert "After step 1, fill_big" in after
    assert undone == again == start


def test_what_is_refused_says_why() -> None:
    said = "\n".join(typed(model_of("raft_election"), "b"))
    assert "n1: become_leader, n2: become_leader, n3: become_leader: its guard: only a candidate wins" in said
    assert "raft_election.py:" in said
    assert "there are none in this environment: --crash is 0" in said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0", "there is no step 0: there are 2 steps, from 1"),
        ("99", "there is no step 99: there are 2 steps, from 1"),
        ("u", "this is the initial state: there is nothing to undo"),
        ("go 3", "there is no step 3: the walk has 0 steps"),
        ("go", "go N goes to where step N led"),
        ("start 2", "there is no initial state 1: there are 1, from 0"),
        ("to 1", "there is no trace 1: there are 0"),
        ("save", "save FILE writes the walk into a file"),
        ("save /nowhere/at/all", "No such file or directory"),
        ("fly", "'fly' is no command: ? lists them"),
        ('"', "No closing quotation"),
    ],
)
def test_what_can_not_be_done_is_said(line: str, why: str) -> None:
    said = typed(model_of("die_hard"), line)
    assert len(said) == 2
    assert why in said[1]


def test_a_saved_walk_is_replayed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("walk.txt", "walk.json"):
        file = tmp_path / name
        said = typed(model_of("raft", bug="forget-vote"), "r 12 3", f"save {file}")
        assert said[-2] == f"wrote {file}; to replay it:"
        assert said[-1].replace(" \\\n", "") == f"  elcheck replay m {file}"
        assert cli.run(["replay", "raft", "--bug", "forget-vote", str(file)]) == 0
        assert "ALLOWED: 12 steps" in capfd.readouterr().out


def test_a_walk_goes_where_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As a command: what is piped in is done line by line, and the end of it is the end."""
    lines = "2\n1\nbad\ngo 1\np\nq\n9\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert cli.run(["explore", "die_hard", "--tty"]) == 0
    out = capfd.readouterr().out
    assert "After step 2, " in out
    assert "'bad' is no command" in out
    assert "there is no step 9" not in out, "q has ended it"
    assert "fill_big" in out.rpartition("step    action")[2]


def test_what_else_is_asked_for_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the terminal, and in what the page is told; with what the file has by then."""
    path = tmp_path / "counted.py"
    written(path)
    path.write_text(path.read_text() + "\n\ndef twice(n):\n    return 2 * n\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    args = ["explore", str(path), "--tty", "--show", "twice(n1.count)", "--show", "1 // (1 - n1.count)"]
    assert cli.run(args) == 0
    start, after = capfd.readouterr().out.split("After step 1")
    assert "  twice(n1.count): 0\n  1 // (1 - n1.count): 1\n" in start
    assert "  twice(n1.count): 2\n  1 // (1 - n1.count): ! ZeroDivisionError" in after
    file = load(str(path))
    space = Space(file(), expressions_of(file, file(), ["twice(n1.count)"]))
    told = cast("dict[str, Json]", place(space, [0, 0])["state"])
    assert told["shown"] == [["twice(n1.count)", "2"]]


def test_what_breaks_is_said_before_and_after() -> None:
    small = always("small", each(Counter, lambda view: view.value < 1))
    start, after = typed(Counting().model(small), "1")
    assert "     breaks: small" in start
    assert "broken: small" in after


def test_a_terminal_takes_up_what_is_saved(live: tuple[LiveModel, Path]) -> None:
    model, path = live
    said: list[str] = []

    def typing() -> Iterator[str]:
        """Lines, before some of which the file is saved."""
        yield from ("1\n", "1\n")
        path.write_text("def model(:\n", encoding="utf-8")
        yield from ("here\n", "here\n")
        written(path, LIMIT=1)
        yield "here\n"

    lines = typing()
    terminal = Terminal(model, (0,), lambda line: said.append(click.unstyle(line)), 100)
    terminal.run(lambda: next(lines, ""))
    assert sum(line.startswith("The model stays as it was:") for line in said) == 1
    (again,) = [line for line in said if line.startswith("The model was saved and read again")]
    assert "of the walk 1 step is left" in again
    assert "step 2, n1: up, is not possible: its guard: that is enough" in again.replace("\n  ", " ")
    assert "After step 1, n1: up" in said[-1]


def test_without_anything_to_do() -> None:
    nothing = always("up", each(node_views(State), lambda view: view.up))
    said = typed(Counting(limit=0).model(nothing))
    assert "No step can be taken: this is an end." in said[0]
