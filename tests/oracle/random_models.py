"""Hypothesis strategies for small random models, over every cell of the table of environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from elcheck.checker.model.environment import UNLIMITED, Budget, Environment, NetworkName, Partition
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Program
from elcheck.checker.model.property import (
    Answer,
    Look,
    Property,
    Scope,
    all_nodes,
    always,
    always_possible,
    change,
    changes,
    each,
    history,
    holds,
    never,
    node_views,
    pair,
    sometimes,
    step,
    view,
    whole,
)
from elcheck.checker.model.record import Message, State
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Choice, Close, Effect, Send
from tests.oracle.steps import Machine
from tests.oracle.table_programs import (
    HANDLERS,
    Cell,
    Guest,
    Local,
    Loud,
    Outcome,
    Ping,
    Pong,
    Rule,
    Rules,
    Table,
    Walk,
    program_class,
)

MAKERS: dict[str, Callable[[str, Scope], Property]] = {
    "always": always,
    "never": never,
    "sometimes": sometimes,
    "possible": always_possible,
}
UNNAMED = ("clock", "at_crash", "recover")
KINDS = (*MAKERS, "step")
MESSAGES: tuple[Message, ...] = (Ping(0), Ping(1), Pong(0), Pong(1), Loud(0))
CHOICES: tuple[Choice, ...] = ((("lot", 0),), (("lot", 1),), (("lot", 1), ("why", "so")))
VIEWS: tuple[Callable[[Local], int], ...] = (
    lambda s: s.a,
    lambda s: s.b,
    lambda s: (s.a + s.b) % 2,
)


@dataclass(frozen=True)
class Case:
    """A model, and how many steps from the start to look (None: everywhere)."""

    model: Model
    limit: int | None


# ---- environments


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    """Any environment that has a meaning."""
    networks: tuple[NetworkName, ...] = ("fifo", "bag", "set", "sent-set")
    network = draw(st.sampled_from(networks))
    sent_set, fifo = network == "sent-set", network == "fifo"
    budget: st.SearchStrategy[Budget] = st.sampled_from((0, 0, 0, 1, 1, 2, UNLIMITED))
    crash: Budget = draw(st.sampled_from((0, 1, 1, 2, UNLIMITED)))
    timings = ("async", "async", "sync", "eventual(0)", "eventual(1)", "eventual(2)")
    return Environment(
        network=network,
        loss=0 if sent_set else draw(budget),
        dup=0 if sent_set else draw(budget),
        crash=crash,
        restart=draw(st.sampled_from((0, 1, 1, 2, UNLIMITED))) if crash else 0,
        partition=draw(budget),
        disconnect=draw(budget) if fifo else 0,
        detector=draw(st.sampled_from(("none", "perfect"))),
        timing="async" if sent_set else draw(st.sampled_from(timings)),
    )


@st.composite
def partitions(draw: st.DrawFn, nodes: Sequence[NodeId]) -> tuple[Partition, ...]:
    """A model's own partitions, mostly none; the groups may overlap."""
    groups = st.lists(st.frozensets(st.sampled_from(nodes), min_size=1), max_size=3)
    found = draw(st.one_of(st.just([]), st.just([]), st.lists(groups, max_size=2)))
    return tuple(Partition(f"own {i}", tuple(g)) for i, g in enumerate(found))


# ---- programs


@dataclass(frozen=True)
class World:
    """What the parts of a random model have to agree on."""

    nodes: tuple[NodeId, ...]
    environment: Environment
    turning: bool = False
    """Whether local states may become ones of another class."""
    raising: bool = False
    """Whether handlers may raise."""


@st.composite
def effects(draw: st.DrawFn, world: World, me: NodeId, closing: bool) -> tuple[Effect, ...]:
    """A few sends, on a fifo network the closing of links before, between and after them."""
    sends = st.builds(Send, st.sampled_from(world.nodes), st.sampled_from(MESSAGES), st.booleans())
    if closing and world.environment.network == "fifo":
        others = [node for node in world.nodes if node != me]
        return tuple(
            draw(st.lists(st.one_of(sends, sends, st.builds(Close, st.sampled_from(others))), max_size=4))
        )
    return tuple(draw(st.lists(sends, max_size=3)))


