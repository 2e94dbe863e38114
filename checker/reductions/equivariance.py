"""The proof that nodes are interchangeable: everything that was learned, once more with two nodes exchanged.

Let G be the group that the exchanges g of neighbours in a block generate. If for every call that was learned
(a local state and an event, a crash, a restart, a monitor's step) and each g the handler answers, of the
exchanged arguments, what it answered with the nodes exchanged, and if the same is then asked of each of
these calls, until nothing new comes, then the steps of every state in the closure commute with all of G. (An
exchange undoes itself: what a call and its image come to is compared once, for both.) So
states that differ by a member of G have the same steps up to that, and one of them may stand for all (Clarke,
Enders, Filkorn and Jha, Exploiting Symmetry in Temporal Logic Model Checking, Formal Methods in System Design
9, 1996; Emerson and Sistla, Symmetry and Model Checking, same volume). There symmetry is a matter of syntax,
or of a type whose values can only be compared (Ip and Dill, Better Verification through Symmetry, same
volume); here it is a fact about finite tables. The closure is what a search without symmetry learns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.handlers import short_place_of
from elcheck.checker.model.state import Event
from elcheck.checker.model.swap import Asymmetry
from elcheck.checker.model.values import text
from elcheck.checker.reductions.swapped import Swapped
from elcheck.checker.system.history import MonitorStep
from elcheck.checker.system.local_states import LearnedCall, LocalOutcome
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.ticks import TICK

_Call: TypeAlias = tuple[int, str, int, int, bool]
"""A call that was learned: the node's index, what kind it is, the numbers of local state and event, and
whether messages are dropped.
"""

SPLIT = "a crash lets split sends out in the order of their targets"


def crashes_split_sends(system: NodeSystem) -> bool:
    """Whether a node may crash between sends: some targets are served before others then."""
    return system.runner.splits and system.model.environment.crash != 0


class Equivariance:
    """The check of some exchanges on all that a system has learned, and will learn."""

    def __init__(self, system: NodeSystem, exchanges: Sequence[Swapped]) -> None:
        self._system = system
        self._exchanges = exchanges
        self._checked = [0] * len(system.tables)
        self._monitored = [0] * len(system.model.monitors)
        self._compared: list[set[_Call]] = [set() for _ in exchanges]
        self._events = [
            {(e.name, e.args): (n, e) for n, e in self._numbered(table)} for table in system.tables
        ]

    def _numbered(self, table: NodeTable) -> list[tuple[int, Event]]:
        """The events of a node that are no deliveries, with their numbers."""
        ticks = [(TICK, event) for _, event in self._system.runner.events(table.node, "tick")]
        system, i = self._system, table.index
        others = [(n, e) for n, _, e in (*system.timers[i], *system.own_faults[i])]
        return [*system.actions[i], *others, *ticks]

    def check_starts(self) -> None:
        """Check that the initial states are closed under the exchanges. Raises Asymmetry. Where they are all
        combinations of the nodes' starts, each of these is looked at, not each combination.
        """
        free = self._system.free_starts()
        starts = frozenset(self._system.initial() if free is None else ())
        for swapped in self._exchanges:
            if free is None:
                closed = all(swapped.code(code) in starts for code in starts)
            else:
                closed = all(
                    swapped.fields(i, fields) == set(free[swapped.swap.index(i)])
                    for i, fields in enumerate(free)
                )
            if not closed:
                raise Asymmetry(
                    swapped.swap, f"with {swapped.swap} exchanged, an initial state is none of the model's"
                )

    def check(self) -> None:
        """Check what was learned since the last time, and what is learned on the way. Raises Asymmetry."""
        if crashes_split_sends(self._system):
            raise Asymmetry(self._exchanges[0].swap, SPLIT)
        again = True
        while again:
            again = False
            for table in self._system.tables:
                for call in table.local_states.learned_since(self._checked[table.index]):
                    self._checked[table.index] += 1
                    again = True
                    own = (table.index, call.kind, call.local, call.key, call.drops)
                    for swapped, compared in zip(self._exchanges, self._compared, strict=True):
                        if own in compared:
                            compared.remove(own)
                        elif (image := self._image(table, call, swapped)) != own:
                            compared.add(image)
            again = self._check_monitors() or again

    # -- handlers --------------------------------------------------------------------------------------

    def _image(self, table: NodeTable, call: LearnedCall, swapped: Swapped) -> _Call:
        """What a call is with two nodes exchanged; that one comes to the same, or Asymmetry is raised."""
        there = swapped.to[table.index]
        local = swapped.locals[table.index][call.local]
        try:
            key, same = self._compare(table, there, call, local, swapped)
        except HandlerError as error:
            raise Asymmetry(swapped.swap, str(error)) from error
        if not same:
            raise Asymmetry(swapped.swap, self._shown(table, there, call))
        return there.index, call.kind, local, key, call.drops

    def _compare(
        self, table: NodeTable, there: NodeTable, call: LearnedCall, local: int, swapped: Swapped
    ) -> tuple[int, bool]:
        """The key of a call's image, and whether the two come to the same."""
        here, states = table.local_states, there.local_states
        to = swapped.locals[table.index]
        if call.kind == "crash":
            left = here.remains(call.local, drops=call.drops)
            remains = states.remains(local, drops=call.drops)
            return call.key, Counter(to[n] for n in left) == Counter(remains)
        if call.kind == "damage":
            hurt = Counter((field, to[left]) for field, left in here.damages(call.local))
            return call.key, hurt == Counter(states.damages(local))
        if call.kind == "restart":
            back = states.recoveries(local)
            return call.key, _agree(here.recoveries(call.local), back, table.index, swapped)
        key, found = self._outcomes(there, local, table, call, swapped)
        return key, _agree(here.outcomes_of(call), found, table.index, swapped)

    def _outcomes(
        self, there: NodeTable, local: int, table: NodeTable, call: LearnedCall, swapped: Swapped
    ) -> tuple[int, Sequence[LocalOutcome]]:
        """The number of an event at the node in the other's place, with its outcomes in the exchanged local
        state.
        """
        assert call.event is not None
        if call.key >= 0:
            message = swapped.messages[table.index][call.key]
            return message, there.receipts(local, message)
        event = swapped.event(call.event)
        known = self._events[there.index].get((event.name, event.args))
        if known is None:
            raise Asymmetry(swapped.swap, f"{there.node} has no {event}, and {table.node} has {call.event}")
        if call.kind == "idle tick":
            return known[0], there.local_states.idle_ticks(local, *known)
        return known[0], there.local_states.outcomes(local, *known)

    def _shown(self, table: NodeTable, there: NodeTable, call: LearnedCall) -> str:
        """Which call shows that two nodes are not alike."""
        state = text(table.local_states[call.local].state, sparse=True)
        if table is there:
            alike = f"{table.node} does not treat them alike"
        else:
            alike = f"{there.node} answers otherwise than {table.node}"
        program = self._system.runner.programs[table.node]
        place = short_place_of(getattr(type(program), call.method))
        return f"{alike}: {place}, {call.said} in {state}"

    # -- monitors --------------------------------------------------------------------------------------

    def _check_monitors(self) -> bool:
        """Check what monitors did since the last time; whether that was anything."""
        history, some = self._system.history, False
        for at, checked in enumerate(self._monitored):
            steps = history.learned_since(at, checked)
            self._monitored[at] += len(steps)
            some = some or bool(steps)
            for step, after in steps:
                for swapped in self._exchanges:
                    self._check_step(at, step, after, swapped)
        return some

    def _check_step(self, at: int, step: MonitorStep, after: int, swapped: Swapped) -> None:
        now, event, node, old, new = step
        monitors, locals_ = swapped.monitors[at], swapped.locals[node]
        image = (monitors[now], swapped.event(event), swapped.to[node].index, locals_[old], locals_[new])
        try:
            same = self._system.history.step(at, image) == monitors[after]
        except HandlerError as error:
            raise Asymmetry(swapped.swap, str(error)) from error
        if not same:
            name = self._system.model.monitors[at].name
            why = f"the monitor {name} tells {swapped.swap} apart, at {event.located}"
            raise Asymmetry(swapped.swap, why)


def _agree(found: Sequence[LocalOutcome], others: Sequence[LocalOutcome], i: int, swapped: Swapped) -> bool:
    """Whether the outcomes of the node i are, with two nodes exchanged, those of the node in its place."""
    if len(found) != len(others) or not found:
        return len(found) == len(others)
    exchanged = [_renamed(outcome, i, swapped) for outcome in found]
    plain = list(map(_plain, others))
    return exchanged == plain or (len(found) > 1 and Counter(exchanged) == Counter(plain))


def _plain(outcome: LocalOutcome) -> tuple[object, ...]:
    """What an outcome comes to."""
    return outcome.after, outcome.sends, outcome.crosses, outcome.due


def _renamed(outcome: LocalOutcome, i: int, swapped: Swapped) -> tuple[object, ...]:
    """What an outcome comes to where two nodes are exchanged."""
    return swapped.locals[i][outcome.after], swapped.sends(outcome.sends), outcome.crosses, outcome.due
