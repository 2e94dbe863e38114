"""Where the records of tables begin, in compiled code, and what is asked of them everywhere.

These functions are the only ones that multiply by the width of a record. LLVM puts them into their callers.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.layout import Ints, Words


@compiled
def in_use(h: Ints, table: int, number: int) -> bool:
    """Whether a table has a record of this number."""
    return bool(0 <= number < h[L.COUNT + table])


@compiled
def in_room(h: Ints, table: int, number: int) -> bool:
    """Whether a table has room for a record of this number."""
    return bool(0 <= number < h[L.CAPACITY + table])


@compiled
def local_at(h: Ints, local: int) -> int:
    """Where a local state begins."""
    assert UNCHECKED or in_use(h, L.LOCALS, local)
    return int(h[L.LOCALS] + L.LOCAL_WIDTH * local)


@compiled
def message_at(h: Ints, message: int) -> int:
    """Where a message begins."""
    assert UNCHECKED or in_use(h, L.MESSAGES, message)
    return int(h[L.MESSAGES] + L.MESSAGE_WIDTH * message)


@compiled
def mailbox_at(h: Ints, box: int) -> int:
    """Where the span of a mailbox begins."""
    assert UNCHECKED or in_room(h, L.MAILBOXES, box)
    return int(h[L.MAILBOXES] + L.SPAN_WIDTH * box)


@compiled
def id_at(h: Ints, id_: int) -> int:
    """Where an id begins."""
    assert UNCHECKED or in_room(h, L.IDS, id_)
    return int(h[L.IDS] + L.ID_WIDTH * id_)


@compiled
def outcome_at(h: Ints, outcome: int) -> int:
    """Where an outcome begins."""
    assert UNCHECKED or in_use(h, L.OUTCOMES, outcome)
    return int(h[L.OUTCOMES] + L.OUTCOME_WIDTH * outcome)


@compiled
def send_at(h: Ints, send: int) -> int:
    """Where a send begins."""
    assert UNCHECKED or in_use(h, L.SENDS, send)
    return int(h[L.SENDS] + L.SEND_WIDTH * send)


@compiled
def outcome_span_at(h: Ints, span: int) -> int:
    """Where a span of outcomes begins."""
    assert UNCHECKED or in_use(h, L.OUTCOME_SPANS, span)
    return int(h[L.OUTCOME_SPANS] + L.SPAN_WIDTH * span)


@compiled
def class_at(h: Ints, move_class: int) -> int:
    """Where a move class begins."""
    assert UNCHECKED or in_use(h, L.CLASSES, move_class)
    return int(h[L.CLASSES] + L.CLASS_WIDTH * move_class)


@compiled
def class_events_at(h: Ints, move_class: int, node: int) -> int:
    """Where the span of a node's events in a move class begins."""
    number = move_class * h[L.NODES] + node
    assert UNCHECKED or in_use(h, L.CLASS_EVENTS, number)
    return int(h[L.CLASS_EVENTS] + L.SPAN_WIDTH * number)


@compiled
def environment_at(h: Ints, environment: int) -> int:
    """Where an environment begins."""
    assert UNCHECKED or in_use(h, L.ENVIRONMENTS, environment)
    return int(h[L.ENVIRONMENTS] + L.ENVIRONMENT_WIDTH * environment)


@compiled
def fault_step_at(h: Ints, number: int) -> int:
    """Where the faults begin that an environment allows and that cost the same."""
    assert UNCHECKED or in_use(h, L.FAULT_STEPS, number)
    return int(h[L.FAULT_STEPS] + L.FAULT_WIDTH * number)


@compiled
def move_at(moves: int, number: int) -> int:
    """Where a move begins, of a list that begins at ``moves``."""
    return moves + L.LIST_HEAD + L.MOVE_WIDTH * number


@compiled
def sending_at(h: Ints, number: int) -> int:
    """Where a sending move begins, of the list that is put together."""
    assert UNCHECKED or in_room(h, L.SENDING, number)
    return int(h[L.SENDING] + L.MOVE_WIDTH * number)


@compiled
def slot_at(span: int, slot: int) -> int:
    """Where a slot for an effect begins, of a span that begins at ``span``."""
    return span + L.EFFECT_WIDTH * slot


@compiled
def effects_at(h: Ints, slot: int) -> int:
    """Where the span of effects begins whose first slot has this number, among all slots."""
    assert UNCHECKED or in_room(h, L.EFFECTS, slot)
    return int(h[L.EFFECTS] + L.EFFECT_WIDTH * slot)


@compiled
def pair_at(start: int, slot: int) -> int:
    """Where a slot of a hash table of pairs begins, in ``q``, of a table that begins at ``start``."""
    return start + L.PAIR_WIDTH * slot


@compiled
def faces_at(h: Ints, table: int, record: int) -> int:
    """Where the faces of a local state, a message or an id begin: one towards each node."""
    assert UNCHECKED or in_room(h, table, record)
    return int(h[table] + h[L.NODES] * record)


@compiled
def exchanged_at(h: Ints, table: int, record: int) -> int:
    """Where it begins what each exchange makes of a local state, a message, an id or an environment."""
    assert UNCHECKED or in_room(h, table, record)
    return int(h[table] + h[L.EXCHANGES] * record)


