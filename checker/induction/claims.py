"""A claim of induction, asked of nodes, pairs and messages, or of whole states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations

from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.inductive import Inductive
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.state import Envelope, GlobalState, NodeView
from elcheck.checker.model.under_way import UnderWay
from elcheck.checker.model.values import text
from elcheck.checker.process.watch import endable
from elcheck.checker.system.views import View, view_of

NodeState = NodeView[object]


class InductiveClaim:
    """The scopes of a claim by what they look at. Each question answers what is wrong, None if nothing is.

    Raises DefinitionError for a scope that can't be asked of states that no run comes to.
    """

    def __init__(self, claim: Inductive, *, shared: bool) -> None:
        self.name = claim.name
        self.scopes = claim.claim
        self._of: dict[str, list[Scope]] = {kind: [] for kind in ("each", "pair", "all", "shared")}
        self._messages: list[UnderWay] = []
        for scope in claim.claim:
            if isinstance(scope.check, UnderWay) and not shared:
                self._messages.append(scope.check)
            elif scope.kind in (("shared",) if shared else ("each", "pair", "all")):
                self._of[scope.kind].append(scope)
            else:
                may = "holds(...)" if shared else "each(...), pair(...), all_nodes(...) or under_way(...)"
                raise DefinitionError(
                    f"inductive({claim.name!r}, ...) looks at {scope.kind}(...), for which not every state "
                    f"can be made: use {may}"
                )

    @property
    def looks_at_all(self) -> bool:
        """Whether it looks at all nodes together."""
        return bool(self._of["all"])

    def of_node(self, node: NodeState) -> str | None:
        """What is wrong with one node."""
        return self._first((scope, (node,)) for scope in self._of["each"])

    def of_pair(self, a: NodeState, b: NodeState) -> str | None:
        """What is wrong with two nodes, in either order."""
        pairs = [(a, b), (b, a)]
        return self._first((scope, pair) for scope in self._of["pair"] for pair in pairs)

    def of_all(self, nodes: Sequence[NodeState]) -> str | None:
        """What is wrong with all nodes together."""
        for scope in self._of["all"]:
            views = tuple(view for node in nodes if (view := _view(scope, node)) is not None)
            wrong = self._asked(scope, (views,))
            if wrong is not None:
                return wrong
        return None

    def of_message(self, sent: Envelope, src: NodeState, dst: NodeState) -> str | None:
        """What is wrong with a message that is under way between two nodes."""
        for each in self._messages:
            answer = self._guarded(partial(each.of_message, sent.msg, src, dst), "under_way")
            if answer is not True:
                return (
                    answer if isinstance(answer, str) else f"{text(sent.msg)} from {sent.src} to {sent.dst}"
                )
        return None

    def of_state(self, state: GlobalState) -> str | None:
        """What is wrong with a whole state: everything once more, without any table."""
        if state.shared is not None:
            return self.of_shared(state.shared)
        nodes = {node.node: node for node in state.nodes}
        found = [self.of_node(node) for node in state.nodes]
        found += [self.of_pair(a, b) for a, b in permutations(state.nodes, 2) if a.node < b.node]
        found += [self.of_message(sent, nodes[sent.src], nodes[sent.dst]) for sent in state.network]
        found.append(self.of_all(state.nodes))
        return next((wrong for wrong in found if wrong is not None), None)

    def of_shared(self, state: object) -> str | None:
        """What is wrong with the state of a Spec."""
        for scope in self._of["shared"]:
            wrong = self._asked(scope, (state,))
            if wrong is not None:
                return wrong
        return None

    def _first(self, questions: Iterator[tuple[Scope, Sequence[NodeState]]]) -> str | None:
        for scope, nodes in questions:
            views = [_view(scope, node) for node in nodes]
            if None not in views:
                wrong = self._asked(scope, tuple(views))
                if wrong is not None:
                    return wrong
        return None

    def _asked(self, scope: Scope, seen: tuple[object, ...]) -> str | None:
        """What a check says is wrong with what it sees. Raises HandlerError."""
        answer = self._guarded(lambda: scope.ask(*seen), scope.kind)
        if answer is True:
            return None
        names = dict.fromkeys(view.node.name for view in seen if isinstance(view, NodeView))
        of = " and ".join(names) or (text(seen[0]) if not isinstance(seen[0], tuple) else "the nodes")
        return f"{of}: {answer}" if isinstance(answer, str) else f"does not hold of {of}"

    def _guarded(self, ask: Callable[[], object], kind: str) -> object:
        try:
            with endable:
                answer = ask()
        except Exception as error:
            raise HandlerError(f"a check ({kind}) of {self.name!r} raises {said(error)}") from error
        if not isinstance(answer, bool | str):
            raise HandlerError(
                f"a check ({kind}) of {self.name!r} answers {text(answer)}, not True, False or a string"
            )
        return answer


def _view(scope: Scope, node: NodeState) -> View:
    return view_of(scope, NodeView(node.node, node.up, node.state, node.paused))
