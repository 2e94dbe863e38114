"""Claims of induction: every step keeps something, from every state in which it holds, reachable or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from elcheck.checker.model.errors import DefinitionError, instead
from elcheck.checker.model.record import Record
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.values import called


@dataclass(frozen=True)
class Every:
    """All values of a class of states or messages. ``domains`` has the values of some fields; those of the
    others are all of their types.
    """

    of: type
    domains: Mapping[str, tuple[object, ...]]


def every(of: type, /, **domains: Iterable[object]) -> Every:
    """All values of a class of states or messages: ``every(Server, term=range(3))``.

    A field of which nothing is said takes all values of its type, which has to be small: bool, an Enum, a
    Literal, NodeId, None, a union or a tuple of such, a frozenset or a Map of such.
    """
    if not isinstance(of, type) or not issubclass(of, Record) or not is_dataclass(of):
        raise DefinitionError(f"every(...) takes a class of states or messages first, not {called(of)}")
    known = [f.name for f in fields(of)]
    for name in domains:
        if name not in known:
            raise DefinitionError(
                f"every({of.__name__}, {name}=...): there is no such field; {instead(name, known)}"
            )
    return Every(of, {name: tuple(values) for name, values in domains.items()})


@dataclass(frozen=True)
class Inductive:
    """A claim of induction: all of some scopes. ``candidates`` are the values that states are made of."""

    name: str
    claim: tuple[Scope, ...]
    candidates: tuple[Every | Record, ...] = ()


def inductive(
    name: str, claim: Scope | Sequence[Scope], candidates: Iterable[Every | Record] = ()
) -> Inductive:
    """Every step from every state that satisfies the claim leads to one that does, and so do all initial
    states: then it holds in every reachable state, at any depth.

    The states that are asked are all that can be put together of local states and messages (of a Spec: of
    values of fields): of the ``candidates``, and for classes of which these have none, of all that occur in
    the reachable states, and in what steps from there lead to. A claim of several scopes is all of them
    together.
    """
    scopes = (claim,) if isinstance(claim, Scope) else tuple(claim)
    for scope in scopes:
        if not isinstance(scope, Scope):
            raise DefinitionError(f"inductive({name!r}, ...) claims scopes, not {called(scope)}")
    if not scopes:
        raise DefinitionError(f"inductive({name!r}, ...) claims nothing: give it a scope")
    return Inductive(name, scopes, tuple(candidates))
