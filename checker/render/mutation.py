"""What became of a model's mutants: tables, and each survivor with its source, its step and its trace."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from xml.etree import ElementTree as ET

import click

from elcheck.checker.model.model import Model
from elcheck.checker.model.step import Send
from elcheck.checker.model.values import counted, text
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.questions import (
    OfBounds,
    OfCheck,
    OfCrash,
    OfHandler,
    OfMonitor,
    OfOutline,
    OfRestart,
    OfStart,
    OfViews,
    Question,
    Raised,
)
from elcheck.checker.mutation.report import CampaignReport
from elcheck.checker.mutation.score import Tally
from elcheck.checker.mutation.survivor import Deviation, Survivor
from elcheck.checker.mutation.trial import MutantFate, Trial
from elcheck.checker.render import as_json
from elcheck.checker.render.fit import fitted, head, repeating, setting_lines, table
from elcheck.checker.render.junit import as_document
from elcheck.checker.render.notes import SourceNote
from elcheck.checker.render.run import Run
from elcheck.checker.render.table import trace_table
from elcheck.checker.traces.code_flow import code_flow
from elcheck.checker.traces.source import Place
from elcheck.checker.traces.trace import Trace, TraceStep
from elcheck.checker.traces.wording import in_words

Told = TypeVar("Told")
"""What shows a trace: text, JSON, a picture."""
COLOURS = {
    MutantFate.KILLED: "green",
    MutantFate.EQUIVALENT: "green",
    MutantFate.SURVIVED: "red",
    MutantFate.UNDECIDED: "yellow",
}


SHOWN = 5
"""Survivors that are shown from near, unless all are asked for."""


def as_text(run: Run, report: CampaignReport, width: int | None, *, whole: bool) -> str:
    """The tables, survivors from near, and what came out in all. ``whole``: every survivor from near."""
    parts = [_head(run, report, width), _functions(report, width), _properties(report, width)]
    parts += [_undecided(report, width)] if report.having(MutantFate.UNDECIDED) else []
    count = len(report.unexplained)
    shown = report.survivors if whole else report.first_survivors(SHOWN)
    parts += [_survivor(survivor, number, count, width) for number, survivor in enumerate(shown, 1)]
    parts += [_others(report.unexplained[len(shown) :], width)] if len(shown) < count else []
    known = [m for m in report.having(MutantFate.SURVIVED) if report.explained.get(m.key)]
    parts += [_explained(report, known, width)] if known else []
    parts += [_deviations(report, width)] if report.deviations else []
    parts.append(fitted("\n".join(sum_in_words(report)), width))
    return "\n\n".join([*parts, repeating(run, width)])


def _others(mutants: Sequence[Mutant], width: int | None) -> str:
    """The survivors that are not shown from near."""
    lines = [f"{counted(len(mutants), 'more survivor')}, shown from near with -v or --function NAME:"]
    return "\n".join([*lines, *(fitted(f"  {mutant.key}", width) for mutant in mutants)])


def _head(run: Run, report: CampaignReport, width: int | None) -> str:
    lines = setting_lines(run.settings, report.baseline.model)
    return head(run, *lines, f"as it is: {size_in_words(report)}", width=width)


def size_in_words(report: CampaignReport) -> str:
    """How large the model is without any mutation."""
    stats = report.baseline.report.stats
    asked = f"{len(report.baseline.asked):,} questions to its code"
    return f"{counted(stats.distinct, 'state')}, {counted(stats.transitions, 'transition')}, {asked}"


FATES = (MutantFate.EQUIVALENT, MutantFate.KILLED, MutantFate.SURVIVED, MutantFate.UNDECIDED)


def _functions(report: CampaignReport, width: int | None) -> str:
    """A row for each function, and one for all."""
    rows = [_row(name, tally) for name, tally in report.functions.items()]
    rows.append(_row(click.style("all", bold=True), report.tally))
    headers = ["function", "mutants", *(fate.value for fate in FATES)]
    return table(rows, headers, width, right=headers[1:])


def _row(name: str, tally: Tally) -> list[str]:
    cells = [_count(fate, tally.fates.get(fate, 0)) for fate in FATES]
    return [name, str(tally.mutants), *cells]


def _count(fate: MutantFate, count: int) -> str:
    if not count:
        return "·"
    return (
        click.style(str(count), fg=COLOURS[fate])
        if fate in (MutantFate.SURVIVED, MutantFate.UNDECIDED)
        else str(count)
    )


def _properties(report: CampaignReport, width: int | None) -> str:
    """A row for each property: what it kills."""
    rows = [
        [score.name, str(score.kills), str(score.alone), "" if score.fewest is None else str(score.fewest)]
        for score in report.properties
    ]
    headers = ["property", "kills", "alone", "in steps"]
    lines = [table(rows, headers, width, right=headers[1:]), *_idle(report)]
    return "\n".join([lines[0], *(fitted(line, width) for line in lines[1:])])


def _idle(report: CampaignReport) -> list[str]:
    """The properties without which as much would be killed as soon."""
    idle = [f"  {click.style(score.name, bold=True)}" for score in report.properties if not score.alone]
    return ["What these kill others kill too, in as few steps:", *idle] if idle else []


def sum_in_words(report: CampaignReport) -> list[str]:
    """What came out in all, in lines with colours."""
    tally = report.tally
    equivalent, killed = tally.fates.get(MutantFate.EQUIVALENT, 0), tally.fates.get(MutantFate.KILLED, 0)
    idle = sum(not trial.runs for trial in report.trials.values())
    lines = []
    if tally.score is not None:
        share = click.style(f"{100 * tally.score:.0f}%", bold=True)
        real = counted(tally.mutants - equivalent, "mutant")
        lines.append(f"Of the {real} that do something else, {killed:,} are killed: {share}.")
    if equivalent:
        never = f", {idle} of them in lines that never run" if idle else ""
        lines.append(
            f"{counted(equivalent, 'mutant')} answer{'s' * (equivalent == 1)} every question alike{never}: "
            "their states and steps are the model's, within these bounds."
        )
    if report.left:
        lines.append(f"{counted(report.left, 'mutant')} left untried: it was interrupted.")
    lines.append(f"{counted(tally.mutants, 'mutant')} in {report.seconds:.0f} s.")
    return lines


def _undecided(report: CampaignReport, width: int | None) -> str:
    lines = ["Undecided, since a limit ended the search:"]
    undecided = report.having(MutantFate.UNDECIDED)
    lines += [fitted(f"  {m.key}: {report.trials[m.key].why}", width) for m in undecided]
    return "\n".join(lines)


def _explained(report: CampaignReport, known: Sequence[Mutant], width: int | None) -> str:
    """The survivors of which it is known why nothing depends on them, by the reasons."""
    groups: dict[str, list[str]] = {}
    for mutant in known:
        groups.setdefault(report.explained[mutant.key], []).append(mutant.key)
    lines = ["Survived, as is known:"]
    for why, keys in groups.items():
        lines += [fitted(why, width), *(fitted(f"  {key}", width) for key in keys)]
    return "\n".join(lines)


def _deviations(report: CampaignReport, width: int | None) -> str:
    """In what it is not as it is pinned."""
    wrong = click.style("Not as pinned:", fg="red", bold=True)
    return "\n".join([wrong, *(fitted(f"  {said}", width) for said in report.deviations)])


# -- a survivor --------------------------------------------------------------------------------------------


def _survivor(survivor: Survivor, number: int, count: int, width: int | None) -> str:
    mutant = survivor.mutant
    survived = click.style("SURVIVED", fg="red", bold=True)
    name = click.style(mutant.function, bold=True)
    lines = [fitted(f"{survived} {number} of {count}: {name}, {mutant.operator}", width)]
    lines.append(fitted(_coloured(mutant.difference), width))
    elsewhere = survivor.deviation is not None and survivor.deviation.more and survivor.deviation.less
    lines.append(fitted(difference_in_words(survivor) + " As it is:" * bool(elsewhere), width))
    if survivor.deviation is not None:
        lines.append(with_trace(survivor, survivor.deviation, partial(trace_table, width=width)))
    lines.append(fitted(nearest_in_words(survivor), width))
    return "\n".join(lines)


def _coloured(difference: str) -> str:
    """A diff with its lines in colour, without the names of the files."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    lines = difference.splitlines()[2:]
    return "\n".join(
        click.style(line, fg=colours[line[0]]) if line[:1] in colours else line for line in lines
    )


