"""Where the tables of a search lie in memory. No other module knows the size of a record.

All tables lie in two arrays, ``w`` of 32-bit words and ``q`` of 64-bit words. A header ``h`` says where each
table begins: passing three arrays to a function is fast, passing sixty is not. A table is a run of records of
some columns. records.py finds a record in a table, and a column is added to that:
``w[outcome_at(h, outcome) + L.FLAGS]``.
"""

from __future__ import annotations

from itertools import count, islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.int32]
Words2: TypeAlias = npt.NDArray[np.int32]
"""With a row for each state."""

Bytes: TypeAlias = npt.NDArray[np.uint8]

# -- tables of 32-bit words ------------------------------------------------------------------------------

_table = count()

LOCALS, MESSAGES, MAILBOXES, CONTENTS, IDS = islice(_table, 5)
"""Local states; messages; mailboxes, and the messages in them; ids."""
OUTCOMES, SENDS, OUTCOME_SPANS, MOVE_LISTS = islice(_table, 4)
"""Outcomes; what they send; the outcomes of each event in each local state; lists of moves."""
CLASSES, CLASS_EVENTS, EVENT_KEYS, LIST_OF, PARTED = islice(_table, 5)
"""Move classes; the events of each node in a class, as spans of their keys; the move list of each id in each
class; for each partition, and two nodes, whether it parts them.
"""
ENVIRONMENTS, FAULT_STEPS, PARTITION_STEPS, RANKED_CLASSES, BREAK_NOTICES, CRASH_NOTICES = islice(_table, 6)
"""Environments; the faults that they allow; those to which a partition or a heal leads; the classes of
timeouts by rank; for two nodes the message that tells the first of a break of its link to the second, and
that of the second's crash.
"""
MISSES, STATES_TO_JUDGE, STUCK, STEPS_TO_JUDGE, JUDGED_OUTCOMES, OBSERVATIONS = islice(_table, 6)
"""Queries for Python; states and steps for the judge, and states without a next step; outcomes whose steps
have been judged; what the properties see of states.
"""
ROWS, BUFFER, SENDING, PENDING, BATCH = islice(_table, 5)
"""Rows to work in; the mailbox and the sending moves that are put together; the steps that wait to be
stored, and the states that they are of.
"""
TICKERS, ODOMETER = islice(_table, 2)
"""The nodes whose clocks tick; for each of them the list of its moves, and which move is on."""
EFFECTS, FREE_SPANS = islice(_table, 2)
"""What effects make of ids, a small hash table for each id; spans that were left, a list for each size."""
BLOCK_SPANS, BLOCK_NODES, EXCHANGE_OF = islice(_table, 3)
"""Blocks of nodes that may change places; their nodes; for each node the number of its exchange with the next
one of its block.
"""
LOCAL_FACES, MESSAGE_FACES, ID_FACES = islice(_table, 3)
"""What a local state, a message or an id is whatever the nodes are called: a number for each node, in which
that node is told from the others. Of an id 0: not known yet.
"""
LOCALS_EXCHANGED, MESSAGES_EXCHANGED, IDS_EXCHANGED, ENVIRONMENTS_EXCHANGED = islice(_table, 4)
"""What each exchange of two nodes makes of them. Of an id 0 where that is not known yet, else one more."""
ALIVE = next(_table)
"""Of an id one more than the id that is left of it without dead messages, 0 where that is not known yet."""
LEAST_TERMS = next(_table)
"""Of an id one more than its least term, 0 where that is not known yet."""
EXCHANGED_ROW, LEAST_ROW = islice(_table, 2)
"""A state with two nodes exchanged; the least of those that were tried."""
CELLS, LABELS, DIRECTIONS = islice(_table, 3)
"""Spans of places whose nodes are alike and are tried in every order; at each place its node's label and the
direction in which that moves.
"""
SPARES = 3
PENDING_SPARES, BATCH_SPARES = tuple(islice(_table, SPARES)), tuple(islice(_table, SPARES))
"""More of these two, for the states that are expanded while another thread stores what was before."""

