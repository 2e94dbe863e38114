"""The water jugs of the film Die Hard 3: measure four gallons with a jug of three and one of five.

The classic first TLA+ specification, as a Spec: one shared state, guarded actions over the whole of it. The
solution is the witness of the property that says that there is one.
"""

from __future__ import annotations

from typing import Annotated

from elcheck import Model, Spec, State, action, always, guard, holds, replace, sometimes


class Jugs(State):
    """Gallons in each jug."""

    small: int = 0
    big: int = 0


class DieHard(Spec[Jugs]):
    """What can be done with two jugs and a fountain."""

    small_holds: int
    big_holds: int

    @action
    def fill_small(self, s: Jugs) -> Jugs:
        """Fill the small jug at the fountain."""
        return replace(s, small=self.small_holds)

    @action
    def fill_big(self, s: Jugs) -> Jugs:
        """Fill the big jug at the fountain."""
        return replace(s, big=self.big_holds)

    @action
    def empty_small(self, s: Jugs) -> Jugs:
        """Empty the small jug."""
        return replace(s, small=0)

    @action
    def empty_big(self, s: Jugs) -> Jugs:
        """Empty the big jug."""
        return replace(s, big=0)

    @action
    def small_to_big(self, s: Jugs) -> Jugs:
        """Pour until the small jug is empty or the big one full."""
        guard(s.big < self.big_holds, "the big jug is full")
        poured = min(s.small, self.big_holds - s.big)
        return Jugs(s.small - poured, s.big + poured)

    @action
    def big_to_small(self, s: Jugs) -> Jugs:
        """Pour until the big jug is empty or the small one full."""
        guard(s.small < self.small_holds, "the small jug is full")
        poured = min(s.big, self.small_holds - s.small)
        return Jugs(s.small + poured, s.big - poured)


def model(
    small: Annotated[int, "gallons that the small jug holds"] = 3,
    big: Annotated[int, "gallons that the big jug holds"] = 5,
    goal: Annotated[int, "gallons to be measured"] = 4,
) -> Model:
    """Die Hard's water jugs; --witness shows the solution.

    Paper: L. Lamport's first example of TLA+ (DieHard.tla), after the film Die Hard with a Vengeance, 1995.
    Assumes: nobody spills.
    """
    if min(small, big) < 1:
        raise ValueError("a jug holds at least one gallon")
    return Model(
        DieHard(small, big),
        properties=[
            always("no jug overflows", holds(Jugs, lambda s: 0 <= s.small <= small and 0 <= s.big <= big)),
            sometimes("the goal is measured", holds(Jugs, lambda s: goal in (s.small, s.big))),
        ],
    )
