"""What users call: machines and strategies of Hypothesis, which is imported when one of them is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elcheck.checker.driving.patience import PATIENCE
from elcheck.checker.export.libraries import require
from elcheck.checker.model.model import Model

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine
    from hypothesis.strategies import SearchStrategy

    from elcheck.checker.driving.lockstep import MakeSubject
    from elcheck.checker.driving.subject import C
    from elcheck.checker.machines.values import Choices
    from elcheck.checker.traces.trace import Trace


def machine_of(
    model: Model,
    subject: MakeSubject[C],
    *,
    bounded: bool = False,
    patience: float | None = PATIENCE,
) -> type[RuleBasedStateMachine]:
    """A state machine of Hypothesis whose rules are the steps of a model, faults included. Each is done by
    the subject too, and what both have come to is compared. ``TestX = machine_of(model, X).TestCase`` is a
    test for unittest and pytest.

    ``subject`` makes a new subject for each run. The model's bounds keep a search finite, and a run is that
    anyway: they hold only if it is ``bounded``. A step of the subject may take ``patience`` seconds (None: as
    long as it likes).

    A run raises SubjectDiffers, an AssertionError, where the sides differ, the subject raises or hangs;
    Undrivable for a step that the subject has no way to do; SubjectError for what can't be compared, and
    HandlerError for a handler that raises. Raises UsageError without Hypothesis and for a Spec, and
    DefinitionError as a check does.
    """
    require(("hypothesis",), "machine_of(...)", extra="hypothesis")
    from elcheck.checker.machines.machine import made

    return made(model, subject, bounded=bounded, patience=patience)


def traces(model: Model, *, steps: int = 50, bounded: bool = False) -> SearchStrategy[Trace]:
    """Random walks of a model as traces, of at most so many steps. They shrink to fewer steps, and to those
    that the model has first. The model's bounds hold only if they are ``bounded``.

    Raises UsageError without Hypothesis, and DefinitionError as a check does.
    """
    require(("hypothesis",), "traces(...)", extra="hypothesis")
    from elcheck.checker.machines.walks import walks

    return walks(model, steps, bounded=bounded)


def states(model: Model, **fields: Choices) -> SearchStrategy[object]:
    """Local states (or a Spec's shared ones) whose fields have any values of their types, reachable or not.
    Fields that are named have values of a strategy, or of a sequence: ``states(model, term=range(4))``.

    Raises UsageError without Hypothesis and for a name that no field has, and DefinitionError for a field of
    which the type does not say what its values are.
    """
    require(("hypothesis",), "states(...)", extra="hypothesis")
    from elcheck.checker.machines.values import states_of

    return states_of(model, fields)


def messages(model: Model, **fields: Choices) -> SearchStrategy[object]:
    """Messages of the classes that the model's handlers receive, with any values in their fields. Named
    fields and errors are those of :func:`states`.
    """
    require(("hypothesis",), "messages(...)", extra="hypothesis")
    from elcheck.checker.machines.values import messages_of

    return messages_of(model, fields)
