"""The moves of an id, and what an effect makes of one: put together once, in compiled code.

A function that needs something that is not known yet notes it among the misses and answers MISS; Python
learns it, and the function is called again. GROW says that some table is nearly full.
"""

from __future__ import annotations

from elcheck.checker.search.fast.arrays import (
    AFTER,
    BAG,
    BECOMES,
    BOX,
    BREAK,
    BROKEN,
    BUFFER,
    CAPACITY,
    COUNT,
    CRASH_KEPT,
    CRASH_LOST,
    CRASHES_KEPT,
    CROSSED,
    CUT,
    CUTS_OF_LIST,
    DEAF,
    DEAFEN,
    DOUBLES,
    DRAFT_CUTS,
    DUPLICATION,
    EFFECT,
    EFFECTS,
    EMPTY,
    EVENT_KEY,
    FAM,
    FAM_EVENT,
    FIFO,
    FREED,
    GROW,
    HANDLERS,
    HANDLERS_AND_MAIL,
    HEAD,
    ID,
    ID_TABLE,
    IDLE,
    INCOMPLETE,
    KIND,
    LENGTH,
    LENGTH_OF_LIST,
    LET,
    LIMIT,
    LIMIT_BIT,
    LIST_OF,
    LOC,
    LOCAL,
    LOSES,
    LOSS,
    MADE,
    MAIL,
    MAIL_TABLE,
    MISS,
    MISSED,
    NETWORK,
    NODE,
    NODES,
    NOTHING,
    OUT,
    OUTCOME,
    OUTCOMES_OF,
    PARTED,
    PARTITION,
    PLAIN,
    POOL,
    POST,
    POSTING,
    RANGE,
    RANGE_TABLE,
    REC,
    RESTART,
    RESTARTS,
    SELF,
    SELF_COUNT,
    SEND,
    SEND_COUNT,
    SENDING,
    SENDS,
    SENT_SET,
    SEVERAL,
    SLOTS_OF,
    START,
    TICK_OF,
    TICKS,
    TWIN,
    TWIN_OF,
    UP,
    WHICH,
    Ints,
    Words,
)
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import ABSENT, LOW, TAG, find, mixed, scattered
from elcheck.checker.search.fast.mail import (
    crowd,
    is_notice,
    letter_at,
    notices_gone,
    push,
    relinked,
    sender,
    size,
    twice,
    without,
)  # fmt: skip


@compiled
def tight(h: Ints, letters: int) -> bool:
    """Whether there may be no room for a few more mailboxes, of so many letters in all, and their ids."""
    return bool(
        2 * letters + 32 > h[CAPACITY + BUFFER]
        or h[COUNT + MAIL] + letters + 32 > h[CAPACITY + MAIL]
        or 2 * (h[COUNT + MAIL] + letters) + 64 > h[CAPACITY + MAIL_TABLE]
        or h[COUNT + POOL] + 2 * letters + 32 > h[CAPACITY + POOL]
        or h[COUNT + ID] + 4 > h[CAPACITY + ID]
        or 4 * h[COUNT + ID] + 16 > 3 * h[CAPACITY + ID_TABLE]
        or h[COUNT + MISSED] + 4 > h[CAPACITY + MISSED]
    )


@compiled
def missing(h: Ints, w: Words, a: int, b: int, kind: int) -> int:
    """Note what is to be learned."""
    at = h[COUNT + MISSED]
    if at < h[CAPACITY + MISSED]:
        w[h[MISSED] + 3 * at] = a
        w[h[MISSED] + 3 * at + 1] = b
        w[h[MISSED] + 3 * at + 2] = kind
        h[COUNT + MISSED] = at + 1
    return MISS


