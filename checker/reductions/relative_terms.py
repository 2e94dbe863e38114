"""States with their terms counted from the least that is left.

Let every term of a state be later by d. If handlers, monitors and checks only compare, copy and increment
terms, they answer the same, later by d: the shift is an automorphism of the transition system, and a state
and its image are bisimilar (as in Emerson and Sistla, Symmetry and Model Checking, 1996, with an infinite
group; counting from the least is the abstraction that Lamport calls unbounded counters modulo what is in use,
and Petri-net people a covering of markings up to translation). So one state stands for all of them, the one
whose least term is the first. How many there are is bounded by how far the terms are apart, not by how late
they are.
"""

from __future__ import annotations

from functools import partial

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.shift import lowered
from elcheck.checker.model.state import Event
from elcheck.checker.model.terms import Term
from elcheck.checker.reductions.swapped import Learned
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.spread import NONE, least_and_most


def obstacle_to_relative_terms(system: NodeSystem) -> str | None:
    """Why terms can't be counted from the least, whatever handlers do; None if they can be."""
    if any(claim.scope.kind == "whole" for claim in system.claims):
        return "a property looks at whole states"
    ticks = any(system.runner.events(node, "tick") for node in system.runner.nodes)
    if ticks and any(claim.kind == "step" for claim in system.claims):
        return "nodes step together, and properties look at steps"
    for node, program in system.runner.programs.items():
        if parts_of(program, Term):
            return f"{type(program).__name__} at {node} has a term of its own, with which others are compared"
        if any(parts_of(event, Term) for event in _events(system, node)):
            return f"{type(program).__name__} ranges over terms"
    return None


def _events(system: NodeSystem, node: NodeId) -> list[Event]:
    return [event for kind in ("action", "timeout", "fault") for _, event in system.runner.events(node, kind)]


class RelativeTerms:
    """The states of a system with their terms counted from the least."""

    def __init__(self, system: NodeSystem) -> None:
        self._system = system
        nodes, monitors = range(len(system.tables)), range(len(system.model.monitors))
        self._of_ids = [Learned(partial(self._least_of_id, i)) for i in nodes]
        self._of_monitors = [Learned(partial(self._least_of_monitor, at)) for at in monitors]
        self._lower: dict[int, Lowered] = {}

    def base(self, code: int) -> int:
        """The least term of a state without dead messages; 0 if it has none."""
        least = NONE
        for table, of_ids in zip(self._system.tables, self._of_ids, strict=True):
            least = min(least, of_ids[(code >> table.shift) & MASK])
        for at, of_monitor in enumerate(self._of_monitors):
            least = min(least, of_monitor[(code >> self._system.history.shift(at)) & MASK])
        return 0 if least == NONE else least

    def of(self, code: int) -> int:
        """A state without dead messages with its terms counted from the least."""
        base = self.base(code)
        return self.lower(base).code(code) if base else code

    def lower(self, by: int) -> Lowered:
        """The numbers of the system with all terms earlier by so many."""
        found = self._lower.get(by)
        if found is None:
            found = self._lower[by] = Lowered(self._system, by)
        return found

    def least_of_local(self, i: int, local: int) -> int:
        """The least term in a local state of the node i, NONE if there is none."""
        return least_and_most(self._system.tables[i].local_states[local].state)[0]

    def least_of_message(self, i: int, message: int) -> int:
        """The same of a message to it."""
        return least_and_most(self._system.tables[i].messages.msg(message))[0]

    def _least_of_id(self, i: int, id_: int) -> int:
        table = self._system.tables[i]
        local, box = table.ids.values[id_]
        mail = (self.least_of_message(i, message) for message in table.mailboxes.content(box))
        return min(self.least_of_local(i, local), *mail, NONE)

    def _least_of_monitor(self, at: int, number: int) -> int:
        return least_and_most(self._system.history.state(at, number))[0]

    def least_of_monitor(self, at: int, number: int) -> int:
        """The least term in a monitor's state, NONE if there is none."""
        return self._of_monitors[at][number]


class Lowered:
    """The numbers of a system with all terms earlier: learned tables, as in :class:`Swapped`."""

    def __init__(self, system: NodeSystem, by: int) -> None:
        self._system = system
        self._by = by
        nodes, monitors = range(len(system.tables)), range(len(system.model.monitors))
        self.locals = [Learned(partial(self._local, i)) for i in nodes]
        self.messages = [Learned(partial(self._message, i)) for i in nodes]
        self.ids = [Learned(partial(self._id, i)) for i in nodes]
        self.monitors = [Learned(partial(self._monitor, at)) for at in monitors]

    def code(self, code: int) -> int:
        """A state with all terms earlier."""
        for table, ids in zip(self._system.tables, self.ids, strict=True):
            id_ = (code >> table.shift) & MASK
            code += (ids[id_] - id_) << table.shift
        for at, numbers in enumerate(self.monitors):
            shift = self._system.history.shift(at)
            number = (code >> shift) & MASK
            code += (numbers[number] - number) << shift
        return code

    def event(self, event: Event) -> Event:
        """An event with all terms earlier."""
        return lowered(event, self._by)

    def _local(self, i: int, number: int) -> int:
        states = self._system.tables[i].local_states
        known = states[number]
        flags = {"up": known.up, "drops": known.drops, "paused": known.paused}
        return states.number(lowered(known.state, self._by), **flags)

    def _message(self, i: int, number: int) -> int:
        messages = self._system.tables[i].messages
        sent = messages.known[number]
        return messages.number(sent._replace(msg=lowered(sent.msg, self._by)))

    def _id(self, i: int, number: int) -> int:
        table = self._system.tables[i]
        local, box = table.ids.values[number]
        senders = list(range(len(self._system.tables)))
        return table.ids.number(
            (self.locals[i][local], table.mailboxes.renumbered(box, self.messages[i], senders))
        )

    def _monitor(self, at: int, number: int) -> int:
        history = self._system.history
        return history.number(at, lowered(history.state(at, number), self._by))
