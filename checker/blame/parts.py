"""The parts of a state space: what states are told apart by, and how many are left if they are not."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Literal, TypeAlias

from elcheck.checker.blame.columns import Column, NodeColumns, StateColumns, distinct_rows
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.model import Model
from elcheck.checker.system.interning import Interner
from elcheck.checker.system.local_states import LocalState
from elcheck.checker.system.mailboxes import Mailbox
from elcheck.checker.system.node_table import NodeTable

PartKind = Literal[
    "field", "messages", "message field", "mail", "node", "up", "paused", "budget", "environment", "monitor"
]
AnyColumns: TypeAlias = "list[Column[object]]"
MessageKey: TypeAlias = Callable[[object], "Hashable | None"]
"""What is told of a message; None for one that is not told of at all."""


@dataclass(frozen=True)
class Part:
    """Something that states are told apart by. ``rest`` makes the columns without it."""

    kind: PartKind
    name: str
    rest: Callable[[], AnyColumns]


@dataclass(frozen=True)
class PartCount:
    """How many states are left if a part is not told apart."""

    kind: PartKind
    name: str
    left: int


def counted(part: Part) -> PartCount:
    """Count what is left without a part. Raises Ended."""
    return PartCount(part.kind, part.name, distinct_rows(part.rest()))


def parts_of(model: Model, columns: StateColumns) -> Iterator[Part]:
    """All parts of a state space: the fields first, then messages, nodes, monitors and the environment."""
    for cls, name in _fields_met(_local_values(columns)):
        yield Part("field", f"{cls.__name__}.{name}", partial(_without_field, columns, cls, name))
    if columns.shared is not None:
        return
    messages = _messages_met(columns.nodes)
    for met in messages:
        yield Part("messages", met.__name__, partial(_with_mail, columns, partial(_not_of, met)))
    for cls, name in _fields_met(msg for node in columns.nodes for msg in _under_way(node)):
        told = partial(_without, cls, name)
        yield Part("message field", f"{cls.__name__}.{name}", partial(_with_mail, columns, told))
    if len(messages) > 1:
        yield Part("mail", "all that is under way", partial(_with_mail, columns, _nothing))
    for node in columns.nodes:
        yield Part("node", str(node.table.node), partial(_without_node, columns, node))
    if any(not state.up for node in columns.nodes for state in node.local.values):
        yield Part("up", "who is up", partial(_with_locals, columns, _without_up))
    if any(state.paused for node in columns.nodes for state in node.local.values):
        yield Part("paused", "who is paused", partial(_with_locals, columns, _without_paused))
    for at, monitor in enumerate(model.monitors):
        yield Part("monitor", monitor.name, partial(_without_monitor, columns, at))
    yield from _of_environment(columns)


# -- which there are -------------------------------------------------------------------------------------


def _local_values(columns: StateColumns) -> Iterator[object]:
    for node in columns.nodes:
        yield from (state.state for state in node.local.values)
    if columns.shared is not None:
        yield from columns.shared.values


def _fields_met(values: Iterator[object]) -> list[tuple[type, str]]:
    """The fields of the classes of some values."""
    classes: dict[type, None] = dict.fromkeys(type(value) for value in values)
    return [(cls, f.name) for cls in classes if is_dataclass(cls) for f in fields(cls)]


def _under_way(node: NodeColumns) -> Iterator[object]:
    """The messages to a node."""
    met = {message for box in node.mail.values for message in node.table.mailboxes.content(box)}
    return (node.table.messages.msg(message) for message in sorted(met))


def _messages_met(nodes: Sequence[NodeColumns]) -> list[type]:
    return list(dict.fromkeys(type(msg) for node in nodes for msg in _under_way(node)))


def _of_environment(columns: StateColumns) -> Iterator[Part]:
    """The budgets that are spent in some state, the partitions that stand, the early timeouts."""
    environment = columns.environment
    assert environment is not None
    kinds = [left.kind for left in environment.values[0].left]
    names: list[tuple[PartKind, str, Callable[[EnvironmentState], Hashable]]] = [
        *(("budget", kind, partial(_left, at)) for at, kind in enumerate(kinds)),
        ("environment", "the partition that stands", lambda state: state.standing),
        ("budget", "early timeouts", lambda state: state.early_timeouts),
    ]
    for at, (kind, name, value) in enumerate(names):
        if len({value(state) for state in environment.values}) > 1:
            others = [other for place, (_, _, other) in enumerate(names) if place != at]
            yield Part(kind, name, partial(_with_environment, columns, others))


# -- columns without a part ------------------------------------------------------------------------------


def all_columns(columns: StateColumns) -> AnyColumns:
    """Every column."""
    shared = [] if columns.shared is None else [columns.shared]
    return [*shared, *_of_nodes(columns.nodes), *_others(columns)]


def _of_nodes(nodes: Sequence[NodeColumns]) -> AnyColumns:
    return [column for node in nodes for column in (node.local, node.mail)]


def _others(columns: StateColumns) -> AnyColumns:
    environment = [] if columns.environment is None else [columns.environment]
    return [*columns.monitors, *environment]


def _without_field(columns: StateColumns, cls: type, name: str) -> AnyColumns:
    told = partial(_without, cls, name)
    if columns.shared is not None:
        return [columns.shared.merged(told)]
    return _with_locals(columns, lambda state: (told(state.state), state.up, state.paused))


def _with_locals(columns: StateColumns, told: Callable[[LocalState], Hashable]) -> AnyColumns:
    """The columns with only so much told of local states."""
    found: AnyColumns = []
    for node in columns.nodes:
        found += [node.local.merged(told), node.mail]
    return found + _others(columns)


def _with_mail(columns: StateColumns, told: MessageKey) -> AnyColumns:
    """The columns with only so much told of messages."""
    found: AnyColumns = []
    for node in columns.nodes:
        merged = node.mail.merged(MailKey(node.table, told))
        found += [node.local, merged]
    return found + _others(columns)


def _without_node(columns: StateColumns, node: NodeColumns) -> AnyColumns:
    return _of_nodes([other for other in columns.nodes if other is not node]) + _others(columns)


def _without_monitor(columns: StateColumns, at: int) -> AnyColumns:
    others = (*columns.monitors[:at], *columns.monitors[at + 1 :])
    assert columns.environment is not None
    return [*_of_nodes(columns.nodes), *others, columns.environment]


def _with_environment(
    columns: StateColumns, told: Sequence[Callable[[EnvironmentState], Hashable]]
) -> AnyColumns:
    assert columns.environment is not None
    merged = columns.environment.merged(lambda state: tuple(value(state) for value in told))
    return [*_of_nodes(columns.nodes), *columns.monitors, merged]


# -- what is told of a value -----------------------------------------------------------------------------


class MailKey:
    """What is told of a mailbox, by what is told of its messages: in order on a fifo link, a bag's copies
    each, otherwise each once.
    """

    def __init__(self, table: NodeTable, told: MessageKey) -> None:
        self._table = table
        self._told = told
        self._network = table.runner.model.environment.network
        self._keys: Interner[Hashable] = Interner()
        self._of: dict[int, int | None] = {}

    def __call__(self, box: Mailbox) -> Hashable:
        """What is told of a mailbox."""
        return tuple(self._queue(queue) for queue in self._table.mailboxes.queues(box))

    def _queue(self, queue: tuple[int, ...]) -> tuple[int, ...]:
        found = [number for message in queue if (number := self._number(message)) is not None]
        if self._network == "fifo":
            return tuple(found)
        return tuple(sorted(found if self._network == "bag" else set(found)))

    def _number(self, message: int) -> int | None:
        if message not in self._of:
            sent = self._table.messages.known[message]
            told = self._told(sent.msg)
            key = (sent.src, told, sent.notice, sent.age)
            self._of[message] = None if told is None else self._keys.number(key)
        return self._of[message]


def _without(cls: type, name: str, value: object) -> Hashable:
    """A value with its class, without the field of a name if it is of that class."""
    if type(value) is not cls or not is_dataclass(value) or isinstance(value, type):
        return (value,)
    return (cls, *[getattr(value, f.name) for f in fields(value) if f.name != name])


def _not_of(cls: type, msg: object) -> Hashable | None:
    return None if type(msg) is cls else (msg,)


def _nothing(msg: object) -> Hashable | None:
    del msg
    return None


def _without_up(state: LocalState) -> Hashable:
    return (state.state, state.paused)


def _without_paused(state: LocalState) -> Hashable:
    return (state.state, state.up)


def _left(at: int, state: EnvironmentState) -> Hashable:
    return state.left[at]
