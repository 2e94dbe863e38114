"""Traces in every format, read back."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

import itf_py
import pytest

from elcheck import Environment, Message, Model, Node, NodeId, State, Step, action, node_ids, receive
from elcheck.checker.check.report import CheckReport
from elcheck.checker.export.formats import FORMATS, rendered
from elcheck.checker.export.itf import expression
from elcheck.checker.model.state import Envelope, Event
from elcheck.checker.model.values import text
from elcheck.checker.render import as_json
from elcheck.checker.traces.source import place_of_step
from elcheck.checker.traces.trace import Trace
from tests.output.readers import (
    Logged,
    itf_value,
    read_itf,
    read_mermaid,
    read_shiviz,
    read_tlc,
)
from tests.support.models import Counting
from tests.support.walks import WORLDS, follow, model_of, reported, walk

WALKS = [(world, seed) for world in WORLDS for seed in range(6)]
each_walk = pytest.mark.parametrize(("world", "seed"), WALKS, ids=[f"{w} {s}" for w, s in WALKS])


@cache
def walked(world: str, seed: int) -> tuple[CheckReport, Trace]:
    model = model_of(world)
    trace = walk(model, seed, 25)
    return reported(model, trace), trace


def in_format(report: CheckReport, ending: str) -> str:
    return rendered(report, FORMATS[ending])


# -- a small model ---------------------------------------------------------------------------------------


class Heard(State):
    words: str = "nothing"


class Said(Message):
    words: str


class Gossip(Node[Heard]):
    words: str = "hello"
    targets: tuple[NodeId, ...] = ()

    @action
    def speak(self, s: Heard) -> Step[Heard]:
        return Step(s, self.send(self.targets or self.peers, Said(self.words)))

    @receive
    def hear(self, s: Heard, src: NodeId, msg: Said) -> Step[Heard]:
        return Step(Heard(msg.words), self.send(self.targets, msg))


# -- ITF -------------------------------------------------------------------------------------------------


@each_walk
def test_itf_holds_every_state(world: str, seed: int) -> None:
    report, trace = walked(world, seed)
    read = read_itf(in_format(report, ".itf.json"))
    states = read["states"]
    assert isinstance(states, list)
    assert len(states) == len(trace.steps) + 1
    assert "loop" not in read
    for found, state, event in zip(
        states, trace.states, [None, *(s.event for s in trace.steps)], strict=True
    ):
        whole = as_json.state(report.model, state)
        if state.shared is not None:
            shared = whole["shared"]
            assert isinstance(shared, dict)
            assert {"type": type(state.shared).__name__, **_without_action(found)} == shared
        else:
            nodes = whole["nodes"]
            assert isinstance(nodes, dict)
            assert found["nodes"] == {name: node["state"] for name, node in nodes.items()}
            assert found["up"] == [name for name, node in nodes.items() if node["up"]]
            assert found["network"] == whole["network"]
            environment = whole["environment"]
            assert isinstance(environment, dict)
            assert found["environment"] == environment
            assert found.get("history", {}) == whole.get("history", {})
        assert found["mbt::actionTaken"] == ("init" if event is None else event.name)
        assert found["mbt::nondetPicks"] == _picks(event)


def _without_action(state: dict[str, object]) -> dict[str, object]:
    return {name: part for name, part in state.items() if not name.startswith("mbt::")}


def _picks(event: Event | None) -> dict[str, object]:
    if event is None:
        return {}
    me = {} if event.node is None else {"me": event.node.name}
    return {**me, **{name: as_json.value(part) for name, part in (*event.args, *event.choice)}}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("world", ["sent-set", "set", "bag", "fifo", "roles"])
def test_itf_is_read_by_itf_py(world: str, seed: int) -> None:
    report, trace = walked(world, seed)
    read = itf_py.trace_from_json(json.loads(in_format(report, ".itf.json")))
    assert len(read.states) == len(trace.states)
    for found, state in zip(read.states, trace.states, strict=True):
        for view in state.nodes:
            local = found.values["nodes"][view.node.name]
            assert type(local).__name__ == type(view.state).__name__
            assert local._asdict().keys() == vars(view.state).keys()
        sent = Counter((e.src.name, e.dst.name, type(e.msg).__name__) for e in state.network)
        network = found.values["network"]
        assert Counter((m.src, m.dst, type(m.msg).__name__) for m in network) == sent
        assert found.values["up"] == {view.node.name for view in state.nodes if view.up}


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Pair:
    tag: int
    value: bool | None


def test_itf_values() -> None:
    """Booleans are no integers, and a class with the fields of a variant is still told from one."""
    n1, n2 = node_ids(2)
    values: list[tuple[object, object]] = [
        (True, True),
        (-5, {"#bigint": "-5"}),
        ((1, "x"), {"#tup": [{"#bigint": "1"}, "x"]}),
        (frozenset({n2, n1}), {"#set": ["n1", "n2"]}),
        (Colour.RED, "RED"),
        (None, {"tag": "Nil", "value": {}}),
        (
            Pair(1, None),
            {"tag": "Pair", "value": {"tag": {"#bigint": "1"}, "value": {"tag": "Nil", "value": {}}}},
        ),
        ({n1: False}, {"#map": [["n1", False]]}),
        (1.5, {"#unserializable": "1.5"}),
        (b"ab", {"#unserializable": "b'ab'"}),
    ]
    for value, expected in values:
        assert expression(value) == expected
        itf_value(expression(value))


# -- lassos ----------------------------------------------------------------------------------------------


def lasso(loop: int | None, length: int) -> CheckReport:
    """Counting to 3 and round again, the loop starting after so many steps."""
    model = Counting(wraps=True).model()
    return reported(model, replace(walk(model, 0, length), loop=loop))


def test_a_loop_in_itf() -> None:
    """The last state returns to the one at ``loop``, with no action lost and none added."""
    read = read_itf(in_format(lasso(1, 5), ".itf.json"))
    states = read["states"]
    assert isinstance(states, list)
    values = [state["nodes"]["n1"]["value"] for state in states]
    assert values == [0, 1, 2, 3, 0, 1]
    assert read["loop"] == 2
    assert values[-1] == values[2 - 1]
    stays = read_itf(in_format(lasso(3, 3), ".itf.json"))
    assert stays["loop"] == 3


def test_a_loop_in_tlc() -> None:
    read = read_tlc(in_format(lasso(1, 5), ".tlc.json"))
    assert [state["nodes"] for state in read.states] == [
        {"n1": {"type": "Counter", "value": v}} for v in (0, 1, 2, 3, 0)
    ]
    assert [(source, name, target) for source, name, _, _, target in read.actions] == [
        (n, "increment", n + 1) for n in (1, 2, 3, 4)
    ] + [(5, "increment", 2)]
    stays = read_tlc(in_format(lasso(3, 3), ".tlc.json"))
    assert [(source, target) for source, *_, target in stays.actions] == [(1, 2), (2, 3), (3, 4), (4, 4)]


def test_a_loop_in_shiviz() -> None:
    """An event that knows all others says where it goes on."""
    *events, last = read_shiviz(in_format(lasso(1, 5), ".shiviz"))
    assert (last.host, last.said) == ("environment", "back to step 1, and so on for ever")
    assert last.clock == {"n1": len(events), "environment": 1}
    *_, last = read_shiviz(in_format(lasso(3, 3), ".shiviz"))
    assert last.said == "and stays there for ever"


def test_a_loop_in_mermaid() -> None:
    drawn = read_mermaid(in_format(lasso(1, 5), ".mmd"))[1]
    assert [line.looping for line in drawn] == [False, True, True, True, True]
    stays = read_mermaid(in_format(lasso(3, 3), ".mmd"))[1]
    assert [line.looping for line in stays] == [False] * 4
    assert stays[-1].lines == ("it stays there for ever",)


# -- TLC -------------------------------------------------------------------------------------------------


@each_walk
def test_tlc_holds_every_state_and_step(world: str, seed: int) -> None:
    report, trace = walked(world, seed)
    read = read_tlc(in_format(report, ".tlc.json"))
    itf = read_itf(in_format(report, ".itf.json"))["states"]
    assert isinstance(itf, list)
    assert read.states == [_without_action(state) for state in itf]
    for (source, name, given, line, target), (_, before, step) in zip(
        read.actions, trace.numbered, strict=True
    ):
        assert (name, given, target) == (step.event.name, _picks(step.event), source + 1)
        place = place_of_step(report.system.runner, before, step)
        assert place is None or place.line == line


# -- ShiViz ----------------------------------------------------------------------------------------------


def dominates(later: dict[str, int], earlier: dict[str, int]) -> bool:
    return all(later.get(host, 0) >= count for host, count in earlier.items())


def by_step(log: list[Logged]) -> dict[int, list[Logged]]:
    """The events of each step; 0 is the start."""
    found: dict[int, list[Logged]] = {}
    for event in log:
        found.setdefault(0 if event.said == "start" else int(event.said.split()[0]), []).append(event)
    return found


def message_of(event: Event) -> Envelope | None:
    if event.kind not in ("receive", "lose", "duplicate") or event.node is None:
        return None
    args = dict(event.args)
    assert isinstance(args["src"], NodeId)
    return Envelope(args["src"], event.node, args["msg"])


@each_walk
def test_shiviz_clocks_follow_messages(world: str, seed: int) -> None:
    """What becomes of a message comes after an event that put it under way."""
    report, trace = walked(world, seed)
    steps = by_step(read_shiviz(in_format(report, ".shiviz")))
    assert set(steps) - {0} == set(range(1, len(trace.steps) + 1))
    counts = [Counter(state.network) for state in trace.states]
    for number, step in enumerate(trace.steps, 1):
        message = message_of(step.event)
        if message is None:
            continue
        sends = [n for n in range(number) if counts[n][message] > (counts[n - 1][message] if n else 0)]
        sources = [source for n in sends for source in steps[n]]
        assert any(dominates(event.clock, source.clock) for source in sources for event in steps[number])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("world", ["sent-set", "roles"])
def test_shiviz_clocks_are_happens_before(world: str, seed: int) -> None:
    """On a sent-set network, where a message has one sending, a clock counts exactly what came before."""
    report, trace = walked(world, seed)
    log = read_shiviz(in_format(report, ".shiviz"))
    steps = by_step(log)
    before: dict[int, set[int]] = {}
    latest: dict[str, int] = {}
    for at, event in enumerate(log):
        before[at] = {at} | (before[latest[event.host]] if event.host in latest else set())
        latest[event.host] = at
        number = 0 if event.said == "start" else int(event.said.split()[0])
        message = message_of(trace.steps[number - 1].event) if number else None
        if message is not None:
            first = next(n for n, state in enumerate(trace.states) if message in state.network)
            source = next(e for e in steps[first] if first or e.host == message.src.name)
            before[at] |= before[log.index(source)]
        assert event.clock == Counter(log[i].host for i in before[at])


def test_the_environment_is_a_host() -> None:
    hosts = {
        event.host for seed in range(6) for event in read_shiviz(in_format(walked("bag", seed)[0], ".shiviz"))
    }
    assert hosts == {"n1", "n2", "n3", "environment"}


def clocks(environment: Environment, *events: str) -> list[dict[str, int]]:
    """The clocks of these events of two gossiping nodes."""
    model = Model(Gossip(), [], environment, nodes=node_ids(2))
    report = reported(model, follow(model, *events))
    return [event.clock for event in read_shiviz(in_format(report, ".shiviz"))][2:]


def test_which_of_two_equal_messages() -> None:
    """The newest of a link is lost, the one that was sent first is heard."""
    lossy = Environment(network="fifo", loss=1)
    found = clocks(
        lossy, "n1 speak", "n1 speak", "n2 lose Said(words='hello') from n1 (the newest", "n2 hear"
    )
    assert found == [{"n1": 2}, {"n1": 3}, {"n1": 3, "environment": 1}, {"n2": 2, "n1": 2}]


def test_a_message_that_a_broken_link_took_is_not_heard() -> None:
    """An equal one that is sent later is."""
    found = clocks(Environment(network="fifo", disconnect=1), "n1 speak", "disconnect", "n1 speak", "n2 hear")
    assert found == [{"n1": 2}, {"environment": 1}, {"n1": 3}, {"n2": 2, "n1": 3}]


def test_a_copy_comes_from_the_environment() -> None:
    found = clocks(Environment(network="bag", dup=1), "n1 speak", "n2 duplicate", "n2 hear", "n2 hear")
    assert found[1:] == [
        {"n1": 2, "environment": 1},
        {"n2": 2, "n1": 2},
        {"n2": 3, "n1": 2, "environment": 1},
    ]


# -- Mermaid ---------------------------------------------------------------------------------------------


@each_walk
def test_mermaid_draws_every_message(world: str, seed: int) -> None:
    report, trace = walked(world, seed)
    participants, drawn = read_mermaid(in_format(report, ".mmd"))
    nodes = [node.name for node in report.model.programs]
    assert list(participants.values()) == (nodes or ["DieHard"])
    arrows = [
        (line.kind, *line.ends, int(line.lines[0].split()[0])) for line in drawn if line.kind in ("->>", "-x")
    ]
    expected = []
    for number, step in enumerate(trace.steps, 1):
        message = message_of(step.event)
        if message is not None and step.event.kind != "duplicate":
            kind = "->>" if step.event.kind == "receive" else "-x"
            expected.append((kind, message.src.name, message.dst.name, number))
    assert arrows == expected
    numbered = [line for line in drawn if line.kind != "--)" and line.lines[0].split()[0].isdecimal()]
    assert [int(line.lines[0].split()[0]) for line in numbered] == list(range(1, len(trace.steps) + 1))


@each_walk
def test_mermaid_draws_messages_from_where_they_were_sent(world: str, seed: int) -> None:
    """Each message leaves in the step that sends it, and one that arrives says which that was."""
    report, trace = walked(world, seed)
    drawn = read_mermaid(in_format(report, ".mmd"))[1]
    now, left, arrived = 0, set[tuple[int, tuple[str, ...], str]](), None
    for line in drawn:
        first = line.lines[0]
        if line.kind == "--)":
            left.add((now, line.ends, first))
        elif first.split()[0].isdecimal():
            now = int(first.split()[0])
            words = first.partition(" ")[2].removeprefix("lost: ")
            arrived = None if line.kind == "note" else (line.ends, words)
        elif arrived is not None:
            origin = re.fullmatch(r"(?:sent|(?P<copied>copied)) in step (\d+)", first)
            assert first == "under way from the beginning" or origin is not None
            if origin is None or origin["copied"] is None:
                assert (0 if origin is None else int(origin[2]), *arrived) in left
    under_way = {(e.src.name, e.dst.name, text(e.msg)) for s in trace.states for e in s.network}
    assert {(*ends, said) for _, ends, said in left} == under_way


AWKWARD = "end; 50% #1 <b>%%{init}%%</b> & a\nb :wrap: $$x$$ `q` ü→"


@pytest.mark.parametrize("names", ["end a-b", "Loop über", "n1 n2"])
def test_awkward_names_and_texts(names: str) -> None:
    """What is syntax in a format comes back as text."""
    model = Model(Gossip(AWKWARD), [], Environment(network="fifo"), nodes=node_ids(names))
    report = reported(model, walk(model, 1, 4), name=AWKWARD)
    participants, drawn = read_mermaid(in_format(report, ".mmd"))
    assert list(participants.values()) == names.split()
    received = [line for line in drawn if line.kind == "->>"]
    assert received
    assert all(line.lines[0].split(" ", 1)[1] == f"Said(words={AWKWARD!r})" for line in received)
    events = read_shiviz(in_format(report, ".shiviz"))
    assert {event.host for event in events} <= set(names.split())
    states = read_itf(in_format(report, ".itf.json"))["states"]
    assert isinstance(states, list)
    assert states[-1]["nodes"][names.split()[1]] in (
        {"type": "Heard", "words": w} for w in ("nothing", AWKWARD)
    )
    read_tlc(in_format(report, ".tlc.json"))


def test_a_message_that_is_taken_and_sent_again() -> None:
    """What is under way is the same before and after; that it is sent is shown all the same."""
    n1, n2 = node_ids(2)
    model = Model(Gossip(targets=(n1,)), [], Environment(network="bag"), nodes=(n1, n2))
    report = reported(model, follow(model, "n1 speak", "n1 hear"))
    taken, note, again = read_mermaid(in_format(report, ".mmd"))[1][-3:]
    assert (taken.kind, again.kind) == ("->>", "--)")
    assert note.lines == ("sent in step 1", "words 'nothing' → 'hello'")
