"""The model's side of a step: each outcome that an event may have, with what its nodes send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from elcheck.checker.driving.subject import Undrivable
from elcheck.checker.interpreter.next_state import NextState
from elcheck.checker.interpreter.steps import Interpreter
from elcheck.checker.model.environment import EnvironmentState
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.state import Envelope, Event, GlobalState, envelope_of
from elcheck.checker.model.step import Send, Sends


@dataclass(frozen=True)
class Expected:
    """One outcome of an event: the event with what was chosen in it, the state after it, what each node
    sends, and the bounds that it crosses.

    The state may be the one before: a message that is ignored is taken all the same.
    """

    event: Event
    after: GlobalState
    sends: Mapping[NodeId, Sends]
    crosses: tuple[str, ...] = ()


def named(event: Event) -> Envelope:
    """The message of an event that is about one."""
    found = envelope_of(event)
    assert found is not None
    return found


def _messages(sends: Sends) -> set[tuple[NodeId, object]]:
    return {(effect.dst, effect.msg) for effect in sends if isinstance(effect, Send)}


class Stepper(Interpreter):
    """Carries one event out, where an interpreter lists them all. That the event is enabled is not asked."""

    def expected(self, state: GlobalState, event: Event) -> list[Expected]:
        """The outcomes of an event that is enabled in a state; the bounds that one crosses are noted. Of a
        delivery they have every choice, since the one who receives makes it.

        Raises HandlerError when a handler does, and Undrivable for a crash in the middle of a step.
        """
        return list(self._expected(state, event))

    def is_possible(self, state: GlobalState, event: Event) -> bool:
        """Whether an event may happen in a state, within the bounds; a delivery that is ignored may."""
        return any(enabled == event for enabled, _ in self.steps(state)) or event in self.ignored(state)

    def ignored(self, state: GlobalState) -> list[Event]:
        """The deliveries that change nothing, which are no steps: whoever receives the message ignores it."""
        steps = {(event.node, event.args) for event, _ in self.steps(state) if event.kind == "receive"}
        offers = (self.runner.delivery(e.dst, e.src, e.msg) for e in self._deliverable(state))
        events = [event for event in offers if event is not None and (event.node, event.args) not in steps]
        return [event for event in events if any(not o.crosses for o in self.expected(state, event))]

    def starts_like(self, initial: GlobalState) -> list[tuple[GlobalState, Mapping[NodeId, Sends]]]:
        """The initial states in which every node is as in this one, which is the first, each with what the
        nodes send in it. Of a prepared one: nothing, its messages are there.
        """
        if self.model.initial:
            return [(initial, {})]
        alike = [start for start in self.initial() if start.nodes == initial.nodes and start != initial]
        return [(start, self._sent_at_start(start)) for start in (initial, *alike)]

    def _sent_at_start(self, initial: GlobalState) -> Mapping[NodeId, Sends]:
        found: dict[NodeId, Sends] = {}
        for view in initial.nodes:
            under_way = {(e.dst, e.msg) for e in initial.network if e.src == view.node}
            steps = [step for step in self.runner.starts(view.node) if step.state == view.state]
            of_here = [step.sends for step in steps if _messages(step.sends) <= under_way]
            sent = of_here or [step.sends for step in steps]  # of which a closed link has lost some
            found[view.node] = max(sent, key=len)
        return found

    def _expected(self, state: GlobalState, event: Event) -> Iterator[Expected]:
        match event.kind:
            case "action" | "timeout" | "receive" | "fault":
                yield from self._of_handler(state, event)
            case "tick":
                self._check_pauses(state, event)
                yield from self._of_tick(state, event)
            case "crash" if event.args:
                raise Undrivable(f"{event}: a step of real code can't be cut in two from outside")
            case "crash":
                yield from self._of_crash(state, event)
            case "restart":
                yield from self._of_restart(state, event)
            case _:
                yield from (
                    Expected(event, after, {}) for fault, after in self.steps(state) if fault == event
                )

    def _done_so(
        self, state: GlobalState, event: Event, after: NextState, sends: Mapping[NodeId, Sends]
    ) -> Expected:
        """A step that is done, with its monitors and the bounds that it crosses."""
        made = after.state()
        crossed = [name for node in self._stepped(event) for name in self._crossed(made, node)]
        on_network = [bound.name for bound in self.model.bounds if bound.name in ("copies", "link")]
        crossed += on_network if after.cut else []
        crossed += ["spread"] if not crossed and self.is_too_far_apart(made) else []
        if made != state:
            made = self.monitored(event, state, made)
        return Expected(event, made, sends, tuple(crossed))

    def _stepped(self, event: Event) -> list[NodeId]:
        return self._tickers() if event.node is None else [event.node]

    def _crossed(self, made: GlobalState, node: NodeId) -> tuple[str, ...]:
        return self.runner.crossed(made.nodes[node.index].state)

    def _of_handler(self, state: GlobalState, event: Event) -> Iterator[Expected]:
        node = event.node
        assert node is not None
        for found in self._found(state, event):
            for step in self.runner.take(event, found.nodes[node.index].state).steps:
                if event.kind == "receive" or step.choice == event.choice:
                    after = self._from(found).stepped(node, step.state)
                    after.environment = self._paid(after.environment, event)
                    chosen = replace(event, choice=step.choice)
                    yield self._done_so(state, chosen, after.sent(node, step.sends), {node: step.sends})

    def _found(self, state: GlobalState, event: Event) -> list[GlobalState]:
        """The states in which a step of a handler may begin: of a delivery without the message, of which
        there may be several that are not as old.
        """
        if event.kind != "receive":
            return [state]
        copies = [envelope for envelope in self._deliverable(state) if envelope.new == named(event)]
        return [self._taken(state, envelope) for envelope in copies]

    def _paid(self, before: EnvironmentState, event: Event) -> EnvironmentState:
        """The environment after a step of a handler."""
        if event.kind == "fault" and event.node is not None:
            handler = self.runner.handler(event)
            spent = None if handler is None else before.spend(handler.budget, event.node)
            assert spent is not None
            return spent
        return before.after_timeout() if event.kind == "timeout" else before

    def _check_pauses(self, state: GlobalState, event: Event) -> None:
        """Raise Undrivable for a tick in which a paused node would send: in the model that is lost."""
        for view in state.nodes:
            ticks = [tick for _, tick in self.runner.events(view.node, "tick")] if view.paused else []
            if any(step.sends for tick in ticks for step in self.runner.take(tick, view.state).steps):
                raise Undrivable(
                    f"{event} while {view.node} is paused: real code sends what it sends in a tick"
                )

    def _of_tick(self, state: GlobalState, event: Event) -> Iterator[Expected]:
        tickers = self._tickers()
        for combination in product(*(self._tick_outcomes(state, node) for node in tickers)):
            after = self._from(state).later()
            for node, (local, _) in zip(tickers, combination, strict=True):
                after.stepped(node, local)
            for node, (_, sends) in zip(tickers, combination, strict=True):
                after.sent(node, sends)
            by_node = {node: sent for node, (_, sent) in zip(tickers, combination, strict=True)}
            yield self._done_so(state, event, after, by_node)

    def _of_crash(self, state: GlobalState, event: Event) -> Iterator[Expected]:
        node = event.node
        assert node is not None
        for remains in self.runner.remains(node, state.nodes[node.index].state):
            after = self._spent(state, "crash", node)
            assert after is not None
            made = after.crashed(node, remains).state()
            yield Expected(event, self.monitored(event, state, made), {})

    def _of_restart(self, state: GlobalState, event: Event) -> Iterator[Expected]:
        node = event.node
        assert node is not None
        for step in self.runner.recoveries(node, state.nodes[node.index].state):
            after = self._spent(state, "restart", node)
            assert after is not None
            after.restarted(node, step.state, step.sends)
            yield self._done_so(state, event, after, {node: step.sends})
