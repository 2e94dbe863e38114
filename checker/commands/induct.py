"""``elcheck induct MODEL``: whether claims are kept by every step, from every state in which they hold."""

from __future__ import annotations

from collections.abc import Sequence

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.flags import (
    format_option,
    size_in,
    size_options,
    width_option,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.induction.induct import induct
from elcheck.checker.induction.result import Induction, InductionVerdict
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.process.running import ending, watching
from elcheck.checker.render import induction as render
from elcheck.checker.render.progress import Progress

_HELP = """Decide whether claims are inductive: kept by every step, from every state in which they hold.

    The claims are those of Model(inductive=[...]). What is inductive holds at any depth, however far a search
    would have to go. A step that breaks a claim comes from a state that no run need come to: it says that the
    claim is too weak to carry itself, not that it is ever broken.

    Exit codes: 0 all are inductive; 1 one is not; 20 one could not be told; 14 something raised; 2 usage;
    150 the model can't be loaded.
    """


class InductCommand(ModelCommand):
    """The command that decides the claims of induction of one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """How far to search for what occurs."""
        return [
            *size_options("Take what occurs up to this far away.", "Take what occurs in this many states."),
            width_option(),
            format_option("report"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Decide the claims, print the report, return the exit code."""
        values = ctx.params
        limits = size_in(ctx)
        run, model = self.asked_for(ctx)
        with watching(limits):
            with Progress(limits.depth) as progress, load_errors(self.file.path):
                results = induct(model, limits, engine=values["engine"], progress=progress)
            code = exit_code(results)
            with ending():
                print_answer(
                    values,
                    lambda: render.as_json(run, model, results, code),
                    lambda width: render.as_text(run, model, results, width),
                )
        return code


def exit_code(results: Sequence[Induction]) -> int:
    """What claims come to, the worst first."""
    verdicts = {each.verdict for each in results}
    if InductionVerdict.NOT_INDUCTIVE in verdicts:
        return EXIT["unexpected"]
    if any(each.raised is not None for each in results):
        return EXIT["error"]
    return EXIT["undetermined" if InductionVerdict.UNDETERMINED in verdicts else "proved"]


induct_model = OfModel("induct", InductCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
