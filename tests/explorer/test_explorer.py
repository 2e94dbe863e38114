"""`elcheck explore`: what its server answers, and what it refuses."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcheck import State, always, each, node_views, step
from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.commands.explore import checked, traces_of
from elcheck.checker.explorer import local_server
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.local_server import HOST, listen
from elcheck.checker.explorer.place import place
from elcheck.checker.explorer.space import LONGEST, Space
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.scope import change
from elcheck.checker.process.limits import Limits
from tests.explorer.walking import (
    FORGOTTEN,
    NAME,
    OVERVIEW,
    TOKEN,
    asked,
    at,
    client,
    client_of,
    follow,
    listed,
    model_of,
    refusal,
    walked,
)
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.examples import examples
from tests.support.models import Counter, Counting

ROOT = Path(__file__).parents[2]
RAFT = {"bug": "forget-vote"}
# -- walking -----------------------------------------------------------------------------------------------


def test_steps_say_what_they_change() -> None:
    to = client(model_of("die_hard"))
    here = at(to, 0)
    assert [step["said"] for step in here["steps"]] == ["fill_small", "fill_big"]
    assert here["steps"][1]["changes"] == [{"what": "big", "old": "0", "new": "5"}]
    path = follow(to, "fill_big", "big_to_small")
    there = at(to, *path)
    assert [step["said"] for step in there["trail"]] == ["start", "fill_big", "big_to_small"]
    back = next(step for step in there["steps"] if step["said"] == "small_to_big")
    assert back["back"] == 1, "it leads to where the first step led"


def test_undoing_is_a_shorter_path() -> None:
    to = client(model_of("raft_election"))
    before = at(to, 0)
    path = follow(to, "n1: election_timeout")
    assert at(to, *path)["before"] == before["state"]
    assert at(to, *path[:-1]) == before


def test_a_disabled_step_comes_with_its_guard() -> None:
    groups = at(client(model_of("raft")), 0)["blocked"]
    lead = next(group for group in groups if "n1: become_leader" in str(group["events"]))
    assert lead["why"] == "its guard: only a candidate becomes the leader"
    assert lead["events"] == ["n1: become_leader", "n2: become_leader", "n3: become_leader"]
    file, line = str(lead["source"]).split(":")
    assert "def become_leader" in "".join(
        (ROOT / "models" / file).read_text().splitlines()[int(line) - 1 : int(line) + 3]
    )
    restarts = [group for group in groups if ": restart" in str(group["events"])]
    assert [group["why"] for group in restarts] == ["n1 is up", "n2 is up", "n3 is up"]
    assert all(group["fault"] for group in restarts)


def test_properties_at_every_state() -> None:
    to = client(model_of("raft", **RAFT))
    words = FORGOTTEN.split("; ")
    path = follow(to, *words)
    before, there = at(to, *path[:-1]), at(to, *path)
    answers = {str(p["name"]): p["answer"] for p in there["properties"]}
    assert answers["at most one leader per term"] == "broken"
    assert answers["terms only grow"] == "holds"
    assert answers["a leader is elected"] == "reached"
    assert {p["answer"] for p in before["properties"] if p["kind"] == "always"} == {"holds"}
    assert "at most one leader per term" in cast("list[str]", there["trail"][-1]["broken"])
    warned = before["steps"][path[-1]]
    assert "at most one leader per term" in cast("list[str]", warned["breaks"]), "said before it is taken"


def test_what_one_state_does_not_tell() -> None:
    found = at(client(model_of("peterson_mutex")), 0)["properties"]
    assert {(p["kind"], p["answer"], p["detail"]) for p in found} == {
        ("always", "holds", ""),
        ("sometimes", "not reached", ""),
        ("deadlock", "holds", ""),
        ("possible", "open", "speaks of what can come: one state does not tell"),
        ("liveness", "open", "speaks of whole behaviours: one state does not tell"),
    }
    steps = at(client(model_of("raft")), 0)["properties"]
    assert {(p["answer"], p["detail"]) for p in steps if p["kind"] == "step"} == {
        ("open", "no step led here")
    }


def test_a_step_that_breaks_a_property_of_steps() -> None:
    grows = step("it never falls", change(Counter, lambda old, new: new.value >= old.value))
    to = client(Counting(limit=1, wraps=True).model(grows))
    first, second = at(to, 0)["steps"][0], at(to, 0, 0)["steps"][0]
    assert (first["breaks"], second["breaks"]) == ([], ["it never falls"])
    there = at(to, 0, 0, 0)
    assert there["properties"][0]["answer"] == "broken"
    assert there["trail"][-1]["broken"] == ["it never falls"]
    assert at(to, 0, 0, 0, 0)["properties"][0]["answer"] == "holds"


def test_what_raises_is_said_and_decides_nothing() -> None:
    to = client(Counting(divides_at=0).model(always("small", each(node_views(State), lambda view: view.up))))
    here = at(to, 0)
    assert "ZeroDivisionError" in str(here["raised"])
    assert here["steps"] == []
    wrong = always("wrong", each(Counter, lambda v: 1 // v.value > 0))
    later = always("later", each(node_views(State), lambda v: v.up))
    answers = at(client(Counting().model(wrong, later)), 0)["properties"]
    assert [p["answer"] for p in answers] == ["open", "open", "broken"]
    assert "ZeroDivisionError" in str(answers[2]["detail"])


# -- at random -----------------------------------------------------------------------------------------------


def test_a_random_walk_is_that_of_its_seed() -> None:
    to = client(model_of("lease"))
    walks = [walked(to, seed, 12) for seed in (1, 1, 2)]
    assert walks[0] == walks[1]
    assert walks[0] != walks[2]
    path, _, trail = walks[0]
    assert at(to, *path)["trail"] == trail


def test_a_random_walk_ends_where_a_property_breaks() -> None:
    small = always("small", each(Counter, lambda view: view.value < 2))
    assert walked(client(Counting().model(small)), 0, 9)[:2] == ([0, 0, 0], "small: broken")
    assert walked(client(Counting().model()), 0, 9)[:2] == ([0, 0, 0, 0], "no step is enabled")


def test_without_faults_there_are_none() -> None:
    to = client(model_of("raft"))
    assert any(step["fault"] for seed in range(5) for step in walked(to, seed, 20)[2])
    assert not any(step["fault"] for seed in range(5) for step in walked(to, seed, 20, faults=False)[2])


@examples(60)
@given(st.one_of(sound_models(), sound_specs()), st.integers(0, 100))
def test_any_model_can_be_walked(case: Case, seed: int) -> None:
    """No step is enabled and blocked, each blocked one has a reason, a path is that of its trace."""
    try:
        space = Space(case.model)
        path, _ = space.random([0], seed, 6, faults=True)
        said = place(space, path)
    except DefinitionError:
        return
    json.dumps(said)
    trace = space.walk(path)
    assert space.path_of(trace) == path
    enabled = {str(step["said"]) for step in listed(said, "steps")}
    blocked = [
        str(event) for group in listed(said, "blocked") for event in cast("list[str]", group["events"])
    ]
    if said["raised"] is None:
        assert not enabled & set(blocked)
    assert all(group["why"] for group in listed(said, "blocked"))
    assert "something else holds it up" not in [group["why"] for group in listed(said, "blocked")]
    assert place(Space(case.model), path) == said, "from the beginning it is the same"


def test_every_counterexample_can_be_gone_to() -> None:
    model = model_of("raft", bug="forget-vote")
    space = Space(model)
    report = check(model, Limits(depth=10))
    traces = [result.trace for result in report.results if result.trace is not None]
    assert traces
    for trace in traces:
        assert space.walk(space.path_of(trace)).states == trace.states
    with pytest.raises(UsageError, match="none of this model"):
        Space(model_of("raft", nodes=2)).path_of(traces[0])


def test_the_mark_tells_models_apart() -> None:
    first, second = (Space(model_of("die_hard", small=n)) for n in (3, 4))
    assert place(first, [0])["mark"] == place(second, [0])["mark"]
    assert place(first, [0, 0])["mark"] != place(second, [0, 0])["mark"]
    for seed in ("0", "1"):
        code = "from elcheck.checker.explorer.place import place; "
        code += "from elcheck.checker.explorer.space import Space; "
        code += "from tests.explorer.walking import model_of; "
        code += "print(place(Space(model_of('raft_election')), [0, 0, 1])['mark'])"
        run = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert run.stdout.strip() == place(Space(model_of("raft_election")), [0, 0, 1])["mark"]


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"path": [0, 2]}, "step 1 is number 2 of 2 steps, from 0"),
        ({"path": [0, -1]}, "step 1 is number -1 of 2 steps"),
        ({"path": [1]}, "there is no initial state 1: there are 1"),
        ({"path": [-1]}, "no initial state -1"),
        ({"path": []}, "a path begins with the number of an initial state"),
        ({"path": [0, True]}, "'path' is a list of whole numbers"),
        ({"path": [0, 0.0]}, "'path' is a list of whole numbers"),
        ({"path": "0.0"}, "'path' is a list of whole numbers"),
        ({"path": {"0": 0}}, "'path' is a list of whole numbers"),
        ({}, "'path' is a list of whole numbers"),
        ([0], "an object"),
        ({"path": [0] * (LONGEST + 2)}, "a path has at most 2,000 steps, and this one 2,001"),
    ],
)
def test_paths_that_there_are_not(question: object, why: str) -> None:
    to = client(model_of("die_hard"))
    for name in ("at", "picture", "source", "graph"):
        assert why in refusal(asked(to, name, question)), name


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"seed": "1"}, "'seed'"),
        ({"seed": 10**30}, "'seed'"),
        ({"steps": 0}, "1 to 1000"),
        ({"steps": 1001}, "1 to 1000"),
        ({"steps": None}, "'steps'"),
        ({"faults": 1}, "'faults'"),
    ],
)
def test_walks_that_there_are_not(more: dict[str, object], why: str) -> None:
    answer = asked(client(model_of("die_hard")), "walk", {"path": [0], "seed": 1, "steps": 1, **more})
    assert why in refusal(answer)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"path": [' + b"9" * 5000 + b"]}"])
def test_what_is_no_question(raw: bytes) -> None:
    answer = asked(client(model_of("die_hard")), "at", None, raw=raw)
    assert "JSON" in refusal(answer)


def test_too_large_a_question() -> None:
    assert asked(client(model_of("die_hard")), "at", None, raw=b" " * 1_000_001).status_code == 413


def test_a_question_that_never_ends_is_told_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one whose handler goes round for ever."""
    begun, ends = threading.Event(), threading.Event()

    def endless() -> None:
        begun.set()
        ends.wait(60)

    live = LiveModel(Space(Counting(3).model()), OVERVIEW)
    monkeypatch.setattr(live, "refresh", endless)
    monkeypatch.setattr(local_server, "PATIENCE", 0.01)
    to = client_of(live)
    first = threading.Thread(target=asked, args=(to, "version", {}))
    first.start()
    assert begun.wait(60)
    refused = asked(to, "at", {"path": [0]})
    ends.set()
    first.join()
    assert refused.status_code == 503
    assert "may not come to its end" in refused.text
    assert asked(to, "at", {"path": [0]}).status_code == 200


