"""The plugin of pytest: files of cases, marks, pins, pages, and what it says of what is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from elcheck import check, load
from elcheck.checker.zoo.pins import read
from tests.support.tank import MODEL

pytest_plugins = ["pytester"]

BROKEN = MODEL.replace("s.level <= full)", "s.level < full)")
LINE = MODEL.splitlines().index("        return Tank(s.level + 1)") + 1
CASES = '[[case]]\nmodel = "tank.py"\n\n[[case]]\nmodel = "tank.py"\nparameters = { bug = "no-float" }\n'
PLUGIN = [] if entry_points(group="pytest11", name="elcheck") else ["-p", "elcheck.checker.pytest_plugin"]
"""Where elcheck is installed pytest loads it by itself; where only its folder is, it is told to."""

# pytester unloads what was imported first in one of its runs; these must not be, since they are kept elsewhere, too
check(load("raft_election")(terms=1))
import_module("concurrent.futures.process")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    write(pytester, {"tank.py": MODEL, "counts.toml": CASES})
    return pytester


def write(project: pytest.Pytester, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (project.path / name).write_text(text, encoding="utf-8")


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run in this process, and look at what must never be said: nobody wants to read elcheck's own code."""
    found = project.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *args)
    said = found.stdout.str() + found.stderr.str()
    assert "INTERNALERROR" not in said
    assert not re.search(r"(checker|testing)/\w+\.py:\d+", said), said
    return found


def ids(found: pytest.RunResult) -> list[str]:
    return [line for line in found.outlines if "::" in line]


def test_each_property_of_a_case_is_a_test(project: pytest.Pytester) -> None:
    found = run(project, "--elcheck", "counts.toml", "--collect-only", "-q")
    assert ids(found) == [
        "counts.toml::tank.py::no flood",
        "counts.toml::tank.py::full",
        "counts.toml::tank.py::nothing raises",
        "counts.toml::tank.py --bug no-float::the mistake is found",
    ]
    run(project, "--elcheck", "counts.toml").assert_outcomes(passed=4)
    run(project, "--elcheck", "counts.toml", "-k", "flood").assert_outcomes(passed=1, deselected=3)
    run(project, "counts.toml::tank.py::full", "--elcheck", "counts.toml").assert_outcomes(passed=1)
    run(project, "--elcheck", "counts.toml", "-m", "not elcheck").assert_outcomes(deselected=4)


def test_a_model_is_tested_with_its_mistakes(project: pytest.Pytester) -> None:
    found = run(project, "--elcheck", "tank.py")
    found.assert_outcomes(passed=4, failed=1)
    found.stdout.fnmatch_lines(
        ["*tank.py --bug harmless: the mistake is found*", "the mistake is not found: proved"]
    )
    (project.path / "models").mkdir()
    (project.path / "tank.py").rename(project.path / "models" / "tank.py")
    run(project, "--elcheck", "models").assert_outcomes(passed=4, failed=1)
    run(project, "--elcheck", "models/tank.py", "models").assert_outcomes(passed=4, failed=1)
    run(project, "--elcheck", "models/tank.py", "models/tank.py").assert_outcomes(passed=4, failed=1)
    left_out = run(project, "--elcheck", "models/tank.py", "-o", "norecursedirs=models")
    left_out.stderr.fnmatch_lines(["*tank.py: pytest leaves it out: see --ignore, norecursedirs"])
    assert left_out.ret == pytest.ExitCode.USAGE_ERROR


def test_a_failure_is_the_trace(project: pytest.Pytester) -> None:
    write(project, {"tank.py": BROKEN})
    found = run(project, "--elcheck", "counts.toml", "--junitxml", "out.xml")
    found.assert_outcomes(passed=3, failed=1)
    found.stdout.fnmatch_lines(
        [
            "*tank.py: no flood*",
            "REFUTED no flood: does not hold of Tank(level=3)",
            "step*action*changes*source",
            f"3 *pour *level 2 → 3 *tank.py:{LINE}",
            "",
            "To repeat it: elcheck tank.py",
            "FAILED counts.toml::tank.py::no flood - Failed: REFUTED no flood*",
        ]
    )
    (failure,) = ET.parse(project.path / "out.xml").getroot().iter("failure")
    assert re.search(r"^3 +pour +level 2 → 3", failure.text or "", re.MULTILINE)


