"""The steps of a trace that matter: those that what a property reads rests on.

From the nodes whose views the violated check reads, back through checker/traces/happens_before.py. It is a
heuristic of causality: a step that is left out did not bring about what is read, but what would have happened
without it is not tried, and a step that is kept need not be indispensable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from elcheck.checker.model.call import theirs
from elcheck.checker.model.collections import Map
from elcheck.checker.model.formula import Formula, Taken, atoms_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property, Some
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import Event, GlobalState, NodeView
from elcheck.checker.search.judge import arguments_of
from elcheck.checker.system.views import view_of
from elcheck.checker.traces.happens_before import HappensBefore, Point, changed, happens_before, points_of
from elcheck.checker.traces.reads import decides
from elcheck.checker.traces.trace import Trace


@dataclass(frozen=True)
class Explanation:
    """What matters in a trace. ``reads`` says in words what the property reads; ``needs`` has for each step
    the numbers of the steps that it rests on directly, None for a step that does not matter. ``nodes`` are
    those whose states decide it, empty where it is not up to single ones. ``parts`` has for each joint step
    that matters in part the nodes at which it does.
    """

    reads: str
    needs: tuple[tuple[int, ...] | None, ...]
    nodes: tuple[NodeId, ...] = ()
    parts: Mapping[int, tuple[NodeId, ...]] = Map[int, tuple[NodeId, ...]]()

    @property
    def matters(self) -> list[bool]:
        """Of each step, whether it matters."""
        return [needs is not None for needs in self.needs]

    def __str__(self) -> str:
        """In a sentence."""
        kept, steps = sum(self.matters), len(self.needs)
        if steps == 0:
            return f"It reads {self.reads}; there is no step."
        which = (
            f"{kept} of {steps} steps" if kept < steps else f"all {steps} steps" if steps > 1 else "the step"
        )
        bear = f"It reads {self.reads}; {which} {'bears' if kept == 1 else 'bear'} on that"
        alike: dict[tuple[NodeId, ...], list[str]] = {}
        for number, nodes in self.parts.items():
            alike.setdefault(nodes, []).append(str(number))
        joint = [f"of {_ticks(numbers)} to {_listed(nodes)}" for nodes, numbers in alike.items()]
        return ", ".join([bear, *joint]) + "."


def explain(trace: Trace, model: Model, claim: Property | None) -> Explanation:
    """The steps that matter to what a claim says of a trace; ``claim`` is None for an exception."""
    if trace.loop is None or trace.rise or trace.loop == len(trace.steps):
        return _explain(trace, model, claim)
    twice = trace.steps + trace.steps[trace.loop :]  # a second round rests on the first
    again = replace(trace, steps=twice)
    found = _explain(again, model, claim)
    size, turn = len(trace.steps), len(trace.steps) - trace.loop
    folded: list[tuple[int, ...] | None] = list(found.needs[:size])
    for at, needs in enumerate(found.needs[size:], trace.loop):
        if needs is not None:
            causes = {n - turn if n > size else n for n in needs} | set(folded[at] or ())
            folded[at] = tuple(sorted(causes))
    parts = _folded_parts(found, again, size, turn)
    return replace(found, needs=tuple(folded), parts=parts)


def _folded_parts(found: Explanation, twice: Trace, size: int, turn: int) -> dict[int, tuple[NodeId, ...]]:
    """The nodes at which the joint steps of a loop matter in one of two rounds."""
    rounds: dict[int, set[NodeId]] = {}
    for number in found.parts:
        same = number - turn if number > size else number
        other = same + turn
        for each in {same, other} if other <= len(found.needs) else {same}:
            if found.needs[each - 1] is not None:
                moved = changed(*twice.states[each - 1 : each + 1])
                rounds.setdefault(same, set()).update(found.parts.get(each, tuple(moved)))
    return {
        number: tuple(sorted(nodes))
        for number, nodes in sorted(rounds.items())
        if len(nodes) < len(changed(*twice.states[number - 1 : number + 1]))
    }


def _explain(trace: Trace, model: Model, claim: Property | None) -> Explanation:
    if not trace.initial.nodes:
        return _everything(trace, "the one state that all steps work on", None)
    order = happens_before(trace, model)
    if claim is None or claim.kind in ("deadlock", "possible") or trace.loop == len(trace.steps):
        return _everything(trace, "what every node can do next", order)
    if claim.scope.kind == "whole":
        return _everything(trace, "the whole state", order)
    if claim.formula is not None:
        seeds, nodes = _of_formula(trace, claim.formula, model)
        what = f"{_listed(nodes)} all along" if nodes else "which steps are taken"
        what += ", and goes round" * (trace.loop is not None)
    elif claim.scope.monitor is not None:
        at = model.place_of(claim.scope.monitor)
        seeds, what = _of_monitor(trace, at), f"the history {model.monitors[at].name!r}"
    elif claim.is_of_steps:
        seeds, what = _of_step(trace, claim.scope)
        moved = [] if claim.scope.kind == "changes" else changed(*trace.states[-2:])
        return replace(_explained(order, order.closure(seeds), trace, what), nodes=tuple(moved))
    else:
        nodes = _read(trace, claim)
        seeds, what = _last_changes(trace, claim.scope, nodes), f"{_listed(nodes)} at the end"
        return replace(_explained(order, order.closure(seeds), trace, what), nodes=tuple(nodes))
    return _explained(order, order.closure(seeds), trace, what)


def _explained(order: HappensBefore, kept: set[Point], trace: Trace, what: str) -> Explanation:
    needs: list[tuple[int, ...] | None] = [None] * len(trace.steps)
    for point in sorted(kept, key=lambda p: p.step):
        causes = {cause.step for cause in order.causes[point]} | set(needs[point.step - 1] or ())
        needs[point.step - 1] = tuple(sorted(causes - {point.step}))
    parts = {
        number: part
        for number, before, step in trace.numbered
        if step.event.kind == "tick" and (part := _part(number, before, step.state, kept))
    }
    return Explanation(what, tuple(needs), parts=parts)


def _part(number: int, before: GlobalState, after: GlobalState, kept: set[Point]) -> tuple[NodeId, ...]:
    """Of the nodes that a joint step changes those at which it matters, none if it does at all or at none."""
    moved = changed(before, after)
    part = tuple(node for node in moved if Point(number, node) in kept)
    return part if len(part) < len(moved) else ()


def _everything(trace: Trace, what: str, order: HappensBefore | None) -> Explanation:
    """Nothing can be left out."""
    if order is not None:
        found = _explained(order, set(order.causes), trace, what)
        return Explanation(what, tuple(needs or () for needs in found.needs))
    return Explanation(what, tuple((n - 1,) if n > 1 else () for n in range(1, len(trace.steps) + 1)))


def _listed(nodes: Iterable[NodeId]) -> str:
    return _and([node.name for node in nodes]) or "no node"


def _ticks(numbers: Sequence[str]) -> str:
    one = len(numbers) == 1
    return f"tick {numbers[0]} what it does" if one else f"ticks {_and(numbers)} what they do"


def _and(names: Sequence[str]) -> str:
    """Names in a row: ``n1, n2 and n3``."""
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + list(names[-1:]))


# -- what a claim reads ------------------------------------------------------------------------------------


def _read(trace: Trace, claim: Property) -> list[NodeId]:
    """The nodes that the deciding check reads in the last state; all that it sees where no check decides."""
    seen = _views(claim.scope, trace.states[-1])
    for args in arguments_of(claim.scope, tuple(seen)):
        with theirs:
            answer = claim.scope.ask(*args)
        if decides(claim, answer):
            views = args[0] if claim.scope.kind == "all" else args
            assert isinstance(views, tuple)
            return [view.node for view in views]
    return [view.node for view in seen]


def _views(scope: Scope, state: GlobalState) -> list[NodeView[object]]:
    seen = (view_of(scope, view) for view in state.nodes)
    return [view for view in seen if view is not None]


def _points(
    trace: Trace, differs: Callable[[GlobalState, GlobalState], Iterable[NodeId]]
) -> dict[NodeId, list[Point]]:
    """For each node the points at which something of it differs."""
    found: dict[NodeId, list[Point]] = {}
    for number, before, step in trace.numbered:
        points = points_of(number, step.event, step.state)
        by_node = {point.node: point for point in points}
        for node in differs(before, step.state):
            found.setdefault(node, []).append(by_node.get(node, points[0]))
    return found


def _view_changes(scope: Scope) -> Callable[[GlobalState, GlobalState], list[NodeId]]:
    def differs(before: GlobalState, after: GlobalState) -> list[NodeId]:
        pairs = zip(_views(scope, before), _views(scope, after), strict=False)
        return [new.node for old, new in pairs if old != new]

    return differs


def _last_changes(trace: Trace, scope: Scope, nodes: list[NodeId]) -> set[Point]:
    """Where what is seen of each node came to be what it is."""
    found = _points(trace, _view_changes(scope))
    return {found[node][-1] for node in nodes if node in found}


def _of_step(trace: Trace, scope: Scope) -> tuple[set[Point], str]:
    """The last step, and of a claim of all nodes where their views come from."""
    before, after = trace.states[-2:]
    moved = changed(before, after)
    points = points_of(len(trace.steps), trace.steps[-1].event, after)
    last = {point for point in points if point.node in moved} or set(points)
    if scope.kind == "changes":
        nodes = [view.node for view in _views(scope, after)]
        return last | _last_changes(trace, scope, nodes), f"{_listed(nodes)} before and after the last step"
    return last, f"{_listed(moved)} before and after the last step"


def _of_monitor(trace: Trace, at: int) -> set[Point]:
    """Where the state of the monitor of a place changes."""
    histories = [state.history[at] for state in trace.states]
    return _taken(trace, lambda number, _: histories[number - 1] != histories[number])


def _of_formula(trace: Trace, formula: Formula, model: Model) -> tuple[set[Point], list[NodeId]]:
    """Where anything changes that a formula's atoms see, and the steps that it speaks of."""
    seeds = _taken(trace, lambda number, _: trace.loop is not None and number > trace.loop)
    nodes: dict[NodeId, None] = {}
    for atom in atoms_of(formula):
        scope = atom.scope if isinstance(atom, Some) else atom
        if isinstance(scope, Scope):
            seen = [view.node for view in _views(scope, trace.initial)] or [
                v.node for v in trace.initial.nodes
            ]
            nodes.update(dict.fromkeys(seen))
            differs = changed if scope.kind in ("whole", "history") else _view_changes(scope)
            seeds.update(point for points in _points(trace, differs).values() for point in points)
        elif isinstance(atom, Taken):
            steps = Selector(atom.name, atom.node, StepNames(model))
            seeds |= _taken(trace, partial(_is_of, steps))
    return seeds, sorted(nodes)


def _is_of(steps: Selector, number: int, event: Event) -> bool:
    del number
    return event in steps


def _taken(trace: Trace, wanted: Callable[[int, Event], bool]) -> set[Point]:
    """The points of some steps."""
    return {
        point
        for number, step in enumerate(trace.steps, 1)
        if wanted(number, step.event)
        for point in points_of(number, step.event, step.state)
    }
