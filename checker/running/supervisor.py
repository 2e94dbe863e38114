"""Starting the nodes of a model, doing faults to them, and stopping them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from elcheck.checker.loading.model_file import ModelFile
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.runner import Runner
from elcheck.checker.observe import Recorder
from elcheck.checker.process.watch import current
from elcheck.checker.running.board import Board, NodeStatus
from elcheck.checker.running.disk import end_last_line
from elcheck.checker.running.fifo_link import HOST, LONGEST
from elcheck.checker.running.outcome import NodeOutcome, RunOutcome
from elcheck.checker.running.schedule import ScheduledFault
from elcheck.checker.running.settings import NodePace, NodeSettings, log_of

T = TypeVar("T")

TICK, SHOW_EVERY = 0.02, 0.25
"""Seconds between two looks at the clock, and between two words of how the run goes."""
HEEDED = 2.0
"""Seconds that nodes have to heed a cut, before the run goes on."""
STARTING, STOPPING = 60.0, 10.0
"""Seconds that a node may take for its start, and for its end."""


@dataclass(frozen=True)
class RunPlan:
    """How long to run, in which folder, how fast, and with which faults. ``kill_every``: about how many
    seconds from one kill of a random node to the next, None for none; half as long it stays down.
    """

    seconds: float
    folder: Path
    pace: NodePace
    kill_every: float | None = None
    schedule: Sequence[ScheduledFault] = ()
    seed: int = 0
    board: Board | None = None
    """Where the run is shown, and told what to do, while it goes on."""


@dataclass
class Member:
    """A node as its supervisor sees it."""

    node: NodeId
    process: asyncio.subprocess.Process | None = None
    starting: asyncio.Task[None] | None = None
    kills: int = 0
    lives: int = 0
    paused: bool = False
    said: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    """What its process has said and nobody has read; an empty line at its end."""
    heeded: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has cut its links, or healed them, as it was told last."""
    listening: asyncio.Task[None] | None = None
    status: Mapping[str, object] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)


