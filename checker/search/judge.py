"""Judges states and steps by the properties. Each check is called once for each distinct tuple of views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

from elcheck.checker.interpreter.asking import Asker
from elcheck.checker.model.call import CheckError, HandlerError, said
from elcheck.checker.model.handlers import place_if_known
from elcheck.checker.model.not_granted import NotGranted
from elcheck.checker.model.property import Property, Some
from elcheck.checker.model.refinement import Refinement, Unmappable
from elcheck.checker.model.scope import Scope
from elcheck.checker.model.spec import SharedProgram
from elcheck.checker.model.state import GlobalState, NodeView
from elcheck.checker.model.twice import answer_of
from elcheck.checker.model.values import text
from elcheck.checker.process.watch import look
from elcheck.checker.system.moves import Move
from elcheck.checker.system.system import Found, Likeness, Observation, System

Arguments = tuple[object, ...]
"""What the check of a scope is called with once."""
WORDLESS = ("sometimes", "possible", "atom")
"""Kinds of claims of which a check that answers a string says no, and nobody is told why."""
INSISTING = 8
"""How often a call is made again that decides a claim."""


@dataclass(frozen=True)
class Finding:
    """Where a property was decided: the state's index, the step from it if that decides, and what the
    property says.
    """

    index: int
    step: tuple[int, Move] | None
    detail: str


class Judge:
    """The properties of one search, and what has been found of them.

    ``every_state``: some undecided property has to be asked at each new state, not only where a node's
    observation changes.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._of_spec = isinstance(system.model.program, SharedProgram)
        self.claims: Sequence[Property] = system.claims
        self._asker = Asker(system.model)
        self.evaluations = 0
        self._calls: Counter[int] = Counter()
        self._answers: dict[tuple[object, ...], bool | str] = {}
        self._wanted: Collection[int] = range(len(self.claims))
        self._ends = True
        self.forget()

    def __reduce__(self) -> tuple[Callable[..., Judge], tuple[object, ...]]:
        """In another process it begins anew."""
        return _judge, (self._system, tuple(self._wanted), self._ends)

    def forget(self) -> None:
        """Begin again. Only what checks have answered is kept."""
        self.findings: dict[int, Finding] = {}
        self._judged: set[Observation] = set()
        self._asked: dict[object, set[Observation]] = {}  # by what a claim looks at
        self._held: dict[tuple[int, Observation], bool] = {}  # by claim and view key
        self._told: dict[tuple[int, Observation], str | None] = {}
        self._judged_moves: set[Move] = set()
        self._judged_steps: set[tuple[Observation, Observation]] = set()
        self._sort_out()

    def only(self, wanted: Collection[int]) -> None:
        """Begin again, and ask for these claims alone."""
        self._wanted = frozenset(wanted)
        self.forget()

    def go_on(self) -> None:
        """Let a search go on to its end, whatever is decided."""
        self._ends = False

    @property
    def answers(self) -> Mapping[tuple[object, ...], bool | str]:
        """What checks have answered, by the number of the claim and what they were called with; of whole
        states, and of a Spec's, nothing is kept.
        """
        return self._answers

    @property
    def decided(self) -> bool:
        """Whether nothing is left to be found."""
        return self._ends and len(self.findings) == len(self._wanted)

    @property
    def refuted(self) -> bool:
        """Whether some property is known not to hold."""
        return any(self.claims[number].kind != "sometimes" for number in self.findings)

    def _sort_out(self) -> None:
        """Note which of the undecided claims have to be asked when."""
        open_claims = [(p, self.claims[p]) for p in sorted(self._wanted) if p not in self.findings]
        decidable = [(p, c) for p, c in open_claims if c.kind in ("always", "never", "sometimes", "step")]
        steps = [(p, c) for p, c in decidable if c.is_of_steps]
        states = [(p, c) for p, c in decidable if not c.is_of_steps]
        self._whole = [(p, c) for p, c in states if c.scope.kind == "whole"]
        alike: dict[object, list[tuple[int, Property]]] = {}
        for p, claim in states:
            if claim.scope.kind != "whole":
                alike.setdefault(claim.scope.looks_at, []).append((p, claim))
        self._alike = [(self._asked.setdefault(what, set()), claims) for what, claims in alike.items()]
        self._steps = steps
        self._of_starts = [(p, c) for p, c in steps if isinstance(c.scope.check, Refinement)]
        self.asks_starts = bool(self._of_starts)
        self.local_steps = not self._of_spec and all(claim.scope.kind == "change" for _, claim in steps)
        self.asks_whole = bool(self._whole)
        self.every_state = any(c.scope.kind in ("whole", "shared", "history") for _, c in states)
        self.asks_steps = bool(steps)
        self.asks_graph = any(c.kind in ("possible", "liveness") for _, c in open_claims)
        self.asks_deadlock = any(c.kind == "deadlock" for _, c in open_claims)

    def found(self, claim: int, finding: Finding) -> None:
        """Note where a claim is decided, unless it is already."""
        if claim not in self.findings and claim in self._wanted:
            self.findings[claim] = finding
            self._sort_out()

    # -- states ------------------------------------------------------------------------------------

    def state(self, index: int, code: int) -> None:
        """Judge a new state. Raises HandlerError when a check does."""
        self.observed(index, self._system.observation(code))
        if self._whole:
            self.whole(index, code)

    def begins(self, index: int, code: int) -> None:
        """Judge an initial state by the claims of how a model starts. Raises HandlerError."""
        for p, claim in self._of_starts:
            if p not in self.findings:
                views = self._system.views(self._system.observation(code), p)
                arguments: Arguments = (views,) if claim.scope.kind == "changes" else views
                answer = self._answer(p, claim, arguments)
                if isinstance(answer, str):
                    self.found(p, Finding(index, None, answer))

    def observed(self, index: int, observation: Observation) -> None:
        """Judge the observation of a new state, by all properties but those of whole states."""
        if observation not in self._judged:
            self._judged.add(observation)
            new: list[tuple[int, Property]] = []
            for asked, claims in self._alike:
                key = self._system.view_key(observation, claims[0][0])
                if key not in asked:
                    asked.add(key)
                    new += claims
            for p, claim in sorted(new, key=itemgetter(0)):
                if self._system.is_undecided(p, observation):
                    continue
                self._decide(p, claim, arguments_of(claim.scope, self._system.views(observation, p)), index)
                if self._of_spec and p not in self.findings:
                    self._system.learn_undecided(claim, p, observation)

    def whole(self, index: int, code: int) -> None:
        """Judge a new state by the properties of whole states."""
        for p, claim in self._whole:
            detail = self._verdict(claim, self._answer_of(p, claim, code), ())
            if detail is not None:
                self._insist(p, claim, (self._system.decode(code),))
                self.found(p, Finding(index, None, detail))

    def holds(self, p: int, code: int) -> bool:
        """Whether the check of a claim holds in a state: of everything in its scope if the claim is an atom
        (without ``some``), otherwise of anything. Raises HandlerError when it raises.
        """
        claim = self.claims[p]
        if claim.scope.kind == "whole":
            return self._answer_of(p, claim, code) is True
        return self.holds_of(p, self._system.observation(code))

    def holds_of(self, p: int, observation: Observation) -> bool:
        """Whether the check of a claim holds, by the observation of a state."""
        claim = self.claims[p]
        key = self._system.view_key(observation, p)
        known = self._held.get((p, key))
        if known is None:
            calls = arguments_of(claim.scope, self._system.views(observation, p))
            every = claim.kind == "atom" and not isinstance(claim.formula, Some)
            answers = (self._answer(p, claim, arguments) is True for arguments in calls)
            known = all(answers) if every else any(answers)
            self._held[p, key] = known
        return known

    def _decide(self, p: int, claim: Property, calls: Iterator[Arguments], index: int) -> None:
        decisive = self._decisive(p, claim, calls)
        if decisive is not None:
            arguments, detail = decisive
            self._insist(p, claim, arguments)
            self.found(p, Finding(index, None, detail))

    def _decisive(self, p: int, claim: Property, calls: Iterator[Arguments]) -> tuple[Arguments, str] | None:
        """The first call that decides a claim, and what is to be said of it; None if none does."""
        for arguments in calls:
            detail = self._verdict(claim, self._answer(p, claim, arguments), arguments)
            if detail is not None:
                return arguments, detail
        return None

    def _insist(self, p: int, claim: Property, arguments: Arguments) -> None:
        """Make the call that decides a claim again, since two calls may agree by chance. Raises HandlerError
        if one does not decide it.
        """
        counted, place = self.evaluations, place_if_known(claim.scope.check)
        for _ in range(INSISTING):
            if self._verdict(claim, self._ask(p, claim, arguments), ()) is None:
                raise CheckError(
                    f"the check of {_who(claim)}{place} is not deterministic: two calls with the same "
                    f"arguments differ{_of(arguments)}"
                )
        self.evaluations = counted

    def said_of_state(self, p: int, code: int) -> str | None:
        """What is to be said of a state that decides a claim, even if another has; None if it does not."""
        claim = self.claims[p]
        if claim.scope.kind == "whole":
            return self._verdict(claim, self._answer_of(p, claim, code), ())
        observation = self._system.observation(code)
        key = (p, self._system.view_key(observation, p))
        if key not in self._told:
            calls = arguments_of(claim.scope, self._system.views(observation, p))
            decisive = self._decisive(p, claim, calls)
            self._told[key] = None if decisive is None else decisive[1]
        return self._told[key]

    def _verdict(self, claim: Property, answer: bool | str, arguments: Arguments) -> str | None:
        """What is to be said if an answer decides a claim, None if it does not."""
        if claim.kind in ("sometimes", "possible"):
            return _of(arguments) if answer is True else None
        if isinstance(answer, str):
            return _complaint(claim, answer, arguments)
        if answer is (claim.kind == "never"):
            return ("holds" if claim.kind == "never" else "does not hold") + _of(arguments)
        return None

    def _answer(self, p: int, claim: Property, arguments: Arguments) -> bool | str:
        """What a check answers, also of all that is alike. Raises HandlerError as :meth:`_ask` does."""
        if self._of_spec:  # its states hardly ever come again
            return self._ask(p, claim, arguments)
        key = (p, *arguments)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = self._ask(p, claim, arguments)
            waiting = [arguments]
            while waiting:
                for swap, other in self._system.alike(waiting.pop()):
                    if (p, *other) not in self._answers:
                        self._answers[p, *other] = self._ask_as(known, p, claim, other, swap)
                        if swap.generates:
                            waiting.append(other)
        return known

    def _answer_of(self, p: int, claim: Property, code: int) -> bool | str:
        """What the check of a whole state answers, also of all states that this one stands for."""
        answer = self._ask(p, claim, (self._system.decode(code),))
        waiting, seen = [code], {code}
        while waiting:
            for swap, other in self._system.neighbours(waiting.pop()):
                if other not in seen:
                    seen.add(other)
                    self._ask_as(answer, p, claim, (self._system.decode(other),), swap)
                    waiting.append(other)
        return answer

    def _ask_as(
        self, answer: bool | str, p: int, claim: Property, arguments: Arguments, swap: Likeness
    ) -> bool | str:
        """What a check answers, which has to say the same as another answer. Raises NotGranted if not."""
        try:
            other = swap.watched(lambda: self._ask(p, claim, arguments))
        except HandlerError as error:
            raise swap.refuted(str(error)) from error
        except NotGranted as refutation:
            place = place_if_known(claim.scope.check, short=True)
            raise swap.refuted(f"{claim.name!r}{place}: {refutation}") from refutation
        if _sense(answer) is not _sense(other):
            place = place_if_known(claim.scope.check, short=True)
            raise swap.refuted(f"{claim.name!r} tells {swap} apart{place}")
        return other

    def _ask(self, p: int, claim: Property, arguments: Arguments) -> bool | str:
        """What a check answers, without the words where they are shown to nobody. Raises HandlerError when it
        raises, or answers anything else.
        """
        self.evaluations += 1
        self._calls[p] += 1
        look()
        twice = self._system.runner.repeats.is_due(self._calls[p])
        try:
            ask = partial(self._asker.ask, claim.scope)
            answer, why = answer_of(ask, arguments, twice=twice, same=_is_same)
        except Unmappable as error:
            raise CheckError(f"{_who(claim)} {error}") from error
        except Exception as error:
            raise CheckError(f"{_who(claim)} raises {said(error)}{_of(arguments)}{_hint(claim)}") from error
        place = place_if_known(claim.scope.check)
        if why is not None:
            raise CheckError(f"the check of {_who(claim)}{place} {why}{_of(arguments)}")
        if not isinstance(answer, bool | str):
            raise CheckError(
                f"{_who(claim)}{place} answers {text(answer)}{_of(arguments)}, not True, False or a string"
            )
        return False if isinstance(answer, str) and claim.kind in WORDLESS else answer

    # -- steps -------------------------------------------------------------------------------------

    def step(self, index: int, code: int, succ: int, move: Move) -> None:
        """Judge a step from the state of an index. Raises HandlerError when a check does."""
        if not move.visible or (self.local_steps and move in self._judged_moves):
            return
        self._judged_moves.add(move)
        before, after = self._system.observation(code), self._system.observation(succ)
        if not self.every_state:  # pairs of states of a Spec hardly ever come again
            if (before, after) in self._judged_steps:
                return
            self._judged_steps.add((before, after))
        for p, complaint in self.complaints(before, after):
            self.found(p, Finding(index, (succ, move), complaint))

    def complaints(self, before: Observation, after: Observation) -> list[tuple[int, str]]:
        """The properties of steps that a step from one observation to another breaks, with what they say."""
        return [(p, said_) for p, claim in self._steps for said_ in self._broken(p, claim, before, after)]

    def _broken(self, p: int, claim: Property, before: Observation, after: Observation) -> Iterator[str]:
        """What a property of steps says of a step that decides it."""
        olds, news = self._system.views(before, p), self._system.views(after, p)
        for arguments in _changed(claim, olds, news):
            answer = self._answer(p, claim, arguments)
            if claim.kind == "sometimes":
                yield from [_of(arguments)] * (answer is True)
            elif isinstance(answer, str):
                yield _complaint(claim, answer, arguments)
            elif not answer:
                yield "is broken" + _of(arguments)

    def said_of_step(self, p: int, code: int, succ: int) -> str | None:
        """What is to be said of a step that breaks a claim, even if another has; None if it does not."""
        before, after = self._system.observation(code), self._system.observation(succ)
        return next(self._broken(p, self.claims[p], before, after), None)

    def steps(self, index: int, code: int, steps: Found, *, stuck: bool) -> None:
        """Judge the steps of a state, and the lack of them. Raises HandlerError when a check does."""
        if self.asks_deadlock and stuck:
            self.no_next_step(index, code)
        if self.asks_steps:
            for succ, move in steps:
                self.step(index, code, succ, move)

    # -- ends --------------------------------------------------------------------------------------

    def no_next_step(self, index: int, code: int) -> None:
        """Judge a state in which no step but a fault is enabled. Raises HandlerError when ``done`` does."""
        p = next(p for p, claim in enumerate(self.claims) if claim.kind == "deadlock")
        complaint = self.said_of_end(p, code)
        if complaint is not None:
            self.found(p, Finding(index, None, complaint))

    def said_of_end(self, p: int, code: int) -> str | None:
        """What is to be said of a state without a next step, None if it is a proper end."""
        claim = self.claims[p]
        if claim.scope.kind == "whole":
            answers = [self._answer_of(p, claim, code)]
        else:
            calls = arguments_of(claim.scope, self._system.views(self._system.observation(code), p))
            answers = [self._answer(p, claim, arguments) for arguments in calls]
        wrong = [answer for answer in answers if answer is not True]
        if answers and not wrong:
            return None
        said_ = [answer for answer in wrong if isinstance(answer, str)]
        return said_[0] if said_ else "no step is enabled, and it is not a proper end"