def test_only_with_the_token() -> None:
    to = client(model_of("die_hard"))
    for token in ("", "another", TOKEN + "x", "ü"):
        assert asked(to, "at", {"path": [0]}, token=token).status_code == 403
    for path in ("/", "/another/", "/another/explorer.js", f"/x/{TOKEN}/", "//", f"//{TOKEN}/"):
        assert to.get(path, headers={"Host": NAME}).status_code == 403, path
    assert to.get(f"/{TOKEN}/api/about", headers={"Host": NAME}).status_code == 403, (
        "the address is not enough"
    )
    for name in ("version", "follow", "picture", "source", "graph", "walk"):
        assert asked(to, name, {"path": [0]}, token="").status_code == 403, name
        assert asked(to, name, {"path": [0]}, host="example.org").status_code == 403, name
        headers = {"Host": NAME, "X-Elcheck-Token": TOKEN}
        assert to.get(f"/{TOKEN}/api/{name}", headers=headers).status_code == 405, name


@pytest.mark.parametrize(
    "host", ["example.org", "example.org:8000", HOST, f"{HOST}:8001", "localhost.:8000", ""]
)
def test_only_by_its_name(host: str) -> None:
    """A name that someone else makes to mean this machine is not its name."""
    to = client(model_of("die_hard"))
    assert asked(to, "at", {"path": [0]}, host=host).status_code == 403
    assert to.get(f"/{TOKEN}/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["server.py", "../server.py", "..%2fserver.py", "%2e%2e/server.py", "/etc/passwd", "explorer.js/",
     "index.html", "..\\server.py", "explorer.js%00", "api/../../../..//etc/passwd",
     "../../pyproject.toml", "api", "api/", "api/../explorer.js"],
)  # fmt: skip
def test_no_other_file(name: str) -> None:
    to = client(model_of("die_hard"))
    headers = {"Host": NAME, "X-Elcheck-Token": TOKEN}
    answer = to.get(f"/{TOKEN}/{name}", headers=headers)
    assert answer.status_code in (403, 404), answer.text