@st.composite
def outcomes(
    draw: st.DrawFn,
    world: World,
    me: NodeId,
    *,
    closing: bool = True,
    choosing: bool = False,
    starting: bool = False,
) -> Outcome:
    """An outcome; where messages are few anyway, sends may be free."""
    a = draw(st.sampled_from((None, 0, 1, 2)))
    b = draw(st.sampled_from((None, None, 0, 1)))
    some = effects(world, me, closing)
    sent = draw(st.one_of(st.just(()), some, some))
    free = world.environment.network in ("set", "sent-set") and draw(st.booleans())
    choice = draw(st.sampled_from(((), (), *CHOICES))) if choosing else ()
    turns = world.turning and draw(st.booleans())
    raises = world.raising and not starting and draw(st.integers(0, 3)) == 0
    return Outcome(a, b, sent, free, choice, turns, raises)


def rules(world: World, me: NodeId, handler: str) -> st.SearchStrategy[Rules]:
    """What a handler does, from nothing at all to a choice in every state. A tick closes no link, and has
    no name for a choice.
    """
    one = outcomes(world, me, closing=handler != "clock", choosing=handler not in UNNAMED)
    rule = st.builds(
        Rule,
        st.sampled_from((None, None, 0, 1, 2)),
        st.sampled_from((None, None, 0, 1)),
        st.sampled_from((None, None, 0, 1)),
        st.lists(one, max_size=2).map(tuple),
    )
    return st.lists(rule, max_size=3).map(tuple)


@st.composite
def programs(draw: st.DrawFn, world: World, me: NodeId) -> Table:
    """A program: some handlers, and what they do."""
    chosen = draw(st.lists(st.sampled_from(list(HANDLERS)), unique=True, min_size=3))
    handlers = [name for name in HANDLERS if name in chosen]  # in one order, so that class names are few
    table = tuple((name, draw(rules(world, me, name))) for name in handlers)
    quiet = st.lists(st.builds(Outcome, st.sampled_from((None, 1)), st.sampled_from((None, 1))), max_size=1)
    starts = draw(st.one_of(quiet, st.lists(outcomes(world, me, starting=True), max_size=2)))
    made = program_class(handlers, guest=draw(st.booleans()))
    return made(draw(st.integers(0, 2)), tuple(starts) or (Outcome(),), table)


@st.composite
def systems(draw: st.DrawFn, world: World) -> dict[NodeId, Program]:
    """What each node runs: all the same, or each its own."""
    first = draw(programs(world, world.nodes[0]))
    alike = draw(st.booleans())
    closes = any(
        isinstance(e, Close) for _, rs in first.rules for r in rs for o in r.outcomes for e in o.effects
    ) or any(isinstance(e, Close) for o in first.starts for e in o.effects)
    if alike and not closes:  # the same link, closed from the other end, would be a link to oneself
        return dict.fromkeys(world.nodes, first)
    return {node: first if node.index == 0 else draw(programs(world, node)) for node in world.nodes}


@st.composite
def prepared(draw: st.DrawFn, world: World, system: dict[NodeId, Program]) -> Prepared:
    """An initial state out of the blue."""
    values = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 1))
    classes = {n: type(p.fresh()) for n, p in system.items() if isinstance(p, Table)}
    envelope = st.builds(
        Envelope, st.sampled_from(world.nodes), st.sampled_from(world.nodes), st.sampled_from(MESSAGES)
    )
    network = draw(st.lists(envelope, max_size=3))
    return Prepared({node: cls(*draw(values)) for node, cls in classes.items()}, network)


# ---- bounds and monitors


@st.composite
def bounds(draw: st.DrawFn, network: str) -> tuple[Bound, ...]:
    """None, some, or all of: a bound on the local states, one for guests only, those of the network."""
    found = []
    if draw(st.booleans()):
        values = draw(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=2))
        found.append(Bound("local", Local, _outside(values - {(0, 0)})))
    if draw(st.booleans()):
        found.append(Bound("guest", Guest, _outside({(draw(st.integers(1, 2)), 0)})))
    if network == "bag" and draw(st.booleans()):
        found.append(Bound("copies", draw(st.integers(1, 2))))
    if network == "fifo" and draw(st.booleans()):
        found.append(Bound("link", draw(st.integers(1, 3))))
    return tuple(found)


