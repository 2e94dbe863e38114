"""A command that takes a model: ``elcheck replay MODEL ...``."""

from __future__ import annotations

from collections.abc import Callable

import click

from elcheck.checker.loading.model_file import ModelFile, bundled, load


class OfModel(click.Group):
    """Every model file is a command of this one, with the model's parameters as its options."""

    def __init__(self, name: str, make: Callable[[str, ModelFile], click.Command], **attributes: str) -> None:
        help_, metavar = attributes["help"], attributes["subcommand_metavar"]
        super().__init__(name, help=help_, subcommand_metavar=metavar)
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The models that come with elcheck."""
        del ctx
        return list(bundled())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command for one model. Raises LoadError."""
        del ctx
        return self._make(cmd_name, load(cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where the options are, instead of listing models."""
        del ctx
        with formatter.section("Options of a model"):
            formatter.write_text(f"`elcheck {self.name} MODEL --help` shows them.")
