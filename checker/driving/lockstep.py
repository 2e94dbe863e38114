"""A model and a subject in lockstep: one event on both sides, then a look at what each has come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

from elcheck.checker.driving.comparing import DriveMismatch, SubjectError, of_sends, of_states
from elcheck.checker.driving.expected import Stepper, named
from elcheck.checker.driving.patience import PATIENCE, Hung, patience
from elcheck.checker.driving.possible import DrivenPath, NextOutcome, Possible
from elcheck.checker.driving.subject import Sent, Subject, Undrivable
from elcheck.checker.driving.under_way import MessagesUnderWay
from elcheck.checker.model.call import HandlerError, said
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.record import Crashed, Disconnected
from elcheck.checker.model.state import Envelope, Event, GlobalState, is_notice
from elcheck.checker.model.step import Sends
from elcheck.checker.traces.trace import Trace

C = TypeVar("C")
MakeSubject: TypeAlias = Callable[[], Subject[C]]
LEFT = (Exception, SystemExit)
"""How real code may leave a step."""
_UNSURE = "the model may be in a state that looks alike, in which the step is not enabled"


class DriveEnding(Enum):
    """How driving along a path ended."""

    FOLLOWED = "followed"
    """The subject did what the model does, to the end."""
    DIFFERS = "differs"
    """The model allows nothing that looks like what the subject did."""
    RAISED = "raised"
    """The subject raised."""
    HUNG = "hung"
    """The subject did not come back."""
    ELSEWHERE = "elsewhere"
    """The subject did something else than this path has, which the model allows too."""
    UNDRIVABLE = "undrivable"
    """The subject has no way to do the step."""


@dataclass(frozen=True)
class Drive:
    """What became of a path: the model's steps as far as they were driven, the one that ended it included;
    what differs after that; and what is to be said of the ending.
    """

    trace: Trace
    ending: DriveEnding
    mismatches: tuple[DriveMismatch, ...] = ()
    why: str = ""

    @property
    def wrong(self) -> bool:
        """True if it shows that the subject is not as the model."""
        return self.ending in (DriveEnding.DIFFERS, DriveEnding.RAISED, DriveEnding.HUNG)


@dataclass(frozen=True)
class _Look:
    """What the subject has come to: the states of the nodes that are up, and what each has sent."""

    states: Mapping[NodeId, object]
    sent: Mapping[NodeId, Sequence[Sent[object]]]


class _Ended(Exception):
    """The step that ends a drive."""

    def __init__(
        self,
        ending: DriveEnding,
        why: str = "",
        mismatches: Iterable[DriveMismatch] = (),
        path: DrivenPath | None = None,
    ) -> None:
        self.ending, self.why, self.mismatches, self.path = ending, why, tuple(mismatches), path


class Lockstep(Generic[C]):
    """One run of both sides, from an initial state of the model. A step of the
    subject may take ``per_step`` seconds; None: as long as it likes.

    Raises SubjectError where the subject answers what can't be compared, HandlerError when a handler does.
    """

    def __init__(
        self,
        stepper: Stepper,
        make: MakeSubject[C],
        initial: GlobalState,
        per_step: float | None = PATIENCE,
    ) -> None:
        self.stepper = stepper
        self.ended: Drive | None = None
        self._possible = Possible(stepper, [DrivenPath(initial)])
        self._network = stepper.model.environment.network
        self._per_step = per_step
        with self._asking("the subject can't be made"):
            self._subject = make()
        self._under_way: MessagesUnderWay[C] = MessagesUnderWay(self._subject, self._network)
        with self._ending(DrivenPath(initial)):
            self._begin(initial)

    def _begin(self, initial: GlobalState) -> None:
        down = [view.node.name for view in initial.nodes if not view.up]
        if down:
            raise Undrivable(f"the model starts with {', '.join(down)} down, and a subject starts all nodes")
        self._subject.start({view.node: view.state for view in initial.nodes})
        look = self._looked(initial)
        starts = self.stepper.starts_like(initial)
        differ = [list(self._mismatches(start, sends, look)) for start, sends in starts]
        if all(differ):
            raise _Ended(DriveEnding.DIFFERS, "", differ[0])
        alike = [start for (start, _), differs in zip(starts, differ, strict=True) if not differs]
        self._possible.paths = [DrivenPath(start) for start in alike]
        self._went(look)

    @property
    def state(self) -> GlobalState:
        """The model's state: where what the subject did is known to have led, or one that looks like it."""
        return self._possible.first.state

    @property
    def states(self) -> list[GlobalState]:
        """Every state that the model may be in, this one first."""
        return [path.state for path in self._possible.paths]

    @property
    def last_steps(self) -> list[tuple[GlobalState, Event, GlobalState]]:
        """The last step on the way to each of them: the state before it, the event, the state after it."""
        paths = self._possible.paths
        return [(path.before, path.steps[-1].event, path.state) for path in paths]

    @property
    def trace(self) -> Trace:
        """The model's steps up to here."""
        return self._possible.first.trace

    def finished(self) -> Drive:
        """What became of it: followed so far, if nothing has ended it."""
        return self.ended or Drive(self.trace, DriveEnding.FOLLOWED)

    def stop(self) -> None:
        """Stop the subject."""
        with self._asking("stop() does not end it"):
            self._subject.stop()

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Ask the subject for what is no step of its code. Raises SubjectError if that fails."""
        try:
            with patience(self._per_step):
                yield
        except SubjectError:
            raise
        except (*LEFT, Hung) as error:
            raise SubjectError(f"{what}: {said(error).removeprefix('Hung: ')}") from error

    def step(self, event: Event, wanted: GlobalState | None = None) -> bool:
        """Do an event, which is enabled in the model's state, on both sides. The model goes where the subject
        went: to ``wanted``, whatever monitors say, if that looks like it. False, and ``ended`` is set, if it
        can't go on.
        """
        try:
            outcomes = self._possible.outcomes(event)
        except Undrivable as error:
            self.ended = Drive(self.trace, DriveEnding.UNDRIVABLE, (), str(error))
            return False
        outcomes.sort(key=lambda found: wanted is None or not same(found.outcome.after, wanted))
        with self._ending(outcomes[0].further):
            self._do(event)
            self._go(outcomes, nearest=wanted is None)
        return self.ended is None

    def _go(self, outcomes: Sequence[NextOutcome], *, nearest: bool) -> None:
        """Let the model go where the subject went: to the outcomes that look like it. If none does, the
        difference is that from the first, or from the nearest.
        """
        look = self._looked(outcomes[0].outcome.after)
        differ = [list(self._mismatches(f.outcome.after, f.outcome.sends, look)) for f in outcomes]
        if all(differ):
            if not self._possible.sure:
                raise _Ended(DriveEnding.ELSEWHERE, _UNSURE)
            at = min(range(len(differ)), key=lambda at: len(differ[at])) if nearest else 0
            raise _Ended(DriveEnding.DIFFERS, "", differ[at], outcomes[at].further)
        fitting = [found for found, differs in zip(outcomes, differ, strict=True) if not differs]
        crossed = [name for found in fitting for name in found.outcome.crosses[:1]]
        if len(crossed) == len(fitting):
            raise _Ended(DriveEnding.ELSEWHERE, f"what the subject did is beyond the bound {crossed[0]}")
        self._possible.keep(fitting)
        self._went(look)

    @contextmanager
    def _ending(self, path: DrivenPath) -> Iterator[None]:
        """Note what ends the drive in the last step of a path."""

        def drive(
            ending: DriveEnding, why: str, way: DrivenPath = path, differs: Sequence[DriveMismatch] = ()
        ) -> Drive:
            return Drive(way.trace, ending, tuple(differs), why)

        try:
            with patience(self._per_step):
                yield
        except _Ended as ended:
            self.ended = drive(ended.ending, ended.why, ended.path or path, ended.mismatches)
        except Undrivable as error:
            self.ended = drive(DriveEnding.UNDRIVABLE, str(error))
        except (SubjectError, HandlerError):
            raise
        except Hung as error:
            self.ended = drive(DriveEnding.HUNG, said(error).removeprefix("Hung: "))
        except LEFT as error:
            self.ended = drive(DriveEnding.RAISED, said(error))

    # -- the subject ---------------------------------------------------------------------------------------

    def _do(self, event: Event) -> None:
        """Do an event on the subject's side."""
        subject, node = self._subject, event.node
        match event.kind:
            case "tick":
                subject.tick()
            case "disconnect":
                ends = dict(event.args)
                a, b = ends["a"], ends["b"]
                assert isinstance(a, NodeId)
                assert isinstance(b, NodeId)
                subject.disconnect(a, b)
            case "lose":
                newest = ("which", "newest") in event.args
                self._under_way.lost(named(event), newest=newest)
            case "duplicate":
                self._under_way.duplicated(named(event))
            case "partition" | "heal" | "pause" | "resume":
                pass  # it holds messages and steps up, which are delivered and done later
            case _:
                assert node is not None
                self._do_at(node, event)

    def _do_at(self, node: NodeId, event: Event) -> None:
        subject, args = self._subject, dict((*event.args, *event.choice))
        match event.kind:
            case "action":
                subject.action(node, event.name, args)
            case "timeout":
                subject.timeout(node, event.name, args)
            case "fault":
                subject.fault(node, event.name, args)
            case "crash":
                subject.crash(node)
            case "damage":
                raise Undrivable(
                    f"{event.located}: what a disk loses can't be done to real code from outside"
                )
            case "restart":
                subject.restart(node)
            case _:
                self._deliver(named(event))

    def _deliver(self, envelope: Envelope) -> None:
        if is_notice(envelope):
            assert isinstance(envelope.msg, Crashed | Disconnected)
            self._subject.notice(envelope.dst, envelope.msg)
        else:
            self._subject.deliver(envelope.dst, envelope.src, self._under_way.taken(envelope))

    def _looked(self, after: GlobalState) -> _Look:
        """Ask the subject what it has come to, of the nodes that are up then."""
        up = [view.node for view in after.nodes if view.up]
        sent = {node: list(self._subject.sent(node)) for node in up}
        return _Look({node: self._subject.state(node) for node in up}, sent)

    def _mismatches(
        self, after: GlobalState, sends: Mapping[NodeId, Sends], look: _Look
    ) -> Iterator[DriveMismatch]:
        visible = self._subject.visible
        for node, says in look.states.items():
            yield from of_states(node, visible(after.nodes[node.index].state), says)
        for node, messages in look.sent.items():
            yield from of_sends(node, sends.get(node, ()), messages, visible, self._network)

    def _went(self, look: _Look) -> None:
        """Go on from states of the model that look like the subject's."""
        for node, messages in look.sent.items():
            self._under_way.sent(node, messages)  # type: ignore[arg-type]  # they are the subject's own
        self._under_way.keep(path.state.network for path in self._possible.paths)


def same(a: GlobalState, b: GlobalState) -> bool:
    """Whether two states are one but for what monitors keep of the way there."""
    return (a.nodes, a.network, a.environment) == (b.nodes, b.network, b.environment)


def drive(stepper: Stepper, make: MakeSubject[C], trace: Trace, per_step: float | None = PATIENCE) -> Drive:
    """Drive a subject along a trace of the model, as long as it takes the outcomes that this has."""
    run = Lockstep(stepper, make, trace.initial, per_step)
    try:
        for step in trace.steps if run.ended is None else ():
            if not run.step(step.event, step.state):
                break
            if not same(run.state, step.state):
                why = "the model allows what the subject did, by another outcome than the trace has"
                return Drive(run.trace, DriveEnding.ELSEWHERE, (), why)
        return run.finished()
    finally:
        run.stop()
