"""The HTML report: what is in it, that nothing gets out of it, and how it fails to be written."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.html.coloured import coloured
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.shapes import as_markup
from elcheck.checker.html.sources import Sources, spans
from elcheck.checker.html.trace_view import TraceView, trace_view_of
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Prepared
from elcheck.checker.process.limits import Limits
from elcheck.checker.traces.messages import messages_of
from elcheck.checker.traces.reads import fields_read
from elcheck.checker.traces.trace import Trace
from tests.docs.printed import files_of
from tests.output.report_cases import LOSSY, ROUND, built, data_of, walk, write

ROOT = Path(__file__).parents[2]
FORGET = ["raft", "--bug", "forget-vote", "--depth", "10"]


def load_text(source: str) -> Model:
    """The model of a page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lots_of_the_readme.py"
        file.write_text(source, encoding="utf-8")
        return load(str(file))()


def story(name: str, environment: dict[str, object], words: tuple[str, ...], **given: object) -> TraceView:
    model = built(name, given, environment)[1]
    return trace_view_of(walk(model, words), model, Sources(Runner(model)))


def lifetimes(model: Model, trace: Trace) -> list[tuple[str, int, int | None, str | None]]:
    lives = messages_of(trace, model).lifetimes()
    return [(_said(life.envelope), life.sent, life.end, life.fate) for life in lives]


def _said(envelope: Envelope) -> str:
    return f"{type(envelope.msg).__name__} {envelope.src}-{envelope.dst}"


def test_lifetimes_on_a_sent_set() -> None:
    """A message may be delivered twice, of one sending; what was delivered is not under way."""
    _, model = built("raft_election", {"nodes": 3}, {"network": "sent-set"})
    trace = walk(
        model, ("n1: election_timeout", "n2: request_vote", "n2: election_timeout", "n3: request_vote")
    )
    assert lifetimes(model, trace) == [
        ("RequestVote n1-n2", 1, 2, "delivered"),
        ("RequestVote n1-n3", 1, 4, "delivered"),
        ("Vote n2-n1", 2, None, None),
        ("RequestVote n2-n1", 3, None, None),
        ("RequestVote n2-n3", 3, None, None),
        ("Vote n3-n1", 4, None, None),
    ]


def test_lifetimes_on_a_lossy_bag() -> None:
    _, model = built("raft_election", {"nodes": 3}, LOSSY)
    trace = walk(model, ROUND, 6)
    assert lifetimes(model, trace) == [
        ("RequestVote n1-n2", 1, 2, "lost"),
        ("RequestVote n1-n3", 1, 4, "delivered"),
        ("RequestVote n1-n3", 1, None, None),
        ("Vote n3-n1", 4, None, None),
    ]
    assert [life.copied for life in messages_of(trace, model).lifetimes()] == [None, None, 3, None]


def test_lifetimes_that_a_broken_link_ends() -> None:
    _, model = built("raft_election", {"nodes": 3}, {"network": "fifo", "disconnect": 1})
    trace = walk(model, ("n1: election_timeout", "n2: election_timeout", "disconnect n1 n2"))
    assert lifetimes(model, trace) == [
        ("RequestVote n1-n2", 1, 3, "dropped"),
        ("RequestVote n1-n3", 1, None, None),
        ("RequestVote n2-n1", 2, 3, "dropped"),
        ("RequestVote n2-n3", 2, None, None),
    ]


def test_a_story_in_words_and_tables() -> None:
    words = ("n1: election_timeout", "n3: request_vote", "n3: crash", "n3: restart")
    told = story("raft", {}, words, bug="forget-vote")
    start, timeout, vote, crash, restart = told.frames
    assert (timeout.brief, vote.brief, crash.kind, restart.lane) == (
        "election_timeout", "request_vote from n1", "crash", 2,
    )  # fmt: skip
    assert timeout.marks == ("CANDIDATE", "current_term 1")
    assert vote.doc.startswith("Vote for the first of a term that asks")
    assert vote.changes == ("current_term 0 → 1", "voted_for None → n1", "sends Vote(term=1) to n1")
    assert crash.changes == ("down", "voted_for n1 → None")
    assert (crash.idle, restart.idle) == (("", "", "down"), ("", "", ""))
    table = told.tables[0]
    assert table.columns == ("n1", "n2", "n3")
    assert [table.rows[row] for row in table.durable] == ["current_term", "voted_for", "log", "commit_index"]
    assert (table.rows[table.role or 0], table.roles) == ("role", ("FOLLOWER", "CANDIDATE"))
    row = table.rows.index("voted_for")
    cells = [told.texts[frame.cells[0][row][2]] for frame in told.frames]
    assert cells == ["None", "None", "n1", "None", "None"]
    assert [told.texts[text] for text in vote.network] == [
        "n1 → n2: RequestVote(term=1, last_log=(0, 0))",
        "n1 → n3: RequestVote(term=1, last_log=(0, 0))",
        "n3 → n1: Vote(term=1)",
    ]
    assert vote.fresh == (2,)
    assert start.fresh == ()


