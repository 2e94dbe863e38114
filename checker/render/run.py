"""What was asked for, as the reports repeat it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from elcheck.checker.model.values import text


@dataclass(frozen=True)
class Run:
    """One run of elcheck: the model as named, what it says of itself, its parameters, the command that
    repeats it, which of the parameters were given, and what the mistake is that was put in, if it says so.
    """

    name: str
    summary: str
    parameters: Mapping[str, object]
    command: str
    given: Collection[str] = ()
    mistake: str = ""

    @property
    def settings(self) -> str:
        """The parameters in one line."""
        return ", ".join(f"{name} {_said(value)}" for name, value in self.parameters.items())

    @property
    def chosen(self) -> str:
        """Those in one line that were given."""
        return ", ".join(f"{n} {_said(value)}" for n, value in self.parameters.items() if n in self.given)


def _said(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else text(value)
