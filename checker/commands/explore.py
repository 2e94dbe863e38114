"""``elcheck explore MODEL``: a page to walk the states of a model by hand."""

from __future__ import annotations

import re
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.verdict import EXIT, Verdict
from elcheck.checker.commands.check import ModelCommand, environment_in, expressions_of
from elcheck.checker.commands.flags import DurationType, show_option
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.commands.replay import read_file
from elcheck.checker.explorer.about import Overview, SavedPath
from elcheck.checker.explorer.live import LiveModel, Renew
from elcheck.checker.explorer.space import Space
from elcheck.checker.explorer.terminal import Terminal
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.loading.model_file import adapted
from elcheck.checker.loading.reloading import SourceWatch
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.process.limits import SHARE, Limits
from elcheck.checker.process.running import watching
from elcheck.checker.process.streams import columns, say, typed_line
from elcheck.checker.process.watch import optional
from elcheck.checker.render.fit import fitted
from elcheck.checker.render.progress import Progress
from elcheck.checker.render.run import Run
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import walk
from elcheck.checker.traces.trace import Trace, going_on

_HELP = """Walk the states of a model by hand, in a browser or (--tty) in the terminal.

    The page shows a state, the steps that it has and what each would change, the steps that it has not and
    which guard blocks each, and what the properties say. A state's steps are worked out when it is looked at,
    so that it opens at once however large the space is. It can be reached from this machine only, by the
    address that is printed. When the model's file is saved it is read again. Ctrl-C ends it.
    """
_PATIENCE = 20.0
"""Seconds that a check takes at most if nothing else is said: someone waits for the page."""
_PLACE = re.compile(r"\d{1,9}(\.\d{1,9})*(~[0-9a-f]{8})?")


class ExploreCommand(ModelCommand):
    """The command that opens the page for one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """Where the page is, and what can be chosen on it."""
        port = click.IntRange(0, 65535)
        trace = click.Path(dir_okay=False, allow_dash=True)
        return [
            click.Option(["--port"], type=port, default=0, help="Where it listens.  [default: a free one]"),
            click.Option(["--open/--no-open", "open_page"], default=True, help="Open it in the browser."),
            click.Option(["--at"], metavar="PLACE", help="Open it there: what a link has after its #."),
            click.Option(["--trace"], type=trace, help="Open it at the end of a trace, as replay reads it."),
            click.Option(
                ["--check"],
                is_flag=True,
                help=f"Check first, for at most {_PATIENCE:.0f} seconds, and offer the traces found. Ctrl-C "
                "ends the check and opens the page.",
            ),
            click.Option(
                ["--tty"], is_flag=True, help="Walk in the terminal, by lines that are typed or piped."
            ),
            show_option("Show this too of each state: a Python expression over it; may be repeated."),
            click.Option(["--depth"], type=click.IntRange(min=0), help="Check up to this many steps away."),
            click.Option(["--timeout"], type=DurationType(), help="Check for that long at most."),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Walk until the end is asked for, and return 0."""
        values = ctx.params
        at = values["at"]
        if at is not None and not _PLACE.fullmatch(at):
            raise UsageError(f"--at {at!r}: a place is what a link has after its #, such as 0.3.1")
        if not values["check"] and (values["depth"] is not None or values["timeout"] is not None):
            raise UsageError("--depth and --timeout are of the check: say --check too")
        if values["tty"] and values["port"]:
            raise UsageError("--port is of the page, and --tty needs none: leave one of them out")
        run, model = self.asked_for(ctx)
        with load_errors(self.file.path):
            validate(model)
            space = Space(model, self.shown(model, values["show"]))
            prepared = [*_of_file(space, values["trace"])] if values["trace"] is not None else []
            first = prepared[0].path if prepared else (0,)
            if at is not None:
                first = tuple(int(number) for number in at.partition("~")[0].split("."))
                space.walk(first)
            report = None
            if values["check"]:
                report = checked(model, values["depth"], values["timeout"] or _PATIENCE)
                prepared += traces_of(report, space)
        live = LiveModel(space, _about(run, model, prepared, report), self._renewal(ctx))
        notes = [f"{trace.name}: {trace.note}" for trace in prepared[:1] if values["trace"] and trace.note]
        for note in notes:
            click.echo(fitted(note, columns()))
        place = at or ".".join(map(str, first))
        with optional():
            if values["tty"]:
                _in_terminal(live, first)
            else:
                _on_page(live, place, values["port"], opened=values["open_page"])
        if not values["tty"]:
            click.echo("\nended")
        return EXIT["proved"]

    def _renewal(self, ctx: click.Context) -> Renew:
        """What reads the model again, with what was given, once its file has changed."""
        source, given, environment = SourceWatch(self.file), self.given(ctx), environment_in(ctx.params)
        said: tuple[str, ...] = ctx.params["show"]

        def renew() -> Space | None:
            if not source.changed():
                return None
            file = source.reload()
            model = adapted(file(**given), environment)
            validate(model)
            return Space(model, expressions_of(file, model, said))

        return renew


