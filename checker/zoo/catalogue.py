"""What is known of a model without running it: what it says of itself, and what is pinned of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.loading.model_file import load
from elcheck.checker.system.system import deadlock_claim
from elcheck.checker.zoo.cases import of_model
from elcheck.checker.zoo.pins import pinned


@dataclass(frozen=True)
class KnownClaim:
    """A property of a model; ``verdict`` and ``steps`` (of its trace) are None where nothing is pinned."""

    name: str
    kind: str
    verdict: str | None = None
    steps: int | None = None


@dataclass(frozen=True)
class KnownMistake:
    """A bug of a model; ``breaks`` has the length of the counterexample for each property."""

    name: str
    said: str
    breaks: Mapping[str, int]


@dataclass(frozen=True)
class CatalogueEntry:
    """A model in the list."""

    name: str
    about: ModelDoc
    environment: str
    claims: tuple[KnownClaim, ...]
    bugs: tuple[KnownMistake, ...]


def entry(name: str) -> CatalogueEntry:
    """What is known of a model. Raises LoadError."""
    file = load(name)
    sound, *broken = (pinned(case) for case in of_model(name))
    model = sound.build()
    verdict, traces = sound.pinned.get("verdict"), _traces(sound.pinned)
    claims = []
    for p in [*model.properties, *deadlock_claim(model)]:
        steps = traces.get(p.name)
        decided = "proved" if p.kind == "sometimes" else "refuted"
        claims.append(KnownClaim(p.name, p.kind, decided if steps is not None else _text(verdict), steps))
    kinds = {p.name: p.kind for p in model.properties}
    bugs = []
    for case in broken:
        bug = str(case.parameters["bug"])
        breaks = {n: s for n, s in _traces(case.pinned).items() if kinds.get(n) != "sometimes"}
        bugs.append(KnownMistake(bug, file.about.bugs.get(bug, ""), breaks))
    environment = model.describe_environment()
    return CatalogueEntry(name, file.about, environment, tuple(claims), tuple(bugs))


def _traces(pins: Mapping[str, object]) -> dict[str, int]:
    traces = pins.get("traces")
    return dict(traces) if isinstance(traces, Mapping) else {}


def _text(verdict: object) -> str | None:
    return None if verdict is None else str(verdict)
