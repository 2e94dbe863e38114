"""What other people's code can't do to the process: end it, double it, or become another program."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from elcheck.checker.process.watch import in_endable

P = ParamSpec("P")
R = TypeVar("R")

NAMES = ("_exit", "abort", "fork", "forkpty", "execv", "execve")
"""The functions of ``os`` by which a handler would leave, and no report would tell of it."""
leave = os._exit
"""Ends the process at once, also from within other people's code: for elcheck itself."""


def refuse_escapes() -> None:
    """Let these raise where other people's code calls them. For a process that is elcheck's."""
    for name in NAMES:
        if hasattr(os, name):
            setattr(os, name, _refused(getattr(os, name)))


def _refused(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_endable():
            raise RuntimeError(f"os.{function.__name__} is not for a model, which has no process of its own")
        return function(*args, **kwargs)

    return checked
