"""All mutations of functions, and how one becomes an edit of the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from elcheck.checker.mutation import conditions, steps, values
from elcheck.checker.mutation.site import Proposal, Site
from elcheck.checker.mutation.source_text import TextEdit

Operator = Callable[[Site, ast.AST], Iterator[Proposal]]

OPERATORS: tuple[Operator, ...] = (
    conditions.guards,
    conditions.branches,
    conditions.connectives,
    conditions.comparisons,
    values.numbers,
    values.operands,
    values.elements,
    values.records,
    values.arguments,
    values.names,
    steps.statements,
    steps.outcomes,
    steps.sends,
)


def proposals(site: Site) -> Iterator[Proposal]:
    """Every mutation of a function, in the order of its code."""
    for node in site.nodes():
        for operator in OPERATORS:
            yield from operator(site, node)


class EditedFunction(NamedTuple):
    """A mutation as an edit of the source, and what the function's tree looks like with it."""

    edit: TextEdit
    tree: str


def edited(site: Site, proposal: Proposal) -> EditedFunction | None:
    """What makes a mutation, with brackets where these are needed; None if nothing does."""
    node, instead = proposal.node, proposal.instead
    if instead is None:
        assert isinstance(node, ast.stmt)
        edit = site.source.deleted(node)
        tree = _edited(site, edit)
        return None if tree is None else EditedFunction(edit, tree)
    try:
        wanted = _with(site, node, ast.parse(f"({instead})", mode="eval").body)
    except SyntaxError:
        return None
    edits = (site.source.replaced(node, code) for code in (instead, f"({instead})"))
    return next((EditedFunction(edit, wanted) for edit in edits if _edited(site, edit) == wanted), None)


def _edited(site: Site, edit: TextEdit) -> str | None:
    """What an edited function's tree looks like, None if it is no Python."""
    source, function = site.source, site.function
    begin, end = source.begin(function), source.end(function)
    code = source.encoded[begin : edit.begin] + edit.instead.encode() + source.encoded[edit.end : end]
    indent = " " * function.col_offset
    head = "if 1:\n" if indent else ""
    try:
        first = ast.parse(f"{head}{indent}{code.decode()}").body[0]
    except SyntaxError:
        return None
    return looks(first.body[0] if isinstance(first, ast.If) else first)


def looks(function: ast.AST) -> str:
    """A function's tree as text, without its decorators, which stand before it."""
    assert isinstance(function, ast.FunctionDef)
    return ast.dump(ast.Module(function.body, []))


def _with(site: Site, node: ast.AST, other: ast.AST) -> str:
    """What the function's tree looks like with another node in the place of one."""
    parent = site.parent(node)
    for name, value in ast.iter_fields(parent):
        if value is node:
            setattr(parent, name, other)
            tree = looks(site.function)
            setattr(parent, name, node)
            return tree
        if isinstance(value, list) and any(part is node for part in value):
            at = next(at for at, part in enumerate(value) if part is node)
            value[at] = other
            tree = looks(site.function)
            value[at] = node
            return tree
    raise AssertionError(f"{node} is not part of {parent}")
