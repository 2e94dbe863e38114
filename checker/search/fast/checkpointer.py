"""Saves a search in checkpoints while it runs, and restores the one that it goes on from.

What compiled code has learned is in the checkpoint. What Python has numbered (local states, messages, states
of monitors) is not: Python is asked the same queries again instead, in their order. Handlers are pure, and
numbers are given in the order of the queries, so they come out the same. If not, it is another model.
"""

from __future__ import annotations

import hashlib
import time
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType

import numpy as np

from elcheck.checker.loading.version import __version__
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.values import order
from elcheck.checker.process.limits import Limits, Stop, StopKind
from elcheck.checker.reductions.reduce import refutation
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.cache import sources
from elcheck.checker.search.fast.calls import hash_rows
from elcheck.checker.search.fast.checkpoint import Checkpoint, read
from elcheck.checker.search.fast.files import FolderLock, StateFiles, remove_search
from elcheck.checker.search.fast.layout import CAPACITY, COUNT, Ints, Words
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.search.fast.misses import MissHandler, Unsupported
from elcheck.checker.search.judge import Judge
from elcheck.checker.search.resources import Spill
from elcheck.checker.search.search import Search
from elcheck.checker.system.packed import NodeSystem


@dataclass
class SearchNotes:
    """What a search notes of itself.

    ``probed``: the limit on depth, once it looks at what lies past it. ``steps``: of a claim that a step
    decides, the state before it and the state after it. ``questions``: what the judge was asked, in order,
    three numbers each: a state, and the state after it and the outcome, or (negative) another kind of
    question.
    """

    probed: int | None = None
    steps: dict[int, tuple[int, int]] = field(default_factory=dict)
    questions: array[int] = field(default_factory=lambda: array("i"))


class Checkpointer:
    """The files of a search, and its checkpoints. As a context it closes the files."""

    def __init__(
        self, spill: Spill, misses: MissHandler, search: Search, judge: Judge, notes: SearchNotes
    ) -> None:
        """Make the files, or open those of the search to resume. Raises UsageError if that fails."""
        self._began = self._written = time.monotonic()
        self._spill = spill
        self._misses = misses
        self._search = search
        self._judge = judge
        self._notes = notes
        self._refuted = _texts(misses.system.refuted)
        self._searched = dict(spill.searched) | _of_model(misses.system) | _of_reductions(misses)
        self._lock = FolderLock(spill.folder, make=not spill.resume)
        try:
            self.resumed = self._read() if spill.resume else None
            self.files = StateFiles(spill.folder, misses.memory.fields, resume=self.resumed is not None)
        except BaseException:
            self._lock.release()
            raise
        self._saved = self.resumed is not None
        self.goes_on = self.resumed is not None and bool(self.resumed.levels)
        self._values = ValueDigest(misses.system)

    def _read(self) -> Checkpoint | None:
        """The checkpoint to go on from; None if what came of it, a refutation, has voided it.

        Raises UsageError if it is of another search, and the NotGranted next that led to its search.
        """
        saved, known = read(self._spill.folder), len(self._refuted)
        if saved.refuted == self._refuted:
            _require_same(self._searched, saved.searched, self._spill)
            return saved
        if saved.refuted[:known] == self._refuted:
            kind, first, second, why = saved.refuted[known]
            raise refutation(kind, (first, second), why, self._misses.system.runner.nodes)
        remove_search(self._spill.folder)
        return None

    def __enter__(self) -> Checkpointer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        void = isinstance(error, Unsupported) or (isinstance(error, NotGranted) and self.resumed is None)
        self.files.close(remove=void or not self._saved)
        self._lock.release()

    # -- while it runs ---------------------------------------------------------------------------------

    def look(self) -> Stop | None:
        """Save the search, if it is time. Answers why it has to stop, None if it need not."""
        if time.monotonic() - self._written < self._spill.every:
            return None
        return self.save()

    def save(self, *, begun: bool = True) -> Stop | None:
        """Write a checkpoint. If that fails, the one before is kept, and the answer says why. A search that
        has not ``begun``, since there are more initial states than it came to, goes on from the beginning.
        """
        memory, notes = self._misses.memory, self._notes
        found = [
            (claim, *notes.steps.get(claim, (finding.index, -1)), finding.detail)
            for claim, finding in self._judge.findings.items()
        ]
        try:
            Checkpoint(
                self._searched,
                self._values.digest(),
                self._search.levels if begun else [],
                self._search.totals if begun else [],
                notes.probed,
                found,
                self._refuted,
                self._judge.evaluations,
                self._search.spent + time.monotonic() - self._began,
                self.files.settle(int(memory.h[L.STATES])),
                memory.h,
                memory.content(),
                np.array(self._misses.queries, np.int32),
                np.array(notes.questions, np.int32),
            ).write(self._spill.folder)
        except OSError as error:
            why = f"the checkpoint could not be written to {self._spill.folder}: {error.strerror or error}"
            return Stop(StopKind.DISK, why)
        self._saved = True
        self._written = time.monotonic()
        return None

    # -- going on --------------------------------------------------------------------------------------

    def restore(self, saved: Checkpoint, limits: Limits) -> None:
        """Bring memory and search to where they stood, and what Python has numbered.

        Raises UsageError for limits that can't be met any more, a model that has changed, or damaged files.
        """
        _require_depth(saved, limits)
        memory, states = self._misses.memory, saved.states
        _ask_again(self._misses, saved.queries)
        if self._values.digest() != saved.values or not _equal(memory, saved):
            raise UsageError(
                f"the search in {self._spill.folder} can't go on: the model's handlers do not answer as they "
                "did. Has it changed? If not, --check-model finds handlers that are not deterministic"
            )
        enough = min(len(self.files.parents), len(self.files.rows)) >= states
        if not enough or self.files.settle(states) != saved.sums:
            raise UsageError(
                f"the search in {self._spill.folder} can't go on: its states are damaged; "
                "begin again without --resume"
            )
        memory.restore(saved.header, saved.tables)
        memory.table = _table_of_states(memory, states)
        memory.grow()
        self._search.levels[:] = saved.levels
        self._search.totals[:] = saved.totals
        self._search.spent = saved.spent
        self._notes.probed = saved.probed


