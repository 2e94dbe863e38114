"""A fifo link breaks as a whole: nothing sent before arrives after, and each end is told once."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Coroutine

import pytest

from elcheck.checker.running.fifo_link import HOST, FifoLink
from elcheck.checker.running.settings import NodePace

HELLO = b"hello\n"
Doing = Callable[["End", "End"], Coroutine[object, object, None]]


class End:
    """One end of a link, with what it has seen: lines, and breaks."""

    def __init__(self, port: int, other: int, *, connects: bool, delay: float = 0.0) -> None:
        self.seen: list[str] = []
        self._port = port
        pace, dice = NodePace(delay=delay), random.Random(port)
        took, broke = (
            (lambda line: self.seen.append(line.decode().strip())),
            lambda: self.seen.append("broke"),
        )
        self.link = FifoLink(other, HELLO, pace, dice, took, broke, connects=connects)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, and connect."""
        self._server = await asyncio.start_server(self._serve, HOST, self._port)
        self._run = asyncio.create_task(self.link.run())
        self.link.connect()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline() == HELLO:
            await self.link.accept((reader, writer))
        writer.close()

    def send(self, *lines: str) -> None:
        """Send lines."""
        for line in lines:
            self.link.send(line.encode() + b"\n")


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def linked(doing: Doing, *, delay: float = 0.0) -> None:
    """Do something with two ends of a link."""

    async def both() -> None:
        sockets = [socket.create_server((HOST, 0)) for _ in range(2)]
        one, two = (bound.getsockname()[1] for bound in sockets)
        for bound in sockets:
            bound.close()
        first, second = End(one, two, connects=True, delay=delay), End(two, one, connects=False, delay=delay)
        await asyncio.gather(first.start(), second.start())
        await doing(first, second)

    asyncio.run(both())


def test_lines_arrive_in_order_both_ways() -> None:
    sent = [str(number) for number in range(50)]

    async def doing(first: End, second: End) -> None:
        first.send(*sent)
        second.send(*sent)
        await until(lambda: len(first.seen) == len(second.seen) == 50)
        assert first.seen == second.seen == sent

    linked(doing, delay=0.004)


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("own", [True, False], ids=["closed", "broken"])
def test_each_end_is_told_once(who: int, own: bool) -> None:
    async def doing(*ends: End) -> None:
        breaker, other = ends[who], ends[1 - who]
        breaker.send("a")
        other.send("b")
        await until(lambda: breaker.seen == ["b"] and other.seen == ["a"])
        breaker.link.cut(off=True)
        other.link.cut(off=True)
        breaker.send("lost")
        other.send("lost")
        if own:
            breaker.link.renew()
        else:
            breaker.link.break_off()
        breaker.link.cut(off=False)
        breaker.send("c")
        await until(lambda: "c" in other.seen)
        other.link.cut(off=False)
        other.send("d")
        await until(lambda: "d" in breaker.seen)
        assert other.seen == ["a", "broke", "c"]
        assert breaker.seen == (["b", "d"] if own else ["b", "broke", "d"])

    linked(doing)


def test_many_breaks_at_both_ends_leave_a_link_that_works() -> None:
    dice = random.Random(1)

    async def doing(first: End, second: End) -> None:
        for number in range(60):
            end = dice.choice((first, second))
            end.send(str(number))
            if dice.random() < 0.5:
                end.link.break_off()
            await asyncio.sleep(dice.choice((0, 0, 0.003)))
        await asyncio.sleep(0.1)
        for end in (first, second):
            end.seen.clear()
        first.send("x")
        second.send("y")
        await until(lambda: bool(first.seen) and bool(second.seen))
        assert (first.seen, second.seen) == (["y"], ["x"])

    linked(doing)


@pytest.mark.parametrize("who", [0, 1])
def test_what_is_sent_to_who_is_down_is_lost(who: int) -> None:
    async def both() -> None:
        with socket.create_server((HOST, 0)) as bound:
            nobody, port = bound.getsockname()[1], bound.getsockname()[1] + 1
        end = End(port, nobody, connects=who == 0)
        run = asyncio.create_task(end.link.run())
        end.send("lost")
        await asyncio.sleep(0.1)
        assert not end.link.connected
        assert end.seen == []
        run.cancel()

    asyncio.run(both())
