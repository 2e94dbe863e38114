"""Data flows one way: read from the imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for part in ("checker", "models", "specs") for path in (ROOT / part).rglob("*.py"))

ROOMS = [
    "process",
    "model",
    "loading",
    "system",
    "reductions",
    "interpreter",
    "search",
    "traces",
    "temporal",
    "check",
    "strategies",
    "blame",
    "induction",
    "replay",
    "validation",
    "driving",
    "running",
    "zoo",
    "mutation",
    "suggestion",
    "render",
    "export",
    "html",
    "explorer",
    "testing",
    "machines",
    "commands",
]
"""The rooms of checker/, each of which imports from itself and from those before it only."""
DOORS = ("api", "cli", "pytest_plugin")
"""What the outside calls: no room imports it, but for that of the plugin, which is a door as well."""
ALONE = "observe"
"""What other programs may take a copy of: it imports nothing of elcheck, and every room may import it."""


TEST_ROOMS = {
    *("model", "reductions", "search", "temporal", "traces", "strategies", "replay"),
    *("output", "explorer", "zoo", "docs", "oracle", "support"),
}
"""The rooms of tests/ that hold tests, or what they need."""


def room(module: str) -> int:
    """The place of a module's room among all."""
    name = module.split(".")[2]
    if name == ALONE:
        return -1
    return len(ROOMS) if name in DOORS else ROOMS.index(name)


def test_the_rooms_are_the_listing() -> None:
    listed = {path.stem for path in (ROOT / "checker").iterdir() if not path.name.startswith("_")}
    assert listed == {*ROOMS, *DOORS, ALONE}
    assert [path.name for path in sorted((ROOT / "elcheck").iterdir()) if path.is_symlink()] == [
        "checker", "models", "specs", "subjects",
    ]  # fmt: skip


def test_tests_have_rooms_and_import_no_tests() -> None:
    """What two files of tests need is a module of its own."""
    tests = ROOT / "tests"
    files = sorted(tests.rglob("*.py"))
    assert {path.parent.name for path in files if path.name == "__init__.py"} - {"tests"} >= TEST_ROOMS
    homeless = {path.name for path in files if path.parent == tests} - {"__init__.py", "conftest.py"}
    assert homeless == set()
    for path in files:
        found = {name for name in imports(path) if name.rpartition(".")[2].startswith("test_")}
        assert found == set(), path


def test_the_listing_names_every_module() -> None:
    """ARCHITECTURE.md says of each room what its modules are for, in the order of the rooms."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Packed states")[0]
    found = re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", text, re.MULTILINE)
    rows = dict(found)
    assert len(rows) == len(found), "a room has a row"
    assert [room for room in rows if "/" not in room] == ROOMS
    for room, said in rows.items():
        modules = {path.stem for path in (ROOT / "checker" / room).glob("*.py")} - {"__init__"}
        assert modules - set(re.findall(r"`(\w+)`", said)) == set(), room


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
    bare = ("checker", "models", "specs", "subjects", "tests")
    assert not any(name.split(".")[0] in bare for name in names)
    ours = {name for name in names if name.split(".")[0] == "elcheck"}
    if part != "checker":
        may = {"subjects": ("models", "subjects")}.get(part, ("specs", part))
        assert all(name == "elcheck" or name.split(".")[1] in may for name in ours)
    else:
        for name in ours:
            assert name.startswith("elcheck.checker."), f"{module} imports {name}"
            inside = module.split(".")[2] == "testing" and name.split(".")[2] in DOORS
            assert inside or room(name) <= room(module), f"{module} imports {name}"
    if module.startswith("elcheck.checker.interpreter"):
        assert not any(name.startswith("elcheck.checker.system") for name in ours), "it shares no code"


def types_of(path: Path) -> Iterator[str]:
    """The classes of a file, and its names for types: ``Codes: TypeAlias = ...``, ``Codes = list[int]``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
                yield node.target.id
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):  # as a TypeVar is
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            yield from (name for name in names if name[:1].isupper() and not name.isupper())


def test_a_type_has_a_name_of_its_own() -> None:
    """So that a reader who meets it knows which one it is."""
    counts = Counter(name for path in (ROOT / "checker").rglob("*.py") for name in types_of(path))
    assert [name for name, count in counts.items() if count > 1] == []


SLOW = ["networkx", "numba", "numpy", "pydot", "pygments", "scipy", "werkzeug"]
"""Libraries that take longer to import than a small model takes to be checked."""


LIGHT = ["click", "elcheck.scripting", "elcheck.vocabulary", "psutil", "tabulate"]
"""What a run of pytest does not pay for that tests no model."""


def imported(code: str, libraries: list[str]) -> list[str]:
    """Which of some libraries are there after some code has run."""
    code = f"import sys\n{code}\nprint(*sorted({{*{libraries}}} & {{*sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1].split()  # what is before it may be said of compiling the fast engine


@pytest.mark.parametrize(
    ("code", "libraries", "needed"),
    [
        ("import elcheck", [*SLOW, *LIGHT], []),
        ("import elcheck.checker.pytest_plugin", [*SLOW, *LIGHT], ["pygments"]),  # which pytest has
        ("import elcheck; elcheck.check", [*SLOW, "psutil", "tabulate"], []),
        ("import elcheck.checker.cli", [*SLOW, "psutil"], []),
        ("from elcheck.checker.cli import run; run(['raft', '--depth', '4', '--explain'])", SLOW, []),
        ("import elcheck; elcheck.check(elcheck.load('raft')(), depth=4)._repr_html_()", SLOW, []),
        ("from elcheck.checker.cli import run; run(['raft_liveness', '--early', '0'])", SLOW, ["numpy"]),
    ],
)
def test_what_takes_long_to_import_is_imported_when_it_is_needed(
    code: str, libraries: list[str], needed: list[str]
) -> None:
    assert imported(code, libraries) == needed


def test_the_fast_engine_is_loaded_without_its_compiler() -> None:
    """Numba, and the linear algebra that it looks for, take longer than a small search."""
    pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
    assert imported("import elcheck.checker.search.fast.engine", ["networkx", "numba", "scipy"]) == []


def test_what_a_bare_install_lacks_is_imported_by_nothing_else() -> None:
    """The extras say which; whoever imports one of them at its top is imported only where it is needed."""
    extras = {"hypothesis", "llvmlite", "networkx", "numba", "pydot", "ray", "scipy", "xdist"}
    found = {
        str(path.relative_to(ROOT)): {name.split(".")[0] for name in imports(path)} & extras for path in FILES
    }
    assert {path: names for path, names in found.items() if names and "search/fast/" not in path} == {
        "checker/api.py": {"networkx"},  # for its types
        "checker/export/dot.py": {"pydot"},
        "checker/export/graph.py": {"networkx"},
        "checker/export/graphml.py": {"networkx"},
        "checker/machines/machine.py": {"hypothesis"},
        "checker/machines/values.py": {"hypothesis"},
        "checker/machines/walks.py": {"hypothesis"},
        "checker/machines/with_hypothesis.py": {"hypothesis"},  # for its types
        "checker/search/distributed/ray_actors.py": {"ray"},
        "checker/testing/workers.py": {"xdist"},
    }
