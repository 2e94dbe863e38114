"""Data flows one way: read from the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for part in ("checker", "models", "specs") for path in (ROOT / part).rglob("*.py"))

ROOMS = [
    "model",
    "loading",
    "system",
    "interpreter",
    "search",
    "traces",
    "temporal",
    "check",
    "strategies",
    "replay",
    "zoo",
    "render",
    "export",
    "html",
    "explorer",
    "commands",
]
"""The rooms of checker/, each of which imports from itself and from those before it only."""
DOORS = ("api", "cli")
"""What the outside calls: no room imports it."""


def room(module: str) -> int:
    """The place of a module's room among all."""
    name = module.split(".")[2]
    return len(ROOMS) if name in DOORS else ROOMS.index(name)


def test_the_rooms_are_the_listing() -> None:
    listed = {path.stem for path in (ROOT / "checker").iterdir() if not path.name.startswith("_")}
    assert listed == {*ROOMS, *DOORS}
    assert [path.name for path in sorted((ROOT / "elcheck").iterdir()) if path.is_symlink()] == [
        "checker", "models", "specs",
    ]  # fmt: skip


def imports(path: Path) -> set[str]:
    """The modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_imports_go_one_way(path: Path) -> None:
    module = ".".join(("elcheck", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    part = module.split(".")[1]
    names = imports(path)
    assert not any(name.split(".")[0] in ("checker", "models", "specs", "tests") for name in names)
    ours = {name for name in names if name.split(".")[0] == "elcheck"}
    if part != "checker":
        assert all(name == "elcheck" or name.split(".")[1] in ("specs", part) for name in ours)
    else:
        for name in ours:
            assert name.startswith("elcheck.checker."), f"{module} imports {name}"
            assert room(name) <= room(module), f"{module} imports {name}"
    if module.startswith("elcheck.checker.interpreter"):
        assert not any(name.startswith("elcheck.checker.system") for name in ours), "it shares no code"


STILL_DOUBLE = {"Fairness", "Look", "Object", "Part", "Point", "Report", "Subject", "Word"}
"""Names that two classes or types of checker/ still have. Nothing comes in here any more."""


def types_of(path: Path) -> Iterator[str]:
    """The classes of a file, and its names for types: ``Codes: TypeAlias = ...``, ``Codes = list[int]``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
                yield node.target.id
        elif isinstance(node, ast.Assign) and not isinstance(
            node.value, ast.Call
        ):  # of which a TypeVar is one
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            yield from (name for name in names if name[:1].isupper() and not name.isupper())


def test_a_type_has_a_name_of_its_own() -> None:
    """So that a reader who meets it knows which one it is."""
    counts = Counter(name for path in (ROOT / "checker").rglob("*.py") for name in types_of(path))
    assert {name for name, count in counts.items() if count > 1} == STILL_DOUBLE


def test_what_takes_long_to_import_is_imported_when_it_is_needed() -> None:
    """It would be a third of the time that a small model takes."""
    slow = "{'networkx', 'numba', 'numpy', 'pydot', 'pygments', 'scipy', 'werkzeug'}"
    code = f"import sys, elcheck.checker.cli; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_fast_engine_is_loaded_without_its_compiler() -> None:
    """Numba, and the linear algebra that it looks for, take longer than a small search."""
    pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
    slow = "{'networkx', 'numba', 'scipy'}"
    code = f"import sys, elcheck.checker.search.fast.engine as _; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
