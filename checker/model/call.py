"""Calling other people's code: a handler's answer in its canonical form, and an error with its place."""

from __future__ import annotations

import signal
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.record import State, decorated_again
from elcheck.checker.model.step import Blocked, Step
from elcheck.checker.model.values import flaw, flaw_of_next, order, text
from elcheck.checker.process.running import signals
from elcheck.checker.process.watch import Ended, current, endable, look

_OURS = str(Path(__file__).parent.parent)
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_BUNDLED = tuple(str(Path(_OURS).parent / name) for name in ("models", "specs"))


class NoException(Exception):
    """Other people's code raised what is no Exception, which is its cause: SystemExit, GeneratorExit."""


class _Theirs:
    """Where other people's code runs. It may be ended there at any time, and whatever else it raises is an
    Exception.
    """

    def __enter__(self) -> None:
        endable.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        endable.__exit__(kind, error, trace)
        if error is None:
            return
        if isinstance(error, MemoryError):
            current().look_at_memory()
        if isinstance(error, Ended) and error.sudden:
            error.where = error.where or line_of(error)
        if isinstance(error, Exception | Ended):
            return
        if not isinstance(error, KeyboardInterrupt) or signals.own(signal.SIGINT):
            raise NoException from error


theirs = _Theirs()


class HandlerError(Exception):
    """A handler broke the rules or raised. The message says which, where and why."""


class CheckError(HandlerError):
    """The check of a property raised, or answered what is no answer."""


class WrongAnswer(HandlerError):
    """What a handler answered is no outcome. The message says what it does, whoever it is."""


@dataclass(frozen=True)
class Outcomes:
    """What a handler's call came to: its steps, each once, or the guard that blocked it."""

    steps: tuple[Step[State], ...]
    blocked: str | None = None

    def in_order(self) -> Outcomes:
        """The same with the steps in canonical order, that of their values."""
        return self if len(self.steps) < 2 else Outcomes(tuple(sorted(self.steps, key=order)), self.blocked)


Normal = Callable[[Step[State]], Step[State]]


def outcomes(call: Callable[[], object], where: str, normal: Normal, before: object = None) -> Outcomes:
    """Run a handler to its end.

    ``normal`` brings a step into its canonical form, and raises HandlerError for one that can't be. Equal
    outcomes count once. ``before`` is the state that it was given, which is a value.

    Raises HandlerError if the handler raises, answers what is no outcome, or guards after a yield.
    """
    found: list[Step[State]] = []
    try:
        with theirs:
            answer = call()
            if isinstance(answer, State):
                answer = Step(answer)
            if isinstance(answer, Step):
                return Outcomes((normal(_checked(answer, before)),))
            if not isinstance(answer, Iterator):
                raise WrongAnswer(
                    f"returns {text(answer)}: return the new state or a Step(state, sends), or yield Steps"
                )
            for step in answer:
                found.append(normal(_checked(step, before)))  # kept when a guard fails later
                look()
            if len(found) > 1:
                found = list(dict.fromkeys(found))
    except Blocked as blocked:
        if found:
            raise WrongAnswer(f"has a guard after a yield ({blocked})") from None
        return Outcomes((), str(blocked))
    except (HandlerError, DefinitionError):
        raise
    except Exception as error:
        raise HandlerError(f"{where} raises {said(error)}") from error
    return Outcomes(tuple(found))


def _checked(step: object, before: object) -> Step[State]:
    if not isinstance(step, Step):
        raise WrongAnswer(f"yields {text(step)}: yield Step(state, sends), or return the one state")
    if not isinstance(step.state, State):
        raise WrongAnswer(f"answers the state {text(step.state)}: a state is of a class(State)")
    if not isinstance(step.sends, tuple):
        raise WrongAnswer(f"sends {text(step.sends)}: use self.send(...), or leave it out")
    why = flaw_of_next(step.state, before) or (flaw(step.sends) if step.sends else None)
    for name, value in step.choice:
        why = why or flaw(value, f"the choice {name!r}")
    if why is not None:
        raise WrongAnswer(f"answers what is no value: {why}")
    hash(step)  # a __hash__ that raises is the handler's fault, found here
    return step


def said(error: BaseException) -> str:
    """An exception in one line: what it is, what it says, and the model's line that led to it."""
    if isinstance(error, NoException) and error.__cause__ is not None:
        error = error.__cause__
    what = decorated_again(error) or type(error).__name__ + (f": {error}" if str(error) else "")
    line = line_of(error)
    return f"{what} ({line})" if line else what


def line_of(error: BaseException) -> str:
    """The model's line that led to an exception, ``file:line``."""
    frames = traceback.extract_tb(error.__traceback__)
    others = [frame for frame in frames if not frame.filename.startswith(_OURS)] or list(frames)
    models = [frame for frame in others if is_of_a_model(frame.filename)]
    if not models and error.__cause__ is not None:
        return line_of(error.__cause__)
    models = models or others[:1]
    return f"{models[-1].filename}:{models[-1].lineno}" if models else ""


def is_of_a_model(file: str) -> bool:
    """True for a source file that is not of elcheck, of Python or of an installed library."""
    if file.startswith(_BUNDLED):
        return True
    return not file.startswith((_OURS, "<", *_LIBRARIES))
