"""The numbers of a system with two nodes exchanged: learned tables, one entry at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from elcheck.checker.model.budget import Left
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.partition import Separation
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Effect, Sends
from elcheck.checker.model.swap import Asymmetry, Swap
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.moves import MASK
from elcheck.checker.system.packed import NodeSystem


class Learned(dict[int, int]):
    """A table whose entries are made on first use."""

    def __init__(self, learn: Callable[[int], int]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, number: int) -> int:
        made = self[number] = self._learn(number)
        return made


class Swapped:
    """What the exchange of two nodes makes of the numbers of a system.

    By the index of a node: ``locals[i]`` of its local states, ``messages[i]`` of its messages, ``ids[i]`` of
    its ids; these lead to numbers of the node in its place. ``monitors[m]`` of a monitor's states;
    ``environments`` of the environment's.
    """

    def __init__(self, system: NodeSystem, swap: Swap) -> None:
        self.swap = swap
        self._system = system
        partitions = tuple(system.environments.partitions.values()) if system.model.separates else ()
        self._partitions = _partitions(swap, partitions)
        self.to = [system.tables[swap.index(i)] for i, _ in enumerate(system.tables)]
        self.locals = self._by_node(self._local)
        self.messages = self._by_node(self._message)
        self.ids = self._by_node(self._id)
        monitors = range(len(system.model.monitors))
        self.monitors = [Learned(partial(self._monitor, at)) for at in monitors]
        self.environments = Learned(self._environment)
        self._events: dict[Event, Event] = {}
        self._effects: dict[Effect, Effect] = {}

    def code(self, code: int) -> int:
        """A state with the two exchanged."""
        system, made = self._system, 0
        for table, there, ids in zip(system.tables, self.to, self.ids, strict=True):
            made += ids[(code >> table.shift) & MASK] << there.shift
        for at, monitor in enumerate(self.monitors):
            shift = system.history.shift(at)
            made += monitor[(code >> shift) & MASK] << shift
        top = system.environments.shift
        return made + (self.environments[code >> top] << top)

    def fields(self, i: int, fields: Iterable[int]) -> set[int]:
        """Some fields of a node, as they are of the node in its place."""
        shift, there = self._system.tables[i].shift, self.to[i].shift
        return {self.ids[i][field >> shift] << there for field in fields}

    def event(self, event: Event) -> Event:
        """An event with the two exchanged."""
        made = self._events.get(event)
        if made is None:
            made = self._events[event] = self.swap.event(event)
        return made

    def sends(self, sends: Sends) -> Sends:
        """What a step sends with the two exchanged, in the order of its targets."""
        return tuple(sorted(map(self._effect, sends), key=_target))

    def _effect(self, effect: Effect) -> Effect:
        known = self._effects.get(effect)
        if known is None:
            made = self.swap.value(effect)
            assert isinstance(made, type(effect))
            known = self._effects[effect] = made
        return known

    def box(self, i: int, box: Mailbox) -> Mailbox:
        """The mailbox of a node as it is of the node in its place."""
        senders = [self.swap.index(src) for src in range(len(self.to))]
        return self._system.tables[i].mailboxes.renumbered(box, self.messages[i], senders)

    # -- one entry -------------------------------------------------------------------------------------

    def _by_node(self, learn: Callable[[int, int], int]) -> list[Learned]:
        """Tables of what becomes of numbers, by the index of their node."""
        tables: list[Learned] = []

        def both_ways(i: int, number: int) -> int:
            made = learn(i, number)
            tables[self.to[i].index][made] = number  # an exchange undoes itself
            return made

        tables += [Learned(partial(both_ways, i)) for i, _ in enumerate(self.to)]
        return tables

    def _local(self, i: int, number: int) -> int:
        known = self._system.tables[i].local_states[number]
        state = self.swap.value(known.state)
        states = self.to[i].local_states
        try:
            made = states.number(state, up=known.up, drops=known.drops, paused=known.paused)
        except HandlerError as error:
            raise Asymmetry(self.swap, str(error)) from error
        self._require_same_views(
            self._system.tables[i].local_states.observation[number], states.observation[made]
        )
        return made

    def _require_same_views(self, observation: int, other: int) -> None:
        """Raise Asymmetry if a property's view tells a local state from the exchanged one."""
        views = self._system.observations.views
        pairs = zip(views[observation], views[other], self._system.claims, strict=True)
        wrong = next((claim for here, there, claim in pairs if self.swap.value(here) != there), None)
        if wrong is not None:
            name = getattr(wrong.scope.look.view, "__name__", "view")
            raise Asymmetry(self.swap, f"the view {name} of {wrong.name!r} tells {self.swap} apart")

    def _message(self, i: int, number: int) -> int:
        sent = self._system.tables[i].messages.known[number]
        made = sent._replace(src=self.swap.node(sent.src), msg=self.swap.value(sent.msg))
        return self.to[i].messages.number(made)

    def _id(self, i: int, number: int) -> int:
        local, box = self._system.tables[i].ids.values[number]
        return self.to[i].ids.number((self.locals[i][local], self.box(i, box)))

    def _monitor(self, at: int, number: int) -> int:
        history = self._system.history
        return history.number(at, self.swap.value(history.state(at, number)))

    def _environment(self, number: int) -> int:
        environments = self._system.environments
        state = environments.state(number)
        return environments.number(self._exchanged(state))

    def _exchanged(self, state: EnvironmentState) -> EnvironmentState:
        standing = None if state.standing is None else self._partitions[state.standing]
        return replace(state, left=tuple(map(self._left, state.left)), standing=standing)

    def _left(self, left: Left) -> Left:
        """What is left of a budget. Raises Asymmetry if only one of the two may fail."""
        if left.of is None:
            return left
        of = {self.swap.node(node): count for node, count in left.of}
        if of.keys() != dict(left.of).keys():
            raise Asymmetry(self.swap, f"the budget of {left.kind} tells {self.swap} apart")
        return replace(left, of=tuple(sorted(of.items())))


def _target(effect: Effect) -> NodeId:
    return effect.dst


def _partitions(swap: Swap, partitions: tuple[Separation, ...]) -> dict[str, str]:
    """The partition, by its name, that each one is after the exchange. Raises Asymmetry if there is none."""
    by_pairs = {(one.pairs, one.heals, one.comes): one.name for one in partitions}
    found = {}
    for one in partitions:
        pairs = frozenset([(swap.node(src), swap.node(dst)) for src, dst in one.pairs])
        exchanged = (pairs, one.heals, one.comes)
        if exchanged not in by_pairs or len(by_pairs) < len(partitions):
            why = f"with {swap} exchanged, the partition {one.name} is none of the model's"
            raise Asymmetry(swap, why)
        found[one.name] = by_pairs[exchanged]
    return found
