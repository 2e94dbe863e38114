"""`elcheck mutate`: which mutants there are, what becomes of them, and what is said and kept of that."""

from __future__ import annotations

import json
import resource
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict
from xml.etree import ElementTree as ET

import pytest

from elcheck.checker import cli
from elcheck.checker.loading.model_file import load
from elcheck.checker.mutation import campaign
from elcheck.checker.mutation.baseline import Baseline, MutationSubject
from elcheck.checker.mutation.campaign import limits_for
from elcheck.checker.mutation.journal import Journal
from elcheck.checker.mutation.pins import PinnedCampaign, read
from elcheck.checker.mutation.survivor import from_near
from elcheck.checker.mutation.trial import MutantFate, tried
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import current, look
from elcheck.checker.traces.trace import replay
from tests.docs.printed import ROOT, files_of

LOCK = files_of(ROOT / "docs/mutation.md")["lock.py"]

EVERYTHING = '''
from elcheck import (
    WEAK, Map, Message, Model, Node, NodeId, State, Step, Steps, action, always, durable, each,
    eventually, guard, node_ids, receive, replace, require, strong, timeout, weak,
)


class Ask(Message):
    n: int
    limit: int


class Tell(Message):
    n: int
    limit: int


class Local(State):
    n: int = durable(0)
    seen: frozenset[NodeId] = frozenset()
    done: bool = False


class Busy(Node[Local]):
    @action(fair=WEAK)
    def begin(self, s: Local) -> Step[Local]:
        """Begin."""
        guard(not s.done and s.n < 2, "enough")
        return Step(replace(s, n=s.n + 1, done=True), self.broadcast(Ask(s.n, 2)))

    @receive
    def ask(self, s: Local, src: NodeId, msg: Ask) -> Step[Local]:
        answer = self.send(src, Tell(max(s.n, msg.n), msg.limit))
        seen = s.seen | {src} if self.is_new(s, src) else s.seen
        return Step(replace(s, seen=seen), answer)

    def is_new(self, s: Local, who: NodeId) -> bool:
        return who not in s.seen

    @receive
    def tell(self, s: Local, src: NodeId, msg: Tell) -> Steps[Local]:
        yield Step(s)
        if (msg.n, src) > (s.n, self.me):
            yield Step(replace(s, seen=frozenset(self.peers[:1])))

    @timeout(rank=1)
    def late(self, s: Local) -> Local:
        peer = require(next(iter(sorted(s.seen)), None), "nobody")
        return replace(s, n=min(s.n, peer.index), done=False)


def model() -> Model:
    return Model(
        Busy(),
        nodes=node_ids(2),
        properties=[
            always("small", each(Local, lambda s: s.n <= 2)),
            eventually("it begins", each(Local, lambda s: s.done)),
        ],
        fairness=[strong("late")],
    )
'''


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """The file of a lock of which too little is claimed."""
    file = tmp_path / "lock.py"
    file.write_text(LOCK, encoding="utf-8")
    return file


class Shown(TypedDict):
    """A trace as JSON, as far as it is looked at."""

    steps: list[object]


class ShownSurvivor(TypedDict):
    """A survivor as JSON."""

    event: str
    trace: Shown


class ShownMutant(TypedDict):
    """A mutant as JSON."""

    mutant: str
    function: str
    fate: str
    killers: list[str]
    steps: int | None
    why: str
    survivor: ShownSurvivor


class ShownCampaign(TypedDict):
    """A report as JSON."""

    counts: dict[str, int]
    left: int
    mutants: list[ShownMutant]
    deviations: list[str]


