"""What one trace says of the properties: in words, as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from elcheck.checker.render.fit import table
from elcheck.checker.replay.judged import Judgement


def in_words(judgement: Judgement, lines: str = "") -> str:
    """Where the property is reached or broken, and how; or that it is not. ``lines`` tell of that step."""
    if judgement.at is None:
        return judgement.detail or "not broken"
    where = f"after step {judgement.at}" if judgement.at else "in the initial state"
    if judgement.kind == "step":
        where = f"by step {judgement.at}"
    if judgement.kind == "liveness":
        where = "by the loop"
    where += f" ({lines})" if lines else ""
    if judgement.kind == "sometimes":
        return f"reached {where}"
    return f"{click.style('broken', fg='red', bold=True)} {where}: {judgement.detail}"


def judgement_table(
    judgements: Iterable[Judgement],
    what: str,
    width: int | None,
    said: Callable[[Judgement], str] = in_words,
) -> str:
    """A line for each property, under a title that says of what."""
    rows = [[judgement.name, judgement.kind, said(judgement)] for judgement in judgements]
    return table(rows, ["property", "kind", what], width)


def as_objects(judgements: Iterable[Judgement]) -> list[dict[str, object]]:
    """An object for each property, as docs/json.md describes it."""
    return [{"name": j.name, "kind": j.kind, "at": j.at, "detail": j.detail} for j in judgements]