class Supervisor:
    """One run of the nodes of a model."""

    def __init__(self, file: ModelFile, given: Mapping[str, object], model: Model, plan: RunPlan) -> None:
        self._file, self._given, self._model, self._plan = file, given, model, plan
        self._members = {node.name: Member(node) for node in model.programs}
        self._dice = random.Random(plan.seed)
        self._token = secrets.token_hex(16)
        self._ports: dict[str, int] = {}
        self._done: list[tuple[float, str]] = []
        self._began = self._show_at = 0.0

    async def run(self) -> RunOutcome:
        """Start all nodes, let them live, stop them. Raises HandlerError, OSError."""
        self._ports = _free_ports(list(self._members))
        async with self._ended_at_last():
            await asyncio.gather(*map(self._start, self._members.values()))
            for member in self._members.values():
                self._tell(member, go=True)
            self._began = time.monotonic()
            interrupted = await self._live()
            lived = self._now()
            await asyncio.gather(*(m.starting for m in self._members.values() if m.starting is not None))
            states = {name: await self._stop(member) for name, member in self._members.items()}
        nodes = [self._outcome(member, states[name]) for name, member in self._members.items()]
        return RunOutcome(lived, nodes, self._done, interrupted)

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _live(self) -> bool:
        """Do the faults in their time; True if a signal ends it."""
        plan = self._plan
        left = sorted(plan.schedule, key=lambda fault: fault.at)
        kill_at = None if plan.kill_every is None else self._soon(plan.kill_every)
        restarts: list[tuple[float, Member]] = []
        while self._now() < plan.seconds:
            if current().exceeded() is not None:
                return True
            await self._attend()
            while left and left[0].at <= self._now():
                await self._do(left.pop(0))
            if kill_at is not None and plan.kill_every is not None and kill_at <= self._now():
                kill_at = self._now() + self._soon(plan.kill_every)
                victim = self._victim()
                if victim is not None:
                    await self._kill(victim)
                    restarts.append((self._now() + self._soon(plan.kill_every / 2), victim))
            due = [member for at, member in restarts if at <= self._now()]
            restarts = [(at, member) for at, member in restarts if member not in due]
            for member in due if self._model.environment.restart != 0 else ():
                self._restart(member)
            await self._look_after()
            await asyncio.sleep(TICK)
        return False

    async def _attend(self) -> None:
        """Show how the run goes, and do what one has been told to."""
        board = self._plan.board
        if board is None:
            return
        while not board.commands.empty():
            await self._do(board.commands.get())
        if self._now() >= self._show_at:
            self._show_at = self._now() + SHOW_EVERY
            board.show(self._now(), list(map(self._status, self._members.values())), self._done)
            for member in self._members.values():
                self._tell(member, status=True)

    def _status(self, member: Member) -> NodeStatus:
        """What is known of a node by its last word."""
        down = "down" if member.starting is None else "starting"
        condition = "paused" if member.paused else "up"
        known = member.status if member.process is not None else {}
        return NodeStatus(
            member.node.name, down if member.process is None else condition,
            kills=member.kills, restarts=max(member.lives - 1, 0), cut=sorted(member.cut), **known,  # type: ignore[arg-type]  # a node's own words
        )  # fmt: skip

    def _soon(self, mean: float) -> float:
        return mean * self._dice.uniform(0.7, 1.3)

    async def _look_after(self) -> None:
        """Raise what a node has ended by."""
        for member in self._members.values():
            if member.starting is not None:
                if member.starting.done():
                    member.starting.result()
                    member.starting = None
            elif member.process is not None and member.process.returncode is not None:
                raise await self._failure(member.process, member)

    # -- one node --------------------------------------------------------------------------------------------

    async def _start(self, member: Member) -> None:
        """Start a node's process, and wait until it listens."""
        settings = NodeSettings(
            member.node.name, str(self._file.path.resolve()), self._given, self._ports,
            str(self._plan.folder.resolve()), self._token, self._plan.pace, self._dice.getrandbits(32),
        )  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "elcheck.checker.running.node",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST,
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        member.process, member.lives, member.paused = process, member.lives + 1, False
        assert process.stdin is not None
        assert process.stdout is not None
        member.said, member.status = asyncio.Queue(), {}
        member.listening = asyncio.create_task(self._listen(member, process.stdout))
        process.stdin.write(settings.line().encode() + b"\n")
        line = await _within(STARTING, member.said.get(), f"{member.node} has not started")
        if b"ready" not in line:
            raise await self._failure(process, member, line)

    async def _listen(self, member: Member, stdout: asyncio.StreamReader) -> None:
        """Take in what a node says, until its end."""
        said = member.said
        while line := await stdout.readline():
            match json.loads(line):
                case {"status": dict(status)}:
                    member.status = status
                case {"cut": True}:
                    member.heeded.set()
                case _:
                    said.put_nowait(line)
        said.put_nowait(b"")

    async def _failure(
        self, process: asyncio.subprocess.Process, member: Member, line: bytes = b""
    ) -> Exception:
        """What a node has ended by."""
        said = line or await member.said.get()
        found: object = json.loads(said or b"{}")
        match found:
            case {"model": str(why)}:
                return HandlerError(why)
            case {"system": str(why)}:
                return OSError(f"{member.node}: {why}")
        code = await process.wait()
        return OSError(f"the process of {member.node} has ended with code {code}")

    def _tell(self, member: Member, **said: object) -> None:
        if member.process is not None and member.process.stdin is not None:
            member.process.stdin.write(json.dumps(said).encode() + b"\n")

    async def _kill(self, member: Member) -> None:
        """Kill -9. Those who have a failure detector learn of it."""
        if member.process is None:
            return
        member.process.kill()
        await member.process.wait()
        member.process, member.kills = None, member.kills + 1
        log = log_of(self._plan.folder, member.node.name)
        end_last_line(log)
        with Recorder(log, member.node.name) as recorder:
            recorder.crash()
        self._note(f"kill {member.node}")
        for other in self._members.values() if self._detects() else ():
            self._tell(other, crashed=member.node.name)

    def _restart(self, member: Member) -> None:
        """Begin to restart a node that is down; meanwhile the others go on."""
        if member.process is None and member.starting is None:
            member.starting = asyncio.create_task(self._restarted(member))

    async def _restarted(self, member: Member) -> None:
        await self._start(member)
        self._note(f"restart {member.node}")
        self._tell(member, go=True)
        self._tell(member, cut=sorted(member.cut))
        for other in self._members.values():
            if other.process is None and self._detects():
                self._tell(member, crashed=other.node.name)

    def _detects(self) -> bool:
        return self._model.environment.detector == "perfect"

    def _victim(self) -> Member | None:
        """A node to be killed at random, None if the model's crashes are all used, or one node is left."""
        up = [m for m in self._members.values() if m.process is not None and m.starting is None]
        budget, used = self._model.environment.crash, sum(m.kills for m in self._members.values())
        spent = self._model.environment.restart == 0 and isinstance(budget, int) and used >= budget
        return None if len(up) < 2 or spent else self._dice.choice(up)

    async def _stop(self, member: Member) -> str | None:
        """Stop a node, and return its state in words; None if it is down."""
        process, name = member.process, member.node.name
        if process is None:
            return None
        if member.paused:
            process.send_signal(signal.SIGCONT)
        self._tell(member, stop=True)
        line = await _within(STOPPING, member.said.get(), f"{name} has not stopped")
        await _within(STOPPING, process.wait(), f"{name} has not ended")
        match json.loads(line or b"{}"):
            case {"state": str(state)}:
                return state
        raise await self._failure(process, member, line)

    @asynccontextmanager
    async def _ended_at_last(self) -> AsyncIterator[None]:
        """Let no process outlive the run."""
        try:
            yield
        finally:
            for member in self._members.values():
                if member.process is not None and member.process.returncode is None:
                    with suppress(ProcessLookupError):
                        member.process.kill()
                    await member.process.wait()

    # -- faults by schedule ----------------------------------------------------------------------------------

    async def _do(self, fault: ScheduledFault) -> None:
        if fault.verb == "cut":
            await self._cut(fault)
        elif fault.verb == "break":
            for member in map(self._members.__getitem__, fault.nodes):
                for name in fault.others:
                    self._tell(member, **{"break": name})
            self._note(str(fault).partition(" ")[2])
        elif fault.verb == "heal":
            for member in self._members.values():
                member.cut.clear()
            await self._tell_cuts(self._members.values())
            self._note("heal")
        for name in fault.nodes if fault.verb not in ("cut", "break") else ():
            member = self._members[name]
            if member.starting is not None:
                await member.starting
            if fault.verb == "kill":
                await self._kill(member)
            elif fault.verb == "restart":
                self._restart(member)
            elif fault.verb in ("pause", "resume") and member.process is not None:
                member.paused = fault.verb == "pause"
                member.process.send_signal(signal.SIGSTOP if member.paused else signal.SIGCONT)
                self._note(f"{fault.verb} {name}")

    async def _cut(self, fault: ScheduledFault) -> None:
        ways = [(fault.nodes, fault.others)] + [(fault.others, fault.nodes)] * (not fault.one_way)
        for senders, receivers in ways:
            for member in map(self._members.__getitem__, senders):
                member.cut |= set(receivers)
        await self._tell_cuts(member for member in self._members.values() if member.cut)
        self._note(str(fault).partition(" ")[2])

    async def _tell_cuts(self, members: Iterable[Member]) -> None:
        """Tell nodes what is cut off, and wait until those that can have heeded it: what comes next does."""
        told = [member for member in members if member.process is not None]
        for member in told:
            member.heeded.clear()
            self._tell(member, cut=sorted(member.cut))
        heeding = [member.heeded.wait() for member in told if not member.paused and member.starting is None]
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*heeding), HEEDED)

    def _note(self, what: str) -> None:
        self._done.append((self._now(), what))

    # -- what comes out --------------------------------------------------------------------------------------

    def _outcome(self, member: Member, state: str | None) -> NodeOutcome:
        log = log_of(self._plan.folder, member.node.name)
        steps = received = 0
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                received += line.startswith('{"event": "receive"')
                steps += line.startswith(('{"event": "receive"', '{"event": "step"'))
        name, restarts = member.node.name, member.lives - 1
        return NodeOutcome(name, state, steps, received, member.kills, restarts, log)


