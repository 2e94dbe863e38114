"""What the properties see of a node, as a small integer.

Each property sees a *view* of a node. The views of all properties together are the *observation* of a local
state. No property of nodes tells two states apart whose nodes have equal observations. So a property is
evaluated once per distinct tuple of observations, and a step that changes no observation needs no evaluation.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias

from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.handlers import place_if_known
from elcheck.checker.model.likeness import require_same
from elcheck.checker.model.property import Property
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.state import NodeView
from elcheck.checker.model.twice import answer_of
from elcheck.checker.model.values import flaw, text
from elcheck.checker.system.interning import Interner

NODE_SCOPES = frozenset(("each", "pair", "all", "change", "changes"))
View: TypeAlias = "NodeView[object] | None"
"""What a property sees of a node; None if it does not look at nodes, or not at this one."""


class Observations:
    """The observations of all nodes' local states, under a model's properties.

    ``views[n]`` are the views of observation n, one for each property. ``keys[n]`` has the same as numbers,
    each property's own.
    """

    def __init__(self, properties: Sequence[Property]) -> None:
        self._scopes = [p.scope for p in properties]
        self._known: Interner[tuple[Hashable, ...]] = Interner()
        self._views: list[Interner[View]] = [Interner() for _ in properties]
        self.keys: list[tuple[int, ...]] = []

    @property
    def views(self) -> Sequence[tuple[Hashable, ...]]:
        """The views of all properties, by observation."""
        return self._known.values

    def of(self, node: NodeView[object]) -> int:
        """The observation of a node in a local state. Raises HandlerError when a view raises, or sees of this
        state what equals what it sees of another, and is not the same.
        """
        views = tuple(view_of(scope, node) for scope in self._scopes)
        for scope, interner, view in zip(self._scopes, self._views, views, strict=True):
            if view is not None and scope.look.view is not None:
                known = interner.values[interner.number(view)]
                assert known is not None
                require_same(known.state, view.state)
        number = self._known.number(views)
        if number == len(self.keys):
            numbered = zip(self._views, views, strict=True)
            self.keys.append(tuple(interner.number(view) for interner, view in numbered))
        return number


def view_of(scope: Scope, node: NodeView[object]) -> View:
    """What a property of this scope sees of a node. Raises HandlerError when its view raises."""
    local = node.state
    if scope.monitor is not None or scope.kind not in NODE_SCOPES or not isinstance(local, scope.of):
        return None
    view = scope.look.view
    if view is None:
        return node
    name = getattr(view, "__name__", "view")
    try:
        value, unlike = answer_of(view, [local], twice=True)
    except Exception as error:
        raise HandlerError(f"the view {name} raises {said(error)}, on {text(local)}") from error
    why = flaw(value, f"what the view {name} returns")
    if why is None and unlike is not None:
        why = f"the view {name}{place_if_known(view)} {unlike}, on {text(local)}"
    if why is not None:
        raise HandlerError(why)
    return replace(node, state=value)
