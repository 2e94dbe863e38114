"""What logs have been found to be: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from xml.etree import ElementTree as ET

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.values import counted
from elcheck.checker.render import as_json as json_of
from elcheck.checker.render.diagram import diagram
from elcheck.checker.render.fit import fitted, head, repeating, table
from elcheck.checker.render.judgement import as_objects, in_words, judgement_table
from elcheck.checker.render.junit import as_document
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import LoggedSteps, trace_table
from elcheck.checker.render.wanted import SHORTENED, WHOLE
from elcheck.checker.replay.judged import Judgement
from elcheck.checker.validation.behaviour import Behaviour
from elcheck.checker.validation.guards import GuardUse
from elcheck.checker.validation.logs import NodeLog
from elcheck.checker.validation.result import LogVerdict, Refusal, Validation

_COLOURS = {LogVerdict.ALLOWED: "green", LogVerdict.NOT_ALLOWED: "red", LogVerdict.UNDETERMINED: "yellow"}


def as_text(
    run: Run, found: Validation, steps: int, width: int | None, *, whole: bool, drawn: bool = False
) -> str:
    """The answer, where each node is stuck, the last steps up to there, what the properties say. ``whole``
    adds what was used of the model, ``drawn`` a diagram; without the former each step is a line.
    """
    parts = [
        head(run, *map(_log, found.model.programs, found.logs), width=width),
        fitted(headline(found), width),
    ]
    if found.refusals:
        parts.append("Where each node is stuck, the likeliest cause first:")
        parts += [_refusal(refusal, width) for refusal in found.refusals]
    if found.behaviour is not None:
        parts += _behaviour(found, found.behaviour, steps, width, whole=whole, drawn=drawn)
        if whole:
            parts += _used(found, width)
        else:
            said = "-v says more: which handlers and guards this has used, and each step whole."
            parts.append(fitted(said, width))
    return "\n\n".join([*parts, repeating(run, width)])


def _log(node: NodeId, named: tuple[str, NodeLog | None]) -> str:
    name, log = named
    return f"  {node}" + (f" ({name})" if name != node.name else "") + f": {log_in_words(log)}"


def log_in_words(log: NodeLog | None) -> str:
    """A node's log, and how much of it was understood."""
    if log is None:
        return "its log is missing, and whatever it may have sent is taken to have been sent"
    return f"{log.path}, {len(log.events)} of {counted(log.lines, 'line')} understood"


def headline(found: Validation) -> str:
    """The answer in a line, in colour."""
    said = click.style(found.verdict.value.upper(), fg=_COLOURS[found.verdict], bold=True)
    if found.why:
        return f"{said}: {found.why}"
    behaviour = found.behaviour
    assert behaviour is not None
    hidden = counted(behaviour.hidden, "hidden step")
    if found.verdict is LogVerdict.ALLOWED:
        told = f"a behaviour of the model has logged this, with {hidden}"
        broken = f", and breaks {len(found.broken)} of its properties" if found.broken else ""
        return said + ": " + told + click.style(broken, fg="red", bold=True)
    told = counted(sum(lines is not None for lines in behaviour.observed), "step")
    return f"{said}: after {told} of the logs, and {hidden}, the model allows none of the next lines"


def _refusal(refusal: Refusal, width: int | None) -> str:
    place = click.style(refusal.refs, bold=True)
    source = f" ({refusal.source})" if refusal.source else ""
    lines = [fitted(f"  {place} ({refusal.name}) {refusal.why}{source}", width)]
    logged = [click.style(f"      {ref}  {text}", dim=True) for ref, text in refusal.lines]
    return "\n".join(lines + [fitted(line, width) for line in logged])


def _behaviour(
    found: Validation, behaviour: Behaviour, steps: int, width: int | None, *, whole: bool, drawn: bool
) -> Iterator[str]:
    total = len(behaviour.trace.steps)
    left_out = max(0, total - steps) if steps else 0
    allowed = found.verdict is LogVerdict.ALLOWED
    yield "The behaviour:" if allowed else "The behaviour up to there:"
    logged = LoggedSteps(lines(behaviour), left_out)
    shortened = WHOLE if whole else SHORTENED[-1]
    yield trace_table(behaviour.model, behaviour.trace, width, logged=logged, shortened=shortened)
    if drawn:
        yield diagram(behaviour.model, behaviour.trace, width)
    yield from (fitted(remark, width) for remark in remarks(behaviour))
    if found.judgements:
        said = partial(judged_in_words, behaviour=behaviour)
        yield judgement_table(found.judgements, "in this behaviour", width, said)


