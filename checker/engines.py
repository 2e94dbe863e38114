"""The search engines. Each does the same search on the same system and learned tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from checker.explore import Limits, Search, Watch, explore
from checker.properties import Judge
from checker.system import System

Engine: TypeAlias = Callable[[System, Judge, Limits, Watch], Search]

ENGINES: dict[str, Engine] = {"plain": explore}
"""By name. ``plain`` is the reference: a second engine has to come to the same search."""
