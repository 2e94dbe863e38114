"""A monitor of one of two classes of states is shown the steps before and after which the state is one."""

from elcheck import (
    Event,
    Model,
    Monitor,
    Node,
    NodeView,
    State,
    action,
    always,
    guard,
    history,
    node_ids,
    replace,
)


class Follower(State):
    x: int = 0


class Leader(State):
    term: int = 0


class Electing(Node[Follower | Leader]):
    def start(self) -> Follower:
        return Follower()

    @action
    def lead(self, s: Follower | Leader) -> Leader:
        guard(isinstance(s, Follower), "it leads")
        return Leader(1)

    @action
    def next_term(self, s: Follower | Leader) -> Leader:
        guard(isinstance(s, Leader) and s.term < 3, "it does not lead, or long enough")
        assert isinstance(s, Leader)
        return replace(s, term=s.term + 1)

    @action
    def yield_(self, s: Follower | Leader) -> Follower:
        guard(isinstance(s, Leader) and s.term == 3, "it does not lead, or not long enough")
        return Follower(1)


def after(m: int, event: Event, before: NodeView[Leader], now: NodeView[Leader]) -> int:
    return m + (now.state.term - before.state.term)


GROWTH = Monitor("growth", Leader, start=lambda leaders: len(leaders), after=after)


def model() -> Model:
    """Terms grow twice by one, from when a node leads."""
    return Model(
        Electing(),
        nodes=node_ids(1),
        properties=[
            always("at most two", history(GROWTH, lambda m: m <= 4)),
            always("less than two", history(GROWTH, lambda m: m < 2)),
        ],
    )
