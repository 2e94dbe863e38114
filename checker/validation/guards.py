"""Which guards a behaviour has seen hold, and which not hold: in every state that a node was in."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from elcheck.checker.model import step
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.state import Event
from elcheck.checker.validation.behaviour import Behaviour

MOST_STATES = 1000
"""States of nodes in which guards are asked, those that the behaviour comes to first."""
MOST_ARGUMENTS = 8
"""Arguments with which an action is tried in a state, besides those that the behaviour took."""
GuardPlace = tuple[str, int]
"""The file and the line of a guard."""


@dataclass(frozen=True)
class GuardUse:
    """A guard, where it is, and in how many states of nodes it held and did not hold."""

    program: str
    handler: str
    why: str
    place: str
    held: int
    failed: int


@dataclass
class _Asked:
    """The guards that a handler asked, in the order of their lines, with the states by their numbers."""

    whys: dict[GuardPlace, str] = field(default_factory=dict)
    held: dict[GuardPlace, set[int]] = field(default_factory=dict)
    failed: dict[GuardPlace, set[int]] = field(default_factory=dict)


def guards_of(behaviour: Behaviour, runner: Runner) -> tuple[GuardUse, ...]:
    """All guards of the handlers, those that were never asked too. Actions and timeouts are tried in each
    state in which their node was up, deliveries where they happened.
    """
    classes = {type(program).__name__: type(program) for program in runner.programs.values()}
    asked = {(owner, h.name): _written(classes[owner], h.name) for owner, h in runner.all_handlers()}
    for number, (node, state, events) in enumerate(_states(behaviour, runner)):
        owner = type(runner.programs[node]).__name__
        for event in events:
            with _told(asked[owner, event.name], number):
                try:
                    runner.take(event, state)
                except HandlerError:
                    continue
    return tuple(use for (owner, name), found in asked.items() for use in _uses(owner, name, found))


def _uses(owner: str, handler: str, asked: _Asked) -> Iterator[GuardUse]:
    for place in sorted(asked.whys):
        file, line = place
        held, failed = (len(found.get(place, ())) for found in (asked.held, asked.failed))
        yield GuardUse(owner, handler, asked.whys[place], f"{Path(file).name}:{line}", held, failed)


def _states(behaviour: Behaviour, runner: Runner) -> Iterator[tuple[NodeId, object, list[Event]]]:
    """The states that nodes were in, each once, with the events that are tried in it."""
    seen: set[tuple[NodeId, object]] = set()
    tried = {node: list(_tried(behaviour, runner, node)) for node in runner.programs}
    for _, before, taken in behaviour.trace.numbered:
        event = taken.event
        for view in before.nodes:
            events = [event] if event.node == view.node and event.kind == "receive" else []
            if view.up and (view.node, view.state) not in seen and len(seen) < MOST_STATES:
                seen.add((view.node, view.state))
                events += tried[view.node]
            if events:
                yield view.node, view.state, events


def _tried(behaviour: Behaviour, runner: Runner, node: NodeId) -> Iterator[Event]:
    """The actions and timeouts of a node, of each some arguments."""
    taken = {(s.event.name, s.event.args) for s in behaviour.trace.steps if s.event.node == node}
    count: dict[str, int] = {}
    for kind in ("action", "timeout"):
        for handler, event in runner.events(node, kind):
            count[handler.name] = count.get(handler.name, 0) + 1
            if count[handler.name] <= MOST_ARGUMENTS or (event.name, event.args) in taken:
                yield event


@contextmanager
def _told(asked: _Asked, state: int) -> Iterator[None]:
    """Note the guards that are asked meanwhile."""

    def watch(holds: bool, why: str) -> None:
        caller = sys._getframe(2)
        place = caller.f_code.co_filename, caller.f_lineno
        asked.whys.setdefault(place, why)
        (asked.held if holds else asked.failed).setdefault(place, set()).add(state)

    before, step.watcher = step.watcher, watch
    try:
        yield
    finally:
        step.watcher = before


def _written(program: type, name: str) -> _Asked:
    """The guards that stand in the source of a handler, and of those that it overrides."""
    found = _Asked()
    for cls in program.__mro__:
        code: object = getattr(inspect.unwrap(vars(cls).get(name, None)), "__code__", None)
        if isinstance(code, CodeType):
            found.whys.update(_in_source(code))
    return found


def _in_source(code: CodeType) -> Iterator[tuple[GuardPlace, str]]:
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return
    for call in ast.walk(ast.parse(textwrap.dedent("".join(lines)))):
        if isinstance(call, ast.Call) and _name(call.func) in ("guard", "require") and len(call.args) > 1:
            why = call.args[1]
            said = why.value if isinstance(why, ast.Constant) else ast.unparse(why)
            yield (code.co_filename, first + call.lineno - 1), str(said)


def _name(of: ast.expr) -> str:
    return of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
