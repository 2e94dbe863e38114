"""What one trace says of a property, in words."""

from __future__ import annotations

import click

from elcheck.checker.replay.judged import Judgement


def in_words(judgement: Judgement) -> str:
    """Where the property is reached or broken, and how; or that it is not."""
    if judgement.at is None:
        return judgement.detail or "not broken"
    where = f"after step {judgement.at}" if judgement.at else "in the initial state"
    if judgement.kind == "sometimes":
        return f"reached {where}"
    if judgement.kind == "step":
        where = f"by step {judgement.at}"
    if judgement.kind == "liveness":
        where = "by the loop"
    return f"{click.style('broken', fg='red', bold=True)} {where}: {judgement.detail}"
