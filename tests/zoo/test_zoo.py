"""Many models at once: `elcheck zoo`, `elcheck list`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.loading.docstring import about
from elcheck.checker.loading.model_file import bundled
from elcheck.checker.zoo.cases import of_model
from elcheck.checker.zoo.pins import pinned, read
from tests.support.tank import MODEL

COUNTS = """# Tanks.
[[case]]
model = "tank.py"
parameters = { full = 2 }  # a small one
distinct = 3
verdict = "proved"
traces = { full = 2 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tank.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "_help.py").write_text("", encoding="utf-8")
    (tmp_path / "counts.toml").write_text(COUNTS, encoding="utf-8")
    return tmp_path


def printed(capfd: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = cli.run([str(arg) for arg in args])
    out, err = capfd.readouterr()
    return code, out, err


def test_a_folder_is_checked_with_every_bug(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    code, out, _ = printed(capfd, "zoo", ".")
    assert code == EXIT["unexpected"]
    lines = {line.split("  ")[0]: line for line in out.splitlines()}
    assert "PROVED" in lines["tank.py"]
    assert lines["tank.py"].endswith("ok")
    assert any(
        "--bug no-float" in line and "REFUTED" in line and "no flood" in line for line in out.splitlines()
    )
    assert any("--bug harmless" in line and line.endswith("WRONG") for line in out.splitlines())
    assert "elcheck tank.py --bug harmless --first\n  the mistake is not found" in out
    assert "3 cases of 1 model in" in out
    assert out.rstrip().endswith("1 not as they have to be.")


def test_json_and_junit(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = printed(capfd, "zoo", folder, "--format", "json", "--jobs", "1")
    document = json.loads(out)
    assert code == EXIT["unexpected"]
    assert document["wrong"] == 1
    assert [case["parameters"] for case in document["cases"]] == [
        {},
        {"bug": "no-float"},
        {"bug": "harmless"},
    ]
    (refuted,) = document["cases"][1]["refuted"]
    assert [refuted[key] for key in ("name", "kind", "steps")] == ["no flood", "always", 4]
    assert refuted["line"] == MODEL.splitlines().index("        return Tank(s.level + 1)") + 1
    assert Path(refuted["file"]) == folder / "tank.py"
    assert "REFUTED no flood" in refuted["text"]
    assert re.search(r"4 +pour +level 3 → 4", refuted["text"])
    assert document["cases"][0]["found"]["distinct"] == 4
    code, out, _ = printed(capfd, "zoo", folder, "--format", "junit")
    suite = ET.fromstring(out)[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    assert [len(case.findall("failure")) for case in suite.iter("testcase")] == [0, 0, 1]


def test_pinned_cases(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert printed(capfd, "zoo", folder / "counts.toml")[0] == 0
    wrong = COUNTS.replace("distinct = 3", "distinct = 4").replace("full = 2 }\n", "full = 3 }\n")
    (folder / "counts.toml").write_text(wrong, encoding="utf-8")
    code, out, _ = printed(capfd, "zoo", folder / "counts.toml")
    assert code == EXIT["unexpected"]
    assert "distinct is 3, pinned 4" in out
    assert "traces is {'full': 2}, pinned {'full': 3}" in out


def test_pins_are_brought_up_to_date_and_appended(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder / "counts.toml"
    path.write_text(COUNTS.replace("distinct = 3", "distinct = 77"), encoding="utf-8")
    assert printed(capfd, "zoo", path, "--pin", path)[0] == EXIT["unexpected"]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Tanks.\n")
    assert "{ full = 2 }  # a small one" in text
    assert read(path)[0].pinned == {
        "distinct": 3,
        "transitions": 2,
        "depth": 2,
        "verdict": "proved",
        "traces": {"full": 2},
    }
    printed(capfd, "zoo", folder / "tank.py", "--pin", path, "--accept")
    assert [case.parameters for case in read(path)] == [
        {"full": 2},
        {},
        {"bug": "no-float"},
        {"bug": "harmless"},
    ]
    bare = '[[case]]\nmodel = "tank.py"\n\n# Of the next.\n[[case]]\nmodel = "tank.py"\nfirst = true\n'
    path.write_text(bare, encoding="utf-8")
    printed(capfd, "zoo", path, "--pin", path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("# Of the next.") + 1] == "[[case]]"
    assert lines[lines.index("# Of the next.") - 2].startswith("traces")
    new = folder / "new.toml"
    printed(capfd, "zoo", folder / "tank.py", "--pin", new, "--accept")
    assert len(read(new)) == 3
    assert 'model = "tank.py"' in new.read_text(encoding="utf-8")  # wherever elcheck was run
    assert printed(capfd, "zoo", new)[0] == 0  # what is pinned is expected, the harmless bug as well


def test_what_is_wrong_is_pinned_only_if_it_is_accepted(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tank, pins = folder / "tank.py", folder / "pins.toml"
    code, _, err = printed(capfd, "zoo", tank, "--pin", pins)
    assert code == EXIT["unexpected"]
    assert "elcheck: not pinned: tank.py --bug harmless: the mistake is not found\n" in err
    assert "elcheck: mend it, or add --accept to pin it as it is: it is known then\n" in err
    assert [case.parameters for case in read(pins)] == [{}, {"bug": "no-float"}]
    tank.write_text(MODEL.replace("s.level <= full)", "s.level < full)"), encoding="utf-8")
    before = pins.read_text(encoding="utf-8")
    code, out, err = printed(capfd, "zoo", pins, "--pin", pins)
    assert code == EXIT["unexpected"]
    assert "verdict is refuted, pinned proved" in out
    assert "elcheck: not pinned: tank.py: no flood is refuted in 3 steps\n" in err
    assert read(pins)[0].pinned == {**read(pins)[0].pinned, "verdict": "proved", "depth": 3}
    assert (
        pins.read_text(encoding="utf-8")
        .partition("[[case]]")[2]
        .startswith(before.partition("[[case]]")[2].partition("[[case]]")[0])
    )
    code, out, err = printed(capfd, "zoo", pins, "--pin", pins, "--accept")
    assert (code, "not pinned" in err) == (0, False)
    assert "WRONG" not in out + err, "what is accepted is known at once"
    code, out, _ = printed(capfd, "zoo", pins)
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines() if "REFUTED" in line] == ["known", "ok"]
    assert out.rstrip().endswith("all as they have to be; 1 refutation known, as pinned.")


def test_another_property_than_the_known_one_is_wrong(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Though the verdict of the whole is the same."""
    pins = folder / "counts.toml"
    pins.write_text(COUNTS.replace('"proved"', '"refuted"').replace("traces = {", 'traces = { "old" = 3,'))
    (folder / "tank.py").write_text(MODEL.replace("s.level <= full)", "s.level < full)"), encoding="utf-8")
    code, _, err = printed(capfd, "zoo", pins, "--pin", pins)
    assert code == EXIT["unexpected"]
    assert "not pinned: tank.py --full 2: no flood is refuted in 2 steps" in err


def test_a_case_without_a_verdict_has_to_hold(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder / "counts.toml"
    path.write_text('[[case]]\nmodel = "tank.py"\nparameters = { bug = "no-float" }\n', encoding="utf-8")
    assert printed(capfd, "zoo", path)[0] == 0
    path.write_text('[[case]]\nmodel = "tank.py"\nparameters = { bug = "harmless" }\n', encoding="utf-8")
    code, out, _ = printed(capfd, "zoo", path)
    assert (code, "the mistake is not found" in out) == (EXIT["unexpected"], True)


def test_files_beside_the_table(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As GitHub and others want them: at the line, from the folder that elcheck runs in."""
    monkeypatch.chdir(folder)
    text = MODEL.replace("s.level <= full)", "s.level < full)")
    Path("tank.py").write_text(text, encoding="utf-8")
    line = text.splitlines().index("        return Tank(s.level + 1)") + 1
    code, out, err = printed(
        capfd, "zoo", "tank.py", "--json", "z.json", "--junit", "z.xml", "--annotate", "--jobs", "1"
    )
    assert code == EXIT["unexpected"]
    assert out.startswith("case ")
    assert json.loads(Path("z.json").read_text(encoding="utf-8"))["wrong"] == 1
    suite = ET.parse("z.xml").getroot()[0]
    case = next(suite.iter("testcase"))
    assert (case.get("file"), case.get("line")) == ("tank.py", str(line))
    failure = case.find("failure")
    assert failure is not None
    assert re.search(r"3 +pour +level 2 → 3", failure.text or "")
    said = next(line for line in err.splitlines() if line.startswith("::"))
    assert said.startswith(
        f"::error file=tank.py,line={line},title=elcheck tank.py::it does not hold: refuted%0A"
    )
    assert re.search(r"3 +pour +level 2 → 3", said)
    for option in ("--json", "--junit", "--pin"):
        code, _, err = printed(capfd, "zoo", "tank.py", option, "nowhere/z")
        assert (code, err) == (EXIT["usage"], f"elcheck: {option} nowhere/z: there is no folder nowhere\n")
    code, _, err = printed(capfd, "zoo", "tank.py", "--accept")
    assert (code, "--accept is of --pin CASES.toml" in err) == (EXIT["usage"], True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("[[case]\n", "counts.toml: Expected"),
        ("x = 1\n", "counts.toml has no [[case]]"),
        ("[[case]]\ndistinct = 3\n", "case 1 (of no model): it has no model"),
        ('[[case]]\nmodel = "tank.py"\nstates = 3\n', "'states' is no key of a case"),
        ('[[case]]\nmodel = "tank.py"\nsearch_depth = -1\n', "search_depth = -1 is less than 0"),
        ('[[case]]\nmodel = "tank.py"\ndistinct = "3"\n', "distinct = '3' is no int"),
        ('[[case]]\nmodel = "tank.py"\nparameters = { size = 3 }\n', "model() has no parameter 'size'"),
        (
            '[[case]]\nmodel = "tank.py"\nparameters = { bug = "x" }\n',
            "bug='x': it is one of no-float, harmless",
        ),
        ('[[case]]\nmodel = "tank.py"\nenvironment = { rain = 1 }\n', "'rain' is no part of an environment"),
        ('[[case]]\nmodel = "tank.py"\nenvironment = { crash = 1 }\n', "a Spec has one shared state"),
        ('[[case]]\nmodel = "tnk.py"\n', "there is no file"),
    ],
)
def test_a_wrong_file_is_said(
    folder: Path, capfd: pytest.CaptureFixture[str], wrong: str, message: str
) -> None:
    (folder / "counts.toml").write_text(wrong, encoding="utf-8")
    code, out, err = printed(capfd, "zoo", folder / "counts.toml", "--width", "1000")
    assert code == EXIT["load"]
    assert message in out + err
    assert "Traceback" not in err


def test_a_folder_without_models(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = printed(capfd, "zoo", tmp_path)
    assert code == EXIT["usage"]
    assert "no model in the folder" in err


def test_a_bundled_model_is_known_by_its_file(folder: Path) -> None:
    file = bundled()["die_hard"]
    assert pinned(of_model(str(file))[0]).pinned["distinct"] == 16
    assert pinned(of_model("die_hard")[0]).pinned["distinct"] == 16
    (folder / "die_hard.py").write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    assert not pinned(of_model(str(folder / "die_hard.py"))[0]).pinned  # of the same name, but another one


def test_commands_of_cases_can_be_run(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    case = of_model(str(folder / "tank.py"))[1]
    assert printed(capfd, *case.command.split()[1:])[0] == EXIT["refuted"]


def test_list(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = printed(capfd, "list")
    assert code == 0
    assert all(f"\n{name} " in f"\n{out}" for name in bundled())
    assert len(out.splitlines()) < 80
    code, out, _ = printed(capfd, "list", "-v")
    assert all(f"\n{name}: " in f"\n{out}" for name in bundled())
    code, out, _ = printed(capfd, "list", "die_hard", folder / "tank.py", "--format", "json")
    jugs, tank = json.loads(out)
    assert jugs["properties"][1] == {
        "name": "the goal is measured",
        "kind": "sometimes",
        "verdict": "proved",
        "steps": 6,
    }
    assert tank["paper"] == "none."
    assert tank["properties"][0] == {"name": "no flood", "kind": "always", "verdict": None, "steps": None}
    assert tank["bugs"][1] == {"name": "harmless", "said": "It breaks nothing.", "breaks": {}}


def test_a_docstring_is_taken_apart() -> None:
    said = about("One line.\n\nText: with colons.\nPaper: A, B,\n    c: d.\n", {"one": "x y."})
    assert said.summary == "One line."
    assert said.parts == {"Paper": "A, B, c: d."}
    assert said.bugs == {"one": "x y."}
    assert about("", {}).parts == {}
