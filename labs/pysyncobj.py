"""Logs of real PySyncObj nodes under kills and pauses, for ``elcheck validate raft ... --as pysyncobj``.

``python -m labs.pysyncobj FOLDER`` starts a process for each node on loopback (the package pysyncobj has to
be installed), troubles them, and leaves what they tell in FOLDER, a file a node, with what was done in
env.log.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from labs.cluster import Cluster, Server, trouble

ELECTION = 0.6
"""Seconds of the longest election timeout."""


def servers(count: int, folder: Path, logs: Path, port: int, *, journal: bool) -> list[Server]:
    """The nodes of a new cluster, on ports from ``port`` on."""
    ports = {f"n{at + 1}": port + at for at in range(count)}
    found = []
    for name in ports:
        command = [sys.executable, "-m", "labs.pysyncobj_node", name, json.dumps(ports)]
        if journal:
            command += ["--journal", str(folder / f"{name}.journal")]
        found.append(Server(name, command, logs / f"{name}.log"))
    return found


def rush(cluster: Cluster, rounds: int) -> None:
    """Kill all nodes and start them at once, many times."""
    for _ in range(rounds):
        for server in cluster.servers:
            cluster.kill(server)
        for server in cluster.servers:
            cluster.start(server)
        time.sleep(3 * ELECTION)


def main() -> None:
    """Make the logs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=8, help="how often a node is killed or paused")
    parser.add_argument("--rushes", type=int, default=0, help="how often all are killed and started at once")
    parser.add_argument("--journal", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=24790)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        found = servers(asked.nodes, Path(made), asked.folder, asked.port, journal=asked.journal)
        with Cluster(found, asked.folder) as cluster:
            trouble(cluster, asked.rounds, ELECTION, asked.seed)
            rush(cluster, asked.rushes)


if __name__ == "__main__":
    main()
