"""What became of a run of nodes: as a table, and as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from elcheck.checker.model.model import Model
from elcheck.checker.model.values import counted
from elcheck.checker.render import as_json as json_of
from elcheck.checker.render.fit import fitted, for_a_shell, head, repeating, table
from elcheck.checker.render.run import Run
from elcheck.checker.running.outcome import NodeOutcome, RunOutcome

LONGEST_STATE = 120
"""Characters that are shown of a state."""


def as_text(run: Run, model: Model, found: RunOutcome, validating: Sequence[str], width: int | None) -> str:
    """What each node came to, which faults there were, and the command that validates the logs."""
    nodes = counted(len(found.nodes), "node")
    ended = ", until it was interrupted" if found.interrupted else ""
    parts = [
        head(run, model.describe_environment(), width=width),
        fitted(f"{nodes} ran for {found.seconds:.1f} s, a process each, over TCP on loopback{ended}.", width),
        table(
            [_row(node) for node in found.nodes],
            ["node", "steps", "messages", "kills", "restarts", "its state at the end"],
            width,
            right=["steps", "messages", "kills", "restarts"],
            indented=["its state at the end"],
        ),
    ]
    if found.faults:
        said = ", ".join(f"{what} ({at:.2f} s)" for at, what in found.faults)
        parts.append(fitted(f"Faults: {said}.", width))
    asking = for_a_shell(f"  {shlex.join(validating)}", width)
    parts.append(f"Is that a behaviour of the model?\n{asking}")
    return "\n\n".join([*parts, repeating(run, width)])


def _row(node: NodeOutcome) -> list[str]:
    state = "down" if node.state is None else node.state
    if len(state) > LONGEST_STATE:
        state = state[: LONGEST_STATE - 3] + "..."
    return [node.node, str(node.steps), str(node.received), str(node.kills), str(node.restarts), state]


def as_json(run: Run, model: Model, found: RunOutcome, validating: Sequence[str]) -> str:
    """The same as one object (docs/json.md)."""
    document: dict[str, object] = {
        **json_of.asked(run, model),
        "seconds": round(found.seconds, 3),
        "interrupted": found.interrupted,
        "nodes": [
            {
                "node": node.node,
                "state": node.state,
                "steps": node.steps,
                "messages": node.received,
                "kills": node.kills,
                "restarts": node.restarts,
                "log": str(node.log),
            }
            for node in found.nodes
        ],
        "faults": [{"at": round(at, 3), "fault": what} for at, what in found.faults],
        "validate": shlex.join(validating),
        "reproduce": run.command,
        "exit_code": 0,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
