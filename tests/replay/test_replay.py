"""`elcheck replay`: traces by hand, and why a step is not allowed."""

from __future__ import annotations

import itertools
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elcheck.checker import cli
from elcheck.checker.check.check import check
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.export.formats import FORMATS, rendered
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.interpreter.why_not import ENABLED, Explainer
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.ids import node_ids
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.process.limits import Limits
from elcheck.checker.render import as_json
from elcheck.checker.render.table import trace_table
from elcheck.checker.replay.judged import judged
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.script import LineStep
from elcheck.checker.replay.walk import walk
from elcheck.checker.replay.words import contained, words
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import event_in_words
from tests.oracle.random_models import Case, sound_models, sound_specs
from tests.support.commands import unfolded
from tests.support.examples import examples
from tests.support.models import Counting
from tests.support.walks import WORLDS, model_of, reported
from tests.support.walks import walk as random_walk

FORGOTTEN = """
n1 election_timeout
n2: election_timeout   # both stand
n3 request_vote from n1
n1 vote
n1 become_leader

n3 crash
n3 restart
n3 request_vote from n2
n2: vote(Vote(term=1)) from n3
n2 become_leader
"""


def replayed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, *args: str
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a replay."""
    path = tmp_path / "trace.txt"
    path.write_text(trace, encoding="utf-8")
    code = cli.run(["replay", args[0], str(path), *args[1:]])
    out, err = capfd.readouterr()
    return code, out, err


def why(capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, *args: str) -> list[str]:
    """The reasons that are given for a trace that is not allowed."""
    code, out, err = replayed(capfd, tmp_path, trace, *args, "--format", "json")
    assert code == 1, out + err
    document = json.loads(out)
    assert document["answer"] == "not allowed"
    return [reason["why"] for reason in document["refused"]["reasons"]]


# -- what is allowed -------------------------------------------------------------------------------------


def test_a_trace_in_few_words(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = replayed(capfd, tmp_path, FORGOTTEN, "raft", "--bug", "forget-vote")
    assert code == 0
    assert "ALLOWED: 10 steps" in out
    assert re.search(r"at most one leader per term +always +broken after step 10: n1 and n2 both lead", out)
    assert re.search(r"a leader is elected +sometimes +reached after step 5", out)
    assert re.search(r"terms only grow +step +not broken", out)
    steps = [line.split()[0] for line in out.splitlines() if line[:4].strip().isdecimal()]
    assert steps == [str(n) for n in range(11)]


def test_without_the_bug_it_is_not(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = replayed(capfd, tmp_path, FORGOTTEN, "raft")
    assert code == EXIT["unexpected"] == 1
    assert "NOT ALLOWED: step 8 of 10, n3 request_vote from n2" in out
    assert (
        "from n2: n3 ignores it: no field changes and nothing new is sent; and since a sent-set"
        in unfolded(out)
    )
    assert "The nearest steps that are allowed:\n  n2: election_timeout" in out
    assert "6 n3 crash" in unfolded(out)
    assert "8 n3" not in unfolded(out)


def test_what_a_check_prints_can_be_pasted(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    runs = (["raft", "--bug", "forget-vote", "--depth", "10"], ["die_hard", "--goal", "1"])
    for extra, (model, *args) in itertools.product(([], ["--explain"]), runs):
        cli.run([model, *args, "--witness", *extra])
        out = capfd.readouterr().out
        table = next(part for part in out.split("\n\n") if "\nstep " in part)
        given = [arg for arg in args if arg not in ("--depth", "10")]
        code, out, err = replayed(capfd, tmp_path, table, model, *given)
        assert code == 0, out + err
        assert "ALLOWED" in out


def test_what_a_check_prints_as_json(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cli.run(["raft", "--bug", "forget-vote", "--depth", "10", "--format", "json"])
    report = capfd.readouterr().out
    assert replayed(capfd, tmp_path, report, "raft", "--bug", "forget-vote")[0] == 0
    code, out, _ = replayed(capfd, tmp_path, report, "raft")
    assert code == 1
    assert "step 6 of 10, n3: request_vote(RequestVote(term=1, last_log=(0, 0))) from n2" in out
    assert "after step 4 the state is another one than the trace gives" in out
    elected = replayed(capfd, tmp_path, report, "raft", "--property", "a leader is elected")
    assert "ALLOWED: 4 steps" in elected[1]
    trace = json.dumps(json.loads(report)["properties"][0]["trace"])
    assert replayed(capfd, tmp_path, trace, "raft", "--bug", "forget-vote")[0] == 0


def test_a_list_of_steps_in_json(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    steps: list[object] = [
        "n1 election_timeout",
        {"action": "request_vote", "node": "n2", "args": {"src": "n1", "msg": {"term": 1}}},
        {"action": "vote", "args": {"src": "n2"}},
        {"action": "become_leader"},
    ]
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "raft", "--format", "json")
    document = json.loads(out)
    assert (code, document["answer"], document["exit_code"]) == (0, "allowed", 0)
    assert [step["node"] for step in document["trace"]["steps"]] == ["n1", "n2", "n1", "n1"]
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    for key in [*document, *document["properties"][0]]:
        assert f"`{key}`" in documented


def test_stdin(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("fill_big\nbig_to_small\n", encoding="utf-8")
    with path.open(encoding="utf-8") as opened:
        monkeypatch.setattr("sys.stdin", opened)
        assert cli.run(["replay", "die_hard", "-"]) == 0
    assert "ALLOWED: 2 steps" in capfd.readouterr().out


def test_an_ambiguous_step_is_tried_in_every_way(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Anyone may time out first; that n3 leads in the end says who."""
    lines = "election_timeout\nrequest_vote\nvote\nn3 become_leader\n"
    code, out, _ = replayed(capfd, tmp_path, lines, "raft", "--candidates", "3")
    assert code == 0
    assert "1 n3 election_timeout" in unfolded(out)
    assert "Note: step 1 fits 3 steps (n1: election_timeout; n2: election_timeout; n3: election" in out
    assert "taken is n3: election_timeout" in unfolded(out)


