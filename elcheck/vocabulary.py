"""elcheck: a model checker for leader election and consensus.

These are the names that models are written with, and those with which scripts check them: ``check``,
``load``, ``within``, what they return and what they raise.
"""

from typing import TYPE_CHECKING

from elcheck.checker.api import (
    CheckFailed,
    Limits,
    LoadError,
    ModelFile,
    NoTrace,
    Report,
    Result,
    Stats,
    Trace,
    TraceStep,
    Verdict,
    check,
    load,
    within,
)
from elcheck.checker.driving.subject import Sent, Subject, Undrivable
from elcheck.checker.loading.version import __version__
from elcheck.checker.machines.with_hypothesis import machine_of, messages, states, traces
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
    Answer,
    Look,
    Property,
    Scope,
    all_nodes,
    always,
    always_eventually,
    always_possible,
    at,
    change,
    changes,
    each,
    each_leads_to,
    enabled,
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
    under_way,
    view,
    whole,
)
from elcheck.checker.model.record import Crashed, Disconnected, Message, Record, State, durable
from elcheck.checker.model.refinement import refines, refines_fairly
from elcheck.checker.model.spec import Spec
from elcheck.checker.model.state import Envelope, Event, GlobalState, NodeView, Prepared
from elcheck.checker.model.step import Outcome, Sends, Step, Steps, guard, require
from elcheck.checker.model.terms import Term
from elcheck.checker.model.values import text
from elcheck.checker.validation.calls import (
    AtLeast,
    AtMost,
    Call,
    Comparison,
    ObservedStep,
    OneOf,
    Reading,
    ValueRange,
    WantedSend,
)
from elcheck.checker.validation.logs import (
    LineRef,
    LogEvent,
    NodeLog,
    Pattern,
    SplitLine,
    TextReader,
    seconds,
)
from elcheck.checker.validation.observer import Observer

if TYPE_CHECKING:
    from dataclasses import replace  # of which a type checker knows which fields there are
else:
    from elcheck.checker.model.record import replace

__all__ = [
    "STRONG",
    "UNLIMITED",
    "WEAK",
    "Answer",
    "AtLeast",
    "AtMost",
    "Bag",
    "Bound",
    "Budget",
    "Call",
    "CheckFailed",
    "Clock",
    "Comparison",
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
    "Limits",
    "LineRef",
    "LoadError",
    "LogEvent",
    "Look",
    "Map",
    "Message",
    "Model",
    "ModelFile",
    "Monitor",
    "NoTrace",
    "Node",
    "NodeId",
    "NodeLog",
    "NodeView",
    "ObservedStep",
    "Observer",
    "OneOf",
    "Outcome",
    "Partition",
    "Pattern",
    "Prepared",
    "Property",
    "Reading",
    "Record",
    "Report",
    "Result",
    "Scope",
    "Sends",
    "Sent",
    "Spec",
    "SplitLine",
    "State",
    "Stats",
    "Step",
    "Steps",
    "Subject",
    "Term",
    "TextReader",
    "Trace",
    "TraceStep",
    "Undrivable",
    "UsageError",
    "ValueRange",
    "Verdict",
    "WantedSend",
    "__version__",
    "action",
    "all_nodes",
    "always",
    "always_eventually",
    "always_possible",
    "at",
    "change",
    "changes",
    "check",
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
    "load",
    "ltl",
    "machine_of",
    "messages",
    "never",
    "node_ids",
    "node_views",
    "pair",
    "receive",
    "refines",
    "refines_fairly",
    "replace",
    "require",
    "seconds",
    "some",
    "sometimes",
    "states",
    "step",
    "strong",
    "symmetric_splits",
    "taken",
    "text",
    "tick",
    "timeout",
    "traces",
    "under_way",
    "unfair",
    "view",
    "weak",
    "whole",
    "with_mistake",
    "within",
]
