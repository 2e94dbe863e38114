"""Hash functions and hash tables in compiled code: open addressing with linear probing, exact by comparison.

All integers are signed and of 64 bits, since numba makes floats of signed and unsigned ones together.
Products wrap around.

There are two kinds of tables. A table of pairs has slots of a key and a value. A table of entries has words
``[tag | number + 1]``: the number of a record, and 31 bits of its hash, which also say where it belongs.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.records import in_room, pair_at

ABSENT = -1
LOW = 0xFFFFFFFF
TAG = 0x7FFFFFFF

MIX_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
MIX_2 = 0x94D049BB133111EB - (1 << 64)
"""The multipliers of SplitMix64's finalizer, David Stafford's variant 13 of MurmurHash3's (Steele, Lea and
Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), as signed integers.
"""
GOLDEN = 0x9E3779B9
"""2**32 divided by the golden ratio: the multiplier of Fibonacci hashing (Knuth, The Art of Computer
Programming, volume 3, section 6.4).
"""
FACTOR_SEED = 1
"""Seed of the factors of a state's fields: random odd numbers, as multiplicative hashing wants them
(Dietzfelbinger, Hagerup, Katajainen and Penttonen, A Reliable Randomized Algorithm for the Closest-Pair
Problem, Journal of Algorithms 25, 1997).
"""


# -- hash functions --------------------------------------------------------------------------------------


@compiled
def mixed(x: int) -> int:
    """A hash of 64 bits: SplitMix64's finalizer. Its shifts are logical, by masks."""
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * MIX_1
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * MIX_2
    return x ^ ((x >> 31) & 0x1FFFFFFFF)


@compiled
def scattered(x: int) -> int:
    """A hash for tables of a few slots."""
    return (x * GOLDEN) >> 15


@compiled
def row_hash(h: Ints, w: Words, q: Ints, row: int) -> int:
    """A hash of a state: one multiplication a field, and one mixing."""
    x, factors = 0, h[L.FACTORS]
    for i in range(h[L.FIELDS]):
        x += w[row + i] * q[factors + i]
    return mixed(x)


@compiled
def words_hash(w: Words, start: int, length: int) -> int:
    """A hash of some words."""
    x = length
    for i in range(length):  # a sum, so that the products of several words are under way at once
        x += mixed(w[start + i] + (i + 1 << 40))
    return mixed(x)


# -- tables of pairs -------------------------------------------------------------------------------------


@compiled
def find(h: Ints, q: Ints, table: int, a: int, b: int) -> int:
    """The value of a pair of numbers below 2**31, or ABSENT."""
    key = (a << 32 | b) + 1
    start, mask = h[table], h[L.CAPACITY + table] - 1
    at = mixed(key) & mask
    while q[pair_at(start, at) + L.KEY] != 0:
        if q[pair_at(start, at) + L.KEY] == key:
            return int(q[pair_at(start, at) + L.VALUE])
        at = (at + 1) & mask
    return ABSENT


@compiled
def insert(q: Ints, start: int, capacity: int, key: int, value: int) -> None:
    """Put a key that is absent into a table."""
    at = mixed(key) & (capacity - 1)
    while q[pair_at(start, at) + L.KEY] != 0:
        assert UNCHECKED or q[pair_at(start, at) + L.KEY] != key
        at = (at + 1) & (capacity - 1)
    q[pair_at(start, at) + L.KEY] = key
    q[pair_at(start, at) + L.VALUE] = value


@compiled
def put(h: Ints, q: Ints, table: int, a: int, b: int, value: int) -> None:
    """Give a pair, which must be absent, a value."""
    assert UNCHECKED or (0 <= a < 1 << 31 and 0 <= b < 1 << 31)
    insert(q, h[table], h[L.CAPACITY + table], (a << 32 | b) + 1, value)


@compiled
def put_all(h: Ints, q: Ints, pairs: Ints, count: int) -> None:
    """Give pairs, which must be absent, values. Each of ``pairs`` is a table, two numbers, and the value."""
    for i in range(count):
        put(h, q, pairs[4 * i], pairs[4 * i + 1], pairs[4 * i + 2], pairs[4 * i + 3])


@compiled
def rehash_pairs(q: Ints, old: int, capacity: int, new: int) -> None:
    """Move the pairs of a table into one of twice the capacity."""
    for at in range(capacity):
        pair = pair_at(old, at)
        if q[pair + L.KEY] != 0:
            insert(q, new, 2 * capacity, q[pair + L.KEY], q[pair + L.VALUE])


# -- tables of entries -----------------------------------------------------------------------------------


@compiled
def tag_of(x: int) -> int:
    """The bits of a hash that are kept in an entry."""
    return (x >> 32) & TAG


@compiled
def number_in(entry: int) -> int:
    """The number of the record that an entry stands for."""
    return (entry & LOW) - 1


@compiled
def probe(q: Ints, start: int, mask: int, tag: int, at: int) -> int:
    """The first place from ``at`` on that is free, or has an entry with a tag."""
    while q[start + at] != 0 and (q[start + at] >> 32) != tag:
        at = (at + 1) & mask
    return at


@compiled
def enter(h: Ints, q: Ints, table: int, at: int, tag: int, number: int) -> None:
    """Put an entry into a free place of a table."""
    assert UNCHECKED or (in_room(h, table, at) and q[h[table] + at] == 0)
    q[h[table] + at] = tag << 32 | (number + 1)


@compiled
def rehash_entries(old: Ints, old_start: int, capacity: int, new: Ints, new_start: int, larger: int) -> None:
    """Move the entries of a table into a larger one."""
    for i in range(capacity):
        entry = old[old_start + i]
        if entry != 0:
            at = (entry >> 32) & (larger - 1)
            while new[new_start + at] != 0:
                at = (at + 1) & (larger - 1)
            new[new_start + at] = entry


@compiled
def hash_rows(h: Ints, q: Ints, rows: Words, count: int, slots: int, table: Ints) -> None:
    """Put states that are all different, one behind the other, into an empty table of entries."""
    mask = slots - 1
    for index in range(count):
        tag = tag_of(row_hash(h, rows, q, index * h[L.FIELDS]))
        at = tag & mask
        while table[at] != 0:
            at = (at + 1) & mask
        table[at] = tag << 32 | (index + 1)
