"""Messages that can do nothing any more, taken out of mailboxes.

A message m to a node is *dead* in its local state l if delivering it is no step, in l and in every local
state that the node can still come to. So the states with and without it have the same steps, up to it: they
are bisimilar (Milner, Communication and Concurrency, 1989, chapter 4), and one of them will do. Both halves
are questions to the node's own table:

1. wherever m is taken for stale, its delivery leaves the local state as it is, and sends nothing;
2. where m is stale, it is so after every step of the node: of a handler, a tick, a crash that keeps its mail,
   a restart.

Both are asked of all pairs (l, m) from which a message was taken out, and of all that the node's steps lead
to from there, so of no more than what a search of all states meets.

On a sent-set a delivery without effect is no step anyway. On networks that consume, the delivery of a dead
message only removes it; that step is not there any more (docs/semantics.md says what is kept).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from elcheck.checker.model.budget import UNLIMITED
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.formula import Taken, atoms_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.replaced import parts_of
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import Event
from elcheck.checker.model.terms import Term
from elcheck.checker.model.values import text
from elcheck.checker.reductions.staleness import NotStale, Staleness, StaleRule, place_of_handler
from elcheck.checker.reductions.swapped import Learned, Swapped
from elcheck.checker.system.local_states import LearnedCall
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.node_table import NodeTable
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import Found


def obstacle_to_dead_mail(system: NodeSystem) -> str | None:
    """Why no message may be taken out, whatever handlers do; None if messages may be."""
    environment, kinds = system.model.environment, {claim.kind for claim in system.claims}
    if environment.network == "fifo":
        return "on fifo links a message holds up those behind it"
    if any(claim.scope.kind == "whole" for claim in system.claims):
        return "a property looks at whole states, and so at messages"
    if environment.network == "sent-set":
        return None
    if environment.timing != "async":
        return "timeouts wait for deliveries"
    if environment.dup != 0 or environment.loss not in (0, UNLIMITED):
        return "a loss or a duplication may be spent on a dead message"
    if any(bound.name in ("copies", "link") for bound in system.model.bounds):
        return "a bound counts messages"
    if system.model.monitors:
        return "monitors see deliveries"
    if "deadlock" in kinds:
        return "the delivery of a dead message is a step that ends a deadlock"
    return _obstacle_to_liveness(system) if "liveness" in kinds else None


def _obstacle_to_liveness(system: NodeSystem) -> str | None:
    """What else can tell the deliveries of dead messages on a network that consumes."""
    names = StepNames(system.model)
    receipts = [event for event in names.events if event.kind == "receive"]
    for atom, steps in _spoken_of(system.model, names):
        if any(event in steps for event in receipts):
            return f"a formula speaks of deliveries, taken({atom.name!r})"
    if any(event in steps for steps in _fair_together(system.model, names) for event in receipts):
        return "deliveries are fair together, and the delivery of a dead message is one"
    return None


def _spoken_of(model: Model, names: StepNames) -> list[tuple[Taken, Selector]]:
    """The steps that formulas speak of."""
    formulas = [*model.assume, *(claim.formula for claim in model.properties if claim.formula)]
    atoms = (atom for formula in formulas for atom in atoms_of(formula) if isinstance(atom, Taken))
    return [(atom, Selector(atom.name, atom.node, names)) for atom in atoms]


def _fair_together(model: Model, names: StepNames) -> list[Selector]:
    """The steps that are no conditions of fairness of their own each."""
    rules = [rule for rule in (*model.environment.fairness, *model.fairness) if rule.per != "instance"]
    return [Selector(name, None, names) for rule in rules for name in rule.names]


class AskedOfMessage(NamedTuple):
    """What was asked of a message: whether it is stale at a node in a state, and by which rule it is."""

    node: NodeId
    state: object
    msg: object
    rule: StaleRule | None


class DeadMail:
    """The messages of a system that are dead: ids without them, and the check that they are.

    ``ids[i]`` leads from an id of the node i to the id without dead messages.
    """

    def __init__(self, system: NodeSystem, staleness: Staleness) -> None:
        self._system = system
        self.staleness = staleness
        nodes = range(len(system.tables))
        self.ids = [Learned(partial(self._stripped, i)) for i in nodes]
        self._rule: list[dict[tuple[int, int], StaleRule | None]] = [{} for _ in nodes]
        self._asked: list[list[tuple[int, int]]] = [[] for _ in nodes]
        self._taken: list[dict[int, dict[int, None]]] = [{} for _ in nodes]
        self._after: list[dict[int, dict[int, LearnedCall]]] = [{} for _ in nodes]
        self._waiting: list[tuple[int, int, int]] = []
        self._learned = [0 for _ in nodes]
        self._compared = [0 for _ in nodes]
        self._told = [0 for _ in nodes]
        self.some = False
        """Whether any message was taken out."""
        # On a sent-set steps that only send dead messages are left out, unless ends are looked for.
        self.is_sent_set = system.model.environment.network == "sent-set"
        self._lively = any(claim.kind == "liveness" for claim in system.claims)
        names = StepNames(system.model)
        self._told_apart = [
            *(steps for _, steps in _spoken_of(system.model, names)),
            *_fair_together(system.model, names),
        ]
        self.looks_for_ends = any(claim.kind == "deadlock" for claim in system.claims)
        monitors = sum(MASK << system.history.shift(at) for at, _ in enumerate(system.model.monitors))
        self._nodes_and_environment = ~monitors

    def of(self, code: int) -> int:
        """A state without dead messages."""
        for table, ids in zip(self._system.tables, self.ids, strict=True):
            id_ = (code >> table.shift) & MASK
            code += (ids[id_] - id_) << table.shift
        return code

    def steps(self, code: int, found: Found) -> Found:
        """The steps of a state without dead messages, without those that only send such, on a sent-set: soon
        there are none. On networks that consume, these go on for ever. Raises NotStale if a monitor, or what
        looks for ends, could tell.
        """
        if not self.is_sent_set:
            return found
        kept = []
        for succ, move in found:
            alive = self.of(succ)
            if (alive ^ code) & self._nodes_and_environment:
                kept.append((succ, move))
            else:
                self.leave_out(move.event, monitored=alive != code)
        return kept

    def leave_out(self, event: Event, *, monitored: bool) -> None:
        """Leave out a step that only sends dead messages. Raises NotStale if that is not the same.

        Where liveness is claimed it is the same of a step of one term, which passes: if no formula speaks of
        it, and it is fair, if at all, by itself. One that is fair together with others could be taken again
        and again with ever later terms, instead of these.
        """
        passes = bool(parts_of((event.args, event.choice), Term))
        passes = passes and not any(event in steps for steps in self._told_apart)
        if monitored or self.looks_for_ends or (self._lively and not passes):
            what = "is a step where a deadlock is looked for, or may be fair"
            what = "a monitor sees" if monitored else what
            rule = self.staleness.rules[0]
            raise NotStale(rule.key, f"{event.located} only sends messages that are dead, which {what}")

    @property
    def asks_of_idle(self) -> bool:
        """Whether it may matter that a step which only sends dead messages is left out."""
        return self.looks_for_ends or self._lively

    @property
    def rules_used(self) -> list[StaleRule]:
        """The rules by which messages were taken out."""
        found = (
            self._rule[i][local, message]
            for i, taken in enumerate(self._taken)
            for local, messages in taken.items()
            for message in messages
        )
        return list(dict.fromkeys(rule for rule in found if rule is not None))

    def is_dead(self, i: int, local: int, message: int) -> bool:
        """Whether a message is taken for dead in a local state of the node i: in that of a paused node, if it
        is dead once the node goes on. Raises HandlerError.
        """
        local = _resumed(self._system.tables[i], local)
        if self._rule_of(i, local, message) is None:
            return False
        taken = self._taken[i].setdefault(local, {})
        if message not in taken:
            self.some = True
            taken[message] = None
            self._waiting.append((i, local, message))
        return True

    def _rule_of(self, i: int, local: int, message: int) -> StaleRule | None:
        known = self._rule[i].get((local, message))
        if known is None and (local, message) not in self._rule[i]:
            table = self._system.tables[i]
            _, msg, notice, _ = table.messages.known[message]
            if not notice:
                known = self.staleness.rule_for(table.node, table.local_states[local].state, msg)
            self._rule[i][local, message] = known
            self._asked[i].append((local, message))
        return known

    def taken_since(self) -> Iterator[AskedOfMessage]:
        """What was asked since the last time."""
        for i, asked in enumerate(self._asked):
            table = self._system.tables[i]
            for local, message in asked[self._told[i] :]:
                self._told[i] += 1
                state, msg = table.local_states[local].state, table.messages.msg(message)
                yield AskedOfMessage(table.node, state, msg, self._rule[i][local, message])

    def _stripped(self, i: int, id_: int) -> int:
        """The id without dead messages."""
        table = self._system.tables[i]
        local, box = table.ids.values[id_]
        alive = table.mailboxes.kept(box, lambda message: not self.is_dead(i, local, message))
        return id_ if alive == box else table.ids.number((local, alive))

    # -- the check -------------------------------------------------------------------------------------

    def check(self, exchanges: Sequence[Swapped]) -> bool:
        """Check what was taken out since the last time, and what comes of it, also where nodes are exchanged.
        Answers whether that was anything. Raises NotGranted.
        """
        some = self._require_alike(exchanges)
        while any(list(self._new_steps())) or self._waiting:
            some = True
            for i, local, message in self._waiting:
                self._require_no_effect(i, local, message)
            waiting, self._waiting = self._waiting, []
            for i, local, message in waiting:
                for after, call in self._after[i].get(local, {}).items():
                    self._require_still_dead(i, message, local, after, call)
        return some

    def _new_steps(self) -> Iterator[bool]:
        """Add the steps of nodes that were learned since the last time; True for each."""
        for table in self._system.tables:
            i, states = table.index, table.local_states
            for call in states.learned_since(self._learned[i]):
                self._learned[i] += 1
                before = _resumed(table, call.local)
                for after in (_resumed(table, number) for number in _after(table, call)):
                    if after not in self._after[i].setdefault(before, {}):
                        self._after[i][before][after] = call
                        yield True
                        for message in list(self._taken[i].get(before, {})):
                            self._require_still_dead(i, message, before, after, call)

    def _require_no_effect(self, i: int, local: int, message: int) -> None:
        """Raise NotStale if the delivery of a message does anything in a local state."""
        table, rule = self._system.tables[i], self._rule[i][local, message]
        assert rule is not None
        if not table.local_states[local].up:
            return
        try:
            found = table.receipts(local, message)
        except HandlerError as error:
            raise NotStale(rule.key, f"{rule}: {error}") from error
        if any(outcome.after != local or outcome.sends for outcome in found):
            place = place_of_handler(self._system.runner.programs[table.node], rule.handler)
            does = "sends" if all(outcome.after == local for outcome in found) else "changes the state"
            raise NotStale(
                rule.key,
                f"{rule.program}.{rule.handler.name} ({place}) {does} on {self._shown(i, local, message)}",
            )

    def _require_still_dead(self, i: int, message: int, local: int, after: int, call: LearnedCall) -> None:
        """Raise NotStale if a step of its node makes something of a dead message."""
        try:
            if self.is_dead(i, after, message):
                return
        except HandlerError as error:
            rule = self._rule[i][local, message]
            assert rule is not None
            raise NotStale(rule.key, f"{rule}: {error}") from error
        rule = self._rule[i][local, message]
        assert rule is not None
        left = text(self._system.tables[i].local_states[after].state, sparse=True)
        raise NotStale(
            rule.key,
            f"{rule} is not for ever: {self._shown(i, local, message)} is not stale after "
            f"{_said(call)}, in {left}",
        )

    def _shown(self, i: int, local: int, message: int) -> str:
        table = self._system.tables[i]
        state = text(table.local_states[local].state, sparse=True)
        return f"{text(table.messages.msg(message))} at {table.node} in {state}"

    def _require_alike(self, exchanges: Sequence[Swapped]) -> bool:
        """Check that the rules treat nodes alike that may change places; whether that was anything new.

        Raises Asymmetry.
        """
        some = False
        for i, asked in enumerate(self._asked):
            while self._compared[i] < len(asked):
                local, message = asked[self._compared[i]]
                self._compared[i] += 1
                some = True
                for swapped in exchanges:
                    there = swapped.to[i].index
                    image = swapped.locals[i][local], swapped.messages[i][message]
                    here = self._rule[i][local, message] is None
                    if here != (self._rule_of(there, *image) is None):
                        why = f"{self._shown(i, local, message)} is stale, or not, by which node is which"
                        raise swapped.swap.refuted(why)
        return some


def _after(table: NodeTable, call: LearnedCall) -> list[int]:
    """The local states after something that was learned, if the node's mail is kept."""
    states = table.local_states
    if call.kind == "crash":
        return [] if call.drops else list(states.remains(call.local, drops=False))
    if call.kind == "damage":
        return [after for _, after in states.damages(call.local) if not states[call.local].drops]
    if call.kind == "restart":
        return [outcome.after for outcome in states.recoveries(call.local) if not states[call.local].drops]
    return [outcome.after for outcome in states.outcomes_of(call) if not outcome.crosses]


def _resumed(table: NodeTable, local: int) -> int:
    """A local state, of a paused node that in which it goes on."""
    states = table.local_states
    return states.same_but(local, paused=False) if states[local].paused else local


def _said(call: LearnedCall) -> str:
    return str(call.event) if call.event is not None else call.kind
