"""The list of an id's moves in a move class: put together once, in compiled code."""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.effects import break_notice
from elcheck.checker.search.fast.hashing import ABSENT, find
from elcheck.checker.search.fast.ids import id_of, is_tight, miss
from elcheck.checker.search.fast.layout import Ints, Words
from elcheck.checker.search.fast.mailboxes import (
    a_tick_later,
    begins_group,
    duplicated,
    message_in,
    overfull,
    push,
    relinked,
    size,
    without,
    without_notices,
)
from elcheck.checker.search.fast.records import (
    class_at,
    class_events_at,
    copy_words,
    in_room,
    is_active,
    is_notice,
    is_up,
    local_of,
    mailbox_of,
    message_at,
    move_at,
    node_of,
    older,
    outcome_at,
    outcome_span_at,
    send_at,
    sender,
    sending_at,
)

# -- one move --------------------------------------------------------------------------------------------


@compiled
def is_lost(h: Ints, w: Words, send: int, lost: int) -> bool:
    """Whether a send goes nowhere, since its link broke. ``lost``: the peers of such links, as bits."""
    record = send_at(h, send)
    if lost == 0 or w[record + L.EFFECT] >= L.BREAK or w[record + L.RECONNECTED] != 0:
        return False
    return bool((lost >> w[record + L.TARGET_NODE]) & 1 == 1)


@compiled
def _is_full(h: Ints) -> bool:
    """Whether there is no room for two moves more in the list that is put together."""
    return bool(h[L.SILENT_COUNT] + h[L.SENDING_COUNT] + 2 > h[L.CAPACITY + L.SENDING])


@compiled
def _add(h: Ints, w: Words, id_: int, after: int, outcome: int, send: int) -> None:
    """Add a move to the list, unless it does nothing. Moves that send are kept apart at first."""
    if send != L.NOTHING:
        move = sending_at(h, h[L.SENDING_COUNT])
        h[L.SENDING_COUNT] += 1
    elif after != id_ or h[L.KEEPS_IDLE]:
        move = move_at(h[L.MOVE_LISTS] + h[L.COUNT + L.MOVE_LISTS], h[L.SILENT_COUNT])
        h[L.SILENT_COUNT] += 1
    else:
        return
    assert UNCHECKED or h[L.SILENT_COUNT] + h[L.SENDING_COUNT] <= h[L.CAPACITY + L.SENDING]
    w[move + L.ID_AFTER] = after
    w[move + L.OUTCOME] = outcome
    w[move + L.SEND] = send


@compiled
def _own_mailbox(h: Ints, w: Words, q: Ints, id_: int, outcome: int, box: int) -> int:
    """The node's own mailbox after an outcome, from the one that its event leaves; or CUT."""
    first = w[outcome_at(h, outcome) + L.OWN_START]
    for effect in range(first, first + w[outcome_at(h, outcome) + L.OWN_LENGTH]):
        code = w[send_at(h, effect) + L.EFFECT]
        if code >= L.BREAK:
            notice = break_notice(h, w, node_of(h, w, id_), code - L.BREAK)
            box = relinked(h, w, q, box, code - L.BREAK, notice, False)
        else:
            box = push(h, w, q, box, code)
            if overfull(h, w, box, code):
                return L.CUT
    return box


@compiled
def _sends(h: Ints, w: Words, outcome: int, lost: int) -> int:
    """What a move with an outcome has in its column SEND."""
    sends, last, first = 0, -1, w[outcome_at(h, outcome) + L.SENDS_START]
    for send in range(first, first + w[outcome_at(h, outcome) + L.SENDS_LENGTH]):
        if not is_lost(h, w, send, lost):
            sends += 1
            last = send
    if sends == 0:
        return L.NOTHING
    return last if sends == 1 else L.SEVERAL - lost


