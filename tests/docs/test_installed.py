"""elcheck as others get it: a wheel, in an environment beside a project with packages of the same names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from elcheck import __version__
from elcheck.checker.loading.model_file import bundled

ROOT = Path(__file__).parents[2]

THEIRS = {
    "models/__init__.py": 'NAME = "their models"\n',
    "specs/__init__.py": 'NAME = "their specs"\n',
    "checker/__init__.py": 'NAME = "their checker"\n',
    "tests/__init__.py": "",
    "tests/test_theirs.py": """
import sys

import checker
import models
import specs
from elcheck import Verdict, check, load


def test_names() -> None:
    names = [package.NAME for package in (models, specs, checker)]
    assert names == ["their models", "their specs", "their checker"]


def test_election() -> None:
    assert check(load("models/coup.py")()).verdict is Verdict.REFUTED
    assert check(load("raft")(), depth=4)["terms only grow"].trace is None


def test_assertions_of_elcheck_are_its_own():
    assert "@pytest_ar" in globals()
    assert not hasattr(sys.modules["elcheck.checker.check.check"], "@pytest_ar")
""",
    "models/coup.py": '''
from elcheck import Model, Node, State, action, guard, node_ids, replace
from elcheck.specs import election


class Server(State):
    term: int = 0
    leads: bool = False


class Coup(Node[Server]):
    @action
    def lead(self, s: Server) -> Server:
        guard(not s.leads, "it leads already")
        return replace(s, leads=True)


def model() -> Model:
    """Whoever wants to leads."""
    return Model(Coup(), nodes=node_ids(2), properties=[election.one_leader_per_term(Server)])
''',
    "models/sly.py": '''
from elcheck import Model, NodeId
from elcheck.models import raft
from elcheck.models.raft import Raft, Server


class Sly(Raft):
    """It votes for everybody."""

    def may_vote(self, s: Server, candidate: NodeId) -> bool:
        return True


def model() -> Model:
    """A Raft of our own."""
    return raft.model(bug=Sly)
''',
}
"""Someone's project. Its packages are called as folders of this repository are."""


def ran(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, without what our own environment says of Python."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    return subprocess.run(
        command, cwd=folder, env={**rest, **variables}, capture_output=True, text=True, check=False
    )


def done(command: list[str], folder: Path) -> None:
    """Run what has to succeed."""
    found = ran(command, folder)
    assert found.returncode == 0, found.stdout + found.stderr


