"""Operations: what clients invoke and what they get, and whether an object that works alone could answer so.

A client's local state says which operation it has under way, and what the last one came to
(:class:`Client`). Monitors read from that when an operation is invoked and when it returns. An operation
whose client crashed, or gave up (:data:`UNKNOWN`), stays under way: it may take effect at any time, or never.

============================  ==========================================================================
``linearizable``              each operation takes effect at one moment between its invocation and its return
``sequentially_consistent``   there is one order of all operations, in which each client's own come in turn
``monotonic_reads``           what a client reads does not get older
``no_value_without_a_write``  between two reads that differ, somebody invoked a write of the second's value
============================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeAlias, TypeVar, cast

from elcheck import Bag, Event, Map, Monitor, NodeId, NodeView, Property, Record, always, history, text

V = TypeVar("V")
Effect: TypeAlias = tuple[Hashable, Hashable]
"""The state of an object after an operation, and what the operation returns."""


class Operation(Record):
    """What a client asks for: ``Operation("write", 3)``."""

    name: str
    argument: Hashable = None

    def __str__(self) -> str:
        return f"{self.name}({'' if self.argument is None else self.argument})"


class Unknown(Record):
    """See :data:`UNKNOWN`."""


UNKNOWN = Unknown()
"""What an operation returns whose client has given up: it may take effect at any time, or never."""


class Client(Protocol):
    """A local state of one who invokes operations, one at a time."""

    @property
    def under_way(self) -> Operation | None:
        """What it has invoked, and has no answer to. Between two equal operations it has to be None."""

    @property
    def returned(self) -> Hashable:
        """What the last operation that is over came to."""


# -- objects -----------------------------------------------------------------------------------------------


class SequentialObject(Record):
    """An object as it works alone. Write a subclass for one of your own."""

    def start(self) -> Hashable:
        """Its first state."""
        raise NotImplementedError

    def apply(self, state: Hashable, operation: Operation, client: NodeId) -> Iterable[Effect]:
        """What an operation of a client may come to: several effects, or none as long as it has to wait."""
        raise NotImplementedError


class Register(SequentialObject):
    """``read()`` returns what was written last, ``write(v)`` nothing, ``swap((old, new))`` whether it was
    ``old``, and then it is ``new``.
    """

    first: Hashable = None

    def start(self) -> Hashable:
        """Its first state."""
        return self.first

    def apply(self, state: Hashable, operation: Operation, client: NodeId) -> Iterable[Effect]:
        """Its operations."""
        match operation:
            case Operation("read"):
                yield state, state
            case Operation("write", value):
                yield value, None
            case Operation("swap", (old, new)):
                yield (new, True) if state == old else (state, False)
            case _:
                raise _unknown(self, operation)


class Queue(SequentialObject):
    """``put(v)`` returns nothing; ``take()`` what was put first, None if there is nothing."""

    def start(self) -> Hashable:
        """Its first state."""
        return ()

    def apply(self, state: Hashable, operation: Operation, client: NodeId) -> Iterable[Effect]:
        """Its operations."""
        assert isinstance(state, tuple)
        match operation:
            case Operation("put", value):
                yield (*state, value), None
            case Operation("take"):
                yield state[1:], state[0] if state else None
            case _:
                raise _unknown(self, operation)


class Lock(SequentialObject):
    """``acquire()`` waits until the lock is free, and returns how often it was taken: a fencing token, if
    ``tokens`` says so, else nothing. ``release()`` returns whether the client had it.
    """

    tokens: bool = False

    def start(self) -> Hashable:
        """Its first state."""
        return None, 0

    def apply(self, state: Hashable, operation: Operation, client: NodeId) -> Iterable[Effect]:
        """Its operations."""
        assert isinstance(state, tuple)
        holder, taken = state
        match operation:
            case Operation("acquire"):
                token = taken + self.tokens
                if holder is None:
                    yield (client, token), token if self.tokens else None
            case Operation("release"):
                yield (None, taken) if holder == client else state, holder == client
            case _:
                raise _unknown(self, operation)


def _unknown(what: SequentialObject, operation: Operation) -> ValueError:
    return ValueError(f"a {type(what).__name__} has no operation {operation.name!r}")


# -- what happens to operations ----------------------------------------------------------------------------


class Happened(NamedTuple):
    """An operation is invoked, returns (``result``), or loses its client."""

    how: str
    client: NodeId
    operation: Operation
    result: Hashable = None


def happened(before: NodeView[Client], after: NodeView[Client]) -> Iterator[Happened]:
    """What a step of a client does to its operations."""
    old: Operation | None = before.state.under_way if before.up else None
    new: Operation | None = after.state.under_way if after.up else None
    gone = not after.up or (old != new and after.state.returned == UNKNOWN)
    if old is not None and gone:
        yield Happened("lost", after.node, old)
    elif old is not None and old != new:
        yield Happened("returns", after.node, old, after.state.returned)
    if new is not None and old != new:
        yield Happened("invoked", after.node, new)


def _without(values: Map[NodeId, V], client: NodeId) -> Map[NodeId, V]:
    """The values of all but one client."""
    return Map({node: value for node, value in values.items() if node != client})


# -- linearizability ---------------------------------------------------------------------------------------

Ticket: TypeAlias = tuple[NodeId, Operation, bool]
"""An operation under way that has not taken effect: whose it is, and whether it has been given up."""


class Configuration(Record):
    """One way in which what has returned can be explained: the object's state, the operations that have not
    taken effect, and what those will return that have, and have not returned.
    """

    state: Hashable
    waiting: Bag[Ticket] = Bag()
    done: Map[NodeId, Hashable] = Map()


class Explained(Record):
    """All ways in which what has returned can be explained; ``wrong`` says what can't."""

    ways: frozenset[Configuration]
    wrong: str = ""


