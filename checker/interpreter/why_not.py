"""Why a step can't happen in a state: the guard that blocks it, or what else holds it up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from elcheck.checker.interpreter.steps import Interpreter
from elcheck.checker.model.budget import option_of
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.disks import frail_fields
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import State
from elcheck.checker.model.selector import StepNames
from elcheck.checker.model.state import (
    BUDGETS,
    Envelope,
    Event,
    EventKind,
    GlobalState,
    NodeView,
    damage,
    is_notice,
)
from elcheck.checker.model.step import Step
from elcheck.checker.model.values import text

ReasonKind = Literal["enabled", "guard", "no outcome", "bound", "no change", "surroundings"]


@dataclass(frozen=True)
class Reason:
    """Why an event is not enabled, in words. ``kind``: its handler's guard, that the handler has no outcome,
    a bound, that nothing would change, or what is around it (network, timing, faults, nodes that are down).
    """

    kind: ReasonKind
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def is_of_handler(self) -> bool:
        """True if the handler's source says more."""
        return self.kind in ("guard", "no outcome")


ENABLED = Reason("enabled", "nothing: it is enabled")
NO_CHANGE = Reason("no change", "it would leave everything as it is, and that is not a step")
NO_OUTCOME = Reason("no outcome", "its handler has no outcome in this state, and no guard says why")


def around(text: str) -> Reason:
    """Something around an event that keeps it from happening."""
    return Reason("surroundings", text)


def cut_by(bound: str, where: str = "") -> Reason:
    """A bound that cuts an event."""
    return Reason("bound", f"the bound {bound} cuts it{where}")


def _stands_still(node: NodeView[object]) -> Reason | None:
    """Why a node takes no step, neither crashes nor is paused; None if it does."""
    if not node.up:
        return around(f"{node.node} is down")
    return around(f"{node.node} is paused: it has to resume first") if node.paused else None


def _there(state: GlobalState, envelope: Envelope) -> Envelope | None:
    """A message that is under way, of whatever age; None if it is not."""
    return next((each for each in state.network if each.new == envelope), None)


