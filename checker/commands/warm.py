"""``elcheck warm``: compile the fast engine ahead of the first search, as for an image of CI."""

from __future__ import annotations

import time

import click

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
        click.echo(f"the fast engine is compiled: {cache.file()}")
        return 0
    began = time.monotonic()
    cache.machine_code()
    click.echo(f"the fast engine was compiled in {time.monotonic() - began:.0f} s: {cache.file()}")
    return 0
