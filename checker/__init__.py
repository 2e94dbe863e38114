"""elcheck: a model checker for leader election and consensus. This is the vocabulary of its specs."""

from checker.model.environment import UNLIMITED, Environment, Partition
from checker.model.errors import DefinitionError, UsageError
from checker.model.handlers import STRONG, WEAK, Fairness, action, receive, tick, timeout
from checker.model.ids import NodeId, node_ids
from checker.model.model import Bound, Model, Monitor
from checker.model.node import Crashed, Disconnected, Node, durable
from checker.model.property import (
    Answer,
    Classes,
    Property,
    Scope,
    all_nodes,
    always,
    always_possible,
    change,
    changes,
    each,
    history,
    never,
    pair,
    sometimes,
    step,
    whole,
)
from checker.model.spec import Spec
from checker.model.state import Envelope, Event, NodeView, Prepared, State
from checker.model.step import Sends, Step, Steps, guard, present
from checker.model.values import text

__all__ = [
    "STRONG",
    "UNLIMITED",
    "WEAK",
    "Answer",
    "Bound",
    "Classes",
    "Crashed",
    "DefinitionError",
    "Disconnected",
    "Envelope",
    "Environment",
    "Event",
    "Fairness",
    "Model",
    "Monitor",
    "Node",
    "NodeId",
    "NodeView",
    "Partition",
    "Prepared",
    "Property",
    "Scope",
    "Sends",
    "Spec",
    "State",
    "Step",
    "Steps",
    "UsageError",
    "action",
    "all_nodes",
    "always",
    "always_possible",
    "change",
    "changes",
    "durable",
    "each",
    "guard",
    "history",
    "never",
    "node_ids",
    "pair",
    "present",
    "receive",
    "sometimes",
    "step",
    "text",
    "tick",
    "timeout",
    "whole",
]
