"""``elcheck simulate MODEL``: random walks, for spaces that are too large to be searched."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import click

from elcheck.checker.check.selection import only, require_properties
from elcheck.checker.commands.check import ModelCommand, detail_in
from elcheck.checker.commands.flags import (
    cluster_option,
    format_option,
    progress_option,
    property_option,
    run_limits,
    said_limits,
    text_options,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.streams import columns, lines_of_a_screen, write_document
from elcheck.checker.render import as_json, junit, text
from elcheck.checker.render.progress import Progress
from elcheck.checker.render.run import Run
from elcheck.checker.render.wanted import Wanted
from elcheck.checker.strategies.simulate import Simulation, WalkPlan
from elcheck.checker.strategies.simulate import simulate as walk

_HELP = """Walk at random, and judge every state and step on the way.

    For spaces that are too large to be searched. What a walk finds is shortened and replayed; that it finds
    nothing proves nothing, and the verdict is UNDETERMINED then. The walks of a seed are always the same.

    Exit codes: those of a check for what was found. Nothing found is 0 if everything that was asked for was
    walked and every `sometimes` was reached, else 20.
    """
WALKS = 1000
"""Walks, unless a number or a time is given."""


class SimulateCommand(ModelCommand):
    """The command that walks one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """How to walk, and how to print what was found."""
        positive = click.IntRange(min=1)
        walks = f"How many walks.  [default: {WALKS}, or with --timeout as many as there is time for]"
        weight = "The weight of a fault, where another step has 1: 0.1 makes them rare, 0 leaves them out."
        return [
            click.Option(["--seed"], type=int, default=0, show_default=True, help="Which walks."),
            click.Option(["--walks"], type=positive, help=walks),
            click.Option(["--steps"], type=positive, default=100, show_default=True, help="Steps in a walk."),
            click.Option(["--faults", "weight"], type=click.FloatRange(min=0), default=1.0, help=weight),
            click.Option(
                ["--directed"],
                is_flag=True,
                help="Prefer what was seldom seen; let walks differ in length and in the weight of faults.",
            ),
            click.Option(["--workers"], type=positive, default=1, help="Processes that share the walks out."),
            cluster_option(),
            *run_limits(),
            progress_option(),
            property_option(),
            *text_options(),
            format_option("report", ("text", "json", "junit")),
            click.Option(["--witness"], is_flag=True, help="Show, for each `sometimes`, how it was reached."),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Walk, print the report, return the exit code."""
        values = ctx.params
        limits = said_limits(values["timeout"], values["max_memory"])
        if not math.isfinite(values["weight"]):
            raise UsageError("--faults takes a number")
        walks = values["walks"] or (WALKS if values["timeout"] is None else None)
        plan = WalkPlan(
            walks,
            values["steps"],
            values["seed"],
            values["weight"],
            limits,
            directed=values["directed"],
            workers=values["workers"],
            cluster=values["cluster"],
        )
        wanted = Wanted(
            witnesses=values["witness"],
            width=columns(values["width"]),
            detail=detail_in(values),
            drawable=False,
            height=lines_of_a_screen(),
        )
        run, model = self.asked_for(ctx)
        require_properties(model, values["properties"], "--property")
        model, left_out = only(model, values["properties"])
        with Progress(form=values["progress"]) as progress, load_errors(self.file.path):
            found = walk(model, plan, progress.walked)
        found = replace(found, report=replace(found.report, left_out=left_out))
        _print(run, found, values["output_format"], wanted)
        return found.report.exit_code


def _print(run: Run, found: Simulation, output_format: str, wanted: Wanted) -> None:
    if output_format == "json":
        write_document(json.dumps(_document(run, found), indent=2, ensure_ascii=False))
    elif output_format == "junit":
        write_document(junit.render(run, found.report))
    else:
        click.echo(text.render(run, found.report, wanted))


def _document(run: Run, found: Simulation) -> dict[str, object]:
    """The report of a check, and what was walked."""
    tally, plan = found.tally, found.plan
    walked: dict[str, object] = {
        "seed": plan.seed,
        "walks": tally.walks,
        "steps": tally.steps,
        "longest": tally.longest,
        "ended": tally.ended,
        "distinct": len(tally.seen),
        "faults": plan.faults,
        "directed": plan.directed,
        "workers": plan.workers,
        "seconds": round(tally.seconds, 3),
        "complete": found.complete,
    }
    return {**as_json.document(run, found.report), "simulation": walked}


simulate = OfModel("simulate", SimulateCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
