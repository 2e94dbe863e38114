"""What a state space is made of, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from elcheck.checker.blame.cutoff import Cutoff, PairGrowth
from elcheck.checker.blame.parts import PartCount
from elcheck.checker.blame.report import Blame
from elcheck.checker.blame.variants import VariantCount
from elcheck.checker.model.values import counted
from elcheck.checker.render.as_json import asked
from elcheck.checker.render.estimate import BYTES, SECONDS, in_units, rounded
from elcheck.checker.render.fit import fitted, head, repeating, setting_lines, table
from elcheck.checker.render.run import Run
from elcheck.checker.search.forecast import Forecast

WORDS = {
    "field": "field",
    "messages": "messages",
    "message field": "field of messages",
    "mail": "messages",
    "node": "node",
    "up": "nodes",
    "paused": "nodes",
    "budget": "budget",
    "environment": "environment",
    "monitor": "monitor",
}
BAR = 30
"""Characters of the longest bar."""
LEAST = 200
"""A level that is smaller than such a part of the largest is not shown by itself."""


def as_text(run: Run, found: Blame, width: int | None) -> str:
    """What people read."""
    parts = [head(run, *_head(run, found), width=width)]
    parts += _parts(found, width)
    parts.append(_levels(found, width))
    if found.variants:
        parts.append(_variants(found, width))
    for cutoff in found.cutoffs:
        parts.append(_cutoff(cutoff, width))
    parts += [fitted(f"Left out: {what}.", width) for what in found.unfinished]
    parts.append(repeating(run, width))
    return "\n\n".join(parts)


def _head(run: Run, found: Blame) -> list[str]:
    size = found.size
    lines = setting_lines(run.settings, found.model)
    depth = max(0, len(size.sizes) - 1)
    lines.append(f"{counted(size.distinct, 'state')}, {size.transitions:,} transitions, depth {depth}")
    lines.append(f"searched in {size.seconds:.1f} s by the {size.engine} engine")
    if size.failure is not None:
        lines.append(f"The search ended where something raised: {size.failure}.")
    elif size.stopped is not None:
        lines.append(f"Not all states were found: {size.stopped}. All counts are of those that were.")
        lines += [] if found.forecast is None else [_foreseen(found, found.forecast)]
        lines += [f"What grows with the depth: {'; '.join(found.growing)}."] * bool(found.growing)
    lines += [f"The bound {name} cut steps of {counted(n, 'state')}." for name, n in size.cut.items()]
    return lines


def _foreseen(found: Blame, end: Forecast) -> str:
    size = found.size
    times = end.states / max(1, size.distinct)
    return (
        f"By the growth of its levels, an estimate: about {rounded(end.states)} states in all, "
        f"{in_units(size.seconds * times, SECONDS)}, {in_units(size.bytes_held * times, BYTES)}."
    )


# -- what is told apart ----------------------------------------------------------------------------------


def _parts(found: Blame, width: int | None) -> list[str]:
    whole = found.size.distinct
    rows = sorted([part for part in found.parts if part.left < whole], key=lambda part: part.left)
    lines: list[str] = []
    if rows:
        said = [[part.name, WORDS[part.kind], f"{part.left:,}", _fewer(whole, part.left)] for part in rows]
        headers = ["part", "kind", "states left", "times fewer"]
        lines.append(fitted("What tells states apart, and how many are left if it does not:", width))
        lines[-1] += f"\n{table(said, headers, width, right=headers[2:])}"
    idle = [part for part in found.parts if part.left == whole]
    if idle:
        lines.append(
            fitted(f"The rest tells these, so that to leave one out merges no states: {_named(idle)}.", width)
        )
    if found.live is not None:
        lines.append(fitted(_dead(whole, found.live), width))
    return lines


def _named(parts: Sequence[PartCount]) -> str:
    return ", ".join(part.name for part in parts)


def _dead(whole: int, live: int) -> str:
    if live == whole:
        return "Dead messages: no two states differ only in messages that can change nothing any more."
    return (
        f"Dead messages: {whole - live:,} of {whole:,} states differ from others only in messages that can "
        f"change nothing any more; {live:,} are left without them ({_fewer(whole, live)} times fewer)."
    )


def _fewer(whole: int, left: int) -> str:
    return f"{whole / max(1, left):.1f}" if whole < 100 * left else f"{whole / max(1, left):,.0f}"


# -- depths ----------------------------------------------------------------------------------------------


def _levels(found: Blame, width: int | None) -> str:
    """The states of each depth; small ones at the beginning and the end in a line each."""
    sizes = found.size.sizes
    most = max(sizes, default=1)
    large = [depth for depth, size in enumerate(sizes) if size * LEAST >= most]
    first, last = (large[0], large[-1]) if large else (0, -1)
    rows = []
    if first:
        rows.append([f"0 to {first - 1}" if first > 1 else "0", f"{sum(sizes[:first]):,}", "", ""])
    for depth in range(first, last + 1):
        size, before = sizes[depth], sizes[depth - 1] if depth else 0
        growth = f"{size / before:.2f}" if before else ""
        part = "" if depth < found.size.complete else " (so far)"
        rows.append([f"{depth}{part}", f"{size:,}", growth, "#" * max(1, round(BAR * size / most))])
    if last + 1 < len(sizes):
        rest = f"{last + 1} to {len(sizes) - 1}" if last + 2 < len(sizes) else f"{last + 1}"
        rows.append([rest, f"{sum(sizes[last + 1 :]):,}", "", ""])
    shown = table(rows, ["depth", "states", "growth", ""], width, right=["states", "growth"])
    return f"Where they are:\n{shown}"


# -- beside it -------------------------------------------------------------------------------------------


def _variants(found: Blame, width: int | None) -> str:
    whole = found.size.distinct
    rows = []
    for each in found.variants:
        more = "" if each.stopped is None else "> "
        times = f"{each.states / max(1, whole):.2f}"
        rows.append([f"{each.name} {each.now} → {each.then}", f"{more}{each.states:,}", f"{more}{times}"])
    headers = ["change", "states", "times these"]
    lines = ["What one more and one fewer come to:"]
    lines.append(table(rows, headers, width, right=headers[1:]))
    reasons = dict.fromkeys(each.stopped for each in found.variants if each.stopped is not None)
    lines += [fitted(f"(>: {reason}, and there are more)", width) for reason in reasons]
    return "\n".join(lines)


def _cutoff(cutoff: Cutoff, width: int | None) -> str:
    groups: dict[tuple[object, ...], list[PairGrowth]] = {}
    for row in cutoff.rows:
        groups.setdefault((row.counts, row.settled), []).append(row)
    rows = []
    for alike in groups.values():
        row = alike[0]
        counts = [
            "-" if count is None else f"{count:,}{'' if value in cutoff.complete else '+'}"
            for value, count in zip(cutoff.values, row.counts, strict=True)
        ]
        settled = "-" if row.settled is None else str(row.settled)
        rows.append([", ".join(each.name for each in alike), *counts, settled])
    if not rows:
        return f"With more {cutoff.parameter}: no property looks at nodes."
    headers = ["property", *map(str, cutoff.values), "nothing new from"]
    said = f"How many different views properties have of any two nodes, by {cutoff.parameter}:"
    lines = [fitted(said, width), table(rows, headers, width, right=headers[1:])]
    if any("+" in cell for row in rows for cell in row[1:-1]):
        lines.append("(+: not all states were searched)")
    if any(row.settled is not None for row in cutoff.rows):
        lines.append(
            f"That nothing new came up to {cutoff.parameter} {cutoff.complete[-1]} is evidence of a cut-off, "
            "not a proof."
        )
    return "\n".join([*lines[:2], *(fitted(line, width) for line in lines[2:])])


# -- JSON ------------------------------------------------------------------------------------------------


def as_json(run: Run, found: Blame) -> str:
    """One object, in the form that docs/json.md describes."""
    size = found.size
    document: dict[str, object] = {
        **asked(run, found.model),
        "space": {
            "distinct": size.distinct,
            "transitions": size.transitions,
            "levels": list(size.sizes),
            "complete_levels": size.complete,
            "cut": size.cut,
            "stopped": None if size.stopped is None else str(size.stopped),
            "error": size.failure,
            "engine": size.engine,
            "seconds": round(size.seconds, 3),
            "growing": list(found.growing),
            "estimate": None
            if found.forecast is None
            else {"states": found.forecast.states, "depth": found.forecast.depth},
        },
        "parts": [{"kind": part.kind, "name": part.name, "left": part.left} for part in found.parts],
        "without_dead_messages": found.live,
        "variants": [_variant(each) for each in found.variants],
        "cutoffs": [
            {
                "parameter": cutoff.parameter,
                "values": list(cutoff.values),
                "complete": list(cutoff.complete),
                "properties": [
                    {"name": row.name, "pairs": list(row.counts), "nothing_new_from": row.settled}
                    for row in cutoff.rows
                ],
            }
            for cutoff in found.cutoffs
        ],
        "unfinished": found.unfinished,
        "reproduce": run.command,
        "exit_code": found.exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _variant(each: VariantCount) -> dict[str, object]:
    return {
        "name": each.name,
        "now": each.now,
        "then": each.then,
        "states": each.states,
        "stopped": each.stopped,
    }
