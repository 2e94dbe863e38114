"""Whether the logs of some nodes are what a behaviour of a model would have logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from elcheck.checker.loading.model_file import ModelFile
from elcheck.checker.model.environment import NetworkName
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.record import State
from elcheck.checker.model.state import Prepared, envelopes
from elcheck.checker.model.step import Step
from elcheck.checker.process.limits import Limits, Stop
from elcheck.checker.replay.judged import Judgement, judged
from elcheck.checker.validation.behaviour import Behaviour, behaviour_of
from elcheck.checker.validation.calls import ObservedStep
from elcheck.checker.validation.guards import guards_of
from elcheck.checker.validation.handlers import Handlers
from elcheck.checker.validation.logs import NodeLog, read_logs
from elcheck.checker.validation.matcher import Matched, Matcher
from elcheck.checker.validation.observer import Observer
from elcheck.checker.validation.observers import readers
from elcheck.checker.validation.result import LogVerdict, Validation, coverage_of, refusals_of
from elcheck.checker.validation.world import Lives, lives_of


@dataclass(frozen=True)
class LogSubject:
    """Logs, read by an observer, and the model that they are compared with."""

    observer: Observer[State]
    handlers: Handlers
    members: Sequence[tuple[str, NodeLog | None]]
    lives: Mapping[NodeId, Lives]
    start: Prepared

    @property
    def model(self) -> Model:
        """The model."""
        return self.handlers.model

    def steps(self) -> Iterator[ObservedStep]:
        """The steps of all logs."""
        for life in (life for lives in self.lives.values() for life in lives):
            yield from () if life.begin is None else (life.begin,)
            for lane in life.lanes.values():
                yield from lane


def subject_of(
    file: ModelFile,
    observer_class: type[Observer[State]],
    logs: Sequence[NodeLog],
    given: Mapping[str, object],
    known: Handlers | None = None,
) -> LogSubject:
    """Build the model with what the logs say of its parameters; what was given goes first. ``known``:
    handlers of an earlier subject, used again where the model is the same.

    Raises UsageError for logs that don't go together with each other or with the model.
    """
    observer = observer_class(logs)
    members = observer.members()
    told = observer.parameters().items()
    said = {name: value for name, value in told if name != "nodes" or name in file.parameters}
    if not said.keys() <= file.parameters.keys():
        observer.require(file.build(given))  # of another program, most likely, which says more
    parameters = {**file.decoded(said), **given}
    handlers = known
    if handlers is None or handlers.parameters != parameters:
        handlers = Handlers(file.build(parameters), parameters)
    observer.require(handlers.model)
    if len(handlers.nodes) != len(members):
        names = ", ".join(name for name, _ in members)
        raise UsageError(
            f"the model has {len(handlers.nodes)} nodes, and the logs name {len(members)}: {names}"
        )
    observer.ids = _ids(members, handlers.nodes)
    members = sorted(members, key=lambda member: observer.ids[member[0]].index)
    steps = {observer.ids[name]: [] if log is None else list(observer.steps(log)) for name, log in members}
    observer.silent = frozenset(node for node, own in steps.items() if not own)
    lives = {node: lives_of(own) for node, own in steps.items()}
    return LogSubject(observer, handlers, members, lives, _prepared(observer, steps))


def _prepared(observer: Observer[State], steps: Mapping[NodeId, Sequence[ObservedStep]]) -> Prepared:
    """How all nodes begin, with what they send at their starts."""
    outcomes = {node: observer.start(node, own) for node, own in steps.items()}
    begun = {n: found if isinstance(found, Step) else Step(found) for n, found in outcomes.items()}
    network = [envelope for node, step in begun.items() for envelope in envelopes(node, step.sends)]
    return Prepared({node: step.state for node, step in begun.items()}, network)


def _ids(members: Sequence[tuple[str, NodeLog | None]], nodes: Sequence[NodeId]) -> dict[str, NodeId]:
    """The model's node for each name: the one that is called so, or as the log's file, else the next one."""
    named = {node.name: node for node in nodes}
    found = {name: named.pop(name) for name, _ in members if name in named}
    for name, log in members:
        if name not in found and log is not None and log.name in named:
            found[name] = named.pop(log.name)
    left = iter(named.values())
    return {name: found.get(name) or next(left) for name, _ in members}


def matched(subject: LogSubject, limits: Limits, skew: float | None = None) -> Matched:
    """Search for a behaviour."""
    matcher = Matcher(
        subject.observer,
        subject.handlers,
        subject.lives,
        subject.start,
        silent=subject.observer.silent,
        skew=skew,
        limits=limits,
    )
    return matcher.run()


def validate(
    file: ModelFile,
    observer_class: type[Observer[State]],
    paths: Sequence[Path],
    given: Mapping[str, object],
    limits: Limits = Limits(),
    skew: float | None = None,
) -> Validation:
    """Read logs and search for a behaviour of a model that they are of.

    Raises UsageError for logs that can't be read, or don't go together.
    """
    logs = read_logs(paths, observer_class.reader, readers(observer_class))
    subject = subject_of(file, observer_class, logs, given)
    unfit = subject.observer.unfit()
    if unfit:
        model, members = subject.model, subject.members
        return Validation(
            model, subject.handlers.parameters, members, LogVerdict.UNDETERMINED, None, (), unfit, (), ()
        )
    found = matched(subject, limits, skew)
    behaviour = behaviour_of(found.world, subject.handlers)
    runner = subject.handlers.runner
    return Validation(
        subject.model,
        subject.handlers.parameters,
        subject.members,
        _verdict(found.stop, found.stuck),
        behaviour,
        refusals_of(found.stuck, found.world.mail, runner) if found.stop is None else (),
        "" if found.stop is None else str(found.stop),
        tuple(_judgements(behaviour, runner.model.environment.network)),
        coverage_of(behaviour, runner),
        guards_of(behaviour, runner),
    )


def _judgements(behaviour: Behaviour, network: NetworkName) -> Iterator[Judgement]:
    """What the properties say of a behaviour. Those of whole states see the messages under way, of which this
    network keeps what the model's own does not.
    """
    model = replace(behaviour.model, deadlock=False)
    whole = [claim for claim in model.properties if claim.scope.kind == "whole" and network != "sent-set"]
    rest = [claim for claim in model.properties if claim not in whole]
    found = judged(behaviour.trace, replace(model, properties=rest))
    for claim in whole:
        why = f"not judged: it sees messages under way, which a sent-set keeps, and a {network} does not"
        found.append(Judgement(claim.name, claim.kind, None, why))
    places = {claim.name: place for place, claim in enumerate(model.properties)}
    yield from sorted(found, key=lambda judgement: places.get(judgement.name, len(places)))


def _verdict(stop: Stop | None, stuck: Sequence[object]) -> LogVerdict:
    if stop is not None:
        return LogVerdict.UNDETERMINED
    return LogVerdict.NOT_ALLOWED if stuck else LogVerdict.ALLOWED
