"""``elcheck warm``: compile the fast engine ahead of the first search, as for an image of CI."""

from __future__ import annotations

import time

import click

from elcheck.checker.process.streams import columns
from elcheck.checker.render.fit import fitted
from elcheck.checker.search.engines import require_numba


@click.command()
def warm() -> int:
    """Compile the fast engine now, so that no search has to.

    It is compiled once for each version of elcheck, numba and kind of processor, and kept in
    ~/.cache/elcheck or in XDG_CACHE_HOME.
    """
    require_numba("the fast engine")
    from elcheck.checker.search.fast import cache

    if cache.is_compiled():
        _tell("the fast engine is compiled")
        return 0
    began = time.monotonic()
    cache.machine_code()
    _tell(f"the fast engine was compiled in {time.monotonic() - began:.0f} s")
    return 0


def _tell(what: str) -> None:
    """What came out, and the file of the machine code."""
    from elcheck.checker.search.fast import cache

    click.echo(fitted(f"{what}: {cache.file()}", columns()))
