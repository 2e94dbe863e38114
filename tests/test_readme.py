"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = cli.run(args)
    return code, capfd.readouterr().out


def test_the_first_command_says_what_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    code, out = run(capfd, "models/raft.py", "--nodes", "3", "--depth", "20")
    shown = README.split("It says, after a few seconds:")[1].split("```")[1].strip()
    assert shown in out
    assert code == 0


def test_the_counterexample_is_the_one_shown(capfd: pytest.CaptureFixture[str]) -> None:
    """It is shortened there: the columns of step, node and action, and the changes where they are whole."""
    out = run(capfd, "models/raft.py", "--bug", "forget-vote", "--depth", "10")[1]
    block = next(b for b in README.split("```") if b.strip().startswith("REFUTED"))
    real = {line.split()[0]: " ".join(line.split()) for line in out.splitlines() if line[:1].isdigit()}
    for line in block.strip().splitlines()[3:]:
        number, *words = line.split()
        said = " ".join(words).replace("term=1, ...)", "term=1, last_term=0, last_index=0)")
        assert real[number].startswith(f"{number} {said.removesuffix(' ...')}")


def test_the_model_of_five_minutes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found
    path = tmp_path / "lots.py"
    path.write_text(found[1], encoding="utf-8")
    code, out = run(capfd, str(path))
    assert code == 12
    assert "n2 and n3 lead" in out
    broken_tie = found[1].replace("msg.number > s.lot", "(msg.number, src) > (s.lot, me)")
    assert broken_tie != found[1]
    path.write_text(broken_tie, encoding="utf-8")
    assert run(capfd, str(path))[0] == 0
    assert run(capfd, str(path), "--network", "fifo", "--crash", "1", "--depth", "6")[0] == 0


def test_exit_codes_are_documented() -> None:
    rows = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert set(map(int, rows)) == set(EXIT.values())


def test_why_not(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    blocks = README.split("## Ask why")[1].split("```")
    expected = tmp_path / "expected.txt"
    expected.write_text(blocks[1], encoding="utf-8")
    code, out = run(capfd, "replay", "models/raft.py", str(expected))
    assert code == 1
    assert blocks[3].strip() in out


def test_the_frontier(capfd: pytest.CaptureFixture[str]) -> None:
    block = next(b for b in README.split("```") if "--frontier\n" in b)
    command, *lines = block.strip().splitlines()
    out = run(capfd, *command.split()[2:])[1]
    for line in lines[:-1]:
        assert line in out