@compiled
def id_of(h: Ints, w: Words, q: Ints, local: int, mail: int) -> int:
    """The id of a local state with a mailbox."""
    tag = (mixed(local << 32 | mail) >> 32) & TAG
    start, mask = h[ID_TABLE], h[CAPACITY + ID_TABLE] - 1
    at = tag & mask
    while q[start + at] != 0:
        entry = q[start + at]
        if (entry >> 32) == tag:
            own = (entry & LOW) - 1
            if w[h[ID] + 4 * own + LOCAL] == local and w[h[ID] + 4 * own + BOX] == mail:
                return int(own)
        at = (at + 1) & mask
    own = h[COUNT + ID]
    w[h[ID] + 4 * own + LOCAL] = local
    w[h[ID] + 4 * own + BOX] = mail
    q[start + at] = tag << 32 | (own + 1)
    h[COUNT + ID] = own + 1
    return int(own)


@compiled
def local_of(h: Ints, w: Words, own: int) -> int:
    """The local state of an id."""
    return int(w[h[ID] + 4 * own + LOCAL])


@compiled
def mail_of(h: Ints, w: Words, own: int) -> int:
    """The mailbox of an id."""
    return int(w[h[ID] + 4 * own + BOX])


@compiled
def is_up(h: Ints, w: Words, own: int) -> bool:
    """Whether the node of an id is up."""
    return bool(w[h[LOC] + 5 * local_of(h, w, own) + UP] != 0)


@compiled
def overfull(h: Ints, w: Words, mail: int, letter: int) -> bool:
    """Whether a mailbox crosses, with this letter, the bound on the network."""
    limit = h[LIMIT]
    return bool(limit > 0 and not is_notice(h, w, letter) and crowd(h, w, mail, letter) > limit)


@compiled
def _stretch(h: Ints, w: Words, own: int) -> int:
    """Where the effects on an id are."""
    return int(h[EFFECT] + 2 * w[h[ID] + 4 * own + EFFECTS])


@compiled
def _enter(w: Words, at: int, slots: int, code: int, made: int) -> None:
    """Put an effect into a free slot of a stretch."""
    place = scattered(code) & (slots - 1)
    while w[at + 2 * place + WHICH] != 0:
        place = (place + 1) & (slots - 1)
    w[at + 2 * place + WHICH] = code + 1
    w[at + 2 * place + MADE] = made


@compiled
def _widen(h: Ints, w: Words, own: int) -> None:
    """Move the effects on an id to a stretch of twice the slots, and keep theirs for another id."""
    entry, level = h[ID] + 4 * own, 1
    slots, old, former = w[entry + SLOTS_OF], _stretch(h, w, own), w[entry + EFFECTS]
    while 1 << level <= slots:
        level += 1
    larger, free = 1 << level, h[FREED] + level
    new = w[free] - 1
    if new >= 0:
        w[free] = w[h[EFFECT] + 2 * new]
        w[h[EFFECT] + 2 * new] = 0
    else:
        new = h[COUNT + EFFECT]
        h[COUNT + EFFECT] = new + larger
    w[entry + EFFECTS], w[entry + SLOTS_OF] = new, larger
    for i in range(slots):
        if w[old + 2 * i + WHICH] != 0:
            _enter(w, _stretch(h, w, own), larger, w[old + 2 * i + WHICH] - 1, w[old + 2 * i + MADE])
            w[old + 2 * i + WHICH] = w[old + 2 * i + MADE] = 0
    if slots > 0:
        w[old] = w[free - 1]
        w[free - 1] = former + 1


@compiled
def _keep(h: Ints, w: Words, own: int, code: int, made: int) -> None:
    """Keep what an effect makes of an id. A quarter of the slots stays free."""
    slots, at, used = w[h[ID] + 4 * own + SLOTS_OF], _stretch(h, w, own), 1
    for i in range(slots):
        used += w[at + 2 * i + WHICH] != 0
    if 4 * used > 3 * slots:
        _widen(h, w, own)
    _enter(w, _stretch(h, w, own), w[h[ID] + 4 * own + SLOTS_OF], code, made)