# -- tables of 64-bit words ------------------------------------------------------------------------------

HASHES = next(_table)
"""The hash of each pending state, and the entry of the hash table in its place."""
HASH_SPARES = tuple(islice(_table, SPARES))
FACTORS = next(_table)
"""What each field of a state is multiplied by in its hash."""
ID_INDEX, OUTCOME_INDEX, MONITOR_INDEX, PAIR_INDEX, MAILBOX_INDEX, OBSERVATION_INDEX = islice(_table, 6)
"""Hash tables: of ids; of outcome spans by (local state, event key); of the next states of monitors; of the
pairs of observations whose steps have been judged; of mailboxes; of observations.
"""
EXCHANGE_INDEX, DEAD_INDEX = islice(_table, 2)
"""Hash tables: what an exchange makes of a monitor's state, by (state, exchange); whether a message is dead,
by (local state, message).
"""
LOWERED_IDS, LOWERED_LOCALS, LOWERED_MESSAGES, LOWERED_MONITORS, MONITOR_TERMS = islice(_table, 5)
"""Hash tables: what an id, a local state, a message or a monitor's state is with terms earlier by so many, by
(it, how many); the first term of a monitor's state, by (it, 0).
"""
PLACE_KEYS = next(_table)
"""For each place in the blocks what its node is put in order by."""
TABLES = next(_table)
WIDE = HASHES
"""The first table of 64-bit words."""
OF_TERMS = (LOWERED_IDS, LOWERED_LOCALS, LOWERED_MESSAGES, LOWERED_MONITORS, MONITOR_TERMS)
PAIRS = (OUTCOME_INDEX, MONITOR_INDEX, PAIR_INDEX, EXCHANGE_INDEX, DEAD_INDEX, *OF_TERMS)
"""Hash tables from pairs of numbers to a number. The others have an entry for each record of a table."""

# -- columns ---------------------------------------------------------------------------------------------
# The last name of a group is the width of the record.

