"""The next state while a step makes it: what each part of the step does to nodes and network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Envelope, GlobalState, NodeView, is_notice
from elcheck.checker.model.step import Close, Sends
from elcheck.checker.model.values import SortKey, order


class NextState:
    """A plain state on its way to the next one. ``cut``: the step crosses a bound on the network."""

    def __init__(self, runner: Runner, base: GlobalState) -> None:
        self.runner = runner
        self.base = base
        self.nodes: list[NodeView[object]] = list(base.nodes)
        self.network: list[Envelope] = list(base.network)
        self.environment = base.environment
        self.cut = False

    @property
    def _model(self) -> Model:
        return self.runner.model

    @property
    def _fifo(self) -> bool:
        return self._model.environment.network == "fifo"

    def copy(self) -> NextState:
        """Another one that starts where this one is."""
        copied = NextState(self.runner, self.base)
        copied.nodes, copied.network = list(self.nodes), list(self.network)
        copied.environment, copied.cut = self.environment, self.cut
        return copied

    def state(self) -> GlobalState:
        """The state that the step has come to, in its canonical form."""
        network = [e for e in self.network if self.reaches(e)]
        match self._model.environment.network:
            case "fifo":
                network.sort(key=lambda e: (e.src, e.dst))
            case "bag":
                network.sort(key=network_place)
            case _:
                first = {envelope.new: envelope for envelope in reversed(network)}  # what is there stays
                network = sorted(first.values(), key=network_place)
        return replace(
            self.base, nodes=tuple(self.nodes), network=tuple(network), environment=self.environment
        )

    def reaches(self, envelope: Envelope) -> bool:
        """Whether the network keeps a message: its receiver is up, or may be again."""
        if self.nodes[envelope.dst.index].up or self._model.environment.network == "sent-set":
            return True
        waits = self.environment.may("restart") and not self.environment.synchronous
        return waits and not self._fifo

    # -- parts of a step -----------------------------------------------------------------------------

    def stepped(self, node: NodeId, local: object) -> NextState:
        """Give a node another local state, up or down as it was."""
        self.nodes[node.index] = replace(self.nodes[node.index], state=local)
        return self

    def later(self) -> NextState:
        """Let what is under way become a tick older."""
        oldest = self._model.environment.delay
        if oldest is not None:
            self.network = [replace(e, age=min(e.age + 1, oldest)) for e in self.network]
        return self

    def sent(self, src: NodeId, sends: Sends) -> NextState:
        """Send what a node sends, and close the links that it closes, in order."""
        for effect in sends:
            if isinstance(effect, Close):
                if effect.dst != src:
                    self._drop(effect.dst, src, keep=lambda msg: isinstance(msg, Crashed))
                    self._told_of_break(effect.dst, src)
            elif not any(self._waits(e, effect.dst, src) for e in self.network):
                envelope = Envelope(src, effect.dst, effect.msg)
                self.network.append(envelope)
                self.cut = self.cut or (self.reaches(envelope) and self.overfull(envelope))
        return self

    def crashed(self, node: NodeId, remains: object) -> NextState:
        """Crash a node. ``remains`` is what the crash leaves of its local state."""
        self.nodes[node.index] = NodeView(node, False, remains)
        self.network = [e for e in self.network if not (e.dst == node and is_notice(e))]
        for view in self.nodes:
            if self._fifo:
                self._drop(view.node, node, keep=lambda _: False)
                if view.node != node:
                    self._told_of_break(view.node, node)
            if view.up and self._listens(view.node, Crashed):
                self.network.append(Envelope(node, view.node, Crashed(node)))
        return self

    def paused(self, node: NodeId, *, to: bool) -> NextState:
        """Pause a node, or resume it."""
        self.nodes[node.index] = replace(self.nodes[node.index], paused=to)
        return self

    def restarted(self, node: NodeId, local: object, sends: Sends) -> NextState:
        """Restart a node in a local state."""
        self.nodes[node.index] = NodeView(node, True, local)
        self.sent(node, sends)
        if self._listens(node, Crashed):
            down = [view.node for view in self.nodes if not view.up]
            self.network += [Envelope(peer, node, Crashed(peer)) for peer in down]
        return self

    def broken(self, a: NodeId, b: NodeId) -> NextState:
        """Break the links between two nodes."""
        self._told_of_break(a, b)
        self._told_of_break(b, a)
        return self

    def overfull(self, envelope: Envelope) -> bool:
        """Whether a message just sent crosses a bound on the network."""
        limits = {b.name: b.holds for b in self._model.bounds if isinstance(b.holds, int)}
        network = self._model.environment.network
        if network == "bag" and "copies" in limits:
            return [e.new for e in self.network].count(envelope.new) > limits["copies"]
        if network == "fifo" and "link" in limits:
            link = [e for e in self.network if (e.src, e.dst) == (envelope.src, envelope.dst)]
            return len(link) > limits["link"]
        return False

    # -- links and notices -----------------------------------------------------------------------------

    def _listens(self, node: NodeId, notice: type[Crashed] | type[Disconnected]) -> bool:
        """Whether the environment sends a node such notices."""
        told = notice is Disconnected or self._model.environment.detector == "perfect"
        return told and self.runner.receiver(node, notice) is not None

    def _waits(self, envelope: Envelope, src: NodeId, dst: NodeId) -> bool:
        """Whether a message is the notice at ``dst`` that its link from ``src`` broke."""
        return (envelope.src, envelope.dst) == (src, dst) and isinstance(envelope.msg, Disconnected)

    def _drop(self, src: NodeId, dst: NodeId, keep: Callable[[object], bool]) -> None:
        """Take away what is under way on a link, except for what ``keep`` says."""
        self.network = [e for e in self.network if (e.src, e.dst) != (src, dst) or keep(e.msg)]

    def _told_of_break(self, end: NodeId, peer: NodeId) -> None:
        """Clear the link from ``peer`` to ``end``, with a notice in front of it if ``end`` listens."""
        if not self.nodes[end.index].up:
            return
        self._drop(peer, end, keep=lambda msg: isinstance(msg, Crashed | Disconnected))
        waiting = any(self._waits(e, peer, end) for e in self.network)
        if self._listens(end, Disconnected) and not waiting:
            self.network.insert(0, Envelope(peer, end, Disconnected(peer)))


def network_place(envelope: Envelope) -> tuple[NodeId, NodeId, SortKey, int]:
    """Where a message stands in a network that keeps no order of sending."""
    return (envelope.src, envelope.dst, order(envelope.msg), envelope.age)
