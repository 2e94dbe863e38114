"""`elcheck replay`: traces by hand, and what is allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import walk
from tests.support.commands import replayed, unfolded
from tests.support.models import Counting
from tests.support.walks import model_of

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


def test_a_handler_that_raises() -> None:
    model = Counting(divides_at=1).model()
    walked = walk(read("n1 increment\nn1 increment", ["n1"]), model)
    assert walked.raised is not None
    assert "ZeroDivisionError" in walked.raised
    assert len(walked.trace.steps) == 1


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
