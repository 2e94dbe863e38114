"""Whatever elcheck writes says which elcheck wrote it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from elcheck import __version__
from elcheck.checker import cli
from tests.output.report_cases import data_of
from tests.support.cases import COUNTS

MINE = f'elcheck = "{__version__}"\n'


def printed(capfd: pytest.CaptureFixture[str], *args: str) -> str:
    cli.run(args)
    return capfd.readouterr().out


def test_on_the_command_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert printed(capfd, "--version") == f"elcheck, version {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        ["die_hard"],
        ["die_hard", "--frontier"],
        ["replay", "die_hard", "steps.txt"],
        ["simulate", "die_hard", "--walks", "2"],
        ["zoo", "die_hard"],
    ],
    ids=["check", "frontier", "replay", "simulate", "zoo"],
)
def test_in_json(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "steps.txt").write_text("fill_big\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    document = json.loads(printed(capfd, *command, "--format", "json"))
    assert next(iter(document.items())) == ("elcheck", __version__)


def test_in_sarif_and_html(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sarif, page = tmp_path / "out.sarif", tmp_path / "out.html"
    printed(capfd, "die_hard", "--export", str(sarif), "--report", str(page))
    (run,) = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    assert run["tool"]["driver"]["version"] == __version__
    data = data_of(page.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    assert ["Made by", f"elcheck {__version__}"] in data["facts"]


def test_in_pins(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whichever it was, the file is read; it is that of the last who wrote it."""
    pins = tmp_path / "pins.toml"
    printed(capfd, "zoo", "die_hard", "--pin", str(pins))
    written = pins.read_text(encoding="utf-8")
    assert written.startswith(MINE)
    pins.write_text("# Ours.\n" + written.replace(MINE, 'elcheck = "0.0.1"\n'), encoding="utf-8")
    assert cli.run(["zoo", str(pins)]) == 0
    printed(capfd, "zoo", str(pins), "--pin", str(pins))
    assert pins.read_text(encoding="utf-8") == "# Ours.\n" + written


def test_of_our_own_pins() -> None:
    assert "elcheck" in tomllib.loads(COUNTS.read_text(encoding="utf-8"))
