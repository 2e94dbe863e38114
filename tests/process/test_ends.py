"""A signal ends every command alike: what is known is printed, and nothing is left half-done."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.render.progress import Progress
from elcheck.checker.search.plain import search_plain
from elcheck.checker.zoo.pins import read
from tests.support.commands import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

MODEL = '''
import os
import signal
from typing import Annotated

from elcheck import Model, Node, State, action, always, each, guard, node_ids, sometimes


class Place(State):
    at: int = 0


class Walker(Node[Place]):
    """Sends a signal to elcheck where it is at a place."""

    place: int
    sent: str

    @action
    def go(self, s: Place) -> Place:
        guard(s.at < self.end(), "the end")
        if s.at == self.place:
            for name in self.sent.split("+"):
                os.kill({process}, getattr(signal, name))
        return Place(s.at + 1)

    def end(self) -> int:
        return 30


class Far(Walker):
    """Goes too far."""

    def end(self) -> int:
        return 40


def model(
    place: int = 20, sent: str = "SIGINT", far: int = 35, bug: Annotated[type[Walker], "a mistake"] = Walker
) -> Model:
    """One that walks."""
    return Model(
        bug(place, sent),
        nodes=node_ids(2),
        properties=[
            always("near", each(Place, lambda s: s.at < far)),
            always("sane", each(Place, lambda s: s.at < 1000)),
            sometimes("on its way", each(Place, lambda s: s.at == 3)),
        ],
    )
'''

SENDS = "os.kill({process}, getattr(signal, name))"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "walker.py"
    path.write_text(MODEL.replace("{process}", "os.getpid()"), encoding="utf-8")
    return path


def run(capfd: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = cli.run([str(arg) for arg in args])
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_search_ends_with_what_is_known(
    model: Path, capfd: pytest.CaptureFixture[str], engine: str, sent: str
) -> None:
    if engine == "fast":
        pytest.importorskip("numba")
    code, out, err = run(capfd, model, "--sent", sent, "--engine", engine, "--format", "json")
    document = json.loads(out)
    assert (code, err) == (EXIT["undetermined"], "")
    assert document["stats"]["stopped"] == "it was interrupted"
    assert document["stats"]["distinct"] > 100
    assert [found["verdict"] for found in document["properties"]] == [
        "undetermined",
        "undetermined",
        "proved",
    ]
    assert [said[:16] for said in document["stats"]["growing"]] == ["Place.at (up to "]


def test_what_was_refuted_before_stays_so(
    model: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trace = tmp_path / "trace.tlc.json"
    code, out, _ = run(capfd, model, "--far", "10", "--engine", "plain", "--export", trace)
    assert code == EXIT["refuted"]
    assert "it was interrupted" in out
    assert "at 9 → 10" in out
    assert json.loads(trace.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("simulate",), "it was interrupted"),
        (("frontier",), "It was stopped: it was interrupted."),
        (("fewest",), "it was interrupted"),
    ],
)
def test_other_strategies_end_so_too(
    model: Path, capfd: pytest.CaptureFixture[str], command: tuple[str], said: str
) -> None:
    args: dict[str, list[str | Path]] = {
        "simulate": ["simulate", model],
        "frontier": [model, "--frontier", "--crash", "1", "--place", "3"],
        "fewest": [model, "--minimise", "faults", "--crash", "1", "--place", "3"],
    }
    code, out, _ = run(capfd, *args[command[0]])
    assert code == EXIT["undetermined"]
    assert said in out


def test_a_replay_ends(model: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text("n1 go\n" * 25, encoding="utf-8")
    assert run(capfd, "replay", model, trace) == (EXIT["undetermined"], "", "elcheck: it was interrupted\n")
    assert run(capfd, "replay", model, trace, "--place", "50")[0] == EXIT["proved"]


def test_an_interrupted_case_of_the_zoo_is_no_result(
    model: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pins, cases = tmp_path / "pins.toml", tmp_path / "cases.toml"
    case = '[[case]]\nmodel = "walker.py"\nparameters = {{ place = {} }}\n'
    cases.write_text(case.format(50) + case.format(20) + case.format(51), encoding="utf-8")
    code, out, err = run(capfd, "zoo", cases, "--jobs", "1", "--pin", pins, "--engine", "plain")
    assert code == EXIT["undetermined"]
    assert "Not every case was run: it was interrupted after 1 of 3 cases." in out
    assert err.count("\n") == 2  # the case that ended, and the file that was written
    assert err.startswith(f"1 of 3: elcheck {model.name} --place 50: PROVED")
    assert [(c.parameters, c.pinned["distinct"]) for c in read(pins)] == [({"place": 50}, 961)]


def test_finished_cases_survive_with_several_processes(
    model: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model.write_text(MODEL.replace("{process}", "os.getppid()"), encoding="utf-8")
    cases = tmp_path / "cases.toml"
    case = '[[case]]\nmodel = "walker.py"\nparameters = {{ place = {} }}\n'
    cases.write_text("".join(map(case.format, (50, 20, 51, 52))), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "elcheck", "zoo", cases, "--jobs=2", "--engine=plain", "--format=json"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert done.returncode == EXIT["undetermined"]
    assert document["stopped"].startswith("it was interrupted after ")
    found = {c["parameters"]["place"]: c["found"]["distinct"] for c in document["cases"]}
    assert set(found.values()) <= {961}
    assert len(found) == done.stderr.count("PROVED")


def test_a_second_signal_ends_the_report_too(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A trace is replayed by the handlers that send it."""
    code, _, err = run(capfd, model, "--far", "25", "--engine", "plain", "--sent", "SIGINT+SIGTERM+SIGINT")
    assert code == EXIT["undetermined"]
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_command_is_imported(number: int) -> None:
    """What is imported is the first thing that `elcheck` imports."""
    begun = "import os; from elcheck.checker.process.starting import give_back, take; take(); "
    done = elsewhere_in_python(f"{begun}os.kill(os.getpid(), {int(number)}); print('goes on')")
    assert (done.returncode, done.stdout) == (EXIT["undetermined"], "")
    assert done.stderr == "elcheck: interrupted before it began\n"
    given_back = elsewhere_in_python(f"{begun}give_back(); os.kill(os.getpid(), {int(number)})")
    assert given_back.returncode not in (0, EXIT["undetermined"])


