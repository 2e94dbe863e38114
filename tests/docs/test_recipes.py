"""The recipes of docs/ci.md, as a CI server runs them: their YAML is read, their commands are run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sarif_pydantic import Sarif

from tests.docs.printed import PAGES, ROOT, files_of

yaml = pytest.importorskip("yaml", reason="the recipes are YAML: pip install 'elcheck[test]'")

FILES = files_of(next(page for page in PAGES if page.name == "ci.md"))
BROKEN = "msg.number > mine"
PINNED = "[[case]]\nmodel = 'tie.py'\n\n[[case]]\nmodel = 'tie.py'\nparameters = { bug = 'highest-only' }\n"


def recipe(name: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(FILES[name])
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of commands: those that an installation brings."""
    folder = tmp_path_factory.mktemp("bin")
    plugin = "" if entry_points(group="pytest11", name="elcheck") else "-p elcheck.checker.pytest_plugin"
    for name, arguments in {"elcheck": "", "pytest": f"{plugin} -p no:cacheprovider"}.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {name} {arguments} "$@"\n')
        file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(params=["holds", "broken"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, bool]:
    """What the page has, with pins; and the same with a mistake that somebody has just made."""
    broken: bool = request.param == "broken"
    for name in ("lots.py", "tie.py", "test_tie.py", "pyproject.toml"):
        text = FILES[name]
        if name == "tie.py" and broken:
            text = text.replace("(msg.number, src) > (mine, self.me)", BROKEN)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "counts.toml").write_text(PINNED, encoding="utf-8")
    return tmp_path, broken


def ran(line: str, folder: Path, path: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A line of a recipe, as its shell runs it."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GITHUB"))}
    env = {**rest, "PATH": path, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(
        ["sh", "-ec", line], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def installs(line: str) -> bool:
    """Whether a line installs something: what there is to install."""
    words = shlex.split(line)
    if words[:2] != ["pip", "install"]:
        return False
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for word in words[2:]:
        name, _, extra = word.partition("[")
        assert name in ("elcheck", "pytest", "pytest-xdist")
        assert not extra or extra.removesuffix("]") in project["optional-dependencies"]
    return True


def test_github(project: tuple[Path, bool], path: str) -> None:
    folder, broken = project
    workflow = recipe(".github/workflows/models.yml")
    jobs = workflow["jobs"]
    assert isinstance(jobs, Mapping)
    (job,) = jobs.values()
    said, codes = "", []
    for step in job["steps"]:
        if "run" in step and not installs(step["run"]):
            done = ran(step["run"], folder, path, GITHUB_ACTIONS="true")
            said += done.stdout + done.stderr
            codes.append(done.returncode)
    assert codes == ([1, 1] if broken else [0, 0]), said
    commands = [line for line in said.splitlines() if line.startswith("::error file=")]
    assert bool(commands) == broken
    assert all(command.startswith("::error file=lots.py,line=") for command in commands), commands
    uses = {step["uses"].partition("@")[0]: step for step in job["steps"] if "uses" in step}
    scan = json.loads((folder / uses["github/codeql-action/upload-sarif"]["with"]["sarif_file"]).read_text())
    assert len(Sarif.model_validate(scan).runs[0].results or []) == broken
    kept = uses["actions/upload-artifact"]["with"]["path"].split()
    assert [name for name in kept if not (folder / name).exists()] == []
    assert (folder / "pages" / "tie.py.html").is_file()
    assert workflow["permissions"] == {"contents": "read", "security-events": "write"}


def test_gitlab(project: tuple[Path, bool], path: str) -> None:
    folder, broken = project
    (job,) = recipe(".gitlab-ci.yml").values()
    assert isinstance(job, Mapping)
    codes = [ran(line, folder, path).returncode for line in job["script"] if not installs(line)]
    assert codes == [int(broken)]
    reports = job["artifacts"]["reports"]
    assert job["artifacts"]["when"] == "always"
    failures = list(ET.parse(folder / reports["junit"]).getroot().iter("failure"))
    assert len(failures) == broken
    found = json.loads((folder / reports["codequality"]).read_text(encoding="utf-8"))
    assert [entry["location"]["path"] for entry in found] == ["lots.py"] * broken
    keys = {"description", "check_name", "fingerprint", "severity", "location"}
    assert all(set(entry) == keys and entry["location"]["lines"]["begin"] > 1 for entry in found)


def test_pre_commit(project: tuple[Path, bool], path: str) -> None:
    """What pre-commit runs: the entry of our hook with the arguments of the project, without files."""
    folder, broken = project
    repos = recipe(".pre-commit-config.yaml")["repos"]
    assert isinstance(repos, list)
    (repo,) = repos
    (hook,) = repo["hooks"]
    ours = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    found = ours[hook["id"]]
    assert (found["language"], found["pass_filenames"]) == ("python", False)
    done = ran(shlex.join([*shlex.split(found["entry"]), *hook["args"]]), folder, path)
    assert done.returncode == broken, done.stdout + done.stderr
    assert ("WRONG" in done.stdout) == broken
