"""Mutations of what is asked: guards, conditions, comparisons."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from elcheck.checker.model.step import guard, require
from elcheck.checker.mutation.site import Proposal, Site

_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_SHIFTED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"==": "!=", "!=": "==", "is": "is not", "is not": "is", "in": "not in", "not in": "in"}


def guards(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A guard is left out; the first of a handler never holds, which is what any other would come to."""
    match node:
        case ast.Expr(value=ast.Call(args=[condition, *_]) as call) if site.calls(call, guard):
            yield Proposal("drop a guard", node, None)
            if node is next(site.guards(), None):
                yield Proposal("never enabled", condition, "False")
        case ast.Call(args=[value, *_]) if site.calls(node, require):
            yield Proposal("drop a guard", node, site.of(value))


def branches(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A condition holds always, or never."""
    for condition in _conditions(site, node):
        if not isinstance(condition, ast.Constant):
            yield Proposal("always true", condition, "True")
            yield Proposal("always false", condition, "False")


def _conditions(site: Site, node: ast.AST) -> Iterator[ast.expr]:
    """What a node decides by: a whole condition, not a part of one."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test
        case ast.comprehension(ifs=ifs):
            yield from ifs
        case ast.Return(value=ast.expr() as value) | ast.Assign(value=ast.expr() as value):
            if _is_condition(value):
                yield value
        case ast.match_case(guard=ast.expr() as test):
            yield test


def _is_condition(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(map(_is_condition, node.values))
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def connectives(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A conjunct or disjunct is left out, ``and`` is ``or``, ``not`` is left out."""
    match node:
        case ast.BoolOp(op=op, values=values):
            what, word, other = (
                ("drop a conjunct", " and ", " or ")
                if isinstance(op, ast.And)
                else ("drop a disjunct", " or ", " and ")
            )
            code = [site.of(value) for value in values]
            for at in range(len(values)):
                yield Proposal(what, node, word.join(code[:at] + code[at + 1 :]))
            yield Proposal(f"{word.strip()} to {other.strip()}", node, other.join(code))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Proposal("drop a not", node, site.of(operand))
        case ast.Call(func=func) if site.calls(node, any, all):
            yield Proposal("any or all", func, "all" if site.calls(node, any) else "any")


def comparisons(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A comparison is shifted by one, turned round, or negated; a tie is not broken."""
    if not isinstance(node, ast.Compare):
        return
    terms = [node.left, *node.comparators]
    symbols = [_SYMBOLS[type(op)] for op in node.ops]
    whole = len(symbols) == 1 and _is_whole(site, node)
    for at, symbol in enumerate(symbols):
        if symbol in _SHIFTED:
            yield _compared(site, node, "shift a comparison", at, _SHIFTED[symbol])
            yield _compared(site, node, "turn a comparison", at, _REVERSED[symbol])
        elif not whole:  # where it is the whole condition, that being always or never true says more
            yield _compared(site, node, "negate a comparison", at, _NEGATED[symbol])
        if symbol == "==" and site.is_number(terms[at]) and site.is_number(terms[at + 1]):
            yield _compared(site, node, "weaken a comparison", at, "<=")
            yield _compared(site, node, "weaken a comparison", at, ">=")
    match node:
        case ast.Compare(left=ast.Tuple(elts=ours), comparators=[ast.Tuple(elts=theirs)]):
            if len(ours) == len(theirs) > 1:
                yield from _ties(site, node, symbols[0], ours, theirs)


def _is_whole(site: Site, node: ast.Compare) -> bool:
    parent = site.parent(node)
    return node in _conditions(site, parent) or site.calls(parent, guard)


def _compared(site: Site, node: ast.Compare, operator: str, at: int, symbol: str) -> Proposal:
    """A comparison with another symbol in one place."""
    code = site.of(node.left)
    for number, (op, term) in enumerate(zip(node.ops, node.comparators, strict=True)):
        code += f" {symbol if number == at else _SYMBOLS[type(op)]} {site.of(term)}"
    return Proposal(operator, node, code)


def _ties(
    site: Site, node: ast.Compare, symbol: str, ours: Sequence[ast.expr], theirs: Sequence[ast.expr]
) -> Iterator[Proposal]:
    """A comparison of tuples without one of their parts."""
    for at in range(len(ours)):
        left, right = (
            [site.of(part) for number, part in enumerate(side) if number != at] for side in (ours, theirs)
        )
        sides = [f"({', '.join(side)}{',' if len(side) == 1 else ''})" for side in (left, right)]
        yield Proposal("compare less", node, f" {symbol} ".join(sides))
