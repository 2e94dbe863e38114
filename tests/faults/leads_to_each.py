"""A request that is never answered: a cause of each(...) is met when all nodes meet it at once."""

from elcheck import Model, Node, State, action, each, guard, leads_to, node_ids, replace, sometimes


class Client(State):
    asked: bool = False
    answered: bool = False


class Asking(Node[Client]):
    @action
    def ask(self, s: Client) -> Client:
        guard(self.me.index == 0 and not s.asked, "only n1 asks, once")
        return replace(s, asked=True)


def model() -> Model:
    """Only n1 asks, and nobody answers."""
    asked, answered = each(Client, lambda s: s.asked), each(Client, lambda s: s.answered)
    return Model(
        Asking(),
        nodes=node_ids(2),
        properties=[
            leads_to("all requests are answered", asked, answered),
            sometimes("all ask", asked),
        ],
    )
