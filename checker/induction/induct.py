"""Deciding a model's claims of induction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from elcheck.checker.blame.space import explored
from elcheck.checker.induction.claims import InductiveClaim, NodeState
from elcheck.checker.induction.of_nodes import Broken, NodeInduction, NumberedStep
from elcheck.checker.induction.of_spec import SpecUniverse, induct_spec
from elcheck.checker.induction.result import BaseFailure, Induction, InductionStep
from elcheck.checker.induction.universe import NodeUniverse
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.environment import initial_state
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.inductive import Inductive
from elcheck.checker.model.model import Model
from elcheck.checker.model.property import Property
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import order
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import NodeSystem
from elcheck.checker.system.moves import MASK
from elcheck.checker.traces.trace import ReplayError


def induct(
    model: Model, limits: Limits = Limits(), *, engine: str = "auto", progress: OnProgress = lambda _: None
) -> list[Induction]:
    """Decide every claim of induction of a model. The search, for what occurs, may take half of the time; the
    limits on depth and states are its.

    Raises DefinitionError for a claim that can't be decided so, UsageError where none is made.
    """
    validate(model)
    if not model.inductive:
        raise UsageError(
            "the model claims nothing to be inductive: Model(inductive=[inductive(name, scope)])"
        )
    if model.environment.early_timeouts == 0:
        raise UsageError(
            "--timing: a timeout that waits for what is under way is not one from every state; with --timing "
            "async, what is inductive is so under sync and eventual(k) too"
        )
    if model.environment.delay == 0:
        raise UsageError(
            "--timing bounded(0): whether time may pass depends on all that is under way; with --timing "
            "'bounded(1)', what is inductive is so under bounded(0) too"
        )
    claims = [InductiveClaim(claim, shared=not model.programs) for claim in model.inductive]
    with watching(limits):
        half = None if limits.timeout is None else limits.timeout / 2
        bare = bare_of(model)
        found = explored(bare, replace(limits, timeout=half), engine=engine, progress=progress, judged=True)
        return [
            _decided(bare, asked, claim, found) for asked, claim in zip(model.inductive, claims, strict=True)
        ]


def bare_of(model: Model) -> Model:
    """A model of which nothing is claimed but what is to be inductive."""
    claims = [
        Property("always", f"{claim.name} ({at})", scope)
        for claim in model.inductive
        for at, scope in enumerate(claim.claim)
    ]
    return replace(model, properties=claims, deadlock=False, fairness=(), assume=(), inductive=())


def _decided(model: Model, asked: Inductive, claim: InductiveClaim, exploration: Exploration) -> Induction:
    found = Induction(asked)
    search, judge = exploration.search, exploration.judge
    broken = {judge.claims[number].name for number in judge.findings}
    found.violated = any(f"{asked.name} ({at})" in broken for at in range(len(asked.claim)))
    if search.stopped is None and not found.violated:
        found.reachable = search.distinct
    if search.failure is not None:
        found.raised = search.failure[1]
        return found
    with _noted(found):
        if model.programs:
            _of_nodes(model, found, claim, exploration)
        else:
            met = [exploration.system.decode(code).shared for code in search.codes]
            universe = SpecUniverse(asked, met)
            found.universe = str(universe)
            induct_spec(found, claim, Runner(model), universe)
    if found.counterexample is not None:
        _confirm(model, found, claim)
    return found


@contextmanager
def _noted(found: Induction) -> Iterator[None]:
    """Note what ends it, or what raises."""
    try:
        yield
    except Ended as ended:
        found.stopped = ended.notice()
    except HandlerError as error:
        found.raised = str(error)


def _of_nodes(model: Model, found: Induction, claim: InductiveClaim, exploration: Exploration) -> None:
    """The base, then the steps of a model of nodes. Raises Ended, HandlerError."""
    system = exploration.system.full
    assert isinstance(system, NodeSystem)
    runner = Runner(model)
    occurs = _reached(system, exploration.search.codes) if runner.timed else _learned(system)
    met = [view for view in occurs.nodes if not runner.crossed(view.state) or not view.up]
    universe = NodeUniverse(found.claim, runner, dict.fromkeys(met), occurs.network)

    interpreter = Interpreter(model)

    def happens(broken: Broken) -> bool:
        before = _before(model, universe, broken)
        return not _may_be_cut(model) or (
            _is_within(model, before)
            and not interpreter.is_too_far_apart(before)
            and _taken(interpreter, before, broken.event, claim) is not None
        )

    induction = NodeInduction(claim, universe, happens)
    try:
        for code in system.initial():
            state = system.decode(code)
            wrong = claim.of_state(state)
            if wrong is not None:
                found.base = BaseFailure(state, wrong)
                return
            if not _admits(universe, state):
                found.leaving, found.leavings = found.leaving or state, found.leavings + 1
        broken = induction.broken()
    finally:
        found.universe, found.asked = str(universe), induction.asked
        found.cut.update(induction.cut)
    found.leavings += induction.leavings
    if induction.leaving is not None and found.leaving is None:
        before = _before(model, universe, induction.leaving)
        found.leaving = _taken(interpreter, before, induction.leaving.event) or before
    if broken is not None:
        before = _before(model, universe, broken)
        taken = _taken(interpreter, before, broken.event, claim)
        found.counterexample, found.complaint = taken, broken.complaint
        if found.counterexample is None:
            raise ReplayError(
                f"{broken.event.located} does not lead from {before} to where {claim.name!r} breaks"
            )


def _learned(system: NodeSystem) -> GlobalState:
    """All local states and messages of which a search has learned, as of one state."""
    views = (
        NodeState(table.node, known.up, known.state, known.paused)
        for table in system.tables
        for known in table.local_states.known
    )
    known = ((table.node, sent) for table in system.tables for sent in table.messages.known)
    sent = (Envelope(sent.src, node, sent.msg) for node, sent in known if not sent.notice)
    return GlobalState(tuple(views), tuple(sent))


def _reached(system: NodeSystem, codes: Sequence[int]) -> GlobalState:
    """The same of those alone that some state has: of what time brings a node more is learned, since another
    node's timer may be due then.
    """
    views: dict[NodeState, None] = {}
    sent: dict[Envelope, None] = {}
    for table in system.tables:
        for code in {(code >> table.shift) & MASK: code for code in codes}.values():
            state = system.decode(code)
            views[state.nodes[table.index]] = None
            to_it = (each.new for each in state.network if each.dst == table.node and not is_notice(each))
            sent |= dict.fromkeys(to_it)
    return GlobalState(tuple(views), tuple(sent))


def _admits(universe: NodeUniverse, state: GlobalState) -> bool:
    """Whether an initial state is in the universe."""
    nodes = [universe.admit(node) for node in state.nodes]
    return all(nodes + [universe.admit_message(sent) for sent in state.network])


def _before(model: Model, universe: NodeUniverse, step: NumberedStep) -> GlobalState:
    """The whole state before a step: every budget whole, nothing under way but what is needed."""
    nodes = tuple(universe.states[node][number] for node, number in enumerate(step.before))
    network = model.environment.network
    sent = list(step.under_way) if network in ("bag", "fifo") else list(dict.fromkeys(step.under_way))
    if network == "fifo":
        sent.sort(key=lambda e: (e.src, e.dst))
    else:
        sent.sort(key=lambda e: (e.src, e.dst, order(e.msg)))
    return GlobalState(nodes, tuple(sent), initial_state(model.environment, universe.nodes))


def _may_be_cut(model: Model) -> bool:
    """Whether a step may not be there for another reason than its own node's state, or what is under way may
    be gone after it: a bound limits the network or the spread of terms, or a link that breaks loses it.
    """
    return model.environment.network == "fifo" or any(isinstance(bound.holds, int) for bound in model.bounds)


def _is_within(model: Model, state: GlobalState) -> bool:
    """Whether what is under way is within the bounds on the network."""
    limits = {bound.name: bound.holds for bound in model.bounds if isinstance(bound.holds, int)}
    copies, links = Counter(state.network), Counter((sent.src, sent.dst) for sent in state.network)
    most = max(copies.values(), default=0), max(links.values(), default=0)
    return all(count <= limits.get(name, count) for name, count in zip(("copies", "link"), most, strict=True))


def _taken(
    interpreter: Interpreter, before: GlobalState, event: Event, claim: InductiveClaim | None = None
) -> InductionStep | None:
    """A step as the interpreter takes it; with a claim one after which that does not hold. None if there is
    no such step.
    """
    for taken, after in interpreter.steps(before):
        same = taken == event or (event.kind == taken.kind == "tick")
        if same and (claim is None or claim.of_state(after) is not None):
            return InductionStep(before, taken, after)
    return None


def _confirm(model: Model, found: Induction, claim: InductiveClaim) -> None:
    """What was found is not believed: the claim is asked of whole states, and the step taken by other code.
    Raises ReplayError.
    """
    step = found.counterexample
    assert step is not None
    if claim.of_state(step.before) is not None or claim.of_state(step.after) is None:
        raise ReplayError(
            f"the step {step.event.located} from {step.before} breaks no claim of {claim.name!r}"
        )
    taken = Interpreter(model).steps(step.before)
    if (step.event, step.after) not in taken:
        raise ReplayError(f"there is no step {step.event.located} from {step.before} to {step.after}")