class Explainer(Interpreter):
    """An interpreter that says of events why they are not enabled. ``names``: what its steps are called."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.names = StepNames(model)

    def events(self, state: GlobalState) -> Iterator[Event]:
        """Every event that one may ask about in a state, enabled or not: each handler's event with each of
        its choices, the delivery, the loss and the duplication of each message under way, each other fault.
        """
        if not self.nodes:
            for event in self.runner.shared_events():
                yield from self._with_choices(event, state.shared)
            return
        for node in self.nodes:
            for kind in ("action", "timeout"):
                for _, event in self.runner.events(node, kind):
                    yield from self._with_choices(event, state.nodes[node.index].state)
        for envelope in dict.fromkeys(each.new for each in state.network):
            delivery = self.runner.delivery(envelope.dst, envelope.src, envelope.msg)
            if delivery is not None:
                yield from self._with_choices(delivery, state.nodes[envelope.dst.index].state)
        if self._tickers():
            yield Event("tick", "tick")
        yield from self._possible_faults(state)

    def _with_choices(self, event: Event, local: object) -> Iterator[Event]:
        """An event with each choice that its handler has in a local state; by itself if that raises."""
        try:
            steps = self.runner.take(event, local).steps
        except HandlerError:
            steps = ()
        yield from (event.chosen(choice) for choice in dict.fromkeys(step.choice for step in steps))
        if not steps:
            yield event

    def _possible_faults(self, state: GlobalState) -> Iterator[Event]:
        for envelope in dict.fromkeys(each.new for each in state.network):
            args: tuple[tuple[str, object], ...] = (("src", envelope.src), ("msg", envelope.msg))
            for which in ("head", "newest") if self.network == "fifo" else ("",):
                named = (("which", which),) if which else ()
                yield Event("lose", "lose", envelope.dst, args + named)
            yield Event("duplicate", "duplicate", envelope.dst, args)
        for node in self.nodes:
            yield Event("crash", "crash", node)
            yield Event("restart", "restart", node)
            yield Event("pause", "pause", node)
            yield Event("resume", "resume", node)
            for field in frail_fields(type(state.nodes[node.index].state)):
                yield damage(node, field)
        for a in self.nodes:
            for b in self.nodes:
                if a < b:
                    yield Event("disconnect", "disconnect", None, (("a", a), ("b", b)))
        for view in state.nodes:
            for _, event in self.runner.events(view.node, "fault"):
                yield from self._with_choices(event, view.state)
        for name in self.partitions:
            yield Event("partition", "partition", None, (("partition", name),))
            yield Event("heal", "heal", None, (("partition", name),))

    def why_not(self, state: GlobalState, event: Event) -> Reason:
        """What keeps an event from happening. Raises HandlerError when a handler does."""
        if any(event == enabled for enabled, _ in self.steps(state)):
            return ENABLED
        return self.held_up(state, event)

    def held_up(self, state: GlobalState, event: Event) -> Reason:
        """What keeps an event from happening that is known not to be enabled.

        Raises HandlerError when a handler does.
        """
        return self._held_up(state, event) or around("something else holds it up")

    def _held_up(self, state: GlobalState, event: Event) -> Reason | None:
        if not self.nodes:
            return self._of_spec(state, event)
        if event.fault:
            return self._of_fault(state, event)
        if event.kind == "tick":
            return self._of_tick(state)
        assert event.node is not None
        if (still := _stands_still(state.nodes[event.node.index])) is not None:
            return still
        if event.kind == "receive":
            args = dict(event.args)
            return self._of_delivery(state, event, args["src"], args["msg"])
        why = self._of_outcomes(state, event)
        if why == NO_CHANGE or event.kind != "timeout" or not state.environment.synchronous:
            return why
        return self._first(state, event) or why

    # -- handlers --------------------------------------------------------------------------------------

    def _of_call(self, event: Event, local: object) -> tuple[Reason | None, tuple[Step[State], ...]]:
        """What its handler or a bound on the state after it has against an event; its outcomes if nothing."""
        found = self.runner.take(event, local)
        if found.blocked is not None:
            return Reason("guard", f"its guard: {found.blocked}"), ()
        steps = tuple(step for step in found.steps if step.choice == event.choice)
        if not steps:
            return NO_OUTCOME, ()
        crossed = [name for step in steps for name in self.runner.crossed(step.state)]
        return (cut_by(crossed[0]), ()) if crossed else (None, steps)

    def _of_spec(self, state: GlobalState, event: Event) -> Reason:
        why, _ = self._of_call(event, state.shared)
        return why or NO_CHANGE

    def _of_outcomes(self, state: GlobalState, event: Event) -> Reason | None:
        """What its handler has against an event, whose step starts from ``state``; None if nothing."""
        assert event.node is not None
        why, steps = self._of_call(event, state.nodes[event.node.index].state)
        if why is not None:
            return why
        sent = [self._from(state).stepped(event.node, s.state).sent(event.node, s.sends) for s in steps]
        if any(after.cut for after in sent):
            return cut_by(self._bound_on_network())
        return None if any(after.state() != state for after in sent) else NO_CHANGE

    def _bound_on_network(self) -> str:
        return next((bound.name for bound in self.model.bounds if isinstance(bound.holds, int)), "")

    def _first(self, state: GlobalState, event: Event | None) -> Reason | None:
        """What synchronous timing has to happen before a timeout, or the tick (None); None if nothing."""
        waits = "a timeout waits" if event is not None else "the tick waits"
        timing = f"timing {self.model.environment.timing}"
        for eager, found in self._eager(state):
            if self._moving(state, [(eager, found)]):
                return around(f"{timing}: {waits} until nothing else can happen, and {eager.located} can")
        for rank in self._ranks() if event is not None else ():
            for node in self._active(state):
                for timer in self._timeouts(node, rank):
                    if self._moving(state, [(timer, state)]):
                        return around(f"{timing}: {timer.located} has a lower rank")
        return None

    def _of_delivery(self, state: GlobalState, event: Event, src: object, msg: object) -> Reason:
        assert event.node is not None
        assert isinstance(src, NodeId)
        envelope = _there(state, Envelope(src, event.node, msg))
        if envelope is None:
            return around("no such message is under way")
        head = next(e for e in state.network if (e.src, e.dst) == (src, event.node))
        if self.network == "fifo" and head != envelope:
            return around(f"it is not at the head of its link: {text(head.msg)} is")
        standing = state.environment.standing
        if not is_notice(envelope) and standing and self.partitions[standing].parts(src, event.node):
            return around(f"the partition {standing} parts {src} and {event.node}")
        why = self._of_outcomes(self._taken(state, envelope), event) or NO_CHANGE
        if why == NO_CHANGE and self.network == "sent-set":
            return Reason(
                "no change",
                f"{event.node} ignores it: no field changes and nothing new is sent; and since a sent-set "
                "network keeps the message, everything stays as it is, and that is not a step",
            )
        return why

    def _of_tick(self, state: GlobalState) -> Reason:
        for node in self._tickers():
            event = self.runner.events(node, "tick")[0][1]
            found = self.runner.take(event, state.nodes[node.index].state)
            if not found.steps:
                kind: ReasonKind = "guard" if found.blocked is not None else "no outcome"
                return Reason(
                    kind, f"the guard of {node}'s {event.name}: {found.blocked or 'it has no outcome'}"
                )
            crossed = [name for step in found.steps for name in self.runner.crossed(step.state)]
            if crossed:
                return cut_by(crossed[0], f", at {node}")
        if late := self.late(state):
            return around(f"timing {self.model.environment.timing}: time waits for {late[0].located}")
        held = self._first(state, None) if state.environment.synchronous else None
        return held or NO_CHANGE

    # -- faults ----------------------------------------------------------------------------------------

    def _of_fault(self, state: GlobalState, event: Event) -> Reason:
        if event.kind == "heal":
            standing = state.environment.standing
            if standing is None:
                return around("no partition stands")
            stays = "" if self.partitions[standing].heals else ", and it does not heal"
            return around(f"the partition that stands is {standing}{stays}")
        if event.kind == "resume" and event.node is not None:
            return around(f"{event.node} is not paused")
        if why := self._without_meaning(event.kind):
            return around(why)
        if why := self._without_budget(state, event):
            return around(why)
        match event.kind:
            case "fault":
                return self._of_own_fault(state, event)
            case "crash" | "restart" | "pause" | "damage":
                return self._of_node(state, event)
            case "lose" | "duplicate":
                return self._of_message(state, event)
            case "partition":
                return around(f"the network is parted already: {state.environment.standing}")
        down = [str(n) for _, n in event.args if isinstance(n, NodeId) and not state.nodes[n.index].up]
        return around(f"{' and '.join(down)} {'are' if len(down) > 1 else 'is'} down") if down else NO_CHANGE

    def _without_budget(self, state: GlobalState, event: Event) -> str:
        """What the budget of a fault has against it; empty if nothing."""
        handler = self.runner.handler(event) if event.kind == "fault" else None
        kind = BUDGETS[event.kind] if handler is None else handler.budget
        option = option_of(kind)
        budget, left = self.model.environment.budget(kind), state.environment.of(kind)
        if budget == 0:
            return f"there are none in this environment: {option.strip()} is 0"
        struck = sorted(self.names.takers(event))
        if left.spent(struck) is not None:
            return ""
        if left.total == 0:
            return f"the budget is spent: {option}{budget}"
        if left.at_once is not None and left.at_once < 1:
            state_of = "down" if kind == "crash" else "paused"
            return f"as many nodes are {state_of} as may be at one time: {option}{budget}"
        return f"it may not happen to {' and '.join(map(str, struck))} (any more): {option}{budget}"

    def _of_own_fault(self, state: GlobalState, event: Event) -> Reason:
        assert event.node is not None
        return _stands_still(state.nodes[event.node.index]) or self._of_outcomes(state, event) or NO_CHANGE

    def _without_meaning(self, kind: EventKind) -> str:
        if kind == "lose" and self.network == "sent-set":
            return "a sent-set network loses nothing: a message need never be delivered"
        if kind == "duplicate" and self.network in ("set", "sent-set"):
            return f"a {self.network} network holds one copy of a message"
        if kind == "disconnect" and self.network != "fifo":
            return f"a {self.network} network has no links that could break"
        return ""

    def _of_node(self, state: GlobalState, event: Event) -> Reason:
        assert event.node is not None
        node = state.nodes[event.node.index]
        if event.kind in ("restart", "damage") and node.up:
            return around(f"{event.node} is up")
        if event.kind == "damage":
            return NO_CHANGE
        if event.kind != "restart" and (still := _stands_still(node)) is not None:
            return still
        if event.kind == "crash":
            return around("at_crash has no outcome: nothing that a crash could leave")
        steps = self.runner.recoveries(event.node, node.state)
        crossed = [name for step in steps for name in self.runner.crossed(step.state)]
        if not steps:
            return around("recover has no outcome in this state")
        return cut_by(crossed[0] if crossed else self._bound_on_network())

    def _of_message(self, state: GlobalState, event: Event) -> Reason:
        args = dict(event.args)
        src, msg = args["src"], args["msg"]
        assert isinstance(src, NodeId)
        assert event.node is not None
        envelope = _there(state, Envelope(src, event.node, msg))
        if envelope is None:
            return around("no such message is under way")
        if is_notice(envelope):
            return around(
                f"{text(msg)} is a notification of the environment's, and is neither lost nor duplicated"
            )
        link = [e for e in state.network if (e.src, e.dst) == (src, event.node)]
        if self.network == "fifo" and args.get("which") == "newest":
            newest = f"the newest of the link is {text(link[-1].msg)}"
            return around(newest if len(link) > 1 else "it is the head")
        if self.network == "fifo" and link[0] != envelope:
            return around(f"it is not at the head of its link: {text(link[0].msg)} is")
        return cut_by(self._bound_on_network()) if event.kind == "duplicate" else NO_CHANGE
