"""Properties written as Python, as somebody would paste them into a model's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from elcheck.checker.loading.model_file import ModelFile
from elcheck.checker.model.property import Property, always, step
from elcheck.checker.model.scope import change, each, holds, pair
from elcheck.checker.model.under_way import under_way

CLAIMING: Mapping[str, object] = {
    "always": always,
    "change": change,
    "each": each,
    "holds": holds,
    "pair": pair,
    "step": step,
    "under_way": under_way,
}
"""What such lines are written with, which a model's file has to import."""


def claims_in(lines: Iterable[str], file: ModelFile, imported: Mapping[str, object]) -> list[Property]:
    """The properties that some lines make in a model's file, to which names are ``imported`` as well."""
    names = {**names_of(file), **imported, **CLAIMING}
    found: list[object] = [eval(line, dict(names)) for line in lines]
    return [claim for claim in found if isinstance(claim, Property)]


def names_of(file: ModelFile) -> Mapping[str, object]:
    """What is known in a model's file by which name."""
    names: Mapping[str, object] = getattr(file.function, "__globals__", {})
    return names
