"""``elcheck drive MODEL SUBJECT``: a model and real Python code step together."""

from __future__ import annotations

from collections.abc import Sequence

import click

from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.flags import (
    DurationType,
    engine_option,
    format_option,
    progress_option,
    run_limits,
    said_limits,
    width_option,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.commands.replay import read_file
from elcheck.checker.driving.campaign import Campaigner, DriveCampaign, WalksWanted
from elcheck.checker.driving.comparing import SubjectError
from elcheck.checker.driving.patience import PATIENCE
from elcheck.checker.driving.subject_file import load_subject
from elcheck.checker.loading.errors import LoadError, load_errors
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.render import drive as render
from elcheck.checker.render.progress import Progress
from elcheck.checker.replay.judged import Judgement, judged
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import walk
from elcheck.checker.traces.trace import Trace

_HELP = """Drive real Python code by a model: both take the same steps, and are compared after each.

    SUBJECT is a Python file, or the name of a bundled subject. Its function or class `subject` makes what
    is driven, FILE.py:name another one (docs/driving.md). The first step after which a state or a message
    differs is shown with both sides.

    Which steps: those of a trace, as replay reads it; with --cover paths that together make every distinct
    handler call of the model's search; else random walks.

    Exit codes: 0 no difference; 1 they differ; 2 usage; 14 the code raised, or hung; 20 not all that was
    asked for could be driven; 150 the model or the subject could not be loaded.
    """
WALKS = 100
"""Walks, unless a number or a time is given."""


class DriveCommand(ModelCommand):
    """The command that drives a subject by one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """The subject, which steps, and how to print what came of them."""
        positive = click.IntRange(min=1)
        return [
            click.Argument(["subject"], metavar="SUBJECT"),
            click.Option(
                ["--trace", "trace_file"],
                type=click.Path(dir_okay=False, allow_dash=True),
                help="Take the steps of this trace, - for stdin.",
            ),
            click.Option(
                ["--property", "of_property"],
                metavar="NAME",
                help="Of a report the trace of this property.  [default: of the first refuted]",
            ),
            click.Option(["--cover"], is_flag=True, help="Make every distinct handler call of the search."),
            click.Option(
                ["--walks"],
                type=positive,
                help=f"How many random walks.  [default: {WALKS}, or with --timeout as many as it takes]",
            ),
            click.Option(["--steps"], type=positive, default=50, show_default=True, help="Steps in a walk."),
            click.Option(["--seed"], type=int, default=0, show_default=True, help="Which walks."),
            click.Option(["--depth"], type=click.IntRange(min=0), help="Search for --cover up to there."),
            click.Option(["--max-states"], type=positive, help="Search at most so many states for --cover."),
            *run_limits(),
            progress_option(),
            click.Option(
                ["--patience"],
                type=DurationType(),
                default=PATIENCE,
                show_default=True,
                help="How long the code may take for one step, before it counts as hung.",
            ),
            engine_option("What searches for --cover."),
            width_option(),
            format_option("answer"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Drive, print what came of it, return the exit code."""
        values = ctx.params
        _require_one_plan(ctx)
        run, model = self.asked_for(ctx)
        if not model.programs:
            raise UsageError(f"{run.name} is a Spec, and only what nodes run can be driven")
        make = load_subject(values["subject"])
        limits = said_limits(
            values["timeout"],
            values["max_memory"],
            depth=values["depth"],
            max_states=values["max_states"],
        )
        with Progress(form=values["progress"]) as progress, load_errors(self.file.path):
            try:
                trace = _trace(model, values["trace_file"], values["of_property"])
                campaigner = Campaigner(model, make, limits, progress.driven, values["patience"])
                if trace is not None:
                    found = campaigner.along(trace)
                elif values["cover"]:
                    found = campaigner.every_call(values["engine"], progress)
                else:
                    found = campaigner.at_random(_walks(ctx))
            except SubjectError as error:
                raise LoadError(f"{values['subject']}: {error}") from error
        answer = render.DriveResult(found, tuple(_judgements(model, found)), values["subject"], model)
        print_answer(
            values, lambda: render.as_json(run, answer), lambda width: render.as_text(run, answer, width)
        )
        return answer.exit_code


def _require_one_plan(ctx: click.Context) -> None:
    """Raise UsageError for options that don't go together."""
    values = ctx.params
    chosen = [flag for flag in ("trace_file", "cover", "walks") if values[flag]]
    if len(chosen) > 1:
        raise UsageError("--trace, --cover and --walks: take one of them")
    given = [
        name
        for name in ("steps", "seed", "depth", "max_states", "of_property", "engine")
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    of = {"trace_file": ("of_property",), "cover": ("depth", "max_states", "engine")}
    allowed = of.get(chosen[0] if chosen else "walks", ("steps", "seed"))
    for name in given:
        if name not in allowed:
            flag = {"of_property": "--property"}.get(name, "--" + name.replace("_", "-"))
            plan = {"trace_file": "--trace", "cover": "--cover"}.get(chosen[0] if chosen else "", "walks")
            raise UsageError(f"{flag} says nothing of {plan}: leave it out")


def _walks(ctx: click.Context) -> WalksWanted:
    values = ctx.params
    walks = values["walks"] or (WALKS if values["timeout"] is None else None)
    return WalksWanted(walks, values["steps"], values["seed"])


def _trace(model: Model, name: str | None, of_property: str | None) -> Trace | None:
    """The trace to drive along. Raises UsageError for one that the model does not allow."""
    if name is None:
        return None
    validate(model)
    try:
        walked = walk(read(read_file(name), [str(node) for node in model.programs], of_property), model)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    if walked.raised is not None:
        raise UsageError(f"{name}: after step {len(walked.trace.steps)} {walked.raised}")
    if walked.refused is not None:
        refused = walked.refused
        whys = "; ".join(str(objection.why) for objection in refused.reasons)
        number = "" if refused.number is None else f"step {refused.number}, "
        raise UsageError(
            f"{name}: the model does not allow {number}{refused.step.text}: {whys} (elcheck replay says more)"
        )
    return walked.trace


def _judgements(model: Model, found: DriveCampaign) -> list[Judgement]:
    """What the properties say of the one trace that was driven."""
    driven = found.drive
    if found.plan != "trace" or driven is None or driven.wrong:
        return []
    return judged(driven.trace, model)


drive = OfModel("drive", DriveCommand, help=_HELP, subcommand_metavar="MODEL SUBJECT [OPTIONS]")
