"""Traces of every kind of event: random walks of the interpreter, reported as if they refuted something."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result, Shown
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.model_file import adapted, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import Limits
from elcheck.checker.traces.trace import Trace, TraceStep

WORLDS: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "sent-set": ("raft", {}, {"network": "sent-set", "crash": 2, "restart": 2, "partition": 1}),
    "set": ("raft_election", {}, {"network": "set", "loss": 3, "crash": 1, "restart": 1}),
    "bag": (
        "raft",
        {},
        {"network": "bag", "loss": 3, "dup": 3, "crash": 1, "restart": 1, "detector": "perfect"},
    ),
    "fifo": ("zab", {}, {"network": "fifo", "loss": 2, "dup": 2, "crash": 1, "restart": 1, "disconnect": 2}),
    "ticks": ("lease", {}, {}),
    "roles": ("paxos", {}, {}),
    "spec": ("die_hard", {}, {}),
    "choices": (str(Path(__file__).parent / "dice.py"), {}, {}),
}
"""A model, its parameters, and what of its environment is another."""


def model_of(world: str) -> Model:
    """The model of one of WORLDS."""
    name, parameters, environment = WORLDS[world]
    return adapted(load(name)(**parameters), environment)


def walk(model: Model, seed: int, length: int) -> Trace:
    """A walk of at most so many steps; kinds of events are drawn before events, so that faults come too."""
    chance = random.Random(seed)
    interpreter = Interpreter(model)
    initial = state = chance.choice(interpreter.initial())
    steps = []
    for _ in range(length):
        found = list(interpreter.steps(state))
        if not found:
            break
        kind = chance.choice(sorted({event.kind for event, _ in found}))
        event, state = chance.choice([step for step in found if step[0].kind == kind])
        steps.append(TraceStep(event, state))
    return Trace(initial, tuple(steps))


def reported(model: Model, trace: Trace, name: str = "it can't happen") -> CheckReport:
    """A report that has this trace as its only counterexample."""
    report = check(replace(model, deadlock=True), Limits(depth=0))
    return replace(report, results=(Result(name, "always", Verdict.REFUTED, "it happened", by=Shown(trace)),))


def follow(model: Model, *events: str) -> Trace:
    """The steps that are called so, ``n1 speak``, each the first one whose name begins like that."""
    interpreter = Interpreter(model)
    initial = state = interpreter.initial()[0]
    steps = []
    for wanted in events:
        found = interpreter.steps(state)
        event, state = next(s for s in found if f"{s[0].node or ''} {s[0]}".strip().startswith(wanted))
        steps.append(TraceStep(event, state))
    return Trace(initial, tuple(steps))
