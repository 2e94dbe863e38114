"""What an engine sees of a model: codes, and the steps between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias, TypeVar

from elcheck.checker.model.errors import DefinitionError
from elcheck.checker.model.formula import Formula, atoms_of
from elcheck.checker.model.model import Model
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.property import Property, Some
from elcheck.checker.model.runner import Runner
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.shift import Shift
from elcheck.checker.model.state import Event, GlobalState
from elcheck.checker.model.swap import Swap
from elcheck.checker.model.under_way import claimed_of
from elcheck.checker.system.moves import CutStep, Move

Found: TypeAlias = list[tuple[int, Move]]
"""The steps of a state: the code after each, and its move."""
Observation: TypeAlias = tuple[int, ...]
"""What the properties see of a state: a number for each node, then for each monitor; of a Spec, one."""


Path: TypeAlias = list[tuple[int, Move | None]]
"""An initial code with None, then each next code with the move to it."""

Likeness: TypeAlias = Swap | Shift
"""What makes states alike: two nodes exchanged, or all terms later."""
Start = TypeVar("Start", bound=Hashable)


class Cuts(NamedTuple):
    """The steps of a state that bounds cut, each as (bound, event): handlers' steps, and faults."""

    steps: Collection[CutStep] = ()
    faults: Collection[CutStep] = ()

    @property
    def bounds(self) -> set[str]:
        """The bounds that cut something."""
        return {bound for bound, _ in (*self.steps, *self.faults)}

    @property
    def events(self) -> list[Event]:
        """The events that only a bound keeps from happening."""
        return [event for _, event in (*self.steps, *self.faults)]


UNCUT = Cuts()
"""Nothing is cut."""


def deadlock_claim(model: Model) -> list[Property]:
    """What ``Model.deadlock`` says of proper ends, as a claim: every state without a next step is one."""
    if model.deadlock is False:
        return []
    done = model.deadlock
    scope = Scope("none", never_done) if isinstance(done, bool) else claimed_of(done, "end")
    return [Property("deadlock", "no deadlock", scope)]


def atoms_of_formulas(model: Model) -> list[Property]:
    """What a model's formulas say of states, each once, as a claim of its own that has the name of the first
    property which says it. The search does not judge these claims: their truth is asked for when it is done.
    """
    formulas = [("assume", formula) for formula in model.assume]
    formulas += [(claim.name, claim.formula) for claim in model.properties if claim.formula]
    atoms: dict[Formula, str] = {}
    for name, formula in formulas:
        for atom in atoms_of(formula):
            atoms.setdefault(atom, name)
    found: list[Property] = []
    for atom, name in atoms.items():
        scope = atom.scope if isinstance(atom, Some) else atom
        if isinstance(scope, Scope):
            found.append(Property("atom", name, scope, atom))
    return found


def never_done() -> bool:
    """A state without a next step is never a proper end."""
    return False