def test_what_raises_is_said_of_each_property(project: pytest.Pytester) -> None:
    write(project, {"tank.py": MODEL.replace("Tank(s.level + 1)", "Tank(s.level + 1 + 0 // (2 - s.level))")})
    found = run(project, "--elcheck", "counts.toml", "-k", "not bug")
    found.assert_outcomes(failed=3, deselected=1)
    found.stdout.fnmatch_lines(["*UNDETERMINED no flood*", "*ERROR*ZeroDivisionError*"])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"counts.toml": "[[case]\n"}, "*counts.toml: Expected*"),
        ({"counts.toml": "x = 1\n"}, "*counts.toml has no *case*"),
        ({"counts.toml": CASES.replace("model", "modle")}, "*case 1 (of no model): 'modle' is no key of a case*"),
        ({"counts.toml": CASES.replace("tank.py", "tnk.py")}, "there is no file *tnk.py*"),
        ({"counts.toml": CASES.replace("no-float", "x")}, "*bug='x': it is one of no-float, harmless"),
        ({"tank.py": "def model(:\n"}, "*tank.py:1: invalid syntax"),
        ({"tank.py": "import nowhere\n"}, "*tank.py can't be imported: ModuleNotFoundError*"),
        ({"tank.py": MODEL.replace("properties=[", "properties=[][:0] and [")}, "*the model has no properties*"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_when_it_is_collected(
    project: pytest.Pytester, files: Mapping[str, str], said: str
) -> None:
    write(project, files)
    found = run(project, "--elcheck", "counts.toml")
    assert found.ret == pytest.ExitCode.INTERRUPTED
    assert "errors" in found.parseoutcomes()
    found.stdout.fnmatch_lines([said])
    assert "Traceback" not in found.stdout.str()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--elcheck", "nowhere.toml"], "*no such file; `elcheck zoo MODEL.py --pin nowhere.toml` writes one"),
        (["--elcheck", "nowhere.py"], "*--elcheck nowhere.py: there is no such file"),
        (["--elcheck", "notes.txt"], "*--elcheck notes.txt: it takes a model (.py) or a file of cases (.toml)"),
        (["--elcheck-pin"], "*--elcheck-pin is of the cases of a file: --elcheck FILE.toml"),
        (["--elcheck", "counts.toml", "--elcheck-accept"], "*--elcheck-accept is of --elcheck-pin"),
        (["--elcheck", "tank.py", "--elcheck-pin"], "*tank.py has no pins*`elcheck zoo tank.py --pin counts.toml`*"),
        (["--elcheck", "counts.toml", "--elcheck-pin", "-n", "2"], "*--elcheck-pin takes one process: add -n 0"),
        (["--elcheck", "tank.py", "--elcheck-report", "notes.txt"], "*--elcheck-report notes.txt: File exists"),
    ],
)  # fmt: skip
def test_what_can_t_be_is_refused(project: pytest.Pytester, args: list[str], said: str) -> None:
    write(project, {"notes.txt": ""})
    found = run(project, *args)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([said])


MARKED = """
import pytest


@pytest.mark.elcheck("tank.py", full=2)
def test_holds():
    pass


@pytest.mark.elcheck("tank.py", full=2)
class TestReport:
    def test_states(self, elcheck_report):
        assert elcheck_report.ok
        assert elcheck_report.stats.distinct == 3

    def test_same(self, elcheck_report):
        assert elcheck_report["full"].ok


@pytest.mark.elcheck("raft_election", terms=1, network="bag", loss=1, depth=5)
def test_environment(elcheck_report):
    assert elcheck_report.model.environment.loss == 1
    assert elcheck_report.stats.depth == 5


@pytest.mark.parametrize("full", [1, 2])
def test_plain(full):
    pass
"""


def test_a_mark_is_checked(project: pytest.Pytester) -> None:
    write(project, {"test_it.py": MARKED})
    run(project, "--strict-markers", "-W", "error").assert_outcomes(passed=6)


def test_what_a_mark_names_has_to_hold(project: pytest.Pytester) -> None:
    """Whether the test looks at the report or not; what it does not see is no pass."""
    body = '\n\n@pytest.mark.elcheck("tank.py", bug="no-float")\ndef test_{}({}):\n    {}\n'
    expects = body.format("expects", "elcheck_report", "elcheck_report.expect()")
    truth = body.format("truth", "elcheck_report", "assert elcheck_report")
    write(project, {"test_it.py": "import pytest" + body.format("alone", "", "pass") + expects + truth})
    found = run(project)
    found.assert_outcomes(failed=3)
    found.stdout.fnmatch_lines(
        [
            "*_ test_alone _*",
            "REFUTED no flood: does not hold of Tank(level=4)",
            "step*action*changes*source",
            "*_ test_expects _*",
            ">       elcheck_report.expect()",
            "E*REFUTED no flood: does not hold of Tank(level=4)",
            f"E*4 *pour *level 3 → 4 *tank.py:{LINE}",
            "test_it.py:10: CheckFailed",
            "E*TypeError: a report is not true or false: ask report.ok, or call report.expect()",
        ]
    )


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('("tank.py", ful=2)', "'ful' is no parameter of tank.py (full, strict, bug), nor of the environment (network*"),
        ('("tnk.py")', "tnk.py: there is no file *tnk.py, and no bundled model of that name (*"),
        ("()", '@pytest.mark.elcheck takes the file of one model: @pytest.mark.elcheck("model.py", nodes=3)'),
        ('("tank.py", bug="x")', "*bug='x': it is one of no-float, harmless"),
        ('("tank.py", crash=1)', "*a Spec has one shared state*"),
        ('("tank.py", engine="warp")', "*warp*"),
    ],
)  # fmt: skip
def test_a_mark_that_asks_for_what_can_t_be(project: pytest.Pytester, mark: str, said: str) -> None:
    write(project, {"test_it.py": f"import pytest\n\n@pytest.mark.elcheck{mark}\ndef test_it():\n    pass\n"})
    found = run(project)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines([said])
    assert "Traceback" not in found.stdout.str()


