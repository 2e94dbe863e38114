"""Why a step can't happen in a state: the guard that blocks it, or what else holds it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elcheck.checker.interpreter.steps import Interpreter
from elcheck.checker.model.environment import FaultKind
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope, Event, EventKind, GlobalState, is_notice
from elcheck.checker.model.values import text

_BUDGETS: dict[EventKind, FaultKind] = {
    "crash": "crash",
    "restart": "restart",
    "lose": "loss",
    "duplicate": "dup",
    "disconnect": "disconnect",
    "partition": "partition",
}
NO_STEP = "it would leave everything as it is, and that is not a step"


class Explainer(Interpreter):
    """An interpreter that can say of events why they are not enabled."""

    def events(self, state: GlobalState) -> Iterator[Event]:
        """Every event that one may ask about in a state, enabled or not: each handler's event, the delivery,
        the loss and the duplication of each message under way, and each other fault.
        """
        if not self.nodes:
            yield from self.runner.shared_events()
            return
        for node in self.nodes:
            for kind in ("action", "timeout"):
                yield from (event for _, event in self.runner.events(node, kind))
        for envelope in dict.fromkeys(state.network):
            delivery = self.runner.delivery(envelope.dst, envelope.src, envelope.msg)
            if delivery is not None:
                yield delivery
        if self._tickers():
            yield Event("tick", "tick")
        yield from self._possible_faults(state)

    def _possible_faults(self, state: GlobalState) -> Iterator[Event]:
        for envelope in dict.fromkeys(state.network):
            args: tuple[tuple[str, object], ...] = (("src", envelope.src), ("msg", envelope.msg))
            for which in ("head", "newest") if self.network == "fifo" else ("",):
                named = (("which", which),) if which else ()
                yield Event("lose", "lose", envelope.dst, args + named)
            yield Event("duplicate", "duplicate", envelope.dst, args)
        for node in self.nodes:
            yield Event("crash", "crash", node)
            yield Event("restart", "restart", node)
        for a in self.nodes:
            for b in self.nodes:
                if a < b:
                    yield Event("disconnect", "disconnect", None, (("a", a), ("b", b)))
        for name in self.partitions:
            yield Event("partition", "partition", None, (("partition", name),))
            yield Event("heal", "heal", None, (("partition", name),))

    def why_not(self, state: GlobalState, event: Event) -> str:
        """What keeps an event from happening. Raises HandlerError when a handler does."""
        if any(event == enabled for enabled, _ in self.steps(state)):
            return "nothing: it is enabled"
        return self.held_up(state, event)

    def held_up(self, state: GlobalState, event: Event) -> str:
        """What keeps an event from happening that is known not to be enabled. Raises HandlerError when a
        handler does.
        """
        if not self.nodes:
            return self._of_spec(state, event)
        if event.fault:
            return self._of_fault(state, event)
        if event.kind == "tick":
            return self._of_tick(state)
        assert event.node is not None
        if not state.nodes[event.node.index].up:
            return f"{event.node} is down"
        if event.kind == "receive":
            args = dict(event.args)
            return self._of_delivery(state, event, args["src"], args["msg"])
        why = self._of_outcomes(state, event)
        if why == NO_STEP or event.kind != "timeout" or not state.environment.synchronous:
            return why
        return self._first(state, event) or why

    # -- handlers --------------------------------------------------------------------------------------

    def _of_spec(self, state: GlobalState, event: Event) -> str:
        found = self.runner.take(event, state.shared)
        if found.blocked is not None:
            return f"its guard: {found.blocked}"
        crossed = [name for step in found.steps for name in self.runner.crossed(step.state)]
        if crossed:
            return f"the bound {crossed[0]} cuts it"
        return NO_STEP if found.steps else "its handler yields nothing in this state, and no guard says why"

    def _of_outcomes(self, state: GlobalState, event: Event) -> str:
        """What its handler has against an event, whose step starts from ``state``; empty if nothing."""
        assert event.node is not None
        found = self.runner.take(event, state.nodes[event.node.index].state)
        if found.blocked is not None:
            return f"its guard: {found.blocked}"
        if not found.steps:
            return "its handler yields nothing in this state, and no guard says why"
        crossed = [name for step in found.steps for name in self.runner.crossed(step.state)]
        if crossed:
            return f"the bound {crossed[0]} cuts it"
        sent = [self._from(state).stepped(event.node, s.state).sent(event.node, s.sends) for s in found.steps]
        if any(after.cut for after in sent):
            return f"the bound {self._bound_on_network()} cuts it"
        return "" if any(after.state() != state for after in sent) else NO_STEP

    def _bound_on_network(self) -> str:
        return next((bound.name for bound in self.model.bounds if isinstance(bound.holds, int)), "")

    def _first(self, state: GlobalState, event: Event | None) -> str:
        """What synchronous timing has to happen before a timeout, or the tick (None); empty if nothing."""
        waits = "a timeout waits" if event is not None else "the tick waits"
        for eager, found in self._eager(state):
            if self._moving(state, [(eager, found)]):
                return (
                    f"timing {self.model.environment.timing}: {waits} until nothing else can happen, "
                    f"and {eager.node}: {eager} can"
                )
        for rank in self._ranks() if event is not None else ():
            for node in self._up(state):
                for timer in self._timeouts(node, rank):
                    if self._moving(state, [(timer, state)]):
                        return f"timing {self.model.environment.timing}: {node}: {timer} has a lower rank"
        return ""

    def _of_delivery(self, state: GlobalState, event: Event, src: object, msg: object) -> str:
        assert event.node is not None
        assert isinstance(src, NodeId)
        envelope = Envelope(src, event.node, msg)
        if envelope not in state.network:
            return "no such message is under way"
        head = next(e for e in state.network if (e.src, e.dst) == (src, event.node))
        if self.network == "fifo" and head != envelope:
            return f"it is not at the head of its link: {text(head.msg)} is"
        standing = state.environment.standing
        if not is_notice(envelope) and standing and self.partitions[standing].parts(src, event.node):
            return f"the partition {standing} parts {src} and {event.node}"
        why = self._of_outcomes(self._taken(state, envelope), event) or NO_STEP
        if why == NO_STEP and self.network == "sent-set":
            return (
                f"{event.node} ignores it: no field changes and nothing new is sent; and since a sent-set "
                "network keeps the message, everything stays as it is, and that is not a step"
            )
        return why

    def _of_tick(self, state: GlobalState) -> str:
        for node in self._tickers():
            event = self.runner.events(node, "tick")[0][1]
            found = self.runner.take(event, state.nodes[node.index].state)
            if not found.steps:
                return f"the guard of {node}'s {event.name}: {found.blocked or 'it offers no outcome'}"
            crossed = [name for step in found.steps for name in self.runner.crossed(step.state)]
            if crossed:
                return f"the bound {crossed[0]} cuts it, at {node}"
        held = self._first(state, None) if state.environment.synchronous else ""
        return held or NO_STEP

    # -- faults ----------------------------------------------------------------------------------------

    def _of_fault(self, state: GlobalState, event: Event) -> str:
        if event.kind == "heal":
            standing = state.environment.standing
            return f"the partition that stands is {standing}" if standing else "no partition stands"
        kind = _BUDGETS[event.kind]
        budget = getattr(self.model.environment, kind)
        if why := self._without_meaning(event.kind):
            return why
        if budget == 0:
            return f"there are none in this environment: --{kind} is 0"
        if not state.environment.may(kind):
            return f"the budget is spent: --{kind} {budget}"
        match event.kind:
            case "crash" | "restart":
                return self._of_node(state, event)
            case "lose" | "duplicate":
                return self._of_message(state, event)
            case "partition":
                return f"the network is parted already: {state.environment.standing}"
        down = [str(n) for _, n in event.args if isinstance(n, NodeId) and not state.nodes[n.index].up]
        return f"{' and '.join(down)} {'are' if len(down) > 1 else 'is'} down" if down else NO_STEP

    def _without_meaning(self, kind: EventKind) -> str:
        if kind == "lose" and self.network == "sent-set":
            return "a sent-set network loses nothing: a message need never be delivered"
        if kind == "duplicate" and self.network in ("set", "sent-set"):
            return f"a {self.network} network holds one copy of a message"
        if kind == "disconnect" and self.network != "fifo":
            return f"a {self.network} network has no links that could break"
        return ""

    def _of_node(self, state: GlobalState, event: Event) -> str:
        assert event.node is not None
        view = state.nodes[event.node.index]
        if view.up == (event.kind == "restart"):
            return f"{event.node} is {'up' if view.up else 'down already'}"
        if event.kind == "crash":
            return "at_crash offers nothing that a crash could leave"
        steps = self.runner.recoveries(event.node, view.state)
        crossed = [name for step in steps for name in self.runner.crossed(step.state)]
        if not steps:
            return "recover offers nothing in this state"
        return f"the bound {crossed[0] if crossed else self._bound_on_network()} cuts it"

    def _of_message(self, state: GlobalState, event: Event) -> str:
        args = dict(event.args)
        src, msg = args["src"], args["msg"]
        assert isinstance(src, NodeId)
        assert event.node is not None
        envelope = Envelope(src, event.node, msg)
        if envelope not in state.network:
            return "no such message is under way"
        if is_notice(envelope):
            return f"{text(msg)} is a notice of the environment's, and is neither lost nor duplicated"
        link = [e for e in state.network if (e.src, e.dst) == (src, event.node)]
        if self.network == "fifo" and args.get("which") == "newest":
            return f"the newest of the link is {text(link[-1].msg)}" if len(link) > 1 else "it is the head"
        if self.network == "fifo" and link[0] != envelope:
            return f"it is not at the head of its link: {text(link[0].msg)} is"
        return f"the bound {self._bound_on_network()} cuts it" if event.kind == "duplicate" else NO_STEP


def no_step(why: str) -> bool:
    """Whether a reason says that the event would leave everything as it is."""
    return why.endswith("that is not a step")


def by_handler(why: str) -> bool:
    """Whether a reason is a handler's own, so that its source says more."""
    return why.startswith(("its guard", "its handler"))


def names_of(explainer: Explainer) -> Sequence[str]:
    """Every name that a step can have: the handlers', and the faults'."""
    handlers = [handler.name for _, handler in explainer.runner.all_handlers() if handler.mark.kind != "tick"]
    ticks = ["tick"] if any(h.mark.kind == "tick" for _, h in explainer.runner.all_handlers()) else []
    faults = [*_BUDGETS, "heal"] if explainer.nodes else []
    return list(dict.fromkeys([*handlers, *ticks, *faults]))
