"""Putting a mutation into a model that is imported: the functions stay, their code is exchanged.

So every reference to a function, from a class, another module or a closure, leads to the mutated one, and
values stay of the same classes: answers with the mutation can be compared with those without. What was
computed when the module was imported keeps its value.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from elcheck.checker.loading.module_files import real_path
from elcheck.checker.mutation.source_text import SourceText

# -- code --------------------------------------------------------------------------------------------------


def code_in(module: CodeType) -> Iterator[tuple[tuple[str, ...], CodeType]]:
    """The code objects in one, itself first, each with the names that lead to it: a name that comes again is
    numbered.
    """
    yield (), module
    counts: dict[str, int] = {}
    for const in module.co_consts:
        if isinstance(const, CodeType):
            count = counts[const.co_name] = counts.get(const.co_name, 0) + 1
            name = f"{const.co_name}#{count}"
            yield from (((name, *path), code) for path, code in code_in(const))


class CodeChange:
    """The code objects that an edit of a function changes: those of the function, of what is nested in it,
    and of the functions around it. ``line`` is where the function begins, its decorators included.
    """

    def __init__(self, source: SourceText, edited: bytes, line: int, name: str) -> None:
        old = _unmutated(source)
        at = next(p for p, c in old.items() if c.co_firstlineno == line and c.co_name == name)
        tree = ast.parse(edited.decode())
        new = dict(code_in(_compiled(tree, source.path)))
        missing = set(old[at].co_freevars) - set(new[at].co_freevars)
        if missing:
            _mention(tree, line, missing)
            new = dict(code_in(_compiled(tree, source.path)))
        assert new[at].co_freevars == old[at].co_freevars, f"{name} has another closure"
        self.target = old[at]
        around = [at[:length] for length in range(1, len(at))]
        inside = [path for path in old if path[: len(at)] == at and path in new]
        self.pairs = [(old[path], new[path]) for path in [*around, *inside] if old[path] != new[path]]


@cache
def _unmutated(source: SourceText) -> dict[tuple[str, ...], CodeType]:
    return dict(code_in(_compiled(source.tree, source.path)))


def _compiled(tree: ast.Module, path: Path) -> CodeType:
    code: CodeType = compile(tree, str(path), "exec", dont_inherit=True)
    return code


def _mention(tree: ast.Module, line: int, names: Collection[str]) -> None:
    """Let a function mention names that only its unmutated code used: its closure has them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and first_line(node) == line:
            mentions: list[ast.stmt] = [ast.Expr(ast.Name(name, ast.Load())) for name in sorted(names)]
            never = ast.If(ast.Constant(False), mentions, [])
            node.body.insert(0, ast.fix_missing_locations(ast.copy_location(never, node.body[0])))


def first_line(function: ast.FunctionDef) -> int:
    """The first line of a function, decorators included."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


@contextmanager
def exchanged(change: CodeChange, functions: Sequence[FunctionType]) -> Iterator[None]:
    """Some functions with their code exchanged."""
    changed: list[tuple[FunctionType, CodeType]] = []
    try:
        for function in functions:
            for old, new in change.pairs:
                if _same(function.__code__, old) and function.__code__.co_freevars == new.co_freevars:
                    changed.append((function, function.__code__))
                    function.__code__ = new
                    break
        assert any(_same(code, change.target) for _, code in changed), "nothing is changed"
        yield
    finally:
        for function, code in changed:
            function.__code__ = code


def living_functions(files: Collection[Path]) -> list[FunctionType]:
    """The functions that there are of some files, wherever something refers to them. One that is made later,
    nested in another, is made of what its code is then.
    """
    wanted = frozenset(files)
    every = (found for found in gc.get_objects() if type(found) is FunctionType)
    return [found for found in every if real_path(found.__code__.co_filename) in wanted]


def _same(running: CodeType, compiled: CodeType) -> bool:
    """Whether code that was imported stands where some compiled code does. (Who rewrites code as it is
    imported, to measure its coverage for instance, keeps its lines.)
    """
    return (
        running.co_firstlineno == compiled.co_firstlineno
        and running.co_qualname == compiled.co_qualname
        and (running.co_name != "<lambda>" or running == compiled)
        and real_path(running.co_filename) == Path(compiled.co_filename)
    )


# -- caches ------------------------------------------------------------------------------------------------


def without_cached_properties(modules: Collection[ModuleType]) -> None:
    """Make the cached properties of some modules' classes plain ones: a value is not to remember what a
    function said with another code. Of pure functions nobody can tell the difference.
    """
    for module in modules:
        for cls in vars(module).values():
            for name, member in list(vars(cls).items()) if isinstance(cls, type) else ():
                if isinstance(member, cached_property) and cls.__module__ == module.__name__:
                    setattr(cls, name, property(member.func))


def caches_of(modules: Collection[ModuleType]) -> list[Callable[[], None]]:
    """What lets the cached functions and methods of some modules forget."""
    found: list[Callable[[], None]] = []
    for module in modules:
        holders = [module, *(cls for cls in vars(module).values() if isinstance(cls, type))]
        for holder in holders:
            for member in vars(holder).values():
                clear: Callable[[], None] | None = getattr(member, "cache_clear", None)
                if callable(clear) and not isinstance(member, type | ModuleType):
                    found.append(clear)
    return found
