"""What blame counts, counted again with plain objects and sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from elcheck import Envelope, GlobalState, Model, NodeView
from tests.oracle.search import successors
from tests.oracle.steps import Machine


def states_of(model: Model, most: int) -> list[GlobalState]:
    """Every reachable state of a model; none if there are more than ``most``."""
    machine = Machine(model)
    found = list(dict.fromkeys(machine.initial()))
    known = set(found)
    for state in found:
        for move in successors(machine, state):
            if move.after not in known:
                known.add(move.after)
                found.append(move.after)
        if len(found) > most:
            return []
    return found


def left(model: Model, states: list[GlobalState], kind: str, name: str) -> int:
    """How many states are left if something is not told apart."""
    network = model.environment.network
    return len({tuple(rest(model, state, kind, name, network)) for state in states})


def rest(model: Model, state: GlobalState, kind: str, name: str, network: str) -> Iterator[object]:
    """A state without what is not told apart."""
    environment = state.environment
    for view in state.nodes:
        if kind == "node" and str(view.node) == name:
            continue
        yield view.node
        yield view.up if kind != "up" else None
        yield view.paused if kind != "paused" else None
        yield without(view.state, name) if kind == "field" else view.state
    if state.shared is not None:
        yield without(state.shared, name) if kind == "field" else state.shared
    sent = [e for e in state.network if not (kind == "node" and str(e.dst) == name)]
    if kind == "mail":
        sent = []
    if kind == "messages":
        sent = [e for e in sent if type(e.msg).__name__ != name]
    told = [(e.src, e.dst, without(e.msg, name) if kind == "message field" else e.msg) for e in sent]
    if network == "fifo":
        yield tuple(told)
    elif network == "bag":
        yield frozenset((each, told.count(each)) for each in told)
    else:
        yield frozenset(told)
    for monitor, value in zip(model.monitors, state.history, strict=True):
        yield None if kind == "monitor" and monitor.name == name else value
    yield tuple(left for left in environment.left if (kind, name) != ("budget", left.kind))
    yield None if kind == "environment" else environment.standing
    yield None if name == "early timeouts" else environment.early_timeouts


def without(value: object, name: str) -> object:
    """A value without one of its fields, named with its class."""
    cls, _, field = name.partition(".")
    if type(value).__name__ != cls:
        return value
    return (cls, *[getattr(value, f.name) for f in fields(value) if f.name != field])  # type: ignore[arg-type]  # a Record


def changes_nothing(model: Model, states: list[GlobalState]) -> Callable[[GlobalState, Envelope], bool]:
    """Whether, from a state on, no delivery of a message changes anything but the network that loses it."""
    machine = Machine(model)
    steps = {state: successors(machine, state) for state in states}

    def harmless(state: GlobalState, sent: Envelope) -> bool:
        for move in steps[state]:
            event = move.event
            taken = (event.node, *dict(event.args).values()) if event.kind == "receive" else ()
            if taken == (sent.dst, sent.src, sent.msg):
                same = replace(move.after, network=()) == replace(state, network=())
                if not same or not is_less(move.after.network, state.network):
                    return False
        return True

    def dead(state: GlobalState, sent: Envelope) -> bool:
        waiting, met = [state], {state}
        while waiting:
            here = waiting.pop()
            if not harmless(here, sent):
                return False
            for move in steps[here]:
                if move.after not in met:
                    met.add(move.after)
                    waiting.append(move.after)
        return True

    return dead


def is_less(after: tuple[Envelope, ...], before: tuple[Envelope, ...]) -> bool:
    """Whether everything under way was under way before."""
    return all(after.count(e) <= before.count(e) for e in after)


def node_of(state: GlobalState, sent: Envelope) -> NodeView[object]:
    """The node that a message is sent to."""
    return next(view for view in state.nodes if view.node == sent.dst)