def linearizable(of: type[Client], what: SequentialObject) -> Property:
    """Each operation takes effect at one moment between its invocation and its return, as on an object that
    works alone (Herlihy and Wing 1990). Of an operation that has not returned nothing is asked.

    The monitor keeps all ways to explain what has returned (Wing and Gong 1993; operations take effect as
    late as can be: Lowe 2017, "Testing for linearizability").
    """

    def start(nodes: tuple[NodeView[Client], ...]) -> Explained:
        return Explained(frozenset({Configuration(what.start())}))

    def after(seen: Explained, event: Event, before: NodeView[Client], now: NodeView[Client]) -> Explained:
        for change in happened(before, now) if not seen.wrong else ():
            seen = _explained(seen, what, change)
        return seen

    monitor = Monitor("linearizations", of, start=start, after=after, shown=False)
    return always("operations are linearizable", history(monitor, lambda seen: seen.wrong or True))


def _explained(seen: Explained, what: SequentialObject, change: Happened) -> Explained:
    ticket = (change.client, change.operation, False)
    if change.how == "invoked":
        return Explained(frozenset(_with(way, way.waiting.add(ticket)) for way in seen.ways))
    if change.how == "lost":
        return Explained(frozenset(_lost(way, ticket) for way in seen.ways))
    answers = {
        (_returned(later, change.client), later.done[change.client])
        for way in seen.ways
        for later in _taking_effect(way, what, ticket)
    }
    ways = frozenset(way for way, answer in answers if answer == change.result)
    if ways:
        return Explained(ways)
    known = " or ".join(sorted({text(answer) for _, answer in answers})) or "nothing: it has to wait"
    said = f"{change.client}: {change.operation} returns {text(change.result)}, and could return {known}"
    return Explained(ways, said)


def _with(way: Configuration, waiting: Bag[Ticket]) -> Configuration:
    return Configuration(way.state, waiting, way.done)


def _lost(way: Configuration, ticket: Ticket) -> Configuration:
    client, operation, _ = ticket
    if client in way.done:
        return _returned(way, client)
    return _with(way, way.waiting.remove(ticket).add((client, operation, True)))


def _returned(way: Configuration, client: NodeId) -> Configuration:
    return Configuration(way.state, way.waiting, _without(way.done, client))


def _taking_effect(way: Configuration, what: SequentialObject, last: Ticket) -> Iterator[Configuration]:
    """The ways on in which an operation has taken effect: perhaps others before it, and it last."""
    if last[0] in way.done:
        yield way
        return
    order, known = [way], {way}
    for here in order:
        yield from _effects(here, what, last)
        for ticket in here.waiting:
            for later in _effects(here, what, ticket) if ticket != last else ():
                if later not in known:
                    known.add(later)
                    order.append(later)


def _effects(way: Configuration, what: SequentialObject, ticket: Ticket) -> Iterator[Configuration]:
    """What comes of it if one operation takes effect now."""
    client, operation, lost = ticket
    for state, result in what.apply(way.state, operation, client):
        done = way.done if lost else way.done.put(client, result)
        yield Configuration(state, way.waiting.remove(ticket), done)


# -- sequential consistency --------------------------------------------------------------------------------


class Entry(Record):
    """An operation in its client's log, with its result if it is over."""

    operation: Operation
    over: bool = False
    result: Hashable = None


Logs: TypeAlias = Map[NodeId, tuple[Entry, ...]]


