"""``elcheck validate MODEL LOG...``: whether the logs of a real system are of a behaviour of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.files import beside, require_folder, write_all, wrote
from elcheck.checker.commands.flags import (
    document_options,
    format_option,
    report_option,
    run_limits,
    said_limits,
    width_option,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.model.errors import UsageError
from elcheck.checker.render import mutants
from elcheck.checker.render import validation as render
from elcheck.checker.render.run import Run
from elcheck.checker.validation.logs import read_logs
from elcheck.checker.validation.mutants import sharpness
from elcheck.checker.validation.observers import observer_named, observers, readers
from elcheck.checker.validation.result import LogVerdict, Validation
from elcheck.checker.validation.validate import validate as validated

_HELP = """Say whether a model allows what the nodes of a real system logged, and if not, where not, and why.

    Each LOG is the ordinary log of one node, or holds observations (docs/observations.md). Nothing is known
    of the order of lines of different nodes, but that a message is sent before it is taken. The model has
    neither bounds nor budgets of faults here, and its parameters are those of the logs where these say them.

    Exit codes: 0 they are allowed; 1 they are not; 2 usage, or a log can't be read; 14 a property raised; 20
    a limit, or something that the model has not; 150 the model could not be loaded.
    """
FEW, MORE = 8, 20
"""Steps that are shown of a behaviour, and with -v."""


class ValidateCommand(ModelCommand):
    """The command that compares logs with one model."""

    def environment_options(self) -> Sequence[click.Parameter]:
        """None: logs know of no budget."""
        return []

    def further_options(self) -> Sequence[click.Parameter]:
        """The logs, how to read them, where to stop, and how to print the answer."""
        log = click.Path(dir_okay=False, path_type=Path)
        positive = click.IntRange(min=1)
        skew = "By how much clocks differ at most.  [default: not known, clocks are a preference]"
        mutate = "Change one thing in the logs, N times, and say how many changes are noticed."
        steps = f"Show so many steps, the last ones; 0 for all.  [default: {FEW}; {MORE} with -v]"
        verbose = "Say everything: each step whole, what was used of the model."
        return [
            click.Argument(["logs"], metavar="LOG...", type=log, nargs=-1, required=True),
            click.Option(
                ["--as", "observer"],
                metavar="NAME|FILE.py",
                help=f"How to read the logs: {_readers()}.  [required]",
            ),
            click.Option(["--skew"], type=click.FloatRange(min=0, max=1e9), metavar="SECONDS", help=skew),
            click.Option(["--max-states"], type=positive, help="Stop after this many states."),
            *run_limits(),
            click.Option(["--mutate"], type=positive, metavar="N", help=mutate),
            click.Option(["--seed"], type=int, default=0, show_default=True, help="Which changes."),
            click.Option(["--steps"], type=click.IntRange(min=0), help=steps),
            click.Option(["--diagram"], is_flag=True, help="Draw the behaviour, a lane for each node."),
            click.Option(["-v", "--verbose"], is_flag=True, help=verbose),
            *document_options(),
            report_option(),
            width_option(),
            format_option("answer"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Compare the logs with the model, print the answer, return the exit code."""
        values = ctx.params
        if values["observer"] is None:
            raise click.UsageError(f"Missing option '--as', how to read the logs: {_readers()}.", ctx)
        for name in ("report", "json", "junit"):
            require_folder(name, values[name])
            if values["mutate"] is not None and values[name] is not None:
                raise UsageError(f"--{name} is of one validation: leave out --mutate")
        if values["mutate"] is not None:
            return self.mutate(ctx)
        limits = said_limits(values["timeout"], values["max_memory"], max_states=values["max_states"])
        asked = (self.file, observer_named(values["observer"]), values["logs"], self._given(ctx))
        with load_errors(self.file.path):
            found = validated(*asked, limits, values["skew"])
        raised = any(judgement.kind == "error" for judgement in found.judgements)
        code = EXIT["error"] if raised else _EXIT[found.verdict]
        shown = {n: p.encode(found.parameters.get(n, p.default)) for n, p in self.file.parameters.items()}
        run = self.run_of(ctx, shown)
        print_answer(
            values,
            lambda: render.as_json(run, found, code),
            lambda width: render.as_text(
                run, found, _steps(values), width, whole=values["verbose"], drawn=values["diagram"]
            ),
        )
        forms: dict[str, Callable[[], str]] = {
            "json": lambda: render.as_json(run, found, code) + "\n",
            "junit": lambda: render.as_junit(run, found, code) + "\n",
        }
        writers = beside(values, forms)
        if (path := values["report"]) is not None:
            writers.append(lambda: self._page(run, found, path, _steps({**values, "verbose": True})))
        write_all(writers, failed=code != 0)
        return code

    def _page(self, run: Run, found: Validation, path: Path, steps: int) -> None:
        """Write the answer as a page."""
        from elcheck.checker.html import of_logs, page  # which takes its time to be imported

        plain = click.unstyle(render.as_text(run, found, steps, None, whole=True))
        page.write_page(of_logs.document(run, found, self.file.about, steps), plain, path)
        wrote(path)

    def mutate(self, ctx: click.Context) -> int:
        """Change the logs, print what is noticed, return the exit code."""
        values = ctx.params
        limits = said_limits(values["timeout"], values["max_memory"], max_states=values["max_states"])
        observer = observer_named(values["observer"])
        logs = read_logs(values["logs"], observer.reader, readers(observer))
        found = sharpness(
            self.file, observer, logs, self._given(ctx), values["mutate"], values["seed"], limits
        )
        run = self.run_of(ctx, self.given(ctx))
        print_answer(
            values, lambda: mutants.as_json(run, found), lambda width: mutants.as_text(run, found, width)
        )
        return EXIT["proved"]

    def _given(self, ctx: click.Context) -> dict[str, object]:
        """The parameters that were given, as the model takes them."""
        return self.file.decoded(self.given(ctx))


def _readers() -> str:
    """What ``--as`` can be."""
    return f"{', '.join(observers())}, or FILE.py, an observer of your own"


def _steps(values: Mapping[str, object]) -> int:
    """How many steps of the behaviour are shown, 0 for all."""
    asked = values["steps"]
    return asked if isinstance(asked, int) else MORE if values["verbose"] else FEW


_EXIT = {
    LogVerdict.ALLOWED: EXIT["proved"],
    LogVerdict.NOT_ALLOWED: EXIT["unexpected"],
    LogVerdict.UNDETERMINED: EXIT["undetermined"],
}

validate = OfModel(
    "validate", ValidateCommand, help=_HELP, subcommand_metavar="MODEL LOG... --as NAME [OPTIONS]"
)
