"""A handler that changes the state that it is given."""

from elcheck import Model, Node, State, action, each, guard, node_ids, sometimes


class Player(State):
    leads: bool = False


class Taking(Node[Player]):
    @action
    def lead(self, s: Player) -> Player:
        guard(not s.leads, "it leads already")
        object.__setattr__(s, "leads", True)
        return s


def model(nodes: int = 2) -> Model:
    """Whoever wants to leads."""
    return Model(
        Taking(), nodes=node_ids(nodes), properties=[sometimes("a leader", each(Player, lambda s: s.leads))]
    )