def test_methods_and_kinds() -> None:
    to = client(model_of("die_hard"))
    headers = {"Host": NAME, "X-Elcheck-Token": TOKEN}
    assert to.post(f"/{TOKEN}/", headers=headers).status_code == 405
    assert to.get(f"/{TOKEN}/api/at", headers=headers).status_code == 405
    form = to.post(f"/{TOKEN}/api/at", data={"path": "[0]"}, headers=headers)
    assert form.status_code == 415, "a form of another site could say that much"


def test_headers_forbid_all_but_its_own() -> None:
    to = client(model_of("die_hard"))
    script, style = "text/javascript", "text/css"
    files = [("", "text/html"), *((f"{name}.js", script) for name in ("ask", "explorer", "walk", "picture"))]
    for path, kind in [*files, *((f"{name}.css", style) for name in ("explorer", "colours", "picture"))]:
        answer = to.get(f"/{TOKEN}/{path}", headers={"Host": NAME})
        assert (answer.status_code, answer.mimetype) == (200, kind)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer", "the address holds the token"
        assert "Access-Control-Allow-Origin" not in answer.headers
        text = answer.text.replace("http://www.w3.org/2000/svg", "")  # a name, which nobody asks for
        assert not re.search(r"https?://|innerHTML|eval\(|<style|\bon[a-z]+=\"", text)


