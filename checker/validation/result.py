"""What comes of a validation: whether the logs are of a behaviour of the model, and if not, where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.replay.judged import Judgement
from elcheck.checker.validation.behaviour import Behaviour
from elcheck.checker.validation.guards import GuardUse
from elcheck.checker.validation.logs import NodeLog
from elcheck.checker.validation.mail import Mail
from elcheck.checker.validation.matcher import Stuck
from elcheck.checker.validation.words import in_words


class LogVerdict(Enum):
    """What is said of logs."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Refusal:
    """A node's next lines, which can't be a step: why not, and where the handler is that they would be."""

    node: str
    name: str
    refs: str
    lines: Sequence[tuple[str, str]]
    why: str
    source: str


@dataclass(frozen=True)
class HandlerUse:
    """How often a handler was run along the behaviour: with lines that tell of it, and without."""

    program: str
    handler: str
    observed: int
    hidden: int


@dataclass(frozen=True)
class Validation:
    """The answer. parameters: of the model, by what was given and the logs. refusals: where each node is
    stuck, the likeliest cause first. why: the limit that ended the search, or what these logs have that the
    model has not. judgements: what the properties say of the behaviour, as far as it goes.
    """

    model: Model
    parameters: Mapping[str, object]
    logs: Sequence[tuple[str, NodeLog | None]]
    verdict: LogVerdict
    behaviour: Behaviour | None
    refusals: tuple[Refusal, ...]
    why: str
    judgements: tuple[Judgement, ...]
    coverage: tuple[HandlerUse, ...]
    guards: tuple[GuardUse, ...] = ()

    @property
    def broken(self) -> list[Judgement]:
        """The properties that the behaviour breaks."""
        kinds = ("sometimes", "possible")
        return [
            judgement
            for judgement in self.judgements
            if judgement.at is not None and judgement.kind not in kinds
        ]


def in_order(stuck: Sequence[Stuck]) -> list[Stuck]:
    """The likeliest cause first: who is wrong by itself before who waits for a message, then by time."""
    return sorted(stuck, key=lambda s: (s.why.stage == "message", s.step.time or 0.0))


def refusals_of(stuck: Sequence[Stuck], mail: Mail, runner: Runner) -> tuple[Refusal, ...]:
    """Where the nodes are stuck, in words, the likeliest cause first."""
    return tuple(
        Refusal(
            s.node.name,
            s.step.name,
            s.step.refs,
            tuple((str(event.ref), event.text) for event in s.step.events),
            in_words(s.node, s.why, mail),
            _source(runner, s),
        )
        for s in in_order(stuck)
    )


def _source(runner: Runner, stuck: Stuck) -> str:
    """Where the handler is whose guard or outcome is in the way."""
    if stuck.why.stage not in ("guard", "after", "sends"):
        return ""
    program = type(runner.programs[stuck.node]).__name__
    places = (
        f"{Path(handler.file).name}:{handler.line}"
        for owner, handler in runner.all_handlers()
        if (owner, handler.name) == (program, stuck.why.call.handler)
    )
    return next(places, "")


def coverage_of(behaviour: Behaviour, runner: Runner) -> tuple[HandlerUse, ...]:
    """Every handler, with how often the behaviour has run it."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    for step, lines in zip(behaviour.trace.steps, behaviour.observed, strict=True):
        if step.event.node is not None and not step.event.fault:
            program = type(runner.programs[step.event.node]).__name__
            counts[program, step.event.name, lines is not None] += 1
    known = dict.fromkeys((owner, handler.name) for owner, handler in runner.all_handlers())
    return tuple(HandlerUse(p, h, counts[p, h, True], counts[p, h, False]) for p, h in known)
