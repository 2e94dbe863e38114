"""Values that leave a process come back as they were, and a disk holds the last one."""

from __future__ import annotations

import json
import random
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest

from elcheck import Bag, Map, State, Term, node_ids
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import bundled, load
from elcheck.checker.running.disk import Disk, end_last_line
from elcheck.checker.running.encoding import Decoder, EncodingError, encode

NODES = node_ids(3)


class Colour(Enum):
    RED = "red"
    OTHER = ("of", 1)


class Pair(NamedTuple):
    first: object
    second: object


class Held(State):
    value: object = None


@pytest.mark.parametrize(
    "value",
    [
        None, True, 1, 1.5, "x", b"\x00\xff", NODES[1], Term(3), Colour.RED, Colour.OTHER, (),
        (1, (2,)), frozenset(),
        frozenset({(1, NODES[0]), (2, NODES[1])}), Map({NODES[0]: Map({1: "a"})}), Bag([1, 1, (2,)]),
        Pair(1, frozenset({2})), Held(Held(Map({"set": ("node",)}))),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_comes_back(value: object) -> None:
    found = Decoder(NODES).decode(json.loads(json.dumps(encode(Held(value)))))
    assert found == Held(value)
    assert isinstance(found, Held)
    assert type(found.value) is type(value)


@pytest.mark.parametrize("name", sorted(bundled()))
def test_states_and_messages_of_the_zoo_come_back(name: str) -> None:
    model = load(name)()
    if not model.programs:
        pytest.skip("a Spec sends nothing")
    decoder, dice = Decoder(tuple(model.programs)), random.Random(1)
    interpreter = Interpreter(model)
    state = dice.choice(interpreter.initial())
    for _ in range(15):
        values = [*(view.state for view in state.nodes), *(sent.msg for sent in state.network)]
        for value in values:
            assert decoder.decode(json.loads(json.dumps(encode(value)))) == value
        found = list(interpreter.steps(state))
        if not found:
            break
        _, state = dice.choice(found)


@pytest.mark.parametrize(
    "said",
    [
        {"record": "os:system", "fields": {}}, {"record": "no.module:X", "fields": {}}, {"node": 7},
        {"record": f"{__name__}:Held", "fields": {"other": 1}}, {"member": "builtins:int", "of": 1}, {"x": 1},
        {"named": "builtins:list", "parts": []}, {"member": f"{__name__}:Colour", "of": "blue"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_value_is_refused(said: object) -> None:
    with pytest.raises(EncodingError):
        Decoder(NODES).decode(said)


def test_a_disk_holds_the_last_value(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "n1.disk.json", Decoder(NODES))
    assert disk.read() is None
    for value in (Held(1), Held(NODES[2])):
        disk.write(value)
        assert Disk(tmp_path / "n1.disk.json", Decoder(NODES)).read() == value


def test_a_line_that_a_kill_cut_short_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "n1.jsonl"
    for before, after in (("", ""), ("a\n", "a\n"), ('a\n{"ev', 'a\n{"ev\n')):
        log.write_text(before)
        end_last_line(log)
        assert log.read_text() == after