# -- the command ---------------------------------------------------------------------------------------------


class Running:
    """``elcheck explore`` as a process."""

    def __init__(self, *args: str) -> None:
        command = [sys.executable, "-m", "elcheck", "explore", *args, "--no-open"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
        )
        assert self.process.stdout is not None
        self.said = ""
        while "Ctrl-C ends it.\n" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        self.address = next(word for word in self.said.split() if word.startswith("http://"))

    def end(self) -> tuple[int, str]:
        """Its exit code after Ctrl-C, and what it said last."""
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=20)
        return self.process.returncode, out


def test_it_serves_this_machine_until_ctrl_c() -> None:
    running = Running("die_hard", "--at", "0.1")
    try:
        found = re.fullmatch(rf"http://{re.escape(HOST)}:(\d+)/([\w-]{{24}})/#0\.1", running.address)
        assert found, running.address
        connection = http.client.HTTPConnection(HOST, int(found[1]), timeout=10)
        connection.request("GET", f"/{found[2]}/")
        assert b"<title>elcheck explore" in connection.getresponse().read()
        connection.close()
        code, out = cli_run("die_hard", "--port", found[1])
        assert code == 2
        assert f"port {found[1]} of 127.0.0.1 can't be had: it is in use; --port 0 takes a free one" in out
    finally:
        ended = running.end()
    assert ended == (0, "\nended\n")


