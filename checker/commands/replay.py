"""``elcheck replay MODEL TRACE``: whether a model allows a trace that someone wrote, and if not, why not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from elcheck.checker.check.verdict import EXIT
from elcheck.checker.commands.answer import print_answer
from elcheck.checker.commands.check import ModelCommand
from elcheck.checker.commands.flags import format_option, width_option
from elcheck.checker.commands.of_model import OfModel
from elcheck.checker.loading.errors import load_errors
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.validate import validate
from elcheck.checker.render import replay as render
from elcheck.checker.replay.judged import Judgement, judged
from elcheck.checker.replay.reading import read
from elcheck.checker.replay.walk import Walked, walk

_HELP = """Say whether a model allows a trace, and if not, which step it does not allow, and why.

    TRACE is a file, or - for stdin. It has a step a line, in the words of a printed trace or fewer of them
    (`n1: vote(Vote(term=1)) from n2`, `n1 vote`, `n3 crash`), or it is what elcheck printed, or JSON: a list
    of steps, a trace of `--format json`, the whole report, or what it exported as .itf.json or .tlc.json.
    `start 2` chooses an initial state, `start n1.term=1` says what holds in it; `back to step 3` in the end
    says that it goes on for ever. What `#` begins is a remark.

    Where a step fits several of the model's, all are tried. Every property is judged of what is allowed.

    Exit codes: 0 it is allowed; 1 it is not; 2 usage, or the trace can't be read; 14 a handler or property
    raised; 150 the model could not be loaded.
    """


class ReplayCommand(ModelCommand):
    """The command that replays a trace on one model."""

    def further_options(self) -> Sequence[click.Parameter]:
        """The trace, and how to print what became of it."""
        return [
            click.Argument(["trace_file"], metavar="TRACE", type=click.Path(dir_okay=False, allow_dash=True)),
            click.Option(
                ["--property", "of_property"],
                metavar="NAME",
                help="Of a report the trace of this property.  [default: of the first refuted]",
            ),
            width_option(),
            format_option("answer"),
        ]

    def invoke(self, ctx: click.Context) -> int:
        """Replay the trace, print the answer, return the exit code."""
        values = ctx.params
        run, model = self.asked_for(ctx)
        written = read_file(values["trace_file"])
        with load_errors(self.file.path):
            try:
                validate(model)
                script = read(written, [str(node) for node in model.programs], values["of_property"])
                walked = walk(script, model)
            except UsageError as error:
                raise UsageError(f"{values['trace_file']}: {error}") from error
        judgements = tuple(judged(walked.trace, model))
        answer = render.ReplayResult(script, walked, judgements, model, _exit_code(walked, judgements))
        print_answer(
            values, lambda: render.as_json(run, answer), lambda width: render.as_text(run, answer, width)
        )
        return answer.exit_code


def read_file(name: str) -> str:
    """What a file, or stdin, holds. Raises UsageError."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"the trace {name} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the trace {name} is no text in UTF-8: {error.reason}") from error


def _exit_code(walked: Walked, judgements: Sequence[Judgement]) -> int:
    if walked.raised is not None or any(judgement.kind == "error" for judgement in judgements):
        return EXIT["error"]
    return EXIT["proved"] if walked.refused is None else EXIT["unexpected"]


replay = OfModel("replay", ReplayCommand, help=_HELP, subcommand_metavar="MODEL TRACE [OPTIONS]")
