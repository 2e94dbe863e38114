"""elcheck's own options: what a model runs in, how far to search, what to write."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import click

from elcheck.checker.export.formats import FORMATS
from elcheck.checker.loading.choice import KnownName
from elcheck.checker.model.budget import FAULT_KINDS, AnyBudget, FaultKind, written
from elcheck.checker.model.environment import DetectorName, NetworkName
from elcheck.checker.process.limits import SHARE, Limits
from elcheck.checker.process.streams import NARROWEST, NO_TERMINAL
from elcheck.checker.reductions.staleness import CHOICES
from elcheck.checker.render.progress import ProgressForm
from elcheck.checker.search.engines import ENGINES


class BudgetType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic only in newer click
    """A number of faults, or ``unlimited``; perhaps of some nodes, of each, or at one time."""

    name = "N|unlimited"

    def convert(self, value: object, param: object, ctx: object) -> AnyBudget:
        """Turn what was written into a budget."""
        del param, ctx
        budget = written(str(value))
        if budget is None:
            raise click.BadParameter(
                f"{value!r} is neither 0, 1, 2, ... nor 'unlimited'; of some nodes it is n1,n2:1, and behind "
                "it may stand ,each=1 and ,at-once=1"
            )
        return budget


class OwnBudgetType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # as above
    """The name of a budget of the model's own faults, with the budget."""

    name = "NAME=N|unlimited"

    def convert(self, value: object, param: object, ctx: object) -> tuple[FaultKind, AnyBudget]:
        """Turn what was written into a name and a budget."""
        name, equals, budget = str(value).partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value!r} names no budget: write --fault NAME=1")
        return name, BudgetType().convert(budget, param, ctx)


class SizeType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic only in newer click
    """An amount of memory, ``500M``, ``2G``, or ``none`` for as much as there is."""

    name = "SIZE|none"

    def convert(self, value: object, param: object, ctx: object) -> int:
        """Turn what was written into bytes, ``none`` into 0."""
        del param, ctx
        if value == "none":
            return 0
        matched = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([KMGT])(i?B)?", str(value), re.IGNORECASE)
        if not matched or float(matched[1]) == 0:
            raise click.BadParameter(f"{value!r} is no size such as 500M or 2G, nor 'none'")
        return int(float(matched[1]) * 2 ** (10 * ("KMGT".index(matched[2].upper()) + 1)))


class DurationType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic only in newer click
    """A time in seconds, or with units: ``90``, ``90s``, ``5m``, ``1h30m``."""

    name = "TIME"
    _UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}

    def convert(self, value: object, param: object, ctx: object) -> float:
        """Turn what was written into seconds."""
        del param, ctx
        if isinstance(value, int | float):
            return float(value)
        said = str(value).strip().lower()
        if re.fullmatch(r"\d+(\.\d*)?|\.\d+", said):
            said += "s"
        parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ms|[smhd])", said)
        if not parts or "".join(number + unit for number, unit in parts) != said:
            raise click.BadParameter(f"{value!r} is no time such as 90s, 5m, 1h30m or 90 (seconds)")
        found = sum(float(number) * self._UNITS[unit] for number, unit in parts)
        if not 0 < found < math.inf:
            raise click.BadParameter(f"{value!r} is no time to wait: it has to be more than 0")
        return found


_FAULTS = {
    "loss": "Messages that may be lost.",
    "dup": "Messages that may be duplicated.",
    "crash": "Crashes of nodes.",
    "restart": "Restarts of crashed nodes; durable fields survive.",
    "pause": "Pauses of nodes, which take no step until they are resumed.",
    "disk": "Damages of disks of nodes that are down, to fields that are durable(..., frail=True).",
    "partition": "Times that the network may fall apart (and heal).",
    "disconnect": "Times that a fifo link may break.",
}


def environment_options() -> list[click.Option]:
    """What a model runs in; the defaults are the model's own."""
    names = list(get_args(NetworkName))
    options = [click.Option(["--network"], type=KnownName(names), help="How messages travel.")]
    options += [click.Option([f"--{kind}"], type=BudgetType(), help=_FAULTS[kind]) for kind in FAULT_KINDS]
    options.append(
        click.Option(
            ["--fault", "faults"],
            type=OwnBudgetType(),
            multiple=True,
            help="Faults that the model's own @fault handlers describe, by the name of their budget.",
        )
    )
    options.append(
        click.Option(["--detector"], type=KnownName(get_args(DetectorName)), help="Who learns of a crash.")
    )
    timing = "When timeouts may fire: async, sync, eventual(k) or bounded(d)."
    options.append(click.Option(["--timing"], metavar="TIMING", help=timing))
    return options