@compiled
def _effect(h: Ints, w: Words, q: Ints, own: int, code: int) -> int:
    local, mail = local_of(h, w, own), mail_of(h, w, own)
    if (
        tight(h, size(h, w, mail))
        or h[COUNT + EFFECT] + 2 * w[h[ID] + 4 * own + SLOTS_OF] + 2 > h[CAPACITY + EFFECT]
    ):
        return GROW
    up, deaf = w[h[LOC] + 5 * local + UP] != 0, w[h[LOC] + 5 * local + DEAF] != 0
    after = own
    if code == DEAFEN:
        if not up and not deaf:
            twin = w[h[LOC] + 5 * local + TWIN]
            if twin < 0:
                return missing(h, w, local, TWIN_OF, OUTCOMES_OF)
            after = id_of(h, w, q, twin, EMPTY)
    elif code >= BREAK:
        if up:
            src = code - BREAK
            notice = w[h[BROKEN] + w[h[LOC] + 5 * local + NODE] * h[NODES] + src]
            after = id_of(h, w, q, local, relinked(h, w, q, mail, src, notice, True))
    elif not deaf and (up or not is_notice(h, w, code)):
        pushed = push(h, w, q, mail, code)
        after = CUT if overfull(h, w, pushed, code) else id_of(h, w, q, local, pushed)
    _keep(h, w, own, code, after)
    return after


@compiled
def affected(h: Ints, w: Words, q: Ints, own: int, code: int) -> int:
    """The id that an effect makes of one, CUT if that crosses a bound; or MISS or GROW."""
    at, slots = _stretch(h, w, own), w[h[ID] + 4 * own + SLOTS_OF]
    place = scattered(code) & (slots - 1)
    for _ in range(slots):
        found = w[at + 2 * place + WHICH]
        if found == code + 1:
            return int(w[at + 2 * place + MADE])
        if found == 0:
            break
        place = (place + 1) & (slots - 1)
    return _effect(h, w, q, own, code)


@compiled
def _draft_is_full(h: Ints) -> bool:
    return bool(h[PLAIN] + h[POSTING] + 2 > h[CAPACITY + SENDING])


@compiled
def is_lost(h: Ints, w: Words, post: int, lost: int) -> bool:
    """Whether a send goes nowhere, since its link broke."""
    code, node = w[h[POST] + 2 * post + 1], w[h[POST] + 2 * post]
    return bool(lost != 0 and code < BREAK and (lost >> node) & 1 == 1)


@compiled
def _record(h: Ints, w: Words, own: int, after: int, out: int, lost: int, sends: int, last: int) -> None:
    """Put a record into the draft, unless it changes and sends nothing. ``last`` is the last of its sends."""
    if sends:
        at = h[SENDING] + 3 * h[POSTING]
        h[POSTING] += 1
    elif after != own or h[IDLE]:
        at = h[REC] + h[COUNT + REC] + HEAD + 3 * h[PLAIN]
        h[PLAIN] += 1
    else:
        return
    w[at + BECOMES] = after
    w[at + OUTCOME] = out
    w[at + SEND] = NOTHING if sends == 0 else last if sends == 1 else SEVERAL - lost


@compiled
def _draft(h: Ints, w: Words, q: Ints, own: int, out: int, rest: int, lost: int) -> None:
    """One outcome as a record, unless it does nothing or crosses the bound on the network."""
    mail, start = rest, w[h[OUT] + 7 * out + SELF]
    for i in range(start, start + w[h[OUT] + 7 * out + SELF_COUNT]):
        code = w[h[POST] + 2 * i + 1]
        if code >= BREAK:
            node = w[h[LOC] + 5 * local_of(h, w, own) + NODE]
            notice = w[h[BROKEN] + node * h[NODES] + code - BREAK]
            mail = relinked(h, w, q, mail, code - BREAK, notice, False)
        else:
            mail = push(h, w, q, mail, code)
            if overfull(h, w, mail, code):
                h[DRAFT_CUTS] |= h[LIMIT_BIT]
                return
    sends, last, start = 0, -1, w[h[OUT] + 7 * out + SENDS]
    for i in range(start, start + w[h[OUT] + 7 * out + SEND_COUNT]):
        if not is_lost(h, w, i, lost):
            sends += 1
            last = i
    _record(h, w, own, id_of(h, w, q, w[h[OUT] + 7 * out + AFTER], mail), out, lost, sends, last)


