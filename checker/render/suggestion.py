"""Properties worth having, as Python to paste into a model, and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from elcheck.checker.check.verdict import Verdict
from elcheck.checker.model.model import Model
from elcheck.checker.model.values import counted
from elcheck.checker.render import as_json as json_of
from elcheck.checker.render.fit import NBSP, fitted, head, repeating, setting_lines, wrapped
from elcheck.checker.render.run import Run
from elcheck.checker.render.summary import beyond
from elcheck.checker.suggestion.suggest import Suggestion, Suggestions


def as_text(run: Run, model: Model, found: Suggestions, width: int | None) -> str:
    """What was found out, and the lines to paste."""
    lines = [fitted(line, width) for line in _said(run, found)]
    parts = [head(run, *setting_lines(run.settings, model), width=width), "\n".join(lines)]
    if found.found:
        parts.append("\n".join(pasted(found, width)))
    return "\n\n".join([*parts, repeating(run, width)])


def _said(run: Run, found: Suggestions) -> Iterator[str]:
    if found.stopped:
        yield f"Not every state was examined: {found.stopped}. A --depth bounds what has to be examined."
    all_ = counted(found.candidates, "candidate")
    if not found.found and not found.stopped:
        yield f"Nothing to suggest: none of {all_} holds in all states."
    if not found.found or found.stats is None:
        return
    states = counted(found.stats.distinct, "state")
    yield f"{counted(len(found.found) + found.more, 'suggestion')} of {all_}, which hold in {states}."
    if any(each.bounded for each in found.found):
        cut = beyond(run.parameters, found.stats).replace(NBSP, " ")
        yield f"They hold within bounds, and may not hold beyond: {cut}."
    if found.mutants:
        yield (
            f"First those that most of {counted(found.mutants, 'mutant')} break, sooner than anything else "
            "and than what is claimed already."
        )
    if found.more:
        yield f"The plainest {len(found.found)} are shown."


def pasted(found: Suggestions, width: int | None) -> Iterator[str]:
    """The lines of Python: what they import, then the properties."""
    used = dict.fromkeys(name for each in found.found for name in _names(each))
    yield from wrapped(f"from elcheck import ({', '.join(sorted(used))})", width or 1000, indent="    ")
    for name, module in found.imported:
        yield f"from {module} import {name}"
    for each in found.found:
        yield ""
        yield from _property(each, width or 1000)


def _names(each: Suggestion) -> tuple[str, str]:
    return each.claim.kind, each.claim.scope.partition("(")[0]


def _property(each: Suggestion, width: int) -> Iterator[str]:
    """A property, with a remark on what it is worth. In brackets Python lets a line end at any blank."""
    score = each.score
    if score is not None and score.kills:
        steps = "" if score.fewest is None else f", in {counted(score.fewest, 'step')} at the soonest"
        alone = "" if not score.alone else f", {score.alone} of them alone"
        yield from (f"# {line}" for line in textwrap.wrap(f"kills {score.kills}{alone}{steps}", width - 2))
    line = f"{each.claim.line},"
    if len(line) <= width:
        yield line
        return
    yield f"{each.claim.kind}("
    parts = textwrap.wrap(each.claim.name, width - 8, drop_whitespace=False) or [""]
    yield from (f'    "{part}"{"," * (at == len(parts))}' for at, part in enumerate(parts, 1))
    yield from wrapped(f"    {each.claim.scope},", width, at_brackets=False, indent=" " * 8)
    yield "),"


def as_json(run: Run, model: Model, found: Suggestions, exit_code: int) -> str:
    """One object, in the form that docs/suggest.md describes."""
    document = {
        **json_of.asked(run, model),
        "states": None if found.stats is None else found.stats.distinct,
        "exhaustive": found.stats is not None and found.stats.exhaustive,
        "stopped": found.stopped or None,
        "candidates": found.candidates,
        "mutants": found.mutants,
        "left_out": found.more,
        "imports": [{"name": name, "module": module} for name, module in found.imported],
        "suggestions": [_object(each) for each in found.found],
        "reproduce": run.command,
        "exit_code": exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _object(each: Suggestion) -> dict[str, object]:
    score = each.score
    return {
        "name": each.claim.name,
        "kind": each.claim.kind,
        "python": each.claim.line,
        "verdict": (Verdict.HOLDS if each.bounded else Verdict.PROVED).value,
        "kills": None if score is None else score.kills,
        "alone": None if score is None else score.alone,
        "steps": None if score is None else score.fewest,
    }