def _used(found: Validation, width: int | None) -> Iterator[str]:
    """What was used of the model: its handlers, and their guards."""
    uses = [[f"{use.program}.{use.handler}", str(use.observed), str(use.hidden)] for use in found.coverage]
    yield table(uses, ["handler", "observed", "hidden"], width, right=["observed", "hidden"])
    if found.guards:
        rows = [guard_row(use) for use in found.guards]
        numbers = ["held", "did not"]
        yield table(rows, ["guard", "where", *numbers], width, right=numbers, indented=["guard"])


def guard_row(use: GuardUse) -> list[str]:
    """A guard: its handler and why it forbids a step, where it is, and how often it held and did not."""
    return [f"{use.handler}: {use.why}", use.place, _times(use.held), _times(use.failed)]


def _times(count: int) -> str:
    return f"{count:,}" if count else "never"


def remarks(behaviour: Behaviour) -> Iterator[str]:
    """What has to be known of a behaviour beside its steps."""
    if behaviour.undone:
        refs = ", ".join(step.refs for step in behaviour.undone)
        yield f"Undone by a kill before it was on the disk: {refs}."
    if behaviour.assumed:
        sent = ", ".join(f"{e.msg} from {e.src} to {e.dst}" for e in behaviour.assumed)
        yield f"Taken to have been sent, though no log says so: {sent}."


def lines(behaviour: Behaviour) -> list[str]:
    """The lines of each step, empty for a hidden one."""
    return ["" if lines is None else lines.refs for lines in behaviour.observed]


def judged_in_words(judgement: Judgement, behaviour: Behaviour) -> str:
    """What is said of a property, with the lines of the step that breaks it."""
    return in_words(judgement, lines(behaviour)[judgement.at - 1] if judgement.at else "")


def as_json(run: Run, found: Validation, exit_code: int) -> str:
    """One object, in the form that docs/json.md describes."""
    behaviour = found.behaviour
    document: dict[str, object] = {
        **json_of.asked(run, found.model),
        "answer": found.verdict.value,
        "why": found.why or None,
        "logs": [_log_document(n, *named) for n, named in zip(found.model.programs, found.logs, strict=True)],
        "stuck": [
            {
                "node": refusal.node,
                "step": refusal.name,
                "lines": [{"line": ref, "text": text} for ref, text in refusal.lines],
                "why": refusal.why,
                "source": refusal.source or None,
            }
            for refusal in found.refusals
        ],
        "behaviour": None if behaviour is None else _behaviour_document(behaviour),
        "properties": as_objects(found.judgements),
        "coverage": [
            {"program": u.program, "handler": u.handler, "observed": u.observed, "hidden": u.hidden}
            for u in found.coverage
        ],
        "guards": [vars(use) for use in found.guards],
        "reproduce": run.command,
        "exit_code": exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_junit(run: Run, found: Validation, exit_code: int) -> str:
    """JUnit XML: one test case, which fails unless the logs are a behaviour of the model that keeps to its
    properties.
    """
    wrong = {EXIT["proved"]: None, EXIT["undetermined"]: "error"}.get(exit_code, "failure")
    counts = {f"{kind}s": str(int(kind == wrong)) for kind in ("failure", "error")}
    named = {"name": f"{run.name}: logs", "tests": "1", "skipped": "0"}
    suite = ET.Element("testsuite", {**named, **counts})
    logs = ", ".join(str(log.path) for _, log in found.logs if log is not None)
    case = ET.SubElement(suite, "testcase", classname=run.name, name=logs)
    said = click.unstyle(headline(found))
    if wrong is not None:
        stuck = "\n".join(click.unstyle(_refusal(refusal, None)) for refusal in found.refusals)
        ET.SubElement(case, wrong, message=said).text = stuck or said
    return as_document(suite)


def _log_document(node: NodeId, name: str, log: NodeLog | None) -> dict[str, object]:
    read = {} if log is None else {"file": str(log.path), "lines": log.lines, "understood": len(log.events)}
    return {"node": node.name, "name": name, **read}


def _behaviour_document(behaviour: Behaviour) -> dict[str, object]:
    """The steps with their lines and the state of their node; all states would be as many megabytes."""
    steps = []
    for (_, _, step), told in zip(behaviour.trace.numbered, lines(behaviour), strict=True):
        assert step.event.node is not None
        steps.append(
            {
                "node": step.event.node.name,
                "action": step.event.name,
                "args": {name: json_of.value(v) for name, v in step.event.args},
                "lines": told or None,
                "state": json_of.value(step.state.nodes[step.event.node.index].state),
            }
        )
    start = {view.node.name: json_of.value(view.state) for view in behaviour.trace.initial.nodes}
    return {
        "start": start,
        "assumed": [json_of.envelope(envelope) for envelope in behaviour.assumed],
        "hidden": behaviour.hidden,
        "undone": [step.refs for step in behaviour.undone],
        "steps": steps,
    }
