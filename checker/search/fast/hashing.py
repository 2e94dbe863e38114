"""Hash tables for compiled code: open addressing with linear probing, exact by comparison.

Everything is a signed 64-bit integer, since mixing signed and unsigned ones makes floats of them; products
wrap around.
"""

from __future__ import annotations

from elcheck.checker.search.fast.arrays import CAPACITY, FACTOR, FIELDS, Ints, Words
from elcheck.checker.search.fast.compiled import compiled

ABSENT = -1
LOW = 0xFFFFFFFF
TAG = 0x7FFFFFFF


@compiled
def mixed(x: int) -> int:
    """A hash of 64 bits."""
    x ^= (x >> 32) & LOW
    x *= -0x61C8864680B583EB
    x ^= (x >> 29) & 0x7FFFFFFFF
    x *= -0x3B314601E57A13AD
    x ^= (x >> 32) & LOW
    return x


@compiled
def scattered(x: int) -> int:
    """A hash for tables of a few slots."""
    return (x * 0x9E3779B1) >> 15


@compiled
def find(h: Ints, q: Ints, table: int, a: int, b: int) -> int:
    """The value of a pair of numbers below 2**31, or ABSENT. A slot of the table is a key, then a value."""
    key = (a << 32 | b) + 1
    start, mask = h[table], h[CAPACITY + table] - 1
    at = mixed(key) & mask
    while q[start + 2 * at] != 0:
        if q[start + 2 * at] == key:
            return int(q[start + 2 * at + 1])
        at = (at + 1) & mask
    return ABSENT


@compiled
def insert(q: Ints, start: int, capacity: int, key: int, value: int) -> None:
    """Put a key that is absent into a table."""
    at = mixed(key) & (capacity - 1)
    while q[start + 2 * at] != 0:
        at = (at + 1) & (capacity - 1)
    q[start + 2 * at] = key
    q[start + 2 * at + 1] = value


@compiled
def put(h: Ints, q: Ints, table: int, a: int, b: int, value: int) -> None:
    """Give a pair, which must be absent, a value."""
    insert(q, h[table], h[CAPACITY + table], (a << 32 | b) + 1, value)


@compiled
def rehash_pairs(q: Ints, old: int, capacity: int, new: int) -> None:
    """Move the pairs of a table into one of twice the capacity."""
    for at in range(capacity):
        if q[old + 2 * at] != 0:
            insert(q, new, 2 * capacity, q[old + 2 * at], q[old + 2 * at + 1])


@compiled
def rehash_entries(old: Ints, old_start: int, capacity: int, new: Ints, new_start: int, larger: int) -> None:
    """Move the entries of a table of indices, ``[tag | index + 1]``, into a larger one."""
    for i in range(capacity):
        entry = old[old_start + i]
        if entry != 0:
            at = (entry >> 32) & (larger - 1)
            while new[new_start + at] != 0:
                at = (at + 1) & (larger - 1)
            new[new_start + at] = entry


@compiled
def row_hash(h: Ints, w: Words, q: Ints, row: int) -> int:
    """A hash of a state: one multiplication a field, with factors that look random, and one mixing."""
    x, factor = 0, h[FACTOR]
    for i in range(h[FIELDS]):
        x += w[row + i] * q[factor + i]
    return mixed(x)


@compiled
def words_hash(w: Words, start: int, length: int) -> int:
    """A hash of some words."""
    x = length
    for i in range(length):  # a sum, so that the products of several words are under way at once
        x += mixed(w[start + i] + (i + 1 << 40))
    return mixed(x)


@compiled
def hash_rows(h: Ints, q: Ints, rows: Words, count: int, slots: int, table: Ints) -> None:
    """Put rows that are all different, one behind the other, into an empty table of ``[tag | index + 1]``."""
    mask = slots - 1
    for index in range(count):
        tag = (row_hash(h, rows, q, index * h[FIELDS]) >> 32) & TAG
        at = tag & mask
        while table[at] != 0:
            at = (at + 1) & mask
        table[at] = tag << 32 | (index + 1)