def difference_in_words(survivor: Survivor) -> str:
    """The first answer that differs, in words."""
    deviation = survivor.deviation
    if isinstance(survivor.differs.question, OfOutline):
        return "Its decorators or its assumptions say something else: no single step shows that."
    if deviation is None:
        question = survivor.differs.question
        says, said = (_answer(question, one) for one in (survivor.says, survivor.differs.answer))
        return f"{question_in_words(question, survivor.model)}: {says}; without the mutation {said}."
    who = click.style(deviation.event.located, bold=True)
    if deviation.more and deviation.less:
        with survivor.mutant.mutation.installed():
            other = _does(survivor.model, deviation, deviation.more[0])
        return f"This step leads elsewhere, {who}: {other}."
    change = "becomes possible" if deviation.more else "is not possible any more"
    return f"This step {change}: {who}."


def _does(model: Model, deviation: Deviation, step: TraceStep) -> str:
    before = deviation.before.states[-1]
    return "; ".join(in_words(model, before, step)) or "nothing is changed"


def _answer(question: Question, says: object) -> str:
    if isinstance(says, Raised):
        return f"it raises {says.text}"
    if isinstance(question, OfHandler | OfStart | OfRestart) and isinstance(says, tuple):
        return " or ".join(map(_step_in_words, says)) or "nothing happens"
    return text(says, sparse=True)