@compiled
def _begins(h: Ints, w: Words, a: int, b: int) -> bool:
    """Whether of two neighbours in a mailbox the second begins another queue, or another run of copies."""
    return sender(h, w, a) != sender(h, w, b) if h[NETWORK] == FIFO else a != b


@compiled
def _lost_links(h: Ints, w: Words, out: int, rest: int) -> int:
    """The peers to whom an outcome's sends are lost, as bits: the link broke, and the notice still waits."""
    if h[NETWORK] != FIFO or w[h[OUT] + 7 * out + SEND_COUNT] == 0:
        return 0
    lost = 0
    for i in range(size(h, w, rest)):
        letter = letter_at(h, w, rest, i)
        head = i == 0 or _begins(h, w, letter_at(h, w, rest, i - 1), letter)
        if head and w[h[LET] + 2 * letter + KIND] == 2:
            lost |= 1 << sender(h, w, letter)
    start = w[h[OUT] + 7 * out + SELF]
    for i in range(start, start + w[h[OUT] + 7 * out + SELF_COUNT]):
        code = w[h[POST] + 2 * i + 1]
        if code >= BREAK:  # what follows the closing of a link uses the new connection
            lost &= ~(1 << (code - BREAK))
    return lost


@compiled
def _offer(h: Ints, w: Words, q: Ints, own: int, key: int, rest: int) -> int:
    """Draft the outcomes of an event, which leaves ``rest`` of the mailbox."""
    local = local_of(h, w, own)
    found = find(h, q, RANGE_TABLE, local, key)
    if found == ABSENT:
        h[INCOMPLETE] = 1
        return missing(h, w, local, key, OUTCOMES_OF)
    start = w[h[RANGE] + 2 * found + START]
    for out in range(start, start + w[h[RANGE] + 2 * found + LENGTH]):
        own_effects = w[h[OUT] + 7 * out + SELF_COUNT]
        if tight(h, own_effects * (size(h, w, rest) + own_effects + 1)) or _draft_is_full(h):
            return GROW
        if w[h[OUT] + 7 * out + CROSSED]:
            h[DRAFT_CUTS] |= w[h[OUT] + 7 * out + CROSSED]
        else:
            _draft(h, w, q, own, out, rest, _lost_links(h, w, out, rest))
    return 0


@compiled
def _parted(h: Ints, w: Words, partition: int, a: int, b: int) -> bool:
    return bool(w[h[PARTED] + (partition * h[NODES] + a) * h[NODES] + b] != 0)


@compiled
def _handled(h: Ints, w: Words, q: Ints, family: int, own: int) -> int:
    """The moves by a node's own events, and, in such a family, by deliveries."""
    if not is_up(h, w, own):
        return 0
    node, mail = w[h[LOC] + 5 * local_of(h, w, own) + NODE], mail_of(h, w, own)
    at = h[FAM_EVENT] + 2 * (family * h[NODES] + node)
    for i in range(w[at + START], w[at + START] + w[at + LENGTH]):
        if _offer(h, w, q, own, w[h[EVENT_KEY] + i], mail) == GROW:
            return GROW
    if w[h[FAM] + 2 * family + KIND] != HANDLERS_AND_MAIL:
        return 0
    partition = w[h[FAM] + 2 * family + PARTITION]
    for i in range(size(h, w, mail)):
        letter = letter_at(h, w, mail, i)
        if i > 0 and not _begins(h, w, letter_at(h, w, mail, i - 1), letter):
            continue
        notice = is_notice(h, w, letter)
        if partition >= 0 and not notice and _parted(h, w, partition, sender(h, w, letter), node):
            continue
        if tight(h, size(h, w, mail)):
            return GROW
        stays = h[NETWORK] == SENT_SET and not notice
        if _offer(h, w, q, own, letter, mail if stays else without(h, w, q, mail, i)) == GROW:
            return GROW
    return 0