def built(kind: str, source: Path, folder: Path) -> Path:
    """The sdist or the wheel of a source tree."""
    done([sys.executable, "-P", "-m", "hatchling", "build", "-t", kind, "-d", str(folder)], source)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist, as an installer does."""
    pytest.importorskip("hatchling", reason="to build elcheck takes hatchling: pip install 'elcheck[test]'")
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(built("sdist", ROOT, folder / "sdist")) as archive:
        archive.extractall(folder, filter="data")
    return built("wheel", folder / f"elcheck-{__version__}", folder / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment: it has this wheel, and sees the libraries that the tests
    have.
    """
    pytest.importorskip("pip", reason="to install elcheck takes pip")
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=os.name == "posix")
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    python = str(Path(paths["scripts"]) / "python")
    pip = [sys.executable, "-P", "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index"]
    done([*pip, str(wheel)], folder)
    libraries = sysconfig.get_paths()["purelib"]
    (Path(paths["purelib"]) / "libraries.pth").write_text(libraries + "\n", encoding="utf-8")
    return Path(paths["scripts"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Their project."""
    for name, content in THEIRS.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return tmp_path


def test_a_wheel_has_one_name(wheel: Path, tmp_path: Path) -> None:
    """All that is in the four folders, and the same if it is built from the tree itself."""
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    parts = {name.split("/")[0] for name in content}
    assert parts == {"elcheck", f"elcheck-{__version__}.dist-info"}
    files = [file for part in ("checker", "models", "specs", "subjects") for file in (ROOT / part).rglob("*")]
    ours = {f"elcheck/{file.relative_to(ROOT).as_posix()}" for file in files if file.is_file()}
    ours = {name for name in ours if "__pycache__" not in name}
    modules = {f"elcheck/{name}.py" for name in ("__init__", "__main__", "scripting", "vocabulary")}
    own = {*modules, "elcheck/py.typed", "elcheck/models/counts.toml"}
    assert {name for name in content if name.startswith("elcheck/")} == ours | own
    with zipfile.ZipFile(built("wheel", ROOT, tmp_path / "wheel")) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == content


@pytest.mark.parametrize(
    ("command", "variables", "code", "said"),
    [
        (["elcheck", "raft", "--depth", "8"], {}, 20, "states to depth 8 in"),
        (["elcheck", "raft", "--depth", "8"], {"PYTHONPATH": "."}, 20, "states to depth 8 in"),
        (["elcheck", "--version"], {}, 0, __version__),
        (["elcheck", "list"], {"PYTHONPATH": "."}, 0, "raft_membership"),
        (["elcheck", "models/coup.py"], {}, 12, "n1 and n2 both lead in term 0"),
        (["elcheck", "models/coup.py"], {"PYTHONPATH": "."}, 12, "n1 and n2 both lead in term 0"),
        (["elcheck", "models/sly.py", "--first"], {}, 12, "both lead in term 1"),
        (["python", "-m", "elcheck", "raft", "--depth", "4"], {}, 20, "states to depth 4 in"),
        (["python", "-c", "import models, elcheck; print(models.NAME, elcheck.__version__)"], {},
         0, f"their models {__version__}"),
        (["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"], {}, 0, "3 passed"),
        (["python", "-m", "pytest", "-p", "no:cacheprovider", "--elcheck", "models/coup.py", "models"], {}, 1,
         "REFUTED at most one leader per term: n1 and n2 both lead in term 0"),
    ],
)  # fmt: skip
def test_beside_a_project(
    installed: Path, project: Path, command: list[str], variables: dict[str, str], code: int, said: str
) -> None:
    name, *args = command
    found = ran([str(installed / name), *args], project, **variables)
    assert found.returncode == code, found.stderr
    assert said in found.stdout


def test_what_is_run_is_what_was_installed(installed: Path, project: Path) -> None:
    """Not this repository, from which the libraries' environment may have it too."""
    code = "import elcheck, elcheck.models.raft; print(elcheck.__file__, elcheck.models.raft.__file__)"
    found = ran([str(installed / "python"), "-c", code], project).stdout.split()
    assert len(found) == 2
    assert all(Path(file).is_relative_to(installed.parent) for file in found)


def test_every_bundled_model_is_listed(installed: Path, project: Path) -> None:
    """With what is pinned of it, on request."""
    for command in (["list"], ["list", "-v"]):
        listed = ran([str(installed / "elcheck"), *command], project).stdout
        assert [name for name in bundled() if not re.search(rf"^{name}\b", listed, re.MULTILINE)] == []
    assert "[sometimes]: proved" in listed


def test_models_of_others_are_typed(installed: Path, project: Path) -> None:
    """Strict mypy passes over the README's model and those of the project, and finds what is wrong."""
    pytest.importorskip("mypy", reason="the types are looked at by mypy: pip install 'elcheck[test]'")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lots = re.search(r"```python[^\n]*\n(from .*?)```", readme, re.DOTALL)
    assert lots
    (project / "lots.py").write_text(lots[1], encoding="utf-8")
    (project / "wrong.py").write_text("from elcheck import check\n\ncheck(1)\n", encoding="utf-8")
    mypy = [sys.executable, "-P", "-m", "mypy", "--strict", "--python-executable", str(installed / "python")]
    found = ran([*mypy, "lots.py", "models/coup.py", "models/sly.py", "wrong.py"], project).stdout
    (error, count) = found.splitlines()
    assert error.startswith('wrong.py:3: error: Argument 1 to "check" has incompatible type "int"')
    assert count == "Found 1 error in 1 file (checked 4 source files)"