def test_what_the_failing_check_reads_comes_first() -> None:
    """Without an enum the lanes have the colour of what is wrong, and its row is the first."""
    model = files_of(ROOT / "README.md")["lots.py"]
    file = load_text(model)
    report = check(file, Limits())
    refuted = next(r for r in report.results if r.verdict is Verdict.REFUTED)
    assert refuted.trace is not None
    read = fields_read(refuted.trace, file, report.claim_of(refuted))
    told = trace_view_of(refuted.trace, file, read=read)
    (table,) = told.tables
    assert (table.rows[0], table.role, table.roles) == ("leads", 0, ("False", "True"))
    assert table.rows[1:] == ("lot", "seen", "beaten"), "the others are in their order"
    assert told.frames[-1].marks == ("leads",)
    drawn = as_markup(pictures_of(told).wide.drawn)
    assert [drawn.count(f'class="lane role{n}"') for n in (0, 1)] == [3, 2], "two lead at the end"
    plain = trace_view_of(refuted.trace, file)
    assert plain.tables[0].role is None
    assert plain.tables[0].rows[0] == "lot"


def test_the_page_has_every_trace_as_a_diagram(tmp_path: Path) -> None:
    path, diagram = tmp_path / "out.html", tmp_path / "out.mmd"
    assert cli.run([*FORGET, "--report", str(path), "--export", str(diagram)]) == EXIT["refuted"]
    document = data_of(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    assert len(document["diagrams"]) == len(document["stories"])
    assert document["diagrams"][document["claims"][0]["story"]] == diagram.read_text(encoding="utf-8")
    assert document["claims"][0]["guilty"] == [0, 1]


def test_the_methods_of_steps() -> None:
    """A crash shows at_crash, where the vote is forgotten; a restart recover, where the model has its own."""
    words = ("n1: election_timeout", "n3: request_vote", "n3: crash", "n3: restart")

    def shown(bug: str) -> tuple[Sources, list[str]]:
        _, model = built("raft", {"bug": bug}, {})
        sources = Sources(Runner(model))
        numbers = [sources.of_event(step.event) for step in walk(model, words).steps]
        return sources, [sources.places[number].name for number in numbers if number is not None]

    assert shown("same-epoch-leader")[1] == ["election_timeout", "request_vote", "at_crash", "recover"]
    sources, names = shown("forget-vote")
    assert names == ["election_timeout", "request_vote", "at_crash"]
    crash = sources.places[2]
    lines = ["".join(text for _, text in line) for line in sources.files[crash.file].lines]
    method = lines[crash.first - 1 : crash.last]
    assert method[0].strip().startswith("def at_crash(")
    assert "voted_for=None" in method[1]
    assert "class ForgetVote" in "".join(lines[crash.first - 4 : crash.first - 1])
    assert lines == (ROOT / "models" / "raft.py").read_text(encoding="utf-8").splitlines()
    deliveries = sources.places[1]
    assert lines[deliveries.first - 1].strip() == "@receive(fair=WEAK)"  # decorators belong to it


def test_what_is_no_model_has_no_source() -> None:
    _, model = built("raft_election", {}, {"network": "bag", "loss": 1, "crash": 1})
    trace = walk(model, ("n1: election_timeout", "n2: lose", "n3: crash"))
    sources = Sources(Runner(model))
    assert [sources.of_event(step.event) is None for step in trace.steps] == [False, True, True]


def test_a_spec_is_told_without_lanes() -> None:
    told = story("die_hard", {}, ("fill_big", "big_to_small"))
    assert (told.nodes, told.messages) == ((), ())
    assert told.tables[0].rows == ("small", "big")
    assert told.frames[2].changes == ("small 0 → 3", "big 5 → 2")


def test_prepared_states_show_no_start() -> None:
    _, model = built("bully", {}, {})
    states = {view.node: view.state for view in Interpreter(model).initial()[0].nodes}
    prepared = replace(model, initial=[Prepared(states)])
    started, put = (trace_view_of(walk(m, ()), m, Sources(Runner(m))) for m in (model, prepared))
    assert started.frames[0].place is not None
    assert put.frames[0].place is None
    assert story("raft", {}, ()).frames[0].place is None  # it leaves its start to Node's own


def test_coloured_source_is_the_source() -> None:
    text = 'def f(x):\n    """Say\n    it."""\n    return f"{x}"  # so\n\n\nclass A:\n    pass\n'
    lines = coloured(text)
    assert ["".join(part for _, part in line) for line in lines] == text.splitlines()
    assert ("comment", "# so") in lines[3]
    assert ("keyword", "def") in lines[0]
    assert spans(text) == {1: 4}


def test_levels_leave_out_an_empty_last_one(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    assert cli.run(["die_hard", "--report", str(path)]) == 0
    document = data_of(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    assert document["levels"] == [1, 2, 3, 2, 2, 2, 2, 2]
    assert sum(document["levels"]) == 16
    assert "16 states to depth 7" in capfd.readouterr().out


def test_the_report_says_what_the_text_says(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.html"
    assert cli.run([*FORGET, "--report", str(path)]) == EXIT["refuted"]
    text = path.read_text(encoding="utf-8")
    document = data_of(text)
    assert isinstance(document, dict)
    facts = dict(document["facts"])
    assert facts["Environment"] == "network sent-set, crash 1, restart 1, timing async"
    assert "bug forget-vote" in facts["Parameters"]
    assert facts["Mistake put in"].startswith("forget-vote: The vote is not on the disk")
    assert document["command"] == f"elcheck {' '.join(FORGET)} --report {path}"
    first = document["claims"][0]
    assert (first["verdict"], first["detail"]) == ("refuted", "n1 and n2 both lead in term 1")
    assert document["claims"][1]["detail"] == "", "what bounds have cut is said once"
    share = "Bounds: steps were cut in 35 % of the states by depth 10, in 73 % by max_term 2; "
    assert document["below"] == [share + "what lies across them was not checked."]
    logs = document["claims"][2]
    assert (logs["name"], logs["story"]) == ("logs match", first["story"])  # one trace, kept once
    assert len(document["stories"][first["story"]]["frames"]) == 11
    uses = {use["name"]: use for use in document["uses"]}
    assert (uses["refused"]["called"], uses["heartbeat"]["enabled"] > 0) == (0, True)
    assert ["a leader does not time out", 12] in uses["election_timeout"]["blocked"]
    shown = re.sub(r"\d+\.\d s \([\d,]+", "", capfd.readouterr().out)
    plain = re.search(r"<pre>(.*?)</pre>", text, re.DOTALL)
    assert plain is not None
    for line in shown.splitlines():
        assert not line.startswith("REFUTED") or line in plain[1]


def test_a_hundred_steps_stay_small(tmp_path: Path) -> None:
    """States repeat most of what was before, and each text is kept once."""
    there_and_back = ("partition n1 | n2 n3 n4 n5", "heal") * 50
    environment = {"network": "bag", "partition": "unlimited"}
    path = write(tmp_path / "long.html", "raft_election", {"nodes": 5}, environment, there_and_back)
    assert path.stat().st_size < 150_000


def test_a_missing_folder_is_found_before_the_search(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere" / "out.html"
    assert cli.run(["die_hard", "--report", str(path)]) == EXIT["usage"]
    out, err = capfd.readouterr()
    assert err == f"elcheck: --report {path}: there is no folder {path.parent}\n"
    assert out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["die_hard", "--report", "/dev/full"]) == EXIT["io"]
    assert capfd.readouterr().err == "elcheck: can't write /dev/full: No space left on device\n"
    assert cli.run([*FORGET, "--report", "/dev/full"]) == EXIT["refuted"]  # the verdict says more
    assert "can't write /dev/full: No space left on device" in capfd.readouterr().err


def _variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6});", block))


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


def test_text_can_be_read_in_both_colour_schemes() -> None:
    """Contrast of 4.5 for text and 3 for lanes, as WCAG 2.2 asks for (1.4.3, 1.4.11)."""
    style = (ROOT / "checker" / "html" / "colours.css").read_text(encoding="utf-8")
    light, dark = (_variables(block) for block in style.split("@media (prefers-color-scheme: dark)"))
    assert set(light) == set(dark)
    inks = ["ink", "soft", "accent", "bad", "good", "warn", "comment", "string", "keyword", "name"]
    for colours in (light, dark):
        for back in ("back", "pane", "pick"):
            for ink in inks:
                assert _contrast(colours[ink], colours[back]) >= 4.5, (ink, back)
            for role in range(6):
                assert _contrast(colours[f"role{role}"], colours[back]) >= 3, (role, back)
        assert min(_contrast(colours[c], colours["new-back"]) for c in ("old", "new", "ink")) >= 4.5
        assert min(_contrast(colours[c], colours["bad-back"]) for c in ("bad", "ink", "soft")) >= 4.5


def test_no_two_functions_of_a_page_have_one_name() -> None:
    """Its scripts share their names: the later one would be called in the place of the other."""
    html, explorer = ROOT / "checker" / "html", ROOT / "checker" / "explorer"
    pages = (
        [html / name for name in ("picture.js", "viewer.js", "script.js")],
        [html / "picture.js", explorer / "walk.js", explorer / "explorer.js"],
    )
    for scripts in pages:
        text = "\n".join(script.read_text(encoding="utf-8") for script in scripts)
        names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
        assert len(names) > 40
        assert sorted(names) == sorted(set(names))
