"""The oracle for what has to happen: the graph of a model in plain objects, what its steps are called, which
are fair, and the verdicts of formulas.

Written from ``docs/semantics.md`` apart from the real thing, as :mod:`tests.oracle.search` is. Formulas are
read by :mod:`tests.oracle.formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from elcheck.checker.model.fairness import Fair, Fairness
from elcheck.checker.model.formula import And, Constant, Formula, Not, Or, Release, Taken
from elcheck.checker.model.handlers import handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Some
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Event, GlobalState
from tests.oracle.formulas import REST, Behaviours, Condition, Paths
from tests.oracle.search import TooLarge, answers, as_it_is
from tests.oracle.steps import Machine


@dataclass(frozen=True)
class Edge:
    """A step between stored states."""

    source: GlobalState
    event: Event
    target: GlobalState


@dataclass
class Space:
    """The graph of a model: its states, its edges, which events each state has, whether any was cut, and
    whether an initial state is beyond a bound.
    """

    states: list[GlobalState] = field(default_factory=list)
    initial: list[GlobalState] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    events: dict[GlobalState, list[Event]] = field(default_factory=dict)
    cut: bool = False
    left_out: bool = False


def space_of(model: Model, cap: int, alike: Callable[[GlobalState], GlobalState] = as_it_is) -> Space:
    """Every reachable state, as the one that stands for all that are ``alike``. Raises TooLarge."""
    machine, space = Machine(model), Space()
    space.initial = list(dict.fromkeys(map(alike, machine.initial())))
    space.states = list(space.initial)
    known = set(space.states)
    for state in space.states:
        moves = machine.moves(state)
        space.events[state] = [move.event for move in moves]
        for move in moves:
            if move.crossed:
                space.cut = True
                continue
            after = alike(move.after)
            space.edges.append(Edge(state, move.event, after))
            if after not in known:
                known.add(after)
                space.states.append(after)
        if len(known) > cap:
            raise TooLarge(0)
    space.left_out = bool(machine.left_out)
    return space


# -- names and fairness ---------------------------------------------------------------------------------


class Names:
    """What steps are called, and what is assumed of them."""

    def __init__(self, model: Model) -> None:
        self.rules: list[Fair] = [*model.environment.fairness, *model.fairness]
        self.timely = model.environment.timing != "async"
        self.timed = model.environment.timing.startswith("bounded")
        handlers = Machine(model).handlers
        if isinstance(model.program, SharedProgram):
            own = list(handlers_of(type(model.program), "spec"))
        else:
            own = [handler for found in handlers.values() for handler in found]
        self.own = {handler.name: handler.mark.fair for handler in own}  # one name has one decorator here
        self.ticks = {n: h.name for n, hs in handlers.items() for h in hs if h.mark.kind == "tick"}
        if self.timed:
            self.ticks = {node: self.ticks.get(node, "tick") for node in handlers}

    def is_of(self, event: Event, name: str, node: NodeId | None = None) -> bool:
        """Whether a step has a name, and is of a node."""
        if event.kind == "tick":
            names, of = {"tick", "*", *self.ticks.values()}, list[object](self.ticks)
        elif event.kind == "fault":
            names, of = {event.kind, event.name}, [event.node]
        elif event.fault:
            names, of = {event.kind}, [event.node]
        else:
            names, of = {event.kind, event.name, "*"}, [event.node]
        if event.kind == "disconnect":
            of = [value for _, value in event.args]
        return name in names and (node is None or node in of)

    def condition(self, event: Event) -> Condition | None:
        """(strong, which) of the condition that a step belongs to, None if it need not be taken."""
        rules = [rule for rule in self.rules if any(self.is_of(event, name) for name in rule.names)]
        if rules:
            rule = rules[-1]
            shares = self._shares(event, rule)
            return None if rule.strength is Fairness.NONE else (rule.strength is Fairness.STRONG, shares)
        name = event.name
        if event.kind == "tick":
            name = next((called for called in self.ticks.values() if called != "tick"), name)
        own = self.own.get(name)
        if own is not None and not event.fault:
            return None if own is Fairness.NONE else (own is Fairness.STRONG, ("instance", event))
        if self.timed and event.kind in ("tick", "timeout", "receive"):
            return event.kind == "tick", ("instance", event)
        if event.kind == "timeout" and self.timely:
            return True, ("instance", event)
        return None

    def _shares(self, event: Event, rule: Fair) -> Hashable:
        if rule.per == "group":
            return "group", rule
        if rule.per == "action":
            return "action", event.name
        if rule.per == "link" and event.kind == "receive":
            return "link", event.name, event.node, dict(event.args)["src"]
        if rule.per == "instance":
            return "instance", event
        return "node", event.name, event.node


# -- verdicts -------------------------------------------------------------------------------------------


class Verdicts:
    """What has to be said of the claims of liveness of a model."""

    def __init__(self, model: Model, space: Space) -> None:
        self.model, self.space, self.names = model, space, Names(model)
        number = {state: i for i, state in enumerate(space.states)}
        self.assumed: Formula = Constant(value=True)
        for formula in model.assume:
            self.assumed = And(self.assumed, formula)
        self.paths = Paths(
            [number[state] for state in space.initial],
            [(number[edge.source], number[edge.target]) for edge in space.edges],
            [self.names.condition(edge.event) for edge in space.edges],
            [set(filter(None, map(self.names.condition, space.events[s]))) for s in space.states],
        )
        self._where: dict[Formula, list[bool]] = {}

    def of(self, claim: Formula) -> str:
        """The verdict of a formula."""
        space, broken = self.space, self._behaviours(And(self.assumed, Not(claim)))
        if broken.exist() or (not self.model.assume and broken.have_begun()):
            return "refuted"
        if space.cut:
            return "undetermined"
        if self._is_vacuous(claim):
            return "undetermined" if space.left_out else "vacuous"
        return "holds-within-bounds" if space.left_out else "proved"

    def _is_vacuous(self, claim: Formula) -> bool:
        """Whether no fair behaviour satisfies what is assumed, or the claim holds with effects never met."""
        stronger = [Constant(value=False), *without_an_effect(claim)]
        return any(not self._behaviours(And(self.assumed, Not(one))).exist() for one in stronger)

    def _behaviours(self, formula: Formula) -> Behaviours:
        return Behaviours(self.paths, formula, self._holds)

    def _holds(self, atom: Formula, state: int, step: int) -> bool:
        """Whether an atom holds in a state from which a step is taken."""
        if isinstance(atom, Taken):
            return step != REST and self.names.is_of(self.space.edges[step].event, atom.name, atom.node)
        if atom not in self._where:
            self._where[atom] = [self._holds_in(atom, s) for s in self.space.states]
        return self._where[atom][state]

    def _holds_in(self, atom: Formula, state: GlobalState) -> bool:
        scope = atom.scope if isinstance(atom, Some) else atom
        assert isinstance(scope, Scope)
        join = any if isinstance(atom, Some) else all
        return join(answer is True for answer in answers(scope, self.model, state))


def without_an_effect(claim: Formula) -> Iterator[Formula]:
    """A claim, with what is false in the place of the effect of each implication that it makes in turn: in an
    "and", at every place, or in the effect of another.
    """
    match claim:
        case And(left, right):
            yield from (And(less, right) for less in without_an_effect(left))
            yield from (And(left, less) for less in without_an_effect(right))
        case Release(Constant(value=False), right):
            yield from (Release(Constant(value=False), less) for less in without_an_effect(right))
        case Or(Not() as no_cause, effect) | Or(effect, Not() as no_cause):
            yield no_cause
            yield from (Or(no_cause, less) for less in without_an_effect(effect))
