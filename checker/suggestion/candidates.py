"""Candidates for properties, each as the line of Python that would claim it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, permutations

from elcheck.checker.suggestion.atoms import Atom, SeenField, atoms_of, fields_of
from elcheck.checker.suggestion.seen import SeenClass, SeenMessages, SeenStates

ClassNames = Callable[[type], str | None]
"""What a class is called in the model's file, None if it is not known there."""


@dataclass(frozen=True)
class Candidate:
    """Something that may hold: a name, and the scope with its check as Python. ``step``: it is claimed of
    steps. ``implied_by`` are the names of those from which it would follow.
    """

    name: str
    scope: str
    step: bool = False
    implied_by: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What claims it."""
        return "step" if self.step else "always"

    @property
    def line(self) -> str:
        """The line of Python that claims it."""
        return f'{self.kind}("{self.name}", {self.scope})'


def candidates_of(seen: SeenStates, names: ClassNames) -> list[Candidate]:
    """All candidates of what is seen, the plainest first; of what one state tells only what is true."""
    found: list[Candidate] = []
    for of in seen.classes:
        name = names(of.of)
        if name is not None:
            found += _of_class(of, name, names)
    for messages in seen.messages:
        found += _of_messages(messages, seen.classes, names)
    return list({candidate.name: candidate for candidate in found}.values())


def _of_class(of: SeenClass, name: str, names: ClassNames) -> Iterator[Candidate]:
    fields = fields_of(of.states)
    atoms = _told_apart(atoms_of(fields, names))
    yield from _of_one_state(fields, atoms, name, "each" if of.nodes else "holds")
    if of.nodes > 1:
        yield from _of_pairs(fields, atoms, name)
    yield from _of_steps(fields, name, names)


def _told_apart(atoms: Iterator[Atom]) -> list[Atom]:
    """Atoms that are true of some states and not of others, one of those that are true of the same: what a
    property of the class says, if one says it.
    """
    found: dict[int, Atom] = {}
    for atom in atoms:
        for each in (atom, atom.negated):
            if each.true in found and len(each.said) < len(found[each.true].said):
                found[each.true] = each
        if atom.true not in (0, atom.all) and atom.true not in found and atom.negated.true not in found:
            found[atom.true] = atom
    return list(found.values())


# -- one state -----------------------------------------------------------------------------------------------


def _of_one_state(
    fields: Sequence[SeenField], atoms: Sequence[Atom], name: str, scope: str
) -> Iterator[Candidate]:
    """One thing implies another, or a number is never above another; what follows from others is left out."""
    literals = [literal for atom in atoms for literal in (atom, atom.negated)]
    follows = {
        (p, q) for p in literals for q in literals if p != q and p.true & ~q.true == 0 and p.true != q.true
    }
    told: set[frozenset[int]] = set()
    for p, q in sorted(follows, key=lambda both: (len(both[0].said) + len(both[1].said), both[0].said)):
        between = any((p, r) in follows and (r, q) in follows for r in literals)
        contrapositive = frozenset({p.true, q.negated.true})
        if p.fields != q.fields and not between and contrapositive not in told:
            told.add(contrapositive)
            said = f"{p.negated.of('s')} or {q.of('s')}"
            yield Candidate(f"{p.plain} implies {q.plain}", f"{scope}({name}, lambda s: {said})")
    for low, high in permutations(_ordered(fields), 2):
        if _never_above(low, high):
            yield Candidate(
                f"{low.name} is never above {high.name}",
                f"{scope}({name}, lambda s: s.{low.name} <= s.{high.name})",
            )


def _ordered(fields: Sequence[SeenField]) -> list[SeenField]:
    return [field for field in fields if field.varies and field.is_ordered]


def _never_above(low: SeenField, high: SeenField) -> bool:
    pairs = zip(low.values, high.values, strict=True)
    return type(low.values[0]) is type(high.values[0]) and all(_at_most(a, b) for a, b in pairs)


def _at_most(a: object, b: object) -> bool:
    return bool(a <= b)  # type: ignore[operator]  # both are numbers, or both terms


# -- two nodes -----------------------------------------------------------------------------------------------


def _of_pairs(fields: Sequence[SeenField], atoms: Sequence[Atom], name: str) -> Iterator[Candidate]:
    """Two nodes are never both something, not with the same number, or they agree on something then."""
    literals = [literal for atom in atoms for literal in (atom, atom.negated)]
    varying = [field for field in fields if field.varies and not field.of]
    for key in _ordered(varying):
        line = f"pair({name}, lambda a, b: a.{key.name} != b.{key.name})"
        yield Candidate(f"no two with the same {key.name}", line)
    for p in literals:
        both = f"{p.of('a')} and {p.of('b')}"
        never = f"no two: {p.plain}"
        above = [f"no two: {q.plain}" for q in literals if q != p and p.true & ~q.true == 0]
        yield Candidate(never, f"pair({name}, lambda a, b: not ({both}))", implied_by=tuple(above))
        for key in _ordered(varying):
            follows = [
                f"no two with the same {key.name}",
                never,
                *above,
                *(f"{wider} with the same {key.name}" for wider in above),
            ]
            line = f"pair({name}, lambda a, b: not ({both} and a.{key.name} == b.{key.name}))"
            yield Candidate(f"{never} with the same {key.name}", line, implied_by=tuple(follows))
        for field in varying:
            if _differs_where(field, p) and (field.name not in p.fields or field.is_optional):
                line = f"pair({name}, lambda a, b: not ({both}) or a.{field.name} == b.{field.name})"
                yield Candidate(f"any two agree on {field.name}: {p.plain}", line, implied_by=(never, *above))
    for p, q in combinations(atoms, 2):
        if p.fields == q.fields and p.true & q.true == 0:
            line = f"pair({name}, lambda a, b: not ({p.of('a')} and {q.of('b')}))"
            yield Candidate(f"no two: {p.plain}, and {q.plain}", line, implied_by=(f"no two: {q.plain}",))


def _differs_where(field: SeenField, p: Atom) -> bool:
    """Whether a field has several values in the states of which something is true."""
    return len({value for at, value in enumerate(field.values) if p.true >> at & 1}) > 1


# -- steps ---------------------------------------------------------------------------------------------------


def _of_steps(fields: Sequence[SeenField], name: str, names: ClassNames) -> Iterator[Candidate]:
    """What only grows, what stays once it is there; and what does as long as a number is the same."""
    varying = [field for field in fields if field.varies]
    for field in varying:
        if field.is_all(Enum):
            yield from _final(field, name, names)
        for does, kept in _kept(field):
            lead = f"{field.name} {does}"
            yield Candidate(lead, f"change({name}, lambda a, b: {kept})", step=True)
            for key in _ordered(varying):
                if key is not field:
                    other = f"a.{key.name} != b.{key.name}"
                    line = f"change({name}, lambda a, b: {other} or {kept})"
                    yield Candidate(f"{lead} while {key.name} does not change", line, True, (lead,))


def _final(field: SeenField, name: str, names: ClassNames) -> Iterator[Candidate]:
    """A member of an enum that is not left any more."""
    for member in dict.fromkeys(field.values):
        known = names(type(member))
        if isinstance(member, Enum) and known is not None and member.name in type(member).__members__:
            code = f"{known}.{member.name}"
            kept = f"a.{field.name} is not {code} or b.{field.name} is {code}"
            yield Candidate(f"{field.name} stays {code}", f"change({name}, lambda a, b: {kept})", step=True)


def _kept(field: SeenField) -> Iterator[tuple[str, str]]:
    old, new = f"a.{field.name}", f"b.{field.name}"
    if field.is_ordered:
        yield "never decreases", f"{old} <= {new}"
    elif field.is_optional:
        yield "is set once", f"{old} is None or {old} == {new}"
    elif field.is_all(bool):
        yield "stays true", f"not {old} or {new}"
    elif field.is_all(frozenset):
        yield "only grows", f"{old} <= {new}"
    elif field.is_all(tuple):
        yield "is only appended to", f"{new}[: len({old})] == {old}"


# -- messages ------------------------------------------------------------------------------------------------


def _of_messages(
    messages: SeenMessages, classes: Sequence[SeenClass], names: ClassNames
) -> Iterator[Candidate]:
    """A number in a message is never above its sender's."""
    name = names(messages.of)
    senders, receivers = list(messages.senders), list(messages.receivers)
    if name is None or len(senders) != 1 or len(receivers) != 1:
        return
    ends = names(senders[0]), names(receivers[0])
    states = next(of.states for of in classes if of.of is senders[0])
    if None in ends:
        return
    for own in _ordered(fields_of(messages.messages)):
        for field in _ordered(fields_of(states)):
            if type(own.values[0]) is type(field.values[0]):
                line = f"lambda src, msg, dst: msg.{own.name} <= src.{field.name}"
                yield Candidate(
                    f"{name}: {own.name} is never above its sender's {field.name}",
                    f"under_way({name}, {ends[0]}, {ends[1]}, {line})",
                )
