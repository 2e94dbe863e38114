"""The command line: ``elcheck MODEL [options]``."""

from __future__ import annotations

import io
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import NamedTuple

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import bundled, load
from elcheck.checker.loading.version import __version__
from elcheck.checker.model.call import is_of_a_model, said
from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.escapes import leave, refuse_escapes
from elcheck.checker.process.running import signals, watching
from elcheck.checker.process.starting import ENDING_SIGNALS, give_back
from elcheck.checker.process.streams import keep_standard_files, own_stdout, say
from elcheck.checker.process.watch import Ended
from elcheck.checker.traces.trace import ReplayError


class OwnCommand(NamedTuple):
    """A command of elcheck's own: what it is called in its module, and what it does in a line."""

    attribute: str
    does: str


OWN = {
    "blame": OwnCommand("blame_model", "Say what the state space is made of."),
    "drive": OwnCommand("drive", "Let real Python code take a model's steps, and compare them."),
    "explore": OwnCommand("explore", "Walk the states by hand, in a browser or (--tty) here."),
    "induct": OwnCommand("induct_model", "Decide whether every step keeps a claim, from any state."),
    "list": OwnCommand("list_models", "Show models: what they are, their properties and bugs."),
    "mutate": OwnCommand("mutate", "Put small mistakes in, and see which the properties find."),
    "new": OwnCommand("new", "Write a model to begin with, and its test."),
    "replay": OwnCommand("replay", "Say whether a model allows a trace, and which step it does not."),
    "run": OwnCommand("run", "Run a model's nodes for real: processes, TCP, disks, faults."),
    "simulate": OwnCommand("simulate", "Walk at random, where a search is too large."),
    "suggest": OwnCommand("suggest_properties", "Suggest properties: what holds in every state, to paste."),
    "validate": OwnCommand("validate", "Say whether a model allows what a real system logged."),
    "warm": OwnCommand("warm", "Compile the fast engine now, so that no search has to."),
    "zoo": OwnCommand("zoo", "Check many models, each with all of its bugs."),
}
"""Elcheck's own commands by their modules in checker/commands, which are imported when they are asked for."""


SETTINGS = {"max_content_width": 110, "help_option_names": ["-h", "--help"]}
"""What all commands have in common: click hands it on."""


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
            return ModelCommand(cmd_name, load(cmd_name, OWN))
        module = import_module(f"elcheck.checker.commands.{cmd_name}")
        own: click.Command = getattr(module, OWN[cmd_name].attribute)
        return own

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the bundled models, and elcheck's own commands."""
        with formatter.section("Bundled models (`elcheck list` says what they are)"):
            formatter.write_text(", ".join(self.list_commands(ctx)))
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in OWN.items()])


@click.command(cls=Models, subcommand_metavar="MODEL [OPTIONS]", context_settings=SETTINGS)
@click.version_option(version=__version__)
def elcheck() -> None:
    """Check a model: every interleaving, message loss and crash, by breadth-first search.

    MODEL is a Python file, or the name of a bundled model. `elcheck MODEL --help` shows the options,
    which the model's own parameters are part of. To see a bug found: elcheck raft --bug forget-vote

    Exit codes: 0 every property proved, or held within bounds; 1 zoo, replay, validate: it is not as it has
    to be; 2 usage; 10 vacuous; 11 deadlock; 12 refuted; 13 liveness refuted; 14 a handler or property
    raised; 20 undetermined; 70 elcheck itself failed; 74 the output could not be written; 150 the model could
    not be loaded.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run, and end the process with a documented exit code."""
    # When numpy is imported, its linear algebra starts a thread for each core, which spins for a tenth of a
    # second; nothing here needs them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.set_int_max_str_digits(0)  # a model's numbers are printed, however long they are
    keep_standard_files()
    refuse_escapes()
    signals.give_up, signals.remind = _give_up, _remind
    give_back()
    code = run(argv)
    if any(thread.is_alive() and not thread.daemon for thread in threading.enumerate()[1:]):
        with suppress(OSError, ValueError):  # a thread that a model began is not waited for
            sys.stdout.flush()
            sys.stderr.flush()
        leave(code)
    sys.exit(code)


def run(argv: Sequence[str] | None = None) -> int:
    """Run and return the exit code; every foreseen failure is one message on stderr."""
    args = list(sys.argv[1:] if argv is None else argv)
    with own_stdout(), watching(numbers=ENDING_SIGNALS):
        return _run(args)


def _run(args: list[str]) -> int:
    try:
        result: object = elcheck.main(
            args=args, prog_name="elcheck", standalone_mode=False, obj=args, color=_colour()
        )
        sys.stdout.flush()
    except Ended as ended:
        return _failed(str(ended.notice()), "undetermined")
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        with suppress(OSError, ValueError):
            say(shown.getvalue().rstrip("\n"))
        return EXIT["usage"]
    except click.Abort:
        return _failed("interrupted", "undetermined")
    except UsageError as error:
        return _failed(str(error), "usage")
    except LoadError as error:
        return _failed(str(error), "load")
    except ReplayError as error:
        return _unforeseen(error)
    except BrokenPipeError:
        _drop_stdout()
        return EXIT["io"]
    except OSError as error:
        _drop_stdout()
        what = f"can't write {error.filename or 'the report'}: {error.strerror}"
        return _failed(str(error) if error.errno is None else what, "io")
    except Exception as error:
        return _unforeseen(error)
    return result if isinstance(result, int) else 0


def _colour() -> bool | None:
    """No colour where it is not wanted (no-color.org) or not there; None for click to ask the terminal."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _drop_stdout() -> None:
    """Drop what could not be written to standard output: Python would try again at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(message: str, kind: str) -> int:
    with suppress(OSError, ValueError):  # stderr may be closed, too
        say(f"elcheck: {message}")
    return EXIT[kind]


def _unforeseen(error: Exception) -> int:
    """What nobody has foreseen: a bug of elcheck, unless other people's code raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    if frames and is_of_a_model(frames[-1].filename):
        return _failed(f"the model's own code raises {said(error)}", "error")
    trace = "".join(traceback.format_exception(error))
    return _failed(f"this is a bug of elcheck, please report it: {error}\n\n{trace.rstrip()}", "internal")


def _give_up(frame: FrameType | None) -> None:
    """End the process, since other people's code does not let itself be ended."""
    os.write(2, f"elcheck: {_line(frame)} catches what ends the run, so the process ends\n".encode())
    leave(EXIT["undetermined"])


def _remind(frame: FrameType | None, seconds: float) -> None:
    """Say that other people's code has been running for long."""
    os.write(2, f"elcheck: a call at {_line(frame)} has not returned for {seconds:.0f} s\n".encode())


def _line(frame: FrameType | None) -> str:
    """The line of a model that runs."""
    while frame is not None and not is_of_a_model(frame.f_code.co_filename):
        frame = frame.f_back
    return "the model" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
