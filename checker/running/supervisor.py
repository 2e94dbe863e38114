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
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
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
from elcheck.checker.running.disk import end_last_line
from elcheck.checker.running.fifo_link import HOST
from elcheck.checker.running.outcome import NodeOutcome, RunOutcome
from elcheck.checker.running.schedule import ScheduledFault
from elcheck.checker.running.settings import NodePace, NodeSettings, log_of

T = TypeVar("T")

TICK = 0.02
"""Seconds between two looks at the clock."""
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


@dataclass
class Member:
    """A node as its supervisor sees it."""

    node: NodeId
    process: asyncio.subprocess.Process | None = None
    starting: asyncio.Task[None] | None = None
    kills: int = 0
    lives: int = 0
    paused: bool = False
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
        self._began = 0.0

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
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        member.process, member.lives, member.paused = process, member.lives + 1, False
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(settings.line().encode() + b"\n")
        line = await _within(STARTING, process.stdout.readline(), f"{member.node} has not started")
        if b"ready" not in line:
            raise await self._failure(process, member, line)

    async def _failure(
        self, process: asyncio.subprocess.Process, member: Member, line: bytes = b""
    ) -> Exception:
        """What a node has ended by."""
        assert process.stdout is not None
        said = line or await process.stdout.readline()
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
        if process is None or process.stdout is None:
            return None
        if member.paused:
            process.send_signal(signal.SIGCONT)
        self._tell(member, stop=True)
        line = await _within(STOPPING, process.stdout.readline(), f"{name} has not stopped")
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
            self._cut(fault)
        elif fault.verb == "break":
            for member in map(self._members.__getitem__, fault.nodes):
                for name in fault.others:
                    self._tell(member, **{"break": name})
            self._note(str(fault).partition(" ")[2])
        elif fault.verb == "heal":
            for member in self._members.values():
                member.cut.clear()
                self._tell(member, cut=[])
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

    def _cut(self, fault: ScheduledFault) -> None:
        ways = [(fault.nodes, fault.others)] + [(fault.others, fault.nodes)] * (not fault.one_way)
        for senders, receivers in ways:
            for member in map(self._members.__getitem__, senders):
                member.cut |= set(receivers)
                self._tell(member, cut=sorted(member.cut))
        self._note(str(fault).partition(" ")[2])

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
    kills = plan.kill_every is not None or any(fault.verb == "kill" for fault in plan.schedule)
    if kills and model.environment.crash == 0:
        raise UsageError("the model has no crashes (its environment: crash 0), so none is killed")
    if model.environment.restart == 0 and any(fault.verb == "restart" for fault in plan.schedule):
        raise UsageError("the model has no restarts (its environment: restart 0)")
    network = model.environment.network
    if network != "fifo" and any(fault.verb == "break" for fault in plan.schedule):
        raise UsageError(f"a {network} has no links that break, only fifo has")
    if plan.pace.loss and network == "fifo":
        raise UsageError("--lose: a fifo link of a running system is TCP, which loses nothing by itself")
    if plan.folder.exists() and any(plan.folder.iterdir()):
        raise UsageError(f"--logs {plan.folder}: there is something in it; a run begins with an empty folder")


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
