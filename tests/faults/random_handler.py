"""A handler that draws lots by itself: a false claim was proved in seven of ten runs."""

import random

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    action,
    always,
    guard,
    node_ids,
    pair,
    receive,
    replace,
)


class Lot(Message):
    number: int


class Player(State):
    lot: int | None = None
    seen: frozenset[NodeId] = frozenset()
    beaten: bool = False
    leads: bool = False


class Draw(Node[Player]):
    lots: int

    @action
    def draw(self, s: Player) -> Step[Player]:
        guard(s.lot is None, "it has drawn")
        lot = random.randrange(self.lots)
        return Step(replace(s, lot=lot), self.broadcast(Lot(lot)))

    @receive
    def lot(self, s: Player, src: NodeId, msg: Lot) -> Player:
        guard(s.lot is not None, "it has not drawn yet")
        beaten = s.beaten or msg.number > (s.lot or 0)
        return replace(s, seen=s.seen | {src}, beaten=beaten)

    @action
    def lead(self, s: Player) -> Player:
        guard(len(s.seen) == len(self.nodes) - 1, "it has not seen all lots")
        guard(not s.beaten and not s.leads, "it is beaten, or leads already")
        return replace(s, leads=True)


def model(nodes: int = 3, lots: int = 2) -> Model:
    """Draw lots for the leader."""
    return Model(
        Draw(lots),
        nodes=node_ids(nodes),
        environment=Environment(network="bag"),
        properties=[always("one leader", pair(Player, lambda a, b: not (a.leads and b.leads)))],
    )
