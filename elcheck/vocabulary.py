"""The names that models are written with."""

from typing import TYPE_CHECKING

from elcheck.checker.model.budget import UNLIMITED, Budget
from elcheck.checker.model.clock import Clock
from elcheck.checker.model.collections import Bag, Map
from elcheck.checker.model.disks import earlier
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.fairness import STRONG, WEAK, Fair, Fairness, strong, unfair, weak
from elcheck.checker.model.formula import Formula
from elcheck.checker.model.handlers import action, fault, receive, tick, timeout
from elcheck.checker.model.ids import NodeId, node_ids
from elcheck.checker.model.inductive import Every, Inductive, every, inductive
from elcheck.checker.model.model import Bound, Model
from elcheck.checker.model.monitor import Monitor
from elcheck.checker.model.node import Node, with_mistake
from elcheck.checker.model.partition import Cut, Partition, symmetric_splits
from elcheck.checker.model.property import (
    Property,
    always,
    always_eventually,
    always_possible,
    at,
    each_leads_to,
    eventually,
    eventually_always,
    leads_to,
    ltl,
    never,
    some,
    sometimes,
    step,
    taken,
)
from elcheck.checker.model.record import Crashed, Disconnected, Message, Record, State, durable
from elcheck.checker.model.refinement import refines, refines_fairly
from elcheck.checker.model.scope import (
    Answer,
    Look,
    Scope,
    all_nodes,
    change,
    changes,
    each,
    enabled,
    history,
    holds,
    node_views,
    pair,
    view,
    whole,
)
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Outcome, Sends, Step, Steps, guard, require
from elcheck.checker.model.terms import Term
from elcheck.checker.model.under_way import under_way
from elcheck.checker.model.values import text

if TYPE_CHECKING:
    from dataclasses import replace  # of which a type checker knows which fields there are
else:
    from elcheck.checker.model.record import replace

__all__ = [
    "STRONG",
    "UNLIMITED",
    "WEAK",
    "Answer",
    "Bag",
    "Bound",
    "Budget",
    "Clock",
    "Crashed",
    "Cut",
    "DefinitionError",
    "Disconnected",
    "Envelope",
    "Environment",
    "Event",
    "Every",
    "Fair",
    "Fairness",
    "Formula",
    "GlobalState",
    "Inductive",
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
    "Term",
    "UsageError",
    "action",
    "all_nodes",
    "always",
    "always_eventually",
    "always_possible",
    "at",
    "change",
    "changes",
    "durable",
    "each",
    "each_leads_to",
    "earlier",
    "enabled",
    "eventually",
    "eventually_always",
    "every",
    "fault",
    "guard",
    "history",
    "holds",
    "inductive",
    "leads_to",
    "ltl",
    "never",
    "node_ids",
    "node_views",
    "pair",
    "receive",
    "refines",
    "refines_fairly",
    "replace",
    "require",
    "some",
    "sometimes",
    "step",
    "strong",
    "symmetric_splits",
    "taken",
    "text",
    "tick",
    "timeout",
    "under_way",
    "unfair",
    "view",
    "weak",
    "whole",
    "with_mistake",
]
