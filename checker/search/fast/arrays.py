"""How the tables of a search lie in memory: in two arenas, one of 32-bit words and one of 64-bit words.

Compiled code is given the arenas ``w`` and ``q`` and a header ``h``, which says where each table begins:
passing a few arrays is fast, passing sixty is not. A table is a run of entries of some columns, and column C
of entry i of a table T is ``w[h[T] + width * i + C]``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.int32]
Words2: TypeAlias = npt.NDArray[np.int32]
"""With a row for each state."""

Bytes: TypeAlias = npt.NDArray[np.uint8]

# Tables of 32-bit words.
LOC, LET, MAIL, POOL, ID = range(5)
"""Local states, letters, mailboxes and the pool of their contents, ids."""
OUT, POST, RANGE, REC = range(5, 9)
"""Outcomes, their sends, the outcomes of one event in one local state, lists of moves."""
FAM, FAM_EVENT, EVENT_KEY, LIST_OF, PARTED = range(9, 14)
"""Families of moves, each node's events in them, lists by family and id, whom a partition parts."""
WEATHER, FALL, RANK, BROKEN, FALLEN = range(14, 19)
"""Environments, what they may change to, families by rank, notices of broken links and of crashes."""
MISSED, JUDGED, STUCK, STEP, ASKED, VIEW = range(19, 25)
"""Questions for Python; outcomes that step properties were asked of; what properties see of a state."""
ROW, BUFFER, SENDING, PENDING, BATCH = range(25, 30)
"""Room to work in; steps that wait to be stored, and the states that they are of."""
TICKER, DIAL = range(30, 32)
"""The nodes whose clocks tick; of each of them the list of its moves, and which of them comes next."""
EFFECT, FREED = range(32, 34)
"""What effects make of ids, a small hash table for each id; abandoned ones, a list for each size."""
SPARES = 3
PENDING_SPARE, BATCH_SPARE = range(34, 34 + SPARES), range(37, 37 + SPARES)
"""More of them, for what is pending while another thread stores what was before."""
# Tables of 64-bit words: of what is pending, then hash tables.
HASHED, *HASHED_SPARE = range(40, 41 + SPARES)
"""The hash of each pending state, and the entry of the hash table where it belongs."""
FACTOR = 44
"""What each field of a state is multiplied by in its hash."""
ID_TABLE, RANGE_TABLE, MONITOR_TABLE, PAIR_TABLE, MAIL_TABLE, VIEW_TABLE = range(45, 51)
TABLES = 51
WIDE = HASHED
"""From here on tables are in the arena of 64-bit words."""

# Columns.
NODE, UP, DEAF, PROFILE, TWIN = range(5)
"""Of a local state: its node, whether it is up or deaf, its profile, its deaf twin (-1: not learned)."""
SRC, KIND = range(2)
"""Of a letter: its sender, and 0 for a message, 1 for a notice, 2 for that of a broken link."""
PARTITION = 0
"""Of a family, which has a KIND too."""
START, LENGTH = range(2)
"""Of a stretch of another table: mailboxes, ranges, families' events."""
LOCAL, BOX, EFFECTS, SLOTS_OF = range(4)
"""Of an id: its local state and its mailbox, where its effects are, and how many slots they have."""
WHICH, MADE = range(2)
"""Of a slot for an effect: its code + 1, and the id that it makes, or CUT. 0 marks a free one."""
AFTER, FLAGS, SENDS, SEND_COUNT, SELF, SELF_COUNT, CROSSED = range(7)
"""Of an outcome: the local state after it, its sends, its effects on its own node, the bounds it crosses."""
LENGTH_OF_LIST, CUTS_OF_LIST, HEAD = range(3)
"""Of a list of moves, before its records: how many they are, the bounds that cut others."""
BECOMES, OUTCOME, SEND = range(3)
"""Of a record: the id after the move, the outcome (-1: none), and its only send; or NOTHING, or, if it has
several, SEVERAL less the peers to whom they are lost, as bits.
"""
NOTHING, SEVERAL = -1, -2
STEP_OUTCOME, STEP_ACTOR, STEP_HEAD = range(3)
"""Of a pending step, before the state that it leads to: its outcome, or one of these; and what is kept in
ACTORS, if that state is new.
"""
JOINT, LOSES, DOUBLES, DISCONNECTS, FALLS_TO = -2, -3, -4, -5, -6
"""Steps without an outcome: the joint one in which time passes, the loss and the duplication of a message,
the breaking of a link, the beginning or the end of a partition.
"""
END, CUT_HERE, STUCK_HERE, SKIPPED_HERE = range(4)
"""Of a state in a batch: where its pending steps end, the bounds that cut steps, whether none is proper, how
many more steps it has, which lead to states that are known.
"""

