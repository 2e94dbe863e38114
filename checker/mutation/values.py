"""Mutations of what is computed: numbers, sets, records, names."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from enum import Enum

from elcheck.checker.model.record import Message, Record, replace
from elcheck.checker.mutation.site import Proposal, Site, fields_of

REPLACE = (replace, dataclasses.replace)
"""What copies a record with other fields: elcheck's own, and the standard library's."""


def numbers(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A number, or the bound of a slice, is off by one."""
    match node:
        case ast.Constant(value=bool()):
            yield Proposal("true or false", node, str(not node.value))
        case ast.Constant(value=int(value)):
            yield from (Proposal("off by one", node, str(n)) for n in _near(site, node, value))
        case ast.Slice(lower=lower, upper=upper):
            for bound in filter(None, (lower, upper)):
                if not isinstance(bound, ast.Constant | ast.UnaryOp | ast.BinOp):
                    yield Proposal("off by one", bound, f"{site.of(bound)} + 1")
                    yield Proposal("off by one", bound, f"{site.of(bound)} - 1")


def _near(site: Site, node: ast.Constant, value: int) -> list[int]:
    """The numbers beside a constant, but for what a shifted comparison or a dropped operand stands for."""
    match site.parent(node):
        case ast.Compare(left=left, ops=[ast.Lt() | ast.GtE()]):
            return [value - 1] if node is not left else [value + 1]  # n <= 2 is n < 3
        case ast.Compare(left=left, ops=[ast.LtE() | ast.Gt()]):
            return [value + 1] if node is not left else [value - 1]
        case ast.BinOp(op=ast.Add() | ast.Sub()) | ast.UnaryOp(op=ast.USub()):
            return [value + 1]
        case _:
            return [value + 1, value - 1] if value else [1]


def operands(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """Of a sum, a difference or a union an operand is left out; the greater is the lesser."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr() | ast.BitAnd() as op, right=right):
            what = "drop a send" if site.sends(node) else "drop an operand"
            yield Proposal(what, node, site.of(left))
            if not isinstance(right, ast.Constant):
                yield Proposal(what, node, site.of(right))
            if isinstance(op, ast.Add) and site.sends(node):
                yield Proposal("reorder sends", node, f"{site.of(right)} + {site.of(left)}")
        case ast.BinOp(left=left, op=ast.Sub() | ast.FloorDiv() | ast.Mult() | ast.Mod()):
            yield Proposal("drop an operand", node, site.of(left))
        case ast.Call(func=func) if site.calls(node, max, min):
            yield Proposal("max or min", func, "min" if site.calls(node, max) else "max")


def elements(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """Of a tuple or set that is put together an element is left out."""
    match node:
        case ast.Tuple(elts=elts, ctx=ast.Load()) | ast.Set(elts=elts) if len(elts) > 1:
            if isinstance(node, ast.Set) or any(isinstance(part, ast.Starred) for part in elts):
                begin, end = "{}" if isinstance(node, ast.Set) else "()"
                for at in range(len(elts)):
                    rest = [site.of(part) for number, part in enumerate(elts) if number != at]
                    comma = "," if end == ")" and len(rest) == 1 else ""
                    yield Proposal("drop an element", node, f"{begin}{', '.join(rest)}{comma}{end}")


def records(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """A field of ``replace`` or of a new value is forgotten; a message is of another class."""
    if not isinstance(node, ast.Call):
        return
    if site.calls(node, *REPLACE):
        given = [keyword for keyword in node.keywords if keyword.arg is not None]
        for forgotten in given:
            yield Proposal("forget a field", node, _without(site, node, forgotten))
    made = site.record(node)
    if made is None:
        return
    defaults = _defaults(site, made)
    for keyword in node.keywords:
        if keyword.arg in defaults:
            yield Proposal("forget a field", node, _without(site, node, keyword))
    for name, value in zip(fields_of(made), node.args, strict=False):
        default = defaults.get(name)
        if default is not None and not isinstance(value, ast.Starred) and default != site.of(value):
            yield Proposal("forget a field", value, default)
    if issubclass(made, Message):
        other = site.alike(made)
        if other is not None and site.names.get(other.__name__) is other:
            yield Proposal("wrong message", node.func, other.__name__)


def _without(site: Site, call: ast.Call, forgotten: ast.keyword) -> str:
    """A call without one of its keywords; ``replace`` of nothing is the value itself."""
    rest = [site.of(arg) for arg in call.args]
    rest += [site.of(keyword) for keyword in call.keywords if keyword is not forgotten]
    if site.calls(call, *REPLACE) and len(rest) == 1:
        return rest[0]
    return f"{site.of(call.func)}({', '.join(rest)})"


def _defaults(site: Site, cls: type[Record]) -> dict[str, str]:
    """The defaults of a class's fields as code, as far as they can be written down."""
    found = {name: _written(site, getattr(cls, name)) for name in fields_of(cls) if hasattr(cls, name)}
    return {name: code for name, code in found.items() if code is not None}


def _written(site: Site, value: object) -> str | None:
    if value is None or isinstance(value, bool | int):
        return repr(value) if not isinstance(value, Enum) else None
    if isinstance(value, Enum):
        kind = type(value).__name__
        known = site.names.get(kind) is type(value) and value.name in type(value).__members__
        return f"{kind}.{value.name}" if known else None
    if value == () or value == frozenset():
        return "()" if value == () else "frozenset()"
    return None


def arguments(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """Two arguments of a call are exchanged that are of one kind."""
    if not isinstance(node, ast.Call) or any(isinstance(arg, ast.Starred) for arg in node.args):
        return
    code, kinds = [site.of(arg) for arg in node.args], site.kinds_of_arguments(node)
    keywords = [site.of(keyword) for keyword in node.keywords]
    for at in range(min(len(code), len(kinds)) - 1):
        if code[at] != code[at + 1] and kinds[at] == kinds[at + 1] is not None:
            swapped = [*code[:at], code[at + 1], code[at], *code[at + 2 :], *keywords]
            yield Proposal("exchange arguments", node, f"{site.of(node.func)}({', '.join(swapped)})")


def names(site: Site, node: ast.AST) -> Iterator[Proposal]:
    """The node takes itself for the sender, its peers for all nodes; a role is another one."""
    match node:
        case ast.Name(id="src", ctx=ast.Load()) if "self" in site.parameters:
            yield Proposal("me or src", node, "self.me")
        case ast.Attribute() if site.of_self(node, "me") and "src" in site.parameters:
            yield Proposal("me or src", node, "src")
        case ast.Attribute() if site.of_self(node, "nodes"):
            yield Proposal("nodes or peers", node, "self.peers")
        case ast.Attribute() if site.of_self(node, "peers"):
            yield Proposal("nodes or peers", node, "self.nodes")
        case ast.Attribute(value=value, attr=member):
            kinds = site.enum(node)
            if kinds is not None and len(kinds) > 1:
                members = list(kinds.__members__)
                after = members[(members.index(member) + 1) % len(members)]
                yield Proposal("another constant", node, f"{site.of(value)}.{after}")
