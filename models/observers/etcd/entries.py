"""Which entries of the servers' logs are looked at: those whose term and index some line of etcd shows.

The others are left out of the model's logs, so 5,417 entries become six.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from elcheck import LogEvent, NodeLog

EntryId = tuple[int, int]
"""The term and the index of an entry."""


def shown(line: LogEvent) -> Iterator[EntryId]:
    """The entries that a line shows: the last of its node's log, or of another's."""
    for term, index in (("logterm", "index"), ("src_logterm", "src_index"), ("snapterm", "snap")):
        if term in line.fields and index in line.fields:
            yield line.number(term), line.number(index)


class Entries:
    """The entries that are looked at, by their terms; of each leader, what its log had before its own."""

    def __init__(self, logs: Sequence[NodeLog], members: int) -> None:
        self._seen: dict[int, list[int]] = defaultdict(list)
        self._bases: dict[int, EntryId] = {}
        found = {(1, members)} | {entry for log in logs for line in log.events for entry in shown(line)}
        for log in logs:
            asked: dict[int, EntryId] = {}
            for line in log.events:
                if line.kind == "asked" and line["msg"] == "MsgVote":
                    asked[line.number("term")] = line.number("logterm"), line.number("index")
                elif line.kind == "became" and line["role"] == "leader" and line.number("term") in asked:
                    base = asked[line.number("term")]
                    self._bases[line.number("term")] = base
                    found.add((line.number("term"), base[1] + 1))
        for term, index in sorted(found - {(0, 0)}):
            self._seen[term].append(index)

    @property
    def most_at_once(self) -> int:
        """By how many entries a log may grow from one that is looked at to the next."""
        last = max((indexes[-1] for indexes in self._seen.values()), default=0)
        return last + 1

    def next_of(self, term: int, index: int) -> int | None:
        """The index of the next entry of a term, None if no later one is looked at."""
        indexes = self._seen.get(term, [])
        place = bisect_right(indexes, index)
        return indexes[place] if place < len(indexes) else None

    def log_up_to(self, last: EntryId) -> tuple[EntryId, ...]:
        """The log whose last entry is this one."""
        parts: list[list[EntryId]] = []
        while last[0] > 0:
            term, index = last
            base = self._bases.get(term)
            if base is None or base[0] >= term or base[1] >= index:
                base = self._before(term, index)
            own = [i for i in self._seen.get(term, []) if base[1] < i <= index]
            parts.append(
                [(term, i) for i in own] if own[-1:] == [index] else [*((term, i) for i in own), last]
            )
            last = base
        return tuple(entry for part in reversed(parts) for entry in part)

    def _before(self, term: int, index: int) -> EntryId:
        """What may have been before a term, where its leader's log does not say so."""
        first = min([i for i in self._seen.get(term, []) if i <= index], default=index)
        earlier = ((t, i) for t, indexes in self._seen.items() if t < term for i in indexes if i < first)
        return max(earlier, default=(0, 0))