def _outside(values: set[tuple[int, int]]) -> Callable[[Local], bool]:
    return lambda s: (s.a, s.b) not in values


@st.composite
def monitors(draw: st.DrawFn) -> Monitor[int]:
    """A small counter of what happens."""
    kinds = ("action", "timeout", "receive", "tick", "crash", "restart")
    kind, wide = draw(st.sampled_from(kinds)), draw(st.booleans())

    def after(m: int, event: Event, before: NodeView[Local], now: NodeView[Local]) -> int:
        seen = 2 * (event.kind == kind) + (before.up != now.up) + (wide and before.state.a < now.state.a)
        return min(m + seen + len(event.choice), 3)

    def start(nodes: Sequence[NodeView[Local]]) -> int:
        return max((view.state.b for view in nodes), default=0)

    return Monitor("m", draw(st.sampled_from((Local, Local, Guest))), start=start, after=after)


# ---- properties


def weigh(state: object) -> int:
    """A number for what a check sees of a node."""
    if isinstance(state, Local):
        return state.a + 3 * state.b + 6 * state.fuel
    return state if isinstance(state, int) else 0


def weigh_seen(seen: Sequence[object]) -> int:
    """A number for what a check sees of several nodes."""
    return sum((3 * i + 1) * _weigh_one(one) for i, one in enumerate(seen))


def _weigh_one(one: object) -> int:
    return weigh(one.state) + 5 * one.up if isinstance(one, NodeView) else weigh(one)


def weigh_all(state: GlobalState) -> int:
    """A number for a whole state."""
    environment = state.environment
    budgets = sum((i + 1) * (left or 0) for i, left in enumerate(environment.left))
    mail = sum((e.src.index + 2) * (e.dst.index + 1) for e in state.network)
    standing, early = environment.standing is not None, environment.early_timeouts or 0
    return (
        weigh_seen(state.nodes) + budgets + mail + 2 * standing + 3 * early + sum(map(weigh, state.history))
    )


@dataclass(frozen=True)
class Check:
    """An arbitrary check: True of every ``often``-th number, and otherwise what ``other`` says."""

    often: int
    first: int
    true: Answer
    other: Answer

    def __call__(self, number: int) -> Answer:
        return self.true if number % self.often == self.first else self.other


@st.composite
def checks(draw: st.DrawFn, kind: str) -> Check:
    """A check that makes a property of a kind interesting: decided seldom."""
    often = draw(st.integers(2, 13))
    first = draw(st.integers(0, often - 1))
    rare = {
        "always": (False, "wrong"),
        "step": (False, "wrong"),
        "never": (True, "wrong"),
        "sometimes": (True,),
        "possible": (True,),
    }
    common = kind in ("always", "step")
    return Check(often, first, draw(st.sampled_from(rare[kind])), common)


@st.composite
def looks(draw: st.DrawFn) -> type[object] | Look[object]:
    """What a check is given of a node: all of its state or a part, with its name or without."""
    of = draw(st.sampled_from((Local, Guest)))
    part = draw(st.sampled_from((None, *VIEWS)))
    if draw(st.booleans()):
        return of if part is None else view(of, part)
    return node_views(of) if part is None else node_views(of, part)


@st.composite
def state_scopes(draw: st.DrawFn, check: Check, monitors: Sequence[Monitor[int]]) -> Scope:
    """Any scope over states."""
    look = draw(looks())
    kinds = ["each", "pair", "all", "whole"] + (["history", "history"] if monitors else [])
    match draw(st.sampled_from(kinds)):
        case "each":
            return each(look, lambda a: check(weigh_seen([a])))
        case "pair":
            return pair(look, lambda a, b: check(weigh_seen([a, b])))
        case "all":
            return all_nodes(look, lambda seen: check(weigh_seen(seen)))
        case "history":
            return history(monitors[0], lambda m: check(weigh(m)))
    return whole(lambda state: check(weigh_all(state)))


@st.composite
def step_scopes(draw: st.DrawFn, check: Check) -> Scope:
    """Any scope over steps."""
    look = draw(looks())
    if draw(st.booleans()):
        return change(look, lambda a, b: check(weigh_seen([a, b])))
    return changes(look, lambda a, b: check(weigh_seen([*a, *b])))


