"""The proof that only the order of terms counts: everything that was learned, once more with later terms.

A model can do no more with a :class:`Term` than compare, copy and increment it, so what it answers is the
same for later terms, unless it has a term from elsewhere: a constant that it compares with, or puts in. Every
call that was learned is made again with all terms later by each of SHIFTS, and has to answer the same, later
by that; and the terms that it is given are marked, so that a comparison with any other is noticed, whatever
it comes to. (That a function of an abstract type commutes with maps between its models is parametricity:
Reynolds, Types, Abstraction and Parametric Polymorphism, 1983; Wadler, Theorems for Free, 1989.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.disks import damages
from elcheck.checker.model.handlers import place_if_known, short_place_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import State, survivor
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.shift import AbsoluteTerms, Shift
from elcheck.checker.model.state import Event, NodeView
from elcheck.checker.model.step import Step
from elcheck.checker.model.values import text
from elcheck.checker.reductions.dead_mail import AskedOfMessage, DeadMail
from elcheck.checker.reductions.own_terms import shifts_to_own_terms
from elcheck.checker.system.history import MonitorCall, MonitorStep
from elcheck.checker.system.local_states import LearnedCall, LocalOutcome, LocalState
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.views import view_of

SHIFTS = (1, 1_000_003)
"""By how many terms later: to the next, and to one that a constant would hardly be."""


class ShiftInvariance:
    """The check of later terms on all that a system has learned, and will learn."""

    def __init__(self, system: NodeSystem, dead: DeadMail | None) -> None:
        self._system = system
        self._dead = dead
        self.shifts = [Shift(by) for by in dict.fromkeys((*SHIFTS, *shifts_to_own_terms(system.model)))]
        self._called = [0] * len(system.tables)
        self._seen = [0] * len(system.tables)
        self._monitored = [0] * len(system.model.monitors)

    def check(self) -> None:
        """Check what was learned since the last time. Raises AbsoluteTerms."""
        for table in self._system.tables:
            i, states = table.index, table.local_states
            for call in states.learned_since(self._called[i]):
                self._called[i] += 1
                self._check_call(table, call)
            for number in range(self._seen[i], len(states.known)):
                self._check_views(table, number)
            self._seen[i] = len(states.known)
        for at, checked in enumerate(self._monitored):
            for step, after in self._system.history.learned_since(at, checked):
                self._monitored[at] += 1
                self._check_monitor(at, step, after)
        for taken in () if self._dead is None else self._dead.taken_since():
            self._check_stale(taken)

    def _require(
        self, what: Callable[[], str], ask: Callable[[Shift], object], wanted: Callable[[Shift], object]
    ) -> None:
        """Raise AbsoluteTerms unless something answers, of later terms, what is wanted. ``what`` is asked for
        if it does not.
        """
        for shift in self.shifts:
            try:
                answer = shift.watched(partial(ask, shift))
            except HandlerError as error:
                raise AbsoluteTerms(str(error)) from error
            except AbsoluteTerms as refutation:
                raise AbsoluteTerms(f"{what()}: {refutation}") from refutation
            if answer != wanted(shift):
                raise AbsoluteTerms(f"{what()}: with later terms it answers otherwise")

    # -- handlers --------------------------------------------------------------------------------------

    def _check_call(self, table: NodeTable, call: LearnedCall) -> None:
        runner, states, node = self._system.runner, table.local_states, table.node
        before = states[call.local].state
        what = partial(self._said, table, call)
        if call.kind == "crash":
            left = [states[n].state for n in states.remains(call.local, drops=call.drops)]
            self._require(
                what,
                lambda shift: Counter(runner.remains(node, shift.kept(before))),
                lambda shift: Counter(map(shift.kept, left)),
            )
        elif call.kind == "damage":
            hurt = [(field, states[n].state) for field, n in states.damages(call.local)]
            self._require(
                what,
                lambda shift: Counter(damages(shift.kept(before))),
                lambda shift: Counter(map(shift.value, hurt)),
            )
        elif call.kind == "restart":
            found = states.recoveries(call.local)
            self._require(
                what,
                lambda shift: self._plain(runner.recoveries(node, shift.kept(before))),
                lambda shift: self._outcomes(table, found, shift),
            )
        else:
            assert call.event is not None
            self._check_event(table, call, call.event, what)

    def _said(self, table: NodeTable, call: LearnedCall) -> str:
        """What was called, and where."""
        before = text(table.local_states[call.local].state, sparse=True)
        if call.kind == "damage":
            return f"a damage in {before}"
        program = type(self._system.runner.programs[table.node])
        place = short_place_of(getattr(program, call.method))
        return f"{program.__name__}.{call.method} ({place}), {call.said} in {before}"

    def _check_event(
        self, table: NodeTable, call: LearnedCall, event: Event, what: Callable[[], str]
    ) -> None:
        runner, states, before = self._system.runner, table.local_states, table.local_states[call.local].state
        idle, found = states[call.local] if call.kind == "idle tick" else None, states.outcomes_of(call)
        self._require(
            what,
            lambda shift: self._plain(runner.take(shift.value(event), shift.kept(before)).steps, idle),
            lambda shift: self._outcomes(table, found, shift),
        )

    def _plain(self, steps: Iterable[Step[State]], idle: LocalState | None = None) -> Counter[object]:
        """What steps come to: of a paused node its state alone, of one that is down what is durable."""
        if idle is not None:
            left = dict.fromkeys(step.state if idle.up else survivor(step.state) for step in steps)
            return Counter((state, (), (), self._system.runner.crossed(state)) for state in left)
        crossed = self._system.runner.crossed
        return Counter((s.state, s.sends, tuple(sorted(s.choice)), crossed(s.state)) for s in steps)

    def _outcomes(self, table: NodeTable, outcomes: Iterable[LocalOutcome], shift: Shift) -> Counter[object]:
        """What outcomes come to, with later terms."""
        states = table.local_states
        return Counter(
            (
                shift.kept(states[o.after].state),
                shift.value(o.sends),
                shift.value(tuple(sorted(o.event.choice))),
                o.crosses,
            )
            for o in outcomes
        )

    # -- what else looks at terms ----------------------------------------------------------------------

    def _check_views(self, table: NodeTable, number: int) -> None:
        """Check that properties see of a local state with later terms the same, later."""
        known = table.local_states[number]
        views = self._system.observations.views[table.local_states.observation[number]]
        for claim, view in zip(self._system.claims, views, strict=True):
            if view is not None and claim.scope.look.view is not None:
                name = getattr(claim.scope.look.view, "__name__", "view")
                shown = partial(_shown, claim.scope, table.node, known)
                self._require(
                    partial("the view {} of {!r}".format, name, claim.name), shown, partial(_later, view)
                )

    def _check_monitor(self, at: int, step: MonitorStep, after: int) -> None:
        history, monitor = self._system.history, self._system.model.monitors[at]
        (now, event, old, new), wanted = history.seen(at, step), history.state(at, after)

        def seen(shift: Shift) -> MonitorCall:
            before, after = (replace(view, state=shift.kept(view.state)) for view in (old, new))
            return shift.kept(now), shift.kept(event), before, after

        self._require(
            lambda: (
                f"the monitor {monitor.name}{place_if_known(monitor.after, short=True)}, at {event.located}"
            ),
            lambda shift: history.answer(at, seen(shift)),
            lambda shift: shift.kept(wanted),
        )

    def _check_stale(self, taken: AskedOfMessage) -> None:
        assert self._dead is not None
        staleness = self._dead.staleness
        self._require(
            lambda: f"what is stale at {taken.node}, {text(taken.msg)} in {text(taken.state, sparse=True)}",
            lambda s: staleness.rule_for(taken.node, s.kept(taken.state), s.value(taken.msg)),
            lambda _: taken.rule,
        )


def _shown(scope: Scope, node: NodeId, known: LocalState, shift: Shift) -> object:
    """What a property sees of a local state with later terms."""
    return view_of(scope, NodeView(node, known.up, shift.kept(known.state), known.paused))


def _later(value: object, shift: Shift) -> object:
    """A value with later terms."""
    return shift.value(value)
