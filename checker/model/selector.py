"""What the steps of a model are called. A name in ``taken(...)``, in fairness or in a trace is accepted here
and matched here, so that none is accepted that matches nothing.

A step has the name of its handler and that of its kind (``action``, ``timeout``, ``receive``, ``tick``,
``fault``); a fault of the world has its own (``crash``, ``lose``, ...). The joint step in which time passes
has the names of all tick handlers. ``*`` is what handlers do that are no faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import get_args

from elcheck.checker.model.errors import DefinitionError, instead
from elcheck.checker.model.fairness import ALL
from elcheck.checker.model.handlers import handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import Event, EventKind
from elcheck.checker.model.values import called

KINDS: tuple[EventKind, ...] = get_args(EventKind)
_ANY_FAULT = Event("fault", "fault")
"""What ``fault`` names in a model that has no faults of its own: so that claims of any model may speak of
these.
"""


@dataclass(frozen=True)
class Selector:
    """The steps of a name, of one node if it is given. ``event in selector`` tells whether it is of them."""

    name: str
    node: NodeId | None
    names: StepNames = field(repr=False, compare=False)

    def __contains__(self, event: object) -> bool:
        if not isinstance(event, Event) or self.name not in self.names.of(event):
            return False
        return self.node is None or self.node in self.names.takers(event)


class StepNames:
    """The names that the steps of a model have.

    ``events`` are the steps that there may be, in some environment: one for each handler at each node, and
    for each fault, without arguments; of the tick handlers together one.
    """

    def __init__(self, model: Model) -> None:
        self._nodes = tuple(model.programs)
        self._ticks: dict[NodeId, str] = {}
        self.events: tuple[Event, ...] = tuple(self._possible(model))

    def _possible(self, model: Model) -> Iterator[Event]:
        if isinstance(model.program, SharedProgram):
            yield from (Event("action", h.name) for h in handlers_of(type(model.program), "spec"))
            return
        for node, program in model.programs.items():
            for handler in handlers_of(type(program), "node"):
                if handler.mark.kind == "tick":
                    self._ticks[node] = handler.name
                else:
                    yield Event(handler.mark.kind, handler.name, node)
            if model.environment.delay is not None:
                self._ticks.setdefault(node, "tick")
        if self._ticks:
            yield Event("tick", "tick")
        for node in self._nodes:
            for kind in ("crash", "restart", "pause", "resume", "damage", "lose", "duplicate"):
                yield Event(kind, kind, node)
        for a, b in combinations(self._nodes, 2):
            yield Event("disconnect", "disconnect", None, (("a", a), ("b", b)))
        yield from (Event("partition", "partition"), Event("heal", "heal"), _ANY_FAULT)

    def of(self, event: Event) -> frozenset[str]:
        """Every name that a step has."""
        if event.worldly:
            return frozenset((event.kind,))
        if event.fault:
            return frozenset((event.name, event.kind))
        own = self.written(event)
        return frozenset((*own, event.kind, ALL))

    def written(self, event: Event) -> tuple[str, ...]:
        """The names under which a step may stand in a trace, first the one by which it is printed."""
        if event.kind != "tick":
            return (event.name,)
        return tuple(dict.fromkeys((event.name, *self._ticks.values())))

    def spellings(self, event: Event) -> Iterator[Event]:
        """A step as it may stand in a trace: the joint tick by the name of each tick handler, with a node
        that has one or without.
        """
        yield event
        if event.kind == "tick":
            for name in self.written(event):
                yield replace(event, name=name)
                yield from (replace(event, name=name, node=node) for node in self._ticks)

    def takers(self, event: Event) -> frozenset[NodeId]:
        """The nodes whose step it is: of the joint tick all that have a tick handler, of a broken link its
        two ends, of a message that is lost or duplicated the one that it is sent to; of a partition none.
        """
        if event.kind == "tick":
            return frozenset(self._ticks)
        if event.kind == "disconnect":
            return frozenset(node for _, node in event.args if isinstance(node, NodeId))
        return frozenset(() if event.node is None else (event.node,))

    @property
    def all_written(self) -> tuple[str, ...]:
        """Every name that a step may have in a trace."""
        events = (event for event in self.events if event != _ANY_FAULT)
        return tuple(dict.fromkeys(name for event in events for name in self.written(event)))

    def select(self, name: str, node: NodeId | None = None, *, who: str) -> Selector:
        """The steps of a name, perhaps of one node. Raises DefinitionError, on what ``who`` says, if there
        can be none.
        """
        given: object = name
        if not isinstance(given, str):
            raise DefinitionError(f"{who} speaks of steps {called(given)}: a name of steps is a string")
        found = Selector(name, node, self)
        if not any(event in found for event in self.events):
            raise DefinitionError(f"{who} speaks of steps {name!r}{self._why_none(name, node)}")
        return found

    def _why_none(self, name: str, node: NodeId | None) -> str:
        named = [event for event in self.events if name in self.of(event)]
        if not named:
            own = dict.fromkeys(n for e in self.events if not e.fault for n in self.written(e))
            said = f"; the handlers are {', '.join(own)}, the kinds of steps "
            said += ", ".join(dict.fromkeys(e.kind for e in self.events if not e.fault))
            faults = dict.fromkeys(e.name for e in self.events if e.fault)
            return said + (f", and the faults {', '.join(sorted(faults))}" if self._nodes else "")
        if node not in self._nodes:
            known = instead(str(node), map(str, self._nodes), "the nodes are")
            return f" of {node}; {known if self._nodes else 'a Spec has no nodes'}"
        takers = sorted(set().union(*map(self.takers, named)))
        if not takers:
            return f" of {node}; they are of no node: leave it out"
        return f" of {node}; they are only of {', '.join(map(str, takers))}"
