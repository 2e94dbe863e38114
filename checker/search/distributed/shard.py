"""The states that one worker owns, and its turns in a search that all workers do depth by depth.

A worker follows the steps of its own states. What it finds goes to the owner, by the digest of its content
(Stern and Dill 1997, "Parallelizing the Murphi verifier"), at the end of a turn, all of a turn together. A
turn is some thousands of states, or the rest of the depth; the states of the next depth are only begun when
nobody has any left of this one. So depths are those of one process, and traces as short.
"""

from __future__ import annotations

import pickle
import time
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.process.memory import resident
from elcheck.checker.process.watch import EVERY, Ended, current
from elcheck.checker.search.distributed.account import Account, Decided
from elcheck.checker.search.distributed.learned import LearnedOfModel, learned_in_the_end
from elcheck.checker.search.distributed.parts import Parts
from elcheck.checker.search.judge import Finding, Judge
from elcheck.checker.search.search import has_no_step
from elcheck.checker.system.system import UNCUT, Cuts, Found, System

TURN = 8_192
"""States whose steps a worker follows in one turn."""
CACHE = 50_000
"""States of others that a worker remembers to have sent, at the least; at most half of its own."""
OWNER = 40
"""Where the owner's number begins in what names a parent: below is the parent's place there."""


class _Probed(NamedTuple):
    """A state at the limit on depth, with its steps, the states that these lead to, and its cuts."""

    place: int
    steps: Found
    targets: list[int]
    cuts: Cuts


