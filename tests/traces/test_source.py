"""Where the code of a step is written: the line that its handler came to."""

from __future__ import annotations

import inspect

import pytest

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    Steps,
    action,
    always,
    each,
    guard,
    node_ids,
    receive,
    tick,
)
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.runner import Runner
from elcheck.checker.traces.source import Place, place_of_start, place_of_step
from elcheck.checker.traces.trace import TraceStep
from tests.support.models import Counting


class Spot(State):
    """Where a node is."""

    at: int = 0


class Word(Message):
    """Something to hear."""


class Going(Node[Spot]):
    """Goes from 0 to 9 in every way that there is to say so."""

    @action
    def early(self, s: Spot) -> Spot:
        guard(s.at < 2, "it is too far")
        if s.at == 0:
            return Spot(1)  # early 1
        return Spot(2)  # early 2

    @action
    def several(self, s: Spot) -> Steps[Spot]:
        guard(s.at == 2, "it is elsewhere")
        yield Step(Spot(3))  # several 3
        yield Step(Spot(4))  # several 4

    @action
    def leaving(self, s: Spot) -> Steps[Spot]:
        guard(s.at == 4, "it is elsewhere")
        yield from self.further()

    def further(self) -> Steps[Spot]:
        yield Step(Spot(5))  # leaving 5

    @action
    def sending(self, s: Spot) -> Steps[Spot]:
        guard(s.at == 5, "it is elsewhere")
        yield Step(Spot(6))
        yield Step(Spot(6), self.send(self.me, Word()))  # sending 6

    @receive
    def hear(self, s: Spot, src: NodeId, msg: Word) -> Step[Spot]:
        return Step(Spot(7))  # hear 7

    @action  # twice 8
    def twice(self, s: Spot) -> Steps[Spot]:
        guard(s.at == 7, "it is elsewhere")
        for lot in range(2):
            if lot:
                yield Step(Spot(8))
            else:
                yield Step(Spot(8))

    @tick  # tick 9
    def pass_time(self, s: Spot) -> Spot:
        guard(s.at == 8, "it is elsewhere")
        return Spot(9)


GOING = Model(
    Going(), [always("it goes", each(Spot, lambda _: True))], Environment(network="set"), nodes=node_ids(1)
)
WAY = ["early 1", "early 2", "several 4", "leaving 5", "sending 6", "hear 7", "twice 8", "tick 9"]


@pytest.mark.parametrize("number", range(len(WAY)))
def test_the_line_of_a_step(number: int) -> None:
    """The return or yield that was come to; the first line of the handler where two lines say the same, and
    of the joint step.
    """
    interpreter = Interpreter(GOING)
    state = interpreter.initial()[0]
    for said in WAY[: number + 1]:
        before, (name, at) = state, said.split()
        event, state = next(
            (event, after)
            for event, after in interpreter.steps(state)
            if event.name == name
            and after.nodes[0].state == Spot(int(at))
            and bool(after.network) == (name == "sending")
        )
    place = place_of_step(Runner(GOING), before, TraceStep(event, state))
    assert place is not None
    lines = inspect.getsource(inspect.getmodule(Going)).splitlines()  # type: ignore[arg-type]  # it has one
    assert lines[place.line - 1].endswith(f"# {WAY[number]}")
    assert str(place) == f"test_source.py:{place.line}"


def test_a_fault_is_written_nowhere() -> None:
    model = Model(Going(), GOING.properties, Environment(crash=1), nodes=node_ids(1))
    interpreter = Interpreter(model)
    before = interpreter.initial()[0]
    [(event, after)] = [step for step in interpreter.steps(before) if step[0].fault]
    assert place_of_step(Runner(model), before, TraceStep(event, after)) is None


def test_where_a_program_starts() -> None:
    """Its own start, or its class if it leaves that to Node."""
    own = place_of_start(Counting().model())
    assert own == Place(inspect.getfile(Counting), Counting.start.__code__.co_firstlineno)
    assert place_of_start(GOING) == Place(inspect.getfile(Going), inspect.getsourcelines(Going)[1])
