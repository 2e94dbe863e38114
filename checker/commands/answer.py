"""How a command prints its answer: as text that fits the terminal, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from elcheck.checker.process.streams import columns, write_document


def print_answer(
    values: Mapping[str, object], as_json: Callable[[], str], as_text: Callable[[int], str]
) -> None:
    """Print an answer in the form that the options ask for; ``as_text`` is given the width."""
    if values["output_format"] == "json":
        write_document(as_json())
        return
    width = values["width"]
    assert width is None or isinstance(width, int)
    click.echo(as_text(columns(width)))
