"""A tick handler that is not called tick is meant by its name, by the kind and in fairness alike."""

from elcheck import Model, Node, State, always, each, eventually, ltl, node_ids, replace, taken, tick, weak


class Clock(State):
    t: int = 0


class Ticking(Node[Clock]):
    @tick
    def pass_time(self, s: Clock) -> Clock:
        return replace(s, t=min(2, s.t + 1))


def model(by: str = "pass_time") -> Model:
    """Two clocks that go together."""
    nodes = n1, _ = node_ids(2)
    two = each(Clock, lambda s: s.t == 2)
    return Model(
        Ticking(),
        nodes=nodes,
        properties=[
            ltl("it never ticks", always(~taken(by))),
            eventually("two", two),
            ltl("two, if it ticks", eventually(taken(by)) >> eventually(two)),
            ltl("no tick from n1", always(~taken(by, n1))),
        ],
        fairness=[weak(by)],
    )
