"""`elcheck validate raft ... --as pysyncobj`: lines of real PySyncObj nodes (logs/pysyncobj)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.loading.model_file import load
from elcheck.checker.validation.logs import lines_of, read_logs
from elcheck.checker.validation.mutants import LogMutantFate, sharpness
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate

LOGS = Path(__file__).parent / "logs" / "pysyncobj"
PYSYNCOBJ = observer_named("pysyncobj")
FORGETS = "forget-term-and-vote"


def logs(run: str) -> list[Path]:
    """The logs of a run."""
    return sorted((LOGS / run).iterdir())


def validated(paths: list[Path], **given: object) -> Validation:
    """What raft says of logs."""
    file = load("raft")
    return validate(file, PYSYNCOBJ, paths, file.decoded(given))


def broken(found: Validation) -> set[str]:
    """The properties that a run breaks."""
    return {judgement.name for judgement in found.broken}


@pytest.mark.parametrize("run", ["normal", "kill-leader", "kills-and-rushes"])
def test_a_run_with_journals_is_allowed(run: str) -> None:
    found = validated(logs(run))
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert broken(found) == set()
    assert found.behaviour is not None
    told = {event.ref for lines in found.behaviour.observed if lines is not None for event in lines.events}
    assert len(told) > 0.9 * sum(len(log.events) for _, log in found.logs if log is not None)


@pytest.mark.parametrize("run", ["kill-leader-memory", "rush-memory5"])
def test_a_run_without_is_one_of_a_model_that_forgets(run: str) -> None:
    """Without a journal, which is the default, a restart forgets term, vote and log."""
    sound, forgets = validated(logs(run)), validated(logs(run), bug=FORGETS)
    assert sound.verdict is LogVerdict.NOT_ALLOWED
    first = sound.refusals[0]
    assert first.name == "start"
    assert re.search(
        r"on the disk at the restart, current_term is 0 in the log, and \d in the model", first.why
    )
    assert forgets.verdict is LogVerdict.ALLOWED
    assert "terms only grow" in broken(forgets)
    assert ("at most one leader per term, ever" in broken(forgets)) == (run == "rush-memory5")


def test_a_journal_does_not_forget() -> None:
    assert validated(logs("kill-leader"), bug=FORGETS).verdict is LogVerdict.NOT_ALLOWED


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_log_may_be_missing(missing: int) -> None:
    paths = [path for at, path in enumerate(logs("kill-leader")) if at != missing]
    found = validated(paths)
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert found.behaviour is not None
    assert found.behaviour.assumed


def changed(tmp_path: Path, run: str, node: str, at: int, change: Callable[[str], str | None]) -> list[Path]:
    """Copies of logs, in one of which a line, counted from 1, is changed or left out."""
    for path in logs(run):
        name, lines = path.name.partition(".")[0], list(lines_of(path))
        if name == node:
            line = change(lines[at - 1])
            assert line != lines[at - 1]
            lines[at - 1 : at] = [] if line is None else [line]
        (tmp_path / f"{name}.log").write_text("\n".join(lines) + "\n")
    return sorted(tmp_path.iterdir())


def line_of(run: str, node: str, *parts: str) -> int:
    """The number of the first line of a log that has these parts."""
    (path,) = (path for path in logs(run) if path.name.startswith(node))
    return next(at for at, line in enumerate(lines_of(path), 1) if all(part in line for part in parts))


@pytest.mark.parametrize(
    ("node", "parts", "old", "new", "why"),
    [
        ("n1", ('"send"', "response_vote"), '"term": 1', '"term": 2', "has to send Vote(term 2) to n2"),
        ("n1", ('"state"', '"voted": "n2"'), '"voted": "n2"', '"voted": "n3"', "voted_for is n3 in the log"),
        ("n2", ('"state"', '"role": "leader"'), '"last": [2, 1]', '"last": [2, 0]', "last_log is (0, 1)"),
        ("n2", ('"role"', '"now": "leader"'), '"was": "candidate"', '"was": "follower"', "was a candidate"),
        ("n3", ('"receive"', "request_vote"), '"src": "n2"', '"src": "n1"', "n1 has not sent it a"),
        ("n1", ('"send"', "request_vote"), '"request_vote"', '"response_vote"', ""),
        ("n1", ('"state"', '"leader": "n2"'), '"leader": "n2"', '"leader": "n3"', "takes n2 for the"),
        ("n1", ('"init"', '"term": 3'), '"term": 3', '"term": 2', "current_term is 2 in the log"),
    ],
)  # fmt: skip
def test_a_changed_line_is_refused_and_named(
    tmp_path: Path, node: str, parts: tuple[str, ...], old: str, new: str, why: str
) -> None:
    at = line_of("kill-leader", node, *parts)
    found = validated(changed(tmp_path, "kill-leader", node, at, lambda line: line.replace(old, new)))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    first = found.refusals[0]
    assert first.node == node
    assert f"{node}.log:{at}" in [ref for ref, _ in first.lines]
    assert why in first.why


def test_votes_that_are_not_there_are_missed(tmp_path: Path) -> None:
    at = line_of("kill-leader", "n1", '"receive"', "response_vote")
    found = validated(changed(tmp_path, "kill-leader", "n1", at, lambda line: None))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert found.refusals[0].node == "n1"


def test_changes_are_noticed() -> None:
    """Of elections most are; less of what a leader sends, since the model's goes out to all."""
    file, read = load("raft"), read_logs(logs("kill-leader"), PYSYNCOBJ.reader)
    made = sharpness(file, PYSYNCOBJ, read, {}, 30)
    assert len(made.refused) >= 0.6 * len(made.verdicts)
    assert len(made.blamed_right) >= 0.9 * len(made.refused)
    assert all(
        verdict.mutant.kind == "drop" or "append_entries" in verdict.mutant.event.text
        for verdict in made.wrong
        if verdict.outcome is LogMutantFate.UNCOMPARED
    )


def test_what_the_model_has_not_leaves_it_open(tmp_path: Path) -> None:
    said = {"ts": 1e9, "node": "n1", "ev": "receive", "src": "n2", "msg": {"type": "install", "term": 1}}
    at = len(list(lines_of(logs("normal")[0])))
    found = validated(changed(tmp_path, "normal", "n1", at, lambda line: f"{line}\n{json.dumps(said)}"))
    assert found.verdict is LogVerdict.UNDETERMINED
    assert "no such message: install" in found.why


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"ev": "stop"}', "PySyncObj's lines have no ev 'stop'"),
        ('{"ev": "start"}', "'start' needs 'journal', true or false"),
        ('{"ev": "state", "why": "tick", "term": "x"}', "'state' needs 'term', a number"),
        ('{"ev": "receive", "src": "n2", "msg": 3}', "'receive' needs 'msg', an object"),
        ('{"ev": "state", "why": "tick", "last": [1]}', "an entry is its index and its term"),
        ('{"ev": "role", "was": "follower", "now": "candidate"}', "has to begin with the start of its node"),
        ("no line of its", "one that is understood"),
    ],
)
def test_a_broken_line_is_one_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    for name in ("n1", "n2"):
        (tmp_path / f"{name}.log").write_text('{"ev": "start", "journal": true}\n')
    (tmp_path / "n3.log").write_text(line + "\n")
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    assert cli.run(["validate", "raft", *paths, "--as", "pysyncobj"]) == 2
    error = capfd.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
