"""``elcheck mutate MODEL``: how good are the properties? Mutants of the model say it."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import click

from elcheck.checker.commands.check import ModelCommand, environment_in
from elcheck.checker.commands.files import beside, require_folders, write_all, wrote
from elcheck.checker.commands.flags import (
    DurationType,
    SizeType,
    beside_options,
    engine_option,
    format_option,
    progress_option,
    report_option,
    said_limits,
    width_option,
)
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.export.sarif import of_notes
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.loading.model_file import ModelFile
from elcheck.checker.model.errors import UsageError, hint
from elcheck.checker.mutation.baseline import Baseline, MutationSubject, require_holding
from elcheck.checker.mutation.campaign import Campaign, limits_for
from elcheck.checker.mutation.changed_lines import changed_since
from elcheck.checker.mutation.journal import Journal
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.pins import explained_in, pin, pinned_in, problems
from elcheck.checker.mutation.report import CampaignReport
from elcheck.checker.mutation.trial import Trial
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import ending
from elcheck.checker.process.streams import columns, say, write_document
from elcheck.checker.process.watch import Ended
from elcheck.checker.render import mutation as render
from elcheck.checker.render.progress import Progress, ProgressForm
from elcheck.checker.render.run import Run
from elcheck.checker.zoo.cases import Case

_HELP = """Put small mistakes into a model, one at a time, and see which its properties find.

    A mutant that answers every question of the search alike is equivalent: its graph is the same, within
    these bounds. Any other is searched until a property is refuted; if none is, it has survived: then a
    property is missing, a guard is superfluous, or nothing depends on that line.

    Exit codes: 0 no mutant survived that is not explained; 1 some did, or (--against) something is not as
    pinned; 20 none did, and some could not be told;
    2 usage, or the model does not hold as it is; 74 a file can't be written; 150 the model can't be loaded.
    """


class MutateCommand(ModelCommand):
    """The command that mutates one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """How far mutants are searched, which there are, and what to write."""
        positive = click.IntRange(min=1)
        file = click.Path(dir_okay=False, path_type=Path)
        return [
            click.Option(["--function"], multiple=True, metavar="NAME", help=_FUNCTION),
            click.Option(
                ["--since"], metavar="REV", help="Mutate only lines that changed since a revision (git)."
            ),
            click.Option(["--depth"], type=click.IntRange(min=0), help="Search up to this many steps away."),
            click.Option(["--max-states"], type=positive, help=_STATES),
            click.Option(["--max-memory"], type=SizeType(), help="Give a mutant up above this much memory."),
            click.Option(["--timeout"], type=DurationType(), help=_SECONDS),
            click.Option(
                ["--jobs"], type=positive, help="Processes at a time.  [default: one for each core]"
            ),
            engine_option(),
            click.Option(
                ["--journal"], type=file, help="Keep what is known in FILE, a line for each mutant."
            ),
            click.Option(["--resume"], is_flag=True, help="Go on from what the --journal has."),
            click.Option(["--pin"], type=file, metavar="FILE", help="Write what came out to a TOML file."),
            click.Option(["--against"], type=file, metavar="FILE", help=_AGAINST),
            click.Option(["-v", "--verbose"], is_flag=True, help="Show every survivor from near."),
            *beside_options(),
            report_option(),
            width_option(),
            progress_option(),
            format_option("report", ("text", *render.FORMATS)),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Try the mutants, print the report, return the exit code."""
        values = ctx.params
        given = said_limits(
            values["timeout"],
            values["max_memory"] or 0,  # none, unless somebody says so
            depth=values["depth"],
            max_states=values["max_states"],
        )
        _require_sense(ctx)
        run, _ = self.asked_for(ctx)
        case = Case(str(ctx.info_name), self.given(ctx), environment_in(values), values["depth"])
        wanted = WantedMutants(values["function"], values["since"])
        keeping = Keeping(values["journal"], resume=values["resume"])
        pinned = None if values["against"] is None else pinned_in(values["against"], case)
        reasons = explained_in(values["pin"], case) if pinned is None and values["pin"] else {}
        subject = subject_of(case, self.file, values["engine"])
        report = campaign(subject, given, wanted, keeping, values["jobs"], values["progress"])
        report = replace(report, explained=reasons)
        if pinned is not None:
            report = replace(report, explained=pinned.explained, unsure=pinned.unsure)
            whole = wanted.all and not report.left
            report = replace(report, deviations=problems(report, pinned) if whole else ())
        with ending():
            self._show(ctx, run, case, report)
        return report.exit_code

    def _show(self, ctx: click.Context, run: Run, case: Case, report: CampaignReport) -> None:
        """Print the report, and write it into files."""
        values = ctx.params
        if (form := values["output_format"]) in render.FORMATS:
            write_document(render.FORMATS[form](run, report))
        else:
            click.echo(render.as_text(run, report, columns(values["width"]), whole=values["verbose"]))
        forms: dict[str, Callable[[], str]] = {
            "json": lambda: render.as_json_(run, report) + "\n",
            "junit": lambda: render.as_junit(run, report) + "\n",
            "sarif": lambda: of_notes(render.notes_of_mutants(report), run.command),
        }
        writers = beside(values, forms, lambda: render.notes_of_mutants(report))
        if (path := values["report"]) is not None:
            writers.append(lambda: self._page(run, report, path))
        write_all(writers, failed=report.exit_code != 0)
        if values["pin"] is not None and not report.left:
            pin(report, case, values["pin"])
            wrote(values["pin"])

    def _page(self, run: Run, report: CampaignReport, path: Path) -> None:
        """Write the report as a page."""
        from elcheck.checker.html import of_mutants, page  # which takes its time to be imported

        plain = click.unstyle(render.as_text(run, report, None, whole=True))
        page.write_page(of_mutants.document(run, report, self.file.about), plain, path)
        wrote(path)


_FUNCTION = "Mutate only functions of this name, such as 'Raft.vote' or 'Raft.*'; may be repeated."
_STATES = "Give a mutant up after this many states.  [default: four times the model's, at least 10,000]"
_AGAINST = "Compare with what --pin wrote: what differs fails, survivors with a reason do not."
_SECONDS = "Give a mutant up after this long.  [default: 20 times the model's, at least 60]"


@dataclass(frozen=True)
class WantedMutants:
    """Which mutants are tried: of some functions, in lines that changed since a revision."""

    functions: Sequence[str] = ()
    since: str | None = None

    @property
    def all(self) -> bool:
        """Whether every mutant is."""
        return not self.functions and self.since is None

    def of(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """Those of some mutants. Raises UsageError if a name is that of no function."""
        for name in self.functions:
            if not any(fnmatch.fnmatchcase(mutant.function, name) for mutant in mutants):
                known = dict.fromkeys(mutant.function for mutant in mutants)
                said = f"--function {name!r}: there is none, but {', '.join(known)}"
                raise UsageError(said + hint(name, known))
        if self.functions:
            mutants = [m for m in mutants if any(fnmatch.fnmatchcase(m.function, n) for n in self.functions)]
        if self.since is not None:
            lines = changed_since(self.since, {mutant.file for mutant in mutants})
            mutants = [m for m in mutants if not lines[m.file].isdisjoint(m.lines)]
        return list(mutants)


@dataclass(frozen=True)
class Keeping:
    """The file that keeps what is known, if there is one, and whether to go on from it."""

    journal: Path | None = None
    resume: bool = False


def subject_of(case: Case, file: ModelFile, engine: str) -> MutationSubject:
    """What is mutated."""
    return MutationSubject(file, case.parameters, case.environment, case.limits, engine)


def campaign(
    subject: MutationSubject,
    given: Limits,
    wanted: WantedMutants,
    keeping: Keeping,
    jobs: int | None,
    form: ProgressForm = "text",
) -> CampaignReport:
    """Try the mutants that are wanted. An interrupt ends it with what is known by then.

    Raises UsageError or LoadError.
    """
    began = time.perf_counter()
    with load_errors(subject.file.path):
        baseline = Baseline(subject)
    require_holding(baseline.report)
    mutants = wanted.of(baseline.mutants)
    limits = limits_for(baseline, given)
    journal = Journal(keeping.journal, subject, resume=keeping.resume) if keeping.journal else None
    trials = {m.key: journal.known[m.key] for m in mutants if journal and m.key in journal.known}
    running = Campaign(baseline, limits, jobs or os.cpu_count() or 1)
    try:
        left = [m for m in mutants if m.key not in trials]
        with Progress(form=form) as progress, closing(running.run(left)) as found:
            for trial in found:
                trials[trial.key] = trial
                progress.tried(len(trials), len(mutants))
                _keep(journal, trial)
    except Ended as ended:
        ended.notice()
    finally:
        if journal is not None:
            journal.close()
    return CampaignReport(baseline, mutants, trials, limits, time.perf_counter() - began)


def _keep(journal: Journal | None, trial: Trial) -> None:
    """Note what became of a mutant. That it can't be written ends nothing."""
    if journal is None:
        return
    try:
        journal.add(trial)
    except OSError as error:
        say(f"elcheck: can't write {error.filename}: {error.strerror}")


def _require_sense(ctx: click.Context) -> None:
    """Raise UsageError for options that have no sense, before anything runs."""
    values = ctx.params
    if values["resume"] and values["journal"] is None:
        raise UsageError("--resume goes on from a --journal FILE: name it")
    if values["pin"] is not None and (values["function"] or values["since"] is not None):
        raise UsageError("--pin keeps what came of all mutants: leave out --function and --since")
    require_folders(values)
    for file in filter(None, (values["journal"], values["pin"])):
        if not file.parent.is_dir():
            raise UsageError(f"{file}: there is no folder {file.parent}")


mutate = OfModel("mutate", MutateCommand, help=_HELP, subcommand_metavar="MODEL [OPTIONS]")
