"""Tests in several processes: those of a case in one of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling


def scheduler(config: pytest.Config, log: object, files: Collection[Path]) -> object:
    """What distributes tests as ``--dist load`` of xdist does, but keeps those of a case together."""

    def scope(nodeid: str) -> str:
        file = (config.rootpath / nodeid.partition("::")[0]).resolve()
        return nodeid.rpartition("::")[0] if file in files else nodeid

    made = LoadScopeScheduling(config, log)
    made._split_scope = scope
    return made
