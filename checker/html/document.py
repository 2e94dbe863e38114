"""Everything that the page of a check shows, as one object: scripts draw it and know nothing of models."""

from __future__ import annotations

from elcheck.checker.check.meaning import meaning
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.results import Result
from elcheck.checker.check.verdict import Verdict
from elcheck.checker.export import mermaid
from elcheck.checker.export.subject import Exported
from elcheck.checker.html.parts import ClaimView, Document, Use
from elcheck.checker.html.picture import pictures_of
from elcheck.checker.html.sources import Sources
from elcheck.checker.html.trace_view import trace_view_of
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.model import Model
from elcheck.checker.model.values import counted
from elcheck.checker.render.run import Run
from elcheck.checker.render.summary import examined
from elcheck.checker.traces.explain import explain
from elcheck.checker.traces.reads import FieldsRead, fields_read
from elcheck.checker.traces.trace import Trace


def document(run: Run, report: CheckReport, about: ModelDoc, sound: Model | None = None) -> Document:
    """The report of a check. ``about`` is what the model's file says of it, ``sound`` the model without the
    mistake that was put in, if one was.
    """
    sources = Sources(report.system.runner)
    traces = [result.trace for result in report.results]
    numbers = {trace: number for number, trace in enumerate(dict.fromkeys(filter(None, traces)))}
    stories = tuple(
        trace_view_of(trace, report.model, sources, sound, read=_read(report, trace), show=report.show)
        for trace in numbers
    )
    claims = tuple(
        _claim(result, report, None if result.trace is None else numbers[result.trace])
        for result in report.results
    )
    uses = tuple(_uses(report, sources))
    return Document(
        run.name,
        report.verdict.words,
        run.summary,
        tuple(_facts(run, report, about)),
        _mistake(run, about),
        tuple(f"{note[0].upper()}{note[1:]}." for note in report.notes),
        run.command,
        "What is claimed, and what came out",
        "property",
        claims,
        stories,
        tuple(map(pictures_of, stories)),
        tuple(sources.places),
        tuple(sources.files),
        uses,
        tuple(_gaps(report)),
        report.search.sizes,
        below=tuple(examined(run.parameters, report.stats)),
        diagrams=tuple(_diagram(report, trace) for trace in numbers),
    )


def _diagram(report: CheckReport, trace: Trace) -> str:
    """A trace as a Mermaid diagram, of the first property that it decides."""
    return mermaid.render(Exported(report, next(r for r in report.results if r.trace == trace)))


def _read(report: CheckReport, trace: Trace) -> FieldsRead:
    """What the checks read that a trace decides, the first of its claims first."""
    found: dict[type[object], tuple[str, ...]] = {}
    for result in report.results:
        if result.trace == trace:
            for cls, names in fields_read(trace, report.model, report.claim_of(result)).items():
                found[cls] = tuple(dict.fromkeys((*found.get(cls, ()), *names)))
    return found


def _claim(result: Result, report: CheckReport, story: int | None) -> ClaimView:
    fair = None if result.certificate is None else tuple(map(str, result.certificate.kept))
    claim = report.claim_of(result)
    found = None if result.trace is None else explain(result.trace, report.model, claim)
    wrong = result.verdict is Verdict.REFUTED
    return ClaimView(
        result.name,
        result.kind,
        result.verdict.words,
        result.detail if result.brief is None else result.brief,
        wrong,
        "How it goes wrong" if wrong else "How it is reached",
        () if claim is None else meaning(claim),
        story,
        0,
        fair,
        "" if found is None else str(found),
        () if found is None else found.needs,
        () if found is None else tuple(node.index for node in found.nodes),
    )


def _mistake(run: Run, about: ModelDoc) -> str:
    """The mistake that was put in: its name, and what the model's file says of it."""
    bug = run.parameters.get("bug")
    if not bug:
        return ""
    return ": ".join([str(bug), *filter(None, [about.bugs.get(str(bug))])])


def _facts(run: Run, report: CheckReport, about: ModelDoc) -> list[tuple[str, str]]:
    facts = [*about.parts.items()]
    facts.append(("Mistake put in", _mistake(run, about)))
    facts.append(("Parameters", run.settings))
    facts.append(("Environment", report.model.describe_environment()))
    facts.append(("Searched", _size(report)))
    facts.append(("Made by", f"elcheck {__version__}"))
    return [(label, what) for label, what in facts if what]


def _size(report: CheckReport) -> str:
    stats = report.stats
    return (
        f"{counted(stats.distinct, 'distinct state')}, {counted(stats.transitions, 'transition')}, "
        f"depth {stats.depth}, in {stats.seconds:.1f} s ({report.engine} engine)"
    )


def _uses(report: CheckReport, sources: Sources) -> list[Use]:
    runner = report.system.runner
    found: dict[tuple[str, str], Use] = {}
    off = dict(report.coverage.switched_off)
    programs = [*map(type, runner.programs.values()), type(report.model.program)]
    classes = {program.__name__: program for program in programs}
    for owner, handler in runner.all_handlers():
        tally = runner.tallies[owner, handler.name]
        found[owner, handler.name] = Use(
            owner,
            handler.name,
            sources.of_method(classes[owner], handler.name),
            tally.called,
            tally.enabled,
            tuple(sorted(tally.blocked.items(), key=lambda item: (-item[1], item[0]))),
            off.get(f"{owner}.{handler.name}", ""),
        )
    return list(found.values())


def _gaps(report: CheckReport) -> list[str]:
    coverage = report.coverage
    found = [f"{program} has no handler for {msg}, which it is sent." for program, msg in coverage.unhandled]
    return [
        *found,
        *(f"Blocked at the head of its link for ever: {head}." for head in coverage.blocked_heads),
    ]