@compiled
def _add_outcome(h: Ints, w: Words, q: Ints, id_: int, outcome: int, rest: int, lost: int) -> None:
    """Add an outcome as a move, unless it does nothing or crosses a bound. Its event leaves ``rest``."""
    crossed = w[outcome_at(h, outcome) + L.CROSSED]
    if crossed:
        h[L.CUTS_OF_LIST] |= crossed
        return
    box = _own_mailbox(h, w, q, id_, outcome, rest)
    if box == L.CUT:
        h[L.CUTS_OF_LIST] |= h[L.BOUND_BIT]
        return
    after = id_of(h, w, q, w[outcome_at(h, outcome) + L.LOCAL_AFTER], box)
    _add(h, w, id_, after, outcome, _sends(h, w, outcome, lost))


# -- the moves by an event -------------------------------------------------------------------------------


@compiled
def _lost_links(h: Ints, w: Words, outcome: int, rest: int) -> int:
    """The peers to whom sends are lost, as bits: the notice that their link broke still waits."""
    if h[L.NETWORK] != L.FIFO or w[outcome_at(h, outcome) + L.SENDS_LENGTH] == 0:
        return 0
    lost = 0
    for place in range(size(h, w, rest)):
        message = message_in(h, w, rest, place)
        if begins_group(h, w, rest, place) and w[message_at(h, message) + L.MESSAGE_KIND] == L.BREAK_NOTICE:
            lost |= 1 << sender(h, w, message)
    return lost


@compiled
def _offer(h: Ints, w: Words, q: Ints, id_: int, key: int, rest: int, loses: bool, flag: int) -> int:
    """Add the outcomes of an event, which leaves ``rest`` of the mailbox. Answers DONE, MISS or GROW.

    ``loses``: sends on broken links are lost. ``flag``: one that they have to have, or EVERY_OUTCOME.
    """
    local = local_of(h, w, id_)
    found = find(h, q, L.OUTCOME_INDEX, local, key)
    if found == ABSENT:
        h[L.MISSES_OF_LIST] = 1
        return miss(h, w, local, key, L.OUTCOMES_OF)
    first = w[outcome_span_at(h, found) + L.START]
    for outcome in range(first, first + w[outcome_span_at(h, found) + L.LENGTH]):
        if flag != L.EVERY_OUTCOME and w[outcome_at(h, outcome) + L.FLAGS] & flag == 0:
            continue
        effects = w[outcome_at(h, outcome) + L.OWN_LENGTH]
        if is_tight(h, effects * (size(h, w, rest) + effects + 1)) or _is_full(h):
            return L.GROW
        _add_outcome(h, w, q, id_, outcome, rest, _lost_links(h, w, outcome, rest) if loses else 0)
    return L.DONE


@compiled
def _is_held_up(h: Ints, w: Words, partition: int, src: int, dst: int) -> bool:
    """Whether a partition (-1: none) holds up what is sent from one node to another."""
    nodes = h[L.NODES]
    return bool(partition >= 0 and w[h[L.PARTED] + (partition * nodes + src) * nodes + dst] != 0)


@compiled
def _add_events(h: Ints, w: Words, q: Ints, move_class: int, id_: int, flag: int) -> int:
    """Add the moves by a node's own events, of outcomes with a flag. Answers DONE or GROW."""
    span = class_events_at(h, move_class, node_of(h, w, id_))
    for i in range(w[span + L.START], w[span + L.START] + w[span + L.LENGTH]):
        if _offer(h, w, q, id_, w[h[L.EVENT_KEYS] + i], mailbox_of(h, w, id_), True, flag) == L.GROW:
            return L.GROW
    return L.DONE


@compiled
def _add_deliveries(h: Ints, w: Words, q: Ints, partition: int, id_: int, oldest: bool) -> int:
    """Add the moves by the delivery of messages, or of the ``oldest`` alone. Answers DONE or GROW."""
    node, box = node_of(h, w, id_), mailbox_of(h, w, id_)
    for place in range(size(h, w, box)):
        message = message_in(h, w, box, place)
        if not begins_group(h, w, box, place) or (oldest and older(h, w, message) != message):
            continue
        notice = is_notice(h, w, message)
        if not notice and _is_held_up(h, w, partition, sender(h, w, message), node):
            continue
        if is_tight(h, size(h, w, box)):
            return L.GROW
        stays = h[L.NETWORK] == L.SENT_SET and not notice
        rest = box if stays else without(h, w, q, box, place)
        if _offer(h, w, q, id_, message, rest, True, L.EVERY_OUTCOME) == L.GROW:
            return L.GROW
    return L.DONE


