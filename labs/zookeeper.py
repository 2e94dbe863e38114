"""Logs of a real ZooKeeper cluster under kills and pauses, for ``elcheck validate zookeeper_election``.

``python -m labs.zookeeper FOLDER`` starts servers on loopback, troubles them, and leaves their lines about
elections in FOLDER, a file a server, with what was done in env.log. It takes Debian's packages zookeeper,
libslf4j-java and liblog4j1.2-java: that of ZooKeeper alone logs nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from labs.cluster import Cluster, Server, keep, trouble

_JAVA = Path("/usr/share/java")
_LOG4J = """\
log4j.rootLogger=WARN, A
log4j.logger.org.apache.zookeeper.server.quorum=DEBUG
log4j.appender.A=org.apache.log4j.ConsoleAppender
log4j.appender.A.layout=org.apache.log4j.PatternLayout
log4j.appender.A.layout.ConversionPattern=%d{ISO8601} - %-5p [%t:%C{1}@%L] - %m%n
"""
_CLASSES = ("FastLeaderElection", ":QuorumPeer@", ":QuorumPeerMain@", ":Leader@", ":Follower@", ":Learner@")
"""The classes whose lines are kept."""


def servers(count: int, folder: Path, port: int) -> list[Server]:
    """The servers of a new cluster, each with three ports from ``port`` on."""
    (folder / "log4j.properties").write_text(_LOG4J)
    jars = [folder, *(_JAVA / name for name in ("zookeeper.jar", "slf4j-log4j12.jar", "log4j-1.2.jar"))]
    members = [f"server.{at}=127.0.0.1:{port + 3 * at + 1}:{port + 3 * at + 2}" for at in range(1, count + 1)]
    found = []
    for at in range(1, count + 1):
        data = folder / str(at)
        data.mkdir()
        (data / "myid").write_text(f"{at}\n")
        settings = ["tickTime=200", "initLimit=10", "syncLimit=5", "admin.enableServer=false", *members]
        settings += [f"dataDir={data}", f"clientPort={port + 3 * at}"]
        (data / "zoo.cfg").write_text("\n".join(settings) + "\n")
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        command = ["java", "-cp", ":".join(map(str, jars)), main, str(data / "zoo.cfg")]
        found.append(Server(str(at), command, folder / f"{at}.all"))
    return found


def is_kept(line: str) -> bool:
    """Whether a line is about elections."""
    return any(name in line for name in _CLASSES)


def main() -> None:
    """Make the logs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=6, help="how often a server is killed or paused")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=31810)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        found = servers(asked.nodes, Path(made), asked.port)
        with Cluster(found, asked.folder) as cluster:
            trouble(cluster, asked.rounds, 2.0, asked.seed)
        for server in found:
            keep(server.output, asked.folder / f"{server.name}.log", is_kept)


if __name__ == "__main__":
    main()
