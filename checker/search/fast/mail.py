"""Mailboxes in compiled code: what checker/system/mail.py does with tuples, on stretches of a pool.

A mailbox is a list of letters: sorted, or, on fifo links, the queues one after the other in the order of
their senders, each with its notices first. Every function here makes the content of a new one in the buffer,
and interns it.
"""

from __future__ import annotations

from elcheck.checker.search.fast.arrays import (
    BAG,
    BUFFER,
    CAPACITY,
    COUNT,
    FIFO,
    KIND,
    LENGTH,
    LET,
    MAIL,
    MAIL_TABLE,
    NETWORK,
    POOL,
    SRC,
    START,
    Ints,
    Words,
)  # fmt: skip
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import LOW, TAG, words_hash


@compiled
def intern(h: Ints, w: Words, q: Ints, length: int) -> int:
    """The number of the mailbox whose content is in the buffer, a new one if it was not met before."""
    content = h[BUFFER]
    mask, table = h[CAPACITY + MAIL_TABLE] - 1, h[MAIL_TABLE]
    tag = (words_hash(w, content, length) >> 32) & TAG
    at = tag & mask
    while q[table + at] != 0:
        entry = q[table + at]
        mail = (entry & LOW) - 1
        if (entry >> 32) == tag and w[h[MAIL] + 2 * mail + LENGTH] == length:
            start = h[POOL] + w[h[MAIL] + 2 * mail + START]
            same = True
            for i in range(length):
                if w[start + i] != w[content + i]:
                    same = False
                    break
            if same:
                return int(mail)
        at = (at + 1) & mask
    mail, start = h[COUNT + MAIL], h[COUNT + POOL]
    w[h[MAIL] + 2 * mail + START] = start
    w[h[MAIL] + 2 * mail + LENGTH] = length
    for i in range(length):
        w[h[POOL] + start + i] = w[content + i]
    h[COUNT + POOL] = start + length
    h[COUNT + MAIL] = mail + 1
    q[table + at] = tag << 32 | (mail + 1)
    return int(mail)


@compiled
def size(h: Ints, w: Words, mail: int) -> int:
    """The number of letters."""
    return int(w[h[MAIL] + 2 * mail + LENGTH])


@compiled
def letter_at(h: Ints, w: Words, mail: int, place: int) -> int:
    """The letter at a place."""
    return int(w[h[POOL] + w[h[MAIL] + 2 * mail + START] + place])


@compiled
def sender(h: Ints, w: Words, letter: int) -> int:
    """Who sent a letter."""
    return int(w[h[LET] + 2 * letter + SRC])


@compiled
def is_notice(h: Ints, w: Words, letter: int) -> bool:
    """Whether the environment sent it."""
    return bool(w[h[LET] + 2 * letter + KIND] != 0)


@compiled
def _spliced(h: Ints, w: Words, q: Ints, mail: int, place: int, letter: int, skipped: int) -> int:
    """The mailbox with a letter (-1: none) put in at a place, and then so many of its own left out."""
    length, content, count = size(h, w, mail), h[BUFFER], place
    for i in range(place):
        w[content + i] = letter_at(h, w, mail, i)
    if letter >= 0:
        w[content + count] = letter
        count += 1
    for i in range(place + skipped, length):
        w[content + count] = letter_at(h, w, mail, i)
        count += 1
    return intern(h, w, q, count)


@compiled
def push(h: Ints, w: Words, q: Ints, mail: int, letter: int) -> int:
    """The mailbox with one letter more."""
    place, length, src = 0, size(h, w, mail), sender(h, w, letter)
    if h[NETWORK] == FIFO:
        while place < length and sender(h, w, letter_at(h, w, mail, place)) <= src:
            place += 1
    else:
        while place < length and letter_at(h, w, mail, place) < letter:
            place += 1
        if h[NETWORK] != BAG and place < length and letter_at(h, w, mail, place) == letter:
            return mail
    return _spliced(h, w, q, mail, place, letter, 0)


@compiled
def without(h: Ints, w: Words, q: Ints, mail: int, place: int) -> int:
    """The mailbox without the letter at a place."""
    return _spliced(h, w, q, mail, place, -1, 1)


@compiled
def twice(h: Ints, w: Words, q: Ints, mail: int, place: int) -> int:
    """The mailbox with a copy of the letter at a place."""
    return _spliced(h, w, q, mail, place, letter_at(h, w, mail, place), 0)


@compiled
def crowd(h: Ints, w: Words, mail: int, letter: int) -> int:
    """How many copies of a letter a bag holds, or how many letters its link."""
    count = 0
    for i in range(size(h, w, mail)):
        other = letter_at(h, w, mail, i)
        if h[NETWORK] == FIFO:
            count += sender(h, w, other) == sender(h, w, letter)
        else:
            count += other == letter
    return count


@compiled
def relinked(h: Ints, w: Words, q: Ints, mail: int, src: int, notice: int, front: bool) -> int:
    """The link from ``src`` cleared of messages. ``notice`` (-1: none) is put in front of the notices that
    stay, unless it is there; or, if not ``front``, taken away from them.
    """
    length, content, count, first = size(h, w, mail), h[BUFFER], 0, 0
    while first < length and sender(h, w, letter_at(h, w, mail, first)) < src:
        w[content + count] = letter_at(h, w, mail, first)
        count += 1
        first += 1
    end, there = first, False
    while end < length and sender(h, w, letter_at(h, w, mail, end)) == src:
        there = there or letter_at(h, w, mail, end) == notice
        end += 1
    if front and notice >= 0 and not there:
        w[content + count] = notice
        count += 1
    for i in range(first, end):
        letter = letter_at(h, w, mail, i)
        if is_notice(h, w, letter) and (front or letter != notice):
            w[content + count] = letter
            count += 1
    for i in range(end, length):
        w[content + count] = letter_at(h, w, mail, i)
        count += 1
    return intern(h, w, q, count)


@compiled
def notices_gone(h: Ints, w: Words, q: Ints, mail: int) -> int:
    """The mailbox without notices."""
    count = 0
    for i in range(size(h, w, mail)):
        letter = letter_at(h, w, mail, i)
        if not is_notice(h, w, letter):
            w[h[BUFFER] + count] = letter
            count += 1
    return intern(h, w, q, count)
