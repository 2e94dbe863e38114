"""``elcheck MODEL``: checking one model."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from elcheck.checker.check.check import check
from elcheck.checker.check.report import CheckReport
from elcheck.checker.check.selection import only, require_properties
from elcheck.checker.commands.files import OutputFiles, require_formats, write_files
from elcheck.checker.commands.flags import BESIDE, environment_options, said_limits, search_options
from elcheck.checker.interpreter import Interpreter
from elcheck.checker.loading.errors import LoadError, load_errors
from elcheck.checker.loading.model_file import ENVIRONMENT, ModelFile, adapted, without_mistake
from elcheck.checker.loading.parameters import refuse_reserved
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import text as text_of
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.running import ending, watching
from elcheck.checker.process.streams import columns, lines_of_a_screen, write_document
from elcheck.checker.reductions.staleness import StaleChoice
from elcheck.checker.render import as_json, text
from elcheck.checker.render.progress import Progress, ProgressForm
from elcheck.checker.render.run import Run
from elcheck.checker.render.wanted import Detail, Wanted
from elcheck.checker.search.resources import Resources, Spill
from elcheck.checker.traces.show import ShowExpression, show_expressions


@dataclass(frozen=True)
class Asked:
    """The options of one run, sorted out."""

    limits: Limits
    output_format: str
    wanted: Wanted
    files: OutputFiles
    check_model: bool
    engine: str
    resources: Resources
    minimise: bool
    frontier: bool
    sound: Model | None
    symmetry: bool
    progress: ProgressForm
    dead_messages: StaleChoice
    relative_terms: bool
    counts: bool
    left_out: tuple[str, ...] = ()
    show: tuple[ShowExpression, ...] = ()


class ModelCommand(click.Command):
    """The command that checks one model; its own parameters are options beside elcheck's."""

    def __init__(self, name: str, file: ModelFile) -> None:
        self.file = file
        self.own: list[click.Parameter] = [*self.environment_options(), *self.further_options()]
        long = (flag for option in self.own for flag in option.opts if flag.startswith("--"))
        flags = {flag.removeprefix("--").replace("-", "_") for flag in long}
        reserved = flags | {"help", "output_format"}
        refuse_reserved(file.parameters, reserved, file.path)
        self.parameters = [parameter.option() for parameter in file.parameters.values()]
        defaults = self._defaults()
        said = [f"{part}: {what}" for part, what in file.about.parts.items()]
        own = f"\b\nIts environment, unless options say otherwise:\n{defaults}"
        text_ = "\n\n".join([file.summary, *said, own])
        super().__init__(name, params=[*self.parameters, *self.own], help=text_)

    def environment_options(self) -> Sequence[click.Parameter]:
        """The options that change the model's environment."""
        return environment_options()

    def further_options(self) -> Sequence[click.Parameter]:
        """The options that are neither the model's nor the environment's."""
        return search_options()

    def _defaults(self) -> str:
        """The environment of the model with its default parameters, where it has them."""
        try:
            made = self.file.build({})
        except (UsageError, LoadError):
            return "its own"
        return made.describe_environment()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the model's parameters apart from the rest."""
        groups = (
            ("Parameters of this model", self.parameters),
            ("Environment", [o for o in self.own if o.name in ENVIRONMENT]),
            ("Options", [o for o in self.get_params(ctx) if self._general(o)]),
        )
        for title, options in groups:
            records = [r for option in options if (r := option.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if self.file.about.bugs:
            with formatter.section("Bugs (--bug)"):
                formatter.write_dl(list(self.file.about.bugs.items()))

    def _general(self, option: click.Parameter) -> bool:
        return option not in self.parameters and option.name not in ENVIRONMENT

    def invoke(self, ctx: click.Context) -> int:
        """Check the model, print the report, return the exit code."""
        values = ctx.params
        written = {name: values[name] for name in ("report", "picture", "graph", "exports", *BESIDE)}
        files = OutputFiles(**written, of=values["export_of"])
        limits = said_limits(
            values["timeout"],
            values["max_memory"],
            depth=values["depth"],
            max_states=values["max_states"],
            first=values["first"],
        )
        _require_text(values)
        require_formats(files)
        run, model = self.asked_for(ctx)
        require_properties(model, values["properties"], "--property")
        require_properties(model, filter(None, [files.of]), "--export-of")
        asked = Asked(
            limits,
            values["output_format"],
            Wanted(
                values["witness"],
                values["certificate"],
                values["diagram"],
                values["explain"],
                columns(values["width"]),
                detail_in(values),
                height=lines_of_a_screen(),
            ),
            files,
            values["check_model"],
            values["engine"],
            Resources(_spill(values, self.file, run.parameters), values["workers"], values["cluster"]),
            values["minimise"] == "faults",
            values["frontier"],
            None
            if files.report is None
            else without_mistake(self.file, run.parameters, environment_in(values)),
            values["symmetry"] == "auto" and not files.of_graph,
            values["progress"],
            "off" if files.of_graph else values["dead_messages"],
            values["relative_terms"] == "auto" and not files.of_graph,
            bool(values["counts"]),
        )
        model, left_out = only(model, values["properties"])
        asked = replace(asked, left_out=left_out, show=self.shown(model, values["show"]))
        return _frontier(run, model, asked) if asked.frontier else _check(run, model, asked, self.file)

    def asked_for(self, ctx: click.Context) -> tuple[Run, Model]:
        """What was asked for, and the model in the environment that was. Raises UsageError or LoadError."""
        model = adapted(self.file(**self.given(ctx)), environment_in(ctx.params))
        parameters = {name: ctx.params[name] for name in self.file.parameters}
        return self.run_of(ctx, parameters), model

    def shown(self, model: Model, said: Sequence[str]) -> tuple[ShowExpression, ...]:
        """What ``--show`` asks for. Raises UsageError or LoadError."""
        with load_errors(self.file.path):
            return expressions_of(self.file, model, said)

    def given(self, ctx: click.Context) -> dict[str, object]:
        """The parameters that were given, by the names that the command line has for their values."""
        default = click.core.ParameterSource.DEFAULT
        names = [name for name in self.file.parameters if ctx.get_parameter_source(name) is not default]
        return {name: ctx.params[name] for name in names}

    def run_of(self, ctx: click.Context, parameters: Mapping[str, object]) -> Run:
        """What was asked for, with some parameters."""
        command = shlex.join(["elcheck", *ctx.find_root().obj])
        return Run(
            str(ctx.info_name),
            self.file.summary,
            parameters,
            command,
            tuple(self.given(ctx)),
            self.file.mistake_in(parameters),
        )


def expressions_of(file: ModelFile, model: Model, said: Sequence[str]) -> tuple[ShowExpression, ...]:
    """Python expressions over the states of a file's model. Raises UsageError, or what a model raises that
    has no initial state.
    """
    if not said:
        return ()
    validate(model)
    return show_expressions(said, file.function.__globals__, next(iter(Interpreter(model).initial())))


def environment_in(values: Mapping[str, object]) -> dict[str, object]:
    """What the user says of the environment."""
    given = {name: values[name] for name in ENVIRONMENT if values.get(name) not in (None, ())}
    if "faults" in given:
        given["faults"] = dict(given["faults"])  # type: ignore[call-overload]  # pairs of an option's type
    return given


def detail_in(values: Mapping[str, object]) -> Detail:
    """How much is to be said. Raises UsageError."""
    if values["quiet"] and values["verbose"]:
        raise UsageError("-q says less and -v says more: take one of them")
    return "quiet" if values["quiet"] else "all" if values["verbose"] else "normal"


def _require_text(values: Mapping[str, object]) -> None:
    """Raise UsageError where pictures are asked for of another form of the report."""
    for name in ("diagram", "explain"):
        if values[name] and values["output_format"] != "text":
            raise UsageError(
                f"--{name} is of the report as text: leave out --format {values['output_format']}"
            )


def _spill(values: Mapping[str, object], file: ModelFile, parameters: Mapping[str, object]) -> Spill | None:
    """Where to keep the states, and what search they are of. Raises UsageError."""
    folder, every = values["spill"], values["checkpoint"]
    if not isinstance(folder, Path):
        for flag in ("resume", "checkpoint"):
            if values[flag]:
                raise UsageError(f"--{flag} needs --spill DIR, the folder of the search")
        return None
    searched = {"the model's file": file.path.name, "what the model's source comes to": file.digest()}
    searched |= {f"the parameter {name}": text_of(value) for name, value in parameters.items()}
    if values["properties"]:
        searched["the properties (--property)"] = text_of(tuple(sorted(values["properties"])))  # type: ignore[call-overload]
    return Spill(folder, bool(values["resume"]), every if isinstance(every, float) else 60.0, searched)


def _check(run: Run, model: Model, asked: Asked, file: ModelFile) -> int:
    with watching(asked.limits):
        with Progress(asked.limits.depth, asked.progress) as progress, load_errors(file.path):
            report = check(
                model,
                asked.limits,
                engine=asked.engine,
                progress=progress,
                every_call_twice=asked.check_model,
                resources=asked.resources,
                symmetry=asked.symmetry,
                dead_messages=asked.dead_messages,
                relative_terms=asked.relative_terms,
                counts=asked.counts,
            )
            if asked.minimise:
                from elcheck.checker.strategies.fewest_faults import fewest_faults

                report = fewest_faults(report, asked.limits, progress)
            report = replace(report, left_out=asked.left_out, show=asked.show)
        with ending():
            _print(run, report, asked)
            write_files(run, report, file.about, asked.files, asked.sound)
    return report.exit_code


def _frontier(run: Run, model: Model, asked: Asked) -> int:
    """``--frontier``: the fewest faults that break each property, kind by kind."""
    from elcheck.checker.render import fault_budgets as render_fault_budgets
    from elcheck.checker.strategies.fault_budgets import frontier

    if (
        asked.output_format == "junit"
        or asked.minimise
        or asked.wanted != Wanted(width=asked.wanted.width, height=asked.wanted.height)
        or asked.files != OutputFiles()
    ):
        raise UsageError("--frontier prints a table (--format text or json), without traces and graphs")
    if asked.resources.spill is not None:
        raise UsageError("--frontier is many searches, and --spill keeps the states of one")
    with Progress(form=asked.progress) as progress, load_errors(run.name):
        found = frontier(
            model,
            asked.limits,
            engine=asked.engine,
            progress=progress,
            every_call_twice=asked.check_model,
            symmetry=asked.symmetry,
            dead_messages=asked.dead_messages,
            relative_terms=asked.relative_terms,
        )
    if asked.output_format == "json":
        write_document(render_fault_budgets.as_json(run, found))
    else:
        click.echo(render_fault_budgets.as_text(run, found, asked.wanted.width))
    return found.exit_code


def _print(run: Run, report: CheckReport, asked: Asked) -> None:
    if asked.output_format == "json":
        write_document(as_json.render(run, report))
    elif asked.output_format == "junit":
        from elcheck.checker.render import junit

        write_document(junit.render(run, report))
    else:
        click.echo(text.render(run, report, asked.wanted))
