"""Servers on loopback, and what is done to them: killed, paused, started again."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


@dataclass
class Server:
    """A server: its name, the command that starts it, and where its output goes."""

    name: str
    command: Sequence[str]
    output: Path
    process: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; its output is appended to."""
        self._log = self.output.open("ab")
        self.process = subprocess.Popen(self.command, stdout=self._log, stderr=subprocess.STDOUT)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and wait for its end if it is one that kills."""
        assert self.process is not None
        self.process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.process.wait()
            assert self._log is not None
            self._log.close()
            self.process = None


class Cluster:
    """Some servers. What is done to them is written to ``env.log``, a JSON object a line."""

    def __init__(self, servers: Sequence[Server], folder: Path) -> None:
        self.servers = servers
        self._log = (folder / "env.log").open("a")

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        for server in self.servers:
            if server.process is not None:
                server.send(signal.SIGCONT)
                server.send(signal.SIGKILL)
        self._log.close()

    def start(self, server: Server) -> None:
        """Start a server."""
        self._did("start", server)
        server.start()

    def kill(self, server: Server) -> None:
        """``kill -9``."""
        self._did("kill", server)
        server.send(signal.SIGKILL)

    def pause(self, server: Server, seconds: float) -> None:
        """Stop a server for a while."""
        self._did("pause", server)
        server.send(signal.SIGSTOP)
        time.sleep(seconds)
        self._did("continue", server)
        server.send(signal.SIGCONT)

    def _did(self, what: str, server: Server) -> None:
        self._log.write(json.dumps({"ts": round(time.time(), 3), "do": what, "node": server.name}) + "\n")
        self._log.flush()


def trouble(cluster: Cluster, rounds: int, election: float, seed: int) -> None:
    """Kill or pause a server at random, many times; ``election`` is about as long as an election takes."""
    dice = random.Random(seed)
    for server in cluster.servers:
        cluster.start(server)
    time.sleep(4 * election)
    for _ in range(rounds):
        server = dice.choice(cluster.servers)
        if dice.random() < 0.5:
            cluster.pause(server, 2 * election)
        else:
            cluster.kill(server)
            time.sleep(dice.uniform(0.5, 3) * election)
            cluster.start(server)
        time.sleep(dice.uniform(1.5, 3) * election)


def keep(source: Path, target: Path, is_kept: Callable[[str], bool]) -> None:
    """Copy the lines of a log that are about elections."""
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    target.write_text("".join(filter(is_kept, lines)), encoding="utf-8")
