"""Temporal formulas: linear temporal logic without "next", over states and over the steps between them.

A formula speaks of one behaviour, an endless sequence of states and steps; where nothing happens for ever,
that is stuttering. Its atoms are scopes (checker/model/scope.py), which speak of a state, and
:class:`Taken`, which speaks of the step that is taken from it. There is no "next", so that a formula can't
tell how often a behaviour stutters (Lamport 1983, "What good is temporal logic?").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from elcheck.checker.model.ids import NodeId


class Formula:
    """What can be said of a behaviour. ``f >> g`` is "f implies g"; ``~``, ``&`` and ``|`` are as usual."""

    def __invert__(self) -> Formula:
        return self.operand if isinstance(self, Not) else Not(self)

    def __and__(self, other: Formula) -> Formula:
        return And(self, other)

    def __or__(self, other: Formula) -> Formula:
        return Or(self, other)

    def __rshift__(self, other: Formula) -> Formula:
        return Or(Not(self), other)  # also of a negation: what is meant as a cause is told by this form

    def until(self, other: Formula) -> Formula:
        """This holds as long as the other does not, and the other will."""
        return Until(self, other)

    def release(self, other: Formula) -> Formula:
        """The other holds up to the state in which this holds too, or for ever."""
        return Release(self, other)


@dataclass(frozen=True)
class Constant(Formula):
    """What holds always, or never."""

    value: bool


@dataclass(frozen=True)
class Not(Formula):
    """The operand does not hold."""

    operand: Formula


@dataclass(frozen=True)
class And(Formula):
    """Both hold."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Or(Formula):
    """At least one holds."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Until(Formula):
    """``right`` holds now or later, and ``left`` in every state before that."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Release(Formula):
    """``right`` holds up to and including the state in which ``left`` does, or for ever."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Taken(Formula):
    """The next step that changes something is one of this name; of one node, if it is given. Which steps have
    which names is said in checker/model/selector.py.
    """

    name: str
    node: NodeId | None = None


TRUE, FALSE = Constant(True), Constant(False)


def globally(f: Formula) -> Formula:
    """f holds in this state and all that follow."""
    return Release(FALSE, f)


def finally_(f: Formula) -> Formula:
    """f holds in this state or in one that follows."""
    return Until(TRUE, f)


def atoms_of(f: Formula) -> Iterator[Formula]:
    """The atoms of a formula, from left to right; one may come twice."""
    match f:
        case Not(operand):
            yield from atoms_of(operand)
        case And(left, right) | Or(left, right) | Until(left, right) | Release(left, right):
            yield from atoms_of(left)
            yield from atoms_of(right)
        case Constant():
            pass
        case _:
            yield f