# -- faults ----------------------------------------------------------------------------------------------


@compiled
def _is_exposed(h: Ints, w: Words, box: int, place: int, loss: bool) -> bool:
    """Whether the message at a place may be lost (or duplicated): it is the first of its copies; on fifo
    links, the head of its link, or the newest message, which may only be lost.
    """
    if is_notice(h, w, message_in(h, w, box, place)):
        return False
    if begins_group(h, w, box, place):
        return True
    last = place + 1 == size(h, w, box) or begins_group(h, w, box, place + 1)
    return bool(loss and last and h[L.NETWORK] == L.FIFO)


@compiled
def _add_message_faults(h: Ints, w: Words, q: Ints, loss: bool, id_: int) -> int:
    """Add the losses, or the duplications, of what is under way to a node. Answers DONE or GROW."""
    local, box, network = local_of(h, w, id_), mailbox_of(h, w, id_), h[L.NETWORK]
    if network == L.SENT_SET or (not loss and network == L.SET):
        return L.DONE
    for place in range(size(h, w, box)):
        if not _is_exposed(h, w, box, place, loss):
            continue
        if is_tight(h, size(h, w, box) + 1) or _is_full(h):
            return L.GROW
        if loss:
            after = id_of(h, w, q, local, without(h, w, q, box, place))
            _add(h, w, id_, after, L.LOST, L.NOTHING)
            continue
        more = duplicated(h, w, q, box, place)
        if overfull(h, w, more, message_in(h, w, box, place)):
            h[L.CUTS_OF_LIST] |= h[L.BOUND_BIT]
        else:
            _add(h, w, id_, id_of(h, w, q, local, more), L.DUPLICATED, L.NOTHING)
    return L.DONE


@compiled
def _add_crashes(h: Ints, w: Words, q: Ints, kept: bool, id_: int) -> int:
    """Add the crashes of an active node, with its mail ``kept`` or not. Answers DONE, MISS or GROW."""
    if not is_active(h, w, id_):
        return L.DONE
    if is_tight(h, size(h, w, mailbox_of(h, w, id_))):
        return L.GROW
    left = L.EMPTY
    if kept and h[L.NETWORK] != L.FIFO:
        left = without_notices(h, w, q, mailbox_of(h, w, id_))
    return _offer(h, w, q, id_, L.CRASH_KEPT if kept else L.CRASH_DROPPED, left, False, L.EVERY_OUTCOME)


@compiled
def _add_restarts(h: Ints, w: Words, q: Ints, id_: int) -> int:
    """Add the restarts of a node that is down. Answers DONE, MISS or GROW."""
    if is_up(h, w, id_):
        return L.DONE
    return _offer(h, w, q, id_, L.RESTART, mailbox_of(h, w, id_), True, L.EVERY_OUTCOME)


@compiled
def _add_pauses(h: Ints, w: Words, q: Ints, resumes: bool, id_: int) -> int:
    """Add the pause of a node that takes steps, or the end of one. Answers DONE, MISS or GROW."""
    if not is_up(h, w, id_) or is_active(h, w, id_) == resumes:
        return L.DONE
    key = L.RESUME if resumes else L.PAUSE
    return _offer(h, w, q, id_, key, mailbox_of(h, w, id_), False, L.EVERY_OUTCOME)


@compiled
def _add_damages(h: Ints, w: Words, q: Ints, id_: int) -> int:
    """Add the damages of the disk of a node that is down. Answers DONE, MISS or GROW."""
    if is_up(h, w, id_):
        return L.DONE
    return _offer(h, w, q, id_, L.DAMAGE, mailbox_of(h, w, id_), False, L.EVERY_OUTCOME)


