"""``elcheck blame MODEL``: what the state space is made of, and what would make it smaller or larger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from elcheck.checker.blame.blame import FURTHER, BlameSubject, blame
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand, environment_in
from elcheck.checker.commands.flags import (
    format_option,
    size_in,
    size_options,
    width_option,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.loading.model_file import adapted
from elcheck.checker.model.model import Model
from elcheck.checker.render import blame as render
from elcheck.checker.render.progress import Progress

_HELP = """Say what the state space is made of.

    For each field, kind of message, node, budget and monitor: how many states would be left if it were not
    told apart. How many states differ only in dead messages, at which depth they are, what one more crash
    (or node) costs, and whether more nodes show properties anything new.

    Exit codes: 0 all of it was counted; 14 a handler raised; 20 a limit ended it, and what is known is
    printed; 2 usage; 150 the model can't be loaded.
    """


class BlameCommand(ModelCommand):
    """The command that takes one state space apart."""

    def further_options(self) -> Sequence[click.Parameter]:
        """How far to search."""
        most = (
            f"States up to which one more and one fewer are searched, 0 for neither.  [default: {FURTHER:,}]"
        )
        return [
            *size_options("Look at states up to this far away.", "Stop after this many states."),
            click.Option(["--further"], type=click.IntRange(min=0), default=FURTHER, help=most),
            width_option(),
            format_option("report"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Take the space apart, print the report, return the exit code."""
        values = ctx.params
        limits = size_in(ctx)
        run, model = self.asked_for(ctx)
        with Progress(limits.depth) as progress, load_errors(self.file.path):
            found = blame(
                self._subject(ctx, model),
                limits,
                further=values["further"],
                engine=values["engine"],
                progress=progress,
            )
        print_answer(
            values, lambda: render.as_json(run, found), lambda width: render.as_text(run, found, width)
        )
        return found.exit_code

    def _subject(self, ctx: click.Context, model: Model) -> BlameSubject:
        """The model, with how to make it with other numbers."""
        given, environment = self.given(ctx), environment_in(ctx.params)

        def make(changed: Mapping[str, int]) -> Model:
            return adapted(self.file(**{**given, **changed}), environment)

        numbers = {
            name: ctx.params[name] for name, known in self.file.parameters.items() if known.kind is int
        }
        return BlameSubject(model, make, {name: n for name, n in numbers.items() if isinstance(n, int)})


blame_model = OfModel("blame", BlameCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
