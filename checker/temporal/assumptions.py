"""What is assumed of a model's steps: which conditions of fairness each event belongs to."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache

from elcheck.checker.model.fairness import STRONG, WEAK, Fair, Fairness, Per
from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.selector import Selector, StepNames
from elcheck.checker.model.state import Event


@dataclass(frozen=True)
class Assumption:
    """A condition of fairness: the steps that it is about, by a key that their events share, in words too."""

    strong: bool
    key: Hashable
    words: str

    def __str__(self) -> str:
        return f"{'strong' if self.strong else 'weak'} fairness of {self.words}"


class Assumptions:
    """The conditions of a model: of its handlers' decorators, its environment, and its own list.

    A timeout of which nothing is said is strongly fair where the timing is synchronous in the end (there it
    is only ever enabled for a moment). Where clocks run, time is strongly fair, and what it waits for weakly.
    Anything else of which nothing is said is not fair.
    """

    def __init__(self, model: Model) -> None:
        self._runner = Runner(model)
        self._names = StepNames(model)
        rules = [*model.environment.fairness, *model.fairness]
        self._rules = [(rule, [Selector(name, None, self._names) for name in rule.names]) for rule in rules]
        self._timely = model.environment.timing != "async"
        self._timed = model.environment.delay is not None
        self.of = cache(self._of)

    def _of(self, event: Event) -> Assumption | None:
        """The condition that an event's steps belong to, None if nothing is assumed of them."""
        strength, rule = self._strength(event, self._runner.handler(event))
        if strength is Fairness.NONE:
            return None
        per = "instance" if rule is None else rule.per
        if rule is not None and per == "group":
            return Assumption(strength is STRONG, rule, " or ".join(rule.names))
        key, words = _instance(event, per)
        return Assumption(strength is STRONG, key, words)

    def _strength(self, event: Event, handler: Handler | None) -> tuple[Fairness, Fair | None]:
        """What is assumed of an event, and the rule that says so if it is not its handler's own."""
        rule = next((r for r, steps in reversed(self._rules) if any(event in some for some in steps)), None)
        if rule is not None:
            return rule.strength, rule
        if event.kind == "tick":  # a joint step, which is as fair as any of its handlers
            said = [h.mark.fair for _, h in self._runner.all_handlers() if h.mark.kind == "tick"]
            if any(fair is not None for fair in said) or not self._timed:
                return next((fair for fair in (STRONG, WEAK) if fair in said), Fairness.NONE), None
            return STRONG, None
        if handler is not None and handler.mark.fair is not None:
            return handler.mark.fair, None
        if self._timed and event.kind in ("timeout", "receive"):
            return WEAK, None
        return (STRONG if event.kind == "timeout" and self._timely else Fairness.NONE), None

    def __str__(self) -> str:
        """What is assumed, in one line."""
        names: dict[Fairness, dict[str, None]] = {fairness: {} for fairness in Fairness}
        for event in self._names.events:
            strength, _ = self._strength(event, self._runner.handler(event))
            own = [name for name in self._names.written(event) if event.kind != "tick" or name != event.name]
            names[strength].update(dict.fromkeys(own or [event.name]))
        said = [f"{s.value} fairness of {', '.join(names[s])}" for s in (WEAK, STRONG) if names[s]]
        return " and ".join(said) if said else "no fairness of anything"


def _instance(event: Event, per: Per) -> tuple[Hashable, str]:
    """What tells the steps that are fair together from others, and how to call them."""
    at = f" at {event.node}" if event.node is not None else ""
    if per == "link" and event.kind == "receive":
        src = dict(event.args)["src"]
        return (event.name, event.node, src), f"{event.name} from {src}{at}"
    if per in ("node", "link"):
        return (event.name, event.node), event.name + at
    if per == "action":
        return event.name, event.name
    return (event.name, event.node, event.args, event.choice), f"{event}{at}"
