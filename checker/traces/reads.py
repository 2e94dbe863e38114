"""Which fields a check reads where it decides a claim: those that a picture has to show first.

The check runs once more, on local states that note which of their fields are asked for. Nothing rests on it:
where a check does what such a state does not allow, what has been read until then is the answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from elcheck.checker.model.call import theirs
from elcheck.checker.model.formula import atoms_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property, Some
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.search.judge import arguments_of
from elcheck.checker.traces.trace import Trace

FieldsRead: TypeAlias = Mapping[type[object], tuple[str, ...]]
"""By class of local states (or of a Spec's state) the names of the fields that were read, in that order."""
NOTHING_READ: FieldsRead = MappingProxyType({})
_MOST_STATES = 200
"""States of a behaviour at which the checks of a formula are asked, at most."""


def fields_read(trace: Trace, model: Model, claim: Property | None) -> FieldsRead:
    """What a claim reads of the last state of a trace that decides it, of a step what is before and after it,
    of a claim of behaviours all along; None is an exception, which reads nothing.
    """
    notes = _Notes()
    if claim is not None:
        with suppress(Exception), theirs:
            _ask(trace, model, claim, notes)
    return notes.by_class()


class _Notes:
    """The fields that are read, in order."""

    def __init__(self) -> None:
        self.read: list[tuple[type[object], str]] = []

    def by_class(self) -> FieldsRead:
        found: dict[type[object], dict[str, None]] = {}
        for cls, name in self.read:
            found.setdefault(cls, {})[name] = None
        return {cls: tuple(names) for cls, names in found.items()}

    def state(self, plain: object) -> object:
        """A state that notes what is read of it; the state itself where that can't be."""
        if not dataclasses.is_dataclass(plain) or not hasattr(plain, "__dict__"):
            return plain
        cls: type = type(plain)
        noting: object = object.__new__(_noting(cls))
        noting.__dict__.update(plain.__dict__, __notes__=self.read)
        return noting

    def view(self, plain: NodeView[object]) -> NodeView[object]:
        return replace(plain, state=self.state(plain.state))


@cache
def _noting(cls: type) -> type:
    """A class of states that are of another one to everybody who asks, and note which fields are read."""
    assert dataclasses.is_dataclass(cls)
    names = frozenset(f.name for f in dataclasses.fields(cls))

    def read(self: object, name: str) -> object:
        if name in names:
            object.__getattribute__(self, "__dict__")["__notes__"].append((cls, name))
        return object.__getattribute__(self, name)

    namespace = {"__getattribute__": read, "__class__": property(lambda _: cls)}
    return type(cls.__name__, (cls,), namespace)


def _ask(trace: Trace, model: Model, claim: Property, notes: _Notes) -> None:
    """Call the checks of a claim."""
    if claim.formula is not None:
        for atom in atoms_of(claim.formula):
            scope = atom.scope if isinstance(atom, Some) else atom
            if isinstance(scope, Scope):
                for state in trace.states[-_MOST_STATES:]:
                    _ask_of_state(scope, state, model, notes)
    elif claim.kind == "step":
        _ask_of_step(claim.scope, trace.states[-2], trace.states[-1], notes)
    elif claim.scope.kind == "history":
        _ask_monitor(trace, model, claim.scope, notes)
    else:
        _ask_of_state(claim.scope, trace.states[-1], model, notes, claim)


def _ask_of_state(
    scope: Scope, state: GlobalState, model: Model, notes: _Notes, claim: Property | None = None
) -> None:
    """Call a check on a state: until a call decides the claim, of which alone what it reads is kept; without
    a claim all calls are made, and kept.
    """
    if scope.kind == "whole":
        nodes = tuple(map(notes.view, state.nodes))
        scope.ask(replace(state, nodes=nodes, shared=notes.state(state.shared)))
        return
    if scope.kind == "history":
        return
    seen = list(_seen(scope, state, notes))
    before = list(notes.read)  # what views have read
    for arguments in arguments_of(scope, tuple(seen)):
        if claim is not None:
            notes.read[:] = before
        answer = scope.ask(*arguments)
        if claim is not None and decides(claim, answer):
            return


def decides(claim: Property, answer: object) -> bool:
    """Whether an answer is what a claim of states is decided by."""
    if claim.kind in ("always", "deadlock"):
        return answer is not True
    return answer is True or (claim.kind == "never" and isinstance(answer, str))


def _seen(scope: Scope, state: GlobalState, notes: _Notes) -> Iterator[object]:
    """What a check sees of a state."""
    if scope.kind == "shared" or not state.nodes:
        yield notes.state(state.shared)
        return
    for view in state.nodes:
        if isinstance(view.state, scope.of):
            yield _view(scope, view, notes)


def _view(scope: Scope, plain: NodeView[object], notes: _Notes) -> NodeView[object]:
    state, take = notes.state(plain.state), scope.look.view
    return replace(plain, state=state if take is None else take(state))


def _ask_of_step(scope: Scope, before: GlobalState, after: GlobalState, notes: _Notes) -> None:
    """Call the check of a step on what the last step changed."""
    if not before.nodes:
        scope.ask(notes.state(before.shared), notes.state(after.shared))
        return
    pairs = [
        (old, new)
        for old, new in zip(before.nodes, after.nodes, strict=True)
        if isinstance(old.state, scope.of) and isinstance(new.state, scope.of)
    ]
    if scope.kind == "changes":
        olds = tuple(_view(scope, old, notes) for old, _ in pairs)
        scope.ask(olds, tuple(_view(scope, new, notes) for _, new in pairs))
        return
    for old, new in pairs:
        if old != new:
            scope.ask(_view(scope, old, notes), _view(scope, new, notes))


def _ask_monitor(trace: Trace, model: Model, scope: Scope, notes: _Notes) -> None:
    """Call a monitor again at the steps that changed what it knows."""
    at = model.place_of(scope.monitor)
    monitor = model.monitors[at]
    for _, before, step in trace.numbered:
        known = before.history[at]
        if known == step.state.history[at]:
            continue
        for old, new in zip(before.nodes, step.state.nodes, strict=True):
            there = step.event.node in (None, old.node)
            if there and isinstance(old.state, monitor.of) and isinstance(new.state, monitor.of):
                known = monitor.after(known, step.event, notes.view(old), notes.view(new))
