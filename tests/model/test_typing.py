"""Models are typed: strict mypy passes over good ones and finds seeded mistakes."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[2]
MISTAKES: list[tuple[str, str, str]] = [
    # -- states and messages
    (
        "s = replace(s, current_term=s.current_term + 1",
        "s = replace(s, current_term='1'",
        'Argument "current_term" to "replace" of "Server" has',
    ),
    ("guard(not s.leads,", "guard(not s.leeds,", '"Server" has no attribute "leeds"'),
    (
        "return replace(durable, role=Role.LEADER) if",
        "return replace(durable, roll=Role.LEADER) if",
        'Unexpected keyword argument "roll"',
    ),
    ("self.send(src, Vote(s.current_term))", "self.send(src, Vote('one'))", 'Argument 1 to "Vote" has'),
    ("self.send(src, Refused(s.current_term))", "self.send(src, s)", 'Argument 2 to "send" of "Node" has'),
    ("        bug(candidates, commands,", "        bug(servers, commands,", 'Argument 1 to "Raft" has'),
    # -- handlers
    (
        "s: Server, src: NodeId, msg: Vote)",
        "s: Server, src: Vote, msg: NodeId)",
        '"M" of "__call__" of "ReceiveMarker" cannot be "NodeId"',
    ),
    (
        "s: Server, src: NodeId, msg: Refused)",
        "s: Vote, src: NodeId, msg: Vote)",
        'Cannot infer value of type parameter "S"',
    ),
    ("def heartbeat(self, s: Server)", "def heartbeat(self)", 'incompatible type "Callable[[Raft], Iter'),
    (
        "def recover(self, durable: Server)",
        "def recover(self, durable: int)",
        'Argument 1 of "recover" is incompatible',
    ),
    (
        "msg: Appended) -> Server:",
        "msg: Appended) -> Appended:",
        'incompatible type "Callable[[Raft, Server, NodeId, Appended], Appended]"',
    ),
    (
        "msg: Refused) -> Server:",
        "msg: Refused) -> Server | None:",
        "Callable[[Raft, Server, NodeId, Refused], Server | None]",
    ),
    # -- what an argument ranges over
    ("over=requests)", "over=requets)", 'Name "requets" is not defined'),
    ("over=requests)", "over='requests')", 'No overload variant of "action" matches'),
    (
        "client_request(self, s: Server, command: int)",
        "client_request(self, s: Server, command: Vote)",
        'expected "Callable[[Raft, Server, int], Server |',
    ),
    (
        "client_request(self, s: Server, command: int)",
        "client_request(self, s: Server)",
        'expected "Callable[[Raft, Server, int], Server |',
    ),
    # -- what a check sees
    (
        "*log.figure_3(Server),",
        "always('', pair(Server, lambda a, b: a.leads and b.leeds)),",
        '"Server" has no attribute "leeds"',
    ),
    (
        "*log.figure_3(Server),",
        "always('', each(Server, lambda n: n.state.leads)),",
        '"Server" has no attribute "state"',
    ),
    (
        "*log.figure_3(Server),",
        "always('', each(lambda s: s.leads)),",
        'Missing positional argument "check" in call to "each"',
    ),
    ("*log.figure_3(Server),", "*log.figure_3(Vote),", 'Argument 1 to "figure_3" has'),
    (
        "Server, lambda s: s.current_term <= max_term",
        "Server, lambda s: s.turn <= max_term",
        '"Server" has no attribute "turn"',
    ),
]
"""What is right in models/raft.py, what is wrong instead, and what mypy says of it."""


def test_seeded_mistakes_are_found(tmp_path: Path) -> None:
    """Each mistake is reported on its line, or on the decorator above it; there is nothing else to report."""
    good = (ROOT / "models" / "raft.py").read_text(encoding="utf-8")
    more = "from elcheck import always, each, pair\nfrom elcheck.specs import"
    good = good.replace("from elcheck.specs import", more, 1)
    for number, (right, wrong, _) in enumerate(MISTAKES):
        assert good.count(right) == 1
        (tmp_path / f"wrong{number}.py").write_text(good.replace(right, wrong), encoding="utf-8")
    (tmp_path / "right.py").write_text(good, encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    files = sorted(map(str, tmp_path.glob("*.py")))
    out, err, _ = api.run(["--strict", "--config-file", config, *files])
    assert err == ""
    lines = [line for line in out.splitlines() if ": error:" in line]
    assert not [line for line in lines if "right.py" in line]
    for number, (_, wrong, said) in enumerate(MISTAKES):
        found = [line for line in lines if f"wrong{number}.py" in line]
        text = (tmp_path / f"wrong{number}.py").read_text(encoding="utf-8")
        at = text[: text.index(wrong)].count("\n") + 1
        near = [line for line in found if re.search(rf"wrong{number}\.py:({at}|{at - 1}):", line)]
        assert any(said in line for line in near), (wrong, found)
