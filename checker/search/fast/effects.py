"""What an effect makes of an id: put together once, in compiled code, and kept in a hash table of the id.

That table has 2, 4, 8, ... slots. An id whose table gets three quarters full moves to a span of twice the
slots; the span that it leaves is kept for another id.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import scattered
from elcheck.checker.search.fast.ids import id_of, is_tight, miss
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.mailboxes import overfull, push, relinked, size
from elcheck.checker.search.fast.records import (
    effects_at,
    id_at,
    is_notice,
    is_up,
    local_at,
    local_of,
    mailbox_of,
    node_of,
    slot_at,
)


@compiled
def _span_of(h: Ints, w: Words, id_: int) -> int:
    """Where the effects on an id begin."""
    return effects_at(h, w[id_at(h, id_) + L.EFFECTS_START])


@compiled
def _slots_of(h: Ints, w: Words, id_: int) -> int:
    """How many slots there are for effects on an id."""
    return int(w[id_at(h, id_) + L.EFFECT_SLOTS])


@compiled
def _enter(w: Words, span: int, slots: int, key: int, made: int) -> None:
    """Put an effect into a free slot of a span."""
    slot = scattered(key) & (slots - 1)
    while w[slot_at(span, slot) + L.EFFECT_KEY] != 0:
        assert UNCHECKED or w[slot_at(span, slot) + L.EFFECT_KEY] != key
        slot = (slot + 1) & (slots - 1)
    w[slot_at(span, slot) + L.EFFECT_KEY] = key
    w[slot_at(span, slot) + L.ID_MADE] = made


@compiled
def _free_list_at(h: Ints, slots: int) -> int:
    """Where the list of the spans begins that were left, by the number of their slots."""
    level = 0
    while 1 << level < slots:
        level += 1
    return int(h[L.FREE_SPANS] + level)


@compiled
def _new_span(h: Ints, w: Words, slots: int) -> int:
    """The number of a span of free slots: one that was left, or one behind all others."""
    free = _free_list_at(h, slots)
    number = w[free] - 1
    if number >= 0:
        w[free] = w[effects_at(h, number)]
        w[effects_at(h, number)] = 0
        return int(number)
    number = h[L.COUNT + L.EFFECTS]
    assert UNCHECKED or number + slots <= h[L.CAPACITY + L.EFFECTS]
    h[L.COUNT + L.EFFECTS] = number + slots
    return int(number)


@compiled
def _leave_span(h: Ints, w: Words, number: int, slots: int) -> None:
    """Keep a span of free slots for another id. Its first word leads to the next such span."""
    free = _free_list_at(h, slots)
    w[effects_at(h, number)] = w[free]
    w[free] = number + 1


@compiled
def _widen(h: Ints, w: Words, id_: int) -> None:
    """Move the effects on an id to a span of twice the slots."""
    slots, old, left = _slots_of(h, w, id_), _span_of(h, w, id_), w[id_at(h, id_) + L.EFFECTS_START]
    larger = 2 * slots if slots > 0 else 2
    w[id_at(h, id_) + L.EFFECTS_START] = _new_span(h, w, larger)
    w[id_at(h, id_) + L.EFFECT_SLOTS] = larger
    for i in range(slots):
        slot = slot_at(old, i)
        if w[slot + L.EFFECT_KEY] != 0:
            _enter(w, _span_of(h, w, id_), larger, w[slot + L.EFFECT_KEY], w[slot + L.ID_MADE])
            w[slot + L.EFFECT_KEY] = w[slot + L.ID_MADE] = 0
    if slots > 0:
        _leave_span(h, w, left, slots)


@compiled
def _keep(h: Ints, w: Words, id_: int, key: int, made: int) -> None:
    """Keep what an effect makes of an id. A quarter of the slots stays free."""
    slots, span, used = _slots_of(h, w, id_), _span_of(h, w, id_), 1
    for i in range(slots):
        used += w[slot_at(span, i) + L.EFFECT_KEY] != 0
    if 4 * used > 3 * slots:
        _widen(h, w, id_)
    _enter(w, _span_of(h, w, id_), _slots_of(h, w, id_), key, made)


@compiled
def _without_mail(h: Ints, w: Words, q: Ints, id_: int) -> int:
    """What becomes of an id when the network no longer keeps mail for nodes that are down; or MISS."""
    local = local_of(h, w, id_)
    if is_up(h, w, id_) or w[local_at(h, local) + L.DROPS] != 0:
        return id_
    dropping = w[local_at(h, local) + L.DROPPING]
    if dropping < 0:
        return miss(h, w, local, L.DROPPING_OF, L.OUTCOMES_OF)
    return id_of(h, w, q, dropping, L.EMPTY)


@compiled
def break_notice(h: Ints, w: Words, node: int, peer: int) -> int:
    """The message that tells a node that its link to a peer broke; -1 if it receives none."""
    return int(w[h[L.BREAK_NOTICES] + node * h[L.NODES] + peer])


@compiled
def _with_broken_link(h: Ints, w: Words, q: Ints, id_: int, src: int) -> int:
    """What the break of the link from ``src`` makes of an id."""
    if not is_up(h, w, id_):
        return id_
    notice = break_notice(h, w, node_of(h, w, id_), src)
    return id_of(h, w, q, local_of(h, w, id_), relinked(h, w, q, mailbox_of(h, w, id_), src, notice, True))


@compiled
def _with_message(h: Ints, w: Words, q: Ints, id_: int, message: int) -> int:
    """What a message makes of an id, or CUT."""
    local = local_of(h, w, id_)
    dropped = w[local_at(h, local) + L.DROPS] != 0
    if dropped or (is_notice(h, w, message) and not is_up(h, w, id_)):
        return id_
    box = push(h, w, q, mailbox_of(h, w, id_), message)
    return L.CUT if overfull(h, w, box, message) else id_of(h, w, q, local, box)


@compiled
def _learn(h: Ints, w: Words, q: Ints, id_: int, code: int) -> int:
    """Find out what an effect makes of an id, and keep it. Answers as :func:`affected` does."""
    room = h[L.COUNT + L.EFFECTS] + 2 * _slots_of(h, w, id_) + 2
    if is_tight(h, size(h, w, mailbox_of(h, w, id_))) or room > h[L.CAPACITY + L.EFFECTS]:
        return L.GROW
    if code == L.DROP_MAIL:
        made = _without_mail(h, w, q, id_)
    elif code >= L.BREAK:
        made = _with_broken_link(h, w, q, id_, code - L.BREAK)
    else:
        made = _with_message(h, w, q, id_, code)
    if made != L.MISS:
        _keep(h, w, id_, code + 1, made)
    return made


@compiled
def affected(h: Ints, w: Words, q: Ints, id_: int, code: int) -> int:
    """The id that an effect makes of one, CUT if that crosses a bound; or MISS or GROW."""
    span, slots = _span_of(h, w, id_), _slots_of(h, w, id_)
    slot = scattered(code + 1) & (slots - 1)
    for _ in range(slots):
        key = w[slot_at(span, slot) + L.EFFECT_KEY]
        if key == code + 1:
            return int(w[slot_at(span, slot) + L.ID_MADE])
        if key == 0:
            break
        slot = (slot + 1) & (slots - 1)
    return _learn(h, w, q, id_, code)
