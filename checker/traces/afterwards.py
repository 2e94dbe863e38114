"""What can still happen after a state: why nothing leads from there to where somebody wants to come."""

from __future__ import annotations

from elcheck.checker.interpreter import Interpreter
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.model import Model
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.values import counted
from elcheck.checker.traces.wording import event_in_words

MOST = 200
"""States that are looked at: of more nobody could make a picture."""
FEW = 12
"""Steps that are named, at most."""


def afterwards(model: Model, state: GlobalState) -> str:
    """What can happen from a state on, within the bounds, in a sentence; empty if that is much."""
    interpreter = Interpreter(model)
    reached, steps = {state: None}, dict[str, None]()
    left = [state]
    try:
        while left and len(reached) <= MOST and len(steps) <= FEW:
            for event, after in interpreter.steps(left.pop()):
                steps[_named(event)] = None
                if after not in reached:
                    reached[after] = None
                    left.append(after)
    except HandlerError:  # which the search does not meet before it is over: nothing is known of what follows
        return ""
    if left or len(steps) > FEW:
        return ""
    if not steps:
        return "Nothing can happen any more after that."
    what = (
        f"{counted(len(reached), 'state')} can be reached" if len(reached) > 1 else "nothing changes any more"
    )
    return f"After that {what}, and no other steps happen than: {'; '.join(sorted(steps))}."


def _named(event: Event) -> str:
    """A step without the fields of its message, with whose it is."""
    said = event_in_words(event, fields=False)
    return said if event.node is None else f"{event.node}: {said}"
