"""What came of driving real code: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.driving.campaign import CoverTally, DriveCampaign, said_of_paths
from elcheck.checker.driving.comparing import DriveMismatch
from elcheck.checker.driving.lockstep import Drive, DriveEnding
from elcheck.checker.model.model import Model
from elcheck.checker.model.values import counted, text
from elcheck.checker.render import as_json as json_of
from elcheck.checker.render.fit import fitted, head, repeating, table
from elcheck.checker.render.judgement import as_objects, judgement_table
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.replay.judged import Judgement

_VERDICTS = {DriveEnding.DIFFERS: "differs", DriveEnding.RAISED: "raised", DriveEnding.HUNG: "hung"}


@dataclass(frozen=True)
class DriveResult:
    """What came of driving a subject by a model, and what the properties say of the one trace, if it was
    one.
    """

    campaign: DriveCampaign
    judgements: tuple[Judgement, ...]
    subject: str
    model: Model

    @property
    def verdict(self) -> str:
        """``no difference``, ``differs``, ``raised``, ``hung``, or ``undetermined``."""
        driven = self.campaign.drive
        if driven is not None and driven.wrong:
            return _VERDICTS[driven.ending]
        return "no difference" if self.campaign.complete else "undetermined"

    @property
    def exit_code(self) -> int:
        """The exit code of that."""
        codes = {"no difference": "proved", "differs": "unexpected", "raised": "error", "hung": "error"}
        return EXIT[codes.get(self.verdict, "undetermined")]


def as_text(run: Run, result: DriveResult, width: int | None = None) -> str:
    """The verdict, the trace with both sides where they differ, and how much was driven."""
    campaign, model = result.campaign, result.model
    parts = [head(run, model.describe_environment(), width=width), fitted(_headline(result), width)]
    driven = campaign.drive
    if driven is not None:
        if driven.mismatches:
            parts.append(both_sides(driven.mismatches, width))
        parts.append(trace_table(model, driven.trace, width))
    if result.judgements:
        parts.append(judgement_table(result.judgements, "in this trace", width))
    parts += [fitted(line, width) for line in _tallied(campaign)]
    return "\n\n".join([*parts, repeating(run, width)])


def both_sides(mismatches: Sequence[DriveMismatch], width: int | None = None) -> str:
    """What differs, with what each side has."""
    rows = [[m.what, _said(m, m.model), _said(m, m.subject)] for m in mismatches]
    return table(rows, ["what", "the model", "the subject"], width)


def headline(driven: Drive) -> str:
    """What is wrong, in a line."""
    word = click.style(_VERDICTS[driven.ending].upper(), fg="red", bold=True)
    why = f": {driven.why}" if driven.ending is not DriveEnding.DIFFERS else ""
    return f"{word}: {where(driven)}{why}"


def where(driven: Drive) -> str:
    """The step that ended a drive."""
    steps = driven.trace.steps
    return f"step {len(steps)}, {steps[-1].event.located}" if steps else "the start"


def _said(mismatch: DriveMismatch, value: object) -> str:
    sends = " sends to " in mismatch.what and isinstance(value, tuple)
    if not sends:
        return text(value)
    assert isinstance(value, tuple)
    return ", ".join(map(text, value)) or "nothing"


def _headline(result: DriveResult) -> str:
    driven, campaign = result.campaign.drive, result.campaign
    if driven is not None and driven.wrong:
        return f"{headline(driven)}{_shortened(campaign)}"
    if campaign.complete:
        word = click.style("NO DIFFERENCE", fg="green", bold=True)
        steps = f"after each of {counted(len(driven.trace.steps), 'step')}" if driven is not None else ""
        return f"{word}: {steps or _driven(campaign)}"
    word = click.style("UNDETERMINED", fg="yellow", bold=True)
    if driven is not None:
        return f"{word}: {where(driven)}: {driven.why}"
    return f"{word}: no difference, but not all was driven: {_driven(campaign)}"


def _shortened(campaign: DriveCampaign) -> str:
    assert campaign.drive is not None
    steps = len(campaign.drive.trace.steps)
    if campaign.from_steps is None or campaign.from_steps == steps:
        return ""
    return f" (shortened from {counted(campaign.from_steps, 'step')})"


def _driven(campaign: DriveCampaign) -> str:
    if campaign.cover is not None:
        return f"{_covered(campaign.cover)}, on {said_of_paths(campaign.tally)}"
    return f"on {said_of_paths(campaign.tally)}"


def _covered(cover: CoverTally) -> str:
    calls = counted(cover.total, "distinct handler call")
    return f"{cover.made:,} of {calls} of {counted(cover.states, 'state')} were made"


def _tallied(campaign: DriveCampaign) -> list[str]:
    """How much was driven, and why not more."""
    lines = []
    if campaign.drive is not None and campaign.plan != "trace":
        lines.append(f"Up to there {_driven(campaign)}.")
    if campaign.cover is not None:
        lines += [f"{counted(n, 'call')} not made: {why}." for why, n in campaign.cover.given_up.items()]
    elif campaign.plan == "walks":
        lines += [f"{counted(n, 'walk')} ended early: {why}." for why, n in campaign.tally.whys.items()]
    if campaign.stopped is not None:
        lines.append(f"Stopped: {campaign.stopped}.")
    return [*lines, f"It took {campaign.seconds:.1f} s."]


def as_json(run: Run, result: DriveResult) -> str:
    """One object, in the form that docs/json.md describes."""
    campaign, model = result.campaign, result.model
    driven, cover, tally = campaign.drive, campaign.cover, campaign.tally
    document: dict[str, object] = {
        **json_of.asked(run, model),
        "subject": result.subject,
        "plan": campaign.plan,
        "answer": result.verdict,
        "ended": None if driven is None else _ended(driven),
        "shortened_from": campaign.from_steps,
        "trace": None if driven is None else json_of.trace(model, driven.trace),
        "properties": as_objects(result.judgements),
        "driven": {
            "paths": tally.paths,
            "steps": tally.steps,
            "longest": tally.longest,
            "seconds": round(campaign.seconds, 3),
            "stopped": None if campaign.stopped is None else str(campaign.stopped),
            "ended_early": dict(tally.whys),
        },
        "calls": None
        if cover is None
        else {
            "made": cover.made,
            "total": cover.total,
            "states": cover.states,
            "not_made": dict(cover.given_up),
        },
        "reproduce": run.command,
        "exit_code": result.exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _ended(driven: Drive) -> dict[str, object]:
    return {
        "how": driven.ending.value,
        "step": len(driven.trace.steps),
        "why": driven.why,
        "differences": [
            {"what": m.what, "model": json_of.value(m.model), "subject": json_of.value(m.subject)}
            for m in driven.mismatches
        ],
    }
