"""Why none of the steps of a state is the one that was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elcheck.checker.interpreter.why_not import Explainer, Reason, around
from elcheck.checker.model.errors import instead
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.replay.script import JsonStep, WrittenStep, fit
from elcheck.checker.traces.trace import Trace

MOST = 4
"""Reasons that are given, at most."""


@dataclass(frozen=True)
class Objection:
    """Why a written step can't happen. ``event`` is what was meant, if the model knows of it."""

    event: Event | None
    why: Reason


def reasons(step: WrittenStep, trace: Trace, explainer: Explainer) -> Iterator[Objection]:
    """Why no step fits after a trace: of each event that may have been meant what holds it up, each answer
    once; or else what became of the message, or what is wrong with the words. Raises HandlerError when a
    handler does.
    """
    state = trace.states[-1]
    meant = [(fit(step, event, explainer.names), event) for event in dict.fromkeys(explainer.events(state))]
    best = max((quality for quality, _ in meant), default=0)
    if best == 0:
        yield Objection(None, around(_gone(step, trace, explainer) or _unknown(step, state, explainer)))
        return
    given: set[Reason] = set()
    for quality, event in meant:
        if quality == best and len(given) < MOST:
            why = explainer.why_not(state, event)
            if why not in given:
                given.add(why)
                yield Objection(event, why)


def _gone(step: WrittenStep, trace: Trace, explainer: Explainer) -> str | None:
    """Which step took the message that is meant, if it was under way before."""
    later = set(explainer.events(trace.states[-1]))
    for number in range(len(trace.steps), 0, -1):
        known = later
        later = set(explainer.events(trace.states[number - 1]))
        if any(fit(step, event, explainer.names) for event in later - known):
            what = trace.steps[number - 1].event.located
            return f"no such message is under way any more: it went in step {number}, {what}"
    return None


def _unknown(step: WrittenStep, state: GlobalState, explainer: Explainer) -> str:
    """What is wrong with a step that nothing in this state has to do with."""
    names, nodes = explainer.names.all_written, [node.name for node in explainer.nodes]
    name = _name(step, names)
    node = _node(step, name, nodes)
    if name is None:
        asked = _first_word(step, node)
        return f"the model has no handler or fault called {asked!r}; {instead(asked, names, 'it has')}"
    if node is not None and not nodes:
        return f"a Spec has no nodes, and the step names one: {node!r}"
    if node is not None and node not in nodes:
        return f"there is no node {node!r}; {instead(node, nodes, 'the nodes are')}"
    owners = [n.name for n in explainer.nodes if _has(explainer, n.name, name)]
    if owners and node is not None and node not in owners:
        program = type(next(p for n, p in explainer.runner.programs.items() if n.name == node)).__name__
        return f"{node} runs {program}, which has no handler {name}; {', '.join(owners)} have it"
    return _unfit(name, node, state, explainer)


def _unfit(name: str, node: str | None, state: GlobalState, explainer: Explainer) -> str:
    """What there is instead, where a name is right and the rest is not."""
    if name in ("partition", "heal") and not explainer.partitions:
        none = "there are none in this environment: --partition is 0"
        return none if name == "partition" else "no partition stands"
    of_name = [e for e in explainer.events(state) if name in explainer.names.written(e)]
    here = [e for e in of_name if node is None or e.node is None or e.node.name == node]
    letters = name in ("lose", "duplicate") or _receives(explainer, name)
    said = ", ".join(dict.fromkeys(event.located for event in here[:MOST])) + (
        ", ..." if len(here) > MOST else ""
    )
    if letters:
        to = f" to {node}" if node is not None else ""
        return f"no such message is under way{to}; " + (f"there is {said}" if here else "there is none")
    return f"{name} has no such arguments; there is {said}" if here else f"there is no {name} in this state"


def _has(explainer: Explainer, node: str, name: str) -> bool:
    found = next(n for n in explainer.nodes if n.name == node)
    program = type(explainer.runner.programs[found]).__name__
    return any(owner == program and h.name == name for owner, h in explainer.runner.all_handlers())


def _receives(explainer: Explainer, name: str) -> bool:
    return any(h.name == name and h.mark.kind == "receive" for _, h in explainer.runner.all_handlers())


def _name(step: WrittenStep, names: Sequence[str]) -> str | None:
    if isinstance(step, JsonStep):
        return step.action if step.action in names else None
    return next((word for word in step.words if word in names), None)


def _node(step: WrittenStep, name: str | None, nodes: Sequence[str]) -> str | None:
    """The node that a step names in front of its name, known or not."""
    if isinstance(step, JsonStep):
        return step.node
    first, colon, _ = step.text.partition(":")
    if colon and first.split() and len(first.split()) == 1 and "(" not in first:
        return first.strip()
    said = step.words
    if not said:
        return None
    return said[0] if said[:1] != (name,) and (said[1:2] == (name,) or said[0] in nodes) else None


def _first_word(step: WrittenStep, node: str | None) -> str:
    if isinstance(step, JsonStep):
        return step.action
    return next((word for word in step.words if word != node), step.text)
