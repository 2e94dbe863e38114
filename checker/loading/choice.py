"""An option that takes one of several names: a wrong one is answered with the one that may be meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from elcheck.checker.model.errors import hint

if TYPE_CHECKING:
    _Names = click.Choice[str]
else:
    _Names = click.Choice  # generic only in newer click


class KnownName(_Names):
    """One of several names."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(list(names))

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself. Raises click.BadParameter for another one."""
        try:
            return str(super().convert(value, param, ctx))
        except click.BadParameter as error:
            said = error.message.removesuffix(".") + hint(str(value), self.choices)
            raise click.BadParameter(said, ctx, param) from error
