"""Why a lasso is fair: for every condition of fairness, how its loop meets it.

This is found by running handlers on the plain states of the loop, without the graph and the automaton that
the lasso was found with, and so it is their check as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.model import Model
from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.terms import Term
from elcheck.checker.temporal.promises import Promise, Promises
from elcheck.checker.temporal.semantics import LassoWord, breaks, satisfies
from elcheck.checker.traces.trace import ReplayError, Trace


@dataclass(frozen=True)
class Kept:
    """How a condition is met: by a step of the trace that is one of its steps, or, if it is weak, by the
    state after a step of the trace (0: the initial one), in which none is enabled; or, where each round has
    later terms, since its steps are of one term.
    """

    condition: str
    how: Literal["taken", "disabled", "passed"]
    at: int

    def __str__(self) -> str:
        if self.how == "passed":
            return f"{self.condition}: of a term that passes"
        where = f"taken at step {self.at}" if self.how == "taken" else f"not enabled after step {self.at}"
        return f"{self.condition}: {where}"


@dataclass(frozen=True)
class Certificate:
    """How each condition is met that is enabled somewhere in the loop. Every other is never enabled there.

    ``held_up``: the timeouts, or the tick, that only timing keeps from happening, in the whole loop.
    """

    kept: tuple[Kept, ...]
    held_up: tuple[str, ...] = ()


def certify(trace: Trace, model: Model, claim: Formula) -> Certificate:
    """Check that a lasso is a fair behaviour that breaks a claim, or that a path breaks it however it goes on
    (some fair behaviour does). Raises ReplayError if it is not.
    """
    if trace.loop is None:
        if model.assume or not breaks(claim, trace.states, [step.event for step in trace.steps], model):
            raise ReplayError("the claim may still hold of a behaviour that begins so")
        return Certificate(())
    word = _word(trace, trace.loop)
    if satisfies(claim, word, model):
        raise ReplayError("the lasso satisfies the claim")
    if not all(satisfies(formula, word, model) for formula in model.assume):
        raise ReplayError("the lasso does not satisfy what is assumed")
    promises = Promises(model)
    unbounded = Interpreter(replace(model, bounds=()))  # what a bound cuts is enabled all the same
    enabled = [
        dict.fromkeys(p for event, _ in unbounded.steps(state) if (p := promises.of(event)) is not None)
        for state in word.states[trace.loop :]
    ]
    taken = {promises.of(step.event): n for n, step in enumerate(trace.steps, 1) if n > trace.loop}
    somewhere = dict.fromkeys(promise for found in enabled for promise in found)
    kept = []
    for promise in somewhere:
        if trace.rise and promise not in taken and parts_of(promise.shared, Term):
            kept.append(Kept(str(promise), "passed", len(trace.steps)))  # soon all terms are later
        else:
            kept.append(_kept(promise, taken, enabled, trace.loop))
    return Certificate(tuple(kept), _held_up(word.states[trace.loop :], unbounded))


def _held_up(loop: Sequence[GlobalState], interpreter: Interpreter) -> tuple[str, ...]:
    """What could happen all along a loop if it did not have to wait for what else can, and can nowhere."""
    waits: dict[str, str] = {}
    happen: set[str] = set()
    for at, state in enumerate(loop):
        if not state.environment.synchronous or not state.nodes:
            return ()
        unhurried = replace(state, environment=replace(state.environment, early_timeouts=None))
        now = [event for event, _ in interpreter.steps(state) if not event.fault]
        try:
            sooner = [e.located for e, _ in interpreter.steps(unhurried) if e.kind in ("timeout", "tick")]
        except HandlerError:  # of a handler that is not asked before its time
            return ()
        happen.update(event.located for event in now)
        waits = {
            what: waits.get(what, now[0].located) for what in sooner if now and (not at or what in waits)
        }
    return tuple(f"{what} waits, since {why} can happen" for what, why in waits.items() if what not in happen)


def _word(trace: Trace, loop: int) -> LassoWord:
    events = tuple(step.event for step in trace.steps)
    if len(events) == loop:
        return LassoWord(tuple(trace.states), (*events, None), loop)
    return LassoWord(tuple(trace.states[:-1]), events, loop)


def _kept(
    promise: Promise,
    taken: dict[Promise | None, int],
    enabled: list[dict[Promise, None]],
    loop: int,
) -> Kept:
    if promise in taken:
        return Kept(str(promise), "taken", taken[promise])
    missing = next((at for at, here in enumerate(enabled) if promise not in here), None)
    if promise.strong or missing is None:
        raise ReplayError(f"the lasso breaks {promise}")
    return Kept(str(promise), "disabled", loop + missing)
