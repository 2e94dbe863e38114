"""The errors that a person who writes or runs a model can cause."""

from collections.abc import Iterable
from difflib import get_close_matches


class DefinitionError(Exception):
    """A model is defined wrongly. The message says what, where and why."""


class UsageError(Exception):
    """What was asked for can't be done: a wrong parameter, a combination without a meaning."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question that a wrong name is answered with, empty if no known one is like it."""
    meant = most_like(name, known)
    return "" if meant is None else f"did you mean {meant!r}?"


def hint(name: str, known: Iterable[str]) -> str:
    """The same behind a sentence that lists what is known: ``; did you mean 'fast'?``."""
    meant = did_you_mean(name, known)
    return f"; {meant}" if meant else ""


def instead(name: str, known: Iterable[str], what: str = "there are") -> str:
    """What a wrong name may mean: the question, or else all that there are."""
    among = list(known)
    return did_you_mean(name, among) or f"{what} {', '.join(among) or 'none'}"


def most_like(name: str, known: Iterable[str]) -> str | None:
    """The known name that a wrong one is most like, None if none is like it."""
    among = list(known)
    close = get_close_matches(name.lower(), [other.lower() for other in among], n=1, cutoff=0.55)
    close = close or [other.lower() for other in among if name and name.lower() in other.lower()]
    return next((other for other in among if close and other.lower() == close[0]), None)
