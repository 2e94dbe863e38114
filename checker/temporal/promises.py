"""What is assumed of a step, read off docs/semantics.md a second time, one event at a time.

checker/temporal/assumptions.py and checker/model/selector.py say the same for a whole graph. The certificate
of a lasso takes nothing from them, so that it notices where they are wrong.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from elcheck.checker.model.fairness import Fairness, Per
from elcheck.checker.model.handlers import Handler, handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event


@dataclass(frozen=True)
class Promise:
    """That a step which stays enabled is taken: which others share it, and what it is of in words."""

    strong: bool
    shared: Hashable
    words: str

    def __str__(self) -> str:
        return f"{'strong' if self.strong else 'weak'} fairness of {self.words}"


class Promises:
    """The promises of a model."""

    def __init__(self, model: Model) -> None:
        self._rules = (*model.environment.fairness, *model.fairness)
        self._timely = model.environment.timing != "async"
        self._timed = model.environment.delay is not None
        self._nodes = tuple(model.programs)
        self._handlers: list[tuple[NodeId | None, Handler]] = [
            (node, handler)
            for node, program in model.programs.items()
            for handler in handlers_of(type(program), "node")
        ]
        if not model.programs:
            self._handlers = [(None, handler) for handler in handlers_of(type(model.program), "spec")]

    def is_called(self, event: Event, name: str, node: NodeId | None = None) -> bool:
        """Whether an event is one of a name, and of a node (None: of any)."""
        if event.kind == "tick":
            clocks: dict[NodeId | None, str] = dict.fromkeys(self._nodes if self._timed else (), "tick")
            clocks.update({n: handler.name for n, handler in self._handlers if handler.mark.kind == "tick"})
            return name in ("*", "tick", *clocks.values()) and (node is None or node in clocks)
        if name not in (event.kind, event.name) and (name != "*" or event.fault):
            return False
        whose = [value for _, value in event.args] if event.kind == "disconnect" else [event.node]
        return node is None or node in whose

    def of(self, event: Event) -> Promise | None:
        """What is assumed of an event, None if nothing is."""
        rule = None
        for later in self._rules:  # the last one that names it decides
            if any(self.is_called(event, name) for name in later.names):
                rule = later
        strength = self._unsaid(event) if rule is None else rule.strength
        if strength is Fairness.NONE:
            return None
        strong = strength is Fairness.STRONG
        if rule is not None and rule.per == "group":
            return Promise(strong, rule, " or ".join(rule.names))
        return Promise(strong, *_shared(event, "instance" if rule is None else rule.per))

    def _unsaid(self, event: Event) -> Fairness:
        """How fair a step is of which no list says anything."""
        said = {
            handler.mark.fair
            for node, handler in self._handlers
            if handler.mark.kind == event.kind and handler.mark.fair is not None
            if event.kind == "tick" or (node, handler.name) == (event.node, event.name)
        }
        if said:
            return next(fair for fair in (Fairness.STRONG, Fairness.WEAK, Fairness.NONE) if fair in said)
        if self._timed and event.kind in ("tick", "timeout", "receive"):
            return Fairness.STRONG if event.kind == "tick" else Fairness.WEAK
        return Fairness.STRONG if event.kind == "timeout" and self._timely else Fairness.NONE


def _shared(event: Event, per: Per) -> tuple[Hashable, str]:
    """What events have in common that share a promise, and how that is called."""
    at = "" if event.node is None else f" at {event.node}"
    if per == "action":
        return ("action", event.name), event.name
    if per == "link" and event.kind == "receive":
        src = dict(event.args)["src"]
        return ("link", event.name, event.node, src), f"{event.name} from {src}{at}"
    if per == "instance":
        return event, f"{event}{at}"
    return ("node", event.name, event.node), f"{event.name}{at}"
