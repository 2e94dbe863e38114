"""``elcheck list``: the models, what they are, what is claimed of them and which bugs they can be given."""

from __future__ import annotations

import click

from elcheck.checker.loading.choice import KnownName
from elcheck.checker.loading.model_file import bundled
from elcheck.checker.process.streams import NARROWEST, columns, write_document
from elcheck.checker.render import catalogue as render
from elcheck.checker.zoo.catalogue import entry


@click.command("list")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--format", "output_format", type=KnownName(["text", "json"]), default="text", show_default=True
)
@click.option("--width", type=click.IntRange(min=NARROWEST), help="Columns of the text.")
@click.option("-v", "--verbose", is_flag=True, help="Without arguments: say as much of each.")
def list_models(models: tuple[str, ...], output_format: str, width: int | None, *, verbose: bool) -> int:
    """Show models: algorithm, paper, assumptions, properties with verdicts, bugs.

    Without arguments all that come with elcheck, each in a line. Nothing is run: the verdicts are what is
    pinned of the bundled models with their default parameters; `elcheck zoo` runs them.
    """
    entries = [entry(name) for name in models or bundled()]
    if output_format == "json":
        write_document(render.as_json(entries))
    else:
        shown = render.as_text if models or verbose else render.as_lines
        click.echo(shown(entries, columns(width)))
    return 0