def elsewhere_in_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_signals_are_given_back(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    run(capfd, model)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert run(capfd, model, "--sent", "SIGHUP")[0] == EXIT["proved"]
    finally:
        signal.signal(signal.SIGHUP, before[2])


def test_a_log_has_a_line_now_and_then(
    model: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del model
    monkeypatch.setattr("elcheck.checker.render.progress.SELDOM", 0.0)
    assert "\r" not in _progress(capfd)
    monkeypatch.setattr("elcheck.checker.render.progress.SELDOM", 30.0)
    assert _progress(capfd) == ""


def _progress(capfd: pytest.CaptureFixture[str]) -> str:
    from elcheck import load
    from elcheck.checker.process.limits import Limits
    from elcheck.checker.search.judge import Judge
    from elcheck.checker.system import build

    system = build(load("die_hard")())
    search = search_plain(system, Judge(system), Limits())
    Progress()(search)
    return capfd.readouterr().err


# -- what is printed -------------------------------------------------------------------------------------


def elsewhere(*args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "elcheck", *args],
        cwd=ROOT, capture_output=True, env=os.environ | environment, timeout=120, check=False,
    )  # fmt: skip


def test_what_an_encoding_has_no_character_for_is_said_with_others() -> None:
    text = elsewhere("die_hard", "--witness", PYTHONIOENCODING="cp1252")
    assert text.returncode == EXIT["proved"]
    assert b" -> " in text.stdout
    document = elsewhere("die_hard", "--format", "json", PYTHONIOENCODING="cp1252")
    assert json.loads(document.stdout.decode("utf-8"))["exit_code"] == EXIT["proved"]


def test_ascii_fits_as_well() -> None:
    """What stands for an arrow is wider than it, and tables are folded to that."""
    for drawn in ("--explain", "--diagram"):
        found = elsewhere("bully", "--bug", "hasty", drawn, "--width", "60", PYTHONIOENCODING="ascii")
        assert found.returncode == EXIT["deadlock"]
        lines = found.stdout.decode("ascii").splitlines()
        assert max(map(len, lines)) <= 60
        assert any("->" in line for line in lines)
        assert found.stderr == b""


def test_a_model_prints_to_stderr(tmp_path: Path) -> None:
    path = tmp_path / "walker.py"
    says = 'print("said"); os.write(1, b"written\\n")'
    path.write_text(MODEL.replace(SENDS, says), encoding="utf-8")
    found = elsewhere(str(path), "--format", "json")
    assert json.loads(found.stdout)["verdict"] == "proved", found.stderr
    assert found.stderr.count(b"said") == found.stderr.count(b"written") > 0


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("os._exit(0)", "RuntimeError: os._exit is not for a model"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise SystemExit", "SystemExit"),
        ("raise StopIteration", "StopIteration"),
    ],
)
def test_a_handler_that_leaves_is_the_model_s_fault(tmp_path: Path, statement: str, why: str) -> None:
    path = tmp_path / "walker.py"
    source = MODEL.replace(SENDS, statement)
    path.write_text(source, encoding="utf-8")
    line = source[: source.index(statement)].count("\n") + 1
    found = elsewhere(str(path), "--engine", "plain")
    assert found.returncode == EXIT["error"]
    assert re.search(rf"ERROR: Walker.go at n\d raises {re.escape(why)}", found.stdout.decode())
    assert f"walker.py:{line})" in found.stdout.decode()


def test_code_that_catches_everything_is_ended_with_the_process(tmp_path: Path) -> None:
    path = tmp_path / "walker.py"
    margin = "\n" + " " * 20
    stuck = margin.join(("while True:", "try:", "    while True: pass", "except BaseException: continue"))
    path.write_text(MODEL.replace(SENDS, stuck), encoding="utf-8")
    found = elsewhere(str(path), "--timeout", "0.2", "--engine", "plain")
    assert found.returncode == EXIT["undetermined"]
    assert "walker.py" in found.stdout.decode() + found.stderr.decode()


def test_code_that_catches_every_end_is_ended_with_the_process(tmp_path: Path) -> None:
    path = tmp_path / "walker.py"
    stuck = (
        "while True:\n                    try: time.sleep(9)\n                    except BaseException: pass"
    )
    path.write_text("import time\n" + MODEL.replace(SENDS, stuck), encoding="utf-8")
    patient = "from elcheck.checker.process import running; running.STUBBORN = 2"
    found = elsewhere_in_python(
        f"{patient}; from elcheck.checker import cli; cli.main([{str(path)!r}, '--timeout', '0.2'])"
    )
    assert found.returncode == EXIT["undetermined"]
    assert re.fullmatch(r"elcheck: \S+walker.py:\d+ catches what ends the run.*\n", found.stderr)