class Shard:
    """One worker's states, in the order of finding. ``number`` is that of the worker, of ``count``."""

    def __init__(self, system: System, judge: Judge, parts: Parts, number: int, count: int) -> None:
        self._system, self._judge, self._parts = system, judge, parts
        self._number, self._count = number, count
        self._codes: list[int] = []
        self._parents = array("Q")
        self._seen: set[int] = set()
        self._sent: set[int] = set()
        self._fresh: dict[int, int] = {}  # the parent's index, doubled, and whether to judge it
        self._unjudged: list[int] = []
        self._next = self._end = 0
        self._kept = self._saved = 0
        self._at: int | None = None
        self._probed: list[_Probed] = []
        self._asked: list[list[int]] = []
        self._unknown: set[int] = set()
        self.outbox: list[bytes] = [b""] * count
        self._account = Account()
        self._calls = self._evaluations = 0

    # -- turns -----------------------------------------------------------------------------------------

    def begin(self, most: int | None) -> Account:
        """Take the initial states that are this worker's, of the first so many of all."""

        def take() -> None:
            known: dict[int, None] = {}
            for number, code in enumerate(self._system.initial()):
                if number % EVERY == 0:
                    self._look()
                if code in known:
                    continue
                if most is not None and len(known) >= most:
                    break
                known[code] = None
            self._fresh = dict.fromkeys(known, 1)
            self._keep_own()

        self._turn(take)
        self._account.cuts.update(self._system.left_out)
        return self._accepted(self._account.new, begins=True)

    def next_depth(self, decided: Collection[int]) -> Account:
        """Let the states that were found last be those of this depth. Some claims are decided by now."""
        for claim in decided:
            self._judge.found(claim, Finding(0, None, ""))
        self._next = self._end
        self._end = len(self._codes)
        return self._turn(lambda: None)

    def expand(self) -> Account:
        """Follow the steps of some states. What is for others is in the outbox then."""
        if len(self._sent) > max(CACHE, len(self._codes) // 2):
            self._parts.forget(self._sent)
            self._sent.clear()
        self._turn(self._expand)
        return self._turn_over(self._send)

    def absorb(self, inbox: Sequence[bytes]) -> Account:
        """Take what others have sent. The states that are new count only once they are accepted."""

        def read() -> None:
            for source, data in enumerate(inbox):
                if data:
                    content, parents, flags = pickle.loads(data)
                    self._take(source, self._parts.read(source, content), array("Q", parents), flags)

        return self._turn(read)

    def accept(self, most: Sequence[int] | None) -> Account:
        """Keep the first of the new states, of each worker so many (None: all), and judge them."""
        self._turn(lambda: None)
        new = self._account.new
        return self._accepted(new if most is None else most[self._number], begins=False)

    def _accepted(self, most: int, *, begins: bool) -> Account:
        first = self._kept
        for code in self._codes[first + most :]:
            self._seen.discard(code)
        del self._codes[first + most :], self._parents[first + most :]
        self._kept = first + most

        def judge() -> None:
            if self._system.stands_for_several:
                represents = self._system.represents
                self._account.represented = sum(map(represents, self._codes[first:]))
            for index in self._unjudged:
                if index < self._kept:
                    if index % EVERY == 0:
                        self._look()
                    self._at = index
                    self._judge.state(index, self._codes[index])
                    if begins:
                        self._judge.begins(index, self._codes[index])

        self._turn_over(judge)
        self._unjudged.clear()
        return self._account

    # -- the last depth --------------------------------------------------------------------------------

    def probe(self) -> Account:
        """Follow the steps of some states at the limit on depth: whether what is beyond is known is asked of
        its owners.
        """
        self._turn(self._probe)
        return self._turn_over(self._ask)

    def answer(self, inbox: Sequence[bytes]) -> Account:
        """Answer others which of the states that they ask of are known here."""

        def answer() -> None:
            for source, data in enumerate(inbox):
                asked = self._parts.read(source, data) if data else []
                self.outbox[source] = bytes([code in self._seen for code in asked])

        return self._turn(answer)

    def conclude(self, inbox: Sequence[bytes], beyond: str) -> Account:
        """Count and judge the steps of the states of this turn that lead to known states. ``beyond`` names
        the bound that cuts the others.
        """
        for asked, answers in zip(self._asked, inbox, strict=True):
            self._unknown.update(code for code, known in zip(asked, answers, strict=True) if not known)
        self._turn(lambda: self._conclude(beyond))
        self._probed.clear()
        return self._account

    def _probe(self) -> None:
        for index in self._some():
            steps, cuts = self._system.expanded(self._codes[index])
            targets = [succ for succ, _ in self._system.reduced(steps)]
            self._probed.append(_Probed(index, steps, targets, cuts))

    def _ask(self) -> None:
        targets = (target for probed in self._probed for target in probed.targets)
        self._asked = self._by_owner(list(dict.fromkeys(t for t in targets if t not in self._seen)))
        self._unknown = set(self._asked[self._number])
        self._asked[self._number] = []
        for to, codes in enumerate(self._asked):
            self.outbox[to] = self._parts.written(to, codes) if codes else b""

    def _conclude(self, beyond: str) -> None:
        for place, steps, targets, cuts in self._probed:
            self._at = place
            pairs = zip(steps, targets, strict=True)
            kept = [step for step, target in pairs if target not in self._unknown]
            bounds = [*cuts.bounds, *([beyond] if len(kept) < len(steps) else [])]
            self._counted(self._codes[place], len(kept), bounds)
            self._judge.steps(place, self._codes[place], kept, stuck=has_no_step(steps, cuts))

    # -- states ----------------------------------------------------------------------------------------

    def states(self, indices: Sequence[int], to: int) -> tuple[bytes, list[int]]:
        """Some states as they are written for another worker, and what names their parents."""
        return self._parts.written(to, [self._codes[i] for i in indices]), [self._parents[i] for i in indices]

    def learned(self, again: bool) -> tuple[LearnedOfModel, str | None]:
        """What was learned of the model, as :func:`learned_in_the_end` has it."""
        return learned_in_the_end(self._system, again=again)

    def verified(self) -> Account:
        """Check what was taken for granted of all that was learned."""
        return self._turn(self._system.verify)

    def saved(self) -> bytes:
        """What was found since the last time."""
        codes, parents = self._codes[self._saved : self._kept], self._parents[self._saved : self._kept]
        self._saved = self._kept
        content = self._parts.written(self._count + 1, codes) if codes else b""
        return pickle.dumps((content, parents.tobytes()))

    def restored(self, saved: Sequence[bytes]) -> None:
        """Go on from what another one has saved depth by depth; the states of the last one are the next to be
        followed.
        """
        for data in saved:
            self._next = self._end = len(self._codes)
            content, parents = pickle.loads(data)
            if content:
                self._codes += self._parts.read(self._count + 1, content)
                self._parents.frombytes(parents)
        self._seen.update(self._codes)
        self._kept = self._saved = len(self._codes)

    def _expand(self) -> None:
        seen, sent, fresh, codes = self._seen, self._sent, self._fresh, self._codes
        judge, expanded, reduced = self._judge, self._system.expanded, self._system.reduced
        for index in self._some():
            code = codes[index]
            steps, cuts = expanded(code)
            for succ, move in reduced(steps):
                if succ not in seen and succ not in sent and succ not in fresh:
                    fresh[succ] = 2 * index + (move.visible or judge.every_state)
            self._counted(code, len(steps), cuts.bounds if cuts is not UNCUT else ())
            if judge.asks_steps or judge.asks_deadlock:
                self._judge.steps(index, code, steps, stuck=has_no_step(steps, cuts))

    def _some(self) -> Iterator[int]:
        """The states of this turn; one that is given has been counted when the next one is."""
        begin = self._next
        for index in range(begin, min(begin + TURN, self._end)):
            if (index - begin) % EVERY == 0:
                self._look()
            self._at, self._next = index, index + 1
            yield index

    def _counted(self, code: int, steps: int, bounds: Collection[str]) -> None:
        account = self._account
        represented = self._system.represents(code) if self._system.stands_for_several else 1
        account.transitions += represented * steps
        account.expanded += 1
        if bounds:
            account.cuts.update(dict.fromkeys(bounds, represented))

    def _by_owner(self, codes: Sequence[int]) -> list[list[int]]:
        """Some states, those of each worker together."""
        found: list[list[int]] = [[] for _ in range(self._count)]
        if codes:
            for code, digest in zip(codes, self._parts.digests(codes), strict=True):
                found[digest % self._count].append(code)
        return found

    def _send(self) -> None:
        """Keep what was found of this worker's own, and make a parcel of the rest for each owner."""
        fresh = self._fresh
        if not fresh:
            self.outbox = [b""] * self._count
            return
        for to, codes in enumerate(self._by_owner(list(fresh))):
            known = [fresh[code] for code in codes]
            parents, flags = array("Q", [k >> 1 for k in known]), bytes([k & 1 for k in known])
            self.outbox[to] = b""
            if to == self._number:
                self._take(to, codes, parents, flags)
            elif codes:
                content = self._parts.written(to, codes)
                self.outbox[to] = pickle.dumps((content, parents.tobytes(), flags))
                self._sent.update(codes)
                self._account.sent += len(self.outbox[to])
                self._account.sent_states += len(codes)
        fresh.clear()

    def _keep_own(self) -> None:
        """Of the initial states, keep this worker's."""
        own = self._by_owner(list(self._fresh))[self._number]
        self._take(self._number, own, array("Q", range(len(own))), bytes([1]) * len(own))
        self._fresh.clear()

    def _take(self, source: int, codes: Sequence[int], parents: Sequence[int], flags: bytes) -> None:
        """Add those of some states that are new."""
        seen, owner = self._seen, source << OWNER
        for code, parent, flag in zip(codes, parents, flags, strict=True):
            if code not in seen:
                seen.add(code)
                if flag:
                    self._unjudged.append(len(self._codes))
                self._codes.append(code)
                self._parents.append(owner | parent)

    # -- accounts --------------------------------------------------------------------------------------

    def _look(self) -> None:
        current().look()

    def _turn(self, work: Callable[[], None]) -> Account:
        """Do some work, with a new account of it."""
        self._account = Account()
        return self._turn_over(work)

    def _turn_over(self, work: Callable[[], None]) -> Account:
        """Do some work that belongs to the same turn."""
        account, judge = self._account, self._judge
        known = set(judge.findings)
        try:
            work()
        except MemoryError:
            account.stop = current().out_of_memory
        except Ended as ended:
            account.stop = ended.notice()
        except HandlerError as error:
            account.failure = self._at, str(error)
        except NotGranted as refutation:
            account.refuted = type(refutation).__name__, refutation.of, str(refutation)
        del self._codes[len(self._parents) :]  # what an end kept from being stored as a whole
        for claim, found in judge.findings.items():
            if claim not in known:
                account.decided.append(Decided(claim, found.index, found.step is not None, found.detail))
        account.states, account.new = self._kept, len(self._codes) - self._kept
        account.left = self._end - self._next
        calls, evaluations = self._system.runner.calls, judge.evaluations
        account.calls += calls - self._calls
        account.evaluations += evaluations - self._evaluations
        self._calls, self._evaluations = calls, evaluations
        account.held, account.cpu = resident(), time.process_time()
        return account
