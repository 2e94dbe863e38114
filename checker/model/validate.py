"""What can be found wrong with a model before it runs."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from elcheck.checker.model.budget import FAULT_KINDS, Budget, option_of
from elcheck.checker.model.disks import frail_fields, require_frail
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.errors import DefinitionError, UsageError, instead
from elcheck.checker.model.fairness import Fair
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.generics import may_have, state_classes
from elcheck.checker.model.handlers import Handler, handlers_of
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.inductive import Inductive
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.node import PLACE, Node, Program
from elcheck.checker.model.partition import Partition
from elcheck.checker.model.property import Property
from elcheck.checker.model.record import Message, State, require_survivors
from elcheck.checker.model.refinement import Refinement
from elcheck.checker.model.scope import Enabled, Scope
from elcheck.checker.model.selector import KINDS, StepNames
from elcheck.checker.model.spec import SharedProgram, Spec
from elcheck.checker.model.state import WORLDLY, Envelope, Prepared, is_notice
from elcheck.checker.model.validate_liveness import check_fairness, check_formulas
from elcheck.checker.model.values import called, flaw, flaw_of_annotations, text

_STEP_SCOPES = ("change", "changes")


def validate(model: Model) -> None:
    """Raise DefinitionError for an ill-formed model, UsageError for an inconsistent environment.

    What only shows when handlers run (an outcome that is no value, a guard after a yield) is found there.
    """
    well_formed(model)
    shared = isinstance(model.program, SharedProgram)
    if shared:
        _spec(model)
    else:
        _programs(model)
    model.environment.check(down=model.begins_down)
    if shared:
        no_network(model.environment)
    else:
        check_budgets(model)
        _prepared(model)
    _properties(model, shared=shared)
    check_fairness(model)
    for bound in model.bounds:
        _bound(bound)


def well_formed(model: Model) -> None:
    """Raise DefinitionError if a part of a model is of another class than it has to be."""
    parts: list[tuple[str, object, type]] = [
        ("properties", model.properties, Property),
        ("nodes", model.nodes, NodeId),
        ("bounds", model.bounds, Bound),
        ("initial", model.initial, Prepared),
        ("partitions", model.partitions, Partition),
        ("fairness", model.fairness, Fair),
        ("assume", model.assume, Formula),
        ("inductive", model.inductive, Inductive),
    ]
    for name, found, cls in parts:
        if not isinstance(found, list | tuple):
            raise DefinitionError(f"Model({name}=...) is a list of {cls.__name__}, not {called(found)}")
        for item in found:
            if not isinstance(item, cls):
                raise DefinitionError(f"in Model({name}=...), {called(item)} is no {cls.__name__}")
    for claim in model.properties:
        _claim(claim)
    if not isinstance(model.environment, Environment):
        raise DefinitionError(f"Model(environment=...) is an Environment, not {model.environment!r}")
    _nodes(model)


def _claim(claim: Property) -> None:
    """Refuse a claim that is made of something else than a scope or a formula."""
    if not isinstance(claim.scope, Scope):
        raise DefinitionError(
            f"the property {claim.name!r} needs a scope, which says what it looks at, such as "
            f"each(Server, check) or, of a Spec, holds(Jugs, check), not {called(claim.scope)}"
        )
    if claim.formula is not None and not isinstance(claim.formula, Formula):
        raise DefinitionError(
            f"the property {claim.name!r} claims {called(claim.formula)}, which is no formula"
        )


def _nodes(model: Model) -> None:
    """Refuse a model of which it is not clear which node runs what."""
    programs: object = model.program
    if isinstance(programs, Mapping):
        for node, program in programs.items():
            if not isinstance(node, NodeId) or not isinstance(program, Program):
                raise DefinitionError(f"a model's mapping leads from NodeIds to Nodes: {node!r}: {program!r}")
        if not programs:
            raise DefinitionError("the model has no nodes: its mapping of nodes to programs is empty")
        if model.nodes:
            raise DefinitionError("Model(nodes=...): the mapping of nodes to programs names them already")
    elif isinstance(programs, Program):
        if not model.nodes:
            name = type(programs).__name__
            raise DefinitionError(
                f"the model has no nodes: Model(nodes=node_ids(3)) says which of them run {name}"
            )
    elif isinstance(programs, SharedProgram):
        if model.nodes:
            raise DefinitionError("Model(nodes=...): a Spec has one shared state and no nodes")
    else:
        raise DefinitionError(
            f"Model(program=...) is a Node, a mapping of nodes to Nodes, or a Spec, not {called(programs)}"
        )


def _spec(model: Model) -> None:
    program = model.program
    cls = type(program)
    _state_classes(cls, Spec)
    why = flaw(program)
    if why is not None:
        raise DefinitionError(f"a Spec's parameters are fixed: {why}")
    handlers = handlers_of(cls, "spec")
    if not handlers:
        raise DefinitionError(f"{cls.__name__} has no @action: nothing could ever happen")
    _names(cls, handlers, ["action"])
    if model.monitors or model.initial:
        raise DefinitionError("a Spec keeps history in its state, and starts from its start()")


def _programs(model: Model) -> None:
    programs = model.programs
    if [node.index for node in programs] != list(range(len(programs))):
        raise DefinitionError(
            f"a model has all nodes of one call of node_ids, in order, and this has "
            f"{', '.join(map(str, programs))}"
        )
    for runs in programs.values():
        cls = type(runs)
        why = flaw(runs)
        if why is not None:
            raise DefinitionError(f"a program's parameters are fixed: {why}")
        for f in dataclasses.fields(runs):
            if f.name in PLACE:
                raise DefinitionError(
                    f"{cls.__name__}.{f.name}: a program knows self.{f.name}; call the field otherwise"
                )
        _state_classes(cls, Node)
        for states in state_classes(cls, Node) if model.environment.crash != 0 or model.begins_down else ():
            require_survivors(states)
        handlers = handlers_of(cls, "node")
        if sum(handler.mark.kind == "tick" for handler in handlers) > 1:
            raise DefinitionError(f"{cls.__name__} has two @tick handlers: time passes in one step")
        _names(cls, handlers, KINDS)


def _names(cls: type, handlers: Sequence[Handler], kinds: Sequence[str]) -> None:
    """Refuse a handler with the name of a fault, or of a kind of steps: a trace, ``taken`` and ``fairness``
    could not tell which is meant. ``@tick`` handlers may be called tick: they are all that is called so.
    """
    for handler in handlers:
        if handler.name in kinds and not handler.name == handler.mark.kind == "tick":
            what = "a fault" if handler.name in WORLDLY else "a kind of steps"
            raise DefinitionError(
                f"{cls.__name__}.{handler.name} ({handler.file}:{handler.line}) is called like {what}: "
                f"taken({handler.name!r}), weak({handler.name!r}) and traces would mean both; call it "
                "otherwise"
            )
        if handler.mark.kind == "fault":
            _own_fault(cls, handler)


def _own_fault(cls: type, handler: Handler) -> None:
    """Refuse a fault whose budget could not be named."""
    where, name = f"{cls.__name__}.{handler.name} ({handler.file}:{handler.line})", handler.budget
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w-]*", name):
        raise DefinitionError(f"{where} spends the budget {name!r}: a name is letters, digits, _ and -")
    if name in FAULT_KINDS:
        raise DefinitionError(f"{where} spends the budget {name!r}, which is that of a fault of the world")


def _own_budgets(model: Model) -> set[str]:
    """The budgets that faults of a model's programs spend."""
    handlers = (h for program in model.programs.values() for h in handlers_of(type(program), "node"))
    return {handler.budget for handler in handlers if handler.mark.kind == "fault"}