def mutated(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, ShownCampaign]:
    """The exit code of a campaign, and what it says as JSON but for the times."""
    capsys.readouterr()
    code = cli.run(["mutate", *map(str, args), "--max-states", "500", "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    for name in ("seconds", "reproduce"):
        said.pop(name)
    found: ShownCampaign = said
    return code, found


ENDLESS = '''
from elcheck import Model, Spec, State, action, always, holds


class Count(State):
    n: int = 0


class Counter(Spec[Count]):
    @action
    def count(self, s: Count) -> Count:
        return Count(s.n + 1)


def model() -> Model:
    """It counts.

    Paper: none.
    """
    return Model(Counter(), [always("not negative", holds(Count, lambda s: s.n >= 0))])
'''


def refused(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """What is said to a command line that is refused."""
    capsys.readouterr()
    assert cli.run(["mutate", *map(str, args)]) == 2
    return " ".join(capsys.readouterr().err.split())


def test_a_model_without_end_does_not_take_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "counter.py").write_text(ENDLESS, encoding="utf-8")
    monkeypatch.setattr("elcheck.checker.mutation.baseline.SHARE", 1e-6)
    assert "bound it, with --depth for example" in refused(capsys, tmp_path / "counter.py")


# -- which there are ---------------------------------------------------------------------------------------


def test_every_operator(tmp_path: Path) -> None:
    file = tmp_path / "everything.py"
    file.write_text(EVERYTHING, encoding="utf-8")
    baseline = Baseline(MutationSubject(load(str(file)), limits=Limits(depth=3)))
    keys = {mutant.key for mutant in baseline.mutants}
    assert {
        "Busy.begin: without guard(not s.done and s.n < 2)",
        "Busy.begin: not s.done and s.n < 2 → False",
        "Busy.begin: not s.done and s.n < 2 → s.n < 2",
        "Busy.begin: not s.done and s.n < 2 → not s.done or s.n < 2",
        "Busy.begin: not s.done and s.n < 2 → s.done and s.n < 2",
        "Busy.begin: not s.done and s.n < 2 → not s.done and s.n <= 2",
        "Busy.begin: not s.done and s.n < 2 → not s.done and s.n > 2",
        "Busy.begin: not s.done and s.n < 2 → not s.done and s.n < 1",
        "Busy.begin: replace(s, n=s.n + 1, done=True) → replace(s, done=True)",
        "Busy.begin: replace(s, n=s.n + 1, done=True) → s",
        "Busy.begin: self.broadcast(Ask(s.n, 2)) → ()",
        "Busy.begin: self.broadcast(Ask(s.n, 2)) → self.broadcast(Ask(s.n, 2)) + self.broadcast(Ask(s.n, 2))",
        "Busy.begin: self.broadcast(Ask(s.n, 2)) → self.broadcast(Tell(s.n, 2))",
        "Busy.begin: self.broadcast(Ask(s.n, 2)) → self.broadcast(Ask(2, s.n))",
        "Busy.ask: self.send(src, Tell(max(s.n, msg.n), msg.limit)) "
        "→ self.send(self.me, Tell(max(s.n, msg.n), msg.limit))",
        "Busy.ask: Tell(max(s.n, msg.n), msg.limit) → Tell(min(s.n, msg.n), msg.limit)",
        "Busy.ask: s.seen | {src} if self.is_new(s, src) else s.seen "
        "→ s.seen if self.is_new(s, src) else s.seen",
        "Busy.ask: self.is_new(s, src) → True",
        "Busy.is_new: who not in s.seen → False",
        "Busy.tell: (msg.n, src) > (s.n, self.me) → (msg.n, src) >= (s.n, self.me)",
        "Busy.tell: (msg.n, src) > (s.n, self.me) → (msg.n,) > (s.n,)",
        "Busy.tell: frozenset(self.peers[:1]) → frozenset(self.nodes[:1])",
        "Busy.tell: without yield Step(s)",
        'Busy.late: require(next(iter(sorted(s.seen)), None), "nobody") → next(iter(sorted(s.seen)), None)',
        "Local: n = durable(0) → n = 0",
        "Busy.begin: @action(fair=WEAK) → @action",
        "Busy.late: @timeout(rank=1) → @timeout",
        'model: without strong("late")',
        'model: strong("late") → weak("late")',
    } <= keys, keys
    assert len(keys) == len(baseline.mutants)
    assert not any("nobody" in mutant.after and "nobody" not in mutant.before for mutant in baseline.mutants)


def test_a_mutation_is_gone_afterwards(lock: Path) -> None:
    baseline = Baseline(MutationSubject(load(str(lock))))
    for mutant in baseline.mutants:
        tried(mutant, baseline, Limits(max_states=50))
    again = Baseline(baseline.subject)
    assert [asked.answer for asked in again.asked] == [asked.answer for asked in baseline.asked]


# -- what becomes of them ----------------------------------------------------------------------------------


def test_a_weak_property_lets_the_lock_get_lost(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    code, said = mutated(capsys, lock)
    assert code == 1
    assert said["counts"] == {"equivalent": 3, "killed": 24, "survived": 12, "undecided": 10}
    mutants = {mutant["mutant"]: mutant for mutant in said["mutants"]}
    lost = mutants["User.give_back: self.send(self.nodes[0], Release()) → ()"]
    assert lost["fate"] == "survived"
    assert lost["survivor"]["event"] == "n2: give_back"
    assert len(lost["survivor"]["trace"]["steps"]) == 4
    twice = mutants[
        "Server.request: after if s.clients else Step(after, self.send(src, Granted())) → "
        "after if False else Step(after, self.send(src, Granted()))"
    ]
    assert (twice["fate"], twice["killers"], twice["steps"]) == ("killed", ["one holds it"], 6)


def test_what_a_cache_remembers_is_asked_again(tmp_path: Path) -> None:
    """Only the second question that looks at the limit depends on it."""
    file = tmp_path / "cached.py"
    file.write_text(
        """
from functools import cache

from elcheck import Model, Spec, State, action, always, guard, holds


class Tank(State):
    level: int = 0


@cache
def limit() -> int:
    return 2


class Filling(Spec[Tank]):
    @action
    def fill(self, s: Tank) -> Tank:
        return Tank(1 if s.level < min(limit(), 1) else s.level)

    @action
    def top_up(self, s: Tank) -> Tank:
        guard(s.level == 1, "it is empty, or full")
        return Tank(limit())


def model() -> Model:
    return Model(Filling(), [always("small", holds(Tank, lambda s: s.level <= 2))], deadlock=False)
""",
        encoding="utf-8",
    )
    baseline = Baseline(MutationSubject(load(str(file))))
    mutants = {mutant.key: mutant for mutant in baseline.mutants}
    trial = tried(mutants["limit: 2 → 3"], baseline, Limits())
    assert (trial.fate, trial.killers) == (MutantFate.KILLED, ("small",))


def test_processes_make_no_difference(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    one = mutated(capsys, lock, "--function", "Server.*", "--jobs", 1)
    assert mutated(capsys, lock, "--function", "Server.*", "--jobs", 3) == one


def test_no_limit_on_memory(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    _, without = mutated(capsys, lock, "--function", "Server.request")
    assert mutated(capsys, lock, "--function", "Server.request", "--max-memory", "none")[1] == without


def test_the_trace_to_a_difference_replays(lock: Path) -> None:
    baseline = Baseline(MutationSubject(load(str(lock))))
    limits = limits_for(baseline, Limits(max_states=500))
    shown = 0
    for mutant in baseline.mutants:
        trial = tried(mutant, baseline, limits)
        if trial.fate is MutantFate.SURVIVED:
            found = from_near(mutant, trial, baseline)
            assert found.deviation is not None
            for step in found.deviation.less:
                replay(found.deviation.trace(step), baseline.model)
            with mutant.mutation.installed():
                for step in found.deviation.more:
                    replay(found.deviation.trace(step), baseline.built().model)
            shown += len(found.deviation.more) + len(found.deviation.less)
    assert shown > 12


def test_a_handler_that_does_not_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "GRACE", 0.5)
    file = tmp_path / "loop.py"
    file.write_text(
        """
from elcheck import Model, Spec, State, action, always, holds


class Tank(State):
    level: int = 0


class Filling(Spec[Tank]):
    @action
    def fill(self, s: Tank) -> Tank:
        level = s.level
        while level < 3:
            level += 1
        return Tank(level)


def model() -> Model:
    return Model(Filling(), [always("small", holds(Tank, lambda s: s.level <= 3))], deadlock=False)
""",
        encoding="utf-8",
    )
    code, said = mutated(capsys, file, "--timeout", 1)
    fates = {mutant["mutant"]: (mutant["fate"], mutant["why"]) for mutant in said["mutants"]}
    fate, why = fates["Filling.fill: without level += 1"]
    assert fate == "undecided"
    assert why.startswith("a handler does not come to an end")
    assert code == (1 if said["counts"]["survived"] else 20)


def test_lines_that_say_nothing_of_the_model(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    lock.write_text(LOCK.replace("not (a.holds and b.holds)", "not a.holds"), encoding="utf-8")
    assert "'one holds it' is refuted; mend it" in refused(capsys, lock)
    assert "--function 'Clerk.*': there is none, but Server.request" in refused(
        capsys, _written(lock, LOCK), "--function", "Clerk.*"
    )


def _written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


# -- what is kept ------------------------------------------------------------------------------------------


def test_a_campaign_goes_on_where_it_was_interrupted(
    capsys: pytest.CaptureFixture[str], lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mutated(capsys, lock, "--function", "Server.*")
    journal = lock.parent / "journal"
    with monkeypatch.context() as patch:
        patch.setattr("elcheck.checker.render.progress.Progress.tried", interrupt_at(9))
        code, said = mutated(capsys, lock, "--function", "Server.*", "--journal", journal)
    assert said["left"] == 16
    assert code in (1, 20)
    assert all(mutant["survivor"] for mutant in said["mutants"] if mutant["fate"] == "survived")
    journal.write_text(journal.read_text() + '{"key": "torn')
    assert "there is one already: --resume goes on" in refused(capsys, lock, "--journal", journal)
    resumed = mutated(capsys, lock, "--function", "Server.*", "--journal", journal, "--resume")
    assert resumed == whole
    other = refused(capsys, lock, "--clients", 3, "--journal", journal, "--resume")
    assert "is of another parameters" in other
    assert "goes on from a --journal FILE" in refused(capsys, lock, "--resume")


def test_a_journal_that_can_not_be_written_ends_nothing(
    capsys: pytest.CaptureFixture[str], lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: what it does not take is told, and the report is there, as is the rest later."""
    whole = mutated(capsys, lock, "--function", "User.granted")
    journal = lock.parent / "journal"

    @contextmanager
    def full() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 9, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    noted, closed = Journal.add, Journal.close
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", lambda self, trial: full()(noted)(self, trial))
        patch.setattr(Journal, "close", lambda self: full()(closed)(self))
        assert mutated(capsys, lock, "--function", "User.granted", "--journal", journal) == whole
    assert len(journal.read_text().splitlines()) > 1  # nine bytes of each were taken
    assert mutated(capsys, lock, "--function", "User.granted", "--journal", journal, "--resume") == whole


def test_only_what_changed(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    def git(*args: str) -> None:
        subprocess.run(
            ["git", "-C", str(lock.parent), "-c", "user.name=a", "-c", "user.email=a@b", *args],
            check=True,
            capture_output=True,
        )

    git("init")
    git("add", "lock.py")
    git("commit", "-m", "a lock")
    _, nothing = mutated(capsys, lock, "--since", "HEAD")
    assert nothing["mutants"] == []
    _written(lock, LOCK.replace("replace(s, holds=True)", "replace(s, holds=not False)"))
    _, said = mutated(capsys, lock, "--since", "HEAD")
    assert {mutant["function"] for mutant in said["mutants"]} == {"User.granted"}
    assert "git says" in refused(capsys, lock, "--since", "nowhere")


def interrupt_at(count: int) -> Callable[..., None]:
    """What is told how many mutants were tried, and interrupts after so many."""

    def tried(_: object, done: int, of: int) -> None:
        if done == count:
            current().interrupt(signal.SIGINT)
            look()

    return tried


def test_pins(capsys: pytest.CaptureFixture[str], lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = lock.parent / "mutants.toml"
    assert cli.run(["mutate", str(lock), "--against", str(pins)]) == 150  # it is not there
    assert cli.run(["mutate", str(lock), "--pin", str(pins), "--max-states", "500"]) == 1
    text = pins.read_text()
    assert text.count("Server.release: ") == 8  # five survive, three are undecided
    reasoned = text.replace('why = ""', 'why = "Nothing is claimed of it."')
    pins.write_text(reasoned)
    code, said = mutated(capsys, lock, "--against", pins)
    assert (code, said["deviations"]) == (0, [])
    assert cli.run(["mutate", str(lock), "--pin", str(pins), "--max-states", "500"]) == 20
    assert pins.read_text() == reasoned
    with monkeypatch.context() as patch:
        patch.setattr("elcheck.checker.render.progress.Progress.tried", interrupt_at(9))
        code, said = mutated(capsys, lock, "--against", pins)
    assert (code, said["left"] > 0, said["deviations"]) == (20, True, [])  # what is not whole is not compared
    pins.write_text(reasoned.replace("killed = 24", "killed = 23"))
    code, said = mutated(capsys, lock, "--against", pins)
    assert (code, said["deviations"]) == (1, ["killed is 24, pinned 23"])
    assert mutated(capsys, lock, "--against", pins, "--function", "Server.*")[0] == 0
    assert "leave out --function" in refused(capsys, lock, "--pin", pins, "--function", "Server.*")


def test_junit(capsys: pytest.CaptureFixture[str], lock: Path) -> None:
    assert cli.run(["mutate", str(lock), "--function", "Server.request", "--format", "junit"]) == 1
    suite = ET.fromstring(capsys.readouterr().out.split("\n", 1)[1])
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("13", "2", "0")
    assert len(suite.findall("testcase/failure")) == 2


# -- the bundled models ------------------------------------------------------------------------------------

PINS = ROOT / "tests/mutants.toml"
PINNED = [
    pytest.param(
        pinned,
        id=pinned.case.command.removeprefix("elcheck "),
        marks=[pytest.mark.big] if pinned.case.big else [],
    )
    for pinned in read(PINS)
]


@pytest.mark.parametrize("pinned", PINNED)
def test_no_survivor_of_a_bundled_model_is_unexplained(
    capsys: pytest.CaptureFixture[str], pinned: PinnedCampaign
) -> None:
    assert all(pinned.explained.values())
    words = shlex.split(pinned.case.command)[1:]
    code = cli.run(["mutate", *words, "--against", str(PINS)])
    assert code == 0, capsys.readouterr().out