NODE, UP, DROPS, OBSERVATION, DROPPING, LEAST_TERM, MOST_TERM, LOCAL_WIDTH = range(8)
"""Of a local state: its node; whether the node is up (DOWN, ACTIVE or PAUSED), and drops messages; what the
properties see of it; the local state that differs in dropping messages (-1: not known yet); the first and the
last of its terms (NO_TERM and -1 if it has none).
"""
DOWN, ACTIVE, PAUSED = range(3)
"""Whether a node is up: not; and takes steps; and takes none."""
SENDER, MESSAGE_KIND, MESSAGE_TERM, MESSAGE_OLDER, MESSAGE_NEW, MESSAGE_WIDTH = range(6)
"""Of a message: its sender, its kind, and the first of its terms; the same a tick later, which is itself if
it becomes no older, and the same just sent.
"""
NO_TERM = 1 << 30
"""In the place of a term where there is none."""
MESSAGE, NOTICE, BREAK_NOTICE = range(3)
"""Kinds of messages: from a node; from the environment; that of a broken link."""
START, LENGTH, SPAN_WIDTH = range(3)
"""Of a span of another table: a mailbox, the outcomes of an event, a node's events in a class."""
LOCAL, MAILBOX, EFFECTS_START, EFFECT_SLOTS, ID_WIDTH = range(5)
"""Of an id: its local state and its mailbox; the hash table of effects on it."""
EFFECT_KEY, ID_MADE, EFFECT_WIDTH = range(3)
"""Of a slot for an effect: its code + 1, 0 in a free slot; the id that it makes, or CUT."""
LOCAL_AFTER, FLAGS, SENDS_START, SENDS_LENGTH, OWN_START, OWN_LENGTH, CROSSED, OUTCOME_WIDTH = range(8)
"""Of an outcome: the local state after it; flags; its sends to other nodes, and its effects on its own node,
as spans of SENDS; the bounds that it crosses, as bits.
"""
VISIBLE, MONITORED, IDLE, DUE = 1, 2, 4, 8
"""Flags of outcomes: a property may see a difference; the monitors see it; a step by it may be left out where
it only sends dead messages, and where that is asked of each outcome; time waits for it.
"""
EVERY_OUTCOME = 0
"""In the place of a flag that outcomes have to have."""
TARGET_NODE, EFFECT, RECONNECTED, SEND_WIDTH = range(4)
"""Of a send: the node, and the effect's code; whether the step closed the link to the node before, so that it
uses the new connection.
"""
LIST_LENGTH, LIST_CUTS, LIST_HEAD = range(3)
"""Of a list of moves, before its moves: how many they are; the bounds that cut others, as bits."""
ID_AFTER, OUTCOME, SEND, MOVE_WIDTH = range(4)
"""Of a move: the id after it; its outcome, or a step without one; its only send, or NOTHING, or, if it has
several, SEVERAL less the peers to whom they are lost, as bits.
"""
NOTHING, SEVERAL = -1, -2
STEP_OUTCOME, STEP_ACTOR, STEP_STILL, STEP_HEAD = range(4)
"""Of a pending step, before the state that it leads to: its outcome, or a step without one; the node + 1 that
took it (see ACTOR), or EXPECTED; how many exchanges of nodes leave the state as it is.
"""
EXPECTED = -1
"""The state that the step leads to has to be known: an assertion, where these are checked."""
TICKED, LOST, DUPLICATED, DISCONNECTED, PARTITIONED = range(-2, -7, -1)
"""Steps without an outcome: the joint tick, the loss and the duplication of a message, the break of a link,
the beginning or the end of a partition.
"""
PENDING_END, BATCH_CUTS, BATCH_STUCK, BATCH_SKIPPED, BATCH_STILL, BATCH_WIDTH = range(6)
"""Of a state in a batch: where its pending steps end; the bounds that cut others, as bits; whether no step is
a handler's; how many more steps it has, which lead to states that are known; how many exchanges of nodes
leave it as it is.
"""
QUERY_FIRST, QUERY_SECOND, QUERY_KIND, QUERY_WIDTH = range(4)
"""Of a query for Python: two numbers, and what it asks."""
OUTCOMES_OF, MONITOR_AFTER, ENVIRONMENT_OF, MONITOR_EXCHANGED, DEAD_IN, IDLE_STEP = range(6)
LOCAL_LOWERED, MESSAGE_LOWERED, MONITOR_LOWERED, TERM_OF_MONITOR = range(6, 10)
"""What a query asks: the outcomes of (local state, event key); the next state of (monitor, outcome); what an
environment allows; what (monitor, exchange) makes of its state; whether in (local state, message) the message
is dead; whether a step by (outcome, whether a monitor sees it) may be left out; what (it, by how many) is
with terms earlier; the first term of (monitor, 0).
"""
SOURCE_STATE, TARGET_STATE, STEP_TAKEN, STEP_WIDTH = range(4)
"""Of a step for the judge: the states before and after it, and its outcome."""
WHEEL_LIST, WHEEL_MOVE, WHEEL_WIDTH = range(3)
"""Of a wheel of the odometer: a list of moves, and which of them it shows."""
PENDING_HASH, PENDING_ENTRY, HASH_WIDTH = range(3)
KEY, VALUE, PAIR_WIDTH = range(3)
"""Of a slot of a hash table of pairs."""
PARTITION, CLASS_KIND, CLASS_WIDTH = range(3)
"""Of a move class: the partition that stands (-1: none), and its kind."""
LOSS, DUPLICATION, RESTARTS, CRASHES, CRASHES_KEPT, PAUSES, RESUMES, DAMAGES, TICKS = range(9)
HANDLERS, HANDLERS_AND_DELIVERIES, LATE = range(9, 12)
"""Kinds of move classes. The first nine are the same in every environment: their kind is their number. LATE
are the moves that time waits for, by events that are due and by the oldest messages.
"""
KNOWN, EAGER, TIMING, AFTER_TIMEOUT, KEEPS_MAIL, FAULTS_START, FAULTS_LENGTH = range(7)
RANKS_START, RANKS_LENGTH, PARTITIONS_START, PARTITIONS_LENGTH, LATE_MOVES, ENVIRONMENT_WIDTH = range(7, 13)
"""Of an environment: whether Python has told the rest; the class of the moves that need not wait; how
timeouts wait; where a timeout leads; whether mail for nodes that are down is kept; spans of FAULT_STEPS,
RANKED_CLASSES and PARTITION_STEPS; the class of the moves that time waits for (-1: it waits for none).
"""
FAULT_CLASS, FAULT_LEADS_TO, FAULT_NODES, FAULT_WIDTH = range(4)
"""Of the faults of a class, or of the breaks of links (DISCONNECTS), that cost the same: the environment that
they lead to, and the nodes that they may happen to, as bits.
"""
DISCONNECTS, ALL_NODES = -1, -1
FREE, COUNTED, HELD = range(3)
"""How timeouts wait: not at all; each is counted; until nothing else can happen."""

