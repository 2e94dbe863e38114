"""Data flows one way: read from the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for part in ("checker", "models", "specs") for path in (ROOT / part).rglob("*.py"))

LAYERS = [
    "checker.model checker.memory checker.version checker.means",
    "checker.system checker.interpreter",
    "checker.properties",
    "checker.explore checker.verdict",
    "checker.fast",
    "checker.engines",
    "checker.trace",
    "checker.flow",
    "checker.happens_before",
    "checker.explain",
    "checker.graph checker.answer",
    "checker.possible checker.liveness",
    "checker.graph_claims checker.certificate",
    "checker.clearest",
    "checker.results",
    "checker.validate_liveness",
    "checker.validate",
    "checker.about",
    "checker.load",
    "checker.check",
    "checker.fewest checker.frontier checker.shorten",
    "checker.simulate",
    "checker.options",
    "checker.render.changes checker.render.differences",
    "checker.byhand",
    "checker.zoo",
    "checker.render",
    "checker.export",
    "checker.api",
    "checker.report",
    "checker.explorer",
    "checker.flags",
    "checker.commands",
    "checker.cli",
    "checker.__main__",
]
"""Each imports from itself and from those above it only."""


def rank(module: str) -> int:
    """The layer of a module of checker."""
    for place, names in enumerate(LAYERS):
        if any(module == name or module.startswith(name + ".") for name in names.split()):
            return place
    raise AssertionError(f"{module} is in no layer")


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
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    ours = {name for name in imports(path) if name.split(".")[0] in ("checker", "models", "specs", "tests")}
    if module.startswith(("models", "specs")):
        part = module.split(".")[0]
        assert all(name == "checker" or name.split(".")[0] in ("specs", part) for name in ours)
    elif module == "checker":
        assert all(name.startswith("checker.model.") for name in ours)
    else:
        for name in ours:
            other = [other for other in LAYERS if name.startswith(tuple(other.split()))]
            assert other, f"{module} imports {name}"
            assert rank(name) <= rank(module), f"{module} imports {name}"
    if module.startswith("checker.interpreter"):
        assert not any(name.startswith("checker.system") for name in ours), "the replay shares no packed code"


def test_what_takes_long_to_import_is_imported_when_it_is_needed() -> None:
    """It would be a third of the time that a small model takes."""
    slow = "{'networkx', 'numba', 'numpy', 'pydot', 'pygments', 'scipy', 'werkzeug'}"
    code = f"import sys, checker.cli; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_fast_engine_is_loaded_without_its_compiler() -> None:
    """Numba, and the linear algebra that it looks for, take longer than a small search."""
    pytest.importorskip("numba", reason="the fast engine needs numba: pip install 'elcheck[fast]'")
    code = (
        "import sys, checker.fast.engine; print(*sorted({'numba', 'scipy', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
