"""Whether a value of JSON stands for a value of a state. What is left out fits anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from elcheck.checker.model.errors import UsageError, instead
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Envelope, GlobalState
from elcheck.checker.model.terms import Term, number_of
from elcheck.checker.model.values import text


def fits(said: object, plain: object) -> bool:
    """Whether ``said`` stands for ``plain``, as docs/json.md writes values: nodes and enum members by name,
    sets (in any order) and tuples as arrays, dataclasses as objects, of which some fields may be missing. A
    string stands for what prints so, too.
    """
    if isinstance(plain, Term):
        return fits(said, number_of(plain))
    if isinstance(said, str):
        return plain == said or text(plain) == said
    if isinstance(said, bool) or isinstance(plain, bool) or said is None:
        return said is plain
    if isinstance(said, dict):
        return _fits_object(said, plain)
    if isinstance(said, list):
        if isinstance(plain, frozenset):
            return _fits_bag(said, list(plain), fits)
        return isinstance(plain, tuple) and len(said) == len(plain) and all(map(fits, said, plain))
    return not isinstance(plain, Enum | NodeId) and said == plain


def _fits_object(said: Mapping[str, object], plain: object) -> bool:
    if isinstance(plain, Mapping):
        parts = {text(key): value for key, value in plain.items()}
        return said.keys() == parts.keys() and all(fits(said[key], parts[key]) for key in parts)
    if not dataclasses.is_dataclass(plain) or isinstance(plain, type):
        return False
    fields = {f.name: getattr(plain, f.name) for f in dataclasses.fields(plain)}
    if "type" not in fields:
        fields["type"] = type(plain).__name__
    return all(name in fields and fits(value, fields[name]) for name, value in said.items())


def _fits_bag(said: Sequence[object], plain: Sequence[object], one: Callable[[object, object], bool]) -> bool:
    """Whether each of some values stands for one of as many others, each for another."""
    left = list(plain)
    for item in said:
        match = next((value for value in left if one(item, value)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def is_whole(said: object) -> bool:
    """Whether it is a state as elcheck writes it, rather than some fields."""
    return isinstance(said, dict) and ("nodes" in said or "shared" in said)


def fits_state(said: object, state: GlobalState) -> bool:
    """Whether a state as elcheck writes it stands for this one: the nodes, the network, or the state of a
    Spec. What is left of budgets and what monitors know does not count.
    """
    if not isinstance(said, dict):
        return True
    if state.shared is not None:
        return fits(said.get("shared"), state.shared)
    nodes = said.get("nodes", {})
    if not isinstance(nodes, dict) or not nodes.keys() <= {view.node.name for view in state.nodes}:
        return False
    for view in state.nodes:
        node = nodes.get(view.node.name, {})
        if not isinstance(node, dict) or not fits(node.get("up", view.up), view.up):
            return False
        if not fits(node.get("paused", view.paused), view.paused):
            return False
        if "state" in node and not fits(node["state"], view.state):
            return False
    network = said.get("network")
    return not isinstance(network, list) or _fits_bag(network, state.network, _fits_envelope)


def _fits_envelope(said: object, envelope: object) -> bool:
    if not isinstance(said, dict) or not isinstance(envelope, Envelope):
        return False
    parts = {"src": envelope.src, "dst": envelope.dst, "msg": envelope.msg, "age": envelope.age}
    return all(name in parts and fits(value, parts[name]) for name, value in said.items())


def fits_fields(said: Mapping[str, object], state: GlobalState, model: Model) -> bool:
    """Whether fields have these values: ``{"n1.term": 1}``, of a Spec ``{"big": 3}``. Raises UsageError for
    one that there is not.
    """
    return all(fits(value, _field(name, state, model)) for name, value in said.items())


def _field(path: str, state: GlobalState, model: Model) -> object:
    first, *rest = path.split(".")
    at: object = state.shared
    names = {view.node.name: view for view in state.nodes}
    if model.programs:
        if first not in names or not rest:
            raise UsageError(f"{path!r} is no field: it is a node ({', '.join(names)}), a dot, and a field")
        view = names[first]
        at = view.state
    else:
        rest = [first, *rest]
    for name in rest:
        fields = [f.name for f in dataclasses.fields(at)] if dataclasses.is_dataclass(at) else []
        if name not in fields:
            raise UsageError(f"{path!r} is no field; {instead(name, fields, 'the fields there are')}")
        at = getattr(at, name)
    return at
