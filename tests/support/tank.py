"""A model file with a mistake that is found, and one that is not: a tank that is filled."""

MODEL = '''
from typing import Annotated

from elcheck import Model, Spec, State, action, always, guard, holds, sometimes


class Tank(State):
    level: int = 0


class Filling(Spec[Tank]):
    full: int

    @action
    def pour(self, s: Tank) -> Tank:
        guard(self.has_room(s), "it is full")
        return Tank(s.level + 1)

    def has_room(self, s: Tank) -> bool:
        return s.level < self.full


class NoFloat(Filling):
    """It is not looked at."""

    def has_room(self, s: Tank) -> bool:
        return s.level <= self.full


class Harmless(Filling):
    """It breaks
    nothing.
    """


def model(
    full: int = 3, strict: bool = False, bug: Annotated[type[Filling], "a mistake to put in"] = Filling
) -> Model:
    """A tank that is filled.

    Paper: none.
    """
    return Model(
        bug(full),
        properties=[
            always("no flood", holds(Tank, lambda s: s.level <= full)),
            sometimes("full", holds(Tank, lambda s: s.level == full)),
        ],
    )
'''
