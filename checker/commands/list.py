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
def list_models(models: tuple[str, ...], output_format: str, width: int | None) -> int:
    """Show models: algorithm, paper, assumptions, properties with verdicts, bugs.

    Without arguments all that come with elcheck. Nothing is run: the verdicts are what is pinned of the
    bundled models with their default parameters; `elcheck zoo` runs them.
    """
    entries = [entry(name) for name in models or bundled()]
    if output_format == "json":
        write_document(render.as_json(entries))
    else:
        click.echo(render.as_text(entries, columns(width)))
    return 0
