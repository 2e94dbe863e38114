"""What a run shows while it goes on, and what it may be told (`elcheck run --http`)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from werkzeug.test import Client, TestResponse

from elcheck.checker.explorer.running_page import RunApp, shown
from elcheck.checker.loading.model_file import load
from elcheck.checker.model.errors import UsageError
from elcheck.checker.running.board import Board, NodeStatus
from elcheck.checker.running.schedule import commanded

HOST, TOKEN = "127.0.0.1:1", "secret"
NODES = tuple(load("raft")().programs)


def board() -> Board:
    """The board of a run of three nodes."""
    return Board(lambda said: commanded(said, NODES))


def test_messages_are_counted_by_the_second() -> None:
    made = board()
    for at, messages in ((0.0, 0), (1.0, 10), (2.0, 30), (3.0, 50)):
        made.show(at, [NodeStatus("n1", "up", messages=messages)], [])
    assert made.rate("n1") == 20
    made.show(3.5, [NodeStatus("n1", "up", messages=4)], [])  # another life
    assert made.rate("n1") == 0
    made.show(4.0, [NodeStatus("n1", "up", messages=6)], [(1.25, "kill n1")])
    assert made.read() == {
        "seconds": 4.0,
        "nodes": [
            {
                "node": "n1", "condition": "up", "state": "", "leads": None, "term": None, "steps": 0,
                "messages": 6, "kills": 0, "restarts": 0, "cut": [], "rate": 4.0,
            }
        ],
        "faults": [{"at": 1.25, "fault": "kill n1"}],
    }  # fmt: skip


def test_a_command_is_a_fault_for_now() -> None:
    made = board()
    made.tell("cut n1 | n2 n3")
    fault = made.commands.get_nowait()
    assert (fault.verb, fault.nodes, fault.others) == ("cut", ("n1",), ("n2", "n3"))
    for wrong in ("kill n9", "melt n1", "", "2s kill n1"):
        with pytest.raises(UsageError):
            made.tell(wrong)
    assert made.commands.empty()


def asked(made: Board, name: str, question: object = None, **headers: str) -> TestResponse:
    """What the page's server answers."""
    client = Client(RunApp(made, {"name": "raft"}, TOKEN, [HOST]))
    said: Mapping[str, str] = {"Host": HOST, "X-Elcheck-Token": TOKEN, **headers}
    if question is None:
        return client.get(f"/{TOKEN}/{name}", headers=said)
    return client.post(f"/{TOKEN}/{name}", headers=said, json=question)


def test_the_page_shows_and_tells() -> None:
    made = board()
    assert asked(made, "api/about").get_json() == {"name": "raft"}
    assert asked(made, "api/status").get_json()["nodes"] == []
    assert asked(made, "api/do", {"fault": "kill n2"}).status_code == 200
    assert made.commands.get_nowait().nodes == ("n2",)
    refused = asked(made, "api/do", {"fault": "kill n9"})
    assert refused.status_code == 400
    assert "there is no node 'n9'" in json.loads(refused.data)["error"]


def test_the_page_is_for_who_knows_its_address() -> None:
    made = board()
    assert asked(made, "api/status", **{"X-Elcheck-Token": "other"}).status_code == 403
    assert asked(made, "api/do", {"fault": "kill n1"}, Host="evil.example").status_code == 403
    assert asked(made, "api/do", {"fault": "kill n1"}, **{"X-Elcheck-Token": ""}).status_code == 403
    assert made.commands.empty()


def test_all_that_the_page_needs_is_here() -> None:
    page = asked(board(), "").get_data(as_text=True)
    for name in ("ask.js", "running.js", "running.css", "colours.css"):
        assert f'"{name}"' in page
        assert asked(board(), name).status_code == 200
    assert "http" not in page.replace("https", "http").partition("<body")[2]


def test_a_port_in_use_is_one_message() -> None:
    with shown(board(), {}, 0) as address:
        port = int(address.split("/")[2].partition(":")[2])
        with pytest.raises(UsageError, match="can't be had"), shown(board(), {}, port):
            pass