def search_options() -> list[click.Option]:
    """How far to search, and what to write."""
    positive = click.IntRange(min=1)
    return [
        click.Option(
            ["--depth"], type=click.IntRange(min=0), help="Check states up to this many steps away."
        ),
        click.Option(["--first"], is_flag=True, help="Stop at the depth of the first counterexample."),
        click.Option(["--max-states"], type=positive, help="Stop after this many states."),
        *run_limits(),
        progress_option(),
        property_option(),
        show_option(),
        *text_options(),
        format_option("report", ("text", "json", "junit")),
        click.Option(
            ["--witness"], is_flag=True, help="Show, for each `sometimes`, a trace that reaches it."
        ),
        click.Option(
            ["--certificate"], is_flag=True, help="Show, for each behaviour without end, why it is fair."
        ),
        click.Option(
            ["--counts"],
            is_flag=True,
            help="Count the steps of each action, and the states in which each `sometimes` holds.",
        ),
        click.Option(["--diagram"], is_flag=True, help="Draw each trace, a lane for each node."),
        click.Option(["--explain"], is_flag=True, help="Show which steps of a trace matter, and why."),
        click.Option(
            ["--graph"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write the state graph to FILE.dot, .graphml or .aut; the same as --export.",
        ),
        *export_options(),
        *beside_options(),
        report_option(),
        picture_option(),
        engine_option(),
        click.Option(
            ["--symmetry"],
            type=KnownName(["auto", "off"]),
            default="auto",
            show_default=True,
            help="Search states once that differ only in which of the nodes that are alike is which.",
        ),
        click.Option(
            ["--dead-messages"],
            type=KnownName(CHOICES),
            default="auto",
            show_default=True,
            help="Take out messages that can do nothing any more: those declared stale, also those found so.",
        ),
        click.Option(
            ["--relative-terms"],
            type=KnownName(["auto", "off"]),
            default="auto",
            show_default=True,
            help="Search states once that differ in how late all terms are, if a bound keeps these together.",
        ),
        click.Option(
            ["--workers"],
            type=positive,
            default=1,
            show_default=True,
            help="How many search: of a Spec, and with --engine plain, processes; else one thread or two.",
        ),
        cluster_option(),
        click.Option(
            ["--spill"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Keep the states in files in DIR, with checkpoints (fast engine only).",
        ),
        click.Option(["--resume"], is_flag=True, help="Go on from the checkpoint in the --spill folder."),
        click.Option(
            ["--checkpoint"],
            type=DurationType(),
            help="Time between two checkpoints of --spill.  [default: 60s]",
        ),
        click.Option(
            ["--check-model"], is_flag=True, help="Run every handler twice to find nondeterministic ones."
        ),
        click.Option(
            ["--minimise"],
            type=KnownName(["faults"]),
            help="Show the counterexample with the fewest faults instead of the shortest.",
        ),
        click.Option(
            ["--frontier"],
            is_flag=True,
            help="Instead of checking once: the smallest budgets of faults that break each property.",
        ),
    ]


def cluster_option() -> click.Option:
    """Where workers are."""
    said = "Let workers of a Ray cluster search, with the plain engine: at ADDRESS, or auto (or begun here)."
    return click.Option(["--cluster"], metavar="auto|ADDRESS", help=said)


def progress_option() -> click.Option:
    """How to say how far a run is."""
    return click.Option(
        ["--progress"],
        type=KnownName(get_args(ProgressForm)),
        default="text",
        show_default=True,
        help="How to say on stderr how far it is: for people, as JSON a line, or not at all.",
    )


def report_option() -> click.Option:
    """Where the page is written."""
    said = "Write everything, with pictures of the traces, to one HTML file."
    return click.Option(
        ["--report"], type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=said
    )


def picture_option() -> click.Option:
    """Where the picture is written."""
    path = click.Path(dir_okay=False, path_type=Path)
    said = "Draw the counterexample (or --export-of's) into FILE as SVG."
    return click.Option(["--picture"], type=path, metavar="FILE", help=said)


def property_option() -> click.Option:
    """Which properties to check."""
    return click.Option(
        ["--property", "properties"],
        metavar="NAME",
        multiple=True,
        help="Check this property alone; may be repeated.",
    )


def show_option(
    does: str = "Add a column to each trace: a Python expression over the state; may be repeated.",
) -> click.Option:
    """What else to show of states."""
    return click.Option(
        ["--show", "show"],
        metavar="EXPR",
        multiple=True,
        help=does,
    )


def text_options() -> list[click.Option]:
    """How much a report as text says, and how wide it is."""
    return [
        click.Option(["-q", "--quiet"], is_flag=True, help="Say the verdicts alone."),
        click.Option(["-v", "--verbose"], is_flag=True, help="Say everything: each property, each trace."),
        width_option(),
    ]


def width_option() -> click.Option:
    """How wide what is printed is."""
    least = click.IntRange(min=NARROWEST)
    help_ = f"Columns of the text.  [default: the terminal's, {NO_TERMINAL} where there is none]"
    return click.Option(["--width"], type=least, help=help_)


def format_option(what: str, forms: Sequence[str] = ("text", "json")) -> click.Option:
    """In which of some forms to print what comes out."""
    return click.Option(
        ["--format", "output_format"],
        type=KnownName(forms),
        default="text",
        show_default=True,
        help=f"Form of the {what}.",
    )


BESIDE = ("json", "junit", "code_quality", "sarif", "annotate")
"""What may be written beside the report that is printed, for scripts and CI servers."""


def document_options() -> list[click.Option]:
    """What to write for scripts and CI servers, whatever is printed."""
    path = click.Path(dir_okay=False, path_type=Path)
    return [
        click.Option(["--json"], type=path, metavar="FILE", help="Write it to FILE as JSON, too."),
        click.Option(["--junit"], type=path, metavar="FILE", help="Write it to FILE as JUnit XML, too."),
    ]


def beside_options() -> list[click.Option]:
    """The same, and what is wrong at lines of the source."""
    path = click.Path(dir_okay=False, path_type=Path)
    annotated = "Say what is wrong on stderr in GitHub's workflow commands, which are shown at their lines."
    quality = "Write what is wrong to FILE as GitLab's report of code quality."
    scanning = "Write what is wrong to FILE as SARIF, for code scanning."
    return [
        *document_options(),
        click.Option(["--code-quality"], type=path, metavar="FILE", help=quality),
        click.Option(["--sarif"], type=path, metavar="FILE", help=scanning),
        click.Option(["--annotate"], is_flag=True, help=annotated),
    ]


def size_options(depth: str, states: str) -> list[click.Option]:
    """How far to search, in words that say what for."""
    return [
        click.Option(["--depth"], type=click.IntRange(min=0), help=depth),
        click.Option(["--max-states"], type=click.IntRange(min=1), help=states),
        *run_limits(),
        engine_option(),
    ]


def engine_option(searches: str = "What searches.") -> click.Option:
    """Which engine searches."""
    return click.Option(
        ["--engine"], type=KnownName(ENGINES), default="auto", show_default=True, help=searches
    )


def size_in(ctx: click.Context) -> Limits:
    """What the options of :func:`size_options` come to."""
    values = ctx.params
    return said_limits(
        values["timeout"], values["max_memory"], depth=values["depth"], max_states=values["max_states"]
    )


def run_limits() -> list[click.Option]:
    """How long a run may take, and how much memory."""
    default = f"{SHARE:.0%} of what is free"
    return [
        click.Option(
            ["--max-memory"],
            type=SizeType(),
            help=f"Stop above this much memory: 500M, 2G.  [default: {default}]",
        ),
        click.Option(
            ["--timeout"],
            type=DurationType(),
            help="Stop after this long: 90s, 5m, 2h.",
        ),
    ]


def said_limits(
    timeout: float | None,
    size: int | None,
    *,
    depth: int | None = None,
    max_states: int | None = None,
    first: bool = False,
) -> Limits:
    """What the options of :func:`run_limits` come to, with other limits."""
    return Limits(
        depth=depth,
        max_states=max_states,
        max_memory=size or None,
        timeout=timeout,
        first=first,
        memory_share=SHARE if size is None else None,
    )


def export_options() -> list[click.Option]:
    """What to write for other tools."""
    endings = ", ".join(FORMATS)
    return [
        click.Option(
            ["--export", "exports"],
            type=click.Path(dir_okay=False, path_type=Path),
            multiple=True,
            metavar="FILE",
            help=f"Write FILE for other tools; may be repeated. Its ending says what: {endings}.",
        ),
        click.Option(
            ["--export-of"],
            metavar="PROPERTY",
            help="Export the trace of this property; the default is the first that is refuted.",
        ),
    ]
