"""Where a mutation could be made: a function, its source, and what its names mean."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import ModuleType
from typing import NamedTuple, get_type_hints

from elcheck.checker.model.record import Message, Record, State
from elcheck.checker.model.step import guard, require
from elcheck.checker.mutation.source_text import SourceText

SENDING = ("send", "broadcast", "close")
"""The methods of a program that send."""
_STEPS = {"Step", "Steps", "Outcome"}
"""What a handler's answers are annotated with that are no plain states."""


class Proposal(NamedTuple):
    """A mutation that an operator proposes: other code in the place of a node, or (None) a statement less."""

    operator: str
    node: ast.AST
    instead: str | None


@dataclass(frozen=True, eq=False)
class Site:
    """A function that is mutated. ``names`` are those of its module as it was imported."""

    source: SourceText
    function: ast.FunctionDef
    names: Mapping[str, object]

    def of(self, node: ast.AST) -> str:
        """The code of a node."""
        return self.source.of(node)

    def parent(self, node: ast.AST) -> ast.AST:
        """The node that a node is part of."""
        return self.source.parents[node]

    def nodes(self) -> Iterator[ast.AST]:
        """What may be mutated of the function, in the order of the code: not its decorators and annotations,
        docstrings, and what guards say.
        """
        for statement in self.function.body:
            yield from self._below(statement)

    def _below(self, node: ast.AST) -> Iterator[ast.AST]:
        yield node
        for child in self._parts(node):
            yield from self._below(child)

    def _parts(self, node: ast.AST) -> Iterator[ast.AST]:
        """The parts of a node that may be mutated."""
        match node:
            case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Raise() | ast.Assert():
                return
            case ast.Call(args=[condition, *_]) if self.calls(node, guard, require):
                yield condition
            case ast.AnnAssign(value=value):
                yield from [value] if value is not None else []
            case ast.FunctionDef(body=body):
                yield from body
            case _:
                yield from ast.iter_child_nodes(node)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The names of the parameters, with their annotations."""
        arguments = self.function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return {a.arg: ast.unparse(a.annotation) if a.annotation is not None else "" for a in every}

    @cached_property
    def state(self) -> str | None:
        """The name of the state that a handler, or a method that helps one, is given."""
        given = (name for name, annotation in self.parameters.items() if self._is_state(annotation))
        return next(given, None)

    @property
    def answers_a_state(self) -> bool:
        """Whether it returns a state or a step."""
        annotation = ast.unparse(self.function.returns) if self.function.returns is not None else ""
        yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in self.nodes())
        words = set(re.findall(r"\w+", annotation))
        return not yields and (bool(words & _STEPS) or any(map(self._is_state, words)))

    def _is_state(self, name: str) -> bool:
        found = self.names.get(name)
        return isinstance(found, type) and issubclass(found, State)

    @property
    def returns(self) -> int:
        """How often it returns."""
        return sum(isinstance(node, ast.Return) for node in self.nodes())

    def guards(self) -> Iterator[ast.stmt]:
        """The guards that stand in no branch."""
        for statement in self.function.body:
            if isinstance(statement, ast.Expr) and self.calls(statement.value, guard):
                yield statement

    def bound_before(self, statement: ast.stmt, name: str) -> bool:
        """Whether a name has a value already where a statement gives it another."""
        if name in self.parameters:
            return True
        earlier = (n for n in ast.walk(self.function) if isinstance(n, ast.Name) and n.id == name)
        return any(isinstance(n.ctx, ast.Store) and n.lineno < statement.lineno for n in earlier)

    # -- what names mean -------------------------------------------------------------------------------

    def named(self, node: ast.AST) -> object:
        """What a name of the module, or of one that it imports, stands for; None for any other node."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name, getattr(builtins, name, None))
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                found = self.names.get(module)
                return getattr(found, name, None) if isinstance(found, ModuleType) else None
            case _:
                return None

    def record(self, call: ast.Call) -> type[Record] | None:
        """The class of values that a call makes, None if it is no such call."""
        found = self.named(call.func)
        return found if isinstance(found, type) and issubclass(found, Record) else None

    def enum(self, node: ast.Attribute) -> type[Enum] | None:
        """The enum that a node names a member of, None if it does not."""
        found = self.named(node.value)
        is_enum = isinstance(found, type) and issubclass(found, Enum) and node.attr in found.__members__
        return found if is_enum and isinstance(found, type) and issubclass(found, Enum) else None

    def sends(self, node: ast.AST) -> bool:
        """Whether an expression is a send, or a sum of some."""
        if isinstance(node, ast.BinOp):
            return self.sends(node.left) or self.sends(node.right)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        return node.func.attr in SENDING and _is_self(node.func.value)

    def of_self(self, node: ast.AST, name: str) -> bool:
        """Whether a node is ``self.name``."""
        return isinstance(node, ast.Attribute) and node.attr == name and _is_self(node.value)

    def calls(self, node: ast.AST, *functions: object) -> bool:
        """Whether a node is a call of one of these functions."""
        return isinstance(node, ast.Call) and any(self.named(node.func) is one for one in functions)

    def is_number(self, node: ast.AST) -> bool:
        """Whether an expression is an integer, as far as its names tell."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, int) and not isinstance(value, bool)
            case ast.BinOp(left, _, right):
                return self.is_number(left) or self.is_number(right)
            case ast.Attribute(attr=name):
                return name in self._numbers
            case ast.Name(id=name):
                return self.parameters.get(name) == "int"
            case _:
                return self.calls(node, len, sum)

    def kinds_of_arguments(self, call: ast.Call) -> list[object]:
        """What the positional arguments of a call are annotated as: of a class of values, a function of the
        module, or a method of some class of the file; empty where that is not known.
        """
        made = self.record(call)
        if made is not None:
            kinds = _kinds(made)
            return [kinds.get(name) for name in fields_of(made)]
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                arguments = [a for a in node.args.args if a.arg != "self"]
                return [None if a.annotation is None else ast.unparse(a.annotation) for a in arguments]
        return []

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """The fields and properties that are integers in all classes of the module that have them."""
        kinds: dict[str, set[object]] = {}
        for cls in self.names.values():
            if isinstance(cls, type) and issubclass(cls, Record):
                for name, kind in _kinds(cls).items():
                    kinds.setdefault(name, set()).add(kind)
        return frozenset(name for name, found in kinds.items() if found == {int})

    def alike(self, message: type[Message]) -> type[Message] | None:
        """The class of messages of the same module that comes after one and has the same fields."""
        found = [c for c in self.names.values() if isinstance(c, type) and issubclass(c, Message)]
        fields = fields_of(message)
        same = [c for c in found if c.__module__ == message.__module__ and fields_of(c) == fields]
        if message not in same or len(same) < 2:
            return None
        return same[(same.index(message) + 1) % len(same)]


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def fields_of(cls: type[Record]) -> list[str]:
    """The names of the fields of a class of values."""
    assert dataclasses.is_dataclass(cls)
    return [field.name for field in dataclasses.fields(cls)]


def _kinds(cls: type[Record]) -> dict[str, object]:
    """The classes of the fields and properties of a class of values."""
    try:
        found: dict[str, object] = dict(get_type_hints(cls))
        for name, member in inspect.getmembers(cls, lambda m: isinstance(m, property)):
            found[name] = get_type_hints(member.fget).get("return")
    except Exception:  # names that exist for the type checker only
        return {}
    return found
