"""What was found of claims of induction, as text and as JSON. A step from a state that no run need come to is
never shown like a trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from elcheck.checker.induction.result import Induction, InductionStep, InductionVerdict
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.render.as_json import asked
from elcheck.checker.render.as_json import state as state_as_json
from elcheck.checker.render.fit import fitted, head, repeating, setting_lines, table
from elcheck.checker.render.run import Run
from elcheck.checker.traces.trace import TraceStep
from elcheck.checker.traces.wording import in_words

_COLOURS = {
    InductionVerdict.INDUCTIVE: "green",
    InductionVerdict.NOT_INDUCTIVE: "red",
    InductionVerdict.UNDETERMINED: "yellow",
}


def as_text(run: Run, model: Model, results: Sequence[Induction], width: int | None) -> str:
    """What people read."""
    rows = [[each.claim.name, _verdict(each), _brief(each)] for each in results]
    parts = [
        head(run, *setting_lines(run.settings, model), width=width),
        table(rows, ["claim", "verdict", "detail"], width),
    ]
    parts += ["\n".join(fitted(line, width) for line in _said(model, each)) for each in results]
    return "\n\n".join([*parts, repeating(run, width)])


def _verdict(found: Induction) -> str:
    return click.style(found.verdict.words.upper(), fg=_COLOURS[found.verdict], bold=True)


def _brief(found: Induction) -> str:
    """Why the verdict is what it is."""
    if found.base is not None:
        return "an initial state breaks it"
    if found.counterexample is not None:
        return found.complaint
    if found.raised is not None:
        return "something raised"
    if found.stopped is not None:
        return str(found.stopped)
    if found.leaving is not None:
        return f"{counted(found.leavings, 'step')} out of the universe"
    return "it holds in every reachable state, at any depth" + " within bounds" * bool(found.cut)


def _said(model: Model, found: Induction) -> Iterator[str]:
    """All that there is to say of one claim."""
    of_spec = not model.programs
    yield click.style(found.claim.name, bold=True) + f": {found.verdict.words}"
    yield f"  The universe: {found.universe}."
    looked = "states that satisfy the claim" if of_spec else "different steps of nodes"
    yield f"  {found.asked:,} {looked} were looked at."
    for name, count in sorted(found.cut.items()):
        yield f"  The bound {name} cut {counted(count, 'step')}: what lies across it is not claimed."
    if found.raised is not None:
        yield f"  Something raised, perhaps in a state that no run comes to: {found.raised}"
    if found.base is not None:
        yield f"  An INITIAL state breaks it: {found.base.complaint}"
        yield from _state(found.base.state)
    if found.counterexample is not None:
        yield f"  A step that breaks it, from a state that satisfies it: {found.complaint}"
        yield f"  NOT A TRACE. {_reach(found)}"
        yield from _step(model, found.counterexample)
    if found.leaving is not None and found.counterexample is None:
        yield f"  {counted(found.leavings, 'step')} out of the universe, where nothing is known. The first:"
        if isinstance(found.leaving, InductionStep):
            yield from _step(model, found.leaving)
        else:
            yield from _state(found.leaving)
    if found.verdict is InductionVerdict.INDUCTIVE:
        yield "  All initial states satisfy it, and so does every state after one of the universe that does."


def _reach(found: Induction) -> str:
    """Whether a run comes to the state before."""
    if found.reachable is not None:
        return (
            f"The claim holds in all {counted(found.reachable, 'reachable state')}, so no run comes to the "
            "state before it; the claim is too weak to carry itself."
        )
    if found.violated:
        return "The claim fails in a reachable state, too: as always(...) it is refuted by a trace."
    return "Whether a run comes to the state before it is not known: not all reachable states were searched."


def _step(model: Model, step: InductionStep) -> Iterator[str]:
    yield "    before:"
    yield from _state(step.before)
    yield f"    step: {step.event.located}"
    said = in_words(model, step.before, TraceStep(step.event, step.after))
    yield f"    then: {'; '.join(said) or 'nothing that can be seen'}"


def _state(state: GlobalState) -> Iterator[str]:
    if state.shared is not None:
        yield f"      {text(state.shared)}"
    for node in state.nodes:
        yield f"      {node.node}: {text(node.state, sparse=True)}{'' if node.up else ', down'}"
    for sent in state.network:
        yield f"      under way from {sent.src} to {sent.dst}: {text(sent.msg)}"


# -- JSON ------------------------------------------------------------------------------------------------


def as_json(run: Run, model: Model, results: Sequence[Induction], exit_code: int) -> str:
    """One object, in the form that docs/json.md describes."""
    document: dict[str, object] = {
        **asked(run, model),
        "induction": [_claim(model, each) for each in results],
        "reproduce": run.command,
        "exit_code": exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _claim(model: Model, found: Induction) -> dict[str, object]:
    leaving = found.leaving
    return {
        "name": found.claim.name,
        "verdict": found.verdict.value,
        "detail": _brief(found),
        "universe": found.universe,
        "asked": found.asked,
        "cut": dict(sorted(found.cut.items())),
        "initial_state": None
        if found.base is None
        else {"complaint": found.base.complaint, "state": state_as_json(model, found.base.state)},
        "counterexample_to_induction": None
        if found.counterexample is None
        else {
            "complaint": found.complaint,
            "reachable": _is_reachable(found),
            **_step_as_json(model, found.counterexample),
        },
        "leavings": found.leavings,
        "leaving": None
        if leaving is None
        else _step_as_json(model, leaving)
        if isinstance(leaving, InductionStep)
        else {"initial_state": state_as_json(model, leaving)},
        "error": found.raised,
        "stopped": None if found.stopped is None else str(found.stopped),
        "holds_in_reachable_states": found.reachable,
        "fails_in_a_reachable_state": found.violated,
    }


def _is_reachable(found: Induction) -> bool | None:
    """Whether a run comes to the state before the step: no, where the claim holds in all reachable states;
    null where that is not known.
    """
    return None if found.reachable is None else False


def _step_as_json(model: Model, step: InductionStep) -> dict[str, object]:
    return {
        "before": state_as_json(model, step.before),
        "event": step.event.located,
        "after": state_as_json(model, step.after),
    }
