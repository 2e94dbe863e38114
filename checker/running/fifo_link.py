"""A fifo link of a running node: one TCP connection for both directions, which breaks as a whole.

What breaks it (the other end's crash, its closing the link, a command) loses what is on it, both ways, and
each end is told once. The end that comes first in the model's order connects, at once again after a break;
the other one asks it to. So each end has one connection or none, and a new one tells of the end of the old.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress

from elcheck.checker.running.settings import NodePace

HOST = "127.0.0.1"
LONGEST = 1 << 24
"""Bytes of the longest line."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ASK_AGAIN = 0.2
"""Seconds after which the other end is asked once more to connect."""


class FifoLink:
    """The link to one other node, at a port. ``connects``: this end does that; a connection begins with
    ``hello``. ``took`` is given the lines that arrive, ``broke`` is called when the link has broken.
    """

    def __init__(
        self,
        port: int,
        hello: bytes,
        pace: NodePace,
        dice: random.Random,
        took: Callable[[bytes], None],
        broke: Callable[[], None],
        *,
        connects: bool,
    ) -> None:
        self._port, self._hello, self._pace, self._dice = port, hello, pace, dice
        self._took, self._broke, self._connects = took, broke, connects
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._awake, self._open, self._there = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._open.set()
        self._streams: Streams | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._streams is not None

    def cut(self, *, off: bool) -> None:
        """Hold up what is sent from here, or let it pass."""
        if off:
            self._open.clear()
        else:
            self._open.set()

    def send(self, line: bytes) -> None:
        """Put a message on its way, behind those before it."""
        due = asyncio.get_running_loop().time() + self._dice.uniform(0, self._pace.delay)
        self._waiting.append((due, line))
        self._awake.set()

    def connect(self) -> None:
        """See that there is a connection, if the other end is up: its end tells of a crash."""
        self._do(self._reach())

    def renew(self) -> None:
        """Close the link and go on with a new one: what is under way is lost, and the other end is told."""
        self._drop()
        self.connect()

    def break_off(self) -> None:
        """Break the link."""
        self._drop()
        self._broke()
        self.connect()

    async def run(self) -> None:
        """Bring messages to the other end, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._awake.clear()
            while self._waiting:
                first = self._waiting[0]
                await asyncio.sleep(first[0] - loop.time())
                await self._open.wait()
                with suppress(OSError):  # the other end is down: what is sent to it is lost
                    writer = await self._connection()
                    if self._is_first(first):  # the link has not broken meanwhile
                        writer.write(first[1])
                        await writer.drain()
                if self._is_first(first):
                    self._waiting.popleft()
            await self._awake.wait()

    def _is_first(self, message: tuple[float, bytes]) -> bool:
        return bool(self._waiting) and self._waiting[0] is message

    # -- connections -----------------------------------------------------------------------------------------

    async def _reach(self) -> None:
        with suppress(OSError):
            await self._connection()

    async def _connection(self) -> asyncio.StreamWriter:
        """The connection, when there is one. Raises OSError if the other end is down."""
        while self._streams is None:
            streams = await asyncio.open_connection(HOST, self._port, limit=LONGEST)
            if self._streams is not None:
                streams[1].close()
                break
            streams[1].write(self._hello)
            if self._connects:
                self._begin(streams)
            else:  # the other end connects now
                streams[1].close()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._there.wait(), ASK_AGAIN)
        return self._streams[1]

    async def accept(self, streams: Streams) -> None:
        """Take a connection from the other end, or its wish for one. A new one tells that it has broken the
        one before.
        """
        if self._connects:
            self.connect()
            return
        if self._streams is not None:
            self._drop()
            self._broke()
        self._begin(streams, read=False)
        await self._read(streams)

    def _begin(self, streams: Streams, *, read: bool = True) -> None:
        self._streams = streams
        self._there.set()
        if read:
            self._do(self._read(streams))

    async def _read(self, streams: Streams) -> None:
        """Take what arrives, until the connection ends; then the link has broken."""
        with suppress(OSError, ValueError):
            while (line := await streams[0].readline()).endswith(b"\n") and self._streams is streams:
                self._took(line)
        streams[1].close()
        if self._streams is streams:
            self.break_off()

    def _drop(self) -> None:
        self._waiting.clear()
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
        self._there.clear()

    def _do(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
