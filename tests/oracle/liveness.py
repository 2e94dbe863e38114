"""The oracle for what has to happen: fair behaviours of a model of nodes, found in a plain graph.

Written from ``docs/semantics.md`` apart from the real thing, as :mod:`tests.oracle.search` is. It decides a
few kinds of claims, by taking strongly connected parts of the graph apart until they are fair (Emerson and
Lei 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from elcheck.checker.model.fairness import Fair, Fairness
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Scope, Some
from elcheck.checker.model.state import Event, GlobalState
from tests.oracle.search import TooLarge, answers
from tests.oracle.steps import Machine

Kind = Literal["eventually", "again", "settles", "leads to", "never taken", "taken again"]


@dataclass(frozen=True)
class Claim:
    """A claim of one of the kinds, about atoms ``p`` and ``q`` of states or about steps of a name."""

    kind: Kind
    p: Formula | None = None
    q: Formula | None = None
    name: str = ""
    node: NodeId | None = None


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


def space_of(model: Model, cap: int) -> Space:
    """Every reachable state. Raises TooLarge."""
    machine, space = Machine(model), Space()
    space.initial = machine.initial()
    space.states = list(space.initial)
    known = set(space.states)
    for state in space.states:
        moves = machine.moves(state)
        space.events[state] = [move.event for move in moves]
        for move in moves:
            if move.crossed:
                space.cut = True
                continue
            space.edges.append(Edge(state, move.event, move.after))
            if move.after not in known:
                known.add(move.after)
                space.states.append(move.after)
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
        self.handlers = Machine(model).handlers
        self.ticks = {n: h.name for n, hs in self.handlers.items() for h in hs if h.mark.kind == "tick"}

    def is_of(self, event: Event, name: str, node: NodeId | None = None) -> bool:
        """Whether a step has a name, and is of a node."""
        if event.kind == "tick":
            names, of = {"tick", "*", *self.ticks.values()}, list[object](self.ticks)
        elif event.fault:
            names, of = {event.kind}, [event.node]
        else:
            names, of = {event.kind, event.name, "*"}, [event.node]
        if event.kind == "disconnect":
            of = [value for _, value in event.args]
        return name in names and (node is None or node in of)

    def condition(self, event: Event) -> tuple[bool, Hashable] | None:
        """(strong, which) of the condition that a step belongs to, None if it need not be taken."""
        rules = [rule for rule in self.rules if any(self.is_of(event, name) for name in rule.names)]
        if rules:
            rule = rules[-1]
            shares = self._shares(event, rule)
            return None if rule.strength is Fairness.NONE else (rule.strength is Fairness.STRONG, shares)
        if event.kind == "timeout" and self.timely:
            return True, ("instance", event)
        return None  # no handler of the random models has fairness of its own

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


class Behaviours:
    """The fair behaviours of a space. ``assumed``: an atom that holds again and again in those that count."""

    def __init__(self, model: Model, space: Space, assumed: Formula | None) -> None:
        self.model, self.space, self.names = model, space, Names(model)
        self.assumed = None if assumed is None else self.where(assumed)
        self.enabled = {
            state: set(filter(None, map(self.names.condition, events)))
            for state, events in space.events.items()
        }

    def where(self, atom: Formula) -> set[GlobalState]:
        """The states in which an atom holds."""
        scope = atom.scope if isinstance(atom, Some) else atom
        assert isinstance(scope, Scope)
        join = any if isinstance(atom, Some) else all
        return {s for s in self.space.states if join(a is True for a in answers(scope, self.model, s))}

    def verdict(self, claim: Claim) -> str:
        """What a check has to say of a claim."""
        if self.refutes(claim):
            return "refuted"
        if self.space.cut:
            return "undetermined"
        if self.is_vacuous(claim):
            return "undetermined" if self.space.left_out else "vacuous"
        return "holds-within-bounds" if self.space.left_out else "proved"

    def refutes(self, claim: Claim) -> bool:
        """Whether some fair behaviour breaks a claim."""
        space, states = self.space, set(self.space.states)
        p = set() if claim.p is None else self.where(claim.p)
        match claim.kind:
            case "eventually":
                inside = self.reach(set(space.initial) - p, states - p)
                return bool(self.cores(inside))
            case "again":
                return bool(self.cores(states - p))
            case "settles":
                return bool(self.cores(states, also=states - p))
            case "leads to":
                assert claim.q is not None
                q = self.where(claim.q)
                return bool(self.cores(self.reach(p - q, states - q)))
            case "taken again":
                return bool(self.cores(states, without=self._named(claim)))
        hits = {edge.target for edge in space.edges if self._named(claim)(edge)}
        if self.assumed is None:  # some fair behaviour goes on from there, within what is stored or not
            return bool(hits)
        return bool(self.cores(self.reach(hits, states)))

    def is_vacuous(self, claim: Claim) -> bool:
        """Whether no fair behaviour says anything of a claim."""
        states = set(self.space.states)
        if not self.cores(states):
            return True
        if claim.kind != "leads to" or claim.p is None:
            return False
        return not self.cores(self.reach(self.where(claim.p), states))

    def _named(self, claim: Claim) -> Callable[[Edge], bool]:
        return lambda edge: self.names.is_of(edge.event, claim.name, claim.node)

    def reach(self, starts: set[GlobalState], within: set[GlobalState]) -> set[GlobalState]:
        """What some states lead to by way of given ones."""
        found = starts & within
        while more := {e.target for e in self.space.edges if e.source in found} & within - found:
            found |= more
        return found

    def cores(
        self,
        within: set[GlobalState],
        also: set[GlobalState] | None = None,
        without: Callable[[Edge], bool] = lambda _: False,
    ) -> list[set[GlobalState]]:
        """The sets of states, among some, in which a fair behaviour can go round for ever (or rest), meeting
        ``also`` and what is assumed again and again, not by certain edges.
        """
        edges = [e for e in self.space.edges if e.source in within and e.target in within and not without(e)]
        found = []
        for part in components(within, edges):
            inner = [e for e in edges if e.source in part and e.target in part]
            taken = {self.names.condition(e.event) for e in inner}
            open_ = set().union(*(self.enabled[s] for s in part)) - taken
            for strong, which in open_:
                there = {s for s in part if (strong, which) in self.enabled[s]}
                if strong or there == part:
                    rest = part - there if strong else set()
                    found += self.cores(rest, also, without) if rest else []
                    break
            else:
                meets = (also is None or part & also) and (self.assumed is None or part & self.assumed)
                found += [part] if meets else []
        return found


def components(states: Iterable[GlobalState], edges: list[Edge]) -> Iterator[set[GlobalState]]:
    """The strongly connected parts of a graph: what each state leads to and is led to by."""
    left = set(states)
    forth: dict[GlobalState, set[GlobalState]] = {}
    back: dict[GlobalState, set[GlobalState]] = {}
    for edge in edges:
        forth.setdefault(edge.source, set()).add(edge.target)
        back.setdefault(edge.target, set()).add(edge.source)
    while left:
        start = next(iter(left))
        part = _led(start, forth) & _led(start, back)
        left -= part
        yield part


def _led(start: GlobalState, to: dict[GlobalState, set[GlobalState]]) -> set[GlobalState]:
    found, fresh = {start}, [start]
    while fresh:
        more = to.get(fresh.pop(), set()) - found
        found |= more
        fresh += more
    return found
