"""The cause of a claim is never met, if the clock is too short."""

from elcheck import Model, Spec, State, action, guard, holds, leads_to, replace, weak


class Cache(State):
    clock: int = 0
    settled: bool = False


class Flush(Spec[Cache]):
    ticks: int

    @action
    def tick(self, s: Cache) -> Cache:
        guard(s.clock < self.ticks, "the model's clock ends")
        return replace(s, clock=s.clock + 1)

    @action
    def put(self, s: Cache) -> Cache:
        guard(s.clock <= 3 and not s.settled, "late or settled")
        return replace(s, settled=True)


def model(ticks: int = 3) -> Model:
    """What is expired gets settled."""
    late, settled = holds(Cache, lambda s: s.clock > 3), holds(Cache, lambda s: s.settled)
    return Model(
        Flush(ticks), properties=[leads_to("expired gets settled", late, settled)], fairness=[weak("tick")]
    )
