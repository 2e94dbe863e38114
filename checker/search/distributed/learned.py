"""What workers have learned of a model besides states: which handlers ran, and what came of their calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from elcheck.checker.model.ids import NodeId
from elcheck.checker.process.watch import optional
from elcheck.checker.system.mailboxes import SentMessage
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.system import System


@dataclass
class LearnedOfModel:
    """The tallies of handlers by program and name (called, enabled, changed, blocked), messages without a
    handler, clocks that stood still, and of each node's links which messages at their heads were blocked, and
    which were taken.
    """

    tallies: dict[tuple[str, str], tuple[int, int, bool, Counter[str]]] = field(default_factory=dict)
    unhandled: set[tuple[str, str]] = field(default_factory=set)
    stopped_clocks: dict[NodeId, str] = field(default_factory=dict)
    blocked: list[list[tuple[SentMessage, str]]] = field(default_factory=list)
    taken: list[list[SentMessage]] = field(default_factory=list)


def learned_of(system: System) -> LearnedOfModel:
    """What a system has learned."""
    runner, full = system.runner, system.full
    found = LearnedOfModel(
        {who: (t.called, t.enabled, t.changed, t.blocked) for who, t in runner.tallies.items()},
        runner.unhandled,
        runner.stopped_clocks,
    )
    for table in full.tables if isinstance(full, NodeSystem) else ():
        known = table.messages.known
        found.blocked.append([(known[message], why) for message, why in table.blocked.items()])
        found.taken.append([known[message] for message in table.taken])
    return found


def learned_in_the_end(system: System, *, again: bool) -> tuple[LearnedOfModel, str | None]:
    """The same; and, if calls are to be made ``again``, what is wrong with a handler that answers otherwise
    now.
    """
    why = None
    with optional():
        why = system.runner.unlike_before() if again else None
    return learned_of(system), why


def learn(system: System, learned: LearnedOfModel) -> None:
    """Let a system know what another one of the same model has learned."""
    runner, full = system.runner, system.full
    for who, (called, enabled, changed, blocked) in learned.tallies.items():
        tally = runner.tallies[who]
        tally.called += called
        tally.enabled += enabled
        tally.changed = tally.changed or changed
        tally.blocked.update(blocked)
    runner.unhandled |= learned.unhandled
    for node, why in learned.stopped_clocks.items():
        runner.stopped_clocks.setdefault(node, why)
    if isinstance(full, NodeSystem):
        for table, blocked_there, taken in zip(full.tables, learned.blocked, learned.taken, strict=True):
            for sent, why in blocked_there:
                table.blocked.setdefault(table.messages.number(sent), why)
            table.taken.update(map(table.messages.number, taken))
