"""The normal form of temporal formulas: "not" at the atoms only, and made shorter where a law is known.

The laws are those of linear time without "next" that do not make a formula longer; most are in Etessami and
Holzmann 2000, "Optimizing Büchi automata", section 2, and Somenzi and Bloem 2000, "Efficient Büchi automata
from LTL formulae", section 3. "And" and "Or", "until" and "release" are each other's duals, so that one law
of each pair is written and the other comes by :func:`dual`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from elcheck.checker.model.formula import FALSE, TRUE, And, Constant, Formula, Not, Or, Release, Until


def normal_form(f: Formula) -> Formula:
    """An equivalent formula of constants, atoms, ``Not`` of atoms, And, Or, Until and Release.

    Its only constants, unless it is one itself, are the left sides of "finally" and "globally".
    """
    match f:
        case Not(operand):
            return dual(normal_form(operand))
        case And(left, right):
            return _both(normal_form(left), normal_form(right))
        case Or(left, right):
            return _either(normal_form(left), normal_form(right))
        case Until(left, right):
            return _until(normal_form(left), normal_form(right))
        case Release(left, right):
            return dual(_until(dual(normal_form(left)), dual(normal_form(right))))
        case _:
            return f


def dual(f: Formula) -> Formula:
    """The negation of a normal form, again in normal form."""
    match f:
        case Constant(value):
            return Constant(not value)
        case Not(operand):
            return operand
        case And(left, right):
            return Or(dual(left), dual(right))
        case Or(left, right):
            return And(dual(left), dual(right))
        case Until(left, right):
            return Release(dual(left), dual(right))
        case Release(left, right):
            return Until(dual(left), dual(right))
        case _:
            return Not(f)


def conjuncts(f: Formula) -> list[Formula]:
    """What has to hold for f to hold, from left to right; one formula if f is no conjunction."""
    return [*conjuncts(f.left), *conjuncts(f.right)] if isinstance(f, And) else [f]


def _disjuncts(f: Formula) -> list[Formula]:
    return [*_disjuncts(f.left), *_disjuncts(f.right)] if isinstance(f, Or) else [f]


def _either(f: Formula, g: Formula) -> Formula:
    return dual(_both(dual(f), dual(g)))


def _both(f: Formula, g: Formula) -> Formula:
    """The conjunction of two normal forms."""
    parts: list[Formula] = []
    todo = [*conjuncts(f), *conjuncts(g)]
    while todo:
        new = todo.pop(0)
        if any(_implies(part, new) for part in parts):
            continue
        if new == FALSE or any(_implies(part, dual(new)) for part in parts):
            return FALSE
        parts = [part for part in parts if not _implies(new, part)]
        for part in parts:
            joined = _joined(part, new)
            if joined is not None:
                parts.remove(part)
                todo[:0] = conjuncts(joined)
                break
        else:
            parts.append(new)
    return _chain(And, parts) if parts else TRUE


def _chain(kind: Callable[[Formula, Formula], Formula], parts: list[Formula]) -> Formula:
    """The parts as one formula; there is at least one."""
    result = parts[-1]
    for part in reversed(parts[:-1]):
        result = kind(part, result)
    return result


def _joined(f: Formula, g: Formula) -> Formula | None:
    """One until or release that says what two of them say together, if there is a law for it."""
    match f, g:
        case Release(a, b), Release(c, d) if a == c:
            return dual(_until(dual(a), dual(_both(b, d))))
        case Until(a, b), Until(c, d) if b == d:
            return _until(_both(a, c), b)
        case Until(a, b), Until(c, d) if a == c == TRUE and universal(b) and universal(d):
            return _until(TRUE, _both(b, d))
    return None


def _until(a: Formula, b: Formula) -> Formula:
    """``a`` until ``b``, of two normal forms."""
    parts = _disjuncts(b)
    # a until (c until d) is a until d where c implies a; so it is for each disjunct of what is awaited
    sooner = [f.right if isinstance(f, Until) and _implies(f.left, a) else f for f in parts]
    awaited = b if sooner == parts else reduce(_either, sooner)
    if eventual(awaited) or _implies(a, awaited):
        return awaited
    return Until(TRUE if _implies(dual(a), awaited) else a, awaited)


def eventual(f: Formula) -> bool:
    """Whether it is seen that f holds wherever it holds later: F of something, for instance."""
    match f:
        case Constant():
            return True
        case And(left, right) | Or(left, right):
            return eventual(left) and eventual(right)
        case Until(left, right):
            return left == TRUE or eventual(right)
        case Release(_, right):
            return eventual(right)
        case _:
            return False


def universal(f: Formula) -> bool:
    """Whether it is seen that f, where it holds, holds for ever: G of something, for instance."""
    return eventual(dual(f))


def _implies(f: Formula, g: Formula) -> bool:
    """Whether it is seen, from the form of f and g alone, that f implies g."""
    if f in (g, FALSE) or g == TRUE:
        return True
    match f, g:
        case Or(a, b), _:
            return _implies(a, g) and _implies(b, g)
        case _, And(c, d):
            return _implies(f, c) and _implies(f, d)
        case (Until(a, b), Until(c, d)) | (Release(a, b), Release(c, d)) if _implies(a, c) and _implies(b, d):
            return True
    return _implies_by_part(f, g)


def _implies_by_part(f: Formula, g: Formula) -> bool:
    match f:
        case And(a, b) if _implies(a, g) or _implies(b, g):
            return True
        case Release(_, b) if _implies(b, g):
            return True
        case Until(a, b) if _implies(b, g) and (_implies(a, g) or eventual(g)):
            return True
    match g:
        case Or(c, d):
            return _implies(f, c) or _implies(f, d)
        case Until(_, d):
            return _implies(f, d)
        case Release(c, d):
            return _implies(f, d) and (_implies(f, c) or universal(f))
    return False
