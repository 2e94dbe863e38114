"""What a trace owes to the mistake that was put in: each step held against the same model without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from elcheck.checker.interpreter.why_not import Explainer
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import text
from elcheck.checker.temporal.assumptions import Assumptions
from elcheck.checker.traces.changes import Changes, changes
from elcheck.checker.traces.trace import Trace
from elcheck.checker.traces.wording import by_message


@dataclass(frozen=True)
class Otherwise:
    """What would be otherwise without the mistake: ``steps`` by their numbers (0: how it begins); if none of
    them is, ``else_`` says what else there would be.
    """

    steps: Mapping[int, str]
    else_: tuple[str, ...]


def otherwise(trace: Trace, model: Model, sound: Model) -> Otherwise | None:
    """Where ``sound``, the model without the mistake, goes another way than a trace. Each step is asked of
    the state before it: so a mistake shows where it is made, and not again in what follows from it. The sound
    model's bounds play no part. None where the two can't be compared.
    """
    if not _alike(model, sound):
        return None
    explainer = Explainer(replace(sound, bounds=()))
    try:
        steps = dict(_steps(trace, model, explainer))
        return Otherwise(steps, () if steps else tuple(_else(trace, model, explainer)))
    except (HandlerError, DefinitionError):  # of a state that the sound model never comes to
        return None


def _alike(model: Model, sound: Model) -> bool:
    """Whether a state of the one is a state of the other."""

    def shape(of: Model) -> tuple[object, ...]:
        return list(of.programs), of.environment.network, [m.name for m in of.monitors]

    pairs = zip(
        model.programs.values() or [model.program], sound.programs.values() or [sound.program], strict=False
    )
    return shape(model) == shape(sound) and all(isinstance(wrong, type(right)) for wrong, right in pairs)


def _steps(trace: Trace, model: Model, explainer: Explainer) -> Iterator[tuple[int, str]]:
    begins = [_without_budgets(state) for state in explainer.initial()]
    if _without_budgets(trace.initial) not in begins:
        yield 0, _instead(model, begins, _without_budgets(trace.initial))
    for number, before, step in trace.numbered:
        outcomes = [after for event, after in explainer.steps(before) if event == step.event]
        if step.state not in outcomes:
            yield number, _instead(model, outcomes, step.state) or _prevented(explainer, before, step.event)


def _without_budgets(state: GlobalState) -> GlobalState:
    return replace(state, environment=EnvironmentState())


def _prevented(explainer: Explainer, before: GlobalState, event: Event) -> str:
    why = explainer.held_up(before, event)
    if why.kind == "no change":
        return "it would change nothing"
    return f"it could not happen: {why}"


def _instead(model: Model, outcomes: Iterable[GlobalState], after: GlobalState) -> str:
    """How the outcome that comes nearest to a state differs from it; empty if there is none."""
    differing = [changes(model, outcome, after) for outcome in outcomes]
    return _in_words(min(differing, key=_size)) if differing else ""


def _size(differing: Changes) -> int:
    return len(differing.fields) + len(differing.added) + len(differing.removed)


def _in_words(differing: Changes) -> str:
    fields = [f"{c.path} would be {text(c.old)}, not {text(c.new)}" for c in differing.fields]
    more = [f"there would not be {said} under way" for said in by_message(differing.added)]
    less = [f"there would be {said} under way" for said in by_message(differing.removed)]
    return "; ".join([*fields, *more, *less])


def _else(trace: Trace, model: Model, explainer: Explainer) -> Iterator[str]:
    """Where all steps of a trace are possible without the mistake too."""
    last = trace.states[-1]
    there = {event for event, _ in Explainer(replace(model, bounds=())).steps(last)}
    further = dict.fromkeys(event.located for event, _ in explainer.steps(last) if event not in there)
    if further:
        yield f"at its end this could happen: {', '.join(further)}"
    around, now = explainer.model.describe_environment(), model.describe_environment()
    if around != now:
        yield f"the environment would be {around}, not {now}"
    sound, faulty = str(Assumptions(explainer.model)), str(Assumptions(model))
    if trace.loop is not None and sound != faulty:
        yield f"{sound} would be assumed, not {faulty}"