def _classes_of_nodes(model: Model) -> Iterator[type]:
    """The classes of the local states that its programs work on."""
    for program in model.programs.values():
        yield from state_classes(type(program), Node)


def check_budgets(model: Model) -> None:
    """Raise UsageError for a budget that no handler of a model spends, or of a node that it has not."""
    environment, nodes = model.environment, [node.name for node in model.programs]
    known = sorted(_own_budgets(model))
    for name in environment.faults:
        if name not in known:
            hint = instead(name, known, "the budgets are")
            none = f"{name} is no budget that a @fault of this model spends"
            raise UsageError(f"--fault {name}=...: {none}; {hint if known else 'it has no @fault at all'}")
    if environment.disk != 0 and not any(map(frail_fields, _classes_of_nodes(model))):
        raise UsageError(
            f"--disk {environment.disk}: no field of this model's states can be damaged; say which, as in "
            "log: tuple[Entry, ...] = durable((), frail=True)"
        )
    for kind, budget in environment.budgets.items():
        for name in map(str, (budget.of or ()) if isinstance(budget, Budget) else ()):
            if name not in nodes:
                asked = f"{option_of(kind)}{budget}"
                raise UsageError(f"{asked}: there is no node {name}; {instead(name, nodes)}")


def _state_classes(cls: type, door: type) -> None:
    """Refuse classes of states that can change, that have no value, or that know earlier ones of nothing."""
    for states in state_classes(cls, door):
        if not issubclass(states, State):
            raise DefinitionError(
                f"{cls.__name__} works on a {states.__name__}, which is no state: write class "
                f"{states.__name__}(State)"
            )
        why = flaw_of_annotations(states)
        if why is not None:
            raise DefinitionError(why)
        require_frail(states)


