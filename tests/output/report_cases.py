"""Reports for tests: of traces that are walked by hand, with whatever a trace can hold."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result, Shown
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.html import page
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import ModelFile, adapted, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits
from elcheck.checker.render.run import Run
from elcheck.checker.traces.trace import Trace, TraceStep, replay

LOSSY = {"network": "bag", "loss": "unlimited", "dup": 2, "partition": "unlimited"}
ROUND = (
    "n1: election_timeout", "n2: lose", "n3: dup", "n3: request_vote",
    "partition n1 | n2 n3", "heal", "partition n1 | n2 n3", "heal",
)  # fmt: skip
"""A walk of raft_election with a loss, a copy, and, from its sixth step on, a loop of partitions."""


def walk(model: Model, words: Sequence[str], loop: int | None = None) -> Trace:
    """The trace in which each step is the first one whose text contains the next of some words."""
    interpreter = Interpreter(model)
    initial = now = interpreter.initial()[0]
    steps = []
    for word in words:
        event, now = next((e, s) for e, s in interpreter.steps(now) if word in f"{e.node}: {e}")
        steps.append(TraceStep(event, now))
    trace = Trace(initial, tuple(steps), loop)
    replay(trace, model)
    return trace


def built(
    name: str, given: Mapping[str, object], environment: Mapping[str, object]
) -> tuple[ModelFile, Model]:
    """A model with some of its parameters, in an environment."""
    file = load(name)
    return file, adapted(file(**given), environment)


def report_of(
    name: str,
    given: Mapping[str, object],
    environment: Mapping[str, object],
    words: Sequence[str],
    loop: int | None,
) -> tuple[ModelFile, CheckReport]:
    """A check that refuted a claim by a trace walked by hand."""
    file, model = built(name, given, environment)
    kind = "always" if loop is None else "liveness"
    refuted = Result("a claim", kind, Verdict.REFUTED, "it is broken", by=Shown(walk(model, words, loop)))
    report = check(model, Limits(max_states=200))
    return file, dataclasses.replace(report, results=(refuted, *report.results), verdict=Verdict.REFUTED)


def write(
    path: Path,
    name: str,
    given: Mapping[str, object],
    environment: Mapping[str, object],
    words: Sequence[str],
    loop: int | None = None,
) -> Path:
    """The same as a file."""
    file, report = report_of(name, given, environment, words, loop)
    page.write(Run(name, file.summary, dict(given), f"elcheck {name}"), report, file.about, path)
    return path


def data_of(text: str) -> object:
    """What a report holds for its script."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    document: object = json.loads(found[1])
    return document
