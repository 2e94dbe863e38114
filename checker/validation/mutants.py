"""How sharp is a validation? Logs with one thing changed, and what is said of them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum

from elcheck.checker.loading.model_file import ModelFile
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.record import State
from elcheck.checker.model.state import GlobalState
from elcheck.checker.process.limits import Limits
from elcheck.checker.traces.trace import TraceStep
from elcheck.checker.validation.behaviour import Behaviour, behaviour_of
from elcheck.checker.validation.logs import LineRef, LogEvent, NodeLog
from elcheck.checker.validation.observer import Observer
from elcheck.checker.validation.result import in_order
from elcheck.checker.validation.validate import LogSubject, matched, subject_of


@dataclass(frozen=True)
class LogMutant:
    """Logs with one change: of which kind, in the log of which node, and in words. ``field``: what was
    changed of a line.
    """

    kind: str
    log: int
    event: LogEvent
    change: str
    logs: Sequence[NodeLog]
    field: str = ""


class LogMutantFate(Enum):
    """What became of a mutant. All but the first are accepted, and only the last two ought not to be."""

    REFUSED = "refused"
    COMMUTES = "the two lines may be in this order as well"
    ANOTHER = "another behaviour of the model logs this"
    IRRELEVANT = "the model says nothing of this value"
    HIDDEN = "the step is taken for one without a line"
    UNCOMPARED = "the value is not compared"
    LIMIT = "a limit was reached"

    @property
    def wrong(self) -> bool:
        """Whether the change ought to have been noticed."""
        return self in (LogMutantFate.HIDDEN, LogMutantFate.UNCOMPARED)


@dataclass(frozen=True)
class LogMutantVerdict:
    """A mutant and what became of it. ``blamed``: the node that a refusal names first, None if it names
    none.
    """

    mutant: LogMutant
    outcome: LogMutantFate
    blamed: int | None = None


@dataclass(frozen=True)
class Sharpness:
    """What became of some mutants."""

    verdicts: Sequence[LogMutantVerdict]

    @property
    def refused(self) -> list[LogMutantVerdict]:
        """Those that were refused."""
        return [verdict for verdict in self.verdicts if verdict.outcome is LogMutantFate.REFUSED]

    @property
    def blamed_right(self) -> list[LogMutantVerdict]:
        """Those whose refusal names the changed log first."""
        return [verdict for verdict in self.refused if verdict.blamed == verdict.mutant.log]

    @property
    def wrong(self) -> list[LogMutantVerdict]:
        """Those that were accepted and ought not to be."""
        return [verdict for verdict in self.verdicts if verdict.outcome.wrong]


# -- Changes -----------------------------------------------------------------------------------------------


def mutants(
    logs: Sequence[NodeLog], told: Set[LineRef], members: Sequence[str], count: int, seed: int
) -> Iterator[LogMutant]:
    """Some changes of lines that tell of steps, each of the kinds equally often: a line dropped, two
    neighbours swapped, a number one off, another node, another word.
    """
    dice = random.Random(seed)
    values = _values(logs)
    places = [
        (log, at) for log, one in enumerate(logs) for at, event in enumerate(one.events) if event.ref in told
    ]
    kinds: dict[str, Callable[[int, int, LogEvent], LogMutant | None]] = {
        "drop": lambda log, at, event: _dropped(logs, log, at, event),
        "swap": lambda log, at, event: _swapped(logs, log, at, event),
        "number": lambda log, at, event: _changed(logs, log, at, "number", dice, _numbers(event)),
        "node": lambda log, at, event: _changed(logs, log, at, "node", dice, _others(event, members)),
        "word": lambda log, at, event: _changed(logs, log, at, "word", dice, _words(event, members, values)),
    }
    made = 0
    while made < count:
        make = kinds[list(kinds)[made % len(kinds)]]
        log, at = dice.choice(places)
        mutant = make(log, at, logs[log].events[at])
        if mutant is not None:
            made += 1
            yield mutant


def _with(logs: Sequence[NodeLog], log: int, events: Sequence[LogEvent]) -> list[NodeLog]:
    return [replace(one, events=tuple(events)) if at == log else one for at, one in enumerate(logs)]


def _dropped(logs: Sequence[NodeLog], log: int, at: int, event: LogEvent) -> LogMutant:
    events = logs[log].events
    return LogMutant("drop", log, event, "left out", _with(logs, log, events[:at] + events[at + 1 :]))


def _swapped(logs: Sequence[NodeLog], log: int, at: int, event: LogEvent) -> LogMutant | None:
    events = logs[log].events
    if at + 1 == len(events) or events[at + 1].text == event.text:
        return None
    other = events[at + 1]
    swapped = (*events[:at], other, event, *events[at + 2 :])
    return LogMutant("swap", log, event, f"after {other.ref}", _with(logs, log, swapped))


Values = Sequence[tuple[str, object]]
"""Fields, each with another value for it."""


def _changed(
    logs: Sequence[NodeLog], log: int, at: int, kind: str, dice: random.Random, choices: Values
) -> LogMutant | None:
    if not choices:
        return None
    name, value = dice.choice(choices)
    events = logs[log].events
    event = events[at]
    change = f"{name} {event[name]} to {value}"
    changed = replace(event, fields={**event.fields, name: value}, text=f"{event.text}  <- {change}")
    return LogMutant(
        kind, log, event, change, _with(logs, log, [*events[:at], changed, *events[at + 1 :]]), name
    )


def _numbers(event: LogEvent) -> Values:
    numbers = [(n, v) for n, v in event.fields.items() if isinstance(v, int) and not isinstance(v, bool)]
    return [(n, changed) for n, v in numbers for changed in (v - 1, v + 1) if changed >= 0]


def _others(event: LogEvent, members: Sequence[str]) -> Values:
    named = [(name, value) for name, value in event.fields.items() if value in members]
    return [(name, other) for name, value in named for other in members if other != value]


def _words(event: LogEvent, members: Sequence[str], values: Mapping[tuple[str, str], set[object]]) -> Values:
    return [
        (name, other)
        for name, value in event.fields.items()
        if isinstance(value, str | bool) and value not in members
        for other in sorted(values[event.kind, name] - {value}, key=str)
        if other not in members
    ]


def _values(logs: Sequence[NodeLog]) -> dict[tuple[str, str], set[object]]:
    """Which values each field of a kind of lines has somewhere."""
    found: dict[tuple[str, str], set[object]] = defaultdict(set)
    for log in logs:
        for event in log.events:
            for name, value in event.fields.items():
                found[event.kind, name].add(value)
    return found


# -- What becomes of them ----------------------------------------------------------------------------------


def sharpness(
    file: ModelFile,
    observer_class: type[Observer[State]],
    logs: Sequence[NodeLog],
    given: Mapping[str, object],
    count: int,
    seed: int = 0,
    limits: Limits = Limits(),
) -> Sharpness:
    """Change one thing in logs, many times, and see what is said. Raises UsageError if the logs themselves
    are not allowed.
    """
    subject = subject_of(file, observer_class, logs, given)
    found = matched(subject, limits)
    if not found.allowed:
        raise UsageError(
            "only logs that are allowed can be changed to see what is noticed, and these are not"
        )
    sound = behaviour_of(found.world, subject.handlers)
    members = [name for name, _ in subject.members]
    told = {event.ref for step in subject.steps() for event in step.events}
    made = mutants(logs, told, members, count, seed)
    return Sharpness([_verdict(file, mutant, subject, sound, given, limits) for mutant in made])


def _verdict(
    file: ModelFile,
    mutant: LogMutant,
    subject: LogSubject,
    sound: Behaviour,
    given: Mapping[str, object],
    limits: Limits,
) -> LogMutantVerdict:
    try:
        changed = subject_of(file, type(subject.observer), mutant.logs, given, subject.handlers)
        if changed.observer.unfit():
            return LogMutantVerdict(mutant, LogMutantFate.REFUSED)
        found = matched(changed, limits)
    except UsageError:
        return LogMutantVerdict(mutant, LogMutantFate.REFUSED)
    if found.stop is not None:
        return LogMutantVerdict(mutant, LogMutantFate.LIMIT)
    if found.stuck:
        blamed = in_order(found.stuck)[0].step.first.ref.file
        files = [log.events[0].ref.file for log in mutant.logs]
        return LogMutantVerdict(mutant, LogMutantFate.REFUSED, files.index(blamed))
    return LogMutantVerdict(
        mutant, _accepted(mutant, sound, behaviour_of(found.world, changed.handlers), changed)
    )


def _accepted(mutant: LogMutant, sound: Behaviour, found: Behaviour, subject: LogSubject) -> LogMutantFate:
    """Why a mutant was accepted, from the behaviours without and with the change."""
    same = _events(sound) == _events(found)
    if mutant.kind == "swap":
        return LogMutantFate.COMMUTES if same else LogMutantFate.ANOTHER
    irrelevant = subject.observer.irrelevant
    if mutant.event.kind in irrelevant or mutant.field in irrelevant:
        return LogMutantFate.IRRELEVANT
    if not same or (mutant.kind == "drop" and _needless(mutant, sound)):
        return LogMutantFate.ANOTHER
    return LogMutantFate.HIDDEN if mutant.kind == "drop" else LogMutantFate.UNCOMPARED


def _events(behaviour: Behaviour) -> Counter[tuple[str, bool]]:
    """The steps of a behaviour that change a state, and those with a line, in no order."""
    found = zip(behaviour.trace.numbered, behaviour.observed, strict=True)
    return Counter(
        (step.event.located, lines is not None and not _changes(before, step))
        for (_, before, step), lines in found
        if lines is not None or _changes(before, step)
    )


def _changes(before: GlobalState, step: TraceStep) -> bool:
    return step.state.nodes != before.nodes


def _needless(mutant: LogMutant, sound: Behaviour) -> bool:
    """Whether a line that is left out was the last of its log, or of the life of its node: a kill explains
    that it is missing.
    """
    events = mutant.logs[mutant.log].events
    after = next((event for event in events if event.ref.number > mutant.event.ref.number), None)
    begins = {lines.first.ref for lines in sound.observed if lines is not None and lines.begins}
    return after is None or after.ref in begins
