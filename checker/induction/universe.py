"""What the states of node programs are put together of: local states of each node, and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from elcheck.checker.induction.claims import NodeState
from elcheck.checker.induction.domains import Domain
from elcheck.checker.model.environment import initial_state
from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.inductive import Every, Inductive
from elcheck.checker.model.record import Crashed, Disconnected, Message, State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, is_notice


class NodeUniverse:
    """Local states of each node, by numbers, and messages between each two. Of what the candidates do not
    say, it has what was met, and grows with what steps lead to; ``closes`` says of which classes.
    """

    def __init__(
        self, claim: Inductive, runner: Runner, met: Iterable[NodeState], sent: Iterable[Envelope]
    ) -> None:
        self.runner = runner
        self.nodes = runner.nodes
        self.whole = initial_state(runner.model.environment, self.nodes)
        given = [Domain(each, self.nodes) if isinstance(each, Every) else each for each in claim.candidates]
        self._said = {each.of if isinstance(each, Domain) else type(each) for each in given}
        self._domains = [each for each in given if isinstance(each, Domain)]
        self._values = frozenset(each for each in given if not isinstance(each, Domain))
        self.states: list[list[NodeState]] = [[] for _ in self.nodes]
        self._numbers: list[dict[NodeState, int]] = [{} for _ in self.nodes]
        self.outside: list[set[int]] = [set() for _ in self.nodes]
        self.messages: dict[tuple[int, int], list[Envelope]] = {}
        self._sent: set[Envelope] = set()
        for view in met:
            if not self.is_said(view.state):
                self.number(view)
        for envelope in sent:
            if not self.is_said(envelope.msg):
                self.add_message(envelope)
        self._add_given(given, {(view.node, type(view.state)) for view in met})
        self._add_notices()

    def is_said(self, value: object) -> bool:
        """Whether the candidates say which values of its class there are."""
        return type(value) in self._said

    def has(self, value: object) -> bool:
        """Whether a value is among the candidates of its class."""
        return value in self._values or any(value in domain for domain in self._domains)

    def _add_given(self, given: Sequence[object], classes: set[tuple[NodeId, type]]) -> None:
        for each in given:
            cls = each.of if isinstance(each, Domain) else type(each)
            values = each if isinstance(each, Domain) else [each]
            for value in values:
                if issubclass(cls, Message):
                    for src in self.nodes:
                        for dst in self.nodes:
                            if src != dst:
                                self.add_message(Envelope(src, dst, value))
                elif issubclass(cls, State):
                    for node in self.nodes:
                        if (node, cls) in classes and not self.runner.crossed(value):
                            self.number(NodeState(node, True, value))
                            if self.whole.may("pause", node):
                                self.number(NodeState(node, True, value, paused=True))
                else:
                    raise DefinitionError(f"a candidate is a {cls.__name__}, neither a State nor a Message")

    def _add_notices(self) -> None:
        """Whatever the environment may tell a node at any time, by the faults that there are."""
        environment = self.runner.model.environment
        told: list[tuple[type[Crashed | Disconnected], bool]] = [
            (Crashed, environment.detector == "perfect" and environment.crash != 0),
            (Disconnected, environment.network == "fifo"),
        ]
        for notice, may_be in told:
            for node in self.nodes if may_be else ():
                if self.runner.receiver(node, notice) is not None:
                    for peer in self.nodes:
                        if peer != node:
                            self.add_message(Envelope(peer, node, notice(peer)))

    def number(self, view: NodeState) -> int:
        """The number of a node's local state, a new one if it was not there."""
        numbers = self._numbers[view.node.index]
        known = numbers.get(view)
        if known is None:
            known = numbers[view] = len(self.states[view.node.index])
            self.states[view.node.index].append(view)
        return known

    def admit(self, view: NodeState) -> bool:
        """Take a local state into the universe, unless the candidates leave it out: then it gets a number as
        one outside. What a crash leaves is always taken.
        """
        known = view in self._numbers[view.node.index]
        number = self.number(view)
        if not known and view.up and self.is_said(view.state) and not self.has(view.state):
            self.outside[view.node.index].add(number)
        return number not in self.outside[view.node.index]

    def numbers(self, node: int) -> Iterator[int]:
        """The numbers of a node's local states that are in the universe."""
        return (number for number in range(len(self.states[node])) if number not in self.outside[node])

    def admit_message(self, sent: Envelope) -> bool:
        """Take a message into the universe, of whatever age, unless the candidates leave it out."""
        sent = sent.new
        if self.is_said(sent.msg) and not self.has(sent.msg):
            return False
        self.add_message(sent)
        return True

    def add_message(self, sent: Envelope) -> bool:
        """Take a message into the universe. Whether it is new."""
        if sent in self._sent:
            return False
        self._sent.add(sent)
        self.messages.setdefault((sent.src.index, sent.dst.index), []).append(sent)
        return True

    def between(self, src: int, dst: int) -> Sequence[Envelope]:
        """The messages from one node to another."""
        return self.messages.get((src, dst), ())

    def keeps_mail(self, receiver: NodeState) -> bool:
        """Whether anything may be under way to a node as it is."""
        network = self.runner.model.environment.network
        if receiver.up or network == "sent-set":
            return True
        return network != "fifo" and self.whole.may("restart")

    def __str__(self) -> str:
        counts = [len(list(self.numbers(node.index))) for node in self.nodes]
        states = ", ".join(f"{node} ({count:,})" for node, count in zip(self.nodes, counts, strict=True))
        sent = len([each for each in self._sent if not is_notice(each)])
        return f"local states of {states}; any of {sent:,} messages under way"
