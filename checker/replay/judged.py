"""Judging the states and steps of one trace by a model's properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.search import is_stuck
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import UNCUT, Cuts, Found, Observation, System
from elcheck.checker.system.views import View, view_of
from elcheck.checker.temporal.certificate import certify
from elcheck.checker.traces.trace import ReplayError, Trace


@dataclass(frozen=True)
class Judgement:
    """What a trace says of a property. ``at`` is the number of steps after which it is decided (of a property
    of steps: the step that breaks it), None if nowhere, with ``detail`` in words. A ``sometimes`` is decided
    where it is reached, every other one where it is broken.
    """

    name: str
    kind: str
    at: int | None
    detail: str


def judged(trace: Trace, model: Model) -> list[Judgement]:
    """What a trace says of every property; then what raised, if something did."""
    system = _Traced(trace, model)
    judge = Judge(system)
    raised: list[Judgement] = []
    at = 0
    try:
        for at in range(len(trace.steps) + 1):
            judge.state(at, at)
            if at == 0:
                judge.begins(at, at)
            if judge.asks_deadlock and system.stuck(at):
                judge.no_next_step(at, at)
            if judge.asks_steps and at:
                judge.step(at - 1, at - 1, at, Move(trace.steps[at - 1].event, visible=True))
    except HandlerError as error:
        raised = [Judgement("nothing raises", "error", at, str(error))]
    found = []
    for number, claim in enumerate(system.claims):
        finding = judge.findings.get(number)
        if claim.kind == "atom":
            continue
        if claim.formula is not None and trace.loop is not None and not raised:
            try:
                found.append(_of_lasso(trace, model, claim, claim.formula))
            except Exception as error:
                why = f"the property {claim.name!r} raises {said(error)}"
                raised = [Judgement("nothing raises", "error", len(trace.steps), why)]
        elif finding is None:
            found.append(Judgement(claim.name, claim.kind, None, _SILENT.get(claim.kind, "")))
        else:
            place = finding.index if finding.step is None else finding.step[0]
            found.append(Judgement(claim.name, claim.kind, place, finding.detail.strip()))
    return found + raised


def _of_lasso(trace: Trace, model: Model, claim: Property, formula: Formula) -> Judgement:
    """What a behaviour without end says of a claim: one that is not fair is no counterexample."""
    try:
        certify(trace, model, formula)
    except ReplayError as why:
        return Judgement(claim.name, claim.kind, None, f"not broken: {why}")
    return Judgement(claim.name, claim.kind, len(trace.steps), "this goes on for ever, and it is fair")


_SILENT = {
    "liveness": "a finite trace does not decide it",
    "possible": "one trace does not decide it",
    "sometimes": "not reached",
}


class _Traced(System):
    """A trace as a system: the code of a state is the number of steps before it."""

    def __init__(self, trace: Trace, model: Model) -> None:
        super().__init__(model, Runner(model))
        self._states: Sequence[GlobalState] = trace.states
        self._steps = [(at, Move(step.event, visible=True)) for at, step in enumerate(trace.steps, 1)]
        self._unbounded = Interpreter(replace(model, bounds=()))  # a step that a bound cuts is a next step
        self._seen: dict[tuple[int, int], View] = {}
        """Views, by claim and node's state: a step leaves the other nodes' as they are, the very objects."""

    def stuck(self, code: int) -> bool:
        """Whether nothing but faults can happen."""
        return is_stuck(event for event, _ in self._unbounded.steps(self._states[code]))

    def initial(self) -> Iterator[int]:
        """The first state."""
        return iter([0])

    def successors(self, code: int) -> tuple[Found, Cuts]:
        """The next state."""
        return self._steps[code : code + 1], UNCUT

    def decode(self, code: int) -> GlobalState:
        """The state itself."""
        return self._states[code]

    def observation(self, code: int) -> Observation:
        """Every state looks different."""
        return (code,)

    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        """To everyone."""
        return observation

    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        """What a claim sees of a state."""
        state, scope = self._states[observation[0]], self.claims[claim].scope
        if not state.nodes:
            return (state.shared,)
        if scope.monitor is not None:
            return (state.history[self.model.place_of(scope.monitor)],)
        views = (self._view(claim, view) for view in state.nodes)
        return tuple(view for view in views if view is not None)

    def _view(self, claim: int, of: NodeView[object]) -> View:
        """What a claim sees of a node."""
        key = claim, id(of)  # all states of the trace are there as long as this is
        if key not in self._seen:
            self._seen[key] = view_of(self.claims[claim].scope, of)
        return self._seen[key]
