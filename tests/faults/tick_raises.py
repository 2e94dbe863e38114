"""One node's tick is guarded, the other's raises: the joint step asks both."""

from elcheck import Model, Node, State, action, always, each, guard, node_ids, tick


class Clock(State):
    n: int = 0


class Ticking(Node[Clock]):
    guarded: int = 0

    @action
    def go(self, s: Clock) -> Clock:
        guard(s.n < 1, "done")
        return Clock(s.n + 1)

    @tick
    def time(self, s: Clock) -> Clock:
        guard(self.me.index != self.guarded, "this clock stands")
        return Clock(1 // 0)


def model(guarded: int = 0) -> Model:
    """Two clocks, one of which stands."""
    return Model(
        Ticking(guarded), nodes=node_ids(2), properties=[always("small", each(Clock, lambda s: s.n < 2))]
    )
