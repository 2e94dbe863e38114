"""Nodes that ask each other, count the time, and may be paused."""

from __future__ import annotations

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Property,
    State,
    Step,
    always,
    each,
    eventually,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    tick,
    timeout,
)


class Question(Message):
    """One that is answered by itself."""


class Sleeper(State):
    asked: bool = False
    heard: int = 0
    age: int = 0


class Sleeping(Node[Sleeper]):
    @timeout
    def ask(self, s: Sleeper) -> Step[Sleeper]:
        guard(not s.asked, "it has asked")
        return Step(replace(s, asked=True), self.broadcast(Question()))

    @receive
    def question(self, s: Sleeper, src: NodeId, msg: Question) -> Sleeper:
        return replace(s, heard=s.heard + 1)


class Aging(Sleeping):
    @tick
    def age(self, s: Sleeper) -> Step[Sleeper]:
        """Time passes, up to 2; who gets there says so."""
        says = s.age == 1
        return Step(replace(s, age=min(s.age + 1, 2)), self.broadcast(Question()) if says else ())


def hears_little(view: NodeView[Sleeper]) -> bool:
    return view.state.heard < 3


def awake(view: NodeView[Sleeper]) -> bool:
    return not view.paused


def heard() -> Property:
    """Liveness: everybody hears something."""
    return eventually("all hear", each(Sleeper, lambda s: s.heard > 0))


def model(nodes: int = 2, ages: bool = False) -> Model:
    """Some nodes that ask.

    Args:
        nodes: how many.
        ages: whether time passes, too.
    """
    return Model(
        Aging() if ages else Sleeping(),
        [
            always("few hear", each(node_views(Sleeper), hears_little)),
            always("nobody sleeps", each(node_views(Sleeper), awake)),
        ],
        nodes=node_ids(nodes),
        environment=Environment(network="set"),
    )
