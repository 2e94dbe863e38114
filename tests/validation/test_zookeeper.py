"""`elcheck validate ... --as zookeeper`: logs of real servers (logs/zookeeper)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from elcheck.checker.loading.model_file import load
from elcheck.checker.traces.trace import replay
from elcheck.checker.validation.logs import lines_of, read_logs
from elcheck.checker.validation.mutants import LogMutantFate, sharpness
from elcheck.checker.validation.observers import observer_named
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate
from elcheck.models.zookeeper_election import Peer

LOGS = Path(__file__).parent / "logs" / "zookeeper"
ZOOKEEPER = observer_named("zookeeper")


def logs(run: str) -> list[Path]:
    """The logs of a run."""
    return sorted((LOGS / run).iterdir())


def validated(paths: Sequence[Path]) -> Validation:
    """What is said of logs."""
    return validate(load("zookeeper_election"), ZOOKEEPER, paths, {})


@pytest.mark.parametrize("run", [path.name for path in sorted(LOGS.iterdir())])
def test_a_real_run_is_allowed(run: str) -> None:
    found = validated(logs(run))
    assert found.verdict is LogVerdict.ALLOWED, found.refusals[:1]
    assert not found.broken
    used = {use.handler for use in found.coverage if use.observed}
    assert used >= {"arrive", "weigh", "finalize"}


def test_that_an_epoch_has_begun_may_be_lost() -> None:
    """Server 5 has led epoch 2 and votes with 0x200000000; after a kill with 0x100000000 again."""
    behaviour = validated(logs("lost-epoch5")).behaviour
    assert behaviour is not None
    node = next(node for node in behaviour.model.programs if node.name == "n5")
    last = [state.nodes[node.index].state for state in behaviour.trace.states]
    ranks = [peer.last[1] for peer in last if isinstance(peer, Peer)]
    assert any(later < before for before, later in itertools.pairwise(ranks))


def test_the_behaviour_is_one_of_the_model() -> None:
    behaviour = validated(logs("normal")).behaviour
    assert behaviour is not None
    replay(behaviour.trace, behaviour.model)


def changed(tmp_path: Path, run: str, name: str, change: Callable[[str], str]) -> list[Path]:
    """Copies of logs, in one of which lines are changed."""
    for path in logs(run):
        own = path.name.partition(".")[0]
        lines = [change(line) if own == name else line for line in lines_of(path)]
        (tmp_path / f"{own}.log").write_text("\n".join(lines) + "\n")
    return sorted(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("1", "Peer state changed: following", "Peer state changed: leading", "its state is another one"),
        ("2", "proposed leader=3", "proposed leader=1", "first is"),
        ("1", "Updating proposal: 3 (newleader)", "Updating proposal: 2 (newleader)", "it proposes leader 2"),
        ("3", "n.sid:1, n.state:LOOKING, n.leader:2", "n.sid:1, n.state:LOOKING, n.leader:9", "9"),
    ],
)
def test_a_changed_line_is_refused(tmp_path: Path, name: str, old: str, new: str, why: str) -> None:
    done: list[str] = []

    def once(line: str) -> str:
        if old in line and not line.endswith(f"{old} - broadcast") and not done:
            done.append(line)
            return line.replace(old, new)
        return line

    paths = changed(tmp_path, "normal", name, once)
    assert done
    if new.endswith("9"):  # a fourth server, whose log is missing, is another cluster
        assert validated(paths).verdict is not LogVerdict.ALLOWED
        return
    found = validated(paths)
    assert found.verdict is LogVerdict.NOT_ALLOWED
    assert found.refusals[0].node == f"n{name}"
    assert why in found.refusals[0].why


def test_changes_are_noticed() -> None:
    """The floor: 80 % of changed logs are refused, the changed one is named first in 95 % of these, and less
    than 2 % are accepted that ought not to be.
    """
    file = load("zookeeper_election")
    read = [read_logs(logs(run), ZOOKEEPER.reader) for run in ("kill-leader", "partition")]
    made = [verdict for one in read for verdict in sharpness(file, ZOOKEEPER, one, {}, 60).verdicts]
    refused = [verdict for verdict in made if verdict.outcome is LogMutantFate.REFUSED]
    assert len(refused) >= 0.8 * len(made)
    assert sum(verdict.blamed == verdict.mutant.log for verdict in refused) >= 0.95 * len(refused)
    assert sum(verdict.outcome.wrong for verdict in made) < 0.02 * len(made)
