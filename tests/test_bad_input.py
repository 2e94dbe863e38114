"""Whatever is wrong gets one clear message and its exit code, and no traceback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from elcheck.checker import cli

GOOD = """
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal
from elcheck import *

@dataclass(frozen=True)
class Ping:
    number: int = 0

@dataclass(frozen=True)
class State:
    seen: int = 0

@dataclass(frozen=True)
class Pinger(Node[State]):
    def start(self, me: NodeId) -> Steps[State]:
        yield Step(State())

    @action
    def ping(self, me: NodeId, s: State) -> Steps[State]:
        guard(s.seen < 3, "done")
        yield Step(replace(s, seen=s.seen + 1), self.broadcast(me, Ping(s.seen)))

    @receive
    def pong(self, me: NodeId, s: State, src: NodeId, msg: Ping) -> Steps[State]:
        yield Step(s)

def fine(n: NodeView[State]) -> bool:
    return n.state.seen < 9

def model(nodes: int = 2, kind: Literal["a", "b"] = "a") -> Model:
    return Model(Pinger(node_ids(nodes)), [always("fine", each(fine))])
"""


@dataclass(frozen=True)
class Bad:
    """A mistake: what to replace in the good model, how it is run, what comes of it."""

    name: str
    code: int
    said: str
    old: str = ""
    new: str = ""
    args: tuple[str, ...] = ()


MISTAKES = [
    # -- the command line
    Bad("no nodes", 2, "a model needs at least one node, not 0", args=("--nodes", "0")),
    Bad("negative depth", 2, "-1 is not in the range x>=0", args=("--depth", "-1")),
    Bad("unknown option", 2, "No such option", args=("--nodez", "3")),
    Bad("not a number", 2, "'three' is not a valid integer", args=("--nodes", "three")),
    Bad("not a choice", 2, "'c' is not one of 'a', 'b'", args=("--kind", "c")),
    Bad("a budget in words", 2, "neither 0, 1, 2, ... nor 'unlimited'", args=("--loss", "few")),
    Bad("a negative budget", 2, "'-1' is neither", args=("--crash", "-1")),
    Bad("unknown network", 2, "'tcp' is not one of", args=("--network", "tcp")),
    Bad("unknown timing", 2, "it is async, sync or eventual(k)", args=("--timing", "soon")),
    Bad("loss on a sent-set", 2, "never takes a message away", args=("--loss", "1")),
    Bad("sync on a sent-set", 2, "no timeout would fire", args=("--timing", "sync")),
    Bad("eventual on a sent-set", 2, "no timeout would fire", args=("--timing", "eventual(2)")),
    Bad("disconnect without links", 2, "use --network fifo", args=("--disconnect", "1")),
    Bad("restart without crash", 2, "nothing would ever be down", args=("--restart", "1")),
    Bad("no size", 2, "no size such as 500M", args=("--max-memory", "much")),
    Bad("no graph format", 2, "the ending says the format", args=("--graph", "out.png")),
    Bad("unwritable", 74, "No such file or directory", args=("--graph", "/nowhere/out.dot")),
    Bad("full disk", 74, "No space left on device", args=("--graph", "/tmp/elcheck-full.dot")),
    # -- the file
    Bad("syntax error", 150, "mine.py:8: invalid syntax", "class Ping:", "class Ping(:\n("),
    Bad("import error", 150, "No module named 'nowhere'", "from enum", "import nowhere\nfrom enum"),
    Bad("raises at import", 150, "ZeroDivisionError", "class Ping:", "class Ping:\n    x = 1 // 0"),
    Bad("exits at import", 150, "SystemExit", "@dataclass(frozen=True)\nclass Ping", "exit(0)\nclass Ping"),
    Bad("no model", 150, "has no function model(...)", "def model(", "def my_model("),
    Bad("no Model", 150, "returns NoneType, not a Model", "    return Model(", "    Model("),
    Bad("model raises", 150, "raises KeyError: 'x'", "    return Model(", "    {}['x']\n    return Model("),
    Bad("annotation", 150, "can't be an option", "nodes: int", "nodes: list[int]"),
    Bad("no annotation", 150, "needs an annotation", "nodes: int = 2", "nodes=2"),
    Bad("reserved parameter", 150, "one of elcheck's own options", "kind: Literal", "depth: Literal"),
    # -- the definition
    Bad("no properties", 150, "no properties", '[always("fine", each(fine))]', "[]"),
    Bad("twice the same", 150, "2 properties are called 'fine'", "[always(", '[never("fine", each(fine)), always('),
    Bad("no scope", 150, "needs a scope", "each(fine))", "fine)"),
    Bad("step scope", 150, "step takes change(...)", "always(", "step("),
    Bad("no such monitor", 150, "the monitor 'm'", "each(fine))", "history('m', fine))"),
    Bad("no property", 150, "is no Property", '[always("fine", each(fine))]', "[fine]"),
    Bad("mutable field", 150, "State.seen is a list, which can change: use a tuple", "seen: int = 0", "seen: list[int] = ()"),
    Bad("mutable default", 150, "mutable default", "seen: int = 0", "seen: object = durable([])"),
    Bad("thawed state", 150, "State is a dataclass that can change", "@dataclass(frozen=True)\nclass State", "@dataclass\nclass State"),
    Bad("thawed message", 150, "Ping is a dataclass that can change", "@dataclass(frozen=True)\nclass Ping", "@dataclass\nclass Ping"),
    Bad("hash without eq", 150, "__hash__ without __eq__", "@dataclass(frozen=True)\nclass Ping:", "class Ping:\n    def __hash__(self):\n        return 1"),
    Bad("no eq", 150, "two equal values would count as different", "@dataclass(frozen=True)\nclass Ping:", "class Ping:"),
    Bad("eq without hash", 150, "__eq__ without __hash__", "@dataclass(frozen=True)\nclass Ping:", "class Ping:\n    def __eq__(self, other):\n        return True"),
    Bad("two for one message", 150, "two handlers for Ping: pong and again", "def fine", "    @receive\n    def again(self, me: NodeId, s: State, src: NodeId, msg: Ping) -> Steps[State]:\n        yield Step(s)\n\ndef fine"),
    Bad("wrong arguments", 150, "@action calls it with 2: me, s", "def ping(self, me: NodeId, s: State)", "def ping(self, me: NodeId)"),
    Bad("exchanged", 150, "'me' is annotated State, and is given what is called 'me'", "def ping(self, me: NodeId, s: State)", "def ping(self, me: State, s: NodeId)"),
    Bad("a node for a message", 150, "'src' is annotated Ping", "src: NodeId, msg: Ping", "src: Ping, msg: NodeId"),
    Bad("another state", 14, "yields a state of class Ping, and its program is one of State", "yield Step(s)\n", "yield Step(Ping())\n"),
    Bad("a pair of one", 150, "its of= fits one node only", "def model(nodes: int = 2, kind: Literal[\"a\", \"b\"] = \"a\") -> Model:\n    return Model(Pinger(node_ids(nodes)), [always(\"fine\", each(fine))])", "@dataclass(frozen=True)\nclass Rest(State): pass\n\n@dataclass(frozen=True)\nclass Rester(Node[Rest]):\n    def start(self, me):\n        yield Step(Rest())\n\ndef model() -> Model:\n    a, b = ids = node_ids(2)\n    return Model({a: Pinger(ids), b: Rester(ids)}, [always('two', pair(lambda x, y: True, of=Rest))])"),
    Bad("no message class", 150, "annotate 'msg' with the class", "msg: Ping", "msg"),
    Bad("no generator", 150, "has no yield", "        yield Step(s)\n", "        return iter([Step(s)])\n"),
    Bad("unknown range", 150, "ranges over 'things'", "    @action\n    def ping(self, me: NodeId, s: State)", "    @action(over='things')\n    def ping(self, me: NodeId, s: State, thing)"),
    Bad("no initial state", 150, "start offers no initial state", "        yield Step(State())\n", "        yield from ()\n"),
    Bad("guarded start", 150, "no initial state (never)", "        yield Step(State())\n", "        guard(False, 'never')\n        yield Step(State())\n"),
    Bad("range of nothing", 150, "which is 7: no collection", "    @action\n    def ping(self, me: NodeId, s: State)", "    things = 7\n    @action(over='things')\n    def ping(self, me: NodeId, s: State, thing)"),
    Bad("of nothing", 150, "looks at no node", "each(fine)", "each(fine, of=Ping)"),
    Bad("no start", 150, "has no start(self, me)", "def start(", "def begin("),
    Bad("beyond a bound", 150, "starts beyond the bound low", '[always("fine", each(fine))]', '[always("fine", each(fine))], bounds=[Bound("low", lambda s: s.seen < 0)]'),
    Bad("number bound", 150, "'copies'", '[always("fine", each(fine))]', '[always("fine", each(fine))], bounds=[Bound("queue", 3)]'),
    Bad("nothing to restart with", 150, "what would a restart find in it", "seen: int = 0", "seen: int", ("--crash", "1")),
    Bad("a typo in the environment", 2, "detector='perfekt': it is one of none, perfect", '[always("fine", each(fine))]', '[always("fine", each(fine))], Environment(detector="perfekt")'),
    Bad("no ids", 150, "Pinger's first field is the ids of the nodes, node_ids(3), not 2", "Pinger(node_ids(nodes))", "Pinger(nodes)"),
    Bad("no list", 150, "Model(properties=...) is a list of Property", '[always("fine", each(fine))]', 'always("fine", each(fine))'),
    Bad("a bare deadlock", 150, "the scope of deadlock needs a scope", '[always("fine", each(fine))]', '[always("fine", each(fine))], deadlock=lambda s: False'),
    Bad("a deadlock of nothing", 150, "looks at no node", '[always("fine", each(fine))]', '[always("fine", each(fine))], deadlock=each(fine, of=Ping)'),
    Bad("required", 2, "Missing option '--nodes'", "nodes: int = 2", "nodes: int"),
    Bad("another reserved", 150, "one of elcheck's own options", "kind: Literal", "format: Literal"),
    # -- found while running: findings with a trace
    Bad("handler raises", 14, "Pinger.ping at n1 raises ZeroDivisionError", 'guard(s.seen < 3, "done")', "1 // (1 - s.seen)"),
    Bad("no Step", 14, "which is not a Step", "yield Step(s)\n", "yield s\n"),
    Bad("late guard", 14, "guard after a yield", "        yield Step(s)\n", '        yield Step(s)\n        guard(False, "no")\n'),
    Bad("state is no dataclass", 14, "a state is a frozen dataclass", "yield Step(s)\n", "yield Step(7)\n"),
    Bad("mutable value", 14, "use a tuple", "yield Step(s)\n", "yield Step(State([1]))\n"),
    Bad("unhashable message", 14, "Send.msg is a list", "Ping(s.seen)))", "[s.seen]))"),
    Bad("not a node", 14, "which is no node of this model", "self.broadcast(me, Ping(s.seen))", "self.send(NodeId(7, 'n8'), Ping())"),
    Bad("a notice of one's own", 14, "which only the environment does", "Ping(s.seen)))", "Crashed(me)))"),
    Bad("close without links", 14, "network has none", "self.broadcast(me, Ping(s.seen))", "self.close(self.nodes[1])"),
    Bad("close in a tick", 14, "closes a link in the joint step", '@action\n    def ping(self, me: NodeId, s: State) -> Steps[State]:\n        guard(s.seen < 3, "done")\n        yield Step(replace(s, seen=s.seen + 1), self.broadcast(me, Ping(s.seen)))', "@tick\n    def ping(self, me: NodeId, s: State) -> Steps[State]:\n        yield Step(s, self.close(self.nodes[1]))", ("--network", "fifo")),
    Bad("handler exits", 14, "raises SystemExit", 'guard(s.seen < 3, "done")', "exit(0)"),
    Bad("property exits", 14, "raises SystemExit", "return n.state.seen < 9", "exit(0)"),
    Bad("named tuple", 14, "which equals every tuple of the same parts", "Ping(s.seen)))", "__import__('collections').namedtuple('Pong', 'x')(1)))"),
    Bad("not a number at all", 14, "NaN", "Ping(s.seen)))", "Ping(float('nan'))))"),
    Bad("property raises", 14, "the property 'fine' raises", "return n.state.seen < 9", "return 9 // n.state.seen > 0"),
    Bad("property says nothing", 14, "answers None", "    return n.state.seen < 9", "    n.state.seen < 9"),
    Bad("overflow", 14, "OverflowError", "s.seen + 1", "int(2.0 ** (5000 * s.seen))"),
    Bad("bound raises", 14, "the bound low raises AttributeError", '[always("fine", each(fine))]', '[always("fine", each(fine))], bounds=[Bound("low", lambda s: s.seen < 1 or s.none)]'),
    Bad("nondeterminism", 14, "is not deterministic", "    @action\n", "    import random\n    @action\n", ("--check-model",)),
]  # fmt: skip


@pytest.mark.parametrize("bad", MISTAKES, ids=[bad.name for bad in MISTAKES])
def test_one_clear_message(bad: Bad, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert bad.old in GOOD
    source = GOOD.replace(bad.old, bad.new, 1) if bad.old else GOOD
    if bad.name == "nondeterminism":
        source = source.replace("seen=s.seen + 1", "seen=s.seen + self.random.choice(range(1, 10**6))")
    args = list(bad.args)
    if bad.name == "full disk":
        Path(args[1]).unlink(missing_ok=True)
        Path(args[1]).symlink_to("/dev/full")
    code, out, err = run_model(source, tmp_path, capfd, *args)
    shown = out if bad.code == 14 else err
    assert bad.said in shown
    assert code == bad.code
    assert "Traceback" not in out + err
    if bad.code != 14:
        assert len(err.strip().splitlines()) <= 5
    if bad.code == 74:
        assert "fine" in out  # the report was not lost


def run_model(
    source: str, folder: Path, capfd: pytest.CaptureFixture[str], *args: str
) -> tuple[int, str, str]:
    path = folder / "mine.py"
    path.write_text(source, encoding="utf-8")
    code = cli.run([str(path), *args])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_good_model_is_good(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_model(GOOD, tmp_path, capfd)
    assert (code, err) == (0, "")
    assert "PROVED" in out


def test_missing_file(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models/rafft.py"]) == 150
    assert "did you mean 'raft'?" in capfd.readouterr().err


def test_a_folder(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models/"]) == 150
    assert "is a folder" in capfd.readouterr().err


def test_not_python(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "raft.tla").write_text("---- MODULE raft ----", encoding="utf-8")
    assert cli.run([str(tmp_path / "raft.tla")]) == 150
    assert "a model file ends in .py" in capfd.readouterr().err


@pytest.mark.parametrize("option", ["--network=bag", "--loss=1", "--detector=perfect", "--timing=sync"])
def test_a_spec_has_no_environment(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["die_hard", option]) == 2
    assert "a Spec has one shared state" in capfd.readouterr().err


def test_no_model_shows_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 2
    assert "Bundled models" in "".join(capfd.readouterr())


def test_the_models_own_environment_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """Raft's own crash=1 does not go with its own restart=1 once --crash is 0: restart follows."""
    assert cli.run(["raft", "--crash", "0", "--depth", "12"]) == 0
    assert cli.run(["raft", "--network", "sent-set", "--timing", "sync"]) == 2
    assert "the model's own environment gives --crash 1, --restart 1" in capfd.readouterr().err
