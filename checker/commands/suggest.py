"""``elcheck suggest MODEL``: properties worth having, as Python to paste."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand, environment_in
from elcheck.checker.commands.flags import format_option, size_in, size_options, width_option
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.mutation.baseline import MutationSubject
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import ending, watching
from elcheck.checker.render import suggestion as render
from elcheck.checker.render.progress import Progress
from elcheck.checker.suggestion.suggest import MUTANTS, suggest

_HELP = """Suggest properties: what holds in every state that a model comes to, as Python to paste.

    A number never decreases, two nodes never hold the same, one thing implies another, a message is not ahead
    of its sender. What follows from others is left out. First come those that most mutants of the model break
    (elcheck mutate). That something holds does not say that it is meant: read before you paste.

    Exit codes: 0 done; 20 a limit ended it, and what is known is printed; 2 usage, or a handler raises; 150
    the model can't be loaded.
    """


class SuggestCommand(ModelCommand):
    """The command that suggests properties of one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """How far to search, and how many mutants say what comes first."""
        most = f"So many mutants say what comes first, 0 for none.  [default: {MUTANTS}]"
        jobs = "Processes at a time.  [default: one for each core]"
        return [
            *size_options("Look at states up to this far away.", "Stop after this many states."),
            click.Option(["--mutants"], type=click.IntRange(min=0), default=MUTANTS, help=most),
            click.Option(["--jobs"], type=click.IntRange(min=1), help=jobs),
            width_option(),
            format_option("report"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Find suggestions, print them, return the exit code."""
        values = ctx.params
        limits = size_in(ctx)
        run, model = self.asked_for(ctx)
        bounds = Limits(depth=limits.depth)
        given, environment = self.given(ctx), environment_in(values)
        subject = MutationSubject(self.file, given, environment, bounds, values["engine"])
        with watching(limits):
            with Progress(limits.depth) as progress, load_errors(self.file.path):
                found = suggest(
                    subject,
                    limits,
                    mutants=values["mutants"],
                    jobs=values["jobs"] or os.cpu_count() or 1,
                    progress=progress,
                    tried=progress.tried,
                )
            code = EXIT["undetermined" if found.stopped else "proved"]
            with ending():
                print_answer(
                    values,
                    lambda: render.as_json(run, model, found, code),
                    lambda width: render.as_text(run, model, found, width),
                )
        return code


suggest_properties = OfModel("suggest", SuggestCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