@compiled
def _add_ticks(h: Ints, w: Words, q: Ints, id_: int) -> int:
    """Add what a tick does to a node, and to what is under way to it. Answers DONE, MISS or GROW."""
    box = mailbox_of(h, w, id_)
    if h[L.AGES] != 0:
        if is_tight(h, size(h, w, box)):
            return L.GROW
        box = a_tick_later(h, w, q, box)
    return _offer(h, w, q, id_, L.TICK, box, True, L.EVERY_OUTCOME)


# -- the list --------------------------------------------------------------------------------------------


@compiled
def _add_class(h: Ints, w: Words, q: Ints, move_class: int, id_: int) -> int:
    """Add all moves of an id in a move class. Answers GROW, or anything else."""
    kind = w[class_at(h, move_class) + L.CLASS_KIND]
    if kind <= L.DUPLICATION:
        return _add_message_faults(h, w, q, kind == L.LOSS, id_)
    if kind == L.RESTARTS:
        return _add_restarts(h, w, q, id_)
    if kind <= L.CRASHES_KEPT:
        return _add_crashes(h, w, q, kind == L.CRASHES_KEPT, id_)
    if kind <= L.RESUMES:
        return _add_pauses(h, w, q, kind == L.RESUMES, id_)
    if kind == L.DAMAGES:
        return _add_damages(h, w, q, id_)
    if kind == L.TICKS:
        return _add_ticks(h, w, q, id_)
    if not is_active(h, w, id_):
        return L.DONE
    done = _add_events(h, w, q, move_class, id_, L.DUE if kind == L.LATE else L.EVERY_OUTCOME)
    if done == L.DONE and kind != L.HANDLERS:
        partition = w[class_at(h, move_class) + L.PARTITION]
        done = _add_deliveries(h, w, q, partition, id_, kind == L.LATE)
    return done


@compiled
def _list_at(h: Ints, move_class: int, id_: int) -> int:
    """Where the number of an id's list in a move class is kept."""
    assert UNCHECKED or in_room(h, L.CLASSES, move_class)
    assert UNCHECKED or in_room(h, L.IDS, id_)
    return int(h[L.LIST_OF] + move_class * h[L.CAPACITY + L.IDS] + id_)


@compiled
def _new_list(h: Ints, w: Words, q: Ints, move_class: int, id_: int) -> int:
    """Put a list together. Moves without sends come first."""
    number = h[L.COUNT + L.MOVE_LISTS]
    if move_at(number, h[L.CAPACITY + L.SENDING]) > h[L.CAPACITY + L.MOVE_LISTS]:
        return L.GROW
    h[L.SILENT_COUNT] = h[L.SENDING_COUNT] = h[L.CUTS_OF_LIST] = h[L.MISSES_OF_LIST] = 0
    h[L.KEEPS_IDLE] = w[class_at(h, move_class) + L.CLASS_KIND] == L.TICKS
    if _add_class(h, w, q, move_class, id_) == L.GROW:
        return L.GROW
    if h[L.MISSES_OF_LIST]:
        return L.MISS
    moves, silent, sending = h[L.MOVE_LISTS] + number, h[L.SILENT_COUNT], h[L.SENDING_COUNT]
    w[moves + L.LIST_LENGTH] = silent + sending
    w[moves + L.LIST_CUTS] = h[L.CUTS_OF_LIST]
    copy_words(w, sending_at(h, 0), move_at(moves, silent), move_at(0, sending) - move_at(0, 0))
    h[L.COUNT + L.MOVE_LISTS] = move_at(number, silent + sending)
    w[_list_at(h, move_class, id_)] = number + 1
    return int(number)


@compiled
def list_for(h: Ints, w: Words, q: Ints, move_class: int, id_: int) -> int:
    """The number of the list of an id's moves in a class: its place in MOVE_LISTS; or MISS or GROW."""
    known = w[_list_at(h, move_class, id_)]
    return int(known) - 1 if known > 0 else _new_list(h, w, q, move_class, id_)
