"""A trace made ready to be drawn: its steps in words, its states as tables, its messages as arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.html.arrows import Arrow
from elcheck.checker.html.otherwise import otherwise
from elcheck.checker.html.sources import Sources
from elcheck.checker.html.tables import Cells, Table, Texts, tables_of, with_shown
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState, is_notice
from elcheck.checker.model.values import text
from elcheck.checker.traces.changes import Change, changes
from elcheck.checker.traces.explain import explain
from elcheck.checker.traces.messages import Lifetime, messages_of
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead, fields_read
from elcheck.checker.traces.salient import field_in_words
from elcheck.checker.traces.show import ShowExpression
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import phrases, trouble

EXPLAINED = {
    "start": "How it begins.",
    "crash": "The node stops. What is not durable is lost.",
    "restart": "The node is up again, with what was durable.",
    "pause": "The node takes no step. Its messages and timers wait.",
    "resume": "The node goes on where it was.",
    "damage": "The disk of the node that is down loses what was durable.",
    "lose": "The network loses a message.",
    "duplicate": "The network makes a copy of a message.",
    "disconnect": "The link breaks, and what was under way on it is lost.",
    "partition": "The network falls apart: messages between its parts wait.",
    "heal": "The network is whole again.",
    "tick": "Time passes, for all nodes together.",
}
"""What a step means that no handler's docstring explains."""


@dataclass(frozen=True)
class Frame:
    """A step, and the state after it; the first frame is the initial state.

    lane: whose step it is. lanes: of a broken link, its two ends. said, brief: the event in words, without
    the message in brief. marks: what the picture writes beside it. place: the method that is run, by its
    number, and line: where it was left. otherwise: what the step would be without the mistake that was put
    in, if that is something else. network, gone: the messages under way, and those that are no more, by their
    texts' numbers;
    fresh: which of the former are new.
    """

    kind: str
    lane: int | None
    lanes: tuple[int, ...]
    said: str
    brief: str
    doc: str
    marks: tuple[str, ...]
    place: int | None
    line: int | None
    changes: tuple[str, ...]
    otherwise: str
    idle: tuple[str, ...]
    standing: str | None
    cells: Cells
    network: tuple[int, ...]
    fresh: tuple[int, ...]
    gone: tuple[int, ...]

    def located(self, nodes: Sequence[str]) -> str:
        """The event in a few words, with whose step it is."""
        return self.brief if self.lane is None else f"{nodes[self.lane]}: {self.brief}"


@dataclass(frozen=True)
class TraceView:
    """A whole trace. ``texts`` is what cells and networks point into; ``loop`` is the trace's. ``compared``:
    its steps were held against the model without the mistake that was put in; ``else_``: what else there
    would be in that, if no step would be another. ``first`` is the number of the first frame: of a long
    trace only the end is shown. ``logged``: the lines of logs that tell of each frame, if there are logs.
    ``shown``: the first table is what else somebody wants to see.
    """

    nodes: tuple[str, ...]
    loop: int | None
    tables: tuple[Table, ...]
    frames: tuple[Frame, ...]
    messages: tuple[Arrow, ...]
    texts: tuple[str, ...]
    compared: bool
    else_: tuple[str, ...]
    first: int = 0
    logged: tuple[str, ...] = ()
    shown: bool = False


def decided_view(result: Result, report: CheckReport) -> tuple[TraceView, frozenset[str]]:
    """A result's trace, what its check reads first; and the names of the nodes that decide it."""
    assert result.trace is not None
    trace, model, claim = result.trace, report.model, report.claim_of(result)
    guilty = explain(trace, model, claim).nodes
    view = trace_view_of(trace, model, read=fields_read(trace, model, claim))
    return view, frozenset(node.name for node in guilty)


def trace_view_of(
    trace: Trace,
    model: Model,
    sources: Sources | None = None,
    sound: Model | None = None,
    last: int = 0,
    read: FieldsRead = NOTHING_READ,
    show: Sequence[ShowExpression] = (),
) -> TraceView:
    """What there is to draw of a trace, without places in the source if no ``sources`` are wanted. ``sound``
    is the model without the mistake that was put in. The ``last`` steps are drawn, 0 for all. Fields that the
    failing check has ``read`` come first, and give lanes their colours. ``show`` is what else somebody wants
    to see of each state: it stands in a table of its own, before the others.
    """
    first = max(0, len(trace.steps) - last) if last else 0
    trace = Trace(trace.states[first], trace.steps[first:]) if first else trace
    compared = None if sound is None else otherwise(trace, model, sound)
    instead = {} if compared is None else compared.steps
    texts = Texts()
    states = trace.states
    tables, cells = tables_of(model, states, texts, read)
    if show:
        tables, cells = with_shown(tables, cells, states, texts, show)
    events = [None, *(step.event for step in trace.steps)]
    frames = tuple(
        _frame(model, event, before, after, filled, sources, texts, instead.get(number, ""), read)
        for number, (event, before, after, filled) in enumerate(
            zip(events, [states[0], *states], states, cells, strict=False)
        )
    )
    nodes = tuple(node.name for node in model.programs)
    messages = tuple(map(_arrow, messages_of(trace, model).lifetimes()))
    else_ = () if compared is None else compared.else_
    said = texts.all()
    return TraceView(
        nodes,
        trace.loop,
        tuple(tables),
        frames,
        messages,
        said,
        compared is not None,
        else_,
        first,
        shown=bool(show),
    )


