"""Nodes that start in one of two ways each, so that there are 2^n initial states."""

from __future__ import annotations

from elcheck import Model, Node, State, Step, Steps, action, always, each, guard, node_ids, pair, replace


class Side(State):
    b: int = 0
    done: bool = False


class Choosing(Node[Side]):
    def start(self) -> Steps[Side]:
        yield Step(Side(0))
        yield Step(Side(1))

    @action
    def go(self, s: Side) -> Side:
        guard(self.me.index == 0 and not s.done, "done")
        return replace(s, done=True)


def model(nodes: int) -> Model:
    """Each node is on one of two sides."""
    claims = [
        always("a side", each(Side, lambda s: s.b < 2)),
        always("two of them", pair(Side, lambda s, t: s.b + t.b < 3)),
    ]
    return Model(Choosing(), claims, nodes=node_ids(nodes))
