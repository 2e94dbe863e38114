"""A program over a base class, whose states are of a subclass: a property may look at that."""

from elcheck import Model, Node, State, action, always, each, guard, node_ids, sometimes


class Base(State):
    n: int = 0


class Leader(Base):
    """It leads."""


class Leading(Node[Base]):
    @action
    def lead(self, s: Base) -> Base:
        guard(not isinstance(s, Leader), "it leads")
        return Leader(1)


def model() -> Model:
    """Everybody may lead."""
    return Model(
        Leading(),
        nodes=node_ids(2),
        properties=[
            sometimes("led", each(Leader, lambda s: s.n == 1)),
            always("leaders have one", each(Leader, lambda s: s.n == 1)),
        ],
    )
