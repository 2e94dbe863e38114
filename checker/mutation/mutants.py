"""All mutants of a model."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from types import FunctionType

from elcheck.checker.model.fairness import strong, weak
from elcheck.checker.model.generics import state_classes
from elcheck.checker.model.handlers import Mark, mark_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import durable_fields
from elcheck.checker.model.step import guard
from elcheck.checker.mutation.mutant import (
    CodeMutation,
    LostField,
    Mutant,
    OtherMark,
    change_in_words,
)
from elcheck.checker.mutation.operators import edited, looks, proposals
from elcheck.checker.mutation.site import Site
from elcheck.checker.mutation.source_text import TextEdit
from elcheck.checker.mutation.targets import Functions, Target

ENOUGH = 16
"""Characters of code that say where they are; shorter pieces are told with what is around them."""


def mutants_of(
    model: Model, functions: Functions, wanted: Collection[Target], build: Target | None
) -> list[Mutant]:
    """The mutants of some functions, of what is durable, and of what is assumed, in the order of the code.
    ``build`` is the function ``model``.
    """
    found: list[Mutant] = []
    for target in functions.every():
        if target in wanted:
            found += _of_function(target)
    found += _of_states(model, functions)
    found += _of_decorators(model, functions)
    found += _of_assumptions(build) if _claims_liveness(model) else ()
    counts: Counter[str] = Counter()
    mutants = []
    for one in found:
        key = f"{one.function}: {change_in_words(one.before, one.after)}"
        counts[key] += 1
        key += f" ({counts[key]})" if counts[key] > 1 else ""
        mutants.append(replace(one, key=key))
    return mutants


def _of_function(target: Target) -> Iterator[Mutant]:
    site = Site(target.source, target.function, vars(target.module))
    known = {looks(target.function)}
    for proposal in proposals(site):
        found = edited(site, proposal)
        if found is not None and found.tree not in known:
            known.add(found.tree)
            told = _told(site, proposal.node, found.edit)
            mutation = CodeMutation(target, found.edit)
            yield Mutant(target.name, proposal.operator, *told, target.source, found.edit, mutation)


def _told(site: Site, node: ast.AST, edit: TextEdit) -> tuple[str, str]:
    """What an edit puts in the place of what, with so much around it that one knows where it is."""
    source = site.source
    while len(source.of(node)) < ENOUGH and isinstance(parent := site.parent(node), ast.expr):
        node = parent
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and site.calls(node.value, guard):
        return f"guard({source.of(node.value.args[0])})", ""
    begin, end = source.begin(node), source.end(node)
    if edit.instead in ("", "pass"):
        return source.of(node), ""
    head, tail = source.encoded[begin : edit.begin], source.encoded[edit.end : end]
    return source.of(node), (head + edit.instead.encode() + tail).decode()


# -- what is not the code of a handler ---------------------------------------------------------------------


def _of_states(model: Model, functions: Functions) -> Iterator[Mutant]:
    """Each durable field, not durable."""
    programs = dict.fromkeys(type(program) for program in model.programs.values())
    states = dict.fromkeys(cls for program in programs for cls in state_classes(program, Node))
    for cls in dict.fromkeys(base for state in states for base in state.__mro__):
        definition = functions.definition(cls)
        for statement in definition.node.body if definition is not None else ():
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(args=[default]) as value):
                    if definition is not None and name in durable_fields(cls):
                        source = definition.source
                        before, after = (f"{name} = {source.of(node)}" for node in (value, default))
                        edit = source.replaced(value, source.of(default))
                        mutation = LostField(cls, name)
                        yield Mutant(definition.name, "lose durable", before, after, source, edit, mutation)


def _of_decorators(model: Model, functions: Functions) -> Iterator[Mutant]:
    """The rank, and (where something is claimed to happen) the fairness of each handler, left out."""
    programs = dict.fromkeys(map(type, [*model.programs.values(), model.program]))
    bases = dict.fromkeys(base for program in programs for base in program.__mro__)
    for base in bases:
        for method in vars(base).values():
            mark = mark_of(method)
            target = functions.of(method.__code__) if isinstance(method, FunctionType) else None
            if mark is None or target is None or not isinstance(method, FunctionType):
                continue
            if _claims_liveness(model) and mark.fair is not None:
                yield from _without(target, method, "fair", "lose fairness", replace(mark, fair=None))
            if mark.rank:
                yield from _without(target, method, "rank", "lose a rank", replace(mark, rank=0))


def _claims_liveness(model: Model) -> bool:
    return any(claim.kind == "liveness" for claim in model.properties)


def _without(target: Target, method: FunctionType, name: str, operator: str, mark: Mark) -> Iterator[Mutant]:
    """A handler whose decorator lacks a keyword."""
    source = target.source
    for decorator in target.function.decorator_list:
        if isinstance(decorator, ast.Call) and any(keyword.arg == name for keyword in decorator.keywords):
            rest = [source.of(keyword) for keyword in decorator.keywords if keyword.arg != name]
            marker = source.of(decorator.func)
            without = f"{marker}({', '.join(rest)})" if rest else marker
            edit = source.replaced(decorator, without)
            told = (target.name, operator, f"@{source.of(decorator)}", f"@{without}")
            yield Mutant(*told, source, edit, OtherMark(method, mark))


def _of_assumptions(build: Target | None) -> Iterator[Mutant]:
    """Each assumption in the call of ``Model``, left out, and each strong one, weak."""
    if build is None:
        return
    site = Site(build.source, build.function, vars(build.module))
    for node in ast.walk(build.function):
        if isinstance(node, ast.Call) and site.named(node.func) is Model:
            for keyword in node.keywords:
                if keyword.arg in ("fairness", "assume") and isinstance(keyword.value, ast.List):
                    yield from _of_list(build, site, keyword.value)


def _of_list(build: Target, site: Site, assumed: ast.List) -> Iterator[Mutant]:
    code = [site.of(part) for part in assumed.elts]
    for at, part in enumerate(assumed.elts):
        edit = build.source.replaced(assumed, f"[{', '.join(code[:at] + code[at + 1 :])}]")
        told = (build.name, "lose an assumption", code[at], "")
        yield Mutant(*told, build.source, edit, CodeMutation(build, edit))
        if isinstance(part, ast.Call) and site.named(part.func) is strong:
            edit = build.source.replaced(part.func, "weak")
            told = (build.name, "lose an assumption", code[at], code[at].replace("strong", "weak", 1))
            if site.names.get("weak") is weak:
                yield Mutant(*told, build.source, edit, CodeMutation(build, edit))
