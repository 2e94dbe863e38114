"""Names that read like something else: a field called up, a monitor of two words."""

from elcheck import Model, Monitor, Node, State, action, each, guard, history, never, node_ids, replace


class Switch(State):
    up: bool = False


class Flipping(Node[Switch]):
    @action
    def flip(self, s: Switch) -> Switch:
        guard(not s.up, "it is up")
        return replace(s, up=True)


LEFT = Monitor("flips left", Switch, start=lambda nodes: 3, after=lambda left, event, old, new: left - 1)


def model() -> Model:
    """One flip."""
    claims = [never("up", each(Switch, lambda s: s.up)), never("all", history(LEFT, lambda left: left < 0))]
    return Model(Flipping(), nodes=node_ids(1), properties=claims)
