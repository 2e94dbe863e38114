"""A leader of two removes itself, and is gone before the other has heard of it.

Raft's membership changes, coarse: a configuration counts from when it is in a server's log (thesis, 4.1), an
election is one step. The servers are 0 and 1; 0 removes itself.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import (
    Model,
    Spec,
    State,
    action,
    always,
    always_possible,
    change,
    guard,
    holds,
    replace,
    sometimes,
    step,
)

BOTH, ONE = frozenset({0, 1}), frozenset({1})


class Pair(State):
    """Who leads, and whose log has the configuration without server 0."""

    leader: int | None = None
    removed: tuple[bool, bool] = (False, False)

    def configuration(self, server: int) -> frozenset[int]:
        """The configuration that counts for a server."""
        return ONE if self.removed[server] else BOTH


class Changing(Spec[Pair]):
    """Elections, and one change of membership."""

    def server(self) -> tuple[int, ...]:
        """The servers."""
        return 0, 1

    @action(over=server)
    def stand(self, s: Pair, server: int) -> Pair:
        """Lead, with the votes of a majority of one's own configuration: of those whose log is no longer."""
        guard(s.leader is None, "there is a leader")
        guard(self.may_stand(s, server), "it is not in its configuration")
        members = s.configuration(server)
        votes = {voter for voter in members if s.removed[voter] <= s.removed[server]}
        guard(2 * len(votes) > len(members), "no majority votes for it")
        return replace(s, leader=server)

    def may_stand(self, s: Pair, server: int) -> bool:
        """A server that is not in its latest configuration may be needed to spread that."""
        return True

    @action
    def remove(self, s: Pair) -> Pair:
        """Server 0 writes the configuration without itself into its log."""
        guard(s.leader == 0, "it does not lead")
        return replace(s, removed=(True, s.removed[1]))

    @action
    def replicate(self, s: Pair) -> Pair:
        """Server 1 gets the log of server 0, which then steps down: it has committed its own removal."""
        guard(s.leader == 0 and s.removed[0], "server 0 does not lead, or has nothing new")
        return Pair(None, (True, True))

    @action
    def lose(self, s: Pair) -> Pair:
        """The leader crashes, and restarts with its log."""
        guard(s.leader is not None, "there is no leader")
        return replace(s, leader=None)


class MembersOnly(Changing):
    """Who is not in its latest configuration does not stand (openraft issue 2091; see etcd issue 10563)."""

    def may_stand(self, s: Pair, server: int) -> bool:
        return server in s.configuration(server)


# -- What is claimed ---------------------------------------------------------------------------------------


def has_all(s: Pair) -> bool:
    """A leader that counts both has what the other has: it has needed the other's vote."""
    return s.leader is None or s.removed[s.leader] or not any(s.removed)


def is_told(before: Pair, now: Pair) -> bool:
    """Server 0 writes its removal while it leads; server 1 has that from it, which then leads no more."""
    written = before.removed[0] == now.removed[0] or before.leader == 0
    told = before.leader == 0 and before.removed[0] and now.leader is None
    kept = all(old <= new for old, new in zip(before.removed, now.removed, strict=True))
    return written and (before.removed[1] == now.removed[1] or told) and kept


def take_turns(before: Pair, now: Pair) -> bool:
    """Nobody begins to lead while another does."""
    return before.leader == now.leader or None in (before.leader, now.leader)


def model(bug: Annotated[type[Changing], "a mistake to put in"] = Changing) -> Model:
    """A leader that removes itself from a cluster of two.

    Paper: D. Ongaro, Consensus: Bridging Theory and Practice, 2014, section 4.2.2; openraft issue 2091.
    Assumes: disks keep logs.
    """
    return Model(
        bug(),
        properties=[
            always("who leads by both has all", holds(Pair, has_all)),
            step("the removal is written, then told", change(Pair, is_told)),
            step("leaders take turns", change(Pair, take_turns)),
            always_possible("somebody can lead", holds(Pair, lambda s: s.leader is not None)),
            always_possible("a leader can be lost", holds(Pair, lambda s: s.leader is None)),
            sometimes("server 1 leads alone", holds(Pair, lambda s: s.leader == 1 and s.removed[1])),
        ],
    )
