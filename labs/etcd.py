"""Logs of a real etcd cluster under kills and pauses, for ``elcheck validate etcd_raft ... --as etcd``.

``python -m labs.etcd FOLDER`` starts servers on loopback (``etcd`` has to be on the path), troubles them, and
leaves their election lines in FOLDER, a file a server, with what was done in env.log.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from labs.cluster import Cluster, Server, keep, trouble


def servers(count: int, folder: Path, port: int, *, pre_vote: bool) -> list[Server]:
    """The servers of a new cluster, each with two ports from ``port`` on."""
    names = [f"n{number}" for number in range(1, count + 1)]
    peers = {name: f"http://127.0.0.1:{port + 2 * at}" for at, name in enumerate(names)}
    clients = {name: f"http://127.0.0.1:{port + 2 * at + 1}" for at, name in enumerate(names)}
    cluster = ",".join(f"{name}={url}" for name, url in peers.items())
    shared = [
        "--initial-cluster", cluster, "--heartbeat-interval", "50", "--election-timeout", "250",
        "--logger", "zap", "--log-outputs", "stderr", f"--pre-vote={str(pre_vote).lower()}",
    ]  # fmt: skip
    found = []
    for name in names:
        urls = [
            "--name", name, "--data-dir", str(folder / name),
            "--listen-peer-urls", peers[name], "--initial-advertise-peer-urls", peers[name],
            "--listen-client-urls", clients[name], "--advertise-client-urls", clients[name],
        ]  # fmt: skip
        found.append(Server(name, ["etcd", *urls, *shared], folder / f"{name}.all"))
    return found


def is_kept(line: str) -> bool:
    """Whether a line is of raft, or of the start of a member."""
    callers = ('"caller":"raft/', '"caller":"etcdserver/raft.go', '"logger":"raft"', "zap_raft.go")
    return any(caller in line for caller in callers) and "failed to send message" not in line


def main() -> None:
    """Make the logs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10, help="how often a server is killed or paused")
    parser.add_argument("--pre-vote", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=23790)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        found = servers(asked.nodes, Path(made), asked.port, pre_vote=asked.pre_vote)
        with Cluster(found, asked.folder) as cluster:
            trouble(cluster, asked.rounds, 1.0, asked.seed)
        for server in found:
            keep(server.output, asked.folder / f"{server.name}.log", is_kept)


if __name__ == "__main__":
    main()
