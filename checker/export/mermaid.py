"""Traces as Mermaid sequence diagrams, which forges draw in a README or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from elcheck.checker.export.subject import Exported
from elcheck.checker.model.state import Envelope, Event, GlobalState, envelope_of
from elcheck.checker.model.values import text
from elcheck.checker.traces.messages import messages_of
from elcheck.checker.traces.trace import TraceStep
from elcheck.checker.traces.wording import phrases

_SPECIAL = re.compile(r"[^\w\s()\[\]{}=,.'\"+*/|!?@:→-]")
_PLAIN_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_WORDS = {
    "activate", "actor", "alt", "and", "autonumber", "box", "break", "create", "critical", "deactivate",
    "destroy", "else", "end", "link", "links", "loop", "note", "opt", "option", "over", "par", "participant",
    "rect", "title",
}  # fmt: skip
"""Words that Mermaid would not take for the name of a participant."""


def render(subject: Exported) -> str:
    """The diagram. A message is a dotted arrow where it is sent and an arrow where it is delivered or lost,
    all else a note at its node: arrows of Mermaid are level, so that one alone would hide how long it took.
    """
    trace = subject.trace
    drawing = Diagram(subject)
    lines = ["sequenceDiagram", f"    %% {_escaped(subject.title)}"]
    lines += [f"    {line}" for line in drawing.participants()]
    lines += [f"    {line}" for line in drawing.sent(0)]
    margin = "    "
    for number, before, step in trace.numbered:
        if trace.loop == number - 1:
            lines.append("    loop for ever")
            margin += "    "
        lines += [margin + line for line in drawing.step(number, before, step)]
    if trace.loop is not None and trace.loop < len(trace.steps):
        lines.append("    end")
    elif trace.loop is not None:
        lines.append("    " + drawing.note(None, ["it stays there for ever"]))
    return "\n".join(lines) + "\n"


class Diagram:
    """What is drawn of a step. Participants go by their names, or by numbers if Mermaid can't take one."""

    def __init__(self, subject: Exported) -> None:
        self._model = subject.report.model
        self._messages = messages_of(subject.trace, self._model)
        nodes = list(self._model.programs)
        self._names = [node.name for node in nodes] or [type(self._model.program).__name__]
        plain = all(_PLAIN_NAME.fullmatch(name) and name.lower() not in _WORDS for name in self._names)
        self._ids = self._names if plain else [f"p{at}" for at in range(len(self._names))]

    def participants(self) -> list[str]:
        """The lanes, in the order of the nodes."""
        pairs = zip(self._ids, self._names, strict=True)
        return [f"participant {i}" + (f" as {_escaped(name)}" if i != name else "") for i, name in pairs]

    def step(self, number: int, before: GlobalState, step: TraceStep) -> Iterator[str]:
        """A step: its message, if it is about one, then what it changes, then what it sends."""
        event = step.event
        message = envelope_of(event)
        told = [p.text for p in phrases(self._model, before, step) if p.about not in ("sends", "told")]
        if message is None or event.kind == "duplicate":
            yield self.note(event, [f"{number} {event}", *told])
        else:
            said = text(message.msg) if event.kind == "receive" else f"lost: {text(message.msg)}"
            yield self._arrow(message, "->>" if event.kind == "receive" else "-x", f"{number} {said}")
            yield self.note(event, [*self._origin(number), *told])
        yield from self.sent(number)

    def sent(self, number: int) -> Iterator[str]:
        """What a step sends, 0 for what is under way from the beginning."""
        for at in self._messages.sent[number]:
            message = self._messages.all[at].envelope
            yield self._arrow(message, "--)", text(message.msg))

    def _origin(self, number: int) -> Iterator[str]:
        """Where the message of a step comes from."""
        at = self._messages.named[number]
        if at is not None:
            message = self._messages.all[at]
            made = "sent" if message.copy_of is None else "copied"
            yield f"{made} in step {message.sent}" if message.sent else "under way from the beginning"

    def _arrow(self, message: Envelope, line: str, said: str) -> str:
        return f"{self._ids[message.src.index]}{line}{self._ids[message.dst.index]}: {_escaped(said)}"

    def note(self, event: Event | None, lines: Sequence[str]) -> str:
        """Lines beside the node of an event, or across all lanes."""
        node = None if event is None else event.node
        over = (
            self._ids[node.index]
            if node is not None
            else ",".join(dict.fromkeys([self._ids[0], self._ids[-1]]))
        )
        return f"Note over {over}: {'<br/>'.join(map(_escaped, lines))}"


def _escaped(said: str) -> str:
    """Text in which Mermaid finds nothing to read: its entities for what it could take for syntax."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", " ".join(said.split()))