def _judge(system: System, wanted: Collection[int], ends: bool) -> Judge:
    """A judge as in another process."""
    judge = Judge(system)
    judge.only(wanted)
    if not ends:
        judge.go_on()
    return judge


def arguments_of(scope: Scope, views: tuple[object, ...]) -> Iterator[Arguments]:
    """What the check of a scope is called with, one tuple for each call, from its views."""
    match scope.kind:
        case "each" | "history" | "shared":
            yield from ((view,) for view in views)
        case "pair":
            yield from ((a, b) for a in views for b in views if a is not b)
        case "all":
            yield (views,)
        case _:
            yield ()


def _changed(claim: Property, olds: tuple[object, ...], news: tuple[object, ...]) -> list[Arguments]:
    """What the check of a property of steps is called with: the views before and after that differ."""
    if claim.scope.kind == "changes":
        return [(olds, news)] if olds != news else []
    if olds and not isinstance(olds[0], NodeView):
        return [(old, new) for old, new in zip(olds, news, strict=True)]
    before = {view.node: view for view in olds if isinstance(view, NodeView)}
    return [
        (before[view.node], view)
        for view in news
        if isinstance(view, NodeView) and view.node in before and before[view.node] != view
    ]


def _who(claim: Property) -> str:
    """What a claim is called in a message."""
    of_assumption = claim.kind == "atom" and claim.name == "assume"
    return "what Model(assume=...) says" if of_assumption else f"the property {claim.name!r}"


