"""Claims of single messages: none is under way at the start, later a good one, and a bad one beside it."""

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
    always_possible,
    eventually_always,
    guard,
    leads_to,
    never,
    node_ids,
    receive,
    some,
    sometimes,
    under_way,
)


class Item(Message):
    bad: bool


class Sent(State):
    items: int = 0


class Sending(Node[Sent]):
    @action
    def put(self, s: Sent) -> Step[Sent]:
        guard(self.me.index == 0 and s.items < 2, "n1 sends two")
        return Step(Sent(s.items + 1), self.send(self.nodes[1], Item(bad=s.items == 1)))

    @receive
    def item(self, s: Sent, src: NodeId, msg: Item) -> Sent:
        return s


def model() -> Model:
    """Two messages, the second of which is bad."""
    bad = under_way(Item, Sent, Sent, lambda src, msg, dst: msg.bad)
    good = under_way(Item, Sent, Sent, lambda src, msg, dst: not msg.bad)
    none = under_way(Item, Sent, Sent, lambda src, msg, dst: src.items > 2)
    return Model(
        Sending(),
        nodes=node_ids(2),
        environment=Environment(network="set"),
        properties=[
            always("all are good", good),
            never("one is bad", bad),
            never("one is of a third", none),
            sometimes("a bad one", bad),
            sometimes("one of a third", none),
            always_possible("a bad one may come", bad),
            leads_to("a bad one leads to a third", some(bad), some(none)),
            eventually_always("there are none", ~some(good)),
        ],
        deadlock=good,
    )