def _step_in_words(step: object) -> str:
    """A step of an answer: the state after it, and what it sends. Of a joint tick it is the state."""
    if not isinstance(step, tuple):
        return text(step, sparse=True)
    state, sends, *_ = step
    sent = [f"{text(e.msg)} to {e.dst}" if isinstance(e, Send) else f"the end to {e.dst}" for e in sends]
    return text(state, sparse=True) + (f", sends {', '.join(sent)}" if sent else "")


def question_in_words(question: Question, model: Model) -> str:
    """What a search asks, in words."""
    match question:
        case OfOutline():
            return "What the model is made of, apart from its functions"
        case OfStart(node):
            return f"The start of {node}" if node is not None else "The start"
        case OfHandler(event, state):
            return f"{event.located} in {text(state, sparse=True)}"
        case OfBounds(state):
            return f"The bounds that {text(state, sparse=True)} is beyond"
        case OfViews(view):
            return f"What properties see of {text(view.state, sparse=True)}"
        case OfCheck(claim, arguments):
            name = model.properties[claim].name if claim < len(model.properties) else "no deadlock"
            return f"What {name!r} says of {text(arguments, sparse=True)}"
        case OfMonitor(at):
            return f"What {model.monitors[at].name} makes of a step"
        case OfCrash(node, state):
            return f"What a crash of {node} leaves of {text(state, sparse=True)}"
        case OfRestart(node, durable):
            return f"A restart of {node} with {text(durable, sparse=True)}"


def nearest_in_words(survivor: Survivor) -> str:
    """Which property comes nearest to minding, in words."""
    states = survivor.trial.states
    size = "" if states is None else f" ({counted(states, 'state')} with it)"
    if survivor.nearest is None:
        return f"No property minds{size}, and none sees anything that it does not see without the mutation."
    name, count = survivor.nearest
    asked = f"it is asked {counted(count, 'time')} of what the model never comes to"
    return f"No property minds{size}. {name!r} comes nearest: {asked}, and finds nothing wrong with that."


def with_trace(survivor: Survivor, deviation: Deviation, show: Callable[[Model, Trace], Told]) -> Told:
    """Show the trace to the first step that differs, with that step: the model's, if it has it, else the
    mutant's, which is looked up with the mutation put in.
    """
    if deviation.less:
        return show(survivor.sound, deviation.trace(deviation.less[0]))
    with survivor.mutant.mutation.installed():
        return show(survivor.model, deviation.trace(deviation.more[0]))


# -- for scripts and CI ------------------------------------------------------------------------------------


