"""What a model file is told when it can't be used, and what it says of its mistakes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import load

MODEL = '''
from dataclasses import dataclass
from typing import Literal
from elcheck import Model, Node, State, action, always, each, node_ids

class Counter(State):
    value: int = 0

class Count(Node[Counter]):
    @action
    def increment(self, s: Counter) -> Counter:
        return Counter(1)

def model(bug: Literal["too-far"] | None = None) -> Model:
    """Count to one."""
    return Model(Count(), [always("low", each(Counter, lambda s: s.value < 2))], nodes=node_ids(1))
'''


def test_a_mistake_without_a_class_is_named_only(tmp_path: Path) -> None:
    path = tmp_path / "count.py"
    path.write_text(MODEL, encoding="utf-8")
    assert load(str(path)).mistakes == {"too-far": ""}


@pytest.mark.parametrize("decorator", ["@dataclass", "@dataclass(frozen=True)"])
@pytest.mark.parametrize("line", ["class Counter(State)", "class Count(Node[Counter])"])
def test_a_second_dataclass_is_refused_with_the_remedy(tmp_path: Path, decorator: str, line: str) -> None:
    path = tmp_path / "count.py"
    path.write_text(MODEL.replace(line, f"{decorator}\n{line}"), encoding="utf-8")
    with pytest.raises(LoadError, match="frozen dataclass already: leave out @dataclass"):
        load(str(path))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"x = 1\0")
    with pytest.raises(LoadError, match=r"binary\.py.*null bytes"):
        load(str(path))


def test_a_file_that_changes_within_a_second_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is what it imports from its folder, in another process."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    path, beside = tmp_path / "counted.py", tmp_path / "how_many.py"
    path.write_text("from how_many import MANY\n\nONE = 1\n\ndef model():\n    return (ONE, MANY)\n")
    beside.write_text("MANY = 2\n")
    began = path.stat()
    assert load(str(path)).function() == (1, 2)
    path.write_text(path.read_text().replace("ONE = 1", "ONE = 3"))
    beside.write_text("MANY = 4\n")
    for file in (path, beside):
        os.utime(file, ns=(began.st_atime_ns, began.st_mtime_ns))
    monkeypatch.delitem(sys.modules, "how_many")
    assert load(str(path)).function() == (3, 4)
