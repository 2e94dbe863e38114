"""What `elcheck suggest` suggests: pasted into the model it holds, and the oracle says so of every state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from elcheck.checker import cli
from elcheck.checker.check.verdict import EXIT
from elcheck.checker.loading.claims import claims_in
from elcheck.checker.loading.model_file import ModelFile, load
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.mutation.baseline import MutationSubject
from elcheck.checker.process.limits import Limits
from elcheck.checker.suggestion.suggest import Suggestions, suggest
from tests.oracle.random_models import Case, model_of_nodes, model_of_shared_state
from tests.oracle.search import TooLarge, search

CAP = 300
BUNDLED = [
    (40, "two_phase_commit"),
    (40, "peterson_mutex"),
    (100, "ewd840"),
    (60, "raft_election", "--depth", "5"),
    (100, "bully"),
    (40, "raft", "--depth", "4"),
]
"""Columns, and what is asked."""


def names(found: Suggestions) -> list[str]:
    """What is suggested, in order."""
    return [each.claim.name for each in found.found]


def suggested(name: str, mutants: int = 0, limits: Limits = Limits(), **parameters: object) -> Suggestions:
    """The suggestions for a bundled model."""
    return suggest(MutationSubject(load(name), parameters, {}, limits), limits, mutants=mutants)


@pytest.mark.parametrize(("width", "model", "options"), [(w, m, o) for w, m, *o in BUNDLED])
def test_what_is_printed_can_be_pasted_and_holds(
    width: int, model: str, options: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["suggest", model, *options, "--mutants", "0", "--width", str(width)]) == 0
    said = capfd.readouterr().out
    assert ("They hold within bounds" in " ".join(said.split())) == ("--depth" in options)
    lines = said.partition("\nfrom elcheck import ")[2].partition("\nTo repeat it")[0]
    imports, _, properties = f"from elcheck import {lines}".partition("\n\n")
    source = load(model).path.read_text(encoding="utf-8")
    pasted = (
        f"{source}\n{imports}\nas_it_was = model\n\n\ndef model():\n    made = as_it_was()\n"
        f"    found = [\n{properties}\n    ]\n"
        "    from dataclasses import replace\n"
        "    return replace(made, properties=found, deadlock=False, inductive=())\n"
    )
    path = tmp_path / "pasted.py"
    path.write_text(pasted, encoding="utf-8")
    assert cli.run([str(path), *options, "--format", "json"]) == 0
    results = json.loads(capfd.readouterr().out)["properties"]
    assert results
    assert {result["verdict"] for result in results} <= {"proved", "holds-within-bounds"}


def test_what_rafts_authors_claim_is_suggested() -> None:
    """One leader a term, one vote a term: nobody told it."""
    found = names(suggested("raft_election", limits=Limits(depth=9)))
    assert "no two: leads with the same term" in found
    assert "voted_for is set once while term does not change" in found
    assert "term never decreases" in found


def test_what_mutants_break_comes_first() -> None:
    """What they break sooner than anything else comes before what is only true."""
    found = suggested("two_phase_commit", mutants=15)
    scores = [each.score for each in found.found]
    alone = [score.alone for score in scores if score is not None]
    assert len(alone) == len(found.found)
    assert alone == sorted(alone, reverse=True)
    assert alone[0] > alone[-1] == 0
    assert found.mutants == 15


def test_messages_are_not_looked_at_in_large_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    of_a_message = "Vote: term is never above its sender's current_term"
    assert of_a_message in names(suggested("raft", limits=Limits(depth=4)))
    monkeypatch.setattr("elcheck.checker.suggestion.suggest.WITH_MESSAGES", 10)
    assert of_a_message not in names(suggested("raft", limits=Limits(depth=4)))


def test_what_follows_is_left_out() -> None:
    """Two never lead: so no two lead with the same number, and they agree on nothing worth saying."""
    found = suggested("raft", limits=Limits(depth=4))
    assert "no two: leads" in names(found)
    assert not any(name.startswith("no two: leads with") for name in names(found))
    assert all(each.bounded for each in found.found)


def of_case(case: Case) -> ModelFile:
    """A random model as a file's."""
    return ModelFile(Path(__file__), lambda: replace(case.model, properties=[]))


@pytest.mark.parametrize("seed", range(24))
def test_the_oracle_finds_nothing_that_breaks_what_is_suggested_of_random_models(seed: int) -> None:
    dice = Random(seed)
    case = model_of_shared_state(dice) if seed % 4 == 0 else model_of_nodes(dice, raising=False, small=True)
    limits = Limits(depth=case.limit, max_states=CAP)
    file = of_case(case)
    try:
        found = suggest(MutationSubject(file, {}, {}, limits), limits, mutants=0)
    except (DefinitionError, UsageError):  # that has no beginning, or no meaning in its environment
        return
    if found.stopped:
        assert not found.found
        return
    imported = {name: getattr(__import__(module, fromlist=[name]), name) for name, module in found.imported}
    claims = claims_in([each.claim.line for each in found.found], file, imported)
    try:
        facts = search(replace(case.model, properties=claims, deadlock=False), case.limit, 4 * CAP)
    except TooLarge:
        pytest.fail("the search was smaller")
    assert not facts.found
    assert not facts.unsure
    assert all(each.bounded for each in found.found) or not facts.cut


def test_nothing_is_suggested_where_nothing_can_be_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["suggest", "die_hard"]) == 0
    assert "Nothing to suggest" in capfd.readouterr().out


def test_what_can_not_be_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["suggest", "raft", "--max-states", "50", "--mutants", "0"]) == EXIT["undetermined"]
    said = capfd.readouterr().out
    assert "Not every state was examined: --max-states 50 was reached" in said
    assert cli.run(["suggest", "raft", "--depth", "2", "--mutants", "0", "--format", "json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert not document["exhaustive"]
    assert {each["verdict"] for each in document["suggestions"]} == {"holds-within-bounds"}
    assert all(each["python"].startswith(each["kind"]) for each in document["suggestions"])
