"""Traces: a path of the packed system as plain states, replayed before anyone is shown it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.model import Model
from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.shift import lowered
from elcheck.checker.model.state import Event, GlobalState, envelope_of
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import counted
from elcheck.checker.system import System
from elcheck.checker.system.system import Path


class ReplayError(Exception):
    """A trace that the model does not allow: a bug of elcheck, never of a model."""


@dataclass(frozen=True)
class TraceStep:
    """What happened, and the state after it."""

    event: Event
    state: GlobalState


@dataclass(frozen=True, repr=False)
class Trace:
    """An initial state and the steps from it. ``loop`` is the number of steps after which a lasso's loop
    starts, None for a finite trace; a loop without steps stutters in the last state for ever. ``rise``: each
    round all terms are so much later, and what was sent in earlier rounds may be under way.
    """

    initial: GlobalState
    steps: tuple[TraceStep, ...]
    loop: int | None = None
    rise: int = 0

    @property
    def states(self) -> list[GlobalState]:
        """Every state of the trace, the initial one first."""
        return [self.initial, *(step.state for step in self.steps)]

    @property
    def numbered(self) -> Iterator[tuple[int, GlobalState, TraceStep]]:
        """Each step with its number, from 1, and the state before it."""
        before = self.initial
        for number, step in enumerate(self.steps, 1):
            yield number, before, step
            before = step.state

    def __repr__(self) -> str:
        again = "" if self.loop is None else f", loop after {self.loop}"
        return f"<Trace of {counted(len(self.steps), 'step')}{again}>"

    def __str__(self) -> str:
        """A step a line: its number, whose it is, what it does; then how a behaviour without end goes on."""
        lines = [
            f"{number} {step.event.node or ''} {step.event}".replace("  ", " ")
            for number, step in enumerate(self.steps, 1)
        ]
        end = [] if self.loop is None else [going_on(self, self.loop)]
        return "\n".join(["0 start", *lines, *end])


def going_on(trace: Trace, loop: int) -> str:
    """How a behaviour without end goes on."""
    if loop == len(trace.steps):
        return "and stays there for ever"
    later = "" if not trace.rise else f", with terms {trace.rise} higher"
    return f"back to step {loop}{later}, and so on for ever"


def trace_of(path: Path, system: System, loop: int | None = None) -> Trace:
    """The plain trace of a path, or lasso, replayed. Raises ReplayError."""
    initial = system.decode(path[0][0])
    steps = [TraceStep(move.event, system.decode(code)) for code, move in path[1:] if move is not None]
    states = [initial, *(step.state for step in steps)]
    rise = 0 if loop is None else _first_term(states[-1]) - _first_term(states[loop])
    trace = Trace(initial, tuple(steps), loop, rise)
    try:
        replay(trace, system.model)
    except (HandlerError, DefinitionError) as error:
        raise ReplayError(f"replaying came to what the search did not meet: {error}") from error
    return trace


def replay(trace: Trace, model: Model) -> None:
    """Walk a trace with the model's handlers alone, and raise ReplayError where they lead elsewhere."""
    interpreter = Interpreter(model)
    if trace.initial not in interpreter.initial():
        raise ReplayError(f"the model has no such initial state: {trace.initial}")
    before = trace.initial
    for number, step in enumerate(trace.steps, 1):
        if (step.event, step.state) not in interpreter.steps(before):
            raise ReplayError(f"step {number}, {step.event}, does not lead from {before} to {step.state}")
        before = step.state
    if trace.loop is not None and not _goes_round(trace, trace.loop, interpreter):
        raise ReplayError(f"the loop does not come back to the state after step {trace.loop}")


def _first_term(state: GlobalState) -> int:
    """The least of the terms of nodes, 0 if they have none."""
    return min((number_of(term) for view in state.nodes for term in parts_of(view.state, Term)), default=0)


def _goes_round(trace: Trace, loop: int, interpreter: Interpreter) -> bool:
    """Whether a loop can be gone round for ever: it leads back to its first state, or to that with terms that
    are so much later. Of the messages under way those that it delivers have to be there again, so much later,
    and if they alone are under way, too; the others hold up nothing, as the first round shows.
    """
    state, later = trace.states[loop], trace.states[-1]
    if not trace.rise:
        return state == later
    steps = trace.steps[loop:]
    delivered = Counter(e for step in steps if (e := envelope_of(step.event)) is not None)
    now = replace(state, network=tuple((Counter(state.network) & delivered).elements()))
    needed = Counter(now.network)
    for step in steps:
        ways = [after for event, after in interpreter.steps(now) if event == step.event]
        same = [after for after in ways if replace(after, network=step.state.network) == step.state]
        if not same:
            return False
        now = same[0]
    begun = lowered(now, trace.rise)
    same_nodes = replace(begun, network=()) == replace(state, network=())
    return trace.rise > 0 and same_nodes and needed <= Counter(begun.network)
