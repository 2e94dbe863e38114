"""Observers: how the log of a system tells of the steps of a model. One stands beside its model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.node import Node
from elcheck.checker.model.record import State
from elcheck.checker.model.step import Step
from elcheck.checker.validation.calls import Call, ObservedStep, Reading
from elcheck.checker.validation.logs import LogReader, NodeLog

S = TypeVar("S", bound=State)


class Observer(ABC, Generic[S]):
    """What the lines of some logs say of the steps of a model, whose states are of class ``S``.

    It is made for the logs that were given; then the model is built with what :meth:`parameters` says, and
    ``self.ids`` gets the model's node for each name of :meth:`members`.
    """

    reader: ClassVar[LogReader]
    """Turns lines into events."""
    program: ClassVar[type[object]] = Node
    """Of which program it knows the lines."""
    irrelevant: ClassVar[frozenset[str]] = frozenset()
    """Kinds of lines, and fields, of which the model says nothing."""

    def __init__(self, logs: Sequence[NodeLog]) -> None:
        self.logs = logs
        self.model: Model | None = None
        self.ids: Mapping[str, NodeId] = {}
        self.silent: frozenset[NodeId] = frozenset()
        """Nodes whose logs are missing."""

    @abstractmethod
    def members(self) -> Sequence[tuple[str, NodeLog | None]]:
        """All nodes, by the names that the lines have for them, in the model's order, each with its log if
        there is one. Raises UsageError.
        """

    def parameters(self) -> Mapping[str, object]:
        """Parameters of the model, as far as the logs say them."""
        return {"nodes": len(self.members())}

    def require(self, model: Model) -> None:
        """Take the model. Raises UsageError for one of another program."""
        self.model = model
        others = [
            type(program).__name__
            for program in model.programs.values()
            if not isinstance(program, self.program)
        ]
        if others or not model.programs:
            what = others[0] if others else type(model.program).__name__
            raise UsageError(
                f"{type(self).__name__} tells of {self.program.__name__}, and the model is of {what}"
            )

    def unfit(self) -> str:
        """Why the model can't tell of these logs, such as a change of the membership; empty if it can."""
        return ""

    @abstractmethod
    def steps(self, log: NodeLog) -> Iterable[ObservedStep]:
        """The lines of a log as steps, in order."""

    @abstractmethod
    def start(self, me: NodeId, steps: Sequence[ObservedStep]) -> S | Step[S]:
        """How a node begins, by its steps; of a node without a log there are none."""

    def sent_before(self, src: NodeId, msg: object) -> bool:
        """Whether a node may have sent a message before its log begins."""
        del src, msg
        return False

    @abstractmethod
    def calls(self, me: NodeId, step: ObservedStep, s: S) -> Iterable[Reading]:
        """Ways to read a step, the cheapest first. The first that is possible is taken: the others must not
        allow more in the end.
        """

    def free(self, me: NodeId, s: S, ahead: Sequence[ObservedStep]) -> Iterable[Call]:
        """Calls without a line that a node may take now, and that forbid nothing of what its log says
        ``ahead`` (the next step of each lane). They are taken as soon as they change or send something.
        """
        del me, s, ahead
        return ()
