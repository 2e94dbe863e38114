"""The explorer's server, asked without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias, cast

from werkzeug.test import Client, TestResponse

from elcheck import Model
from elcheck.checker.explorer.about import Overview
from elcheck.checker.explorer.live import LiveModel
from elcheck.checker.explorer.local_server import HOST
from elcheck.checker.explorer.place import JsonObject
from elcheck.checker.explorer.server import App
from elcheck.checker.explorer.space import Space
from elcheck.checker.loading.model_file import load

TOKEN = "a-token"
OVERVIEW = Overview("m", "", "", "", "elcheck explore m")
NAME = f"{HOST}:8000"
Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


def model_of(name: str, **parameters: object) -> Model:
    """A bundled model."""
    return load(name)(**parameters)


def client(model: Model) -> Client:
    """A client of the server for a model."""
    return client_of(LiveModel(Space(model), OVERVIEW))


def client_of(live: LiveModel) -> Client:
    """A client of the server for a model that may be read again."""
    return Client(App(live, TOKEN, [NAME]))


def asked(
    to: Client, name: str, question: object, *, token: str = TOKEN, host: str = NAME, raw: bytes | None = None
) -> TestResponse:
    """The answer to a question."""
    data = json.dumps(question).encode() if raw is None else raw
    headers = {"X-Elcheck-Token": token, "Host": host, "Content-Type": "application/json"}
    return to.post(f"/{TOKEN}/api/{name}", data=data, headers=headers)


def at(to: Client, *path: int) -> dict[str, list[dict[str, Json]]]:
    """What the server says of the state that a path leads to, as far as it is lists."""
    answer = asked(to, "at", {"path": path})
    assert answer.status_code == 200, answer.text
    return cast("dict[str, list[dict[str, Json]]]", json.loads(answer.text))


def walked(
    to: Client, seed: int, steps: int, *, faults: bool = True
) -> tuple[list[int], str, list[JsonObject]]:
    """Where a random walk from the start leads, why it ends, and its steps."""
    answer = asked(to, "walk", {"path": [0], "seed": seed, "steps": steps, "faults": faults})
    said = json.loads(answer.text)
    return said["path"], said["ended"], said["trail"]


def refusal(answer: TestResponse, status: int = 400) -> str:
    """Why a question is not answered."""
    assert answer.status_code == status, answer.text
    return str(json.loads(answer.text)["error"])


def listed(said: JsonObject, key: str) -> list[dict[str, Json]]:
    """A list in what is said of a place."""
    return cast("list[dict[str, Json]]", said[key])


def follow(to: Client, *words: str) -> list[int]:
    """The path of steps that begin with some words."""
    path = [0]
    for said in words:
        steps = at(to, *path)["steps"]
        path.append(next(n for n, step in enumerate(steps) if str(step["said"]).startswith(said)))
    return path


_ASKED = "n3: request_vote(RequestVote(term=1, last_log=(0, 0))) from "
FORGOTTEN = (
    f"n1: election_timeout; n2: election_timeout; {_ASKED}n1; n1: vote; n1: become_leader; "
    f"n3: crash; n3: restart; {_ASKED}n2; n2: vote; n2: become_leader"
)

MODEL = """
from elcheck import *


class Local(State):
    count: int = 0


class Count(Node[Local]):
    @action
    def up(self, s: Local) -> Local:
        guard(s.count < LIMIT, "that is enough")
        return replace(s, count=s.count + STEP)

    @action
    def NAME(self, s: Local) -> Local:
        guard(s.count > 0, "nothing to clear")
        return replace(s, count=0)


def model(nodes: int = 1) -> Model:
    small = always("small", each(Local, lambda s: s.count < 9))
    return Model(Count(), nodes=node_ids(nodes), properties=[small])
"""


def written(path: Path, **parts: object) -> None:
    """Save the model with some parts."""
    said = MODEL
    for name, part in {"LIMIT": 3, "STEP": 1, "NAME": "clear", **parts}.items():
        said = said.replace(name, str(part))
    path.write_text(said, encoding="utf-8")
