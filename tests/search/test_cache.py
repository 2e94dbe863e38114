"""Machine code is loaded only from where nobody but the user can have put it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")

from elcheck.checker.search.fast import cache  # noqa: E402  (of numba's libraries)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    place = tmp_path / "elcheck"
    place.mkdir(mode=0o700)
    return place


def test_a_folder_that_others_may_write_to_is_not_used(folder: Path) -> None:
    assert cache.file().parent == folder
    folder.chmod(0o770)
    assert cache.file().parent != folder
    folder.chmod(0o700)
    assert cache.file().parent == folder


def test_what_others_may_have_written_is_not_read(folder: Path) -> None:
    cache.keep(cache.MachineCode({"name": "symbol"}, b"code"))
    assert cache.is_compiled()
    cache.file().chmod(0o666)
    assert not cache.is_compiled()
    cache.file().chmod(0o600)
    assert cache.is_compiled()
    kept = cache.file().read_bytes()
    cache.file().unlink()
    (folder / "elsewhere").write_bytes(kept)
    cache.file().symlink_to(folder / "elsewhere")
    assert not cache.is_compiled()


def test_a_pipe_in_its_place_holds_nothing_up(folder: Path) -> None:
    os.mkfifo(folder / cache.file().name)
    assert not cache.is_compiled()