def _in_terminal(live: LiveModel, path: Sequence[int]) -> None:
    """Walk in the terminal."""
    typed = sys.stdin.isatty()
    read = typed_line if typed else sys.stdin.readline
    Terminal(live, path, click.echo, columns()).run(read, typed=typed)


def _on_page(live: LiveModel, place: str, port: int, *, opened: bool) -> None:
    """Serve the page until Ctrl-C."""
    from elcheck.checker.explorer.server import serving  # its library takes its time to be imported

    server, address = serving(live, port)
    address += f"#{place}"
    click.echo("\n".join([f"{live.about.name} is at {address}", "Ctrl-C ends it."]))
    sys.stdout.flush()
    with TemporaryDirectory(prefix="elcheck-") as folder:
        if opened:
            _open(address, Path(folder))
        server.serve_forever(poll_interval=0.1)  # asks the watch in between


def _about(run: Run, model: Model, prepared: Sequence[SavedPath], report: CheckReport | None) -> Overview:
    results = () if report is None else report.results
    return Overview(
        run.name,
        run.summary,
        run.settings,
        model.describe_environment(),
        re.sub(r" --at[ =]\S+", "", run.command),
        tuple(prepared),
        {result.name: result.verdict.words for result in results},
        bool(model.environment.budgets),
    )


def _of_file(space: Space, name: str) -> Iterator[SavedPath]:
    """The trace that someone wrote, as far as the model allows it. Raises UsageError."""
    model = space.model
    try:
        walked = walk(read(read_file(name), [str(node) for node in model.programs]), model)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    notes = list(walked.notes)
    if walked.refused is not None:
        refused = walked.refused
        whys = [f"{r.event.located}: {r.why}" if r.event is not None else str(r.why) for r in refused.reasons]
        number = "" if refused.number is None else f"step {refused.number}, "
        notes.append(f"{number}{refused.step.text}, is not allowed: {'; '.join(whys)}")
    if walked.raised is not None:
        notes.append(walked.raised)
    notes += _end(walked.trace)
    yield SavedPath(f"the trace {name}", space.path_of(walked.trace), "; ".join(notes))


def _end(trace: Trace) -> list[str]:
    """How a behaviour without end goes on."""
    return [] if trace.loop is None else [going_on(trace, trace.loop)]


def checked(model: Model, depth: int | None, seconds: float) -> CheckReport:
    """What a check says in a limited time."""
    say(f"checking, for {seconds:g} seconds at most (--timeout; Ctrl-C ends it)")
    with Progress() as progress, watching(absorbs=True):
        limits = Limits(depth, timeout=seconds, memory_share=SHARE)
        report = check(model, limits, progress=progress)
    if report.stats.stopped is not None:
        click.echo(fitted(f"The check did not examine every state: {report.stats.stopped}.", columns()))
    return report


def traces_of(report: CheckReport, space: Space) -> Iterator[SavedPath]:
    """The traces that a check has found."""
    for result in report.results:
        if result.trace is not None:
            word = "refuted" if result.verdict is Verdict.REFUTED else "reached"
            said = "; ".join([*[result.detail.partition("\n")[0]] * bool(result.detail), *_end(result.trace)])
            yield SavedPath(f"{word}: {result.name}", space.path_of(result.trace), said)


def _open(address: str, folder: Path) -> None:
    """Open a page in a browser that has a window: one in the terminal would take the terminal. The browser is
    given a file in a folder of the user's that leads to it, since others can see what a process is given.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    background = isinstance(browser, webbrowser.BackgroundBrowser)
    if background or not isinstance(browser, webbrowser.GenericBrowser):
        leads = folder / "explore.html"
        leads.write_text(f'<meta http-equiv="refresh" content="0; url={escape(address)}">', encoding="utf-8")
        browser.open(leads.as_uri())


explore = OfModel("explore", ExploreCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
