"""A survivor from near: the first of its answers that differs, and a trace that leads there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.mutation.baseline import AskedQuestion, Baseline
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.questions import OfCrash, OfHandler, OfRestart, answer
from elcheck.checker.mutation.trial import Trial
from elcheck.checker.system import NodeSystem
from elcheck.checker.system.moves import MASK
from elcheck.checker.traces.trace import Trace, TraceStep, trace_of

Occasion: TypeAlias = tuple[NodeId | None, object, bool]
"""Whose local state (None: a Spec's), the state, and whether the node is up."""
AT_ONCE, TRIED = 20, 400
"""States at which the steps of the model and of the mutant are compared: so many at a time, so many in all.
Others are passed over where a handler is asked that something else holds up.
"""


@dataclass(frozen=True)
class Deviation:
    """The first step that a mutant has otherwise than the model: of one event the steps that it has in
    addition (``more``), and those that it has not (``less``); and the trace to where that is.
    """

    event: Event
    before: Trace
    more: tuple[TraceStep, ...]
    less: tuple[TraceStep, ...]

    def trace(self, step: TraceStep) -> Trace:
        """The trace with one of the steps at its end."""
        return Trace(self.before.initial, (*self.before.steps, step))


@dataclass(frozen=True)
class Survivor:
    """A mutant that no property minds. ``differs`` is the first question, in the order of the search, that it
    answers otherwise, ``says`` what it answers; ``deviation`` is None where no single step shows it.
    ``nearest`` is the property that was asked most of what the model never comes to, and how often. ``sound``
    is the model as it is, ``model`` with the mutation.
    """

    mutant: Mutant
    trial: Trial
    differs: AskedQuestion
    says: object
    deviation: Deviation | None
    nearest: tuple[str, int] | None
    sound: Model
    model: Model


def from_near(mutant: Mutant, trial: Trial, baseline: Baseline) -> Survivor:
    """A survivor with what it does otherwise."""
    differing: list[tuple[AskedQuestion, object]] = []
    with mutant.mutation.installed():
        system = baseline.built()
        for asked in baseline.questions(mutant):
            says = answer(asked.question, system)
            if says != asked.answer:
                differing.append((asked, says))
    baseline.forget()
    nearest = max(trial.looks.items(), key=lambda item: item[1], default=None)
    deviation = _first_deviation(mutant, baseline, _events(differing))
    return Survivor(mutant, trial, *differing[0], deviation, nearest, baseline.model, system.model)


def _events(differing: Sequence[tuple[AskedQuestion, object]]) -> dict[Occasion, list[Event]]:
    """The events that may go otherwise, by where."""
    found: dict[Occasion, list[Event]] = {}
    for asked, _ in differing:
        match asked.question:
            case OfHandler(event, state, up):
                found.setdefault((event.node, state, up), []).append(event)
            case OfCrash(node, state):
                found.setdefault((node, state, True), []).append(Event("crash", "crash", node))
            case OfRestart(node, state):
                found.setdefault((node, state, False), []).append(Event("restart", "restart", node))
    return found


def _first_deviation(
    mutant: Mutant, baseline: Baseline, events: Mapping[Occasion, list[Event]]
) -> Deviation | None:
    """Where, in the order of the search, a step goes otherwise first."""
    found = islice(_candidates(baseline, events), TRIED)
    exploration = baseline.report.exploration
    while some := list(islice(found, AT_ONCE)):
        states = [exploration.system.decode(exploration.search.codes[index]) for index, _ in some]
        sound = [_steps(Interpreter(baseline.model), state) for state in states]
        with mutant.mutation.installed():
            interpreter = Interpreter(baseline.built().model)
            mutated = [_steps(interpreter, state) for state in states]
        baseline.forget()
        for (index, event), without, with_it in zip(some, sound, mutated, strict=True):
            more = tuple(step for step in with_it if step not in without and _is_of(event, step))
            less = tuple(step for step in without if step not in with_it and _is_of(event, step))
            if more or less:
                path = exploration.path_to(index)
                return Deviation(event, trace_of(path, exploration.system), more, less)
    return None


def _steps(interpreter: Interpreter, state: GlobalState) -> list[TraceStep]:
    return [TraceStep(event, after) for event, after in interpreter.steps(state)]


def _is_of(event: Event, step: TraceStep) -> bool:
    """Whether a step is one of an event, whatever was chosen in it."""
    taken = step.event
    if event.kind == "tick":
        return taken.kind == "tick"
    same = (taken.kind, taken.name, taken.node) == (event.kind, event.name, event.node)
    return same and (event.worldly or taken.args == event.args)


def _candidates(baseline: Baseline, events: Mapping[Occasion, list[Event]]) -> Iterator[tuple[int, Event]]:
    """The states, by their indices, in which such an event could happen, in the order of the search."""
    exploration = baseline.report.exploration
    system, codes = exploration.system, exploration.search.codes
    if not isinstance(system, NodeSystem):
        for index in range(len(codes)):
            here = (None, system.decode(codes[index]).shared, True)
            yield from ((index, event) for event in events.get(here, ()))
        return
    of_ids: list[dict[int, list[Event]]] = [{} for _ in system.tables]
    for index in range(len(codes)):
        code = codes[index]
        for table, known in zip(system.tables, of_ids, strict=True):
            id_ = code >> table.shift & MASK
            if id_ not in known:
                known[id_] = _of_id(system, table.index, id_, events)
            yield from ((index, event) for event in known[id_])


def _of_id(system: NodeSystem, node: int, id_: int, events: Mapping[Occasion, list[Event]]) -> list[Event]:
    """The events that a node may have in a local state with a mailbox."""
    table = system.tables[node]
    local, box = table.ids.values[id_]
    view = table.local_states.view(local)
    here = events.get((table.node, view.state, view.up), [])
    under_way = {table.messages.known[message][:2] for message, _ in table.mailboxes.deliverable(box)}
    return [
        event
        for event in here
        if event.kind != "receive" or (dict(event.args)["src"], dict(event.args)["msg"]) in under_way
    ]
