"""`elcheck validate ... --as etcd`: logs of real clusters, and such with one line changed
(logs/etcd).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from elcheck.checker.loading.model_file import load
from elcheck.checker.process.limits import Limits
from elcheck.checker.traces.trace import replay
from elcheck.checker.validation.logs import lines_of, read_logs
from elcheck.checker.validation.mutants import LogMutantFate, sharpness
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate

LOGS = Path(__file__).parent / "logs"
ETCD = observer_named("etcd")


def logs(scenario: str) -> list[Path]:
    """The logs of a run."""
    return sorted((LOGS / scenario).iterdir())


def validated(paths: Sequence[Path], *, skew: float | None = None, limits: Limits = Limits()) -> Validation:
    """What is said of logs."""
    return validate(load("etcd_raft"), ETCD, paths, {}, limits, skew)


def changed(
    tmp_path: Path, paths: Sequence[Path], change: Callable[[str, list[str]], list[str]]
) -> list[Path]:
    """Copies of logs with their lines changed."""
    made = []
    for path in paths:
        name = path.name.partition(".")[0]
        copy = tmp_path / f"{name}.log"
        copy.write_text("\n".join(change(name, list(lines_of(path)))) + "\n")
        made.append(copy)
    return made


RUNS = [path.name for path in sorted((LOGS / "etcd").iterdir())]


@pytest.mark.parametrize("run", RUNS)
def test_a_real_run_is_allowed(run: str) -> None:
    found = validated(logs(f"etcd/{run}"))
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert found.behaviour is not None
    assert not found.broken
    told = {event.ref for lines in found.behaviour.observed if lines is not None for event in lines.events}
    assert len(told) > 0.4 * sum(len(log.events) for _, log in found.logs if log is not None)


@pytest.mark.parametrize(
    ("run", "node", "line", "why"),
    [
        ("disk-forgot", "n2", 85, "newRaft has term 6"),
        ("log-too-short", "n3", 12, "last_log (1, 3)"),
        ("two-leaders", "n1", 25, "became leader at term 4"),
        ("two-leaders-wrong-term", "n2", 30, "became leader at term 4"),
        ("vote-twice", "n1", 224, "voted_for is n5 in the log, and n1 in the model"),
    ],
)
def test_a_changed_line_is_refused_and_named(run: str, node: str, line: int, why: str) -> None:
    found = validated(logs(f"etcd-corrupted/{run}"))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    first = found.refusals[0]
    assert first.node == node
    assert why in first.why
    shown = [ref for ref, _ in first.lines] + re.findall(r"n\d\.log(?:\.gz)?:\d+", first.why)
    assert line in [int(ref.rpartition(":")[2]) for ref in shown]


def test_the_behaviour_is_one_of_the_model() -> None:
    behaviour = validated(logs("etcd/kill-leader")).behaviour
    assert behaviour is not None
    replay(behaviour.trace, behaviour.model)


def test_guards_that_these_logs_have_tried() -> None:
    """In how many states of servers each held, and did not; also those that were never asked."""
    found = validated(logs("etcd/transfer"))
    uses = {(use.handler, use.why): use for use in found.guards}
    states = uses["election_timeout", "it never stands"]
    assert (states.failed, states.held > 50) == (0, True)  # it is asked in every state, and always holds
    leader = uses["election_timeout", "a leader does not time out"]
    assert leader.held + leader.failed == states.held
    heard = uses["election_timeout", "it has heard from its leader"]
    assert heard.held + heard.failed == leader.held
    assert min(leader.held, leader.failed, heard.held, heard.failed) > 0
    file, line = leader.place.split(":")
    source = (Path(__file__).parents[2] / "models" / file).read_text().splitlines()
    assert "a leader does not time out" in source[int(line) - 1]
    assert len(uses) == len({use.place for use in found.guards}) == 10


def test_what_a_kill_undid_is_no_step() -> None:
    """Votes that were logged, and not on the disk when the server was killed."""
    behaviour = validated(logs("etcd/kill-voter")).behaviour
    assert behaviour is not None
    assert behaviour.undone
    kept = {lines.refs for lines in behaviour.observed if lines is not None}
    assert not kept & {lines.refs for lines in behaviour.undone}


def test_who_forgets_the_vote_is_allowed_with_that_mistake_only(tmp_path: Path) -> None:
    """A server that votes, says so, and votes for another in the same term after a restart."""

    def twice(name: str, lines: list[str]) -> list[str]:
        if name != "n3":
            return lines
        vote = next(at for at, line in enumerate(lines) if "cast MsgVote for" in line)
        disk = [line for line in lines[:5] if "newRaft" in line or "became follower at term 0" in line]
        disk = [re.sub(r"term: 0|term 0", lambda found: found[0].replace("0", "2"), line) for line in disk]
        disk = [line.replace("lastindex: 0, lastterm: 0", "lastindex: 3, lastterm: 1") for line in disk]
        return [*lines[: vote + 1], *disk, *lines[vote:]]

    found = validated(changed(tmp_path, logs("etcd/kill-leader"), twice))
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert found.refusals[0].node == "n3"


# -- What logs need not have -------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_log_may_be_missing(missing: int) -> None:
    paths = logs("etcd/pause-leader")
    found = validated([path for at, path in enumerate(paths) if at != missing])
    assert found.verdict is LogVerdict.ALLOWED
    assert found.behaviour is not None
    assert found.behaviour.assumed


def test_clocks_may_differ_and_a_skew_bounds_it(tmp_path: Path) -> None:
    def slow(name: str, lines: list[str]) -> list[str]:
        def later(match: re.Match[str]) -> str:
            moved = datetime.fromisoformat(match[1]) + timedelta(seconds=5 * int(name[1]))
            return f'"ts":"{moved.isoformat()}"'

        return [re.sub(r'"ts":"([^"]+)"', later, line) for line in lines]

    paths = changed(tmp_path, logs("etcd/pause-leader"), slow)
    assert validated(paths).verdict is LogVerdict.ALLOWED
    assert validated(paths, skew=15).verdict is LogVerdict.ALLOWED
    assert validated(paths, skew=1).verdict is LogVerdict.NOT_ALLOWED


@pytest.mark.parametrize("run", ["pause-leader", "partial", "loop-kill"])
def test_logs_may_begin_in_the_middle(tmp_path: Path, run: str) -> None:
    every_line = [line for path in logs(f"etcd/{run}") for line in lines_of(path)]
    times = sorted(str(json.loads(line)["ts"]) for line in every_line)
    middle = times[len(times) // 2]

    def cut(name: str, lines: list[str]) -> list[str]:
        del name
        return [line for line in lines if str(json.loads(line)["ts"]) >= middle]

    assert validated(changed(tmp_path, logs(f"etcd/{run}"), cut)).verdict is LogVerdict.ALLOWED


# -- Other versions ----------------------------------------------------------------------------------------


def as_in_3_5(name: str, lines: list[str]) -> list[str]:
    """The lines that etcd 3.5 writes: another logger, and one line more where it is told to stand."""
    del name
    found = []
    for line in lines:
        parts = {**json.loads(line), "logger": "raft", "caller": "etcdserver/zap_raft.go:77"}
        found.append(json.dumps(parts))
        if "received MsgTimeoutNow" in parts["msg"]:
            node, term = re.findall(r"^(\w+) \[term (\d+)\]", parts["msg"])[0]
            found.append(json.dumps({**parts, "msg": f"{node} is starting a new election at term {term}"}))
    return found


def as_in_3_6(name: str, lines: list[str]) -> list[str]:
    """The lines that etcd 3.6 writes: a server counts its own vote when it has asked the others."""
    found: list[str] = []
    vote: str | None = None
    for line in as_in_3_5(name, lines):
        parts = json.loads(line)
        own = re.fullmatch(r"(\w+) received (Msg\w+) from (\w+) at term \d+", parts["msg"])
        if vote is not None and not re.search(r" sent Msg|^raft\.node", parts["msg"]):
            kind = re.findall(r"received (Msg\w+)", vote)[0]
            node = json.loads(vote)["msg"].partition(" ")[0]
            tally = f"{node} has received 1 {kind} votes and 0 vote rejections"
            found += [vote, json.dumps({**json.loads(vote), "msg": tally})]
            vote = None
        if own is not None and own[1] == own[3]:
            vote = line
        else:
            found.append(line)
    return found


@pytest.mark.parametrize("version", [as_in_3_5, as_in_3_6])
@pytest.mark.parametrize("run", ["kill-leader", "transfer", "flaky-noprevote"])
def test_the_lines_of_other_versions(
    tmp_path: Path, run: str, version: Callable[[str, list[str]], list[str]]
) -> None:
    found = validated(changed(tmp_path, logs(f"etcd/{run}"), version))
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]


def test_the_older_formats_of_lines(tmp_path: Path) -> None:
    def plain(name: str, lines: list[str]) -> list[str]:
        parts = [json.loads(line) for line in lines]
        if name == "n1":
            return ["\t".join([p["ts"], p["level"], p["caller"], p["msg"]]) for p in parts]
        times = [p["ts"].replace("T", " ").removesuffix("Z") + "000" for p in parts]
        return [f"{time} I | raft: {p['msg']}" for time, p in zip(times, parts, strict=True)]

    found = validated(changed(tmp_path, logs("etcd/kill-leader"), plain))
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]


# -- How sharp it is ---------------------------------------------------------------------------------------


def test_changes_are_noticed() -> None:
    """The floor: 85 % of changed logs are refused, the changed one is named first in 95 % of these, and less
    than 2 % are accepted that ought not to be.
    """
    file, runs = load("etcd_raft"), ("kill-leader", "pause-leader", "transfer", "partial")
    read = [read_logs(logs(f"etcd/{run}"), ETCD.reader) for run in runs]
    made = [verdict for one in read for verdict in sharpness(file, ETCD, one, {}, 50).verdicts]
    refused = [verdict for verdict in made if verdict.outcome is LogMutantFate.REFUSED]
    assert len(made) == 200
    assert len(refused) >= 0.85 * len(made)
    assert sum(verdict.blamed == verdict.mutant.log for verdict in refused) >= 0.95 * len(refused)
    assert sum(verdict.outcome.wrong for verdict in made) < 0.02 * len(made)


def test_a_limit_leaves_it_open() -> None:
    found = validated(logs("etcd/kill-leader"), limits=Limits(max_states=5))
    assert found.verdict is LogVerdict.UNDETERMINED
    assert "--max-states 5" in found.why


def test_what_the_model_has_not_leaves_it_open(tmp_path: Path) -> None:
    """A learner joins: etcd_raft has a fixed membership."""

    def joined(name: str, lines: list[str]) -> list[str]:
        parts = json.loads(lines[-1])
        node = parts["msg"].split()[1] if parts["msg"].startswith("raft.node") else parts["msg"].split()[0]
        said = f"{node} switched to configuration voters=(443629905751424238) learners=(7)"
        return [*lines, json.dumps({**parts, "msg": said})] if name == "n1" else lines

    found = validated(changed(tmp_path, logs("etcd/kill-leader"), joined))
    assert found.verdict is LogVerdict.UNDETERMINED
    assert "the membership changes" in found.why

    def voting(name: str, lines: list[str]) -> list[str]:
        return [
            line.replace(" learners=(7)", "").replace("voters=(", "voters=(7 ")
            for line in joined(name, lines)
        ]

    found = validated(changed(tmp_path, logs("etcd/kill-leader"), voting))
    assert found.verdict is LogVerdict.UNDETERMINED
    assert "the membership changes, 7 joins" in found.why