def test_which_initial_state(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    source = (Path(__file__).parents[1] / "support" / "models.py").read_text(encoding="utf-8")
    source = source.replace("return Counter(self.start_at)\n", "return map(Step, map(Counter, (0, 2)))\n", 1)
    source = source.replace("action, guard,", "action, always, each, guard,", 1)
    source += '\n\ndef model() -> Model:\n    """Counts."""\n'
    source += "    return Counting().model(always('true', each(Counter, lambda _: True)))\n"
    path.write_text(source, encoding="utf-8")
    model = str(path)
    three, one = 3 * "n1 increment\n", "n1 increment\n"
    assert replayed(capfd, tmp_path, three, model)[0] == 0  # from the state that it fits
    assert "Counter(value=2)" in replayed(capfd, tmp_path, f"start 2\n{one}", model)[1]
    assert replayed(capfd, tmp_path, f"start 2\n{three}", model)[0] == 1
    assert replayed(capfd, tmp_path, f"start n1.value=2\n{three}", model)[0] == 1
    in_json = json.dumps({"initial": {"n1.value": 0}, "steps": 3 * ["n1 increment"]})
    assert replayed(capfd, tmp_path, in_json, model)[0] == 0
    for start, said in {
        "start 3": "no initial state 3: they are numbered 1 to 2",
        "start n1.value=7": "none of 2 initial states has these fields",
        "start n1.worth=7": "'n1.worth' is no field; the fields there are value",
        "start n2.value=7": "'n2.value' is no field: it is a node (n1), a dot, and a field",
        "start somewhere": "line 1: it is 'start 2'",
    }.items():
        code, _, err = replayed(capfd, tmp_path, f"{start}\n{one}", model)
        assert code == 2
        assert said in err


@pytest.mark.parametrize(
    "written",
    [
        "n1: throw(lot=2, loud=False)",
        "n1 throw lot=2 loud=False",
        '[{"action": "throw", "node": "n1", "choice": {"lot": 2, "loud": false}}]',
    ],
)
def test_a_choice_is_a_part_of_the_step(written: str) -> None:
    walked = walk(read(written, ["n1", "n2"]), model_of("choices"))
    assert [str(step.event) for step in walked.trace.steps] == ["throw(lot=2, loud=False)"]
    assert text(walked.trace.states[-1].nodes[0].state, sparse=True) == "Player(thrown=2)"
    assert walked.notes == ()


# -- what is not, and why --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ("n1 become_leader", "its guard: only a candidate becomes the leader"),
        ("n3 election_timeout", "its guard: it never stands"),
        ("n1 elction_timeout", "called 'elction_timeout'; did you mean election_timeout?"),
        ("n7: crash", "there is no node 'n7'; the nodes are n1, n2, n3"),
        ("n7 crash", "there is no node 'n7'; the nodes are n1, n2, n3"),
        ("n2 vote from n1", "no such message is under way to n2; there is none"),
        ("n1 election_timeout\nn2 request_vote from n3", "there is n2: request_vote(RequestVote(term=1"),
        ("n1 crash\nn1 election_timeout", "n1 is down"),
        ("n1 crash\nn1 crash", "the budget is spent: --crash 1"),
        ("n1 restart", "n1 is up"),
        ("lose", "no such message is under way; there is none"),
        ("n1 election_timeout\nlose", "a sent-set network loses nothing"),
        ("n1 election_timeout\nduplicate", "a sent-set network holds one copy"),
        ("disconnect n1 n2", "a sent-set network has no links that could break"),
        ("partition", "there are none in this environment: --partition is 0"),
        ("heal", "no partition stands"),
        ("n1 election_timeout\nn1 election_timeout\nn1 election_timeout", "the bound max_term cuts it"),
    ],
)  # fmt: skip
def test_reasons(capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, said: str) -> None:
    found = why(capfd, tmp_path, trace, "raft")
    assert any(said in reason for reason in found), found