def test_the_fixture_takes_a_mark(project: pytest.Pytester) -> None:
    write(project, {"test_it.py": "def test_it(elcheck_report):\n    pass\n"})
    found = run(project)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(
        ['elcheck_report is of a test that is marked: @pytest.mark.elcheck("model.py")']
    )


def test_pins(project: pytest.Pytester) -> None:
    """Written by a flag; what is wrong only if it is accepted, and it is known then, and missed when it goes."""
    asked, path = ["--elcheck", "counts.toml"], project.path / "counts.toml"
    found = run(project, *asked, "--elcheck-pin")
    found.assert_outcomes(passed=6)
    found.stdout.fnmatch_lines(["*elcheck: pins*", "counts.toml: 2 cases pinned"])
    assert [case.pinned["distinct"] for case in read(path)] == [4, 5]
    write(project, {"tank.py": MODEL.replace("full: int = 3", "full: int = 2")})
    found = run(project, *asked)
    found.assert_outcomes(passed=4, failed=2)
    found.stdout.fnmatch_lines(["distinct is 3, pinned 4", "if it has to be so from now on: --elcheck-pin"])
    run(project, *asked, "--elcheck-pin").assert_outcomes(passed=6)
    run(project, *asked).assert_outcomes(passed=6)
    write(project, {"tank.py": BROKEN})
    found = run(project, *asked, "--elcheck-pin")
    found.assert_outcomes(passed=4, failed=2)
    found.stdout.fnmatch_lines(
        [
            "if it has to be so from now on: --elcheck-pin --elcheck-accept",
            "counts.toml: 1 case pinned",
            "not pinned: tank.py: no flood is refuted in 3 steps",
            "mend it, or add --elcheck-accept to pin it as it is: it is known then",
        ]
    )
    assert read(path)[0].pinned["verdict"] == "proved"
    run(project, *asked, "--elcheck-pin", "--elcheck-accept").assert_outcomes(passed=5, xfailed=1)
    found = run(project, *asked, "-rx")
    found.assert_outcomes(passed=5, xfailed=1)
    found.stdout.fnmatch_lines(["XFAIL*no flood - known, as pinned: refuted: does not hold of Tank(level=3)"])
    write(project, {"tank.py": MODEL})
    found = run(project, *asked)
    found.stdout.fnmatch_lines(["it is proved, and pinned as refuted; if it has to be so from now on: *"])
    assert found.parseoutcomes()["failed"] == 3


def test_what_can_t_be_told_is_no_pass(project: pytest.Pytester) -> None:
    """A property that is undetermined fails; it is expected to once that is pinned."""
    write(project, {"counts.toml": '[[case]]\nmodel = "tank.py"\nsearch_depth = 2\n'})
    asked = ["--elcheck", "counts.toml"]
    found = run(project, *asked)
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["UNDETERMINED full: not reached within bounds*"])
    run(project, *asked, "--elcheck-pin", "--elcheck-accept").assert_outcomes(passed=3, xfailed=1)
    assert read(project.path / "counts.toml")[0].pinned["undecided"] == ["full"]
    run(project, *asked).assert_outcomes(passed=3, xfailed=1)


def test_pages(project: pytest.Pytester) -> None:
    write(project, {"tank.py": BROKEN, "test_it.py": MARKED})
    found = run(project, "--elcheck", "counts.toml", "--elcheck-report", "out/pages")
    pages = {page.name for page in (project.path / "out" / "pages").iterdir()}
    assert pages >= {"tank.py.html", "tank.py---bug-no-float.html", "tank.py---full-2.html"}
    found.stdout.fnmatch_lines([f"Its page: {project.path / 'out' / 'pages' / 'tank.py.html'}"])
    assert "no flood" in (project.path / "out" / "pages" / "tank.py.html").read_text(encoding="utf-8")


