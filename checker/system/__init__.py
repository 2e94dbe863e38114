"""From a model to its packed transition system."""

from elcheck.checker.model.model import Model
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.system.packed import NodeSystem
from elcheck.checker.system.shared import SharedSystem
from elcheck.checker.system.system import System

__all__ = ["NodeSystem", "SharedSystem", "System", "build"]


def build(model: Model, *, every_call_twice: bool = False) -> System:
    """The system of a model. ``every_call_twice`` runs every handler a second time and compares."""
    runner = Runner(model, every_call_twice=every_call_twice)
    if isinstance(model.program, SharedProgram):
        return SharedSystem(model, runner)
    return NodeSystem(model, runner)


def built_again(model: Model, every_call_twice: bool, refuted: tuple[NotGranted, ...]) -> System:
    """A system as in another process, where it may have learned something."""
    system = build(model, every_call_twice=every_call_twice)
    system.refuted = refuted
    return system