WIDTHS = {
    LOCALS: LOCAL_WIDTH,
    MESSAGES: MESSAGE_WIDTH,
    **dict.fromkeys((MAILBOXES, OUTCOME_SPANS, CLASS_EVENTS, BLOCK_SPANS, CELLS), SPAN_WIDTH),
    IDS: ID_WIDTH,
    OUTCOMES: OUTCOME_WIDTH,
    SENDS: SEND_WIDTH,
    CLASSES: CLASS_WIDTH,
    ENVIRONMENTS: ENVIRONMENT_WIDTH,
    FAULT_STEPS: FAULT_WIDTH,
    MISSES: QUERY_WIDTH,
    STEPS_TO_JUDGE: STEP_WIDTH,
    SENDING: MOVE_WIDTH,
    **dict.fromkeys((BATCH, *BATCH_SPARES), BATCH_WIDTH),
    ODOMETER: WHEEL_WIDTH,
    EFFECTS: EFFECT_WIDTH,
    **dict.fromkeys((HASHES, *HASH_SPARES), HASH_WIDTH),
    **dict.fromkeys(PAIRS, PAIR_WIDTH),
}
"""Words of a record, of the tables of more than one column. The model decides the width of those that hold
states: ROWS, PENDING, OBSERVATIONS.
"""

# -- the header ------------------------------------------------------------------------------------------
# It begins with the places of the tables.

CAPACITY = TABLES
"""From here on: how many records there is room for in each table."""
COUNT = 2 * TABLES
"""From here on: how many records of each table are in use; of a hash table of pairs, how many pairs. (A hash
table of entries has as many as the table of their records.)
"""

_number = count(3 * TABLES)

