"""The effect of a claim has no meaning where its cause is false."""

from elcheck import Model, Spec, State, action, guard, holds, leads_to, weak


class Log(State):
    entries: tuple[str, ...] = ()


class Logs(Spec[Log]):
    @action
    def ask(self, s: Log) -> Log:
        guard(not s.entries, "it has asked")
        return Log(("asked",))

    @action
    def do(self, s: Log) -> Log:
        guard(s.entries == ("asked",), "nobody has asked")
        return Log(("asked", "done"))


def model() -> Model:
    """What is asked is done."""
    cause, effect = holds(Log, lambda s: bool(s.entries)), holds(Log, lambda s: s.entries[-1] == "done")
    return Model(Logs(), properties=[leads_to("asked, done", cause, effect)], fairness=[weak("do")])
