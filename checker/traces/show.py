"""What ``--show`` adds to a trace: the value of a Python expression in each of its states (TLC's ALIAS)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType

from elcheck.checker.model.call import theirs
from elcheck.checker.model.errors import UsageError, did_you_mean, instead
from elcheck.checker.model.state import GlobalState
from elcheck.checker.model.values import counted, text
from elcheck.checker.traces.trace import Trace

FAILED = "!"
"""What stands where an expression raises."""


@dataclass(frozen=True)
class ShowExpression:
    """A Python expression over a state, and the names of the model's file, which it may use."""

    text: str
    code: CodeType = field(compare=False, repr=False)
    names: Mapping[str, object] = field(compare=False, repr=False)

    def value_in(self, state: GlobalState) -> object:
        """Its value in a state. Raises whatever it raises."""
        with theirs:
            value: object = eval(self.code, {**self.names, **names_in(state)})
        return value

    def tried_in(self, state: GlobalState) -> tuple[str, str | None]:
        """Its value in a state as text, or ``FAILED`` and what it raises."""
        try:
            return text(self.value_in(state)), None
        except Exception as error:
            return FAILED, f"{type(error).__name__}: {error}"

    def said_in(self, state: GlobalState) -> str:
        """Its value in a state as text, or what it raises."""
        said, why = self.tried_in(state)
        return said if why is None else f"{said} {why}"


@dataclass(frozen=True)
class ShowColumn:
    """The value of an expression in each state of a trace, the initial one first, as text; ``trouble`` says
    where it raises, and what.
    """

    expression: str
    values: tuple[str, ...]
    trouble: str | None = None


def names_in(state: GlobalState) -> dict[str, object]:
    """What an expression may name of a state: each node's local state by the node's name, all of them
    (``nodes``), or the fields of a Spec's state; and the whole ``state``.
    """
    found: dict[str, object] = {}
    if state.shared is not None:
        found.update(getattr(state.shared, "__dict__", {}))
    found.update({view.node.name: view.state for view in state.nodes})
    return {**found, "nodes": tuple(view.state for view in state.nodes), "state": state}


def show_expressions(
    said_: Iterable[str], names: Mapping[str, object], initial: GlobalState
) -> tuple[ShowExpression, ...]:
    """Expressions from the command line. Raises UsageError for what is no expression, or names what there is
    not in an initial state.
    """
    found = []
    for source in said_:
        try:
            code = compile(source.strip(), "--show", "eval")
        except (SyntaxError, ValueError) as error:
            why = error.msg if isinstance(error, SyntaxError) else str(error)
            raise UsageError(f"--show {source!r} is no Python expression: {why}") from error
        expression = ShowExpression(source.strip(), code, names)
        try:
            expression.value_in(initial)
        except (NameError, AttributeError) as error:
            if isinstance(error, NameError) or error.obj is not None:
                raise UsageError(f"--show {source!r}: {error}; {_instead(error, initial)}") from error
        except Exception:  # it may have a value later on; what raises is said below the trace
            pass
        found.append(expression)
    return tuple(found)


def _instead(error: NameError | AttributeError, initial: GlobalState) -> str:
    """What a wrong name may mean: the question, or else all that there are."""
    if isinstance(error, AttributeError):
        return instead(str(error.name), (n for n in dir(error.obj) if not n.startswith("_")), "it has")
    known = list(names_in(initial))
    return (
        did_you_mean(str(error.name), known) or f"there are {', '.join(known)}, and what the model's file has"
    )


def show_columns(trace: Trace, expressions: Sequence[ShowExpression]) -> tuple[ShowColumn, ...]:
    """A column for each expression."""
    return tuple(_column(trace, expression) for expression in expressions)


def _column(trace: Trace, expression: ShowExpression) -> ShowColumn:
    values: list[str] = []
    errors: dict[str, list[int]] = {}
    for number, state in enumerate(trace.states):
        said, why = expression.tried_in(state)
        values.append(said)
        if why is not None:
            errors.setdefault(why, []).append(number)
    trouble = None
    if errors:
        states = ((why, counted(len(at), "state"), at[0]) for why, at in errors.items())
        where = "; ".join(f"{why} ({many}, first after step {at})" for why, many, at in states)
        trouble = f"{FAILED}: --show {expression.text!r} raises {where}"
    return ShowColumn(expression.text, tuple(values), trouble)