def as_json_(run: Run, report: CampaignReport) -> str:
    """Everything as one JSON object."""
    tally = report.tally
    document = {
        **as_json.asked(run, report.baseline.model),
        "states": report.baseline.report.stats.distinct,
        "transitions": report.baseline.report.stats.transitions,
        "questions": len(report.baseline.asked),
        "mutants": [_mutant(mutant, report) for mutant in report.mutants],
        "counts": {fate.value: tally.fates.get(fate, 0) for fate in FATES},
        "left": report.left,
        "score": None if tally.score is None else round(tally.score, 4),
        "properties": [dataclasses.asdict(score) for score in report.properties],
        "limits": {"max_states": report.limits.max_states, "timeout": report.limits.timeout},
        "seconds": round(report.seconds, 3),
        "deviations": list(report.deviations),
        "reproduce": run.command,
        "exit_code": report.exit_code,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _mutant(mutant: Mutant, report: CampaignReport) -> dict[str, object]:
    trial = report.trials.get(mutant.key)
    survivor = next((s for s in report.survivors if s.mutant is mutant), None)
    return {
        "mutant": mutant.key,
        "function": mutant.function,
        "operator": mutant.operator,
        "file": mutant.file.name,
        "line": mutant.lines.start,
        "difference": mutant.difference,
        "fate": None if trial is None else trial.fate.value,
        "killers": [] if trial is None else list(trial.killers),
        "steps": None if trial is None else trial.steps,
        "why": "" if trial is None else trial.why,
        "runs": trial is None or trial.runs,
        "states": None if trial is None else trial.states,
        "explained": report.explained.get(mutant.key),
        "survivor": None if survivor is None else _from_near(survivor),
    }


def _from_near(survivor: Survivor) -> dict[str, object]:
    deviation = survivor.deviation
    return {
        "differs": click.unstyle(difference_in_words(survivor)),
        "nearest": None if survivor.nearest is None else survivor.nearest[0],
        "asked_more": dict(survivor.trial.looks),
        "event": None if deviation is None else deviation.event.located,
        "trace": None if deviation is None else with_trace(survivor, deviation, as_json.trace),
    }


def as_junit(run: Run, report: CampaignReport) -> str:
    """JUnit XML: a test case for each mutant. A survivor that nobody has explained is a failure, what could
    not be told an error; what is not as pinned is a failure of its own.
    """
    unexplained = {mutant.key for mutant in report.unexplained}
    undecided = [mutant for mutant in report.mutants if _is_open(report, mutant)]
    suite = ET.Element(
        "testsuite",
        name=f"{run.name}: mutants",
        tests=str(len(report.mutants) + bool(report.deviations)),
        failures=str(len(unexplained) + bool(report.deviations)),
        errors=str(len(undecided)),
        skipped="0",
        time=f"{report.seconds:.3f}",
    )
    near = {survivor.mutant.key: survivor for survivor in report.survivors}
    for mutant in report.mutants:
        trial = report.trials.get(mutant.key)
        time = f"{0.0 if trial is None else trial.seconds:.3f}"
        case = ET.SubElement(suite, "testcase", classname=mutant.function, time=time)
        case.set("name", mutant.key)
        case.set("file", mutant.file.name)
        case.set("line", str(mutant.lines.start))
        if mutant.key in unexplained:
            said = "it was interrupted before that was seen from near"
            if (survivor := near.get(mutant.key)) is not None:
                said = click.unstyle(f"{difference_in_words(survivor)} {nearest_in_words(survivor)}")
            problem = ET.SubElement(case, "failure", type="survived", message=said)
            problem.text = mutant.difference
        elif _is_open(report, mutant):
            why = "it was not tried" if trial is None else trial.why
            ET.SubElement(case, "error", type="undecided", message=why)
        elif trial is not None:
            ET.SubElement(case, "system-out").text = _outcome(trial, report)
    if report.deviations:
        case = ET.SubElement(suite, "testcase", classname="pins", name="everything is as pinned")
        said = "\n".join(report.deviations)
        ET.SubElement(case, "failure", type="not as pinned", message=said.partition("\n")[0]).text = said
    return as_document(suite)


def notes_of_mutants(report: CampaignReport) -> list[SourceNote]:
    """Each survivor that nobody has explained, at its line; and what is not as it is pinned."""
    notes = [_note(survivor) for survivor in report.survivors]
    pinned = [SourceNote("not as pinned", "\n".join(report.deviations), None)]
    return [*notes, *pinned] if report.deviations else notes


def _note(survivor: Survivor) -> SourceNote:
    """A survivor at its line, with the way to the first step that goes otherwise."""
    mutant, deviation = survivor.mutant, survivor.deviation
    said = f"{difference_in_words(survivor)} {nearest_in_words(survivor)}"
    flows = () if deviation is None else (with_trace(survivor, deviation, code_flow),)
    place = Place(str(mutant.file.resolve()), mutant.lines.start)
    return SourceNote(f"survived: {mutant.key}", click.unstyle(f"{said}\n{mutant.difference}"), place, flows)


def _is_open(report: CampaignReport, mutant: Mutant) -> bool:
    trial = report.trials.get(mutant.key)
    return trial is None or trial.fate is MutantFate.UNDECIDED


def _outcome(trial: Trial, report: CampaignReport) -> str:
    if trial.fate is MutantFate.SURVIVED:
        return f"survived: {report.explained.get(trial.key)}"
    if trial.fate is MutantFate.EQUIVALENT:
        return "equivalent" if trial.runs else "equivalent: it never runs"
    return killed_in_words(trial)


def killed_in_words(trial: Trial) -> str:
    """By what a mutant is killed, in how many steps."""
    steps = "" if trial.steps is None else f" in {counted(trial.steps, 'step')}"
    return f"killed by {', '.join(trial.killers)}{steps}: {trial.why}"


FORMATS: Mapping[str, Callable[[Run, CampaignReport], str]] = {"json": as_json_, "junit": as_junit}
