"""What Python calls of compiled code: here arrays become pointers."""

from __future__ import annotations

from checker.fast import hashing, lists, mail
from checker.fast import search as searching
from checker.fast.arrays import Bytes, Ints, Words, Words2
from checker.fast.compiled import callable_from_python, pointer


@callable_from_python
def search(
    h: Ints, w: Words, q: Ints, rows: Words2, parents: Words, actors: Bytes, table: Ints, end: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Expand states from ``h[NEXT]`` up to ``end``. Answers DONE, or why it stopped before that.

    rows: the states, ``[node 0, ..., monitors ..., environment]`` each. table: their hash table. The others
    are as in :class:`checker.fast.edges.Edges`.
    """
    return searching.search(
        pointer(h), pointer(w), pointer(q), pointer(rows), pointer(parents), pointer(actors), pointer(table),
        end, pointer(starts), pointer(targets), pointer(labels), pointer(cut),
    )  # fmt: skip


@callable_from_python
def ahead(
    h: Ints, w: Words, q: Ints, rows: Words2, parents: Words, actors: Bytes, first: int, end: int
) -> tuple[int, int]:
    """Expand states from ``first`` on, until enough is pending: how many, and DONE, MISS or GROW."""
    return searching.ahead(
        pointer(h), pointer(w), pointer(q), pointer(rows), pointer(parents), pointer(actors), first, end
    )


@callable_from_python
def settle(
    h: Ints, w: Words, q: Ints, rows: Words2, parents: Words, actors: Bytes, table: Ints, states: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Store what is pending after so many states. Answers DONE, GROW, CAPPED or ASKING."""
    return searching.settle(
        pointer(h), pointer(w), pointer(q), pointer(rows), pointer(parents), pointer(actors), pointer(table),
        states, pointer(starts), pointer(targets), pointer(labels), pointer(cut),
    )  # fmt: skip


@callable_from_python
def begin(h: Ints, w: Words, q: Ints, rows: Words2, parents: Words, table: Ints) -> None:
    """Store the initial state in the row AFTER_STEP, if it is new."""
    searching.begin(pointer(h), pointer(w), pointer(q), pointer(rows), pointer(parents), pointer(table))


@callable_from_python
def find(h: Ints, q: Ints, table: int, a: int, b: int) -> int:
    """The value of a pair of numbers in a table, or ABSENT."""
    return hashing.find(pointer(h), pointer(q), table, a, b)


@callable_from_python
def put(h: Ints, q: Ints, table: int, a: int, b: int, value: int) -> None:
    """Give a pair, which must be absent, a value."""
    hashing.put(pointer(h), pointer(q), table, a, b, value)


@callable_from_python
def rehash_pairs(q: Ints, old: int, capacity: int, new: int) -> None:
    """Move the pairs of a table into one of twice the capacity."""
    hashing.rehash_pairs(pointer(q), old, capacity, new)


@callable_from_python
def rehash_entries(old: Ints, old_start: int, capacity: int, new: Ints, new_start: int, larger: int) -> None:
    """Move the entries of a table of indices into a larger one."""
    hashing.rehash_entries(pointer(old), old_start, capacity, pointer(new), new_start, larger)


@callable_from_python
def hash_rows(h: Ints, q: Ints, rows: Words2, count: int, table: Ints) -> None:
    """Put the first rows, which are all different, into an empty table of ``[tag | index + 1]``."""
    hashing.hash_rows(pointer(h), pointer(q), pointer(rows), count, len(table), pointer(table))


@callable_from_python
def intern(h: Ints, w: Words, q: Ints, length: int) -> int:
    """The number of the mailbox whose content is in the buffer."""
    return mail.intern(pointer(h), pointer(w), pointer(q), length)


@callable_from_python
def id_of(h: Ints, w: Words, q: Ints, local: int, box: int) -> int:
    """The id of a local state with a mailbox."""
    return lists.id_of(pointer(h), pointer(w), pointer(q), local, box)


@callable_from_python
def tight(h: Ints, letters: int) -> bool:
    """Whether there may be no room for a few more mailboxes, of so many letters in all, and their ids."""
    return lists.tight(pointer(h), letters)
