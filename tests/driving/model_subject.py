"""A subject that is the model once more: each node runs its program by itself, so that it never differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from random import Random

from elcheck import Crashed, Disconnected, Model, NodeId, Sent, State, Step, Subject
from elcheck.checker.model.record import survivor
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Send

Rule = Callable[[State, Step[State]], Step[State]]


def as_it_is(before: State, step: Step[State]) -> Step[State]:
    return step


class ModelSubject(Subject[object]):
    """``rule`` may do a step otherwise, which is what a mistake does. Of several outcomes one is drawn."""

    def __init__(self, model: Model, rule: Rule = as_it_is, seed: int = 0) -> None:
        self.runner = Runner(model)
        self.rule = rule
        self.random = Random(seed)
        self.states: dict[NodeId, State] = {}
        self.stored: dict[NodeId, object] = {}
        self.out: dict[NodeId, list[Sent[object]]] = {}

    def start(self, states: Mapping[NodeId, object]) -> None:
        for node, state in states.items():
            assert isinstance(state, State)
            self.states[node] = state
            self.out[node] = []
            if not self.runner.model.initial:
                starts = [step for step in self.runner.starts(node) if step.state == state]
                self._send(node, self.random.choice(starts))

    def _send(self, node: NodeId, step: Step[State]) -> None:
        self.out[node] += [
            Sent(effect.dst, effect.msg, effect.msg) for effect in step.sends if isinstance(effect, Send)
        ]

    def _take(self, event: Event, choice: Mapping[str, object]) -> None:
        node = event.node
        assert node is not None
        before = self.states[node]
        steps = [s for s in self.runner.take(event, before).steps if dict(s.choice) == choice]
        step = self.rule(before, self.random.choice(steps))
        self.states[node] = step.state
        self._send(node, step)

    def _step(self, kind: str, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        for _, event in self.runner.events(node, kind):
            if event.name == name and all(args.get(n) == value for n, value in event.args):
                taken = dict(event.args)
                self._take(event, {n: v for n, v in args.items() if n not in taken})
                return
        raise AssertionError(f"{node} has no {name}")

    def timeout(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        self._step("timeout", node, name, args)

    def action(self, node: NodeId, name: str, args: Mapping[str, object]) -> None:
        self._step("action", node, name, args)

    def deliver(self, node: NodeId, src: NodeId, msg: object) -> None:
        event = self.runner.delivery(node, src, msg)
        assert event is not None
        choices = self.runner.take(event, self.states[node]).steps
        self._take(event, dict(self.random.choice(choices).choice))

    def notice(self, node: NodeId, notice: Crashed | Disconnected) -> None:
        self.deliver(node, notice.peer, notice)

    def tick(self) -> None:
        for node in self.runner.nodes:
            for _, event in self.runner.events(node, "tick"):
                if node in self.states:
                    self._take(event, {})
                else:
                    step = self.random.choice(self.runner.take(event, self.stored[node]).steps)
                    self.stored[node] = survivor(step.state)

    def crash(self, node: NodeId) -> None:
        self.stored[node] = self.random.choice(self.runner.remains(node, self.states.pop(node)))

    def restart(self, node: NodeId) -> None:
        step = self.random.choice(self.runner.recoveries(node, self.stored.pop(node)))
        self.states[node] = step.state
        self.out[node] = []
        self._send(node, step)

    def disconnect(self, a: NodeId, b: NodeId) -> None:
        pass

    def concrete(self, src: NodeId, dst: NodeId, msg: object) -> object:
        return msg

    def sent(self, node: NodeId) -> list[Sent[object]]:
        found, self.out[node] = self.out[node], []
        return found

    def state(self, node: NodeId) -> object:
        state = self.states[node]
        return {f.name: getattr(state, f.name) for f in fields(state)}
