"""A fault that is written as an action holds up every timer under sync; written as a fault it does not."""

from elcheck import (
    Environment,
    Model,
    Node,
    State,
    action,
    each,
    eventually,
    fault,
    guard,
    node_ids,
    replace,
    some,
    timeout,
)


class Bell(State):
    deaf: bool = False
    rang: bool = False


class Ringing(Node[Bell]):
    @timeout
    def ring(self, s: Bell) -> Bell:
        guard(not s.rang, "it rang")
        return replace(s, rang=True)


class ByAction(Ringing):
    @action
    def go_deaf(self, s: Bell) -> Bell:
        guard(not s.deaf, "deaf already")
        return replace(s, deaf=True)


class ByFault(Ringing):
    @fault(budget="deafness")
    def go_deaf(self, s: Bell) -> Bell:
        guard(not s.deaf, "deaf already")
        return replace(s, deaf=True)


def model(*, by: str = "fault", deafness: int = 1) -> Model:
    """It rings, whether it goes deaf or not."""
    program = ByFault() if by == "fault" else ByAction()
    own = {"deafness": deafness} if by == "fault" else {}
    return Model(
        program,
        nodes=node_ids(1),
        environment=Environment(network="set", timing="sync", faults=own),
        properties=[eventually("it rings", some(each(Bell, lambda s: s.rang)))],
    )