def cli_run(*args: str) -> tuple[int, str]:
    """The exit code of a run that does not come to serve, and what it says."""
    command = [sys.executable, "-m", "elcheck", "explore", *args, "--no-open"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout + run.stderr


def test_it_listens_on_loopback_alone() -> None:
    with listen(0) as heard:
        assert heard.getsockname()[0] == "127.0.0.1"
        with pytest.raises(UsageError, match="it is in use"):
            listen(heard.getsockname()[1])
    with listen(0) as heard, socket.create_connection(heard.getsockname()[:2], timeout=5):
        pass


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--at", "0.x"], "--at '0.x': a place is what a link has after its #, such as 0.3.1"),
        (["--at", "0.7"], "step 1 is number 7 of 2 steps, from 0"),
        (["--depth", "3"], "say --check too"),
        (["--trace", "there-is-none.txt"], "the trace there-is-none.txt can't be read"),
        (["--port", "70000"], "70000 is not in the range"),
        (["--port", "7000", "--tty"], "--port is of the page, and --tty needs none"),
    ],
)
def test_mistakes_are_said_before_it_serves(
    capfd: pytest.CaptureFixture[str], args: list[str], why: str
) -> None:
    assert cli.run(["explore", "die_hard", "--no-open", *args]) == 2
    assert why in capfd.readouterr().err


def test_a_trace_by_hand_is_where_it_opens(tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text("fill_big\nbig_to_small\nempty_big\nfill_big\nfill_big\n", encoding="utf-8")
    running = Running("die_hard", "--trace", str(trace))
    code, _ = running.end()
    assert code == 0
    assert "step 5, fill_big, is not allowed: fill_big: it would leave everything as it is" in " ".join(
        running.said.split()
    )
    path = [int(number) for number in running.address.partition("#")[2].split(".")]
    trail = Space(model_of("die_hard")).walk(path).steps
    assert [str(step.event) for step in trail] == ["fill_big", "big_to_small", "empty_big", "fill_big"]


def test_of_a_trace_without_end_its_loop_is_said(tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text("fill_big\nempty_big\nback to step 0\n", encoding="utf-8")
    running = Running("die_hard", "--trace", str(trace))
    assert running.end()[0] == 0
    assert "trace.txt: back to step 0, and so on for ever" in " ".join(running.said.split())


def test_the_traces_of_a_check_are_offered() -> None:
    running = Running("die_hard", "--check")
    assert running.said.startswith("checking, for 20 seconds at most (--timeout; Ctrl-C ends it)\n")
    try:
        found = re.fullmatch(r"http://[\d.]+:(\d+)/([\w-]+)/#0", running.address)
        assert found
        connection = http.client.HTTPConnection(HOST, int(found[1]), timeout=10)
        connection.request("GET", f"/{found[2]}/api/about", headers={"X-Elcheck-Token": found[2]})
        about = json.loads(connection.getresponse().read())
        connection.close()
    finally:
        running.end()
    assert [trace["name"] for trace in about["prepared"]] == ["reached: the goal is measured"]
    assert len(about["prepared"][0]["path"]) == 7
    assert about["verdicts"] == {"no jug overflows": "proved", "the goal is measured": "proved"}
    assert about["faults"] is False


def test_a_lasso_is_offered_with_its_loop(capsys: pytest.CaptureFixture[str]) -> None:
    space = Space(model_of("raft_liveness", nodes=2, early=0, bug="no-timers"))
    reached, stays = traces_of(checked(space.model, None, 20), space)
    assert reached.name == "reached: a leader is elected"
    assert stays.name == "refuted: a leader for good, once faults stop"
    assert stays.note == "from the start nothing has to happen any more; and stays there for ever"
    space = Space(model_of("bully", nodes=4, liveness=True, weak_timers=True))
    found = traces_of(checked(space.model, None, 20), space)
    lasso = next(trace for trace in found if "refuted" in trace.name)
    assert lasso.note.endswith("in 3 steps; back to step 11, and so on for ever")
    assert len(lasso.path) == 15
    assert capsys.readouterr().err.count("for 20 seconds at most") == 2


def test_a_check_that_was_ended_says_so() -> None:
    running = Running("raft_election", "--check", "--depth", "3")
    assert running.end()[0] == 0
    assert "The check did not examine every state: " not in running.said, "a depth is a bound"
    running = Running("raft_election", "--nodes", "5", "--check", "--timeout", "0.1")
    assert running.end()[0] == 0
    assert "The check did not examine every state: --timeout 0.1 ran out." in running.said