STATES, NEXT, TRANSITIONS, IS_NEW, TARGET = islice(_number, 5)
"""States found; the state that is expanded next; transitions so far; whether the last observation was a new
one; the state after the last step that was stored.
"""
NETWORK, BOUND, BOUND_BIT, NODES, FIELDS, TELLS_RESTARTED = islice(_number, 6)
"""The system: its network, the bound on it (0: none) and that bound's bit; its nodes; the fields of a state;
whether a restarted node is told of the nodes that are down.
"""
JUDGES_STEPS, JUDGES_ENDS, JUDGES_STATES, MAX_STATES, KEEPS_NEW = islice(_number, 5)
"""What the judge asks for: steps (1: of one node only), states without a next step, states with a new
observation (0: if the step is visible, 1: after any step, 2: states with an old one too). The limit on
states, and whether new ones are kept.
"""
PROPER_STEPS, CUT_STEPS, CUT_FAULTS = islice(_number, 3)
"""Of the state that is expanded: the steps of handlers; the bounds that cut such steps, and those that cut
faults, as bits.
"""
SILENT_COUNT, SENDING_COUNT, CUTS_OF_LIST, MISSES_OF_LIST, KEEPS_IDLE = islice(_number, 5)
"""Of the list that is put together: moves without and with sends; bounds that cut others; whether a query
waits; whether moves that do nothing belong to it.
"""
URGENT_MISSES = next(_number)
"""How many of the queries the state that comes next needs. The rest are of later ones."""
STATE_ROOM, STATE_SLOTS = islice(_number, 2)
"""How many states there is room for, and how many slots the hash table of states has."""
KEEPS_EDGES, EDGE_COUNT, EDGE_ROOM = islice(_number, 3)
"""Whether edges are kept, how many they are, and for how many there is room."""
SKIPS, ACTOR, SKIPPED, ENOUGH = islice(_number, 4)
"""Whether steps that commute are skipped. Of the state that is expanded: the node + 1 whose step led to it
(0: unknown; -1: steps are followed that do not commute), and the steps skipped. How many pending steps are
enough.
"""
EXCHANGES, EXCHANGED_STATES, STILL, REPRESENTED = islice(_number, 4)
"""How many exchanges of two nodes generate all (0: states stand for themselves alone), and how many all are;
how many of them leave the last state as it is; how many states those found stand for.
"""
TAKES_OUT_DEAD, LEAVES_OUT_IDLE = islice(_number, 2)
"""Whether dead messages are taken out; whether steps that only send such are left out (1), and Python is
asked of each (2).
"""
COUNTS_TERMS, SPREAD, SPREAD_BIT = islice(_number, 3)
"""Whether terms are counted from the least; how far apart those of nodes may be, and that bound's bit (0: as
far as they like).
"""
AGES = next(_number)
"""Whether messages become older in a tick."""
BOUNDS = 64
CUTS = next(_number)
"""From here on, for each of BOUNDS bounds: how many states it cuts. The last one is the limit on depth."""
HEADER = CUTS + BOUNDS
BEYOND = BOUNDS - 1

# -- rows to work in -------------------------------------------------------------------------------------

HERE, BASE, INITIAL, BEFORE = range(4)
"""The state that is expanded; where its steps start from; an initial state; the state before the first."""
SOURCE, OBSERVED_BEFORE, OBSERVED = range(8, 11)
"""Where a step begins; two observations. Another thread may work in these, so they lie apart."""

# -- numbers that compiled code and Python tell each other -----------------------------------------------

SENT_SET, SET, BAG, FIFO = range(4)
"""Networks."""
EMPTY = 0
"""The empty mailbox."""
DONE, MISS, GROW, CUT, CAPPED, ASK = range(0, -6, -1)
"""Answers of compiled code: done; Python has to answer queries; a table is full; a bound is crossed; the
limit on states is reached; the judge has to be asked.
"""

EVENT = 1 << 29
"""Keys of what can happen in a local state: a message, or from here on an event of the node."""
_key = count(EVENT + (1 << 28))
CRASH_DROPPED, CRASH_KEPT, RESTART, PAUSE, RESUME, DAMAGE, DROPPING_OF, TICK = islice(_key, 8)
"""More keys: crashes that drop the node's mail or keep it; a restart, a pause and its end, a damage; the
local state that drops messages (which does not happen, but is asked for); the tick.
"""
BREAK = 1 << 29
"""Codes of effects on another node: a message, or from here on the break of its link from a node. Of effects
of a step on its own node: a message, or from here on the closing of a link.
"""
DROP_MAIL = BREAK + (1 << 20)
"""One more code: the network no longer keeps the node's mail, if it is down."""