@compiled
def alive_at(h: Ints, id_: int) -> int:
    """Where it is kept what is left of an id without dead messages."""
    assert UNCHECKED or in_room(h, L.ALIVE, id_)
    return int(h[L.ALIVE] + id_)


@compiled
def least_at(h: Ints, id_: int) -> int:
    """Where the least term of an id is kept."""
    assert UNCHECKED or in_room(h, L.LEAST_TERMS, id_)
    return int(h[L.LEAST_TERMS] + id_)


@compiled
def span_at(h: Ints, table: int, number: int) -> int:
    """Where a span of a table begins whose records are spans alone."""
    assert UNCHECKED or in_room(h, table, number)
    return int(h[table] + L.SPAN_WIDTH * number)


@compiled
def query_at(h: Ints, query: int) -> int:
    """Where a query for Python begins."""
    assert UNCHECKED or in_room(h, L.MISSES, query)
    return int(h[L.MISSES] + L.QUERY_WIDTH * query)


@compiled
def step_to_judge_at(h: Ints, step: int) -> int:
    """Where a step for the judge begins."""
    assert UNCHECKED or in_room(h, L.STEPS_TO_JUDGE, step)
    return int(h[L.STEPS_TO_JUDGE] + L.STEP_WIDTH * step)


@compiled
def wheel_at(h: Ints, wheel: int) -> int:
    """Where a wheel of the odometer begins."""
    assert UNCHECKED or in_use(h, L.TICKERS, wheel)
    return int(h[L.ODOMETER] + L.WHEEL_WIDTH * wheel)


@compiled
def row_at(h: Ints, row: int) -> int:
    """Where a row to work in begins."""
    assert UNCHECKED or in_room(h, L.ROWS, row)
    return int(h[L.ROWS] + row * h[L.FIELDS])


@compiled
def pending_at(h: Ints, pending: int) -> int:
    """Where a pending step begins: its head, then the state that it leads to."""
    assert UNCHECKED or in_room(h, L.PENDING, pending)
    return int(h[L.PENDING] + pending * (h[L.FIELDS] + L.STEP_HEAD))


@compiled
def hash_at(h: Ints, pending: int) -> int:
    """Where the hash of a pending step's state begins, in ``q``."""
    assert UNCHECKED or in_room(h, L.HASHES, pending)
    return int(h[L.HASHES] + L.HASH_WIDTH * pending)


@compiled
def batch_at(h: Ints, state: int) -> int:
    """Where a state of the batch begins."""
    assert UNCHECKED or in_room(h, L.BATCH, state)
    return int(h[L.BATCH] + L.BATCH_WIDTH * state)


@compiled
def observation_at(h: Ints, observation: int) -> int:
    """Where an observation begins."""
    assert UNCHECKED or in_room(h, L.OBSERVATIONS, observation)
    return int(h[L.OBSERVATIONS] + observation * (h[L.FIELDS] - 1))


@compiled
def copy_words(w: Words, source: int, target: int, length: int) -> None:
    """Copy a span of words."""
    for i in range(length):
        w[target + i] = w[source + i]


@compiled
def same_words(v: Words, a: int, w: Words, b: int, length: int) -> bool:
    """Whether two spans of words are equal."""
    for i in range(length):  # noqa: SIM110  (compiled code has no generators)
        if v[a + i] != w[b + i]:
            return False
    return True


@compiled
def local_of(h: Ints, w: Words, id_: int) -> int:
    """The local state of an id."""
    return int(w[id_at(h, id_) + L.LOCAL])


@compiled
def mailbox_of(h: Ints, w: Words, id_: int) -> int:
    """The mailbox of an id."""
    return int(w[id_at(h, id_) + L.MAILBOX])


@compiled
def node_of(h: Ints, w: Words, id_: int) -> int:
    """The node that an id is of."""
    return int(w[local_at(h, local_of(h, w, id_)) + L.NODE])


@compiled
def is_known(h: Ints, w: Words, environment: int) -> bool:
    """Whether Python has told what an environment allows."""
    if environment >= h[L.COUNT + L.ENVIRONMENTS]:
        return False
    return bool(w[environment_at(h, environment) + L.KNOWN] != 0)


@compiled
def is_up(h: Ints, w: Words, id_: int) -> bool:
    """Whether the node of an id is up."""
    return bool(w[local_at(h, local_of(h, w, id_)) + L.UP] != L.DOWN)


@compiled
def is_active(h: Ints, w: Words, id_: int) -> bool:
    """Whether the node of an id is up and takes steps."""
    return bool(w[local_at(h, local_of(h, w, id_)) + L.UP] == L.ACTIVE)


@compiled
def sender(h: Ints, w: Words, message: int) -> int:
    """The node that sent a message."""
    return int(w[message_at(h, message) + L.SENDER])


@compiled
def older(h: Ints, w: Words, message: int) -> int:
    """A message a tick later."""
    return int(w[message_at(h, message) + L.MESSAGE_OLDER])


@compiled
def is_same_message(h: Ints, w: Words, a: int, b: int) -> bool:
    """Whether two messages are equal but for their age."""
    return bool(w[message_at(h, a) + L.MESSAGE_NEW] == w[message_at(h, b) + L.MESSAGE_NEW])


@compiled
def is_notice(h: Ints, w: Words, message: int) -> bool:
    """Whether the environment sent a message."""
    return bool(w[message_at(h, message) + L.MESSAGE_KIND] != L.MESSAGE)