def _bound(bound: Bound) -> None:
    if isinstance(bound.holds, int):
        if bound.name not in ("copies", "link", "spread") or bound.holds < 1:
            raise DefinitionError(
                f"Bound({bound.name!r}, {bound.holds}): a number (at least 1) bounds the network, and is "
                "called 'copies' (of a message in a bag) or 'link' (messages in a fifo link); or the terms "
                "of nodes, and is called 'spread'"
            )
    elif not callable(bound.holds) or not isinstance(bound.of, type):
        raise DefinitionError(
            f"Bound({bound.name!r}, ...) names a class of states and then a predicate, as in "
            'Bound("max_term", Server, lambda s: s.term <= 3)'
        )


def no_network(environment: Environment) -> None:
    """Raise UsageError if an environment has anything in it: a Spec has none."""
    asked = [f"--{kind}" if kind in FAULT_KINDS else "--fault" for kind in environment.budgets]
    asked += ["--network"] if environment.network != "sent-set" else []
    asked += ["--detector"] if environment.detector != "none" else []
    asked += ["--timing"] if environment.timing != "async" else []
    if asked:
        raise UsageError(f"{asked[0]}: a Spec has one shared state, no nodes, network or faults")


def _prepared(model: Model) -> None:
    for prepared in model.initial:
        given: object = prepared.nodes
        if not isinstance(given, Mapping):
            raise DefinitionError(
                f"in Prepared({called(given)}): it says of each node in which state it is, "
                "Prepared({n1: Server(), n2: Server()})"
            )
        missing = [str(node) for node in model.programs if node not in prepared.nodes]
        if missing:
            raise DefinitionError(f"an initial state says nothing of {', '.join(missing)}")
        for state in prepared.nodes.values():
            why = flaw(state)
            if why is not None:
                raise DefinitionError(f"an initial state is no value: {why}")
        under_way: object = prepared.network
        if not isinstance(under_way, Collection):
            raise DefinitionError(
                f"in Prepared(network=...), {called(under_way)}: it takes a list of Envelopes"
            )
        for envelope in prepared.network:
            _under_way(model, envelope)
        _in_trouble(model, prepared)


def _in_trouble(model: Model, prepared: Prepared) -> None:
    """Refuse nodes that are down or paused, a partition or spent budgets that can't be meant."""
    for name, nodes in (("down", prepared.down), ("paused", prepared.paused)):
        _nodes_in_trouble(model, name, nodes)
    for node in prepared.paused:
        if node in prepared.down:
            raise DefinitionError(f"in Prepared(...), {node} is down and paused: it is one of them")
    partition: object = prepared.partition
    if partition is not None and not isinstance(partition, Partition):
        raise DefinitionError(
            f"in Prepared(partition=...), {called(partition)} is no Partition, such as Cut(n1, n2)"
        )
    known = {*FAULT_KINDS, *_own_budgets(model)}
    for kind, count in prepared.spent.items():
        if kind not in known:
            meant = instead(str(kind), sorted(known), "those are")
            raise DefinitionError(f"in Prepared(spent=...), {kind!r} is no budget; {meant}")
        if not isinstance(count, int) or count < 0:
            raise DefinitionError(f"in Prepared(spent=...), {kind!r} is {count!r}: it is 0, 1, 2, ...")


def _nodes_in_trouble(model: Model, name: str, nodes: object) -> None:
    if isinstance(nodes, str | NodeId) or not isinstance(nodes, Collection):
        raise DefinitionError(f"in Prepared({name}=...), {called(nodes)}: it takes nodes, as in {name}=[n1]")
    for node in nodes:
        if node not in model.programs:
            raise DefinitionError(f"in Prepared({name}=...), {node!r} is no node of the model")


