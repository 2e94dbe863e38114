"""Models are typed: strict mypy passes over good ones and finds seeded mistakes."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parent.parent
MISTAKES = {
    "replace(s, term=term, role=Role.CANDIDATE": "replace(s, term=str(term), role=Role.CANDIDATE",
    "guard(not s.leads,": "guard(not s.leeds,",
    "yield Step(replace(durable, role=Role.LEADER) if leads_on else durable)": "yield Step(Vote(1))",
    "self.send(src, Vote(s.term))": "self.send(me, Vote('one'))",
    "lambda s: s.term <= max_term, of=Server": "lambda s: s.turn <= max_term, of=Server",
    "def start(self, me: NodeId) -> Steps[Server]:": "def start(self, me: int) -> Steps[Server]:",
    "Raft(servers, candidates, tuple": "Raft(nodes, candidates, tuple",
    "s: Server, src: NodeId, msg: Vote)": "s: Server, src: Vote, msg: NodeId)",
    "me: NodeId, s: Server, src: NodeId, msg: Refused)": "me: NodeId, s: Vote, src: NodeId, msg: Vote)",
    "def heartbeat(self, me: NodeId, s: Server)": "def heartbeat(self, me: NodeId)",
}


def test_seeded_mistakes_are_found(tmp_path: Path) -> None:
    """Each mistake is reported on its line, or on the decorator above it; there is nothing else to report."""
    good = (ROOT / "models" / "raft.py").read_text(encoding="utf-8")
    for number, (right, wrong) in enumerate(MISTAKES.items()):
        assert good.count(right) == 1
        (tmp_path / f"wrong{number}.py").write_text(good.replace(right, wrong), encoding="utf-8")
    (tmp_path / "right.py").write_text(good, encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    files = sorted(map(str, tmp_path.glob("*.py")))
    out, err, _ = api.run(["--strict", "--config-file", config, "--no-incremental", *files])
    assert err == ""
    lines = [line for line in out.splitlines() if ": error:" in line]
    assert not [line for line in lines if "right.py" in line]
    for number, (_, wrong) in enumerate(MISTAKES.items()):
        found = [line for line in lines if f"wrong{number}.py" in line]
        text = (tmp_path / f"wrong{number}.py").read_text(encoding="utf-8")
        at = text[: text.index(wrong)].count("\n") + 1
        near = [line for line in found if re.search(rf"wrong{number}\.py:({at}|{at - 1}):", line)]
        assert near, (wrong, found)