def test_reasons_of_partitions(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parted = "n1 election_timeout\npartition n1 | n2 n3\n"
    given = ("raft", "--partition", "1")
    found = why(capfd, tmp_path, f"{parted}n2 request_vote", *given)
    assert found == ["the partition n1 | n2 n3 parts n1 and n2"]
    assert why(capfd, tmp_path, f"{parted}partition n1 n2 | n3", *given) == [
        "the budget is spent: --partition 1"
    ]
    found = why(capfd, tmp_path, f"{parted}partition n1 n2 | n3", "raft", "--partition", "2")
    assert found == ["the network is parted already: n1 | n2 n3"]
    assert replayed(capfd, tmp_path, f"{parted}heal\nn2 request_vote", *given)[0] == 0


def test_reasons_of_timing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn2 election_timeout"
    found = why(capfd, tmp_path, trace, "raft", "--network", "set", "--timing", "sync")
    assert len(found) == 1
    assert found[0].startswith(
        "timing sync: a timeout waits until nothing else can happen, and n2: request_vote("
    )


def test_reasons_of_links(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn1 election_timeout\nn2 request_vote(term=2)"
    found = why(capfd, tmp_path, trace, "raft", "--network", "fifo")
    assert found == ["it is not at the head of its link: RequestVote(term=1, last_log=(0, 0)) is"]


def test_reasons_of_messages_that_are_gone(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = "n1 election_timeout\nn2 request_vote\nn3 crash\nn2 request_vote from n1"
    taken = "n2: request_vote(RequestVote(term=1, last_log=(0, 0))) from n1"
    assert why(capfd, tmp_path, trace, "raft", "--network", "set") == [
        f"no such message is under way any more: it went in step 2, {taken}"
    ]


def test_reasons_of_a_spec(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = why(capfd, tmp_path, "p0: fill_big", "die_hard")
    assert found == ["a Spec has no nodes, and the step names one: 'p0'"]


def test_reasons_of_programs(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = why(capfd, tmp_path, "a1 prepare", "paxos")
    assert found == ["a1 runs Accepting, which has no handler prepare; p1, p2 have it"]
    found = why(capfd, tmp_path, "p1 prepare\np1 promise from a2", "paxos")
    assert found == ["no such message is under way to p1; there is none"]


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ('{"steps": [', "line 1, column 12: no JSON"),
        ('{"a": 1}', "a trace in JSON is a list of steps, or an object with 'steps'"),
        ('[{"action": 1}]', "step 1: 'action' is the name of a handler or of a fault, not 1"),
        ('[{"action": "vote", "nod": "n1"}]', "step 1 has the key 'nod': a step has action, node, "),
        ('[{"action": "vote", "node": 1}]', "step 1: 'node' is the name of a node, or null, not 1"),
        ('[{"action": "vote", "args": [1]}]', "step 1: 'args' is an object"),
        ('[{"action": "vote", "choice": 1}]', "step 1: 'choice' is an object"),
        ("[7]", "step 1 is 7: a step is a string, or an object with 'action'"),
        ('{"steps": [], "loop": 3}', "'loop' is the number of steps"),
        ('{"steps": [], "initial": true}', "'initial' is a number, an object with fields, or a state"),
        ('{"properties": []}', "no trace of a refuted property; properties with a trace: none"),
        ("[" * 100_000, "nested too deeply"),
        ("# nothing\n", "there is no step in it; a trace is a step a line"),
        ("n1 crash\nback to step 2", "line 2: it goes back to step 2, and there are 1 before it"),
        ("sequenceDiagram\n", "a Mermaid diagram can't be replayed"),
        ('{"runs": []}', "SARIF is a report for code scanning"),
        ('{"vars": [], "states": [{"x": 1}]}', "do not say which action led to them (mbt::actionTaken)"),
        ('{"counterexample": {"action": [[1]], "state": []}}', "it is no trace as elcheck exports it"),
    ],
)  # fmt: skip
def test_what_can_not_be_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, trace: str, said: str
) -> None:
    code, _, err = replayed(capfd, tmp_path, trace, "raft")
    assert code == EXIT["usage"]
    assert said in err
    assert "trace.txt" in err


def test_a_file_that_is_not_there(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["replay", "raft", str(tmp_path / "none")]) == 2
    assert "can't be read: No such file" in capfd.readouterr().err
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert cli.run(["replay", "raft", str(tmp_path / "binary")]) == 2
    assert "is no text in UTF-8" in capfd.readouterr().err


def test_a_handler_that_raises() -> None:
    model = Counting(divides_at=1).model()
    walked = walk(read("n1 increment\nn1 increment", ["n1"]), model)
    assert walked.raised is not None
    assert "ZeroDivisionError" in walked.raised
    assert len(walked.trace.steps) == 1


# -- behaviours without end ------------------------------------------------------------------------------

STARVED = ("bully", "--nodes", "4", "--liveness", "--weak-timers")


def test_a_loop(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    steps = {"steps": ["fill_big", "empty_big"], "loop": 0}
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "die_hard")
    assert code == 0
    assert "the loop closes: the state after step 2 is the one after step 0" in out
    steps["loop"] = 1
    code, out, _ = replayed(capfd, tmp_path, json.dumps(steps), "die_hard")
    assert code == 1
    assert "NOT ALLOWED: back to step 1, after 2 steps that can be taken: the loop does not close" in out
    assert "the state after step 2 is not the one after step 1: big 5 → 0" in out
    assert "A step that would close the loop:\n  fill_big" in out
    document = json.loads(replayed(capfd, tmp_path, json.dumps(steps), "die_hard", "--format", "json")[1])
    assert document["refused"]["step"] is None
    assert document["trace"]["loop"] is None
    assert "for ever" in replayed(capfd, tmp_path, "fill_big\nand stays there for ever", "die_hard")[1]


def test_the_way_that_closes_a_loop_is_taken() -> None:
    """What is said fits several ways to one state, and only some of them were there before."""
    model = replace(Counting(limit=1, wraps=True).model(), nodes=node_ids(2))
    ends = {"nodes": {"n1": {"state": {"value": 0}}, "n2": {"state": {"value": 1}}}}
    step = {"action": "increment"}
    steps = [step, step, {**step, "state": ends}]
    walked = walk(read(json.dumps({"steps": steps, "loop": 1}), ["n1", "n2"]), model)
    assert walked.trace.loop == 1
    assert [str(s.event.node) for s in walked.trace.steps] == ["n2", "n1", "n1"]


def test_a_lasso_as_it_is_printed_and_exported(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A whole report, with what is around the table; and every file that has the actions."""
    cli.run([*STARVED, "--witness", "--certificate", "--explain"])
    printed = capfd.readouterr().out
    coloured = re.sub(r"^(\d+)", "\x1b[1m\\1\x1b[0m", printed, flags=re.MULTILINE)
    exports = [tmp_path / "it.itf.json", tmp_path / "it.tlc.json"]
    cli.run([*STARVED, "--format", "json", *(arg for path in exports for arg in ("--export", str(path)))])
    texts = [
        printed,
        coloured,
        capfd.readouterr().out,
        *(path.read_text(encoding="utf-8") for path in exports),
    ]
    for said in texts:
        code, out, err = replayed(capfd, tmp_path, said, *STARVED)
        assert code == 0, err
        assert (
            "ALLOWED: 14 steps, and the loop closes: the state after step 14 is the one after step 11" in out
        )
        assert re.search(r"follow the highest +liveness +broken by the loop: this goes on for ever", out)
        assert "Note" not in out
        strong = replayed(capfd, tmp_path, said, *STARVED[:-1])
        assert "not broken: the lasso breaks strong fairness of no_coordinator at n2" in unfolded(strong[1])
    again = replayed(capfd, tmp_path, printed, *STARVED, "--format", "json")[1]
    assert "the loop closes" in replayed(capfd, tmp_path, again, *STARVED)[1]
    witness = replayed(capfd, tmp_path, printed, *STARVED, "--property", "another takes over")[1]
    assert "ALLOWED: 6 steps" in witness
    given = {"nodes": 4, "liveness": True, "weak_timers": True}
    result = check(load("bully")(**given))["in the end all follow the highest"]
    assert "the loop closes" in replayed(capfd, tmp_path, str(result.trace), *STARVED)[1]
    code, _, err = replayed(capfd, tmp_path, printed, *STARVED, "--property", "none")
    assert (code, "no table of a property called 'none'; the tables: REFUTED in the end" in err) == (2, True)


@pytest.mark.parametrize("args", [[], ["--diagram"]])
def test_what_has_no_table(capfd: pytest.CaptureFixture[str], tmp_path: Path, args: list[str]) -> None:
    cli.run(["raft_election", "--witness", *args] if args else ["raft_election"])
    code, _, err = replayed(capfd, tmp_path, capfd.readouterr().out, "raft_election")
    assert code == 2
    assert "this output of elcheck has no table of a trace" in err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_that_was_fitted_to_a_terminal(width: int) -> None:
    report = check(load("raft")(bug="forget-vote"), Limits(depth=10))
    trace = report.results[0].trace
    assert trace is not None
    table = (
        trace_table(report.model, trace, width).replace("\n3 ", "\n# a remark\n3 ", 1)
        + "\nn3: election_timeout"
    )
    steps = read(table, [str(node) for node in report.model.programs]).steps
    assert [step.words for step in steps] == [
        *(words(f"{step.event.node}: {event_in_words(step.event)}") for step in trace.steps),
        ("n3", "election_timeout"),
    ]


@pytest.mark.parametrize("ending", [".itf.json", ".tlc.json"])
@pytest.mark.parametrize("world", WORLDS)
def test_what_is_exported_is_allowed(world: str, ending: str) -> None:
    model = model_of(world)
    trace = random_walk(model, 1, 12)
    exported = rendered(reported(model, trace), FORMATS[ending])
    walked = walk(read(exported, [str(node) for node in model.programs]), model)
    assert walked.trace == trace
    assert not walked.notes


# -- of any model ----------------------------------------------------------------------------------------


def walked_at_random(model: Model, seed: int, steps: int) -> Trace:
    """Some steps of the interpreter's."""
    rng, interpreter = random.Random(seed), Interpreter(model)
    try:
        state = rng.choice(list(dict.fromkeys(interpreter.initial())))
    except DefinitionError:
        assume(False)
    trace = Trace(state, ())
    for _ in range(steps):
        offers = list(interpreter.steps(trace.states[-1]))
        if offers:
            trace = Trace(trace.initial, (*trace.steps, TraceStep(*rng.choice(offers))))
    return trace


@examples(100)
@given(st.one_of(sound_models(), sound_specs()), st.integers(0, 1000))
def test_what_happens_is_allowed(case: Case, seed: int) -> None:
    """A random walk, written down and read again."""
    trace = walked_at_random(case.model, seed, 8)
    nodes = [str(node) for node in case.model.programs]
    assume(trace.steps)
    lines = "\n".join(step.event.located for step in trace.steps)
    assert walk(read(lines, nodes), case.model).refused is None
    document = as_json.trace(case.model, trace)
    walked = walk(read(json.dumps(document), nodes), case.model)
    assert walked.refused is None
    assert [as_json.state(case.model, s)["nodes"] for s in walked.trace.states if s.nodes] == [
        as_json.state(case.model, s)["nodes"] for s in trace.states if s.nodes
    ]


@examples(100)
@given(sound_models(), st.integers(0, 1000))
def test_everything_that_is_not_enabled_has_a_reason(case: Case, seed: int) -> None:
    explainer = Explainer(case.model)
    for state in walked_at_random(case.model, seed, 6).states:
        enabled = {event for event, _ in explainer.steps(state)}
        thinkable = set(explainer.events(state))
        assert {event for event in enabled if "during" not in dict(event.args)} <= thinkable
        for event in thinkable:
            said = explainer.why_not(state, event)
            assert said
            assert (said is ENABLED) == (event in enabled)


@examples(60)
@given(sound_models(), st.integers(0, 1000))
def test_a_counterexample_is_judged_as_the_search_does(case: Case, seed: int) -> None:
    """What a check finds at the end of its trace, the judging of that trace finds there too."""
    try:
        kept = [claim for claim in case.model.properties if claim.kind != "possible"]
        model = Model(**{**vars(case.model), "properties": kept})
        report = check(model, Limits(max_states=300), engine="plain")
    except DefinitionError:
        assume(False)
    for result in report.results:
        if result.trace is not None:
            found = {(j.name, j.kind): j for j in judged(result.trace, model)}
            judgement = found[result.name, result.kind]
            assert judgement.at == len(result.trace.steps)


# -- words -----------------------------------------------------------------------------------------------


def test_words() -> None:
    assert words("n1: vote(Vote(term=1, ok=True)) from n2") == (
        "n1", "vote", "Vote", "term=1", "ok=True", "from", "n2",
    )  # fmt: skip
    assert words("append(entry=(1, n1), set={a, b}) pour 'a b'") == (
        "append", "entry=(1,n1)", "set={a,b}", "pour", "a b",
    )  # fmt: skip
    assert words("x(log=(") == ("x", "log=(")
    assert contained(["a", "c"], ["a", "b", "c"])
    assert not contained(["c", "a"], ["a", "b", "c"])


def test_a_field_is_no_other_field() -> None:
    from elcheck.checker.model.state import Event
    from tests.oracle.table_programs import Ping

    n1, n2 = node_ids(2)
    event = Event("receive", "ping", n1, (("src", n2), ("msg", Ping(1))))
    assert LineStep(f"n1: {event}").fits(event) == 2
    assert LineStep("n1 ping from n2").fits(event) == 1
    assert LineStep("ping").fits(event) == 1
    assert LineStep("n2 ping").fits(event) == 0
    assert LineStep("n1 from n2").fits(event) == 0


def test_a_state_is_kept() -> None:
    """The state of a step chooses among the outcomes of one event."""
    model = Counting(jump=True).model()
    lines = 3 * [{"action": "increment", "node": "n1"}]
    jumped = {**lines[0], "state": {"nodes": {"n1": {"state": {"value": 4}}}}}
    trace = walk(read(json.dumps([*lines[:2], jumped]), ["n1"]), model).trace
    assert _value(trace.states[-1]) == 4
    other = walk(read(json.dumps(lines), ["n1"]), model).trace
    assert _value(other.states[-1]) == 3


def _value(state: GlobalState) -> object:
    return getattr(state.nodes[0].state, "value", None)


def test_a_property_of_lines() -> None:
    with pytest.raises(UsageError, match="these are lines"):
        read("n1 increment", ["n1"], "some")