def _hint(claim: Property) -> str:
    """Why a check may be asked of what it was not written for."""
    if claim.kind != "atom":
        return ""
    return (
        "; the checks of a formula are asked in every state, one of an effect also where its cause is false"
    )


def _is_same(a: object, b: object) -> bool:
    """Whether two answers say the same, in whatever words."""
    return a == b or (isinstance(a, str) and isinstance(b, str))


def _complaint(claim: Property, answer: str, arguments: Arguments) -> str:
    """What a check says is wrong. The nodes are put in front if the check can't name them."""
    if claim.scope.kind in ("each", "pair", "change") and not claim.scope.look.named:
        nodes = dict.fromkeys(view.node.name for view in arguments if isinstance(view, NodeView))
        return f"{' and '.join(nodes)}: {answer}" if nodes else answer
    return answer


def _sense(answer: bool | str) -> bool | None:
    """What an answer says but for its words."""
    return None if isinstance(answer, str) else answer


def _of(arguments: Arguments) -> str:
    """Of whom a check was asked: `` of n1 and n2``."""
    if all(isinstance(view, NodeView) for view in arguments):
        names = dict.fromkeys(view.node.name for view in arguments if isinstance(view, NodeView))
        return " of " + " and ".join(names) if names else ""
    if len(arguments) == 1 and not isinstance(arguments[0], tuple | GlobalState):
        return f" of {text(arguments[0])}"
    return ""
