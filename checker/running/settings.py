"""What a node's process is told when it starts."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodePace:
    """How fast a node lives, in seconds, each time drawn at random.

    timeout: a timeout of rank r fires after between (1 + 2r) and (2 + 2r) times this, so that one of a higher
    rank waits longer. action: an action is tried after between half and one and a half of this. delay: a
    message is held up by at most this. loss: the part of the messages that is lost, from 0 to 1.
    """

    timeout: float = 0.2
    action: float = 0.05
    delay: float = 0.0
    loss: float = 0.0


@dataclass(frozen=True)
class NodeSettings:
    """A node by its name, the model that it runs a program of (with the parameters as the command line has
    them), the port of each node, where its log and its disk are, and what tells the nodes of this run from
    whoever else connects.
    """

    node: str
    model: str
    parameters: Mapping[str, object]
    ports: Mapping[str, int]
    folder: str
    token: str
    pace: NodePace
    seed: int

    def line(self) -> str:
        """The settings as a line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def of_line(said: str) -> NodeSettings:
        """The settings that a line of JSON stands for."""
        found = json.loads(said)
        return NodeSettings(**{**found, "pace": NodePace(**found["pace"])})


def log_of(folder: Path, node: str) -> Path:
    """Where a node's log is."""
    return folder / f"{node}.jsonl"


def disk_of(folder: Path, node: str) -> Path:
    """Where a node keeps what a crash leaves it."""
    return folder / f"{node}.disk.json"
