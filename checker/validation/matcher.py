"""The search: is there a run of the model of which these lines are what was logged?

It needs no order of all lines. Each lane of each node has a cursor, and a message is taken after it was sent.
In a sent-set what is possible stays possible until its own node moves, so a line that names its message is
taken as soon as it can be; so is what a node may do without a line. What remains are guesses: they are put
off, one world is copied for each outcome, and a world that was there before is not followed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import State
from elcheck.checker.model.state import Event, Prepared
from elcheck.checker.process.limits import Limits, Stop, too_many_states
from elcheck.checker.process.running import watching
from elcheck.checker.process.watch import Ended, current
from elcheck.checker.validation.attempts import Attempts, Option
from elcheck.checker.validation.calls import WHOLE, Call, ObservedStep
from elcheck.checker.validation.handlers import Handlers
from elcheck.checker.validation.observer import Observer
from elcheck.checker.validation.obstacles import Obstacle, farther
from elcheck.checker.validation.world import Lives, RunStep, World

Way: TypeAlias = list[tuple[list[Option], Call]]
"""The calls of a reading, each with its outcomes."""
AHEAD = 25
"""Lines of a node that are looked at to choose among guesses."""


@dataclass(frozen=True)
class Stuck:
    """A step that is not possible."""

    node: NodeId
    step: ObservedStep
    why: Obstacle


@dataclass(frozen=True)
class Matched:
    """What a search has come to: the world that got farthest, what it is stuck at (nothing: all lines are
    done), and the limit that ended it, if one did.
    """

    world: World
    stuck: tuple[Stuck, ...]
    stop: Stop | None = None

    @property
    def allowed(self) -> bool:
        """True if all lines are steps of a run."""
        return not self.stuck and self.stop is None


@dataclass
class Branch:
    """A world that is to be followed, and what is known to be impossible in it at these versions."""

    world: World
    refused: dict[tuple[NodeId, str], tuple[int, Obstacle]] = field(default_factory=dict)
    settled: dict[NodeId, int] = field(default_factory=dict)


class Matcher:
    """Searches for a run. ``lives`` are the steps of the nodes that are looked at, ``start`` is how all
    nodes begin.
    """

    def __init__(
        self,
        observer: Observer[State],
        handlers: Handlers,
        lives: Mapping[NodeId, Lives],
        start: Prepared,
        *,
        silent: frozenset[NodeId] = frozenset(),
        skew: float | None = None,
        limits: Limits = Limits(),
        looks_ahead: bool = True,
    ) -> None:
        self._looks_ahead = looks_ahead
        self._observer, self._handlers, self._lives, self._start = observer, handlers, lives, start
        self._silent, self._limits = silent, limits
        self._attempts = Attempts(handlers, self._may_assume, skew)
        self._steps = 0
        self._returns: dict[tuple[NodeId, int, State], bool] = {}

    def run(self, world: World | None = None, most: int | None = None) -> Matched:
        """Search, from a world on. ``most``: lines after which it is enough."""
        with watching(self._limits):
            return self._searched(world, most)

    def _searched(self, world: World | None, most: int | None) -> Matched:
        branches = [Branch(world or World(self._lives, self._start))]
        best: Matched | None = None
        seen: dict[object, list[frozenset[object]]] = defaultdict(list)
        while branches:
            branch = branches.pop()
            if best is not None or branches:
                nodes, messages = branch.world.key(partial(self._may_return, branch.world))
                if any(messages <= others for others in seen[nodes]):
                    continue
                seen[nodes].append(messages)
            found = self._follow(branch, branches, most)
            if found is None:
                continue
            if found.allowed or found.stop is not None:
                return found
            if best is None or len(found.world.run) > len(best.world.run):
                best = found
        assert best is not None
        return best

    def _follow(self, branch: Branch, branches: list[Branch], most: int | None) -> Matched | None:
        """Go on until nothing is possible any more, or None: to where the branch splits. An interrupt, or the
        end of the memory, ends it like a limit.
        """
        try:
            return self._followed(branch, branches, most)
        except Ended as ended:
            return Matched(branch.world, (), ended.notice())
        except MemoryError:
            return Matched(branch.world, (), current().out_of_memory)

    def _followed(self, branch: Branch, branches: list[Branch], most: int | None) -> Matched | None:
        while True:
            stop = self._exceeded()
            if stop is not None:
                return Matched(branch.world, tuple(self._all_stuck(branch)), stop)
            if most is not None and len(branch.world.run) >= most:
                return Matched(branch.world, ())
            self._settle(branch)
            ways = self._advance(branch)
            if ways is None:
                return Matched(branch.world, tuple(self._all_stuck(branch)))
            if ways:
                branches += ways
                return None

    def _may_assume(self, src: NodeId, msg: object) -> bool:
        return src in self._silent or self._observer.sent_before(src, msg)

    def _exceeded(self) -> Stop | None:
        self._steps += 1
        if self._limits.max_states is not None and self._steps > self._limits.max_states:
            return too_many_states(self._limits.max_states)
        return current().exceeded()

    def _all_stuck(self, branch: Branch) -> list[Stuck]:
        """Every lane that has lines left, with what is against the next one."""
        found = []
        for node in branch.world.at:
            for step in branch.world.ahead(node):
                version, why = branch.refused.get((node, step.lane), (-1, Obstacle("form", Call())))
                del version
                found.append(Stuck(node, step, why))
        return found

    # -- lines -------------------------------------------------------------------------------------------

    def _advance(self, branch: Branch) -> list[Branch] | None:
        """Take one step of some node: the earliest that is possible, one that is a guess after all others.
        None if none is possible; where a step splits the branch, what comes of it, the likeliest last.
        """
        world = branch.world
        ahead = [(node, step) for node in world.at for step in world.ahead(node)]
        ahead.sort(key=lambda found: found[1].time or 0.0)
        put_off: tuple[NodeId, ObservedStep, Way] | None = None
        for node, step in ahead:
            version = world.at[node].version
            known = branch.refused.get((node, step.lane))
            if known is not None and known[0] == version:
                continue
            way = self._way(world, node, step)
            if isinstance(way, Obstacle):
                branch.refused[node, step.lane] = version, way
            elif any(call.latest for _, call in way):
                put_off = put_off or (node, step, way)
            else:
                return self._take(branch, node, step, way)
        return None if put_off is None else self._take(branch, *put_off)

    def _way(self, world: World, node: NodeId, step: ObservedStep) -> Way | Obstacle:
        """The first reading of a step that is possible, or what is against the one that came farthest."""
        if step.flaw:
            return Obstacle("form", Call(), text=step.flaw)
        against: Obstacle | None = None
        for reading in self._observer.calls(node, step, world.at[node].state):
            if step.begins and not world.at[node].begun:
                reading = [_at_first(call) for call in reading]
            way = self._attempts.way(world, node, reading, step)
            if not isinstance(way, Obstacle):
                return way
            against = farther(against, way)
        assert against is not None, f"the observer has no reading of {step.refs}"
        return against

    def _take(self, branch: Branch, node: NodeId, step: ObservedStep, way: Way) -> list[Branch]:
        """Take a step. Where its last call has several outcomes to be followed, a branch for each."""
        *before, (options, last) = way
        world = branch.world
        for found, call in before:
            self._do(world, node, step, call, found[0])
        likely = _different(options, last.guess)
        if self._looks_ahead and len(likely) > 1:
            likely = self._likely(world, node, step, last, likely)
        if len(likely) == 1:
            self._do(world, node, step, last, likely[0])
            world.finished(node, step)
            return []
        branches = []
        for option in reversed(likely):
            other = world.copy()
            self._do(other, node, step, last, option)
            other.finished(node, step)
            branches.append(Branch(other))
        return branches

    def _do(self, world: World, node: NodeId, step: ObservedStep | None, call: Call, option: Option) -> None:
        progress = world.at[node]
        lines = None if call.hidden else step
        if step is not None and step.begins and call.handler in ("", "restart") and not call.hidden:
            life = progress.life + progress.begun
            event = Event("restart", "restart", node) if progress.begun else None
            taken = RunStep(node, life, 0, event, option.state, option.sends, step=lines, kept=option.kept)
            world.begin(taken)
        elif option.event is not None:
            number, hidden = progress.number + 1, call.hidden or step is None
            event, state, sends, used = option.event, option.state, option.sends, option.used
            world.take(RunStep(node, progress.life, number, event, state, sends, used, lines, hidden))

    def _likely(
        self, world: World, node: NodeId, step: ObservedStep, call: Call, options: list[Option]
    ) -> list[Option]:
        """Of several outcomes those after which the node's next lines are possible, whatever others do."""
        others = frozenset(world.at) - {node}
        reached = []
        for option in options:
            copied = world.copy()
            self._do(copied, node, step, call, option)
            copied.finished(node, step)
            copied.lives = {node: world.lives[node]}
            silent = self._silent | others
            alone = Matcher(
                self._observer, self._handlers, copied.lives, self._start, silent=silent, looks_ahead=False
            )
            done = copied.at[node].finished
            found = alone.run(copied, len(copied.run) + AHEAD)
            reached.append((found.allowed, found.world.at[node].finished - done))
        best = max(reached)
        return [option for option, far in zip(options, reached, strict=True) if far[0] or far == best]

    def _may_return(self, world: World, node: NodeId, state: State) -> bool:
        """Whether the next life of a node may begin with what a crash leaves of a state."""
        lives, life = self._lives.get(node, ()), world.at[node].life
        if not world.at[node].begun or life + 1 >= len(lives):
            return False
        key = (node, life, state)
        if key not in self._returns:
            begin = lives[life + 1].begin
            assert begin is not None
            self._returns[key] = any(
                not isinstance(self._attempts.recovered(node, state, call), Obstacle)
                for reading in self._observer.calls(node, begin, state)
                for call in reading
                if call.handler == "restart"
            )
        return self._returns[key]

    # -- what happens without a line ---------------------------------------------------------------------

    def _settle(self, branch: Branch) -> None:
        """Let all nodes do what they may do without a line."""
        world = branch.world
        moved = True
        while moved:
            moved = False
            for node, progress in world.at.items():
                while progress.begun and not progress.down and branch.settled.get(node) != progress.version:
                    version = progress.version
                    if not self._moved(world, node):
                        branch.settled[node] = version
                        break
                    moved = True

    def _moved(self, world: World, node: NodeId) -> bool:
        """Take the first free call that changes or sends something. False if there is none."""
        progress = world.at[node]
        for call in self._observer.free(node, progress.state, world.ahead(node)):
            options = self._attempts.options(world, node, progress.state, call, None)
            if isinstance(options, Obstacle):
                continue
            changes = [option for option in options if option.state != progress.state]
            sends = [o for o in options if any(world.mail.sending(e) is None for e in o.sends)]
            for option in changes[:1] or sends:
                self._do(world, node, None, call, option)
            if changes or sends:
                return True
        return False


def _different(options: list[Option], fields: Sequence[str]) -> list[Option]:
    """The options that differ in some fields of the state, the first of each kind."""
    if fields == WHOLE:
        return options
    found: dict[tuple[object, ...], Option] = {}
    for option in options:
        values: tuple[object, ...] = tuple(getattr(option.state, name) for name in fields)
        found.setdefault(values, option)
    return list(found.values())


def _at_first(call: Call) -> Call:
    """The first life of a node begins in the state in which it is."""
    return call if call.handler != "restart" else Call(before=call.after)
