"""A change of a value in as few words as say it: what a set gained, which part of a nested value is new."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from elcheck.checker.model.values import order, text


def differences(name: str, old: object, new: object) -> list[str]:
    """What changed of something that is called ``name``: ``votes +n2``, ``mem.flag[0] False → True``; the
    whole of it, before and after, where that is shorter.
    """
    whole = f"{name} {text(old)} → {text(new)}"
    parts = _parts(name, old, new)
    return parts if parts and len(", ".join(parts)) < len(whole) else [whole]


def _parts(name: str, old: object, new: object) -> list[str]:
    """The change by its parts, empty where it has none."""
    if isinstance(old, frozenset) and isinstance(new, frozenset):
        return _of_sets(name, old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return _of_tuples(name, old, new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _of_mappings(name, old, new)
    if type(old) is type(new) and dataclasses.is_dataclass(new) and not isinstance(new, type):
        pairs = [(f.name, getattr(old, f.name), getattr(new, f.name)) for f in dataclasses.fields(new)]
        return [said for part, a, b in pairs if a != b for said in differences(f"{name}.{part}", a, b)]
    return []


def _of_sets(name: str, old: frozenset[object], new: frozenset[object]) -> list[str]:
    """What came and went; nothing of sets without a common member: one has taken the other's place."""
    if old and not old & new:
        return []
    gained = [f"+{text(item)}" for item in sorted(new - old, key=order)]
    lost = [f"-{text(item)}" for item in sorted(old - new, key=order)]
    return [" ".join([name, *gained, *lost])]


def _of_tuples(name: str, old: tuple[object, ...], new: tuple[object, ...]) -> list[str]:
    """What was appended, or the places that changed."""
    if len(new) > len(old) and new[: len(old)] == old:
        return [" ".join([name, *(f"+{text(item)}" for item in new[len(old) :])])]
    if len(new) != len(old):
        return []
    pairs = enumerate(zip(old, new, strict=True))
    return [said for at, (a, b) in pairs if a != b for said in differences(f"{name}[{at}]", a, b)]


def _of_mappings(name: str, old: Mapping[object, object], new: Mapping[object, object]) -> list[str]:
    """The keys that came and went, and those of which the value changed."""
    found = []
    for key in sorted({**old, **new}, key=order):
        if key not in new:
            found.append(f"{name} -{text(key)}")
        elif key not in old:
            found.append(f"{name} +{text(key)}: {text(new[key])}")
        elif old[key] != new[key]:
            found += differences(f"{name}[{text(key)}]", old[key], new[key])
    return found
