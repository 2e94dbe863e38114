"""Claims about messages that are under way, each with its sender and its receiver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from elcheck.checker.model.scope import Answer, Look, Looks, Scope, look_of, whole
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.model.values import text

V = TypeVar("V")
W = TypeVar("W")
M = TypeVar("M")

Claimed = Literal["every", "none", "some", "end"]


@dataclass(frozen=True)
class UnderWay:
    """The check of every message of a class that is under way, with what its sender and its receiver are.

    ``claimed`` is of how many of them its answer for a state is that the check holds: of every one, of none,
    of some, or (of a proper end) of every one where there are any.
    """

    message: type
    sender: Look[object]
    receiver: Look[object]
    check: Callable[..., Answer]
    claimed: Claimed = "every"

    def __call__(self, state: GlobalState) -> Answer:
        """The answer for a state, by the first message in order that decides it."""
        nodes = {view.node: view for view in state.nodes}
        seen = 0
        for src, dst, msg in ((nodes[sent.src], nodes[sent.dst], sent.msg) for sent in state.network):
            if self._looks_at(msg, src, dst):
                seen += 1
                answer = self._ask(msg, src, dst)
                if self.claimed == "some":
                    if answer is not False and not isinstance(answer, str):  # it holds, or is no answer
                        return answer
                elif answer is not (self.claimed != "none"):
                    return _said_of(msg, src, dst, answer)
        return {"every": True, "none": False, "some": False, "end": seen > 0}[self.claimed]

    def of_message(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> Answer:
        """What is wrong with one message; True if nothing is, or the check does not look at it."""
        answer = self._ask(msg, sender, receiver) if self._looks_at(msg, sender, receiver) else True
        return answer if answer is True else _said_of(msg, sender, receiver, answer)

    def _looks_at(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> bool:
        ends = [(self.sender, sender), (self.receiver, receiver)]
        return isinstance(msg, self.message) and all(isinstance(view.state, look.of) for look, view in ends)

    def _ask(self, msg: object, sender: NodeView[object], receiver: NodeView[object]) -> Answer:
        """What the check answers of a message that it looks at."""
        seen = []
        for look, view in [(self.sender, sender), (self.receiver, receiver)]:
            shown = view if look.view is None else replace(view, state=look.view(view.state))
            seen.append(shown if look.named else shown.state)
        return self.check(seen[0], msg, seen[1])


def _said_of(msg: object, sender: NodeView[object], receiver: NodeView[object], answer: Answer) -> Answer:
    """What a check says of a message, with its ends in front; as it is if that is no answer."""
    ends = f"{sender.node} to {receiver.node}"
    if isinstance(answer, bool):
        return f"{ends}: {text(msg)}"
    return f"{ends}: {answer}" if isinstance(answer, str) else answer


def claimed_of(scope: Scope, claimed: Claimed) -> Scope:
    """A scope whose check, where one call of it is about many messages, answers of how many it holds."""
    if not isinstance(scope, Scope) or not isinstance(scope.check, UnderWay):
        return scope
    return replace(scope, check=replace(scope.check, claimed=claimed))


def under_way(
    message: type[M], sender: Looks[V], receiver: Looks[W], check: Callable[[V, M, W], Answer]
) -> Scope:
    """Every message of a class that is under way: its sender as it is now, the message, its receiver. Slow in
    a search, as :func:`whole` is; :func:`inductive` asks it of one message at a time.
    """
    return whole(UnderWay(message, look_of(sender), look_of(receiver), check))