def require_runnable(model: Model, plan: RunPlan) -> None:
    """Raise UsageError for a model whose nodes can't be processes of their own, or that lacks a fault."""
    if not model.programs:
        raise UsageError("a Spec has no nodes, and only what nodes run can be run")
    if model.initial:
        raise UsageError("its initial states are prepared, and nodes that run begin as their start says")
    runner = Runner(model)
    for node in runner.nodes:
        if runner.events(node, "tick"):
            raise UsageError("its nodes take joint ticks: processes of their own have no clock in common")
    random = ["kill"] if plan.kill_every is not None else []
    for verb in [*random, *(fault.verb for fault in plan.schedule)]:
        require_possible(model, verb)
    if plan.pace.loss and model.environment.network == "fifo":
        raise UsageError("--lose: a fifo link of a running system is TCP, which loses nothing by itself")
    if plan.folder.exists() and any(plan.folder.iterdir()):
        raise UsageError(f"--logs {plan.folder}: there is something in it; a run begins with an empty folder")


def require_possible(model: Model, verb: str) -> None:
    """Raise UsageError for a fault that can't happen in a model."""
    environment = model.environment
    if verb == "kill" and environment.crash == 0:
        raise UsageError("the model has no crashes (its environment: crash 0), so none is killed")
    if verb == "restart" and environment.restart == 0:
        raise UsageError("the model has no restarts (its environment: restart 0)")
    if verb == "break" and environment.network != "fifo":
        raise UsageError(f"a {environment.network} has no links that break, only fifo has")


async def _within(seconds: float, doing: Awaitable[T], late: str) -> T:
    """Wait for something, so long at most. Raises OSError."""
    try:
        return await asyncio.wait_for(doing, seconds)
    except TimeoutError:
        raise OSError(f"{late} within {seconds:g} s") from None


def _free_ports(names: Sequence[str]) -> dict[str, int]:
    """A port for each node that nobody has now."""
    sockets = [socket.create_server((HOST, 0)) for _ in names]
    ports = [int(bound.getsockname()[1]) for bound in sockets]
    for bound in sockets:
        bound.close()
    return dict(zip(names, ports, strict=True))


def _environment() -> dict[str, str]:
    """The environment of a node's process, which finds this elcheck."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