def _under_way(model: Model, envelope: object) -> None:
    """Refuse what can't be under way in an initial state."""
    if not isinstance(envelope, Envelope):
        raise DefinitionError(f"in Prepared(network=...), {envelope!r} is no Envelope")
    why = flaw(envelope.msg)
    if not isinstance(envelope.msg, Message):
        why = f"{text(envelope.msg)} is no message, which is of a class(Message)"
    ends: tuple[object, object] = envelope.src, envelope.dst
    for end in ends:
        if not isinstance(end, NodeId) or end not in model.programs:
            why = f"{called(end)} is no node of the model"
    if is_notice(envelope):
        why = "only the environment sends that"
    if why is not None:
        raise DefinitionError(f"an initial state has {envelope!r} under way: {why}")


def _named(what: str, written: str, names: Iterable[object]) -> None:
    """Refuse names that are no strings."""
    for name in names:
        if not isinstance(name, str):
            raise DefinitionError(f"{what} is called {called(name)}: {written} begins with a name, a string")


def _properties(model: Model, *, shared: bool) -> None:
    if not model.properties and model.deadlock is False:
        raise DefinitionError("the model has no properties: nothing would be checked")
    _named("a property", "always(name, scope)", [item.name for item in model.properties])
    _named("a claim of induction", "inductive(name, scope)", [item.name for item in model.inductive])
    _named("a monitor", "Monitor(name, Server, ...)", [monitor.name for monitor in model.monitors])
    for name, count in Counter(item.name for item in model.properties).items():
        if not name.strip():
            raise DefinitionError("a property has no name: always(name, scope) says what it claims")
        if count > 1:
            raise DefinitionError(f"{count} properties are called {name!r}")
    for name, count in Counter(item.name for item in model.inductive).items():
        if count > 1:
            raise DefinitionError(f"{count} claims of induction are called {name!r}")
    for name, count in Counter(monitor.name for monitor in model.monitors).items():
        if count > 1:
            raise DefinitionError(
                f"{count} monitors are called {name!r}: make it once, and give it to each history(...)"
            )

    def check(kind: str, who: str, scope: Scope) -> None:
        _scope(kind, who, scope, shared=shared)
        _looks_at_something(model, who, scope, shared=shared)
        if isinstance(scope.check, Enabled):
            StepNames(model).select(scope.check.name, scope.check.node, who=who)
        if isinstance(scope.check, Refinement):
            _spec(Model(scope.check.abstract, ()))

    for item in model.properties:
        if item.formula is None:
            check(item.kind, f"the property {item.name!r}", item.scope)
    check_formulas(model, partial(check, "always"))
    if not isinstance(model.deadlock, bool):
        if not isinstance(model.deadlock, Scope):
            raise DefinitionError(
                f"Model(deadlock=...) is True, or a scope that says what a proper end is, not "
                f"{called(model.deadlock)}"
            )
        check("always", "Model(deadlock=...)", model.deadlock)


def _looks_at_something(model: Model, who: str, scope: Scope, *, shared: bool) -> None:
    """Refuse a scope whose class of states no node has: its check would hold of nothing."""
    if scope.monitor is not None or scope.kind == "whole":
        return
    programs = [model.program] if shared else list(model.programs.values())
    door = Spec if shared else Node
    fitting = [program for program in programs if may_have(type(program), door, scope.of)]
    if not fitting:
        known = (cls for program in programs for cls in state_classes(type(program), door))
        names = ", ".join(dict.fromkeys(cls.__name__ for cls in known))
        raise DefinitionError(
            f"{who} looks at states of class {scope.of.__name__}, and there are none: those of the model are "
            f"of {names}"
        )
    if scope.kind == "pair" and len(fitting) < 2 <= len(programs):
        raise DefinitionError(
            f"{who} looks at pairs, and only one node has a state of class {scope.of.__name__}"
        )


def _scope(kind: str, who: str, scope: Scope, *, shared: bool) -> None:
    if shared and scope.kind not in ("shared", "change") and not isinstance(scope.check, Enabled):
        raise DefinitionError(
            f"{who} looks at {scope.kind}(...): a Spec has one state, holds(Jugs, check), in a "
            f"step change(Jugs, check)"
        )
    if not shared and scope.kind == "shared":
        raise DefinitionError(
            f"{who} looks at holds(...), which is for a Spec's one state: each, pair, "
            f"all_nodes, ... look at nodes"
        )
    if kind != "sometimes" and (kind == "step") != (scope.kind in _STEP_SCOPES):
        raise DefinitionError(
            f"{who} looks at {scope.kind}(...): step takes change(...) or changes(...), "
            "and so may sometimes; the others don't"
        )
