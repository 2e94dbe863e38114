"""What one has to know to take the verdicts of a check for what they are."""

from __future__ import annotations

from collections.abc import Iterator

from elcheck.checker.model.formula import FALSE, TRUE, Not, Or, Release, Until
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.scope import Scope
from elcheck.checker.temporal.assumptions import Assumptions


def notes_of(model: Model, runner: Runner, *, nothing_changes: bool) -> list[str]:
    """The notes of a report. ``runner`` has called the model's handlers; ``nothing_changes``: no step of any
    reachable state does.
    """
    found = model.environment.notes()
    if nothing_changes:
        found.append("no step changes anything: what is claimed was looked at in the initial states alone")
    found += _clocks_that_stand_still(model, runner)
    found += _stopped_clocks(runner.stopped_clocks)
    if any(claim.kind == "liveness" for claim in model.properties):
        assumed = [str(Assumptions(model)), *["what its formulas say"] * bool(model.assume)]
        found.append(f"every state may stutter; assumed is {' and '.join(assumed)}")
    return [*found, *_met_by_all_at_once(model)]


def _clocks_that_stand_still(model: Model, runner: Runner) -> Iterator[str]:
    """Where no time passes, what goes by a clock is not what its author thinks of."""
    by_clocks = {handler.name: None for _, handler in runner.all_handlers() if handler.mark.since is not None}
    if by_clocks and model.environment.delay is None:
        timers = ", ".join(by_clocks)
        yield (
            f"clocks stand still under timing {model.environment.timing}: whoever reads one finds the ticks "
            f"that it began with, and timers ({timers}) run out whatever they show; --timing 'bounded(1)' "
            "lets time pass"
        )


def _stopped_clocks(stopped: dict[NodeId, str]) -> Iterator[str]:
    """A tick is of all nodes: what one node's guard forbids, no node does."""
    for why in dict.fromkeys(stopped.values()):
        nodes = [node.name for node in sorted(stopped) if stopped[node] == why]
        whose = f"{nodes[0]}'s tick is" if len(nodes) == 1 else f"the ticks of {', '.join(nodes)} are"
        yield f"time stands still for all nodes where {whose} guarded: {why}"


def _met_by_all_at_once(model: Model) -> Iterator[str]:
    """A cause of ``each`` is met when all nodes meet it at once, which is seldom meant."""
    for claim in model.properties:
        cause = _cause_of_all(claim)
        if cause is not None and len(model.nodes_with(cause.of)) > 1:
            yield (
                f"the cause of {claim.name!r} is each(...), which is met when all nodes meet it at once; "
                f"each_leads_to(name, {cause.of.__name__}, cause, effect) claims it of every node by itself"
            )


def _cause_of_all(claim: Property) -> Scope | None:
    """The cause of ``leads_to(name, each(...), each(...))``."""
    match claim.formula:
        case Release(left, Or(Not(cause), Until(on_the_way, effect))) if (left, on_the_way) == (FALSE, TRUE):
            scopes = [atom for atom in (cause, effect) if isinstance(atom, Scope) and atom.kind == "each"]
            return scopes[0] if len(scopes) == 2 else None
    return None
