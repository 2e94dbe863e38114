"""Storing the states that pending steps lead to, in compiled code, and noting what to ask the judge of them.

Most of the time goes into waiting for the memory, whose every answer takes as long as a hundred additions. So
pending steps are looked up together, some hundred at once.
"""

from __future__ import annotations

from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.asserts import UNCHECKED
from elcheck.checker.search.fast.canonical import represent
from elcheck.checker.search.fast.compiled import compiled
from elcheck.checker.search.fast.hashing import (
    ABSENT,
    enter,
    find,
    number_in,
    probe,
    put,
    row_hash,
    tag_of,
    words_hash,
)
from elcheck.checker.search.fast.late_terms import count_from_least
from elcheck.checker.search.fast.layout import Bytes, Ints, Words
from elcheck.checker.search.fast.records import (
    batch_at,
    copy_words,
    hash_at,
    in_room,
    local_at,
    local_of,
    observation_at,
    outcome_at,
    pending_at,
    row_at,
    same_words,
    step_to_judge_at,
)
from elcheck.checker.search.fast.settled import settle

TOGETHER = 256
"""Steps that are looked up together."""


# -- states ----------------------------------------------------------------------------------------------


@compiled
def _find_state(h: Ints, w: Words, rows: Words, table: Ints, row: int, x: int) -> int:
    """The index of a state with the hash ``x``; or, if it is absent, -2 less its place in the hash table."""
    mask, tag, fields = h[L.STATE_SLOTS] - 1, tag_of(x), h[L.FIELDS]
    at = probe(table, 0, mask, tag, tag & mask)
    while table[at] != 0:
        index = number_in(table[at])
        if same_words(rows, index * fields, w, row, fields):
            return index
        at = probe(table, 0, mask, tag, (at + 1) & mask)
    return -2 - at


@compiled
def _add_state(
    h: Ints, w: Words, rows: Words, parents: Words, table: Ints, row: int, parent: int, x: int, at: int
) -> int:
    """Append a state, whose place in the hash table is known; its index."""
    new, fields = h[L.STATES], h[L.FIELDS]
    assert UNCHECKED or (new < h[L.STATE_ROOM] and parent <= new)
    assert UNCHECKED or (0 <= at < h[L.STATE_SLOTS] and table[at] == 0)
    for i in range(fields):
        rows[new * fields + i] = w[row + i]
    parents[new] = parent
    table[at] = tag_of(x) << 32 | (new + 1)
    h[L.STATES] = new + 1
    return int(new)