WIDTHS = {
    **dict.fromkeys((LET, MAIL, POST, EFFECT, RANGE, FAM, FAM_EVENT, STEP, HASHED, *HASHED_SPARE, DIAL), 2),
    **dict.fromkeys((MISSED, SENDING), 3),
    **dict.fromkeys((ID, BATCH, *BATCH_SPARE), 4),
    LOC: 5,
    OUT: 7,
}
"""Of the tables of more than one column."""

# The header goes on with the capacity of each table in entries, then how many are in use (of a hash table: of
# what it indexes), then with single numbers.
CAPACITY = TABLES
COUNT = 2 * TABLES
_SINGLE = 3 * TABLES
STATES, NEXT, TRANSITIONS, FRESH = range(_SINGLE, _SINGLE + 4)
"""States found, the state to be expanded next, transitions so far, whether the last view was a new one."""
NETWORK, LIMIT, LIMIT_BIT, NODES, FIELDS, TOLD = range(_SINGLE + 4, _SINGLE + 10)
"""The system: its network and the bound on it, its nodes and fields, whether a restart tells of the down."""
STEP_CLAIMS, DEADLOCK, WATCH_ALL, CAP, KEEP = range(_SINGLE + 10, _SINGLE + 15)
"""What is asked: steps (1: of one node only), ends, all new views (2: all new states); the limit on states,
and whether new ones are kept.
"""
PROPER, CUT_STEPS, CUT_FAULTS = range(_SINGLE + 15, _SINGLE + 18)
"""Of the state that is expanded: steps of handlers, bounds that cut these, bounds that cut faults."""
PLAIN, POSTING, DRAFT_CUTS, INCOMPLETE, IDLE = range(_SINGLE + 18, _SINGLE + 23)
"""Of the list that is put together: moves without and with sends, bounds, whether something was missed, and
whether moves that do nothing belong to it.
"""
AT_ONCE = _SINGLE + 23
"""Of what was missed, how much the state that comes next needs; the rest is of later ones."""
ROOM, SLOTS = range(_SINGLE + 24, _SINGLE + 26)
"""How many states there is room for, and how many slots the hash table of states has."""
EDGES, EDGE_COUNT, EDGE_ROOM, FOUND = range(_SINGLE + 26, _SINGLE + 30)
"""Whether edges are kept, how many they are, for how many there is room; the state after the last step."""
SKIPPING, ACTOR, SKIPPED, ENOUGH = range(_SINGLE + 30, _SINGLE + 34)
"""Whether steps that commute are skipped; of the state that is expanded, whose step led to it (a node + 1; 0
if unknown; -1 while steps are followed that don't commute), and the steps skipped.
"""
CUTS = _SINGLE + 34
"""How many states each bound cuts; the last of 64 counts those with steps to states that are not stored."""
HEADER = CUTS + 64

# Columns of what is known of an environment, by its number.
KNOWN, EAGER, TIMING, AFTER_TIMEOUT, KEPT = range(5)
SPENT_LOSS, SPENT_DUP, SPENT_CRASH, SPENT_RESTART, SPENT_DISCONNECT = range(5, 10)
CRASHING, RANKS, RANK_COUNT, FALLS, FALL_COUNT = range(10, 15)
COLUMNS = 15
FREE, COUNTED, HELD = range(3)
"""Timing: timeouts are among the other moves; each is counted; they wait until nothing else can happen."""

# Networks.
SENT_SET, SET, BAG, FIFO = range(4)
EMPTY = 0
"""The number of the empty mailbox."""

# Answers of compiled code.
DONE, MISS, GROW, CUT, CAPPED, ASKING = 0, -1, -2, -3, -4, -5
"""Something has to be learned; a table is full; a bound is crossed; the limit on states; questions wait."""
OUTCOMES_OF, MONITOR_AFTER, WEATHER_OF = range(3)
"""Kinds of misses."""

# Keys of what can happen in a local state: a letter, or from EVENT on an event of the node, or one of these.
EVENT = 1 << 29
CRASH_LOST, CRASH_KEPT, RESTART, TWIN_OF, TICK_OF = (EVENT + (1 << 28) + i for i in range(5))

# Effects on another node: being sent a letter, or from BREAK on the breaking of the link from a node, or
# DEAFEN. Among the effects of a step on its own node, from BREAK on the closing of a link.
BREAK = 1 << 29
DEAFEN = BREAK + (1 << 20)

# Kinds of families of moves. The first six are the same in every environment: their kind is their number.
LOSS, DUPLICATION, RESTARTS, CRASHES, CRASHES_KEPT, TICKS, HANDLERS, HANDLERS_AND_MAIL = range(8)

WATCHED, OBSERVED = 1, 2
"""Flags of outcomes: a property may see a difference; monitors are told."""