def sequentially_consistent(of: type[Client], what: SequentialObject) -> Property:
    """There is one order of all operations that explains what they returned, in which each client's own come
    in turn (Lamport 1979). It may be another than that of time. Operations that are not over may be left out.
    """

    def start(nodes: tuple[NodeView[Client], ...]) -> Logs:
        return Map()

    def after(logs: Logs, event: Event, before: NodeView[Client], now: NodeView[Client]) -> Logs:
        for change in happened(before, now):
            log = logs.get(change.client, ())
            if change.how == "invoked":
                logs = logs.put(change.client, (*log, Entry(change.operation)))
            elif change.how == "returns":
                logs = logs.put(change.client, (*log[:-1], Entry(change.operation, True, change.result)))
        return logs

    def check(logs: Logs) -> bool | str:
        return _has_order(what, logs) or f"no order explains {said(logs)}"

    def said(logs: Logs) -> str:
        return "; ".join(f"{client}: {', '.join(map(_entry, log))}" for client, log in logs.items())

    monitor = Monitor("operations", of, start=start, after=after, shown=False)
    return always("operations are sequentially consistent", history(monitor, check))


def _entry(entry: Entry) -> str:
    return f"{entry.operation} = {text(entry.result)}" if entry.over else f"{entry.operation}, not over"


def _has_order(what: SequentialObject, logs: Logs) -> bool:
    """Whether some order of the operations of all logs explains their results."""
    begin = what.start(), logs
    order, known = [begin], {begin}
    for state, left in order:
        if not any(entry.over for log in left.values() for entry in log):
            return True
        for client, log in left.items():
            rest = left.put(client, log[1:])
            found: list[Hashable] = [] if not log or log[0].over else [state]
            if log:
                effects = what.apply(state, log[0].operation, client)
                found += [then for then, result in effects if not log[0].over or result == log[0].result]
            for then in found:
                if (then, rest) not in known:
                    known.add((then, rest))
                    order.append((then, rest))
    return False


# -- reads -------------------------------------------------------------------------------------------------


class LastReads(Record):
    """What each client read last; ``wrong`` says who read something older then."""

    values: Map[NodeId, Hashable] = Map()
    wrong: str = ""


def monotonic_reads(of: type[Client], is_older: Callable[[V, V], bool], read: str = "read") -> Property:
    """What a client reads is never older than what it has read before (Terry and others 1994)."""

    def start(nodes: tuple[NodeView[Client], ...]) -> LastReads:
        return LastReads()

    def after(seen: LastReads, event: Event, before: NodeView[Client], now: NodeView[Client]) -> LastReads:
        for how, client, operation, result in happened(before, now):
            if how == "returns" and operation.name == read and not seen.wrong:
                wrong = ""
                if client in seen.values and is_older(cast(V, result), cast(V, seen.values[client])):
                    wrong = f"{client} reads {text(result)}, and has read {text(seen.values[client])}"
                seen = LastReads(seen.values.put(client, result), wrong)
        return seen

    monitor = Monitor("last reads", of, start=start, after=after, shown=False)
    return always("reads are monotonic", history(monitor, lambda seen: seen.wrong or True))


class ReadValue(Record):
    """A value that was read, and those of the writes that were invoked since."""

    value: Hashable
    written: frozenset[Hashable] = frozenset()


class Reads(Record):
    """What was read last, and what each read under way has to be compared with."""

    last: ReadValue | None = None
    under_way: Map[NodeId, ReadValue | None] = Map()
    wrong: str = ""


def no_value_without_a_write(of: type[Client], read: str = "read", write: str = "write") -> Property:
    """If a read returns another value than the one that had returned before it was invoked, somebody has
    invoked a write of that value in between. A register that is linearizable may break it: a write that
    was invoked earlier, and never returned, takes effect late (CASSANDRA-12126).
    """

    def start(nodes: tuple[NodeView[Client], ...]) -> Reads:
        return Reads()

    def after(seen: Reads, event: Event, before: NodeView[Client], now: NodeView[Client]) -> Reads:
        for how, client, operation, result in happened(before, now) if not seen.wrong else ():
            if how == "invoked" and operation.name == write:
                seen = _with_write(seen, operation.argument)
            elif how == "invoked" and operation.name == read:
                seen = Reads(seen.last, seen.under_way.put(client, seen.last))
            elif operation.name == read:
                seen = _with_read(seen, client, result, returns=how == "returns")
        return seen

    monitor = Monitor("reads", of, start=start, after=after, shown=False)
    return always("no value without a write", history(monitor, lambda seen: seen.wrong or True))


def _with_write(seen: Reads, value: Hashable) -> Reads:
    def written(known: ReadValue | None) -> ReadValue | None:
        return None if known is None else ReadValue(known.value, known.written | {value})

    return Reads(written(seen.last), Map({n: written(known) for n, known in seen.under_way.items()}))


def _with_read(seen: Reads, client: NodeId, result: Hashable, *, returns: bool) -> Reads:
    known = seen.under_way.get(client)
    left = _without(seen.under_way, client)
    if not returns:
        return Reads(seen.last, left)
    if known is None or result in {known.value, *known.written}:
        return Reads(ReadValue(result), left)
    said = f"{client} reads {text(result)} after {text(known.value)}, and nobody has asked to write it since"
    return Reads(seen.last, left, said)
