"""What can be found wrong with a model before it runs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping

from elcheck.checker.model.environment import FAULT_KINDS, Environment, Partition
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.handlers import handlers_of, state_class
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Bound, Model, Monitor
from elcheck.checker.model.node import Node, Program, require_survivors
from elcheck.checker.model.property import Classes, Property, Scope, scope_of
from elcheck.checker.model.spec import SharedProgram, Spec
from elcheck.checker.model.state import Envelope, Prepared, is_notice
from elcheck.checker.model.validate_liveness import check_fairness, check_formulas
from elcheck.checker.model.values import flaw, flaw_of_annotations

_STEP_SCOPES = ("change", "changes")


def validate(model: Model) -> None:
    """Raise DefinitionError for a model that can't be meant, UsageError for an environment that can't.

    What only shows when handlers run (an outcome that is no value, a guard after a yield) is found there.
    """
    well_formed(model)
    shared = isinstance(model.program, SharedProgram)
    _programs(model)
    model.environment.check()
    if shared:
        no_network(model.environment)
        if model.monitors or model.initial:
            raise DefinitionError("a Spec keeps history in its state, and starts from its start()")
    else:
        _prepared(model)
    _properties(model, shared=shared)
    check_fairness(model)
    for bound in model.bounds:
        if not isinstance(bound.holds, int) and not callable(bound.holds):
            raise DefinitionError(
                f"Bound({bound.name!r}, {bound.holds!r}): a predicate over a state, or a number"
            )
        if isinstance(bound.holds, int) and (bound.name not in ("copies", "link") or bound.holds < 1):
            raise DefinitionError(
                f"Bound({bound.name!r}, {bound.holds}): a number (at least 1) bounds the network, and is "
                "called 'copies' (of a message in a bag) or 'link' (messages in a fifo link)"
            )


def well_formed(model: Model) -> None:
    """Raise DefinitionError if a part of a model is of another class than it has to be."""
    parts: list[tuple[str, object, type]] = [
        ("properties", model.properties, Property),
        ("bounds", model.bounds, Bound),
        ("monitors", model.monitors, Monitor),
        ("initial", model.initial, Prepared),
        ("partitions", model.partitions, Partition),
        ("fairness", model.fairness, Fair),
        ("assume", model.assume, Formula),
    ]
    for name, found, cls in parts:
        if not isinstance(found, list | tuple):
            raise DefinitionError(f"Model({name}=...) is a list of {cls.__name__}, not {found!r}")
        for item in found:
            if not isinstance(item, cls):
                raise DefinitionError(f"in Model({name}=...), {item!r} is no {cls.__name__}")
    if not isinstance(model.environment, Environment):
        raise DefinitionError(f"Model(environment=...) is an Environment, not {model.environment!r}")
    programs: object = model.program
    if isinstance(programs, Mapping):
        for node, program in programs.items():
            if not isinstance(node, NodeId) or not isinstance(program, Program):
                raise DefinitionError(f"a model's mapping leads from NodeIds to Nodes: {node!r}: {program!r}")
    for program in programs.values() if isinstance(programs, Mapping) else [programs]:
        if isinstance(program, Program):
            nodes: object = getattr(program, "nodes", None)
            if not isinstance(nodes, tuple) or not all(isinstance(node, NodeId) for node in nodes):
                name = type(program).__name__
                raise DefinitionError(
                    f"{name}'s first field is the ids of the nodes, node_ids(3), not {nodes!r}"
                )


def _programs(model: Model) -> None:
    program: object = model.program
    if isinstance(program, SharedProgram):
        _state_class(type(program), Spec)
        why = flaw(program)
        if why is not None:
            raise DefinitionError(f"a Spec's parameters are fixed: {why}")
        if not handlers_of(type(program), "spec"):
            raise DefinitionError(f"{type(program).__name__} has no @action: nothing could ever happen")
        return
    if not isinstance(program, Program) and not isinstance(program, Mapping):
        raise DefinitionError(
            f"Model(program=...) is a Node, a mapping of nodes to Nodes, or a Spec: {program!r}"
        )
    programs = model.programs
    if not programs:
        raise DefinitionError("the model has no nodes")
    if [node.index for node in programs] != list(range(len(programs))):
        raise DefinitionError(
            f"every node needs one program, and these have one: {', '.join(map(str, programs))}"
        )
    for node, runs in programs.items():
        if tuple(runs.nodes) != tuple(programs):
            raise DefinitionError(
                f"the program of {node} knows the nodes {', '.join(map(str, runs.nodes))}, and the model has "
                f"{', '.join(map(str, programs))}: take all ids from one call of node_ids"
            )
        why = flaw(runs)
        if why is not None:
            raise DefinitionError(f"a program's parameters are fixed: {why}")
        _state_class(type(runs), Node)
        states = state_class(type(runs), Node)
        if states is not None and model.environment.crash != 0:
            require_survivors(states)
        handlers = handlers_of(type(runs), "node")
        if sum(handler.mark.kind == "tick" for handler in handlers) > 1:
            raise DefinitionError(f"{type(runs).__name__} has two @tick handlers: time passes in one step")


def _state_class(cls: type, door: type) -> None:
    """Refuse a class of states that can change, or that has no value."""
    states = state_class(cls, door)
    if states is None:
        return
    if not dataclasses.is_dataclass(states):
        raise DefinitionError(
            f"{cls.__name__} has states of class {states.__name__}: a state is a frozen dataclass"
        )
    why = flaw_of_annotations(states)
    if why is not None:
        raise DefinitionError(why)


def no_network(environment: Environment) -> None:
    """Raise UsageError if an environment has anything in it: a Spec has none."""
    asked = [f"--{kind}" for kind in FAULT_KINDS if getattr(environment, kind) != 0]
    asked += ["--network"] if environment.network != "sent-set" else []
    asked += ["--detector"] if environment.detector != "none" else []
    asked += ["--timing"] if environment.timing != "async" else []
    if asked:
        raise UsageError(f"{asked[0]}: a Spec has one shared state, no nodes, network or faults")


def _prepared(model: Model) -> None:
    for prepared in model.initial:
        missing = [str(node) for node in model.programs if node not in prepared.nodes]
        if missing:
            raise DefinitionError(f"an initial state says nothing of {', '.join(missing)}")
        for state in prepared.nodes.values():
            why = flaw(state)
            if why is not None:
                raise DefinitionError(f"an initial state is no value: {why}")
        for envelope in prepared.network:
            if not isinstance(envelope, Envelope):
                raise DefinitionError(f"in Prepared(network=...), {envelope!r} is no Envelope")
            why = flaw(envelope.msg)
            if envelope.src not in model.programs or envelope.dst not in model.programs:
                why = "no such node"
            if is_notice(envelope):
                why = "only the environment sends that"
            if why is not None:
                raise DefinitionError(f"an initial state has {envelope!r} under way: {why}")


def _properties(model: Model, *, shared: bool) -> None:
    if not model.properties and model.deadlock is False:
        raise DefinitionError("the model has no properties: nothing would be checked")
    for name, count in Counter(item.name for item in model.properties).items():
        if count > 1:
            raise DefinitionError(f"{count} properties are called {name!r}")
    monitors = [monitor.name for monitor in model.monitors]
    if len(set(monitors)) < len(monitors):
        raise DefinitionError(f"two monitors have one name: {', '.join(monitors)}")

    def check(item: Property) -> None:
        _scope(item.kind, f"the property {item.name!r}", item.scope, monitors, shared=shared)
        if not shared:
            _looks_at_something(model, item)

    for item in model.properties:
        if item.formula is None:
            check(item)
    check_formulas(model, check)
    if not isinstance(model.deadlock, bool):
        if not isinstance(model.deadlock, Scope) and not callable(model.deadlock):
            raise DefinitionError(
                f"Model(deadlock=...) is True, or says what a proper end is: {model.deadlock!r}"
            )
        done = scope_of(model.deadlock)
        _scope("always", "the scope of deadlock", done, monitors, shared=shared)
        if not shared:
            _looks_at_something(model, Property("deadlock", "no deadlock", done))


def _looks_at_something(model: Model, item: Property) -> None:
    """Refuse a property whose ``of`` leaves no node: it would hold of nothing."""
    if item.scope.kind in ("history", "whole"):
        return
    known = [state_class(type(program), Node) for program in model.programs.values()]
    if all(cls is not None and not _is_a(cls, item.scope.of) for cls in known):
        names = ", ".join(dict.fromkeys(cls.__name__ for cls in known if cls is not None))
        raise DefinitionError(
            f"the property {item.name!r} looks at no node: its of= fits none of the local states ({names})"
        )
    fitting = [cls for cls in known if cls is None or _is_a(cls, item.scope.of)]
    if item.scope.kind == "pair" and len(fitting) < 2 <= len(known):
        raise DefinitionError(f"the property {item.name!r} looks at pairs, and its of= fits one node only")


def _is_a(cls: type, of: Classes) -> bool:
    try:
        isinstance(None, of)
        return issubclass(cls, of)
    except TypeError as error:
        raise DefinitionError(f"of={of!r} can't be asked of a state: {error}") from None


def _scope(kind: str, who: str, scope: Scope, monitors: list[str], *, shared: bool) -> None:
    if shared != (scope.kind == "shared"):
        raise DefinitionError(
            f"{who} of a Spec is a bare check over its state, not {scope.kind}(...)"
            if shared
            else f"{who} needs a scope, which says what it looks at: each(check), pair(check), ..."
        )
    if not shared and (kind == "step") != (scope.kind in _STEP_SCOPES):
        raise DefinitionError(
            f"{who} looks at {scope.kind}(...): step takes change(...) or changes(...), the others don't"
        )
    if scope.kind == "history" and scope.monitor not in monitors:
        raise DefinitionError(f"{who} asks for the monitor {scope.monitor!r}, which the model lacks")
