"""``elcheck run MODEL``: the handlers that were checked, as processes that talk over TCP."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.flags import DurationType, format_option, width_option
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import LoadError, load_errors
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.streams import say
from elcheck.checker.render import running as render
from elcheck.checker.render.run import Run
from elcheck.checker.running.board import Board
from elcheck.checker.running.outcome import RunOutcome
from elcheck.checker.running.schedule import ScheduledFault, commanded, scheduled
from elcheck.checker.running.settings import NodePace
from elcheck.checker.running.supervisor import RunPlan, Supervisor, require_possible, require_runnable

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
                help="A fault at a moment: '2s kill n1', restart, pause, resume, '3s cut n1 | n2', break, "
                "heal; '-': faults from standard input while it runs, a line each, 'kill n1'.",
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
            click.Option(["--http"], is_flag=True, help="Serve a page: who leads, terms, messages, faults."),
            click.Option(
                ["--port"],
                type=click.IntRange(0, 65535),
                default=0,
                help="Of the page.  [default: a free one]",
            ),
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
        obeys = "-" in values["schedule"]
        faults = [scheduled(said, tuple(model.programs)) for said in values["schedule"] if said != "-"]
        folder = values["logs"] or Path(tempfile.mkdtemp(prefix=f"elcheck-{run.name.rpartition('/')[2]}-"))
        board = self._board(model) if values["http"] or obeys else None
        plan = RunPlan(values["seconds"], folder, pace, values["kill_every"], faults, values["seed"], board)
        try:
            require_runnable(model, plan)
        except UsageError as error:
            raise UsageError(f"{run.name}: {error}") from error
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with ExitStack() as stack:
                if board is not None and values["http"]:
                    stack.enter_context(self._page(run, model, board, values["port"]))
                if board is not None and obeys:
                    Thread(target=_obey, args=(board,), daemon=True).start()
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

    def _board(self, model: Model) -> Board:
        def understood(said: str) -> ScheduledFault:
            fault = commanded(said, tuple(model.programs))
            require_possible(model, fault.verb)
            return fault

        return Board(understood)

    @contextmanager
    def _page(self, run: Run, model: Model, board: Board, port: int) -> Iterator[None]:
        """Show the run on a page, whose address is said."""
        from elcheck.checker.explorer.running_page import shown  # its library takes its time to be imported

        about: dict[str, object] = {
            "name": run.name, "summary": run.summary, "environment": model.describe_environment(),
        }  # fmt: skip
        with shown(board, about, port) as address:
            say(f"{run.name} is at {address}")
            yield

    def _validating(self, ctx: click.Context, found: RunOutcome) -> list[str]:
        """The command that validates the logs, which say all parameters but which mistake was put in."""
        bug = self.given(ctx).get("bug")
        mistake = [] if bug is None else ["--bug", str(bug)]
        logs = [str(log) for log in found.logs]
        return ["elcheck", "validate", str(ctx.info_name), *mistake, *logs, "--as", "jsonl"]


def _obey(board: Board) -> None:
    """Do what standard input says, until it says no more."""
    for line in sys.stdin:
        try:
            if line.strip():
                board.tell(line.strip())
        except UsageError as error:
            say(f"elcheck: {error}")


run = OfModel("run", RunCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
