"""A counter that has nothing to do with the claims, and grows without end."""

from elcheck import Bound, Model, Spec, State, action, always, eventually, holds, ltl, weak


class Stream(State):
    length: int = 0
    test: int = 0


class Redis(Spec[Stream]):
    counts: bool

    @action
    def add(self, s: Stream) -> Stream:
        return Stream(s.length, s.test + self.counts)


def model(counts: bool = True, bounded: bool = True, fair: bool = False) -> Model:
    """The claim of zero is false in the first state."""
    return Model(
        Redis(counts),
        properties=[
            eventually("the stream fills", holds(Stream, lambda s: s.length > 0)),
            ltl("always below zero", always(holds(Stream, lambda s: s.test < 0))),
        ],
        bounds=[Bound("test", Stream, lambda s: s.test <= 5)] if bounded else [],
        fairness=[weak("add")] if fair else [],
    )
