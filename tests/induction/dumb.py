"""Induction by making every state: all local states, all that may be under way, and the oracle's steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from elcheck import Crashed, Disconnected, Envelope, GlobalState, Inductive, Model, NodeView, Scope
from elcheck.checker.model.environment import initial_state
from elcheck.checker.model.state import is_notice
from elcheck.checker.model.values import order
from tests.oracle.search import answers
from tests.oracle.steps import Machine


class TooMany(Exception):
    """There are more states than a test has time for."""


@dataclass
class Said:
    """What making every state comes to: whether a step breaks the claim, whether one leaves the universe."""

    broken: bool = False
    leaves: bool = False
    base: bool = False


def holds(model: Model, scopes: Sequence[Scope], state: GlobalState) -> bool:
    """Whether a claim holds in a state."""
    return all(answer is True for scope in scopes for answer in answers(scope, model, state))


def decided(model: Model, claim: Inductive, cap: int = 250) -> Said:
    """Every candidate state that satisfies the claim, with every step. Of classes of which the candidates
    have none the universe has what occurs, and what steps lead to. Raises TooMany.
    """
    machine, said = Machine(model), Said()
    given = {type(value) for value in claim.candidates}
    locals_: dict[NodeView[object], None] = {}
    sent: dict[Envelope, None] = {}
    reached = list(dict.fromkeys(machine.initial()))
    said.base = any(not holds(model, claim.claim, state) for state in reached)
    starts, known = list(reached), set(reached)
    for state in reached:
        for move in machine.moves(state):
            if not move.crossed and move.after not in known:
                known.add(move.after)
                reached.append(move.after)
        if len(reached) > cap:
            raise TooMany
    whole = initial_state(model.environment, list(model.programs))
    classes = {(view.node, type(view.state)) for state in reached for view in state.nodes}
    for state in reached:
        locals_ |= {view: None for view in state.nodes if type(view.state) not in given or not view.up}
        sent |= {e.new: None for e in state.network if type(e.msg) not in given}
    for node, cls in sorted(classes, key=lambda pair: (pair[0], pair[1].__name__)):
        for value in claim.candidates:
            if type(value) is cls and not machine.crossed(value):
                locals_[NodeView(node, True, value)] = None
                if machine.spent(replace(starts[0], environment=whole), "pause", node) is not None:
                    locals_[NodeView(node, True, value, paused=True)] = None
    nodes = [view.node for view in starts[0].nodes]
    for src, dst in product(nodes, nodes):
        if src != dst:
            sent |= {
                Envelope(src, dst, value): None for value in claim.candidates if type(value).__name__ in MAIL
            }
    sent |= dict.fromkeys(notices(model, machine))
    outside = [s for s in starts if not inside(s, given, claim, locals_, sent)]
    size = -1
    while size != (size := len(locals_) + len(sent)):
        said.broken, said.leaves = False, bool(outside)
        for state in states(model, nodes, list(locals_), list(sent), cap):
            if not holds(model, claim.claim, state):
                continue
            for move in machine.moves(state):
                if move.crossed:
                    continue
                said.broken |= not holds(model, claim.claim, move.after)
                said.leaves |= not inside(move.after, given, claim, locals_, sent)
                for view in move.after.nodes:
                    if type(view.state) not in given or not view.up:
                        locals_[view] = None
                new = (e.new for e in move.after.network if type(e.msg) not in given and not is_notice(e))
                sent |= dict.fromkeys(new)
    return said


MAIL = ("Ping", "Pong", "Loud")


def inside(
    state: GlobalState,
    given: set[type],
    claim: Inductive,
    locals_: dict[NodeView[object], None],
    sent: dict[Envelope, None],
) -> bool:
    """Whether a state is of the universe, or what is new of it is taken into it."""
    views = [v for v in state.nodes if v.up and type(v.state) in given]
    mail = [e for e in state.network if type(e.msg) in given and e.src != e.dst]
    to_self = [e for e in state.network if type(e.msg) in given and e.src == e.dst]
    return (
        all(view.state in claim.candidates for view in views)
        and all(e.new in sent for e in mail)
        and all(e.msg in claim.candidates for e in to_self)
    )


def notices(model: Model, machine: Machine) -> Iterator[Envelope]:
    """What the environment may tell nodes."""
    environment = model.environment
    for node in machine.nodes:
        for peer in machine.nodes:
            if peer != node:
                if (
                    environment.detector == "perfect"
                    and environment.crash
                    and machine.receiver(node, Crashed)
                ):
                    yield Envelope(peer, node, Crashed(peer))
                if environment.network == "fifo" and machine.receiver(node, Disconnected):
                    yield Envelope(peer, node, Disconnected(peer))


def states(
    model: Model,
    nodes: Sequence[object],
    locals_: Sequence[NodeView[object]],
    sent: Sequence[Envelope],
    cap: int,
) -> Iterator[GlobalState]:
    """Every state that can be put together, with at most three things under way."""
    environment = initial_state(model.environment, list(model.programs))
    vectors = list(product(*([view for view in locals_ if view.node == node] for node in nodes)))
    mails = [older for network in mail(model, sent) for older in aged(model, network)]
    if len(vectors) * len(mails) > cap:
        raise TooMany
    for vector in vectors:
        down = {view.node for view in vector if not view.up}
        for network in mails:
            if down and not keeps(model) and any(e.dst in down for e in network):
                continue
            yield GlobalState(vector, network, environment)


def keeps(model: Model) -> bool:
    """Whether something may be under way to a node that is down."""
    network = model.environment.network
    return network == "sent-set" or (network != "fifo" and model.environment.restart != 0)


def mail(model: Model, sent: Sequence[Envelope]) -> Iterator[tuple[Envelope, ...]]:
    """Up to two things under way, in either order on a link."""
    network = model.environment.network
    limits = {bound.name: bound.holds for bound in model.bounds if isinstance(bound.holds, int)}
    yield ()
    yield from ((e,) for e in sent)
    for a, b in product(sent, sent):
        same_link = (a.src, a.dst) == (b.src, b.dst)
        if a == b and (network not in ("bag", "fifo") or limits.get("copies", 2) < 2 or is_notice(a)):
            continue
        if network == "fifo" and same_link and (limits.get("link", 2) < 2 or is_notice(b)):
            continue
        if (network == "fifo" and same_link) or rank(a) <= rank(b):
            yield tuple(sorted((a, b), key=rank)) if not same_link or network != "fifo" else (a, b)


def aged(model: Model, network: tuple[Envelope, ...]) -> Iterator[tuple[Envelope, ...]]:
    """What is under way, of every age."""
    for ages in product(range((model.environment.delay or 0) + 1), repeat=len(network)):
        older = tuple(replace(e, age=age) for e, age in zip(network, ages, strict=True))
        same_link = len({(e.src, e.dst) for e in older}) < len(older)
        yield older if model.environment.network == "fifo" and same_link else tuple(sorted(older, key=rank))


def rank(sent: Envelope) -> tuple[object, ...]:
    """The order in which a state has what is under way."""
    return (sent.src, sent.dst, order(sent.msg), sent.age)
