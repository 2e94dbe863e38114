"""Claims that no walk decides: a simulation walks as often as it is told."""

from elcheck import Model, Property, Spec, State, action, eventually_always, holds, sometimes, weak


class Number(State):
    x: int = 5


class Down(Spec[Number]):
    @action
    def down(self, s: Number) -> Number:
        return Number(max(s.x - 1, 0))


def model(safety: bool = True) -> Model:
    """Down to zero."""
    zero, one = holds(Number, lambda s: s.x == 0), holds(Number, lambda s: s.x == 1)
    claims: list[Property] = [eventually_always("zero", zero), eventually_always("one", one)]
    claims += [sometimes("it ends", zero)] if safety else []
    return Model(Down(), properties=claims, fairness=[weak("down")])
