"""What is seen of the states that a model comes to: the local states of each class, and the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from elcheck.checker.blame.columns import columns_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed, Disconnected, Message, State
from elcheck.checker.search.search import Exploration
from elcheck.checker.system import NodeSystem


@dataclass(frozen=True)
class SeenClass:
    """A class of local states with all of its states that are met, and how many ``nodes`` have such; of a
    Spec's states that is 0.
    """

    of: type[State]
    states: tuple[State, ...]
    nodes: int


@dataclass(frozen=True)
class SeenMessages:
    """A class of messages with those that are met, and the classes of those who send and get them."""

    of: type[Message]
    messages: tuple[Message, ...]
    senders: frozenset[type[State]]
    receivers: frozenset[type[State]]


@dataclass(frozen=True)
class SeenStates:
    """All of it."""

    classes: tuple[SeenClass, ...]
    messages: tuple[SeenMessages, ...]


def seen_in(exploration: Exploration) -> SeenStates:
    """What a search has met. Raises Ended."""
    columns = columns_of(exploration)
    if columns.shared is not None:
        return SeenStates(tuple(_classes([columns.shared.values], shared=True)), ())
    nodes = [[local.state for local in node.local.values] for node in columns.nodes]
    return SeenStates(tuple(_classes(nodes)), tuple(_messages(exploration)))


def _classes(nodes: Iterable[Iterable[object]], *, shared: bool = False) -> Iterable[SeenClass]:
    met: dict[type[State], dict[State, None]] = {}
    having: Counter[type[State]] = Counter()
    for states in nodes:
        own = [state for state in states if isinstance(state, State)]
        having.update({type(state) for state in own})
        for state in own:
            met.setdefault(type(state), {})[state] = None
    for of, found in met.items():
        yield SeenClass(of, tuple(found), 0 if shared else having[of])


def _messages(exploration: Exploration) -> Iterable[SeenMessages]:
    """What nodes send each other; a class of states for each node, that of its first one."""
    system = exploration.system.full
    assert isinstance(system, NodeSystem)
    own: dict[NodeId, type[State]] = {}
    for table in system.tables:
        state = table.local_states.view(0).state
        assert isinstance(state, State)
        own[table.node] = type(state)
    met: dict[type[Message], dict[Message, None]] = {}
    ends: dict[type[Message], tuple[set[type[State]], set[type[State]]]] = {}
    for table in system.tables:
        for sent in table.messages.known:
            src, msg = sent[:2]
            if isinstance(msg, Message) and not isinstance(msg, Crashed | Disconnected):
                met.setdefault(type(msg), {})[msg] = None
                senders, receivers = ends.setdefault(type(msg), (set(), set()))
                senders.add(own[src])
                receivers.add(own[table.node])
    for of, messages in met.items():
        yield SeenMessages(of, tuple(messages), *map(frozenset, ends[of]))
