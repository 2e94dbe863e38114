"""Mutations of what a handler does: statements, outcomes, sends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from elcheck.checker.model.step import Step
from elcheck.checker.mutation.site import Proposal, Site


def statements(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A statement that changes a variable, or one that yields a step, is left out."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) if site.bound_before(node, name):
            yield Proposal("drop a statement", node, None)
        case ast.AugAssign() | ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            if isinstance(node, ast.AugAssign) or _yields(site) > 1:
                yield Proposal("drop a statement", node, None)
        case ast.Assign(targets=[ast.Subscript()]):
            yield Proposal("drop a statement", node, None)


def _yields(site: Site) -> int:
    return sum(isinstance(node, ast.Yield | ast.YieldFrom) for node in site.nodes())


def outcomes(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A step changes nothing: it returns early, keeps the state, or sends nothing."""
    state = site.state
    if state is None:
        return
    match node:
        case ast.Return(value=ast.expr() as value) if site.answers_a_state and site.of(value) != state:
            if next(site.guards(), None) is None or site.returns > 1:  # else it is never enabled, so to say
                yield Proposal("return early", value, state)
        case ast.Call(func=func, args=[after, *sends]) if site.calls(node, Step):
            if site.of(after) != state:
                yield Proposal("keep the state", after, state)
            if len(sends) == 1 and not site.sends(sends[0]):
                yield Proposal("drop a send", node, f"{site.of(func)}({site.of(after)})")


def sends(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A message is not sent, sent twice, or sent to somebody else."""
    if not isinstance(node, ast.Call) or not site.sends(node):
        return
    code = site.of(node)
    if not isinstance(site.parent(node), ast.BinOp):  # of a sum, an operand is left out
        yield Proposal("drop a send", node, "()")
    yield Proposal("double a send", node, f"{code} + {code}")
    rest = ", ".join(map(site.of, [*node.args, *node.keywords]))
    if site.of_self(node.func, "broadcast") and "src" in site.parameters:
        yield Proposal("another target", node, f"self.send(src, {rest})")
    if site.of_self(node.func, "send") and len(node.args) > 1:
        message = ", ".join(map(site.of, [*node.args[1:], *node.keywords]))
        yield Proposal("another target", node, f"self.broadcast({message})")
        if site.of(node.args[0]) != "src":  # of that, "me or src" makes it
            yield Proposal("another target", node.args[0], "self.me")
