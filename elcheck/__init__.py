"""elcheck: a model checker for leader election and consensus.

These are the names that models are written with, and those with which scripts check them.
"""

from dataclasses import replace

from elcheck.checker.model.collections import Bag, Map
from elcheck.checker.model.environment import UNLIMITED, Environment, Partition
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.fairness import STRONG, WEAK, Fair, Fairness, strong, unfair, weak
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.handlers import action, receive, tick, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node, with_mistake
from elcheck.checker.model.property import (
    Answer,
    Look,
    Property,
    Scope,
    all_nodes,
    always,
    always_eventually,
    always_possible,
    change,
    changes,
    each,
    eventually,
    eventually_always,
    history,
    holds,
    leads_to,
    ltl,
    never,
    node_views,
    pair,
    some,
    sometimes,
    step,
    taken,
    view,
    whole,
)
from elcheck.checker.model.record import Crashed, Disconnected, Message, Record, State, durable
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Outcome, Sends, Step, Steps, guard, require
from elcheck.checker.model.values import text

__all__ = [
    "STRONG",
    "UNLIMITED",
    "WEAK",
    "Answer",
    "Bag",
    "Bound",
    "Crashed",
    "DefinitionError",
    "Disconnected",
    "Envelope",
    "Environment",
    "Event",
    "Fair",
    "Fairness",
    "Formula",
    "GlobalState",
    "Look",
    "Map",
    "Message",
    "Model",
    "Monitor",
    "Node",
    "NodeId",
    "NodeView",
    "Outcome",
    "Partition",
    "Prepared",
    "Property",
    "Record",
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
    "always_eventually",
    "always_possible",
    "change",
    "changes",
    "durable",
    "each",
    "eventually",
    "eventually_always",
    "guard",
    "history",
    "holds",
    "leads_to",
    "ltl",
    "never",
    "node_ids",
    "node_views",
    "pair",
    "receive",
    "replace",
    "require",
    "some",
    "sometimes",
    "step",
    "strong",
    "taken",
    "text",
    "tick",
    "timeout",
    "unfair",
    "view",
    "weak",
    "whole",
    "with_mistake",
]
