"""The links of a node: TCP on loopback, a connection for each direction, a line of JSON a message.

A message is lost when nobody listens at its other end. On a network that may lose messages anyway, or give
them in another order, delays are each message's own, and what a cut link or bad luck takes is gone. A fifo
link keeps its order, a cut holds it up, and it breaks as a whole (``fifo_link``).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from elcheck.checker.model.ids import NodeId
from elcheck.checker.running.encoding import Decoder, EncodingError, encode
from elcheck.checker.running.fifo_link import HOST, LONGEST, FifoLink
from elcheck.checker.running.settings import NodePace


class LooseLink:
    """The way to one other node on a network that keeps no order."""

    def __init__(self, port: int, hello: bytes, pace: NodePace, dice: random.Random) -> None:
        self._port, self._hello, self._pace, self._dice = port, hello, pace, dice
        self._waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def cut(self, *, off: bool) -> None:
        """Cut the link off, or heal it."""
        if off:
            self._open.clear()
        else:
            self._open.set()

    def send(self, line: bytes) -> None:
        """Put a message on its way."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._dice.uniform(0, self._pace.delay)
        if self._open.is_set() and self._dice.random() >= self._pace.loss:
            loop.call_at(due, self._waiting.put_nowait, (due, line))

    async def run(self) -> None:
        """Bring messages to the other end, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due, line = await self._waiting.get()
            await asyncio.sleep(due - loop.time())
            try:
                writer = await self._connected()
                writer.write(line)
                await writer.drain()
            except OSError:  # the other end is down: what is sent to it is lost
                self._streams = None

    async def _connected(self) -> asyncio.StreamWriter:
        if self._streams is not None and not self._streams[0].at_eof():
            return self._streams[1]
        if self._streams is not None:
            self._streams[1].close()
        self._streams = await asyncio.open_connection(HOST, self._port)
        self._streams[1].write(self._hello)
        return self._streams[1]


class Links:
    """All links of a node. ``taken`` is given what arrives, ``ended`` whose connections have all ended."""

    def __init__(
        self,
        me: NodeId,
        ports: Mapping[NodeId, int],
        token: str,
        links: Mapping[NodeId, LooseLink] | Mapping[NodeId, FifoLink],
        taken: Callable[[NodeId, object], None],
        ended: Callable[[NodeId], None],
    ) -> None:
        self._me, self._ports, self._token, self._links = me, ports, token, links
        self._taken, self._ended = taken, ended
        self._decoder = Decoder(tuple(ports))
        self._count: Counter[NodeId] = Counter()
        """How many connections each node has to here."""

    async def listen(self) -> asyncio.Server:
        """Take connections from now on. Raises OSError."""
        return await asyncio.start_server(self._serve, HOST, self._ports[self._me], limit=LONGEST)

    def send(self, dst: NodeId, msg: object) -> None:
        """Send a message; one to the node itself arrives at once. Raises EncodingError."""
        said = encode(msg)
        if dst == self._me:
            self._taken(dst, msg)
        else:
            self._links[dst].send(json.dumps(said).encode() + b"\n")

    def cut(self, off: frozenset[str]) -> None:
        """Cut the links to the nodes of these names off, and heal the others."""
        for node, link in self._links.items():
            link.cut(off=node.name in off)

    def is_connected(self, node: NodeId) -> bool:
        """Whether a node is connected to here, so that something that it has sent may still come."""
        link = self.fifo(node)
        return self._count[node] > 0 if link is None else link.connected

    def fifo(self, node: NodeId) -> FifoLink | None:
        """The fifo link to another node, None if there is none."""
        link = self._links.get(node)
        return link if isinstance(link, FifoLink) else None

    def connect(self) -> None:
        """Connect the fifo links."""
        for link in self._links.values():
            if isinstance(link, FifoLink):
                link.connect()

    async def run(self) -> None:
        """Bring messages to the others, for ever."""
        async with asyncio.TaskGroup() as group:
            for link in self._links.values():
                group.create_task(link.run())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what another node sends, until it ends."""
        with suppress(OSError, ValueError, asyncio.CancelledError):  # the last, when the node stops
            src = self._greeted(await reader.readline())
            link = None if src is None else self._links.get(src)
            if isinstance(link, FifoLink):
                await link.accept((reader, writer))
            elif src is not None:
                await self._take_all(src, reader)
        writer.close()

    def _greeted(self, line: bytes) -> NodeId | None:
        """Who it is that connects, None for nobody of this run."""
        match json.loads(line):
            case {"token": self._token, "src": str(name)}:
                return next((node for node in self._ports if node.name == name), None)
        return None

    async def _take_all(self, src: NodeId, reader: asyncio.StreamReader) -> None:
        self._count[src] += 1
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                self.take(src, line)
        finally:
            self._count[src] -= 1
            if not self._count[src]:
                self._ended(src)

    def take(self, src: NodeId, line: bytes) -> None:
        """Take a line that has come from a node."""
        with suppress(EncodingError):
            self._taken(src, self._decoder.decode(json.loads(line)))


def hello(me: NodeId, token: str) -> bytes:
    """What a connection begins with."""
    return json.dumps({"token": token, "src": me.name}).encode() + b"\n"