def _texts(refuted: Sequence[NotGranted]) -> list[tuple[str, str, str, str]]:
    """What may not be taken for granted: its kind, two names, and what is said."""
    return [(type(found).__name__, *found.of, str(found)) for found in refuted]


def _of_reductions(misses: MissHandler) -> dict[str, str]:
    """What makes states of a search stand for others."""
    quotient = misses.quotient
    dead = quotient.dead if quotient is not None else None
    return {
        "--symmetry": "off" if quotient is None or not quotient.exchanges else str(quotient.group),
        "--dead-messages": "off" if dead is None else ", ".join(map(str, dead.staleness.rules)),
        "--relative-terms": "off" if quotient is None or quotient.terms is None else "auto",
    }


def _of_model(system: NodeSystem) -> dict[str, str]:
    """What can be said of a model, whatever file it comes from."""
    model = system.model
    claims = ", ".join(f"{claim.kind} {claim.name}" for claim in system.claims)
    environment = model.environment
    return {
        "elcheck": __version__,
        "the digest of its fast engine": sources(),
        **{f"--{name}": str(getattr(environment, name)) for name in environment.__dataclass_fields__},
        "the nodes": ", ".join(node.name for node in system.runner.nodes),
        "the properties": claims,
        "the bounds": ", ".join(bound.name for bound in model.bounds),
        "the monitors": ", ".join(monitor.name for monitor in model.monitors),
    }


def _require_same(now: Mapping[str, str], then: Mapping[str, str], spill: Spill) -> None:
    """Raise UsageError if a folder holds another search than is asked for."""
    for label in [*now, *then]:
        old, new = then.get(label, "none"), now.get(label, "none")
        if old != new:
            raise UsageError(
                f"{spill.folder} holds another search: {label} was {_short(old)} and is now {_short(new)}; "
                "ask for the same again, or take another folder"
            )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _require_depth(saved: Checkpoint, limits: Limits) -> None:
    """Raise UsageError for a limit on depth that the search has left behind."""
    depth, come = limits.depth, len(saved.levels) - 1
    if saved.probed is not None and depth != saved.probed:
        now = "no --depth" if depth is None else f"--depth {depth}"
        raise UsageError(
            f"this search has counted what lies past --depth {saved.probed}, and can't go on with {now}: "
            "give it that depth, or begin another search"
        )
    if saved.probed is None and depth is not None and depth < come:
        raise UsageError(
            f"this search has come to depth {come} already, past --depth {depth}: give it more, or none"
        )


def _ask_again(misses: MissHandler, queries: Words) -> None:
    """Ask Python again what it was asked, when it has numbered nothing yet."""
    for code in (misses.quotient or misses.system).initial():
        misses.numbering.row(code)
    with misses.answering():
        for query in queries.reshape(-1, 3).tolist():
            with suppress(HandlerError):  # as it raised then: a state that needs it asks again
                misses.answer(*query)


def _equal(memory: Memory, saved: Checkpoint) -> bool:
    """Whether Python has written the same into the tables as then."""
    for table in sorted(memory.written):
        now, then = memory.room(table), saved.tables[table]
        if table in L.PAIRS:
            equal = np.array_equal(_pairs(now), _pairs(then))
        else:
            used = int(memory.h[COUNT + table]) * len(now) // int(memory.h[CAPACITY + table])
            equal = memory.h[COUNT + table] == saved.header[COUNT + table]
            equal = equal and np.array_equal(now[:used], np.append(then, np.zeros(used, then.dtype))[:used])
        if not equal:
            return False
    return True


def _pairs(table: Words | Ints) -> Words | Ints:
    """The pairs of a hash table with their values, in order."""
    slots = table.reshape(-1, L.PAIR_WIDTH)
    used = slots[slots[:, L.KEY] != 0]
    ordered: Words | Ints = used[np.argsort(used[:, L.KEY])]
    return ordered


def _table_of_states(memory: Memory, states: int) -> Ints:
    """The hash table of the states."""
    room = len(memory.table)
    while 4 * (states + int(memory.h[CAPACITY + L.PENDING])) > 3 * room:
        room *= 2
    table = np.zeros(room, np.int64)
    hash_rows(memory.h, memory.q, memory.rows, states, len(table), table)
    return table


class ValueDigest:
    """A digest of the values behind the numbers of local states, messages, observations and monitors' states.

    Tables alone would not tell a counter that goes up by two from one that goes up by one.
    """

    def __init__(self, system: NodeSystem) -> None:
        self._known: list[Sequence[object]] = [system.observations.views]
        for table in system.tables:
            self._known += [table.local_states.known, table.messages.known]
        self._known += [system.history.known(at) for at in range(len(system.model.monitors))]
        self._digests = [hashlib.sha256() for _ in self._known]
        self._done = [0] * len(self._known)

    def digest(self) -> str:
        """The digest of what is known by now."""
        for at, values in enumerate(self._known):
            for value in islice(values, self._done[at], None):
                self._digests[at].update(repr(order(value)).encode())
            self._done[at] = len(values)
        return hashlib.sha256(b"".join(digest.digest() for digest in self._digests)).hexdigest()