def _frame(
    model: Model,
    event: Event | None,
    before: GlobalState,
    after: GlobalState,
    cells: Cells,
    sources: Sources | None,
    texts: Texts,
    instead: str,
    read: FieldsRead,
) -> Frame:
    changed = changes(model, before, after)
    kind = "start" if event is None else event.kind
    own = event.node if event is not None else None
    place = None if sources is None else _place(model, sources, event)
    doc = "" if sources is None or place is None or kind in EXPLAINED else sources.places[place].doc
    name = "" if own is None else own.name
    return Frame(
        kind=kind,
        lane=None if own is None else own.index,
        lanes=_lanes(event),
        said="start" if event is None else str(event),
        brief="start" if event is None else _brief(event),
        doc=doc or EXPLAINED.get(kind, ""),
        marks=_marks(name, changed.fields, _read_of(event, after, read)),
        place=place,
        line=_line(sources, place, before, event, after),
        changes=_said(model, before, event, after, read),
        otherwise=instead,
        idle=tuple(view.idle for view in after.nodes),
        standing=after.environment.standing,
        cells=cells,
        network=tuple(texts.number(str(e)) for e in after.network),
        fresh=tuple(at for at, e in enumerate(after.network) if e in changed.added),
        gone=tuple(texts.number(str(e)) for e in changed.removed),
    )


def _said(
    model: Model, before: GlobalState, event: Event | None, after: GlobalState, read: FieldsRead
) -> tuple[str, ...]:
    """What a step does, what the failing check reads first; of the start, the trouble that it begins in."""
    if event is None:
        return tuple(trouble(model, after))
    return tuple(phrase.text for phrase in phrases(model, before, TraceStep(event, after), read=read))


def _place(model: Model, sources: Sources, event: Event | None) -> int | None:
    return _beginning(model, sources) if event is None else sources.of_event(event)


def _line(
    sources: Sources | None, place: int | None, before: GlobalState, event: Event | None, after: GlobalState
) -> int | None:
    """The line that a step was taken at, if it is one of the method that is shown."""
    if event is None or place is None or sources is None:
        return None
    return sources.line_of(place, before, TraceStep(event, after))


def _beginning(model: Model, sources: Sources) -> int | None:
    """The place of ``start``, of the first program if there are several; none for prepared initial states."""
    programs: list[object] = [*model.programs.values()] or [model.program]
    return None if model.initial else sources.of_method(type(programs[0]), "start")


def _lanes(event: Event | None) -> tuple[int, ...]:
    """The ends of the link that a step breaks."""
    if event is None or event.kind != "disconnect":
        return ()
    return tuple(node.index for _, node in event.args if isinstance(node, NodeId))


def _brief(event: Event) -> str:
    """A delivery by its handler and sender alone; everything else in its own words."""
    return f"{event.name} from {text(dict(event.args)['src'])}" if event.kind == "receive" else str(event)


def _read_of(event: Event | None, after: GlobalState, read: FieldsRead) -> Sequence[str]:
    """The fields that the failing check reads of the node that steps."""
    if event is None or event.node is None:
        return ()
    return read.get(type(after.nodes[event.node.index].state), ())


def _marks(own: str, fields: Sequence[Change], read: Sequence[str]) -> tuple[str, ...]:
    """What the picture writes beside a step: two new values of the node's fields, those that the failing
    check reads first, then enums; short ones.
    """
    mine = [change for change in fields if change.kind == "local" and change.node == own]
    ranked = sorted(mine, key=lambda change: (change.field not in read, not isinstance(change.new, Enum)))
    enums = [change for change in mine if isinstance(change.new, Enum)]
    said = [field_in_words(change.field, change.new, bare=enums == [change]) for change in ranked]
    return tuple(part for part in said if len(part) <= 18)[:2]


def _arrow(life: Lifetime) -> Arrow:
    said = text(life.envelope.msg)
    return Arrow(
        life.envelope.src.index,
        life.envelope.dst.index,
        said if len(said) <= 16 else type(life.envelope.msg).__name__,
        said,
        life.sent,
        life.end,
        life.fate or "in transit",
        life.copied,
        is_notice(life.envelope),
    )
