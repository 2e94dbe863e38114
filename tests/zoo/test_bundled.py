"""The bundled models: each says what it is, is pinned with every bug, and explained in docs/zoo."""

from __future__ import annotations

import pytest

from elcheck.checker.loading.model_file import bundled, load
from elcheck.checker.zoo.cases import of_model
from elcheck.checker.zoo.catalogue import entry
from elcheck.checker.zoo.pins import pinned
from tests.docs.printed import PAGES


@pytest.mark.parametrize("name", bundled())
def test_a_model_says_what_it_is(name: str) -> None:
    file = load(name)
    assert file.about.summary.endswith(".")
    assert {"Paper", "Assumes"} <= set(file.about.parts)
    for said in file.mistakes.values():
        assert said.rstrip(")").endswith("."), "each mistake says in its docstring what it is"
    assert len(file.path.read_text(encoding="utf-8").splitlines()) < 500


@pytest.mark.parametrize("name", bundled())
def test_what_a_model_comes_to_is_pinned(name: str) -> None:
    sound, *broken = map(pinned, of_model(name))
    assert sound.pinned["verdict"] in ("proved", "holds-within-bounds")
    for case in broken:
        assert case.pinned["verdict"] == "refuted"
    found = entry(name)
    assert all(claim.verdict for claim in found.claims)
    assert any(claim.kind == "sometimes" for claim in found.claims)
    assert all(bug.breaks for bug in found.bugs)


def test_bugs_of_the_zoo() -> None:
    assert sum(len(of_model(name)) - 1 for name in bundled()) >= 30


@pytest.mark.parametrize("name", bundled())
def test_every_model_and_bug_is_explained(name: str) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert f"`{name}`" in text
    for bug in load(name).mistakes:
        assert bug in text, f"no page speaks of {name} --bug {bug}"
