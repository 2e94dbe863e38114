"""Refinement: every step of a model is, by a mapping, a step of a more abstract one, or none.

Abadi and Lamport 1991, "The existence of refinement mappings". A mapping says which state of the abstract
model a state stands for; what it has to remember for that is a monitor's state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TypeVar

from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.fairness import Fairness
from elcheck.checker.model.formula import And, Formula, finally_, globally
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property, ltl
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.scope import Answer, MapsTo, Scope, ScopeKind
from elcheck.checker.model.spec import SharedProgram, Spec
from elcheck.checker.model.state import Event
from elcheck.checker.model.values import called, flaw, text

A = TypeVar("A", bound=State)

_OF_STEPS: Mapping[ScopeKind, ScopeKind] = {"all": "changes", "history": "changes", "shared": "change"}
"""What looks at steps as each scope of a mapping does at states."""
SHOWN = 3
"""Abstract steps that are shown of those that come near."""


class Unmappable(Exception):
    """A mapping, or the abstract model, does not answer as it has to: says what it does."""


class Refinement:
    """Asked of what a mapping sees of one state: whether it maps to an initial state of the abstract model.
    Of two: whether a step from the one to the other maps to a step of that, or to none. Answers are kept by
    mapped pair. Raises Unmappable.
    """

    def __init__(self, abstract: SharedProgram, mapping: Scope) -> None:
        self.abstract = abstract
        self.name = type(abstract).__name__
        self._mapping = mapping
        self._classes = state_classes(type(abstract), Spec)
        self._steps: dict[object, list[tuple[Event, object]]] = {}
        self._answers: dict[tuple[object, object], Answer] = {}

    @cached_property
    def _runner(self) -> Runner:
        return Runner(Model(self.abstract, ()))

    def __call__(self, *seen: object) -> Answer:
        """What is to be said of one state, or of two."""
        mapped = [self.mapped(one) for one in seen]
        if len(mapped) == 1:
            return mapped[0] in self._starts or self._no_start(mapped[0])
        before, after = mapped
        known = self._answers.get((before, after))
        if known is None:
            ok = before == after or any(after == target for _, target in self.steps(before))
            known = self._answers[before, after] = ok or self._no_step(before, after)
        return known

    def forget(self) -> None:
        """Forget what the abstract model has answered: its code may be another now."""
        self._steps.clear()
        self._answers.clear()
        self.__dict__.pop("_starts", None)

    def mapped(self, seen: object) -> object:
        """The abstract state for what the mapping's scope sees of a state."""
        if self._mapping.kind == "history":
            assert isinstance(seen, tuple)
            [seen] = seen
        try:
            found = self._mapping.check(seen)
        except Exception as error:
            raise Unmappable(f"has a mapping that raises {said(error)}, on {text(seen)}") from error
        why = flaw(found)
        if not isinstance(found, self._classes or State):
            why = f"the states of {self.name} are of {' or '.join(c.__name__ for c in self._classes)}"
        if why is not None:
            raise Unmappable(f"maps to {text(found)}: {why}")
        return found

    def state(self, seen: object) -> object:
        """The same, for what the check of the mapping is given."""
        return self.mapped((seen,) if self._mapping.kind == "history" else seen)

    @cached_property
    def fair(self) -> tuple[tuple[Event, Fairness], ...]:
        """The fair actions of the abstract model, with their arguments."""
        found = ((event, self._runner.handler(event)) for event in self._runner.shared_events())
        fair = ((event, handler.mark.fair) for event, handler in found if handler is not None)
        return tuple((event, how) for event, how in fair if how in (Fairness.WEAK, Fairness.STRONG))

    def taken_to(self, action: Event, state: object) -> frozenset[object]:
        """The other states to which an abstract action leads. Raises Unmappable if it names a choice."""
        found = [(e, target) for e, target in self.steps(state) if replace(e, choice=()) == action]
        if any(event.choice for event, _ in found):
            raise Unmappable(f"is about {self.name}, whose fair {action.name} names a choice: use over=")
        return frozenset(target for _, target in found) - {state}

    def steps(self, state: object) -> list[tuple[Event, object]]:
        """The steps of the abstract model in one of its states, each with the state after it."""
        if state not in self._steps:
            with _asked_of(self.name):
                self._steps[state] = [
                    (event.chosen(step.choice), step.state)
                    for event in self._runner.shared_events()
                    for step in self._runner.take(event, state).steps
                ]
        return self._steps[state]

    @cached_property
    def _starts(self) -> frozenset[object]:
        with _asked_of(self.name):
            return frozenset(step.state for step in self._runner.shared_starts())

    def _no_start(self, mapped: object) -> str:
        with _asked_of(self.name):
            starts = sorted(self._starts, key=lambda start: (_distance(mapped, start), text(start)))
        lines = [f"the start maps to no start of {self.name}", "It maps to", f"  {text(mapped)}"]
        return "\n".join(
            [*lines, "The nearest starts are:", *(f"  {text(start)}" for start in starts[:SHOWN])]
        )

    def _no_step(self, before: object, after: object) -> str:
        """What is to be said of a step that maps to no step."""
        near = [(event, target) for event, target in self.steps(before) if target != before]
        near.sort(key=lambda step: _distance(after, step[1]))
        lines = [f"the last step maps to no step of {self.name}", "It maps from", f"  {text(before)}"]
        lines += ["to", f"  {text(after)}"]
        lines += [f"The nearest steps of {self.name} are:"] if near else []
        lines += [f"  {event}, which leads to {text(target)}" for event, target in near[:SHOWN]]
        held = self._held_up(before, after)
        lines += ["Not enabled there:"] if held else []
        return "\n".join([*lines, *(f"  {event}: {why}" for event, why in held)])

    def _held_up(self, before: object, after: object) -> list[tuple[Event, str]]:
        """Abstract steps that a guard forbids, first those whose arguments are what is new."""
        new = _leaves(after) - _leaves(before)
        with _asked_of(self.name):
            taken = [(event, self._runner.take(event, before)) for event in self._runner.shared_events()]
        held = [(event, found.blocked) for event, found in taken if found.blocked is not None]
        held.sort(key=lambda item: -sum(value in new for _, value in item[0].args))
        return held[:SHOWN]


