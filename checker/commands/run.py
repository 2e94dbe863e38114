"""``elcheck run MODEL``: the handlers that were checked, as processes that talk over TCP."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.flags import DurationType, format_option, width_option
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import LoadError, load_errors
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.validate import validate
from elcheck.checker.render import running as render
from elcheck.checker.running.outcome import RunOutcome
from elcheck.checker.running.schedule import scheduled
from elcheck.checker.running.settings import NodePace
from elcheck.checker.running.supervisor import RunPlan, Supervisor, require_runnable

_HELP = """Run a model's nodes for real: a process each, TCP on loopback, disks, timers, and faults.

    The handlers are those that are checked. Each node logs its steps, and `elcheck validate MODEL ... --as
    jsonl` says whether they are a behaviour of the model. It is for learning and testing: see docs/run.md.

    Exit codes: 0 it ran; 2 usage, or a model whose nodes can't run; 74 a file or a port could not be had;
    150 the model could not be loaded, or a handler raised.
    """


class RunCommand(ModelCommand):
    """The command that runs the nodes of one model."""

    def environment_options(self) -> Sequence[click.Parameter]:
        """None: what happens to processes is no matter of budgets."""
        return []

    def further_options(self) -> Sequence[click.Parameter]:
        """How long, how fast, where, and with which faults."""
        time, pace = DurationType(), NodePace()
        folder = click.Path(file_okay=False, path_type=Path)
        return [
            click.Option(
                ["--seconds"], type=time, default=5.0, show_default=True, help="How long: 5, 30s, 2m."
            ),
            click.Option(
                ["--logs"],
                type=folder,
                metavar="DIR",
                help="Where logs and disks go, an empty folder.  [default: a new one for temporary files]",
            ),
            click.Option(
                ["--kill-every"], type=time, help="Kill -9 a random node about so often, and restart it."
            ),
            click.Option(
                ["--at", "schedule"],
                multiple=True,
                metavar="'TIME FAULT'",
                help="A fault at a moment: '2s kill n1', restart, pause, resume, '3s cut n1 | n2', heal.",
            ),
            click.Option(["--delays"], type=time, help="Hold each message up for a random time, up to this."),
            click.Option(
                ["--lose"],
                type=click.FloatRange(0, 1),
                default=0.0,
                help="Lose this part of the messages: 0.1.",
            ),
            click.Option(
                ["--timeouts"],
                type=time,
                default=pace.timeout,
                show_default=True,
                help="Timeouts fire after once to twice this, those of a higher rank later.",
            ),
            click.Option(
                ["--actions"],
                type=time,
                default=pace.action,
                show_default=True,
                help="Each action is tried about so often.",
            ),
            click.Option(["--seed"], type=int, default=0, show_default=True, help="Of choices and faults."),
            width_option(),
            format_option("answer"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Run the nodes, print what they came to, return the exit code."""
        values = ctx.params
        run, model = self.asked_for(ctx)
        if model.programs:
            with load_errors(self.file.path):
                validate(model)
        pace = NodePace(values["timeouts"], values["actions"], values["delays"] or 0.0, values["lose"])
        faults = [scheduled(said, tuple(model.programs)) for said in values["schedule"]]
        folder = values["logs"] or Path(tempfile.mkdtemp(prefix=f"elcheck-{run.name.rpartition('/')[2]}-"))
        plan = RunPlan(values["seconds"], folder, pace, values["kill_every"], faults, values["seed"])
        try:
            require_runnable(model, plan)
        except UsageError as error:
            raise UsageError(f"{run.name}: {error}") from error
        folder.mkdir(parents=True, exist_ok=True)
        try:
            found = asyncio.run(Supervisor(self.file, self.given(ctx), model, plan).run())
        except HandlerError as error:
            raise LoadError(f"{self.file.path}: {error}") from error
        validating = self._validating(ctx, found)
        print_answer(
            values,
            lambda: render.as_json(run, model, found, validating),
            lambda width: render.as_text(run, model, found, validating, width),
        )
        return EXIT["proved"]

    def _validating(self, ctx: click.Context, found: RunOutcome) -> list[str]:
        """The command that validates the logs, which say all parameters but which mistake was put in."""
        bug = self.given(ctx).get("bug")
        mistake = [] if bug is None else ["--bug", str(bug)]
        logs = [str(log) for log in found.logs]
        return ["elcheck", "validate", str(ctx.info_name), *mistake, *logs, "--as", "jsonl"]


run = OfModel("run", RunCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
