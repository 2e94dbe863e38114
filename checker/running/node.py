"""One node as a process of its own: ``python -m elcheck.checker.running.node``, its settings on stdin.

The supervisor talks to it in lines of JSON on stdin, and it answers on stdout. It ends when stdin does, so
no node outlives its supervisor.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections import deque
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import UnionType

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import Crashed, Disconnected, State
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.model.step import Close, Send, Step
from elcheck.checker.model.values import text
from elcheck.checker.observe import Recorder
from elcheck.checker.running.disk import Disk, end_last_line
from elcheck.checker.running.encoding import Decoder, EncodingError
from elcheck.checker.running.fifo_link import LONGEST, FifoLink
from elcheck.checker.running.links import Links, LooseLink, hello
from elcheck.checker.running.settings import NodeSettings, disk_of, log_of
from elcheck.checker.running.timers import Timers

MOST_WAITING = 1000
"""Messages that wait for a guard on a network that may lose some: the oldest go when there are more."""

LONGEST_STATE = 300
"""Characters of a state that are told to those who watch."""


class RunningNode:
    """A node that takes the steps of its program. Each is logged, then durable, then sent."""

    def __init__(self, model: Model, settings: NodeSettings) -> None:
        self._runner = Runner(model)
        self._dice = random.Random(settings.seed)
        nodes = self._runner.nodes
        self.me = next(node for node in nodes if node.name == settings.node)
        folder = Path(settings.folder)
        self._disk = Disk(disk_of(folder, settings.node), Decoder(nodes))
        self._log = log_of(folder, settings.node)
        self._fifo = model.environment.network == "fifo"
        self._inbox: deque[tuple[NodeId, object]] = deque()
        self._put_off: list[tuple[NodeId, object]] = []
        """Messages whose guards did not hold, while the others are tried."""
        self._untold: set[NodeId] = set()
        """Nodes whose links have broken, which this one has not been told yet: what it sends them is lost."""
        self._down: set[NodeId] = set()
        """Nodes whose crash is to be told when all has arrived that they had sent."""
        self.awake = asyncio.Event()
        self._steps = self._messages = 0
        ports = {node: settings.ports[node.name] for node in nodes}
        self._settings = settings
        self._hello = hello(self.me, settings.token)
        others = {node: port for node, port in ports.items() if node != self.me}
        ways: Mapping[NodeId, FifoLink] | Mapping[NodeId, LooseLink] = (
            {node: self._fifo_link(node, port) for node, port in others.items()}
            if self._fifo
            else {
                node: LooseLink(port, self._hello, settings.pace, self._dice) for node, port in others.items()
            }
        )
        self.links = Links(self.me, ports, settings.token, ways, self._arrived, self._ended)
        self.state, self._kept, self.recorder = self._begun()

    def _fifo_link(self, node: NodeId, port: int) -> FifoLink:
        return FifoLink(
            port,
            self._hello,
            self._settings.pace,
            self._dice,
            partial(self._take_line, node),
            partial(self._broke, node),
            connects=self.me < node,
        )

    def _take_line(self, node: NodeId, line: bytes) -> None:
        self.links.take(node, line)

    # -- the beginning of a life ---------------------------------------------------------------------------

    def _begun(self) -> tuple[State, object, Recorder]:
        """Begin a life, the first or the next; what it sends is sent when the links are there."""
        kept = self._disk.read()
        if kept is None:  # nobody has heard of a life before this one
            self._log.unlink(missing_ok=True)
            steps = self._runner.starts(self.me)
        else:
            end_last_line(self._log)
            steps = self._runner.recoveries(self.me, kept)
        if not steps:
            raise HandlerError(f"{self.me} can't restart: recover has no outcome, on {text(kept)}")
        step = self._dice.choice(steps)
        recorder = Recorder(self._log, self.me.name)
        if kept is None:
            sound = {name: value for name, value in self._settings.parameters.items() if name != "bug"}
            names = [node.name for node in self._runner.nodes]
            recorder.about(nodes=names, parameters=sound)
        recorder.start(step.state)
        self._first = step
        return step.state, self._store(step.state, None), recorder

    def start(self) -> None:
        """Send what a start sends, and let time pass."""
        self.links.connect()
        self._send(self._first)
        events = self._runner.events
        clock = asyncio.get_running_loop().time
        self._timers = Timers(
            events(self.me, "action"), events(self.me, "timeout"), self._settings.pace, self._dice, clock
        )

    # -- steps -----------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Take steps, for ever. Raises HandlerError, OSError, EncodingError."""
        clock = asyncio.get_running_loop().time
        while True:
            self._take_mail()
            following = self._timers.next()
            if following is not None and following[0] <= clock():
                self._try(following[1])
                await asyncio.sleep(0)  # links have their turn
                continue
            self.awake.clear()
            try:
                async with asyncio.timeout_at(None if following is None else following[0]):
                    await self.awake.wait()
            except TimeoutError:
                continue

    def _try(self, event: Event) -> None:
        """Take an action or a timeout that is due, if its guard holds."""
        self._timers.wind(event)
        self._take(event)

    def _take(self, event: Event) -> bool:
        """Take one outcome of an event; False if it has none."""
        steps = self._runner.take(event, self.state).steps
        if not steps:
            return False
        step = self._dice.choice(steps)
        sends = [(effect.dst, effect.msg) for effect in step.sends if isinstance(effect, Send)]
        args, choice = dict(event.args), dict(step.choice)
        if event.kind == "receive":
            self.recorder.receive(args["src"], args["msg"], state=step.state, sends=sends)
        else:
            self.recorder.step(
                event.name, args=args or None, choice=choice or None, state=step.state, sends=sends
            )
        self._steps += 1
        self._messages += event.kind == "receive"
        changed = step.state != self.state
        self.state = step.state
        if changed:
            self._kept = self._store(step.state, self._kept)
            self._timers.changed()
        if event.kind == "receive" and isinstance(args["msg"], Disconnected):
            self._untold.discard(args["msg"].peer)
        self._send(step)
        return True

    def _store(self, state: State, before: object) -> object:
        """Write down what a crash would leave of a state; the model says what that may be."""
        kept = self._dice.choice(self._runner.remains(self.me, state))
        if kept != before:
            self._disk.write(kept)
        return kept

    def _send(self, step: Step[State]) -> None:
        for effect in step.sends:
            if isinstance(effect, Close):
                self._close(effect.dst)
            elif effect.dst not in self._untold:
                self.links.send(effect.dst, effect.msg)

    def status(self) -> dict[str, object]:
        """How it is, for those who watch: what states say of an election, they say by these names."""
        leads, term = getattr(self.state, "leads", None), getattr(self.state, "term", None)
        return {
            "state": text(self.state, sparse=True)[:LONGEST_STATE],
            "leads": leads if isinstance(leads, bool) else None,
            "term": term if isinstance(term, int) else None,
            "steps": self._steps,
            "messages": self._messages,
        }

    # -- links that break ------------------------------------------------------------------------------------

    def _broke(self, node: NodeId) -> None:
        """A link has broken: what had come from there is lost, and a notice goes in front of all else."""
        self._lose(node, Crashed | Disconnected)
        if self._runner.receiver(self.me, Disconnected) is not None and node not in self._untold:
            self._untold.add(node)
            self._inbox.appendleft((node, Disconnected(node)))
            self.awake.set()
        self._ended(node)

    def _close(self, node: NodeId) -> None:
        """The program closes a link: the other end is told, and this one is not."""
        self._lose(node, Crashed)
        self._untold.discard(node)
        link = self.links.fifo(node)
        if link is not None:
            link.renew()

    def _lose(self, node: NodeId, kept: type | UnionType) -> None:
        """Lose what has come from a node, but for some notices."""
        left = [(src, msg) for src, msg in self._inbox if src != node or isinstance(msg, kept)]
        self._inbox = deque(left)
        self._put_off = [(src, msg) for src, msg in self._put_off if src != node or isinstance(msg, kept)]

    def break_off(self, name: str) -> None:
        """Break the link to a node, by a command."""
        node = next(node for node in self._runner.nodes if node.name == name)
        link = self.links.fifo(node)
        if link is not None:
            link.break_off()

    # -- messages --------------------------------------------------------------------------------------------

    def _arrived(self, src: NodeId, msg: object) -> None:
        if self._runner.receiver(self.me, type(msg)) is not None:
            self._inbox.append((src, msg))
            if not self._fifo and len(self._inbox) > MOST_WAITING:
                self._inbox.popleft()
            self.awake.set()

    def _ended(self, src: NodeId) -> None:
        """All that a node had sent has arrived: if it has crashed, that is told now."""
        if src in self._down:
            self._down.discard(src)
            self._arrived(src, Crashed(src))

    def crashed(self, name: str) -> None:
        """The failure detector: a node has crashed."""
        node = next(node for node in self._runner.nodes if node.name == name)
        self._down.add(node)
        if not self.links.is_connected(node):
            self._ended(node)

    def _take_mail(self) -> None:
        """Take all messages whose guards hold; of a fifo link none before the one at its head."""
        while self._inbox:
            src, msg = self._inbox.popleft()
            blocked = self._fifo and any(src == sender for sender, _ in self._put_off)
            event = None if blocked else self._runner.delivery(self.me, src, msg)
            before = self.state
            if event is None or not self._take(event):
                self._put_off.append((src, msg))
                continue
            self._timers.heard(src)
            if self._put_off and self.state != before:  # what was not enabled may be now
                self._inbox.extendleft(reversed(self._put_off))
                self._put_off.clear()
        self._inbox.extend(self._put_off)
        self._put_off.clear()


