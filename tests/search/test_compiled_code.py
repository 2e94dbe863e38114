"""What is compiled, once, and kept: what becomes of it when something goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from elcheck import State, always, each
from elcheck.checker.check.check import check
from elcheck.checker.model.errors import UsageError
from elcheck.checker.search import engines, hand_over, plain
from tests.support.models import Counting

pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")

from elcheck.checker.search.fast import cache, calls
from elcheck.checker.search.fast.cache import MachineCode


@pytest.fixture(scope="module")
def kept() -> MachineCode:
    """Of this version."""
    return cache.machine_code()


@pytest.fixture
def made(kept: MachineCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were compiled; nothing is, since it would take long: what comes out is known already."""
    files: list[Path] = []

    def make() -> None:
        files.append(cache.file())
        cache.keep(kept)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))
    monkeypatch.setattr(cache, "_make", make)
    return files


def test_it_is_compiled_once(
    kept: MachineCode, made: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cache.machine_code() == kept
    assert "compiling the fast engine, once" in capsys.readouterr().err
    assert cache.machine_code() == kept
    assert capsys.readouterr().err == ""
    assert made == [cache.file()]
    assert list((tmp_path / "new" / "elcheck").iterdir()) == made  # and nothing else was left there


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2] + b"?" + content[len(content) // 2 + 1 :],
        lambda content: b"",
        lambda content: b"\xff\n\n",
    ],
    ids=["cut", "changed", "empty", "other"],
)
def test_a_damaged_file_is_made_again(
    kept: MachineCode, made: list[Path], damage: Callable[[bytes], bytes]
) -> None:
    cache.machine_code()
    cache.file().write_bytes(damage(cache.file().read_bytes()))
    assert cache.machine_code() == kept
    assert len(made) == 2


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it will be run."""
    (tmp_path / "theirs" / "elcheck").mkdir(parents=True)
    os.chown(tmp_path / "theirs" / "elcheck", 12345, -1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "theirs"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.file().parent == tmp_path / "home" / ".cache" / "elcheck"


def test_where_it_can_not_be_read(made: list[Path]) -> None:
    cache.file().mkdir(parents=True)
    with pytest.raises(UsageError, match=r"\.o, the compiled fast engine, can't be read: Is a directory"):
        cache.machine_code()


def test_where_there_is_no_place_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").touch()
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "taken"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "taken"))
    with pytest.raises(UsageError, match=r"can't be kept: not in .*taken/elcheck, nor in .*, nor in .*taken"):
        cache.machine_code()


def test_auto_does_without_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise UsageError("there is no room")

    monkeypatch.setattr(engines, "_loaded", fail)
    monkeypatch.setattr(plain, "ASKED", 10)
    monkeypatch.setattr(hand_over, "ENOUGH", 100)
    monkeypatch.setattr(hand_over, "NARROW", 0)
    report = check(Counting(300).model(always("small", each(State, lambda node: True))))
    assert (report.engine, report.stats.distinct) == ("plain", 301)
    assert capsys.readouterr().err == "elcheck: there is no room; the plain engine searches instead\n"


def test_a_place_that_can_not_be_used_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.file().parent == tmp_path / "home" / ".cache" / "elcheck"


def test_when_compiling_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError('no LLVM for you')\n", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(UsageError, match=r"can't be compiled into .*: ImportError: no LLVM for you"):
        cache.machine_code()


@pytest.mark.big  # half a minute; `.ci/run` compiles in a folder of its own, too
def test_it_is_compiled_from_any_folder(kept: MachineCode, tmp_path: Path) -> None:
    """What is called ``numba`` or ``checker`` there is not ours."""
    (tmp_path / "numba.py").touch()
    (tmp_path / "elcheck.checker.py").touch()
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
        "from elcheck.checker.search.fast import cache; print(len(cache.machine_code().symbols))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{len(kept.symbols)}\n"


def test_what_does_not_fit_is_not_passed() -> None:
    """Compiled code would read past its end."""
    numbers = np.zeros(8, np.int64)
    with pytest.raises(TypeError, match="an array of int64 is wanted"):
        calls.put_all(np.zeros(8, np.int32), numbers, numbers, 0)
    with pytest.raises(TypeError):
        calls.put_all(numbers[::2], numbers, numbers, 0)


def test_every_function_that_python_calls_is_there(kept: MachineCode) -> None:
    names = [name for name in vars(calls) if callable(getattr(calls, name)) and name != "from_python"]
    assert sorted(name.rpartition(".")[2] for name in kept.symbols) == sorted(names)
