"""What became of a trace that someone wrote: in words, and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import counted
from elcheck.checker.render import as_json as json_of
from elcheck.checker.render.fit import fitted, head, repeating
from elcheck.checker.render.judgement import as_objects, judgement_table
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.replay.judged import Judgement
from elcheck.checker.replay.script import Script
from elcheck.checker.replay.unfit import Objection
from elcheck.checker.replay.walk import RefusedStep, Walked
from elcheck.checker.traces.trace import Trace


@dataclass(frozen=True)
class ReplayResult:
    """What was written, how far it is allowed, and what the properties say of that."""

    script: Script
    walked: Walked
    judgements: tuple[Judgement, ...]
    model: Model
    exit_code: int

    @property
    def verdict(self) -> str:
        """``allowed``, ``not allowed``, or ``raised``."""
        if self.walked.raised is not None:
            return "raised"
        return "allowed" if self.walked.refused is None else "not allowed"


def as_text(run: Run, answer: ReplayResult, width: int | None = None) -> str:
    """The answer, the trace as far as it is allowed, and what the properties say of it."""
    walked, model = answer.walked, answer.model
    parts = [head(run, model.describe_environment(), width=width), fitted(_headline(answer), width)]
    if walked.refused is not None:
        parts += _why(answer, walked.refused, width)
    parts.append(trace_table(answer.model, walked.trace, width))
    parts.append(judgement_table(answer.judgements, "in this trace", width))
    parts += [fitted(f"Note: {note}.", width) for note in walked.notes]
    return "\n\n".join([*parts, repeating(run, width)])


def _headline(answer: ReplayResult) -> str:
    walked, steps = answer.walked, counted(len(answer.script.steps), "step")
    if walked.raised is not None:
        at = len(walked.trace.steps)
        return click.style("ERROR", fg="red", bold=True) + f": after step {at}: {walked.raised}"
    if walked.refused is None:
        return click.style("ALLOWED", fg="green", bold=True) + f": {steps}{_closed(walked.trace)}"
    refused = walked.refused
    said = f": step {refused.number} of {len(answer.script.steps)}, {refused.step.text}"
    if refused.number is None:
        said = f": {refused.step.text}, after {steps} that can be taken: the loop does not close"
    return click.style("NOT ALLOWED", fg="red", bold=True) + said


def _closed(trace: Trace) -> str:
    """What is to be said of a loop."""
    if trace.loop is None:
        return ""
    if trace.loop == len(trace.steps):
        return ", after which it may stay as it is for ever"
    return (
        f", and the loop closes: the state after step {len(trace.steps)} is the one after step {trace.loop}"
    )


def _why(answer: ReplayResult, refused: RefusedStep, width: int | None) -> list[str]:
    lines = []
    for reason in refused.reasons:
        what = f"{reason.event.located}: " if reason.event is not None else ""
        source = _source(answer, reason)
        lines.append(fitted(f"  {what}{reason.why}" + (f" ({source})" if source else ""), width))
    nearest = [fitted(f"  {event.located}", width) for event in refused.nearest]
    parts = ["Why not:\n" + "\n".join(lines)]
    if refused.number is None:
        return parts + ["A step that would close the loop:\n" + "\n".join(nearest)] * bool(nearest)
    nearest = nearest or ["  none: nothing is enabled here"]
    parts.append("The nearest steps that are allowed:\n" + "\n".join(nearest))
    return [*parts, "The trace up to there:"] if refused.number > 1 else parts


def _source(answer: ReplayResult, reason: Objection) -> str:
    """Where the guard is."""
    event = reason.event
    if event is None or event.fault or event.kind == "tick" or not reason.why.is_of_handler:
        return ""
    handler = Runner(answer.model).handler(event)
    return f"{Path(handler.file).name}:{handler.line}" if handler is not None else ""


def as_json(run: Run, answer: ReplayResult) -> str:
    """One object, in the form that docs/json.md describes."""
    walked, model = answer.walked, answer.model
    document: dict[str, object] = {
        **json_of.asked(run, model),
        "answer": answer.verdict,
        "steps": len(answer.script.steps),
        "refused": None if walked.refused is None else _refused(walked.refused),
        "raised": walked.raised,
        "trace": json_of.trace(model, walked.trace),
        "properties": as_objects(answer.judgements),
        "notes": list(walked.notes),
        "reproduce": run.command,
        "exit_code": answer.exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _refused(refused: RefusedStep) -> dict[str, object]:
    return {
        "step": refused.number,
        "written": refused.step.text,
        "reasons": [
            {"step": None if r.event is None else r.event.located, "why": r.why.text} for r in refused.reasons
        ],
        "nearest": [event.located for event in refused.nearest],
    }