@st.composite
def properties(draw: st.DrawFn, monitors: Sequence[Monitor[int]]) -> list[Property]:
    """Some properties, and one that keeps the search going to its end."""
    found: list[Property] = [always("true", each(State, lambda _: True))]
    if draw(st.booleans()) and monitors:
        found.append(always("watched", history(monitors[0], lambda _: True)))
    for i, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), max_size=4))):
        check = draw(checks(kind))
        name = f"{kind} {i}"
        if kind == "step":
            found.append(step(name, draw(step_scopes(check))))
        else:
            found.append(MAKERS[kind](name, draw(state_scopes(check, monitors))))
    return found


# ---- models


@st.composite
def models(draw: st.DrawFn, *, raising: bool = True) -> Case:
    """A model of nodes, of any environment."""
    nodes = node_ids(draw(st.sampled_from((2, 2, 3))))
    world = World(nodes, draw(environments()), draw(st.booleans()), raising and draw(st.integers(0, 7)) == 0)
    system = draw(systems(world))
    watching = draw(st.one_of(st.just([]), st.lists(monitors(), max_size=1)))
    ends = draw(st.sampled_from((False, True, "scope")))
    deadlock = draw(state_scopes(draw(checks("always")), watching)) if ends == "scope" else bool(ends)
    starts = draw(st.one_of(st.just([]), st.just([]), st.lists(prepared(world, system), max_size=2)))
    alike = len(set(map(id, system.values()))) == 1
    model = Model(
        system[nodes[0]] if alike else system,
        draw(properties(watching)),
        nodes=nodes if alike else (),
        environment=world.environment,
        bounds=draw(bounds(world.environment.network)),
        deadlock=deadlock,
        initial=starts,
        partitions=draw(partitions(nodes)),
    )
    return Case(model, draw(st.one_of(st.none(), st.integers(0, 6))))


@st.composite
def specs(draw: st.DrawFn) -> Case:
    """A model of one shared state."""
    cells = st.builds(Cell, st.integers(0, 4), st.integers(0, 3))
    jumps = st.lists(st.tuples(st.integers(0, 4), cells), max_size=8).map(tuple)
    chosen = draw(st.sets(st.integers(0, 4), max_size=3).map(sorted).map(tuple))
    walk = Walk(
        tuple(draw(st.lists(cells, min_size=1, max_size=2))),
        draw(jumps),
        draw(jumps),
        chosen,
        draw(st.booleans()),
    )
    found: list[Property] = [always("true", holds(Cell, lambda _: True))]
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=3, unique=True)):
        found += [_shared(kind, draw(checks(kind)))]
    barred = draw(st.sets(cells, max_size=3)) - set(walk.starts)
    within = [Bound("cell", Cell, _cell_outside(barred))] if draw(st.booleans()) else []
    end = draw(checks("always"))
    ends: tuple[bool | Scope, ...] = (False, True, holds(Cell, lambda s: end(s.v + 5 * s.w)))
    model = Model(walk, found, bounds=within, deadlock=draw(st.sampled_from(ends)))
    return Case(model, draw(st.one_of(st.none(), st.integers(0, 4))))


def _cell_outside(barred: set[Cell]) -> Callable[[Cell], bool]:
    return lambda cell: cell not in barred


def _shared(kind: str, check: Check) -> Property:
    """A property of a Spec."""

    def of_state(cell: Cell) -> Answer:
        return check(cell.v + 5 * cell.w)

    def of_step(old: Cell, new: Cell) -> Answer:
        return check(old.v + 5 * old.w + 7 * new.v + 11 * new.w)

    if kind == "step":
        return step(kind, change(Cell, of_step))
    return MAKERS[kind](kind, holds(Cell, of_state))


# ---- models that begin, and whose handlers do not raise


def begins(case: Case) -> bool:
    """Whether a model has an initial state within its bounds."""
    try:
        return bool(Machine(case.model).initial())
    except DefinitionError:
        return False


def sound_models() -> st.SearchStrategy[Case]:
    """Models of nodes to walk in."""
    return models(raising=False).filter(begins)


def sound_specs() -> st.SearchStrategy[Case]:
    """Models of one shared state to walk in."""
    return specs().filter(begins)