def _say(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def _obey(node: RunningNode, commands: asyncio.StreamReader) -> None:
    """Do what the supervisor says, until it says no more."""
    while line := await commands.readline():
        match json.loads(line):
            case {"cut": list(names)}:
                node.links.cut(frozenset(map(str, names)))
                _say(cut=True)
            case {"crashed": str(name)}:
                node.crashed(name)
            case {"status": True}:
                _say(status=node.status())
            case {"break": str(name)}:
                node.break_off(name)
            case {"stop": True}:
                return


async def run() -> None:
    """Live the life of one node."""
    commands = asyncio.StreamReader(limit=LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    settings = NodeSettings.of_line((await commands.readline()).decode())
    model = load(settings.model)(**settings.parameters)
    node = RunningNode(model, settings)
    server = await node.links.listen()
    _say(ready=True)
    if await commands.readline():  # the others are there, too
        node.start()
        lives = [asyncio.create_task(node.live()), asyncio.create_task(node.links.run())]
        obeys = asyncio.create_task(_obey(node, commands))
        done, _ = await asyncio.wait([*lives, obeys], return_when=asyncio.FIRST_COMPLETED)
        for task in lives:
            task.cancel()
        for task in done:
            task.result()
    server.close()
    node.recorder.close()
    _say(state=text(node.state, sparse=True))


def main() -> int:
    """Live, and say on stdout what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor ends it
    try:
        asyncio.run(run())
    except (HandlerError, DefinitionError, LoadError, UsageError, EncodingError) as error:
        _say(model=str(error))
    except OSError as error:
        _say(system=str(error))
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