def test_big_cases_are_skipped_unless_they_are_asked_for(project: pytest.Pytester) -> None:
    write(project, {"counts.toml": CASES.replace('py"\n\n', 'py"\nbig = true\n\n')})
    run(project, "--elcheck", "counts.toml").assert_outcomes(passed=1, skipped=3)
    run(project, "--elcheck", "counts.toml", "--elcheck-big").assert_outcomes(passed=4)


def test_files_of_the_project_are_tested_where_no_test_is_named(project: pytest.Pytester) -> None:
    write(
        project,
        {"pytest.ini": "[pytest]\nelcheck = counts.toml\n", "test_it.py": "def test_it():\n    pass\n"},
    )
    run(project).assert_outcomes(passed=5)
    run(project, "test_it.py").assert_outcomes(passed=1)
    run(project, "test_it.py", "--elcheck", "counts.toml").assert_outcomes(passed=5)
    run(project, "counts.toml::tank.py::full").assert_outcomes(passed=1)  # as a failure is named
    run(project, "counts.toml::tank.py --bug no-float").assert_outcomes(passed=1)
    run(project, "test_it.py", "counts.toml").assert_outcomes(passed=5)


def test_github_shows_failures_at_their_lines(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = '\n\n@pytest.mark.elcheck("tank.py")\n'
    alone = f"{mark}def test_alone():\n    pass\n"
    expects = f"{mark}def test_expects(elcheck_report):\n    elcheck_report.expect()\n"
    write(project, {"tank.py": BROKEN, "test_it.py": "import pytest" + alone + expects})
    assert "::error" not in run(project).stdout.str()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = run(project, "--elcheck", "counts.toml").outlines
    commands = [line for line in lines if line.startswith("::error ")]
    names = ["tank.py%3A%3Ano flood", "test_alone", "test_expects"]
    assert [line.partition("::REFUTED no flood")[0] for line in commands] == [
        f"::error file=tank.py,line={LINE},title={name}" for name in names
    ]
    assert all(re.search("%0A3 +pour", line) for line in commands)


def test_one_process_searches_a_case(project: pytest.Pytester) -> None:
    """However many tests there are of it; and with several processes the tests are the same."""
    pytest.importorskip("xdist", reason="several processes take pytest-xdist: pip install 'elcheck[test]'")
    noted = '        Path(f"{self.full}.pids").open("a").write(f"{os.getpid()}\\n")\n'
    tank = MODEL.replace("from typing", "import os\nfrom pathlib import Path\nfrom typing")
    tank = tank.replace("        return Tank(s.level + 1)", noted + "        return Tank(s.level + 1)")
    cases = "".join(f'[[case]]\nmodel = "tank.py"\nparameters = {{ full = {n} }}\n' for n in (2, 3, 4))
    tests = "import pytest\n\n\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n):\n    pass\n"
    write(project, {"tank.py": tank, "counts.toml": cases, "test_it.py": tests})
    asked = ["--elcheck", "counts.toml", "-v"]
    found = project.runpytest_subprocess(*PLUGIN, *asked, "-n", "2")
    found.assert_outcomes(passed=15)
    for full in (2, 3, 4):
        pids = set((project.path / f"{full}.pids").read_text().split())
        assert len(pids) == 1
        assert str(os.getpid()) not in pids
    names = {
        line.partition(" PASSED ")[2] or line.partition(" PASSED")[0]
        for line in found.outlines
        if "PASSED" in line
    }
    alone = {line.partition(" PASSED")[0] for line in run(project, *asked).outlines if "PASSED" in line}
    assert {name.strip() for name in names} == alone


def test_several_processes_test_what_is_named(project: pytest.Pytester) -> None:
    """The files of the configuration only if nothing is."""
    pytest.importorskip("xdist", reason="several processes take pytest-xdist: pip install 'elcheck[test]'")
    write(
        project,
        {"pytest.ini": "[pytest]\nelcheck = counts.toml\n", "test_it.py": "def test_it():\n    pass\n"},
    )
    asked = [*PLUGIN, "-p", "no:cacheprovider", "-n", "1"]
    project.runpytest_subprocess(*asked).assert_outcomes(passed=5)
    project.runpytest_subprocess(*asked, "test_it.py").assert_outcomes(passed=1)


def test_ctrl_c_ends_the_tests_too(project: pytest.Pytester) -> None:
    """Not the search alone."""
    tank = MODEL.replace("from typing", "import os, signal\nfrom typing")
    tank = tank.replace(
        "        guard(self", "        os.kill(os.getpid(), signal.SIGINT)\n        guard(self"
    )
    write(project, {"tank.py": tank})
    found = project.runpytest_subprocess(*PLUGIN, "--elcheck", "counts.toml")
    assert found.ret == pytest.ExitCode.INTERRUPTED
    assert "passed" not in found.stdout.str()