@compiled
def _mishaps(h: Ints, w: Words, q: Ints, kind: int, own: int) -> int:
    """The losses, or the duplications, of what is under way to a node."""
    local, mail, network = local_of(h, w, own), mail_of(h, w, own), h[NETWORK]
    if network == SENT_SET or (kind == DUPLICATION and network < BAG):
        return 0
    length = size(h, w, mail)
    for i in range(length):
        letter = letter_at(h, w, mail, i)
        first = i == 0 or _begins(h, w, letter_at(h, w, mail, i - 1), letter)
        last = i == length - 1 or _begins(h, w, letter, letter_at(h, w, mail, i + 1))
        if is_notice(h, w, letter) or not (first or (last and kind == LOSS and network == FIFO)):
            continue
        if tight(h, length + 1) or _draft_is_full(h):
            return GROW
        if kind == LOSS:
            _record(h, w, own, id_of(h, w, q, local, without(h, w, q, mail, i)), LOSES, 0, 0, -1)
        else:
            more = twice(h, w, q, mail, i)
            if overfull(h, w, more, letter):
                h[DRAFT_CUTS] |= h[LIMIT_BIT]
            else:
                _record(h, w, own, id_of(h, w, q, local, more), DOUBLES, 0, 0, -1)
    return 0


@compiled
def _fallen(h: Ints, w: Words, q: Ints, kind: int, own: int) -> int:
    """The crashes of a node that is up, or the restarts of one that is down."""
    local, mail = local_of(h, w, own), mail_of(h, w, own)
    if is_up(h, w, own) == (kind == RESTARTS):
        return 0
    if kind == RESTARTS:
        return _offer(h, w, q, own, RESTART, mail)
    if tight(h, size(h, w, mail)):
        return GROW
    kept = kind == CRASHES_KEPT and h[NETWORK] != FIFO
    left = notices_gone(h, w, q, mail) if kept else EMPTY
    key = CRASH_KEPT if kind == CRASHES_KEPT else CRASH_LOST
    found = find(h, q, RANGE_TABLE, local, key)
    if found == ABSENT:
        h[INCOMPLETE] = 1
        return missing(h, w, local, key, OUTCOMES_OF)
    start = w[h[RANGE] + 2 * found + START]
    for out in range(start, start + w[h[RANGE] + 2 * found + LENGTH]):
        if tight(h, size(h, w, mail)) or _draft_is_full(h):
            return GROW
        _draft(h, w, q, own, out, left, 0)
    return 0


@compiled
def _new_list(h: Ints, w: Words, q: Ints, family: int, own: int) -> int:
    """Moves without sends come first; those with some are kept apart until the end."""
    room = h[CAPACITY + SENDING]
    if h[COUNT + REC] + 3 * room + 2 > h[CAPACITY + REC]:
        return GROW
    h[PLAIN] = h[POSTING] = h[DRAFT_CUTS] = h[INCOMPLETE] = 0
    kind = w[h[FAM] + 2 * family + KIND]
    h[IDLE] = kind == TICKS
    if kind >= HANDLERS:
        state = _handled(h, w, q, family, own)
    elif kind <= DUPLICATION:
        state = _mishaps(h, w, q, kind, own)
    elif kind == TICKS:
        state = _offer(h, w, q, own, TICK_OF, mail_of(h, w, own))
    else:
        state = _fallen(h, w, q, kind, own)
    if state == GROW:
        return GROW
    if h[INCOMPLETE]:
        return MISS
    number = h[COUNT + REC]
    begin, length = h[REC] + number, h[PLAIN] + h[POSTING]
    w[begin + LENGTH_OF_LIST] = length
    w[begin + CUTS_OF_LIST] = h[DRAFT_CUTS]
    for i in range(3 * h[POSTING]):
        w[begin + HEAD + 3 * h[PLAIN] + i] = w[h[SENDING] + i]
    h[COUNT + REC] = number + HEAD + 3 * length
    w[h[LIST_OF] + family * h[CAPACITY + ID] + own] = number + 1
    return int(number)


@compiled
def list_for(h: Ints, w: Words, q: Ints, family: int, own: int) -> int:
    """Where the list of an id's moves in a family begins in the table REC; or MISS or GROW."""
    known = w[h[LIST_OF] + family * h[CAPACITY + ID] + own]
    return int(known) - 1 if known > 0 else _new_list(h, w, q, family, own)