class System(ABC):
    """A transition system over integers. Equal states have equal codes."""

    def __init__(self, model: Model, runner: Runner) -> None:
        self.model = model
        self.runner = runner
        self.left_out: Counter[str] = Counter()
        """How many initial states are beyond each bound."""
        self.refuted: tuple[NotGranted, ...] = ()
        """What may not be taken for granted of the model, as searches of other representatives have shown."""
        self.claims = [*model.properties, *deadlock_claim(model), *atoms_of_formulas(model)]

    def __reduce__(self) -> tuple[Callable[..., System], tuple[object, ...]]:
        """In another process it begins anew."""
        from elcheck.checker.system import built_again  # which has the kinds of systems

        return built_again, (self.model, self.runner.repeats.every_call, self.refuted)

    @property
    def full(self) -> System:
        """The system of all states, where the states of this one stand for several."""
        return self

    @property
    def fast(self) -> bool:
        """Whether the fast engine's compiled code can do it."""
        return False

    @abstractmethod
    def initial(self) -> Iterator[int]:
        """The codes of the initial states; one may come twice. Raises DefinitionError or HandlerError."""

    @abstractmethod
    def successors(self, code: int) -> tuple[Found, Cuts]:
        """Every step that changes the state, as (code after it, move), and the steps that bounds cut.

        Raises HandlerError when a handler does.
        """

    @property
    def stands_for_several(self) -> bool:
        """Whether it is known of each state how many states of the full system it stands for."""
        return False

    @property
    def cost(self) -> int:
        """How many states of the full system one state costs the plain engine, about."""
        return 1

    def expanded(self, code: int) -> tuple[Found, Cuts]:
        """The steps of a state to states of the full system, without those that count for nothing here."""
        return self.full.successors(code)

    def reduced(self, found: Found) -> Found:
        """Steps of the full system as steps of this one: to the states that stand for those after them."""
        return found

    def representative(self, code: int) -> int:
        """The state of this system that stands for a state of the full system."""
        return code

    def represents(self, code: int) -> int:
        """How many states of the full system a state stands for."""
        del code
        return 1

    def verify(self) -> None:  # noqa: B027  # a system that is not reduced takes nothing for granted
        """Check what was taken for granted of what the full system has learned. Raises NotGranted."""

    def neighbours(self, code: int) -> Iterator[tuple[Swap, int]]:
        """States of the full system for which the same state stands, all of them in one or more turns."""
        del code
        return iter(())

    def alike(self, seen: tuple[object, ...]) -> Iterator[tuple[Likeness, tuple[object, ...]]]:
        """What a check has to answer the same to, all of that in one or more turns."""
        del seen
        return iter(())

    @property
    def any_terms(self) -> int | None:
        """How far apart the terms of nodes are, if a state stands for all numbers of terms; else None."""
        return None

    def rise(self, code: int) -> int:
        """By how many terms a state of the full system is later than the one that stands for it."""
        del code
        return 0

    def unfolded(self, path: Path, loop: int | None) -> tuple[Path, int | None]:
        """A path, or lasso, of this system as one of the full system; of a lasso whose states do not come
        again, but later, one round.
        """
        return path, loop

    def path(self, codes: Sequence[int], step: tuple[int, Move] | None = None) -> Path:
        """A path of the full system to the last of some states, each of which has a step to the next one; and
        then the step of the full system that the last one has.
        """
        path: Path = [(codes[0], None)]
        for before, after in pairwise(codes):
            steps, _ = self.successors(before)
            path.append((after, next(move for succ, move in steps if succ == after)))
        return path if step is None else [*path, step]

    @abstractmethod
    def decode(self, code: int) -> GlobalState:
        """The state of a code, in plain objects."""

    @abstractmethod
    def observation(self, code: int) -> Observation:
        """What the properties see of a state. Equal observations need only one evaluation."""

    @abstractmethod
    def view_key(self, observation: Observation, claim: int) -> tuple[int, ...]:
        """Numbers that are equal where a claim has equal views."""

    @abstractmethod
    def views(self, observation: Observation, claim: int) -> tuple[object, ...]:
        """The views of a claim in an observation: of nodes, a monitor's state, or the state of a Spec."""

    def is_undecided(self, claim: int, observation: Observation) -> bool:
        """Whether it is known without a call that an observation does not decide a claim."""
        del claim, observation
        return False

    def learn_undecided(self, claim: Property, number: int, observation: Observation) -> None:  # noqa: B027  # optional
        """Learn, if that can be, what it depends on that an observation did not decide a claim."""

    def _within_bounds(self, starts: Iterable[tuple[Start, Collection[str]]]) -> Iterator[Start]:
        """The initial states within the bounds, of those that come with the bounds that they are beyond. The
        others are counted in ``left_out``, each once. Raises DefinitionError if none is within.
        """
        self.left_out = Counter()
        beyond: set[Start] = set()
        some = False
        for start, crossed in starts:
            if not crossed:
                some = True
                yield start
            elif start not in beyond:
                beyond.add(start)
                self.left_out.update(set(crossed))
        if not some and beyond:
            counts = ", ".join(f"{name} leaves out {count}" for name, count in sorted(self.left_out.items()))
            raise DefinitionError(
                f"no initial state is within the bounds: {counts}; widen them, or start within"
            )

    def blocked_heads(self) -> list[str]:
        """Messages at the head of a fifo link that no state met so far takes, each with the reason."""
        return []
