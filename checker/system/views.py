"""What the properties see of a node, as a small integer.

The *profile* of a local state is the tuple of what each node property sees of it. Two states whose nodes
have equal profiles are told apart by no such property, so a property is evaluated once per distinct
tuple of profiles, and a step that changes no profile needs no evaluation at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

from elcheck.checker.model.call import RAISED, HandlerError, said
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.property import Property, Scope
from elcheck.checker.model.state import NodeView
from elcheck.checker.model.values import flaw
from elcheck.checker.system.interning import Interner

NODE_SCOPES = frozenset(("each", "pair", "all", "change", "changes"))
Seen: TypeAlias = "NodeView[object] | None"


class Profiles:
    """The profiles of all nodes' local states under a model's properties.

    ``seen[p]`` is a tuple with one entry for each property: the node's view, or None where the property
    does not look at nodes or not at this one. ``sights[p]`` has the same as numbers, each
    property's own.
    """

    def __init__(self, properties: Sequence[Property]) -> None:
        self._scopes = [p.scope for p in properties]
        self._known: Interner[tuple[Hashable, ...]] = Interner()
        self._sights: list[Interner[Seen]] = [Interner() for _ in properties]
        self.sights: list[tuple[int, ...]] = []

    @property
    def seen(self) -> Sequence[tuple[Hashable, ...]]:
        """What the properties see, by profile."""
        return self._known.values

    def of(self, node: NodeId, local: object, *, up: bool) -> int:
        """The profile of a node in a local state. Raises HandlerError when a view raises."""
        seen = tuple(see(scope, node, local, up=up) for scope in self._scopes)
        number = self._known.number(seen)
        if number == len(self.sights):
            self.sights.append(tuple(s.number(v) for s, v in zip(self._sights, seen, strict=True)))
        return number


def see(scope: Scope, node: NodeId, local: object, *, up: bool) -> Seen:
    """What a property of this scope sees of a node, None for nothing."""
    if scope.kind not in NODE_SCOPES or not isinstance(local, scope.of):
        return None
    view = scope.look.view
    if view is None:
        return NodeView(node, up, local)
    name = getattr(view, "__name__", "view")
    try:
        value = view(local)
    except RAISED as error:
        raise HandlerError(f"the view {name} raises {said(error)}, on {local!r}") from error
    why = flaw(value, f"what the view {name} returns")
    if why is not None:
        raise HandlerError(why)
    return NodeView(node, up, value)
