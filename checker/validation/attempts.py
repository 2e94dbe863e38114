"""Trying the calls of a reading: what the model makes of them, or what is against them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed, Disconnected, State
from elcheck.checker.model.state import Envelope, Event, envelopes
from elcheck.checker.model.step import Step
from elcheck.checker.validation.calls import Call, ObservedStep, Reading, ValueRange, WantedSend
from elcheck.checker.validation.handlers import Handlers, NoOutcome, chosen_as
from elcheck.checker.validation.mail import Sending
from elcheck.checker.validation.obstacles import Obstacle, Stage, farther, mismatch_of
from elcheck.checker.validation.world import World

NOTHING_SENT = Sending(0, 0, None, 0)


@dataclass(frozen=True)
class Option:
    """One outcome of a call: the event (None if nothing happened), the state after it, what it sends, and the
    message that it took. ``kept``: of a restart, after which step of the life before all is undone.
    """

    event: Event | None
    state: State
    sends: tuple[Envelope, ...] = ()
    used: Envelope | None = None
    kept: int | None = None


class Attempts:
    """What is possible in a world. ``may_assume``: whether a node may have sent a message of which its log
    does not tell. ``skew``: by how many seconds clocks may differ, None for any number.
    """

    def __init__(
        self, handlers: Handlers, may_assume: Callable[[NodeId, object], bool], skew: float | None = None
    ) -> None:
        self.handlers, self._may_assume, self._skew = handlers, may_assume, skew

    def way(
        self, world: World, node: NodeId, reading: Reading, step: ObservedStep
    ) -> list[tuple[list[Option], Call]] | Obstacle:
        """The outcomes of the calls of a reading, one after the other: of each call but the last the first
        outcome. An objection if one of them is not possible.
        """
        progress = world.at[node]
        state, kept = progress.state, list(progress.kept)
        found: list[tuple[list[Option], Call]] = []
        for done, call in enumerate(reading):
            options = self.options(world, node, state, call, step.time, kept)
            if isinstance(options, Obstacle):
                return replace(options, done=done)
            found.append((options, call))
            state = options[0].state
            kept.append((progress.number + done + 1, state))
        return found

    def options(
        self,
        world: World,
        node: NodeId,
        state: State,
        call: Call,
        time: float | None,
        kept: Sequence[tuple[int, State]] = (),
    ) -> list[Option] | Obstacle:
        """The different outcomes of a call in a state."""
        mismatch = mismatch_of(state, call.before)
        if mismatch is not None:
            return Obstacle("before", call, state=state, mismatch=mismatch)
        if not call.handler:
            return [Option(None, state)]
        if call.handler == "crash":
            return [Option(Event("crash", "crash", node), state)]
        if call.handler == "restart":
            return self._restart(world, node, state, call, kept)
        found: dict[tuple[State, tuple[Envelope, ...]], Option] = {}
        against: Obstacle | None = None
        for event, used in self._events(world, node, call, time):
            outcomes = self.handlers.take(event, state)
            if isinstance(outcomes, NoOutcome):
                stage: Stage = "raised" if outcomes.raised else "guard"
                against = farther(against, Obstacle(stage, call, 0, state, outcomes.why, message=used))
                continue
            for outcome in outcomes:
                sends = envelopes(node, outcome.sends)
                objection = _unfit(call, state, outcome, sends, used)
                if objection is not None:
                    against = farther(against, objection)
                elif (outcome.state, sends) not in found:
                    option = Option(event.chosen(outcome.choice), outcome.state, sends, used)
                    found[outcome.state, sends] = option
        return list(found.values()) or against or Obstacle("message", call, state=state)

    # -- events ------------------------------------------------------------------------------------------

    def _events(
        self, world: World, node: NodeId, call: Call, time: float | None
    ) -> Iterator[tuple[Event, Envelope | None]]:
        """The events that a call may be, each with the message that it takes."""
        if not call.messages:
            for event in self.handlers.events(node, call.handler, call.args):
                yield event, None
            return
        sources = self.handlers.nodes if call.src is None else (call.src,)
        for src in sources:
            for msg in self._messages(world, node, src, call, time):
                delivery = self.handlers.delivery(node, src, msg)
                if delivery is not None and delivery.name == call.handler:
                    yield delivery, Envelope(src, node, msg)

    def _messages(
        self, world: World, node: NodeId, src: NodeId, call: Call, time: float | None
    ) -> Iterator[object]:
        """The messages that a call may take from a node, the latest first."""
        yield from (msg for msg in assumed(call) if self._may_assume(src, msg))
        for notice in (Crashed, Disconnected):  # the environment may send them at any time
            if notice in call.messages and mismatch_of(notice(src), call.having) is None:
                yield notice(src)
        for cls in call.messages:
            for msg, sending in world.mail.sent(src, node, cls):
                if call.guides is not None and not call.guides(msg):
                    continue
                if mismatch_of(msg, call.having) is None and self._is_in_time(sending, time):
                    yield msg

    def _is_in_time(self, sending: Sending, time: float | None) -> bool:
        """Whether a message was sent before it is taken, by clocks that differ by no more than the skew."""
        if self._skew is None or time is None or sending.time is None:
            return True
        return sending.time <= time + self._skew

    # -- restarts ----------------------------------------------------------------------------------------

    def _restart(
        self, world: World, node: NodeId, state: State, call: Call, kept: Sequence[tuple[int, State]]
    ) -> list[Option] | Obstacle:
        """What a crash may have left, of the last step or of an earlier one: what was logged last may be
        undone, as long as nobody has got what it sent. One option for each state, the latest.
        """
        progress = world.at[node]
        found: dict[State, Option] = {}
        against: Obstacle | None = None
        seen: set[State] = set()
        for number, before in reversed(kept):
            if number < progress.floor:
                break
            if before in seen:
                continue
            seen.add(before)
            steps = self.recovered(node, before, call)
            if isinstance(steps, Obstacle):
                against = farther(against, steps)
                continue
            for step in steps:
                option = Option(None, step.state, envelopes(node, step.sends), kept=number)
                found.setdefault(step.state, option)
        return list(found.values()) or against or Obstacle("disk", call, state=state)

    def recovered(self, node: NodeId, before: State, call: Call) -> list[Step[State]] | Obstacle:
        """What a crash in a state, and the restart after it, may lead to that is as a call wants it."""
        try:
            steps = self.handlers.recoveries(node, before)
        except HandlerError as error:
            return Obstacle("raised", call, state=before, text=str(error))
        against: Obstacle | None = None
        found = []
        for step in steps:
            mismatch = mismatch_of(step.state, call.after)
            if mismatch is None:
                found.append(step)
            else:
                against = farther(against, Obstacle("disk", call, state=before, mismatch=mismatch))
        return found or against or Obstacle("disk", call, state=before)


def assumed(call: Call) -> Iterator[object]:
    """The messages that a call may take from a node without a log: those whose fields are all known."""
    for cls in call.messages:
        names = [f.name for f in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []
        if all(name in call.having for name in names):
            wanted = [call.having[name] for name in names]
            for values in product(*(w.examples() if isinstance(w, ValueRange) else [w] for w in wanted)):
                yield cls(*values)


def _unfit(
    call: Call, state: State, outcome: Step[State], sends: Sequence[Envelope], used: Envelope | None
) -> Obstacle | None:
    """What is against an outcome of a call."""
    if not chosen_as(outcome.choice, call.choice):
        return Obstacle("guard", call, state=state, text="it chooses otherwise", message=used)
    mismatch = mismatch_of(outcome.state, call.after)
    if mismatch is not None:
        return Obstacle("after", call, state=state, mismatch=mismatch, message=used)
    if call.sends is not None and not _sends_as(call.sends, sends, whole=call.sends_all):
        return Obstacle("sends", call, state=state, message=used, sent=tuple(sends))
    return None


def _sends_as(wanted: Sequence[WantedSend], sends: Sequence[Envelope], *, whole: bool) -> bool:
    """Whether a step sends what is wanted, each message once; with ``whole`` nothing else."""
    left = list(sends)
    for want in wanted:
        match = next((e for e in left if is_send(want, e)), None)
        if match is None:
            return False
        left.remove(match)
    return not (whole and left)


def is_send(want: WantedSend, envelope: Envelope) -> bool:
    """Whether a message is one that is wanted."""
    is_one = envelope.dst == want.dst and type(envelope.msg) in want.message
    return is_one and mismatch_of(envelope.msg, want.having) is None
