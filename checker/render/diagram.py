"""A trace as a sequence diagram in text: a lane for each node, time going down, deliveries as arrows.

A delivery begins with the number of the step that sent the message: ``├─ 3: Vote(term=1) ──▶``. Where it was
sent stands what became of it, by receiver: ``→ Vote(term=1) to n1@5``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState, is_notice
from elcheck.checker.model.values import text
from elcheck.checker.render.canvas import Cell, Lanes, Row, Style, cut, lane_width
from elcheck.checker.render.fit import NBSP, wrapped
from elcheck.checker.traces.messages import Messages, TrackedMessage, messages_of
from elcheck.checker.traces.reads import NOTHING_READ, FieldsRead
from elcheck.checker.traces.salient import Telling
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import says_no_more

_CUT = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"


def diagram(
    model: Model,
    trace: Trace,
    width: int | None = None,
    matters: Sequence[bool] = (),
    read: FieldsRead = NOTHING_READ,
) -> str:
    """The diagram of a trace, for a terminal of some width. ``matters`` says of each step whether it does;
    the others are dimmed and marked. What the failing check has ``read`` is shown first.
    """
    return "\n".join(row.text() for row in _Diagram(model, trace, width, matters, read).rows())


class _Diagram:
    """The rows of one diagram."""

    def __init__(
        self, model: Model, trace: Trace, width: int | None, matters: Sequence[bool], read: FieldsRead
    ) -> None:
        self._trace = trace
        self._nodes = [view.node for view in trace.initial.nodes]
        self._lanes = Lanes(len(self._nodes), lane_width(len(self._nodes), width))
        self._messages: Messages = messages_of(trace, model)
        self._telling = Telling(trace, read)
        self._matters = matters
        self._named: set[type] = set()

    def rows(self) -> list[Row]:
        """All of it."""
        head = Row()
        for node in self._nodes:
            head.put(self._lanes.column(node.index), cut(node.name, self._lanes.room), "head")
        rows = [head, *self._cells(0, None, self._trace.initial, dim=False)]
        for number, before, step in self._trace.numbered:
            made = self._step(number, before, step)
            if self._trace.loop is not None and number > self._trace.loop:
                for at, row in enumerate(made):
                    row.put(4, "╔" if number == self._trace.loop + 1 and at == 0 else "║")
            rows += made
        return [*rows, *self._end(), *self._legend()]

    def _end(self) -> list[Row]:
        loop = self._trace.loop
        if loop is None:
            return []
        row = Row()
        if loop == len(self._trace.steps):
            row.put(4, "∞ and stays there for ever")
        else:
            row.put(4, f"╚═ back to the state after step {loop}, and so on for ever")
        return [row]

    # -- steps -----------------------------------------------------------------------------------------

    def _step(self, number: int, before: GlobalState, step: TraceStep) -> list[Row]:
        """What happens, then what comes of it in each lane."""
        dim = bool(self._matters) and not self._matters[number - 1]
        up = [not view.idle for view in before.nodes]
        row = self._lanes.row(up, dim=dim)
        row.put(0, f"{number:>3}", "head")
        if dim:
            row.put(3, "·")
        named = self._draw(row, number, step.event)
        return [row, *self._cells(number, before, step.state, dim=dim, first=named)]

    def _draw(self, row: Row, number: int, event: Event) -> Cell:
        """The event; what of its name found no room comes back."""
        taken = self._messages.named[number]
        if taken is not None and event.node is not None:
            return self._arrow(row, self._messages.all[taken], event)
        style: Style = "fault" if event.fault else "plain"
        if event.node is not None:
            at = self._lanes.column(event.node.index)
            row.put(
                at,
                {"crash": "✗", "damage": "✗", "restart": "○", "pause": "‖", "resume": "○"}.get(
                    event.kind, "●"
                ),
                style,
            )
            first, *more = wrapped(str(event), self._lanes.room)
            row.put(at + 2, first, style)
            return [(line, style) for line in more]
        ends = [node for _, node in event.args if isinstance(node, NodeId)]
        begin = self._lanes.column(ends[0].index if ends else 0)
        end = self._lanes.column(ends[-1].index) + 1 if ends else self._lanes.right
        line = "═" if event.kind in ("partition", "heal") else "╌"
        row.put(begin, line * (end - begin), style)
        if ends:
            row.put(begin, _CUT, style)
            row.put(end - 1, _CUT, style)
        said = event.name if ends else str(event)
        row.put(begin + 2, f" {cut(said, end - begin - 6)} ", style)
        return []

    def _arrow(self, row: Row, message: TrackedMessage, event: Event) -> Cell:
        """A message on its way from lane to lane, or as far as it comes."""
        lanes, envelope = self._lanes, message.envelope
        src, dst = lanes.column(envelope.src.index), lanes.column(envelope.dst.index)
        style: Style = "fault" if event.fault else "message"
        name = "" if event.kind == "receive" and says_no_more(event.name, envelope.msg) else _name(event)
        if src == dst:
            mark = {"lose": "✗", "duplicate": "+"}.get(event.kind, "●")
            row.put(dst, mark, style)
            lines = wrapped(f"{message.sent}: {text(envelope.msg)}", lanes.room)
            row.put(dst + 2, lines[0], style)
            return [(line, style) for line in lines[1:] + [name] * bool(name)]
        stop = {"lose": dst - 2 if src < dst else dst + 2}.get(event.kind, dst)
        left, right = min(src, stop), max(src, stop)
        row.put(left + 1, ("╌" if is_notice(envelope) else "─") * (right - left - 1), style)
        for lane in range(lanes.count):
            if left < lanes.column(lane) < right:
                row.put(lanes.column(lane), "┼", style)
        row.put(src, "├" if src < dst else "┤", style)
        head = {"lose": ("✗", "✗"), "duplicate": ("»", "«")}.get(event.kind, ("▶", "◀"))[src > dst]
        row.put(stop, head, style)
        said = _shortened(message.sent, envelope.msg, right - left - 7)
        row.put(left + 3 if src < dst else right - len(said) - 4, f" {said} ", style)
        if src < dst and name:
            row.put(dst + 2, cut(name, lanes.room), style)
            return []
        return [(line, style) for line in wrapped(name, lanes.room)]

    # -- what comes of a step -------------------------------------------------------------------------

    def _cells(
        self,
        number: int,
        before: GlobalState | None,
        after: GlobalState,
        *,
        dim: bool,
        first: Cell | None = None,
    ) -> list[Row]:
        """The lines under a step: in each lane the node's state, and what it sends."""
        cells: list[Cell] = [[] for _ in self._nodes]
        if first and number:
            event = self._trace.steps[number - 1].event
            assert event.node is not None
            cells[event.node.index] += first
        for node in self._nodes:
            old = None if before is None else before.nodes[node.index]
            words = [part.replace(" ", NBSP) for part in self._telling.said(after.nodes[node.index], old)]
            lines = wrapped(", ".join(words), self._lanes.room)
            cells[node.index] += [(line, "state") for line in lines]
        for sender, said in self._sent(number):
            cells[sender.index] += [(line, "message") for line in wrapped(said, self._lanes.room)]
        for message in (self._messages.all[n] for n in self._messages.dropped[number]):
            said = f"✗ {message.sent}: {_class(message)} to {message.envelope.dst}"
            lines = wrapped(said, self._lanes.room)
            cells[message.envelope.src.index] += [(line, "fault") for line in lines]
        return self._lanes.beside(cells, [not view.idle for view in after.nodes], dim=dim)

    def _sent(self, number: int) -> list[tuple[NodeId, str]]:
        """What each node sends in a step, with what becomes of it. What it says is left to the table where
        nothing does.
        """
        found: dict[tuple[NodeId, object], list[TrackedMessage]] = {}
        for message in (self._messages.all[n] for n in self._messages.sent[number]):
            found.setdefault((message.envelope.src, message.envelope.msg), []).append(message)
        said = []
        for (sender, msg), messages in found.items():
            arrow = "⇢" if is_notice(messages[0].envelope) else "→"
            fates = ", ".join(map(self._fate, messages))
            ignored = fates == ", ".join(message.envelope.dst.name for message in messages)
            name = f"{_class(messages[0])}(…)" if ignored and _values(msg) else self._written(msg)
            said.append((sender, f"{arrow} {name} to {fates}"))
        return said

    def _written(self, msg: object) -> str:
        """A message with the names of its fields where one of its class is first written, else without."""
        first = type(msg) not in self._named
        self._named.add(type(msg))
        return text(msg) if first else _brief(msg)

    def _fate(self, message: TrackedMessage) -> str:
        """The receiver, and when the message or a copy of it reaches it or is lost."""
        origin = self._messages.all.index(message)
        fates = sorted(f for m in self._messages.all if m is message or m.copy_of == origin for f in m.fates)
        return message.envelope.dst.name + "".join(
            f"@{number}" if fate == "delivered" else f"✗{number}" for number, fate in fates
        )

    def _legend(self) -> list[Row]:
        """What the marks mean that are used."""
        fates = {fate for message in self._messages.all for _, fate in message.fates}
        example = self._nodes[-1]
        parts = [f"{example}@5: it is delivered to {example} in step 5"] if "delivered" in fates else []
        parts += [f"{example}✗5: it is lost in step 5"] * bool(fates - {"delivered"})
        parts += ["3: on an arrow: it was sent in step 3"] * any(t is not None for t in self._messages.named)
        parts += ["·: nothing that is read rests on it"] * (False in self._matters)
        legend = []
        for line in wrapped("; ".join(parts), self._lanes.right):
            legend.append(Row(dim=True))
            legend[-1].put(0, line)
        return legend


def _name(event: Event) -> str:
    return event.name + (f" ({which})" if (which := dict(event.args).get("which")) else "")


def _shortened(sent: int, msg: object, room: int) -> str:
    """A message with the step that sent it: as a whole, or else the values of its fields, or else cut."""
    whole = f"{sent}: {text(msg)}"
    return whole if len(whole) <= room else cut(f"{sent}: {_brief(msg)}", room)


def _brief(msg: object) -> str:
    """A message without the names of its fields: ``Vote(1)``."""
    values = _values(msg)
    return text(msg) if values is None else f"{type(msg).__name__}({', '.join(map(text, values))})"


def _values(msg: object) -> list[object] | None:
    if not dataclasses.is_dataclass(msg) or isinstance(msg, type):
        return None
    return [getattr(msg, f.name) for f in dataclasses.fields(msg)]


def _class(message: TrackedMessage) -> str:
    msg = message.envelope.msg
    return text(msg) if _values(msg) is None else type(msg).__name__
