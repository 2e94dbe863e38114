"""Which fields of a local state say most about it in a trace: its role and its term, whatever their names.

Of what changes in the trace: first what the failing check reads, then members of an enumeration, numbers,
names of nodes, yes and no, and what else is short. Nothing is known here of any model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import Enum

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import NodeView
from elcheck.checker.model.values import text
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead
from elcheck.checker.traces.trace import Trace

MOST = 3
"""Fields that are shown of a node, at the least one more than the failing check reads."""
MOST_READ = 5
"""Fields that are shown of those that the failing check reads."""
_SHORT = 12
_LONG = 5  # the rank of what is shown only where nothing else changes


class Telling:
    """The telling fields of each class of local states in a trace; ``read`` are those that the failing check
    reads.
    """

    def __init__(self, trace: Trace, read: FieldsRead = NOTHING_READ) -> None:
        by_class: dict[type[object], dict[NodeId, list[object]]] = {}
        for state in trace.states:
            for view in state.nodes:
                by_class.setdefault(type(view.state), {}).setdefault(view.node, []).append(view.state)
        self._fields = {
            cls: _chosen(cls, list(histories.values()), read.get(cls, ()))
            for cls, histories in by_class.items()
        }

    def said(self, view: NodeView[object], before: NodeView[object] | None = None) -> list[str]:
        """A node's state in a few words: at the start all of the fields, or its class; else none if none of
        them changes, and of those after the first two only what does.
        """
        new, old = view.state, None if before is None else before.state
        names = self._fields[type(new)]
        if type(old) is not type(new) and (old is not None or not names):
            return [type(new).__name__ if old is None else text(new)]
        enums = [name for name in names if isinstance(getattr(new, name), Enum)]
        changed = [name for name in names if old is None or getattr(old, name) != getattr(new, name)]
        shown = [name for at, name in enumerate(names) if changed and (at < 2 or name in changed)]
        return [field_in_words(name, getattr(new, name), bare=[name] == enums) for name in shown]


def field_in_words(name: str, value: object, *, bare: bool) -> str:
    """A field with its value: ``term 2``, ``LEADER`` where the value is ``bare``, ``not voted``."""
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return text(value) if bare else f"{name} {text(value)}"


def _chosen(cls: type[object], histories: list[list[object]], read: Sequence[str]) -> list[str]:
    """The fields to show of a class, from what its nodes' states were."""
    assert dataclasses.is_dataclass(cls)
    ranked = []
    for place, f in enumerate(dataclasses.fields(cls)):
        values = [[getattr(state, f.name) for state in history] for history in histories]
        if any(value != history[0] for history in values for value in history):
            ranked.append((_rank([value for history in values for value in history]), place, f.name))
    ranked.sort()
    short = [entry for entry in ranked if entry[0] < _LONG]
    changing = {name for _, _, name in ranked}
    first = [name for name in read if name in changing or len(histories[0]) == 1][:MOST_READ]
    others = [name for _, _, name in (short or ranked) if name not in first]
    return [*first, *others][: max(MOST, len(first) + 1)]


def _rank(values: list[object]) -> int:
    """The lower the more telling."""
    there = [value for value in values if value is not None]
    for rank, kind in enumerate((Enum, int, NodeId)):
        if all(isinstance(v, kind) and not isinstance(v, bool) for v in there):
            return rank
    if all(isinstance(v, bool) for v in there):
        return 3
    return 4 if max(len(text(v)) for v in values) <= _SHORT else _LONG
