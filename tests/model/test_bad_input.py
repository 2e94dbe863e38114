"""Whatever is wrong gets one clear message and its exit code, and no traceback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from elcheck.checker import cli

GOOD = """
from dataclasses import dataclass
from enum import Enum
from typing import Literal
from elcheck import *

class Ping(Message):
    number: int = 0

class Seen(State):
    seen: int = 0

class Pinger(Node[Seen]):
    @action
    def ping(self, s: Seen) -> Step[Seen]:
        guard(s.seen < 3, "done")
        return Step(replace(s, seen=s.seen + 1), self.broadcast(Ping(s.seen)))

    @receive
    def pong(self, s: Seen, src: NodeId, msg: Ping) -> Seen:
        return s

def fine(s: Seen) -> bool:
    return s.seen < 9

def model(nodes: int = 2, kind: Literal["a", "b"] = "a") -> Model:
    return Model(Pinger(), [always("fine", each(Seen, fine))], nodes=node_ids(nodes))
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


CLAIM = '[always("fine", each(Seen, fine))]'
PING = "    @action\n    def ping(self, s: Seen) -> Step[Seen]:\n"
MISTAKES = [
    # -- the command line
    Bad("no nodes", 2, "a model needs at least one node, not 0", args=("--nodes", "0")),
    Bad("too many nodes", 2, "1,000,000,000 nodes are more than the 1,000", args=("--nodes", "1000000000")),
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
    Bad("syntax error", 150, "mine.py:7: invalid syntax", "class Ping(Message):", "class Ping(:\n("),
    Bad("import error", 150, "No module named 'nowhere'", "from enum", "import nowhere\nfrom enum"),
    Bad("raises at import", 150, "ZeroDivisionError: integer division or modulo by zero (PATH:8)", "class Ping(Message):", "class Ping(Message):\n    x = 1 // 0"),
    Bad("exits at import", 150, "SystemExit", "class Ping", "exit(0)\nclass Ping"),
    Bad("no model", 150, "has no function model(...)", "def model(", "def my_model("),
    Bad("no Model", 150, "returns NoneType, not a Model", "    return Model(", "    Model("),
    Bad("model raises", 150, "raises KeyError: 'x'", "    return Model(", "    {}['x']\n    return Model("),
    Bad("annotation", 150, "can't be an option", "nodes: int", "nodes: list[int]"),
    Bad("no annotation", 150, "needs an annotation", "nodes: int = 2", "nodes=2"),
    Bad("reserved parameter", 150, "one of elcheck's own options", "kind: Literal", "depth: Literal"),
    Bad("another reserved", 150, "one of elcheck's own options", "kind: Literal", "format: Literal"),
    Bad("required", 2, "Missing option '--nodes'", "nodes: int = 2", "nodes: int"),
    Bad("no such mistake", 2, "'noisy' is not 'quiet'", "def model(", "class Quiet(Pinger): pass\n\ndef model(bug: type[Pinger] = Pinger, ", ("--bug", "noisy")),
    # -- classes
    Bad("a dataclass once more", 150, "Seen is a State, and so a frozen dataclass already: leave out @dataclass", "class Seen", "@dataclass(frozen=True)\nclass Seen"),
    Bad("a message once more", 150, "Ping is a Message, and so a frozen dataclass already: leave out @dataclass", "class Ping", "@dataclass(frozen=True)\nclass Ping"),
    Bad("a program once more", 150, "Pinger is a Node, and so a frozen dataclass already: leave out @dataclass", "class Pinger", "@dataclass(frozen=True)\nclass Pinger"),
    Bad("a thawed state", 150, "leave out @dataclass", "class Seen", "@dataclass\nclass Seen"),
    Bad("a state of another class", 150, "Pinger works on a Seen, which is no state: write class Seen(State)", "class Seen(State):", "@dataclass(frozen=True)\nclass Seen:"),
    Bad("a message of another class", 150, "receives a Ping, which is no message: write class Ping(Message)", "class Ping(Message):", "@dataclass(frozen=True)\nclass Ping:"),
    Bad("mutable field", 150, "Seen.seen is a list, which can change: use a tuple", "seen: int = 0", "seen: list[int] = ()"),
    Bad("mutable default", 150, "mutable default", "seen: int = 0", "seen: object = durable([])"),
    Bad("no default after one", 150, "non-default argument", "seen: int = 0", "seen: int = 0\n    more: int"),
    Bad("thawed value", 150, "Odd is a dataclass that can change", "class Seen(State):", "@dataclass\nclass Odd:\n    x: int = 0\n\nclass Seen(State):\n    odd: Odd | None = None"),
    Bad("hash without eq", 14, "__hash__ without __eq__", "class Seen(State):", "class Odd:\n    def __hash__(self):\n        return 1\n\nclass Seen(State):\n    odd: Odd = Odd()"),
    Bad("no eq", 14, "two equal values would count as different", "class Seen(State):", "class Odd: pass\n\nclass Seen(State):\n    odd: Odd = Odd()"),
    Bad("eq without hash", 14, "__eq__ without __hash__", PING, "    def start(self):\n        class Odd:\n            def __eq__(self, other):\n                return True\n\n        return Seen(Odd())\n\n" + PING),
    Bad("a field in the way", 150, "self.nodes", "class Pinger(Node[Seen]):\n", "class Pinger(Node[Seen]):\n    nodes: int = 3\n"),
    # -- handlers
    Bad("two for one message", 150, "two handlers for Ping: pong and again", "def fine", "    @receive\n    def again(self, s: Seen, src: NodeId, msg: Ping) -> Seen:\n        return s\n\ndef fine"),
    Bad("two ticks", 150, "two @tick handlers", "def fine", "    @tick\n    def one(self, s: Seen) -> Seen:\n        return s\n\n    @tick\n    def two(self, s: Seen) -> Seen:\n        return s\n\ndef fine"),
    Bad("wrong arguments", 150, "@action calls it with 1: s", "def ping(self, s: Seen)", "def ping(self)"),
    Bad("a node first", 150, "takes 2 arguments after self; @action calls it with 1: s", "def ping(self, s: Seen)", "def ping(self, me: NodeId, s: Seen)"),
    Bad("a node for a state", 150, "'s' is annotated NodeId, and is given the state", "def ping(self, s: Seen)", "def ping(self, s: NodeId)"),
    Bad("a node for a message", 150, "'src' is annotated Ping, and is given the sender", "src: NodeId, msg: Ping", "src: Ping, msg: NodeId"),
    Bad("annotated with another state", 150, "'s' is annotated Ping, and Pinger works on states of class Seen", "def ping(self, s: Seen)", "def ping(self, s: Ping)"),
    Bad("no message class", 150, "annotate 'msg' with the class", "msg: Ping", "msg"),
    Bad("a name that is not there", 150, "name 'Pong' is not defined", "msg: Ping", "msg: 'Pong'"),
    Bad("a range in words", 150, "not 'things'", PING, "    @action(over='things')\n    def ping(self, s: Seen, thing: int) -> Step[Seen]:\n"),
    Bad("a range from elsewhere", 150, "not the function node_ids", PING, "    @action(over=node_ids)\n    def ping(self, s: Seen, thing: int) -> Step[Seen]:\n"),
    Bad("a range and no argument", 150, "@action calls it with 2: s, peers", PING, "    @action(over=Node.peers)\n    def ping(self, s: Seen) -> Step[Seen]:\n"),
    Bad("range of nothing", 150, "Pinger.ping (PATH:16) ranges over things, which gives 7: no collection", PING, "    def things(self): return 7\n\n    @action(over=things)\n    def ping(self, s: Seen, thing: int) -> Step[Seen]:\n"),
    Bad("range that is used up", 150, "ranges over things, which gives (1, 2), and then (): a range is the same each time", PING, "    once = iter([1, 2])\n\n    def things(self): return self.once\n\n    @action(over=things)\n    def ping(self, s: Seen, thing: int) -> Step[Seen]:\n"),
    Bad("range of lists", 150, "an element of things is a list, which can change", PING, "    def things(self): return [[1]]\n\n    @action(over=things)\n    def ping(self, s: Seen, thing: list) -> Step[Seen]:\n"),
    Bad("range without end", 150, "ranges over things, which gives more than 100,000 values: range over fewer", PING, "    def things(self): return iter(int, 1)\n\n    @action(over=things)\n    def ping(self, s: Seen, thing: int) -> Step[Seen]:\n"),
    Bad("range that raises", 150, "ranges over things, which raises KeyError: 'x' (PATH:14)", PING, "    def things(self): return {}['x']\n\n    @action(over=things)\n    def ping(self, s: Seen, thing: list) -> Step[Seen]:\n"),
    # -- the start
    Bad("no initial state", 150, "start offers no initial state", PING, "    def start(self):\n        yield from ()\n\n" + PING),
    Bad("guarded start", 150, "no initial state (never)", PING, "    def start(self):\n        guard(False, 'never')\n\n" + PING),
    Bad("no start", 150, "Pinger has no start(self), and Seen() is no state to start with", "seen: int = 0", "seen: int"),
    Bad("start with a wrong field", 14, "unexpected keyword argument 'sean' (PATH:15)", PING, "    def start(self):\n        return Seen(sean=1)\n\n" + PING),
    Bad("start with a wrong replacement", 14, "unexpected keyword argument 'sean' (PATH:15)", PING, "    def start(self):\n        return replace(Seen(), sean=1)\n\n" + PING),
    Bad("start with nothing", 14, "Pinger.start at n1 (PATH:14) returns None", PING, "    def start(self):\n        Seen()\n\n" + PING),
    Bad("a choice of starts", 14, "names a choice, and start has no name for it", PING, "    def start(self):\n        yield Step(Seen(1), choice={'seen': 1})\n\n" + PING),
    Bad("self.me in model()", 150, "known while a handler runs", "    return Model(", "    Pinger().me\n    return Model("),
    # -- the model
    Bad("no properties", 150, "no properties", CLAIM, "[]"),
    Bad("no name", 150, "a property has no name: always(name, scope) says what it claims", "[always(", '[never("", each(Seen, fine)), always('),
    Bad("no string for a name", 150, "a property is called 7: always(name, scope) begins with a name, a string", "[always(", "[never(7, each(Seen, fine)), always("),
    Bad("a list for a name", 150, "a property is called [7]", "[always(", "[never([7], each(Seen, fine)), always("),
    Bad("a list for steps", 150, "speaks of steps ['ping']: a name of steps is a string", "each(Seen, fine))", "enabled(['ping']))"),
    Bad("a view of no class", 150, "a view names the class of the states first, view(Server, take), not the function fine", "each(Seen, fine)", "each(view(fine, fine), fine)"),
    Bad("a start of no nodes", 150, "in Prepared([]): it says of each node in which state it is", CLAIM, CLAIM + ", initial=[Prepared([])]"),
    Bad("nothing under way", 150, "in Prepared(network=...), None: it takes a list of Envelopes", CLAIM, CLAIM + ", initial=[Prepared({n: Seen() for n in node_ids(nodes)}, None)]"),
    Bad("from nobody", 150, "'n1' is no node of the model", CLAIM, CLAIM + ", initial=[Prepared({n: Seen() for n in node_ids(nodes)}, [Envelope('n1', node_ids(nodes)[0], Ping())])]"),
    Bad("fair in words", 150, "Environment(fairness=...) is a list of weak(...), not None", CLAIM, CLAIM + ", Environment(fairness=None)"),
    Bad("a budget of a node", 150, "Budget(of=n1): it takes several nodes, of=[n1]", CLAIM, CLAIM + ", Environment(crash=Budget(1, of=node_ids(1)[0]))"),
    Bad("no node runs anything", 150, "the model has no nodes: its mapping of nodes to programs is empty", "Pinger(), ", "{}, "),
    Bad("twice the same", 150, "2 properties are called 'fine'", "[always(", '[never("fine", each(Seen, fine)), always('),
    Bad("no scope", 150, "needs a scope", "each(Seen, fine))", "fine)"),
    Bad("a scope of no class", 150, "each(...) names the class of the states first, each(Server, check), not the function fine", "each(Seen, fine)", "each(fine)"),
    Bad("a scope of a class last", 150, "each(...) names the class of the states first, each(Server, check), not the function fine", "each(Seen, fine)", "each(fine, Seen)"),
    Bad("no check", 150, "missing 1 required positional argument: 'check'", "each(Seen, fine)", "each(Seen)"),
    Bad("step scope", 150, "step takes change(...)", "always(", "step("),
    Bad("a monitor in words", 150, "history(...) takes a Monitor", "each(Seen, fine))", "history('m', fine))"),
    Bad("two monitors of one name", 150, "2 monitors are called 'm'", CLAIM, "[always(name, history(Monitor('m', Seen, start=lambda nodes: 0, after=lambda m, event, old, new: m), lambda m: True)) for name in 'ab']"),
    Bad("no property", 150, "the function fine is no Property", CLAIM, "[fine]"),
    Bad("of nothing", 150, "the property 'fine' looks at states of class Ping, and there are none: those of the model are of Seen", "each(Seen, fine)", "each(Ping, fine)"),
    Bad("a pair of one", 150, "looks at pairs, and only one node has a state of class Rest", GOOD[GOOD.index("def model") :], "class Rest(State): pass\n\nclass Rester(Node[Rest]): pass\n\ndef model() -> Model:\n    a, b = node_ids(2)\n    return Model({a: Pinger(), b: Rester()}, [always('two', pair(Rest, lambda x, y: True))])"),
    Bad("beyond a bound", 150, "no initial state is within the bounds: low leaves out 1", CLAIM, CLAIM + ', bounds=[Bound("low", Seen, lambda s: s.seen < 0)]'),
    Bad("number bound", 150, "'copies'", CLAIM, CLAIM + ', bounds=[Bound("queue", 3)]'),
    Bad("bound of no class", 150, "names a class of states", CLAIM, CLAIM + ', bounds=[Bound("low", lambda s: s.seen < 3)]'),
    Bad("nothing to restart with", 150, "Seen.seen is not durable and has no default, and a restart has to find something in it", "seen: int = 0", "seen: int", ("--crash", "1")),
    Bad("a typo in the environment", 2, "detector='perfekt': it is one of none, perfect", CLAIM, CLAIM + ', Environment(detector="perfekt")'),
    Bad("no ids", 150, "Model(nodes=...) is a list of NodeId, not 2", "nodes=node_ids(nodes)", "nodes=nodes"),
    Bad("nodes are missing", 150, "the model has no nodes: Model(nodes=node_ids(3)) says which of them run Pinger", ", nodes=node_ids(nodes)", ""),
    Bad("nodes twice", 150, "the mapping of nodes to programs names them already", "Model(Pinger(),", "Model(dict.fromkeys(node_ids(nodes), Pinger()),"),
    Bad("a class for a program", 150, "not the class Pinger", "Model(Pinger(),", "Model(Pinger,"),
    Bad("no list", 150, "Model(properties=...) is a list of Property, not a Property", CLAIM, 'always("fine", each(Seen, fine))'),
    Bad("a bare deadlock", 150, "Model(deadlock=...) is True, or a scope", CLAIM, CLAIM + ", deadlock=lambda s: False"),
    Bad("a deadlock of nothing", 150, "Model(deadlock=...) looks at states of class Ping", CLAIM, CLAIM + ", deadlock=each(Ping, fine)"),
    # -- found while running: findings with a trace
    Bad("handler raises", 14, "Pinger.ping at n1 raises ZeroDivisionError", 'guard(s.seen < 3, "done")', "1 // (1 - s.seen)"),
    Bad("a misspelt field", 14, "unexpected keyword argument 'sean' (PATH:17)", "replace(s, seen=", "replace(s, sean="),
    Bad("a misspelt attribute", 14, "'Seen' object has no attribute 'sean' (PATH:16)", "guard(s.seen", "guard(s.sean"),
    Bad("returns nothing", 14, "returns None: return the new state or a Step(state, sends), or yield Steps", "        return s\n", "        pass\n"),
    Bad("returns a list", 14, "returns [Step(state=", "        return s\n", "        return [Step(s)]\n"),
    Bad("yields a state", 14, "yield Step(state, sends), or return the one state", "        return s\n", "        yield s\n"),
    Bad("returns a number", 14, "returns 7: return the new state", "return s\n", "return 7\n"),
    Bad("a step to a number", 14, "answers the state 7: a state is of a class(State)", "return s\n", "return Step(7)\n"),
    Bad("returns a message", 14, "returns Ping(number=0): return the new state", "return s\n", "return Ping()\n"),
    Bad("another state", 14, "answers a Rest, and its program's states are of Seen", "return s\n", "return Rest()\n\nclass Rest(State): pass\n"),
    Bad("late guard", 14, "guard after a yield", "        return s\n", '        yield Step(s)\n        guard(False, "no")\n'),
    Bad("mutable value", 14, "use a tuple", "return s\n", "return Seen([1])\n"),
    Bad("sends a word", 14, "a message is of a class(Message), and 'hello' is not (PATH:17)", "Ping(s.seen)))", "'hello'))"),
    Bad("sends a class", 14, "a message is of a class(Message), and the class Ping is not (PATH:17)", "Ping(s.seen)))", "Ping))"),
    Bad("sends no sends", 14, "use self.send(...)", "self.broadcast(Ping(s.seen))", "Ping(s.seen)"),
    Bad("not a node", 14, "which is no node of this model", "self.broadcast(Ping(s.seen))", "self.send(NodeId(7, 'n8'), Ping())"),
    Bad("sends to a name", 14, "not the string 'n2'", "self.broadcast(Ping(s.seen))", "self.send('n2', Ping())"),
    Bad("a notice of one's own", 14, "which only the environment does", "Ping(s.seen)))", "Crashed(self.me)))"),
    Bad("close without links", 14, "network has none", "self.broadcast(Ping(s.seen))", "self.close(self.nodes[1])"),
    Bad("close in a tick", 14, "closes a link in the joint step", GOOD[GOOD.index("    @action") : GOOD.index("    @receive")], "    @tick\n    def ping(self, s: Seen) -> Step[Seen]:\n        return Step(s, self.close(self.nodes[1]))\n\n", ("--network", "fifo")),
    Bad("a choice in a tick", 14, "names a choice, and the joint step of all nodes has no name for it", GOOD[GOOD.index("    @action") : GOOD.index("    @receive")], "    @tick\n    def ping(self, s: Seen) -> Step[Seen]:\n        return Step(s, choice={'lot': 1})\n\n"),
    Bad("a choice that can change", 14, "the choice 'lot' is a list, which can change", "self.broadcast(Ping(s.seen)))", "choice={'lot': [1]})"),
    Bad("a choice in a crash", 14, "names a choice, and at_crash has no name for it", PING, "    def at_crash(self, before):\n        return Step(before, choice={'lot': 1})\n\n" + PING, ("--crash", "1")),
    Bad("handler exits", 14, "raises SystemExit", 'guard(s.seen < 3, "done")', "exit(0)"),
    Bad("property exits", 14, "raises SystemExit", "return s.seen < 9", "exit(0)"),
    Bad("named tuple", 14, "which equals every tuple of the same parts", "Ping(s.seen)", "Ping(__import__('collections').namedtuple('Pong', 'x')(1))"),
    Bad("not a number at all", 14, "NaN", "Ping(s.seen)", "Ping(float('nan'))"),
    Bad("property raises", 14, "the property 'fine' raises", "return s.seen < 9", "return 9 // s.seen > 0"),
    Bad("property misspells", 14, "'Seen' object has no attribute 'sean' (PATH:24)", "return s.seen < 9", "return s.sean < 9"),
    Bad("property says nothing", 14, "the property 'fine' (PATH:23) answers None of n1", "    return s.seen < 9", "    s.seen < 9"),
    Bad("overflow", 14, "OverflowError", "s.seen + 1", "int(2.0 ** (5000 * s.seen))"),
    Bad("bound raises", 14, "the bound low raises AttributeError", CLAIM, CLAIM + ', bounds=[Bound("low", Seen, lambda s: s.seen < 1 or s.none)]'),
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
    assert bad.said.replace("PATH", str(tmp_path / "mine.py")) in shown
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
    code = cli.run([str(path), "--width", "1000", *args])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_good_model_is_good(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_model(GOOD, tmp_path, capfd)
    assert (code, err) == (0, "")
    assert "PROVED" in out


def test_missing_file(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models/rafft.py"]) == 150
    assert "did you mean 'raft'?" in capfd.readouterr().err


def test_what_is_missing_may_be_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_election.py").touch()
    assert cli.run(["my_elektion.py"]) == 150
    assert "did you mean 'my_election.py'?" in capfd.readouterr().err
    assert cli.run(["zoo", "cuonts.toml"]) == 150
    assert capfd.readouterr().err == "elcheck: cuonts.toml can't be read: No such file or directory\n"
    assert cli.run(["validate", "raft", "n1.jsonl"]) == 2
    assert "how to read the logs: " in capfd.readouterr().err


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
