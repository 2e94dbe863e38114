"""The diagrams in golden/: made here, compared by the tests, renewed by `python -m tests.traces.pictures`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from elcheck import (
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    always,
    each,
    eventually,
    guard,
    node_ids,
    receive,
    some,
    timeout,
)
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.render.diagram import diagram
from elcheck.checker.traces.explain import explain
from elcheck.checker.traces.trace import Trace, TraceStep, replay
from tests.support.reports import first_of

GOLDEN = Path(__file__).parent / "golden"


class Question(Message):
    """Asked of a server."""

    number: int


class Client(State):
    """Whether it waits for an answer."""

    waits: bool = False


class Server(State):
    """How many questions it has answered."""

    answers: int = 0


class Asking(Node[Client]):
    """The first node asks the last one, again and again."""

    @timeout
    def ask(self, s: Client) -> Step[Client]:
        guard(self.me == self.nodes[0], "only the first one asks")
        return Step(replace(s, waits=True), self.send(self.nodes[-1], Question(1)))


class Answering(Node[Server]):
    """The last node."""

    @receive
    def question(self, s: Server, src: NodeId, msg: Question) -> Server:
        return replace(s, answers=s.answers + msg.number)


def asking(network: str = "bag", nodes: int = 3) -> Model:
    """A model without an end."""
    environment = Environment(network="bag", loss="unlimited", dup="unlimited", crash=1, restart=1)
    if network == "fifo":
        environment = replace(environment, network="fifo", disconnect=1, partition=1)
    ids = node_ids(nodes)
    programs = {node: Asking() if node != ids[-1] else Answering() for node in ids}
    claim = always("few answers", each(Server, lambda view: view.answers < 9))
    return Model(programs, [claim], environment)


def walk(model: Model, *said: str, loop: int | None = None) -> Trace:
    """The trace of these steps, each written as in the table behind its node: ``n1 ask``."""
    interpreter = Interpreter(model)
    state = initial = interpreter.initial()[0]
    steps: list[TraceStep] = []
    for words in said:
        offers = {f"{event.node or '-'} {event}": (event, after) for event, after in interpreter.steps(state)}
        event, state = offers[words]
        steps.append(TraceStep(event, state))
    trace = Trace(initial, tuple(steps), loop)
    replay(trace, model)
    return trace


def lasso() -> tuple[Model, Trace]:
    """Each question is lost before it arrives."""
    model = asking()
    ask, lost = "n1 ask", "n3 lose Question(number=1) from n1"
    answered = eventually("an answer", some(each(Server, lambda view: view.answers > 0)))
    return replace(model, properties=[answered]), walk(model, ask, "n2 crash", lost, ask, loop=2)


def weather() -> tuple[Model, Trace]:
    """Every kind of fault on links that keep the order, among five nodes."""
    model = asking("fifo", nodes=5)
    said = "Question(number=1)"
    return model, walk(
        model,
        "n1 ask",
        f"n5 duplicate {said} from n1",
        "- partition n1 n3 | n2 n4 n5",
        "n1 ask",
        f"n5 lose {said} from n1 (the newest of the link)",
        "- heal n1 n3 | n2 n4 n5",
        f"n5 question({said}) from n1",
        "- disconnect n1 n5",
        "n2 crash",
        "n1 ask",
        "n2 restart",
        f"n5 lose {said} from n1 (the head of the link)",
    )


def found(name: str, **parameters: object) -> tuple[Model, Trace]:
    """The first counterexample of a bundled model; parameters with an underscore are the environment's."""
    report = first_of(name, **parameters)
    return report.model, next(r.trace for r in report.results if r.trace and r.verdict.value == "refuted")


def drawn(made: tuple[Model, Trace], width: int) -> str:
    """A diagram with what of it does not matter."""
    return diagram(*made, width) + "\n"


def explained(made: tuple[Model, Trace], width: int) -> str:
    """A diagram with the steps marked that do not matter to the model's first claim."""
    model, trace = made
    explanation = explain(trace, model, model.properties[0])
    return f"{explanation}\n{diagram(model, trace, width, explanation.matters)}\n"


PICTURES: dict[str, Callable[[], str]] = {
    "raft-forget-vote-80": lambda: drawn(found("raft", bug="forget-vote"), 80),
    "raft-half-quorum-120": lambda: drawn(found("raft", bug="half-quorum", nodes=4), 120),
    "bully-false-suspicion-80": lambda: drawn(found("bully", bug="false-suspicion"), 80),
    "bully-highest-recovers-80": lambda: drawn(found("bully", bug="highest-recovers"), 80),
    "bully-halt-loss-80": lambda: drawn(found("bully_halt", _loss=1), 80),
    "zab-epoch-not-persisted-80": lambda: drawn(found("zab", bug="epoch-not-persisted"), 80),
    "lease-no-fencing-100": lambda: drawn(found("lease", bug="no-fencing"), 100),
    "ring-duplicate-ids-120": lambda: drawn(found("ring", bug="duplicate-ids", nodes=5), 120),
    "every-fault-120": lambda: drawn(weather(), 120),
    "lasso-80": lambda: drawn(lasso(), 80),
    "lasso-explained-80": lambda: explained(lasso(), 80),
}


if __name__ == "__main__":
    import click

    for picture, make in PICTURES.items():
        (GOLDEN / f"{picture}.txt").write_text(click.unstyle(make()), encoding="utf-8")
