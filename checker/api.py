"""For scripts and notebooks: models to check, and reports that show themselves. See docs/python.md."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import elcheck.checker.check.check as core
from elcheck.checker.check import report
from elcheck.checker.check.report import Stats
from elcheck.checker.check.results import Result, Shown, ShownLater
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export import formats
from elcheck.checker.export.libraries import require
from elcheck.checker.export.subject import NoTrace, result_with_trace
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import ModelFile, adapted, load
from elcheck.checker.model.model import Model
from elcheck.checker.process.limits import SHARE, Limits
from elcheck.checker.process.streams import columns
from elcheck.checker.search.resources import Resources
from elcheck.checker.traces.source import place_of_end
from elcheck.checker.traces.trace import Trace, TraceStep

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "CheckFailed",
    "Limits",
    "LoadError",
    "ModelFile",
    "NoTrace",
    "Report",
    "Result",
    "Stats",
    "Trace",
    "TraceStep",
    "Verdict",
    "check",
    "load",
    "within",
]


class CheckFailed(AssertionError):
    """A report in which something does not hold, or could not be told. The message has the traces; ``place``
    is the line that the first of them comes to, ``file:line``.
    """

    def __init__(self, report: report.CheckReport) -> None:
        from elcheck.checker.render.failure import failure  # tables take their time

        self.report = report
        wrong = [result for result in report.results if not result.ok]
        self.place = place_of_failure(report)
        super().__init__(failure(report, wrong, columns()))


def place_of_failure(report: report.CheckReport) -> str:
    """The line that the first result comes to that is not ok, ``file:line``."""
    place = place_of_end(report.system.runner, next(r.trace for r in report.results if not r.ok))
    return f"{place.path}:{place.line}"


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class DrawnTrace(Trace):
    """A trace that a notebook shows as a picture. It is equal to one that does not."""

    model: Model

    def __eq__(self, other: object) -> bool:
        parts = self.initial, self.steps, self.loop, self.rise
        return isinstance(other, Trace) and parts == (other.initial, other.steps, other.loop, other.rise)

    def __hash__(self) -> int:
        return hash((self.initial, self.steps, self.loop, self.rise))

    def _repr_html_(self) -> str:
        from elcheck.checker.html import notebook  # which takes its time to be imported

        return notebook.of_trace(self, self.model)


class Report(report.CheckReport):
    """What a check has found; in a notebook a table and a picture. ``report["a property"]`` is the
    result of one, ``ok`` whether all is well, and :meth:`expect` raises if it is not. A report is not true
    or false.
    """

    def expect(self) -> Self:
        """The report itself, if every property is proved or holds within bounds. Raises CheckFailed, with
        each trace in its message, for a property that is refuted, vacuous or undetermined.
        """
        __tracebackhide__ = True  # of pytest: the line that expects it is what is shown
        if not self.ok:
            raise CheckFailed(self)
        return self

    def _repr_html_(self) -> str:
        from elcheck.checker.html import notebook  # which takes its time to be imported

        return notebook.of_report(self)

    def table(self, of: str | None = None, width: int | None = None) -> str:
        """A trace as the command line prints it: that of a property, or of the first refuted one; ``width``
        wraps it. Raises NoTrace.
        """
        import click  # which takes its time, as the table does

        from elcheck.checker.render.table import trace_table

        trace = result_with_trace(self, of).trace
        assert trace is not None
        return click.unstyle(trace_table(self.model, trace, width))

    def graph(self) -> nx.MultiDiGraph[int]:
        """The state graph: states by their index, with ``label``, ``depth`` and ``initial``; steps with
        ``label``. Raises UsageError without networkx.
        """
        require(("networkx",), "Report.graph()")
        from elcheck.checker.export.graph import state_graph  # numpy takes its time too

        return state_graph(self)

    def exported(self, ending: str, of: str | None = None) -> str:
        """The report, or one of its traces, in the format of an ending such as ``.itf.json``.

        Raises UsageError for an ending that is none, and NoTrace.
        """
        return formats.rendered(self, formats.format_of(ending), of)

    def export(self, path: str | Path, of: str | None = None) -> None:
        """Write a file in the format of its ending. Raises as :meth:`exported` does, and OSError."""
        formats.write(self, Path(path), of)


def check(
    model: Model,
    *,
    depth: int | None = None,
    max_states: int | None = None,
    max_memory: int | Literal["none"] | None = None,
    timeout: float | None = None,
    first: bool = False,
    engine: str = "auto",
    workers: int = 1,
    symmetry: bool = True,
    dead_messages: Literal["auto", "all", "off"] = "auto",
    relative_terms: bool = True,
    counts: bool = False,
) -> Report:
    """Search the states of a model and judge its properties, within limits as :class:`Limits` has them.
    ``workers`` are processes, of a Spec and with the plain engine, and else one thread or two. With
    ``symmetry`` states that differ only in which of the nodes that are alike is which are searched once.
    ``dead_messages`` says which messages are taken out of mailboxes because they can do nothing any more:
    those that handlers declare ``stale`` (auto), also those that numbers tell (all), or none. With
    ``relative_terms`` states that differ in how late all terms are are searched once, if a bound keeps terms
    together. With ``counts`` all states are looked at once more, and ``report.counts`` says how many steps
    there are of each action, and how often each ``sometimes`` is met. Unless ``max_memory`` says otherwise,
    the process may take a part of what is free, 80 %.

    Raises DefinitionError for a model that can't be checked, UsageError for an environment without a meaning,
    and ReplayError if elcheck itself is wrong.
    """
    most = None if max_memory == "none" else max_memory
    limits = Limits(depth, max_states, most, timeout, first, SHARE if max_memory is None else None)
    found = core.check(
        model,
        limits,
        engine=engine,
        resources=Resources(workers=workers),
        symmetry=symmetry,
        dead_messages=dead_messages,
        relative_terms=relative_terms,
        counts=counts,
    )
    parts = {f.name: getattr(found, f.name) for f in fields(found)}
    later = ((r, ShownLater(r.steps, partial(_drawn, model, r))) for r in found.results)
    parts["results"] = tuple(replace(result, by=by) for result, by in later)
    return Report(**parts)


def _drawn(model: Model, result: Result) -> Shown:
    """What shows a verdict, with a trace that draws itself."""
    shown = result.shown
    if shown.trace is None:
        return shown
    trace = shown.trace
    return shown._replace(trace=DrawnTrace(trace.initial, trace.steps, trace.loop, trace.rise, model=model))


def within(model: Model, **environment: object) -> Model:
    """The model in its own environment but for some parts: ``within(model, network="fifo", crash=1)``.

    Raises UsageError for parts that there are not or that don't go together.
    """
    return adapted(model, environment)
