"""What of a model a search never used, and what of that a parameter has switched off."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import TypeAlias

from elcheck.checker.model.handlers import Handler
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.values import text
from elcheck.checker.system import System


@dataclass(frozen=True)
class Coverage:
    """What of the model the search never used. ``switched_off`` are those handlers of ``never_run`` and
    ``never_enabled`` that a parameter of the program, or the environment, may have switched off, each with
    what that is.
    """

    never_run: tuple[str, ...] = ()
    never_enabled: tuple[tuple[str, str], ...] = ()
    never_changing: tuple[str, ...] = ()
    unhandled: tuple[tuple[str, str], ...] = ()
    blocked_heads: tuple[str, ...] = ()
    switched_off: tuple[tuple[str, str], ...] = ()


def coverage_of(system: System) -> Coverage:
    """What was never used of a model in all that a system was asked so far."""
    never_run, never_enabled, never_changing = [], [], []
    runner = system.runner
    handlers = {(owner, handler.name): handler for owner, handler in runner.all_handlers()}
    names_in = {type(program): _names_in_methods(program) for program in _programs(runner)}
    off = []
    for (owner, name), tally in runner.tallies.items():
        said, handler = f"{owner}.{name}", handlers[owner, name]
        if not tally.called:
            never_run.append(said)
        elif not tally.enabled:
            why = tally.blocked.most_common(1)
            never_enabled.append((said, why[0][0] if why else "it yields nothing"))
        elif not tally.changed and not handler.messages:  # a delivery takes its message at least
            never_changing.append(said)
        if not tally.enabled and (switch := _switch(runner, owner, handler, names_in)):
            off.append((said, switch))
    return Coverage(
        tuple(never_run),
        tuple(never_enabled),
        tuple(never_changing),
        tuple(sorted(runner.unhandled)),
        tuple(system.blocked_heads()),
        tuple(off),
    )


NamesInMethods: TypeAlias = Mapping[str, Collection[str]]
"""The names that each method and property of a class uses."""


def _switch(runner: Runner, owner: str, handler: Handler, names_in: Mapping[type, NamesInMethods]) -> str:
    """The parameters that are off (0, False, None, nothing) and that decide whether a handler runs, as far as
    its source tells: what its guard and the range of its arguments read, and, of one that takes a message,
    what those read that send such a message. Of one that is told of faults it is the environment. Empty if
    there is none.
    """
    if handler.mark.kind == "fault" and handler.budget not in runner.model.environment.budgets:
        return f"a fault, and its budget is 0 (--fault {handler.budget}=1)"
    if handler.messages and set(handler.messages) <= {Crashed, Disconnected}:
        return f"the environment is {runner.model.environment.describe()}"
    programs = list({id(p): p for p in _programs(runner)}.values())
    own = [program for program in programs if type(program).__name__ == owner]
    readers = [(program, name) for program in own for name in (handler.name, *handler.over)]
    sent = {cls.__name__ for cls in handler.messages}
    for program in programs:
        methods = names_in[type(program)]
        makers = [n for n, names in methods.items() if not sent.isdisjoint(names) and n != handler.name]
        callers = [n for n, names in methods.items() if not set(makers).isdisjoint(names)]
        readers += [(program, name) for name in dict.fromkeys([*makers, *callers])]
    found: dict[str, None] = {}
    for program, name in readers:
        found.update(dict.fromkeys(_off(program, names_in[type(program)].get(name, ()))))
    return ", ".join(found)


def _programs(runner: Runner) -> Sequence[object]:
    return list(runner.programs.values()) or [runner.model.program]


def _off(program: object, names: Collection[str]) -> Iterator[str]:
    """The parameters of a program among some names that are off."""
    for field in dataclasses.fields(program) if dataclasses.is_dataclass(program) else ():
        value = getattr(program, field.name)
        if field.name in names and not value:
            yield f"{field.name} is {text(value)}"


def _names_in_methods(program: object) -> NamesInMethods:
    methods: dict[str, object] = {}
    for cls in reversed(type(program).__mro__[:-1]):
        methods.update(vars(cls))
    return {name: _names(code) for name in sorted(methods) if (code := _code(methods[name])) is not None}


def _code(found: object) -> CodeType | None:
    if isinstance(found, property):
        found = found.fget
    function: object = inspect.unwrap(found) if isinstance(found, Callable) else None  # type: ignore[arg-type]
    return getattr(function, "__code__", None)


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, those in functions within it too."""
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return {*code.co_names, *code.co_freevars}.union(*map(_names, inner))