@contextmanager
def _asked_of(name: str) -> Iterator[None]:
    """Say of what an abstract model raises that it is of that."""
    try:
        yield
    except (HandlerError, DefinitionError) as error:
        raise Unmappable(f"is about {name}, of which {error}") from error


def _distance(a: object, b: object) -> int:
    """In how many places two values differ."""
    if a == b:
        return 0
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return len(a ^ b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return sum(_distance(a.get(key), b.get(key)) for key in {*a, *b})
    if isinstance(a, tuple) and isinstance(b, tuple):
        return sum(map(_distance, a, b)) + abs(len(a) - len(b))
    if type(a) is type(b) and dataclasses.is_dataclass(a) and not isinstance(a, type):
        fields = (f.name for f in dataclasses.fields(a))
        return sum(_distance(getattr(a, name), getattr(b, name)) for name in fields)
    return 1


def _leaves(value: object) -> set[object]:
    """The values that a value is made of."""
    if isinstance(value, Mapping):
        parts: Iterator[object] = iter([*value.keys(), *value.values()])
    elif isinstance(value, tuple | frozenset):
        parts = iter(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = [getattr(value, f.name) for f in dataclasses.fields(value)]
        parts = iter(own if not isinstance(value, NodeId) else [])
    else:
        parts = iter(())
    return {value}.union(*map(_leaves, parts))


def refines(name: str, abstract: Spec[A], mapping: MapsTo[A]) -> Property:
    """Every behaviour of the model is, state by state as ``mapping`` says, one of an abstract Spec that may
    stutter: an initial state maps to an initial state, and a step to a step of the Spec, or to none.

    mapping: ``all_nodes(Server, f)`` with what ``f`` makes of the nodes' states, ``history(monitor, f)`` of a
    monitor's state; of a Spec ``holds(Jugs, f)``. What is fair in the Spec says nothing here.
    """
    if not isinstance(abstract, SharedProgram):
        raise DefinitionError(
            "refines(...) names a Spec second, refines(name, Register(), all_nodes(Server, as_register)), "
            f"not {called(abstract)}"
        )
    if not isinstance(mapping, Scope) or mapping.kind not in _OF_STEPS:
        raise DefinitionError(
            "refines(...) takes a mapping that all_nodes(Server, f), history(monitor, f) or, of a Spec, "
            f"holds(Jugs, f) makes, not {_named(mapping)}"
        )
    kind = _OF_STEPS[mapping.kind]
    scope = replace(mapping, kind=kind, check=Refinement(abstract, mapping))
    return Property("step", name, scope)


def refines_fairly(name: str, abstract: Spec[A], mapping: MapsTo[A]) -> Property:
    """Every fair behaviour of the model is, seen through the mapping, a fair one of the abstract Spec: what
    is weakly fair there, and enabled for ever, is taken again and again; and what is strongly fair, if it is
    enabled again and again. That each step is one of the Spec is what :func:`refines` claims.
    """
    scope = refines(name, abstract, mapping).scope
    refinement = scope.check
    assert isinstance(refinement, Refinement)
    assert isinstance(mapping, Scope)
    claims = tuple(
        (f"{how.value} fairness of {event}", _fairly(refinement, mapping, event, how))
        for event, how in refinement.fair
    )
    if not claims:
        raise DefinitionError(f"refines_fairly(...): no action of {refinement.name} is fair: none is due")
    return replace(ltl(name, reduce(And, (claim for _, claim in claims))), parts=claims)


def _fairly(refinement: Refinement, mapping: Scope, action: Event, how: Fairness) -> Formula:
    def is_enabled(seen: object) -> bool:
        return bool(refinement.taken_to(action, refinement.state(seen)))

    there = replace(mapping, check=is_enabled)
    taken = globally(finally_(MapsToStep(there, refinement, action)))
    if how is Fairness.STRONG:
        return finally_(globally(~there)) | taken
    return globally(finally_(~there)) | taken


@dataclass(frozen=True, eq=False)
class MapsToStep(Formula):
    """The next step that changes something maps to a step of an abstract action that does. ``there``: the
    check that this is enabled, which looks at the same.
    """

    there: Scope
    refinement: Refinement
    action: Event

    @cached_property
    def seen(self) -> Scope:
        """The same scope, which answers with what its check is given."""
        return replace(self.there, check=lambda seen: seen)

    def holds(self, before: object, after: object) -> bool:
        """Of what the scope's check is given before and after a step."""
        mapped = self.refinement.state(before), self.refinement.state(after)
        return mapped[1] in self.refinement.taken_to(self.action, mapped[0])


def _named(mapping: object) -> str:
    return f"{mapping.kind}(...)" if isinstance(mapping, Scope) else called(mapping)
