"""Mailboxes in compiled code: what checker/system/mailboxes.py does with tuples, on spans of a pool.

A mailbox is a list of messages. It is sorted; on fifo links it has the queues one after the other, in the
order of their senders. Every function here puts the content of the new mailbox together in the buffer, and
interns it.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import enter, number_in, probe, tag_of, words_hash
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.records import (
    copy_words,
    in_room,
    is_notice,
    is_same_message,
    mailbox_at,
    older,
    same_words,
    sender,
)


@compiled
def size(h: Ints, w: Words, box: int) -> int:
    """The number of messages in a mailbox."""
    return int(w[mailbox_at(h, box) + L.LENGTH])


@compiled
def content_at(h: Ints, w: Words, box: int) -> int:
    """Where the messages of a mailbox begin."""
    return int(h[L.CONTENTS] + w[mailbox_at(h, box) + L.START])


@compiled
def message_in(h: Ints, w: Words, box: int, place: int) -> int:
    """The message at a place of a mailbox."""
    assert UNCHECKED or 0 <= place < size(h, w, box)
    return int(w[content_at(h, w, box) + place])


@compiled
def in_order(h: Ints, w: Words, a: int, b: int) -> bool:
    """Whether one message may stand before another in a mailbox."""
    if h[L.NETWORK] == L.FIFO:
        return sender(h, w, a) <= sender(h, w, b)
    return a <= b if h[L.NETWORK] == L.BAG else a < b


@compiled
def is_canonical(h: Ints, w: Words, length: int) -> bool:
    """Whether the content of the buffer is in the form in which equal mailboxes are equal."""
    for i in range(1, length):  # noqa: SIM110  (compiled code has no generators)
        if not in_order(h, w, w[h[L.BUFFER] + i - 1], w[h[L.BUFFER] + i]):
            return False
    return True


@compiled
def _new_mailbox(h: Ints, w: Words, length: int) -> int:
    """A mailbox with the content of the buffer."""
    box, start = h[L.COUNT + L.MAILBOXES], h[L.COUNT + L.CONTENTS]
    assert UNCHECKED or start + length <= h[L.CAPACITY + L.CONTENTS]
    w[mailbox_at(h, box) + L.START] = start
    w[mailbox_at(h, box) + L.LENGTH] = length
    copy_words(w, h[L.BUFFER], h[L.CONTENTS] + start, length)
    h[L.COUNT + L.CONTENTS] = start + length
    h[L.COUNT + L.MAILBOXES] = box + 1
    return int(box)


@compiled
def intern(h: Ints, w: Words, q: Ints, length: int) -> int:
    """The mailbox whose content is in the buffer, a new one if it was not met before."""
    assert UNCHECKED or is_canonical(h, w, length)
    content, start, mask = h[L.BUFFER], h[L.MAILBOX_INDEX], h[L.CAPACITY + L.MAILBOX_INDEX] - 1
    tag = tag_of(words_hash(w, content, length))
    at = probe(q, start, mask, tag, tag & mask)
    while q[start + at] != 0:
        box = number_in(q[start + at])
        if size(h, w, box) == length and same_words(w, content_at(h, w, box), w, content, length):
            return box
        at = probe(q, start, mask, tag, (at + 1) & mask)
    enter(h, q, L.MAILBOX_INDEX, at, tag, h[L.COUNT + L.MAILBOXES])
    return _new_mailbox(h, w, length)


@compiled
def _append(h: Ints, w: Words, count: int, message: int) -> int:
    """Append a message to the buffer, which holds ``count`` of them; how many it holds then."""
    assert UNCHECKED or in_room(h, L.BUFFER, count)
    w[h[L.BUFFER] + count] = message
    return count + 1


@compiled
def _append_part(h: Ints, w: Words, count: int, box: int, first: int, end: int) -> int:
    """Append the messages of a mailbox from one place up to another; how many the buffer holds then."""
    for place in range(first, end):
        count = _append(h, w, count, message_in(h, w, box, place))
    return count


@compiled
def _spliced(h: Ints, w: Words, q: Ints, box: int, place: int, message: int, skipped: int) -> int:
    """The mailbox with a message (-1: none) put in at a place, and then so many of its own left out."""
    count = _append_part(h, w, 0, box, 0, place)
    if message >= 0:
        count = _append(h, w, count, message)
    return intern(h, w, q, _append_part(h, w, count, box, place + skipped, size(h, w, box)))


@compiled
def _has_older(h: Ints, w: Words, box: int, message: int) -> bool:
    """Whether a mailbox has a message of another age."""
    for place in range(size(h, w, box)):
        if is_same_message(h, w, message_in(h, w, box, place), message):
            return True
    return False


@compiled
def push(h: Ints, w: Words, q: Ints, box: int, message: int) -> int:
    """The mailbox with one message more."""
    place, length, src = 0, size(h, w, box), sender(h, w, message)
    if h[L.NETWORK] == L.FIFO:
        while place < length and sender(h, w, message_in(h, w, box, place)) <= src:
            place += 1
    else:
        while place < length and message_in(h, w, box, place) < message:
            place += 1
        if h[L.NETWORK] != L.BAG and place < length and message_in(h, w, box, place) == message:
            return box
        if h[L.AGES] != 0 and h[L.NETWORK] != L.BAG and _has_older(h, w, box, message):
            return box
    return _spliced(h, w, q, box, place, message, 0)


@compiled
def without(h: Ints, w: Words, q: Ints, box: int, place: int) -> int:
    """The mailbox without the message at a place."""
    return _spliced(h, w, q, box, place, -1, 1)


@compiled
def duplicated(h: Ints, w: Words, q: Ints, box: int, place: int) -> int:
    """The mailbox with a copy of the message at a place."""
    return _spliced(h, w, q, box, place, message_in(h, w, box, place), 0)


@compiled
def crowd(h: Ints, w: Words, box: int, message: int) -> int:
    """How many copies of a message a bag holds; or, on fifo links, how many messages its link holds."""
    count = 0
    for place in range(size(h, w, box)):
        other = message_in(h, w, box, place)
        if h[L.NETWORK] == L.FIFO:
            count += sender(h, w, other) == sender(h, w, message)
        else:
            count += is_same_message(h, w, other, message)
    return count


@compiled
def overfull(h: Ints, w: Words, box: int, message: int) -> bool:
    """Whether a mailbox crosses, with this message, the bound on the network."""
    bound = h[L.BOUND]
    return bool(bound > 0 and not is_notice(h, w, message) and crowd(h, w, box, message) > bound)


@compiled
def _link_start(h: Ints, w: Words, box: int, src: int) -> int:
    """The place of the first message from ``src`` or from a later sender."""
    place = 0
    while place < size(h, w, box) and sender(h, w, message_in(h, w, box, place)) < src:
        place += 1
    return place


@compiled
def relinked(h: Ints, w: Words, q: Ints, box: int, src: int, notice: int, front: bool) -> int:
    """The mailbox with the link from ``src`` cleared of messages. ``notice`` (-1: none) is put in front of
    the notices that stay, if it is not among them; or, without ``front``, taken away from them.
    """
    first, end, there = _link_start(h, w, box, src), _link_start(h, w, box, src + 1), False
    for place in range(first, end):
        there = there or (notice >= 0 and is_same_message(h, w, message_in(h, w, box, place), notice))
    count = _append_part(h, w, 0, box, 0, first)
    if front and notice >= 0 and not there:
        count = _append(h, w, count, notice)
    for place in range(first, end):
        message = message_in(h, w, box, place)
        told = notice >= 0 and is_same_message(h, w, message, notice)
        if is_notice(h, w, message) and (front or not told):
            count = _append(h, w, count, message)
    return intern(h, w, q, _append_part(h, w, count, box, end, size(h, w, box)))


@compiled
def without_notices(h: Ints, w: Words, q: Ints, box: int) -> int:
    """The mailbox without notices."""
    count = 0
    for place in range(size(h, w, box)):
        message = message_in(h, w, box, place)
        if not is_notice(h, w, message):
            count = _append(h, w, count, message)
    return intern(h, w, q, count)


@compiled
def begins_group(h: Ints, w: Words, box: int, place: int) -> bool:
    """Whether the message at a place is the first of its queue, or of its copies."""
    if place == 0:
        return True
    before, here = message_in(h, w, box, place - 1), message_in(h, w, box, place)
    if h[L.NETWORK] == L.FIFO:
        return sender(h, w, before) != sender(h, w, here)
    return before != here


@compiled
def sort_buffer(h: Ints, w: Words, length: int) -> None:
    """Put the messages in the buffer in the order in which a mailbox has them: they nearly are."""
    buffer = h[L.BUFFER]
    for i in range(1, length):
        message, at = w[buffer + i], i
        rank = sender(h, w, message) if h[L.NETWORK] == L.FIFO else message
        while at > 0:
            before = w[buffer + at - 1]
            if (sender(h, w, before) if h[L.NETWORK] == L.FIFO else before) <= rank:
                break
            w[buffer + at] = before
            at -= 1
        w[buffer + at] = message


@compiled
def a_tick_later(h: Ints, w: Words, q: Ints, box: int) -> int:
    """The mailbox with all that is in it a tick older."""
    length = size(h, w, box)
    for place in range(length):
        _append(h, w, place, older(h, w, message_in(h, w, box, place)))
    sort_buffer(h, w, length)
    return intern(h, w, q, length)
