"""Written behaviours without end: whether their loops close."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.ids import node_ids
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import walk
from tests.support.commands import replayed, unfolded
from tests.support.models import Counting

STARVED = ("bully", "--nodes", "4", "--liveness", "--weak-timers")


def test_a_loop(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    steps = {"steps": ["fill_big", "empty_big"], "loop": 0}
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "die_hard")
    assert code == 0
    assert "the loop closes: the state after step 2 is the one after step 0" in out
    steps["loop"] = 1
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "die_hard")
    assert code == 1
    assert "NOT ALLOWED: back to step 1, after 2 steps that can be taken: the loop does not close" in out
    assert "the state after step 2 is not the one after step 1: big 5 → 0" in out
    assert "A step that would close the loop:\n  fill_big" in out
    document = json.loads(replayed(capfd, tmp_path, json.dumps(steps), "die_hard", "--format", "json")[1])
    assert document["refused"]["step"] is None
    assert document["trace"]["loop"] is None
    assert "for ever" in replayed(capfd, tmp_path, "fill_big\nand stays there for ever", "die_hard")[1]


def test_the_way_that_closes_a_loop_is_taken() -> None:
    """What is said fits several ways to one state, and only some of them were there before."""
    model = replace(Counting(limit=1, wraps=True).model(), nodes=node_ids(2))
    ends = {"nodes": {"n1": {"state": {"value": 0}}, "n2": {"state": {"value": 1}}}}
    step = {"action": "increment"}
    steps = [step, step, {**step, "state": ends}]
    walked = walk(read(json.dumps({"steps": steps, "loop": 1}), ["n1", "n2"]), model)
    assert walked.trace.loop == 1
    assert [str(s.event.node) for s in walked.trace.steps] == ["n2", "n1", "n1"]


def test_a_lasso_as_it_is_printed_and_exported(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A whole report, with what is around the table; and every file that has the actions."""
    cli.run([*STARVED, "--witness", "--certificate", "--explain"])
    printed = capfd.readouterr().out
    coloured = re.sub(r"^(\d+)", "\x1b[1m\\1\x1b[0m", printed, flags=re.MULTILINE)
    exports = [tmp_path / "it.itf.json", tmp_path / "it.tlc.json"]
    cli.run([*STARVED, "--format", "json", *(arg for path in exports for arg in ("--export", str(path)))])
    texts = [
        printed,
        coloured,
        capfd.readouterr().out,
        *(path.read_text(encoding="utf-8") for path in exports),
    ]
    for said in texts:
        code, out, err = replayed(capfd, tmp_path, said, *STARVED)
        assert code == 0, err
        assert (
            "ALLOWED: 14 steps, and the loop closes: the state after step 14 is the one after step 11" in out
        )
        assert re.search(r"follow the highest +liveness +broken by the loop: this goes on for ever", out)
        assert "Note" not in out
        strong = replayed(capfd, tmp_path, said, *STARVED[:-1])
        assert "not broken: the lasso breaks strong fairness of no_coordinator at n2" in unfolded(strong[1])
    again = replayed(capfd, tmp_path, printed, *STARVED, "--format", "json")[1]
    assert "the loop closes" in replayed(capfd, tmp_path, again, *STARVED)[1]
    witness = replayed(capfd, tmp_path, printed, *STARVED, "--property", "another takes over")[1]
    assert "ALLOWED: 6 steps" in witness
    given = {"nodes": 4, "liveness": True, "weak_timers": True}
    result = check(load("bully")(**given))["in the end all follow the highest"]
    assert "the loop closes" in replayed(capfd, tmp_path, str(result.trace), *STARVED)[1]
    code, _, err = replayed(capfd, tmp_path, printed, *STARVED, "--property", "none")
    assert (code, "no table of a property called 'none'; the tables: REFUTED in the end" in err) == (2, True)
