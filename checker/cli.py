"""The command line: ``elcheck MODEL [options]``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import bundled, load
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.call import said
from elcheck.checker.model.errors import UsageError
from elcheck.checker.traces.trace import ReplayError

OWN = {
    "drive": "drive",
    "explore": "explore",
    "list": "list_models",
    "new": "new",
    "replay": "replay",
    "simulate": "simulate",
    "zoo": "zoo",
}
"""Elcheck's own commands: their modules in checker/commands, which are imported when they are asked for, and
what they are called there.
"""


class Models(click.Group):
    """Every model file is a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The models that come with elcheck."""
        del ctx
        return list(bundled())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """A command of elcheck's own, or the one that checks a model. Raises LoadError."""
        del ctx
        if cmd_name not in OWN:
            return ModelCommand(cmd_name, load(cmd_name))
        own: click.Command = getattr(import_module(f"elcheck.checker.commands.{cmd_name}"), OWN[cmd_name])
        return own

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List elcheck's own commands, and the bundled models."""
        own = [(name, self.get_command(ctx, name).get_short_help_str(80)) for name in OWN]
        with formatter.section("Commands"):
            formatter.write_dl(own)
        records = [(name, load(name).summary) for name in self.list_commands(ctx)]
        with formatter.section("Bundled models"):
            formatter.write_dl(records)


@click.command(cls=Models, subcommand_metavar="MODEL [OPTIONS]", context_settings={"max_content_width": 110})
@click.version_option(version=__version__)
def elcheck() -> None:
    """Check a model: every interleaving, message loss and crash, by breadth-first search.

    MODEL is a Python file, or the name of a bundled model. `elcheck MODEL --help` shows the options,
    which the model's own parameters are part of.

    Exit codes: 0 every property proved, or held within bounds; 1 zoo, replay: it is not as it has to be;
    2 usage; 10 vacuous; 11 deadlock; 12 refuted; 13 liveness refuted; 14 a handler or property raised;
    20 undetermined; 70 elcheck itself failed; 74 the output could not be written; 150 the model could not be
    loaded.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run, and end the process with a documented exit code."""
    # When numpy is imported, its linear algebra starts a thread for each core, which spins for a tenth of a
    # second; nothing here needs them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run and return the exit code; every foreseen failure is one message on stderr."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        result: object = elcheck.main(
            args=args, prog_name="elcheck", standalone_mode=False, obj=args, color=_colour()
        )
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


def _colour() -> bool | None:
    """No colour where it is not wanted (no-color.org) or not there; None for click to ask the terminal."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _failed(message: str, kind: str) -> int:
    click.echo(f"elcheck: {message}", err=True)
    return EXIT[kind]
