"""``elcheck explore MODEL --tty``: the walk in a terminal, by lines that are typed, or piped in."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.space import Places, Space
from elcheck.checker.model.errors import UsageError, hint
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.process.files import write_whole
from elcheck.checker.render import as_json
from elcheck.checker.render.fit import fitted, for_a_shell, wrapped
from elcheck.checker.render.table import trace_table
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import in_words

HELP = {
    "NUMBER": "take the step of this number",
    "u": "undo the last step",
    "go N": "go back to after step N (0: the start)",
    "b": "the steps that can't be taken, and why",
    "p": "print the walk",
    "here": "print the state again",
    "r [N] [SEED]": "walk at random, N steps (10)",
    "start N": "begin at another initial state",
    "to N": "go to a trace that --check or --trace found",
    "save FILE": "write the walk, for `elcheck replay`: a step a line, or JSON (.json)",
    "q": "end",
}
"""What can be typed, and what it does."""


class EndOfWalk(Exception):
    """The walk is to be ended."""


class Terminal:
    """A walk, and what is typed to go on with it. ``say`` prints lines."""

    def __init__(self, live: LiveModel, path: Sequence[int], say: Callable[[str], None], width: int) -> None:
        self._live, self._say, self._width = live, say, width
        self._path: Places = tuple(path)
        self._version = live.version
        self._problem = ""
        self._random = 0
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "u": self._undo,
            "go": self._go,
            "b": self._blocked,
            "p": self._print,
            "here": lambda words: self._show(),
            "r": self._walk,
            "start": self._start,
            "to": self._to,
            "save": self._save,
            "q": self._quit,
            "?": self._help,
            "h": self._help,
        }

    @property
    def _space(self) -> Space:
        return self._live.space

    def run(self, read: Callable[[], str], *, typed: bool = False) -> None:
        """Do what each line that is read says, until one ends it or there are no more (it is empty)."""
        self._show()
        if typed:
            self._say("? for help")
        try:
            while line := read():
                self._renew()
                self.do(line)
        except EndOfWalk:
            return

    def do(self, line: str) -> None:
        """Do what a line says. Raises EndOfWalk."""
        try:
            name, *words = shlex.split(line, comments=True) or [""]
            if name.isdecimal():
                self._take(int(name))
            elif name in self._commands:
                self._commands[name](words)
            elif name:
                raise UsageError(f"{name!r} is no command: ? lists them{hint(name, self._commands)}")
        except (UsageError, OSError, ValueError) as error:
            self._wrong(str(error))

    def _renew(self) -> None:
        """Take up the model again if its file was saved, and say how far the walk goes in it."""
        said = [step.event.located for step in self._space.walk(self._path).steps]
        self._live.refresh()
        if self._live.problem != self._problem:
            self._problem = self._live.problem
            if self._problem:
                self._wrong(f"The model stays as it was: {self._problem}")
        if self._live.version == self._version:
            return
        self._version = self._live.version
        self._path, why = self._space.follow(self._path, said)
        kept = f"; of the walk {_left(len(self._path) - 1)}: {why}" if why else ""
        self._say(self._fit(click.style(f"The model was saved and read again{kept}", fg="yellow")))
        self._show()

    # -- commands --------------------------------------------------------------------------------------

    def _take(self, number: int) -> None:
        there = self._space.ways(self._here().states[-1]).steps
        if not 1 <= number <= len(there):
            raise UsageError(f"there is no step {number}: there are {counted(len(there), 'step')}, from 1")
        self._move((*self._path, number - 1))

    def _undo(self, words: list[str]) -> None:
        del words
        if len(self._path) == 1:
            raise UsageError("this is the initial state: there is nothing to undo")
        self._move(self._path[:-1])

    def _go(self, words: list[str]) -> None:
        at = _number(words, "go N goes to where step N led")
        if not 0 <= at < len(self._path):
            raise UsageError(f"there is no step {at}: the walk has {counted(len(self._path) - 1, 'step')}")
        self._move(self._path[: at + 1])

    def _start(self, words: list[str]) -> None:
        self._move((_number(words, "start N begins at initial state N") - 1,))

    def _to(self, words: list[str]) -> None:
        saved = self._live.about.prepared
        if not words:
            names = [self._fit(f"  {n}  {path.name}") for n, path in enumerate(saved, 1)]
            self._say("\n".join(names) or "There is no trace to go to: --check looks for some.")
            return
        at = _number(words, "to N goes to the trace of this number")
        if not 1 <= at <= len(saved):
            raise UsageError(f"there is no trace {at}: there are {len(saved)}")
        self._move(saved[at - 1].path)

    def _walk(self, words: list[str]) -> None:
        numbers = [_number([word], "r N SEED walks N steps at random") for word in words[:2]]
        most, seed = (*numbers, *(10, self._random)[len(numbers) :])[:2]
        self._random = seed + 1
        path, why = self._space.random(self._path, seed, most, faults=True)
        count = counted(len(path) - len(self._path), "random step")
        self._say(self._fit(f"{count}, seed {seed}" + (f", then the end: {why}" if why else "")))
        self._move(path)

    def _save(self, words: list[str]) -> None:
        if len(words) != 1:
            raise UsageError("save FILE writes the walk into a file")
        trace, path = self._here(), Path(words[0])
        write_whole(path, saved_as(path, trace, self._space, self._path[0]))
        self._say(f"wrote {path}; to replay it:")
        command = f"  elcheck replay {self._live.about.name} {shlex.quote(str(path))}"
        self._say(for_a_shell(command, self._width))

    def _help(self, words: list[str]) -> None:
        del words
        wide = max(map(len, HELP)) + 2
        for line, does in HELP.items():
            first, *more = wrapped(does, self._width - wide - 2, at_brackets=False)
            self._say("\n".join([f"  {line:{wide}}{first}", *(" " * (wide + 2) + rest for rest in more)]))

    def _wrong(self, said: str) -> None:
        self._say(self._fit(click.style(said, fg="red")))

    def _quit(self, words: list[str]) -> None:
        del words
        raise EndOfWalk

    # -- what is printed -------------------------------------------------------------------------------

    def _here(self) -> Trace:
        return self._space.walk(self._path)

    def _move(self, path: Sequence[int]) -> None:
        self._space.walk(path)  # there is such a path, or it is not gone
        self._path = tuple(path)
        self._show()

    def _print(self, words: list[str]) -> None:
        del words
        self._say(trace_table(self._space.model, self._here(), self._width))

    def _show(self) -> None:
        """Where the walk is: the state, what is broken, what can be done."""
        trace = self._here()
        at, state = len(trace.steps), trace.states[-1]
        last = f"After step {at}, {trace.steps[-1].event.located}" if at else "The initial state"
        start = (
            f" {self._path[0] + 1} of {len(self._space.starts)}"
            if not at and len(self._space.starts) > 1
            else ""
        )
        parts = [self._fit(click.style(last + start, bold=True)), *self._state(state)]
        broken = self._space.broken_at_the_end(trace)
        parts += [self._fit(click.style(f"broken: {name}", fg="red", bold=True)) for name in broken]
        self._say("\n".join(["", *parts, *self._steps(state)]))

    def _state(self, state: GlobalState) -> Iterator[str]:
        """A state, a line for each node, then what is under way, the history and the budgets."""
        if state.shared is not None:
            yield self._fit(f"  {text(state.shared)}")
        for view in state.nodes:
            idle = click.style(f" ({view.idle})", fg="yellow") if view.idle else ""
            yield self._fit(f"  {view.node}{idle}: {text(view.state, sparse=True)}")
        for envelope in state.network:
            yield self._fit(f"  {envelope}")
        for expression in self._space.show:
            yield self._fit(f"  {expression.text}: {expression.said_in(state)}")
        for monitor, known in zip(self._space.model.monitors, state.history, strict=True):
            yield self._fit(f"  {monitor.name}: {text(known)}")

    def _steps(self, state: GlobalState) -> Iterator[str]:
        ways = self._space.ways(state)
        for number, (event, after) in enumerate(ways.steps, 1):
            said = click.style(event.located, fg="yellow" if event.fault else "green")
            does = "; ".join(in_words(self._space.model, state, TraceStep(event, after)))
            yield self._fit(f"{number:>3}  {said}" + (f": {does}" if does else ""))
            for name in self._space.newly_broken(state, event, after):
                yield self._fit(click.style(f"     breaks: {name}", fg="red"))
        if ways.raised is not None:
            raised = f"Not all steps are known, a handler raised: {ways.raised}"
            yield self._fit(click.style(raised, fg="red"))
        elif not ways.steps:
            yield "No step can be taken: this is an end."
        blocked = sum(len(group.events) for group in self._space.blocked(state))
        yield self._fit(click.style(f"{counted(blocked, 'other')} can't be taken: b says why", dim=True))

    def _blocked(self, words: list[str]) -> None:
        del words
        for group in self._space.blocked(self._here().states[-1]):
            names = ", ".join(event.located for event in group.events)
            place = f" ({group.source})" if group.source else ""
            self._say(self._fit(f"  {names}: {group.why}{place}"))

    def _fit(self, said: str) -> str:
        return fitted(said, self._width)


def saved_as(path: Path, trace: Trace, space: Space, start: int) -> str:
    """A walk as a file that replay reads: JSON with every state if the name ends so, else a step a line."""
    if path.suffix == ".json":
        return json.dumps(as_json.trace(space.model, trace), indent=2, ensure_ascii=False) + "\n"
    begin = [f"start {start + 1}"] * (len(space.starts) > 1)
    lines = [step.event.located for step in trace.steps]
    if any(re.search(r"[\n#]", line) for line in lines):
        raise UsageError("a step of this walk has a # or more lines in it: save it as .json")
    return "\n".join([*begin, *lines]) + "\n"


def _left(steps: int) -> str:
    return f"{counted(steps, 'step')} {'is' if steps == 1 else 'are'} left"


def _number(words: list[str], meant: str) -> int:
    if len(words) != 1 or not re.fullmatch(r"-?\d{1,9}", words[0]):
        raise UsageError(meant)
    return int(words[0])
