"""The command line: ``elcheck MODEL [options]``."""

from __future__ import annotations

import math
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import click

from checker.check import Limits, Report, check
from checker.flags import environment_options, search_options
from checker.load import LoadError, ModelFile, bundled, load
from checker.model.environment import FAULT_KINDS, Environment
from checker.model.errors import DefinitionError, UsageError
from checker.model.handlers import HandlerError, said
from checker.model.model import Model
from checker.options import options_of
from checker.render import as_json, graph, junit, text
from checker.render.progress import Progress
from checker.render.run import Run
from checker.trace import ReplayError
from checker.validate import no_network
from checker.verdict import EXIT


@dataclass(frozen=True)
class Asked:
    """The options of one run, sorted out."""

    limits: Limits
    output_format: str
    witness: bool
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
        text_ = f"{file.summary}\n\n\b\nIts environment, unless options say otherwise:\n{defaults}"
        super().__init__(name, params=[*self.parameters, *self.own], help=text_)

    def _defaults(self) -> str:
        """The environment of the model with its default parameters, where it has them."""
        try:
            made = self.file.build({}, {})
        except (UsageError, LoadError):
            return "its own"
        return made.environment.describe() if made.programs else "none, it is a Spec"

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the model's parameters apart from the rest."""
        groups = (
            ("Parameters of this model", self.parameters),
            ("Environment", [o for o in self.own if o.name in _ENVIRONMENT]),
            ("Options", [o for o in self.get_params(ctx) if self._general(o)]),
        )
        for title, options in groups:
            records = [r for option in options if (r := option.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def _general(self, option: click.Parameter) -> bool:
        return option not in self.parameters and option.name not in _ENVIRONMENT

    def invoke(self, ctx: click.Context) -> int:
        """Check the model, print the report, return the exit code."""
        values = ctx.params
        parameters = {name: decode(values[name]) for name, decode in self.decoders.items()}
        sources = {name: ctx.get_parameter_source(name) for name in parameters}
        given = {n: v for n, v in parameters.items() if sources[n] is not click.core.ParameterSource.DEFAULT}
        asked = Asked(
            Limits(**{name: values[name] for name in _LIMITS}),
            values["output_format"],
            values["witness"],
            values["graph"],
            values["check_model"],
            values["engine"],
        )
        if values["timeout"] is not None and not math.isfinite(values["timeout"]):
            raise UsageError("--timeout takes a number of seconds")
        if asked.graph is not None and asked.graph.suffix not in graph.ENDINGS:
            raise UsageError(f"--graph {asked.graph}: the ending says the format, .dot or .graphml")
        model = self.file.build(parameters, given)
        environment = {k: values[k] for k in _ENVIRONMENT if values[k] is not None}
        model = replace(model, environment=adapted(model, environment))
        command = shlex.join(["elcheck", *ctx.find_root().obj])
        run = Run(str(ctx.info_name), self.file.summary, parameters, command)
        return _check(run, model, asked, self.file)


_LIMITS = ("depth", "max_states", "max_memory", "timeout", "first")
_ENVIRONMENT = ("network", *FAULT_KINDS, "detector", "timing")


def adapted(model: Model, given: dict[str, object]) -> Environment:
    """A model's own environment with what the user gave. Raises UsageError, saying which part is whose."""
    own = model.environment
    if given.get("crash") == 0 and "restart" not in given:
        given = {**given, "restart": 0}
    environment = replace(own, **given)  # type: ignore[arg-type]  # click has checked each value
    if not model.programs:
        no_network(environment)
    try:
        environment.check()
    except UsageError as error:
        kept = [name for name in _ENVIRONMENT if name not in given]
        own_part = ", ".join(f"--{n} {getattr(own, n)}" for n in kept if getattr(own, n) not in (0, "none"))
        hint = f" (the model's own environment gives {own_part})" if own_part else ""
        raise UsageError(f"{error}{hint}") from error
    return environment


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
    return text.render(run, report, witnesses=asked.witness, width=width)


def _version() -> str:
    try:
        return metadata.version("elcheck")
    except metadata.PackageNotFoundError:
        return "(run from its source)"


class Models(click.Group):
    """Every model file is a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The models that come with elcheck."""
        del ctx
        return list(bundled())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command that checks a model. Raises LoadError."""
        del ctx
        return ModelCommand(cmd_name, load(cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the bundled models."""
        records = [(name, load(name).summary) for name in self.list_commands(ctx)]
        with formatter.section("Bundled models"):
            formatter.write_dl(records)


@click.command(cls=Models, subcommand_metavar="MODEL [OPTIONS]", context_settings={"max_content_width": 110})
@click.version_option(version=_version())
def elcheck() -> None:
    """Check a model: every interleaving, message loss and crash, by breadth-first search.

    MODEL is a Python file, or the name of a bundled model. `elcheck MODEL --help` shows the options,
    which the model's own parameters are part of.

    Exit codes: 0 every property proved, or held within bounds; 2 usage; 10 vacuous; 11 deadlock; 12 refuted;
    13 liveness refuted; 14 a handler or property raised; 20 undetermined; 70 elcheck itself failed; 74 the
    output could not be written; 150 the model could not be loaded.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run, and end the process with a documented exit code."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run and return the exit code; every foreseen failure is one message on stderr."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        result: object = elcheck.main(args=args, prog_name="elcheck", standalone_mode=False, obj=args)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return EXIT["usage"]
    except click.Abort:
        return _failed("interrupted", "undetermined")
    except UsageError as error:
        return _failed(str(error), "usage")
    except LoadError as error:
        return _failed(str(error), "load")
    except ReplayError as error:
        return _failed(f"this is a bug of elcheck, please report it: {error}", "internal")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT["io"]
    except UnicodeEncodeError as error:
        return _failed(f"can't write the report in this encoding: {error}", "io")
    except OSError as error:
        return _failed(f"can't write {error.filename or 'the report'}: {error.strerror}", "io")
    except Exception as error:
        return _failed(f"this is a bug of elcheck, please report it: {said(error)}", "internal")
    return result if isinstance(result, int) else 0


def _failed(message: str, kind: str) -> int:
    click.echo(f"elcheck: {message}", err=True)
    return EXIT[kind]
