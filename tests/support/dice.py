"""A model whose handlers say what they choose, for the tests of traces."""

from __future__ import annotations

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    Steps,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
    replace,
)


class Player(State):
    """What a player has thrown, and what another says to have thrown."""

    thrown: int = 0
    heard: int | None = None


class Thrown(Message):
    """What was thrown."""

    lot: int


class Dice(Node[Player]):
    """Players throw dice, and tell the others or not; who is told believes it or not."""

    @action
    def throw(self, s: Player) -> Steps[Player]:
        guard(s.thrown < 3, "it has thrown enough")
        for lot in (1, 2):
            for loud in (False, True):
                sends = self.broadcast(Thrown(lot)) if loud else ()
                yield Step(replace(s, thrown=s.thrown + lot), sends, choice={"lot": lot, "loud": loud})

    @receive
    def told(self, s: Player, src: NodeId, msg: Thrown) -> Steps[Player]:
        yield Step(replace(s, heard=msg.lot), choice={"believes": True})
        yield Step(s, choice={"believes": False})


def model(nodes: int = 2) -> Model:
    """Players throw dice.

    Paper: none.
    """
    return Model(
        Dice(),
        [always("few", each(Player, lambda s: s.thrown < 5))],
        Environment(network="set"),
        nodes=node_ids(nodes),
    )