@compiled
def _represented(h: Ints, still: int) -> int:
    """How many states one stands for that so many exchanges of nodes leave as it is."""
    return int(h[L.EXCHANGED_STATES] // still) if h[L.EXCHANGES] > 0 else 1


# -- what the judge is asked -----------------------------------------------------------------------------


@compiled
def _observe(h: Ints, w: Words, q: Ints, row: int, into: int) -> int:
    """The number of a state's observation, which is put into a row to work in. IS_NEW: it is a new one."""
    nodes, width, observed = h[L.NODES], h[L.FIELDS] - 1, row_at(h, into)
    for node in range(nodes):
        w[observed + node] = w[local_at(h, local_of(h, w, w[row + node])) + L.OBSERVATION]
    for i in range(nodes, width):
        w[observed + i] = w[row + i]
    tag = tag_of(words_hash(w, observed, width))
    start, mask = h[L.OBSERVATION_INDEX], h[L.CAPACITY + L.OBSERVATION_INDEX] - 1
    at = probe(q, start, mask, tag, tag & mask)
    h[L.IS_NEW] = 0
    while q[start + at] != 0:
        number = number_in(q[start + at])
        if same_words(w, observation_at(h, number), w, observed, width):
            return number
        at = probe(q, start, mask, tag, (at + 1) & mask)
    new = h[L.COUNT + L.OBSERVATIONS]
    copy_words(w, observed, observation_at(h, new), width)
    enter(h, q, L.OBSERVATION_INDEX, at, tag, new)
    h[L.COUNT + L.OBSERVATIONS] = new + 1
    h[L.IS_NEW] = 1
    return int(new)


@compiled
def _is_judged(h: Ints, w: Words, q: Ints, rows: Words, index: int, row: int, outcome: int) -> bool:
    """Whether the judge has been asked of a step like this one, from a state to the one in a row. If not, it
    will be. Where the row is a representative, the outcome says what the step led to.
    """
    if h[L.JUDGES_STEPS] == 1 and outcome >= 0:
        assert UNCHECKED or in_room(h, L.JUDGED_OUTCOMES, outcome)
        judged = w[h[L.JUDGED_OUTCOMES] + outcome] != 0
        w[h[L.JUDGED_OUTCOMES] + outcome] = 1
        return bool(judged)
    source = row_at(h, L.SOURCE)
    for i in range(h[L.FIELDS]):
        w[source + i] = rows[index * h[L.FIELDS] + i]
    old, new = _observe(h, w, q, source, L.OBSERVED_BEFORE), outcome
    if h[L.EXCHANGES] == 0 and h[L.COUNTS_TERMS] == 0:
        new = _observe(h, w, q, row, L.OBSERVED)
    if find(h, q, L.PAIR_INDEX, old, new) != ABSENT:
        return True
    put(h, q, L.PAIR_INDEX, old, new, 1)
    h[L.COUNT + L.PAIR_INDEX] += 1
    return False


@compiled
def _ask_of_step(
    h: Ints, w: Words, q: Ints, rows: Words, index: int, succ: int, row: int, outcome: int
) -> int:
    """Note a step for the judge, if none like it was noted before. Answers DONE or ASK."""
    number = h[L.COUNT + L.STEPS_TO_JUDGE]
    if number + 2 > h[L.CAPACITY + L.STEPS_TO_JUDGE]:
        return L.ASK
    if not _is_judged(h, w, q, rows, index, row, outcome):
        step = step_to_judge_at(h, number)
        w[step + L.SOURCE_STATE] = index
        w[step + L.TARGET_STATE] = succ
        w[step + L.STEP_TAKEN] = outcome
        h[L.COUNT + L.STEPS_TO_JUDGE] = number + 1
    return L.DONE


@compiled
def _ask_of_state(h: Ints, w: Words, q: Ints, index: int, row: int, visible: bool) -> None:
    """Note a new state for the judge, if it is of a kind that the judge wants."""
    if not (visible or h[L.JUDGES_STATES]):
        return
    _observe(h, w, q, row, L.OBSERVED)
    if h[L.IS_NEW] or h[L.JUDGES_STATES] == 2:
        assert UNCHECKED or in_room(h, L.STATES_TO_JUDGE, h[L.COUNT + L.STATES_TO_JUDGE])
        w[h[L.STATES_TO_JUDGE] + h[L.COUNT + L.STATES_TO_JUDGE]] = index
        h[L.COUNT + L.STATES_TO_JUDGE] += 1


@compiled
def _is_visible(h: Ints, w: Words, outcome: int) -> bool:
    """Whether a property may see a difference that a step makes."""
    if outcome < 0:
        return outcome == L.TICKED
    return bool(w[outcome_at(h, outcome) + L.FLAGS] & L.VISIBLE != 0)


# -- pending steps ---------------------------------------------------------------------------------------


@compiled
def _store_step(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, index: int,
    pending: int,
) -> int:  # fmt: skip
    """Store the state after a pending step, unless it is known, and note what to ask of it.

    Answers 1 if the step counts, 0 if the state is not to be kept; or CAPPED or ASK.
    """
    head = pending_at(h, pending)
    row, outcome, actor = head + L.STEP_HEAD, w[head + L.STEP_OUTCOME], w[head + L.STEP_ACTOR]
    x, visible = q[hash_at(h, pending) + L.PENDING_HASH], _is_visible(h, w, outcome)
    known = _find_state(h, w, rows, table, row, x)
    if known < 0:
        assert UNCHECKED or actor != L.EXPECTED
        if not h[L.KEEPS_NEW]:
            return 0
        if h[L.STATES] >= h[L.MAX_STATES]:
            return L.CAPPED
        if h[L.COUNT + L.STATES_TO_JUDGE] + 2 > h[L.CAPACITY + L.STATES_TO_JUDGE]:
            return L.ASK
        known = _add_state(h, w, rows, parents, table, row, index, x, -2 - known)
        h[L.REPRESENTED] += _represented(h, w[head + L.STEP_STILL])
        actors[known] = actor
        _ask_of_state(h, w, q, known, row, visible)
    h[L.TARGET] = known
    if visible and h[L.JUDGES_STEPS] and _ask_of_step(h, w, q, rows, index, known, row, outcome) == L.ASK:
        return L.ASK
    return 1


@compiled
def _touch(h: Ints, q: Ints, rows: Words, table: Ints, first: int, end: int) -> None:
    """Read where the pending states belong, one after the other with nothing in between, so that the memory's
    answers are on their way all at once.
    """
    mask = h[L.STATE_SLOTS] - 1
    for pending in range(first, end):
        hashed = hash_at(h, pending)
        q[hashed + L.PENDING_ENTRY] = table[tag_of(q[hashed + L.PENDING_HASH]) & mask]
    for pending in range(first, end):
        hashed = hash_at(h, pending)
        entry = q[hashed + L.PENDING_ENTRY]
        if entry != 0 and (entry >> 32) == tag_of(q[hashed + L.PENDING_HASH]):
            q[hashed + L.PENDING_ENTRY] = rows[number_in(entry) * h[L.FIELDS]]


@compiled
def _close_state(h: Ints, w: Words, state: int, taken: int, beyond: bool, starts: Ints, cut: Bytes) -> None:
    """Count a state of the batch whose steps are stored: ``taken`` of them. ``beyond``: others led to states
    that are not kept.
    """
    index, batch = h[L.NEXT], batch_at(h, state)
    bounds, bit = w[batch + L.BATCH_CUTS], 0
    represented = _represented(h, w[batch + L.BATCH_STILL])
    if h[L.KEEPS_EDGES]:
        h[L.EDGE_COUNT] += taken
        starts[index + 1] = h[L.EDGE_COUNT]
        cut[index] = beyond or bounds != 0
    while bounds >> bit:
        h[L.CUTS + bit] += represented * ((bounds >> bit) & 1)
        bit += 1
    h[L.CUTS + L.BEYOND] += represented * beyond
    h[L.TRANSITIONS] += represented * (taken + w[batch + L.BATCH_SKIPPED])
    if w[batch + L.BATCH_STUCK]:
        assert UNCHECKED or in_room(h, L.STUCK, h[L.COUNT + L.STUCK])
        w[h[L.STUCK] + h[L.COUNT + L.STUCK]] = index
        h[L.COUNT + L.STUCK] += 1
    h[L.NEXT] = index + 1


@compiled
def _store_pending(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, states: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Store what is pending, and count it, state by state. Answers DONE, CAPPED or ASK."""
    pending = touched = 0
    for state in range(states):
        taken, beyond = 0, False
        while pending < w[batch_at(h, state) + L.PENDING_END]:
            if pending == touched:
                touched = min(pending + TOGETHER, h[L.COUNT + L.PENDING])
                _touch(h, q, rows, table, pending, touched)
            counts = _store_step(h, w, q, rows, parents, actors, table, h[L.NEXT], pending)
            if counts < 0:
                return counts
            if counts and h[L.KEEPS_EDGES]:
                edge = h[L.EDGE_COUNT] + taken
                assert UNCHECKED or edge < h[L.EDGE_ROOM]
                targets[edge] = h[L.TARGET]
                labels[edge] = w[pending_at(h, pending) + L.STEP_OUTCOME]
            taken += counts
            beyond = beyond or counts == 0
            pending += 1
        _close_state(h, w, state, taken, beyond, starts, cut)
    assert UNCHECKED or states == 0 or pending == h[L.COUNT + L.PENDING]
    return L.DONE


@compiled
def _is_cramped(h: Ints) -> bool:
    """Whether there may be no room for what is pending."""
    more = h[L.COUNT + L.PENDING] + 4
    return bool(
        h[L.STATES] + more > h[L.STATE_ROOM]
        or 4 * (h[L.STATES] + more) > 3 * h[L.STATE_SLOTS]
        or (h[L.KEEPS_EDGES] and h[L.EDGE_COUNT] + more > h[L.EDGE_ROOM])
        or h[L.COUNT + L.OBSERVATIONS] + 2 * more > h[L.CAPACITY + L.OBSERVATIONS]
        or 2 * (h[L.COUNT + L.OBSERVATIONS] + 2 * more) > h[L.CAPACITY + L.OBSERVATION_INDEX]
        or 2 * (h[L.COUNT + L.PAIR_INDEX] + more) > h[L.CAPACITY + L.PAIR_INDEX]
    )


@compiled
def store_batch(
    h: Ints, w: Words, q: Ints, rows: Words, parents: Words, actors: Bytes, table: Ints, states: int,
    starts: Ints, targets: Words, labels: Words, cut: Bytes,
) -> int:  # fmt: skip
    """Store what is pending after so many states. Answers DONE, GROW, CAPPED or ASK."""
    if h[L.COUNT + L.STUCK] + states > h[L.CAPACITY + L.STUCK]:
        return L.ASK
    if _is_cramped(h):
        return L.GROW
    return _store_pending(h, w, q, rows, parents, actors, table, states, starts, targets, labels, cut)


@compiled
def store_initial(h: Ints, w: Words, q: Ints, rows: Words, parents: Words, table: Ints) -> int:
    """Store the initial state in the row INITIAL, or its representative, if it is new. Answers DONE, MISS or
    GROW.
    """
    row = row_at(h, L.INITIAL)
    h[L.STILL] = 1
    status = settle(h, w, q, row) if h[L.TAKES_OUT_DEAD] else L.DONE
    if status == L.DONE and h[L.COUNTS_TERMS]:
        status = count_from_least(h, w, q, row)
    if status == L.DONE and h[L.EXCHANGES] > 0:
        status = represent(h, w, q, row)
    if status != L.DONE:
        return status
    x = row_hash(h, w, q, row)
    known = _find_state(h, w, rows, table, row, x)
    if known < 0:
        _add_state(h, w, rows, parents, table, row, h[L.STATES], x, -2 - known)
        h[L.REPRESENTED] += _represented(h, h[L.STILL])
        _observe(h, w, q, row, L.OBSERVED)
    return L.DONE
