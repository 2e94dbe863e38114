"""``elcheck MODEL``: checking one model."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from checker.check import Limits, Report, check
from checker.flags import environment_options, search_options
from checker.load import ENVIRONMENT, LoadError, ModelFile, adapted
from checker.model.errors import DefinitionError, UsageError
from checker.model.handlers import HandlerError
from checker.model.model import Model
from checker.options import options_of
from checker.render import as_json, graph, junit, text
from checker.render.progress import Progress
from checker.render.run import Run


@dataclass(frozen=True)
class Asked:
    """The options of one run, sorted out."""

    limits: Limits
    output_format: str
    wanted: text.Wanted
    graph: Path | None
    check_model: bool
    engine: str


class ModelCommand(click.Command):
    """The command that checks one model; its own parameters are options beside elcheck's."""

    def __init__(self, name: str, file: ModelFile) -> None:
        self.file = file
        self.own = environment_options() + search_options()
        flags = {flag.lstrip("-").replace("-", "_") for option in self.own for flag in option.opts}
        reserved = flags | {"help", "output_format"}
        self.parameters, self.decoders = options_of(file, reserved)
        defaults = self._defaults()
        said = [f"{part}: {what}" for part, what in file.about.parts.items()]
        own = f"\b\nIts environment, unless options say otherwise:\n{defaults}"
        text_ = "\n\n".join([file.summary, *said, own])
        super().__init__(name, params=[*self.parameters, *self.own], help=text_)

    def _defaults(self) -> str:
        """The environment of the model with its default parameters, where it has them."""
        try:
            made = self.file.build({}, {})
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
        parameters = {name: decode(values[name]) for name, decode in self.decoders.items()}
        sources = {name: ctx.get_parameter_source(name) for name in parameters}
        given = {n: v for n, v in parameters.items() if sources[n] is not click.core.ParameterSource.DEFAULT}
        asked = Asked(
            Limits(**{name: values[name] for name in _LIMITS}),
            values["output_format"],
            text.Wanted(values["witness"], values["certificate"], values["diagram"], values["explain"]),
            values["graph"],
            values["check_model"],
            values["engine"],
        )
        if values["timeout"] is not None and not math.isfinite(values["timeout"]):
            raise UsageError("--timeout takes a number of seconds")
        for name in ("diagram", "explain"):
            if values[name] and asked.output_format != "text":
                raise UsageError(
                    f"--{name} is of the report as text: leave out --format {asked.output_format}"
                )
        if asked.graph is not None and asked.graph.suffix not in graph.ENDINGS:
            raise UsageError(f"--graph {asked.graph}: the ending says the format, .dot or .graphml")
        model = self.file.build(parameters, given)
        environment = {k: values[k] for k in ENVIRONMENT if values[k] is not None}
        model = adapted(model, environment)
        command = shlex.join(["elcheck", *ctx.find_root().obj])
        run = Run(str(ctx.info_name), self.file.summary, parameters, command)
        return _check(run, model, asked, self.file)


_LIMITS = ("depth", "max_states", "max_memory", "timeout", "first")


def _check(run: Run, model: Model, asked: Asked, file: ModelFile) -> int:
    progress = Progress()
    try:
        report = check(model, asked.limits, engine=asked.engine, watch=progress, twice=asked.check_model)
    except (DefinitionError, HandlerError) as error:
        raise LoadError(f"{file.path}: {error}") from error
    finally:
        progress.done()
    click.echo(_rendered(run, report, asked))
    if asked.graph is not None:
        try:
            graph.write(report, asked.graph)
        except (UsageError, OSError) as error:
            if report.exit_code == 0:
                raise
            click.echo(f"elcheck: {error}", err=True)  # the verdict's own code says more
    return report.exit_code


def _rendered(run: Run, report: Report, asked: Asked) -> str:
    if asked.output_format == "json":
        return as_json.render(run, report)
    if asked.output_format == "junit":
        return junit.render(run, report)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return text.render(run, report, replace(asked.wanted, width=width))
