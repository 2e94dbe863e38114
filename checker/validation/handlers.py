"""Handlers' outcomes, remembered: a search asks the same thing often, and many searches alike things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Choice, Step
from elcheck.checker.validation.calls import Comparison, ValueRange, is_as_wanted


@dataclass(frozen=True)
class NoOutcome:
    """A handler has no outcome: the guard that says why, or what it raised."""

    why: str
    raised: bool = False


def unbounded(model: Model) -> Model:
    """A model without bounds, faults without a budget: a log knows neither."""
    environment = replace(model.environment, network="sent-set", loss=0, dup=0, timing="async")
    environment = replace(
        environment, crash="unlimited", restart="unlimited", pause=0, disk=0, partition=0, disconnect=0
    )
    return replace(model, bounds=(), environment=environment, deadlock=False)


class Handlers:
    """The handlers of a model; each is run once for each event and state. ``parameters``: what the model was
    built with. They run in its own environment; ``model`` is the one that logs are compared with.
    """

    def __init__(self, model: Model, parameters: Mapping[str, object]) -> None:
        self.model = unbounded(model)
        self.parameters = parameters
        self.runner = Runner(model)
        self._outcomes: dict[tuple[NodeId, str, object, object], tuple[Step[State], ...] | NoOutcome] = {}
        self._recoveries: dict[tuple[NodeId, object], tuple[Step[State], ...]] = {}
        self._events: dict[tuple[NodeId, str], dict[tuple[object, ...], Event]] = {}

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        """The model's nodes."""
        return self.runner.nodes

    def take(self, event: Event, state: object) -> tuple[Step[State], ...] | NoOutcome:
        """What a handler makes of an event."""
        assert event.node is not None
        key = (event.node, event.name, event.args, state)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._taken(event, state)
        return found

    def _taken(self, event: Event, state: object) -> tuple[Step[State], ...] | NoOutcome:
        try:
            outcomes = self.runner.take(event, state)
        except HandlerError as error:
            return NoOutcome(str(error), raised=True)
        return outcomes.steps or NoOutcome(outcomes.blocked or "its handler has no outcome in this state")

    def recoveries(self, node: NodeId, before: object) -> tuple[Step[State], ...]:
        """What a crash and the restart after it may lead to. Raises HandlerError when a handler does."""
        key = (node, before)
        found = self._recoveries.get(key)
        if found is None:
            remains = self.runner.remains(node, before)
            steps = (step for left in remains for step in self.runner.recoveries(node, left))
            found = self._recoveries[key] = tuple(dict.fromkeys(steps))
        return found

    def delivery(self, node: NodeId, src: NodeId, msg: object) -> Event | None:
        """The delivery of a message."""
        return self.runner.delivery(node, src, msg)

    def events(self, node: NodeId, name: str, args: Comparison) -> Iterator[Event]:
        """The actions or timeouts of a name with such arguments."""
        known = self._events.get((node, name))
        if known is None:
            kinds = (event for kind in ("action", "timeout") for _, event in self.runner.events(node, kind))
            known = {tuple(v for _, v in e.args): e for e in kinds if e.name == name}
            self._events[node, name] = known
        exact = None if _vague(args) else known.get(tuple(args.values()))
        if exact is not None and dict(exact.args).keys() == args.keys():
            yield exact
            return
        yield from (event for event in known.values() if chosen_as(event.args, args))

    def has(self, node: NodeId, name: str) -> bool:
        """True if a node's program has a handler of this name."""
        return any(self.events(node, name, {})) or self.receives(node, name)

    def receives(self, node: NodeId, name: str) -> bool:
        """True if it is one that receives."""
        program = type(self.runner.programs[node]).__name__
        return any(
            owner == program and handler.name == name and handler.mark.kind == "receive"
            for owner, handler in self.runner.all_handlers()
        )


def _vague(args: Comparison) -> bool:
    return any(isinstance(want, ValueRange) for want in args.values())


def chosen_as(choice: Choice, wanted: Comparison) -> bool:
    """True if names have the values that are wanted."""
    values = dict(choice)
    return all(name in values and is_as_wanted(want, values[name]) for name, want in wanted.items())
