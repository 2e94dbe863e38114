"""Random Specs whose handlers look at parts of a structured state in many ways, and change parts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from hypothesis import strategies as st

from elcheck import (
    Bound,
    Map,
    Model,
    Property,
    Record,
    Spec,
    State,
    Step,
    Steps,
    action,
    always,
    change,
    guard,
    holds,
    never,
    replace,
    sometimes,
    step,
)
from tests.oracle.drawing import drawn
from tests.oracle.random_models import Case

SIZE = 3
"""Numbers are counted modulo this."""


class Item(Record, order=True):
    x: int = 0
    y: int | None = None

    @property
    def least(self) -> int:
        return self.x if self.y is None else min(self.x, self.y)


class Other(Record):
    z: int = 0


class Shelf(State):
    a: int = 0
    fixed: Map[int, int] = Map(dict.fromkeys(range(SIZE), 0))
    growing: Map[int, Item] = Map()
    flags: tuple[int, ...] = (0, 0, 0)
    queue: tuple[int, ...] = ()
    members: frozenset[int | Item] = frozenset()
    item: Item | Other = Item()
    pairs: frozenset[tuple[int, int]] = frozenset()
    nested: Map[int, frozenset[int]] = Map({0: frozenset(), 1: frozenset({1})})

    def total(self) -> int:
        return self.a + sum(self.fixed.values())


Look: TypeAlias = Callable[[Shelf, int], object]
"""Something that is asked of a state, with a number."""


def _first(s: Shelf) -> int:
    match s.queue:
        case ():
            return 0
        case (one,):
            return one
        case (one, *_):
            return one + 1
    raise AssertionError


def _kind(s: Shelf) -> int:
    match s.item:
        case Item(x=x, y=None):
            return x
        case Item(x, y):
            return x + (y or 0)
        case Other(z):
            return z + 1


def _tried(s: Shelf, k: int) -> int:
    try:
        return s.growing[k].x
    except KeyError:
        return 2


def _items_of(s: Shelf, k: int) -> int:
    found = 0
    for member in s.members:
        if isinstance(member, Item) and member.x == k:
            found += 1 + (member.y is not None)
    return found


def _items_but(s: Shelf, k: int) -> int:
    found = 0
    for member in s.members:
        if not isinstance(member, Item):
            continue
        if member.x != k and member.x >= s.a:
            found += 1
        else:
            found += 2
    return found


def _counted(s: Shelf, k: int) -> int:
    found, at = 0, 0
    for at, member in enumerate(s.members):  # noqa: B007  # how far it has come is asked after it
        if isinstance(member, Item) and member.x == k:
            found += 1
    return found + at


def _until(s: Shelf, k: int) -> int:
    for n, v in s.pairs:
        if n == k and v == s.a:
            break
    else:
        return 0
    return 1


def _twice(s: Shelf, k: int) -> int:
    return sum(n == k for n, _ in s.pairs for m in s.pairs if m[0] == n and m[1] != k)


def _by_hand(s: Shelf, k: int) -> int:
    members = iter(s.members)
    found = 0
    for member in members:
        if member == k:
            found += 1
    return found + len(list(members))


def _with_default(s: Shelf, k: int) -> int:
    found = [member for member in s.members - {Item(k)} | {k} if not isinstance(member, Item)]
    return max((n for n in found if n < 2), default=2)


LOOKS: tuple[Look, ...] = (
    _items_of,
    _items_but,
    _counted,
    _until,
    _twice,
    _by_hand,
    _with_default,
    lambda s, k: len([m for m in s.members if isinstance(m, Item)]),
    lambda s, k: sum(m.x for m in s.members if isinstance(m, Item) and m.x != k),
    lambda s, k: len([m for m in s.members if m == k]),
    lambda s, k: len({n for n, v in s.pairs if v == k}),
    lambda s, k: max([v for n, v in s.pairs if n == k and v >= s.a], default=0),
    lambda s, k: any(n == k for n, v in s.pairs),
    lambda s, k: [v for n, v in sorted(s.pairs) if n == k][:1] == [1],
    lambda s, k: len([p for p in s.pairs if p[0] == k if p[1] in (0, k)]),
    lambda s, k: len([p for p in s.pairs if p[0] is k]),
    lambda s, k: max([m.least for m in s.members if isinstance(m, Item) and m.y is None], default=0),
    lambda s, k: sum(1 for i in s.nested for m in s.nested[i] if m == k),
    lambda s, k: len([m for m in s.members if m in s.nested[1]]),
    lambda s, k: s.a,
    lambda s, k: s.total(),
    lambda s, k: s.fixed[k],
    lambda s, k: s.fixed.get(k, 0) == s.a,
    lambda s, k: k in s.fixed and len(s.fixed),
    lambda s, k: sum(s.fixed.values()),
    lambda s, k: max(n for n, v in s.fixed.items() if v <= s.fixed[0]),
    lambda s, k: s.fixed == Map({0: 0, 1: k, 2: 0}),
    lambda s, k: hash(s.fixed) == hash(Map({0: k, 1: 0, 2: 0})),
    lambda s, k: len(s.growing),
    lambda s, k: k in s.growing and s.growing[k].least,
    lambda s, k: _tried(s, k),
    lambda s, k: list(s.growing).count(k),
    lambda s, k: sum(item.x for item in s.growing.values()),
    lambda s, k: s.growing.get(k) is None,
    lambda s, k: s.growing.get(k) == Item(k),
    lambda s, k: s.flags[k],
    lambda s, k: s.flags[-1],
    lambda s, k: sum(s.flags),
    lambda s, k: s.flags[1:].count(k),
    lambda s, k: s.flags.index(max(s.flags)),
    lambda s, k: s.flags[:2] == (k, 0),
    lambda s, k: s.flags < (1, k, 1),
    lambda s, k: (k, *s.flags)[s.flags[0]],
    lambda s, k: f"{s.flags[1:]}".count("1"),
    lambda s, k: s.flags[s.flags[1:][0] % SIZE],
    lambda s, k: [0, 1, 2][s.flags[1:][1]],
    lambda s, k: s.flags[1:][0] is None,
    lambda s, k: len(s.queue),
    lambda s, k: bool(s.queue) and s.queue[0],
    lambda s, k: _first(s),
    lambda s, k: k in s.queue,
    lambda s, k: k in s.members,
    lambda s, k: Item(k) in s.members,
    lambda s, k: len(s.members),
    lambda s, k: bool(s.members),
    lambda s, k: sum(m.x for m in s.members if isinstance(m, Item)),
    lambda s, k: {k, 1} <= s.members,
    lambda s, k: s.members >= frozenset({k}),
    lambda s, k: s.members <= frozenset({0, k}),
    lambda s, k: len(s.members & {0, 1, k}),
    lambda s, k: len({0, k} - s.members),
    lambda s, k: s.members.isdisjoint((k, Item(k))),
    lambda s, k: s.members == frozenset({k}),
    lambda s, k: len(frozenset({k}) | s.members),
    lambda s, k: len(set(s.members)),
    lambda s, k: _kind(s),
    lambda s, k: isinstance(s.item, Other),
    lambda s, k: isinstance(s.item, Item) and s.item.y is None,
    lambda s, k: isinstance(s.item, Item) and s.item < Item(k, 0),
    lambda s, k: s.item in (Item(k), Other(k)),
    lambda s, k: type(s.item) is Item,
    lambda s, k: type(s.flags) is tuple and s.flags[0],
    lambda s, k: str(s.item).count("1"),
    lambda s, k: len(s.nested[k % 2]),
    lambda s, k: k in s.nested[1],
    lambda s, k: s.nested[0] == s.nested[1],
    lambda s, k: frozenset({k}) in s.nested.values(),
    lambda s, k: s == Shelf(),
    lambda s, k: s == replace(s, a=k),
    lambda s, k: vars(s)["a"],
    lambda s, k: hash(s) == hash(Shelf(k)),
)

Change: TypeAlias = Callable[[Shelf, int, int], Shelf]
"""Puts a second number into a state."""


def _moved(s: Shelf, k: int, v: int) -> Shelf:
    return replace(s, item=s.growing[k]) if k in s.growing else s


CHANGES: tuple[Change, ...] = (
    lambda s, k, v: replace(s, pairs=s.pairs | {(k, v)}),
    lambda s, k, v: replace(s, pairs=s.pairs | {(k, v), (v, k)}),
    lambda s, k, v: replace(s, pairs=frozenset((n, m) for n, m in s.pairs if n != k) | {(k, v)}),
    lambda s, k, v: replace(s, members=s.members | {Item(k, v), v}),
    lambda s, k, v: replace(s, a=v),
    lambda s, k, v: replace(s, fixed=s.fixed.put(k, v)),
    lambda s, k, v: replace(s, fixed=s.fixed.put(k, v).put(0, s.fixed[1])),
    lambda s, k, v: replace(s, fixed=s.fixed | {k: v, 2: 0}),
    lambda s, k, v: replace(s, fixed=Map({n: v if n == k else old for n, old in s.fixed.items()})),
    lambda s, k, v: replace(s, growing=s.growing.put(k, Item(v))),
    lambda s, k, v: replace(s, growing=s.growing | {k: Item(v, k)}),
    lambda s, k, v: replace(s, growing=Map({n: i for n, i in s.growing.items() if n != k})),
    lambda s, k, v: replace(s, growing=s.growing.put(k, replace(s.growing[k], y=v))) if k in s.growing else s,
    lambda s, k, v: replace(s, flags=(*s.flags[:k], v, *s.flags[k + 1 :])),
    lambda s, k, v: replace(s, flags=s.flags[:k] + (v,) + s.flags[k + 1 :]),  # noqa: RUF005  # as people write it
    lambda s, k, v: replace(s, flags=(*s.flags[1:], v)),
    lambda s, k, v: replace(s, flags=tuple(v if n == k else old for n, old in enumerate(s.flags))),
    lambda s, k, v: replace(s, flags=s.flags[:2]),
    lambda s, k, v: replace(s, queue=(*s.queue, v)[-2:]),
    lambda s, k, v: replace(s, queue=s.queue[1:]),
    lambda s, k, v: replace(s, queue=s.flags),
    lambda s, k, v: replace(s, members=s.members | {v}),
    lambda s, k, v: replace(s, members=s.members | {Item(v), k}),
    lambda s, k, v: replace(s, members=s.members - {v}),
    lambda s, k, v: replace(s, members=s.members - {Item(v)} | frozenset({k})),
    lambda s, k, v: replace(s, members=frozenset({k}).union(s.members)),
    lambda s, k, v: replace(s, members=frozenset(m for m in s.members if m != v)),
    lambda s, k, v: replace(s, members=s.members | s.nested[0]),
    lambda s, k, v: replace(s, item=Item(v, k)),
    lambda s, k, v: replace(s, item=Other(v)),
    lambda s, k, v: replace(s, item=replace(s.item, x=v)) if isinstance(s.item, Item) else s,
    lambda s, k, v: _moved(s, k, v),
    lambda s, k, v: replace(s, nested=s.nested.put(k % 2, s.nested[k % 2] | {v})),
    lambda s, k, v: replace(s, nested=s.nested.put(0, s.nested[1]).put(1, s.nested[0])),
    lambda s, k, v: Shelf(v, s.fixed, s.growing, s.flags, s.queue, s.members, s.item, s.pairs, s.nested),
    lambda s, k, v: replace(Shelf(), fixed=s.fixed, flags=s.flags),
    lambda s, k, v: replace(s),
)


@dataclass(frozen=True)
class Act:
    """What a handler does: looks that have to come to something, one that is put in, changes one by one.
    Each of several numbers gives an outcome; ``named``: it is its choice.
    """

    needs: tuple[tuple[int, int, int], ...]
    put: tuple[int, int]
    changes: tuple[tuple[int, int], ...]
    numbers: tuple[int, ...]
    named: bool = False

    def take(self, s: Shelf, more: int) -> Steps[Shelf]:
        for look, k, wanted in self.needs:
            guard(number_of(LOOKS[look], s, (k + more) % SIZE) == wanted, "it is another")
        value = number_of(LOOKS[self.put[0]], s, self.put[1])
        for number in self.numbers:
            after = s
            for at, key in self.changes:
                after = CHANGES[at](after, (key + more) % SIZE, (value + number) % SIZE)
            yield Step(after, choice={"number": number} if self.named else None)


def number_of(look: Look, s: Shelf, k: int) -> int:
    """What a look comes to, as a number."""
    try:
        found = look(s, k)
    except (IndexError, TypeError, ValueError):
        return SIZE
    return int(found) % SIZE if isinstance(found, int) else SIZE


class Reading(Spec[Shelf]):
    starts: tuple[int, ...]
    acts: tuple[Act, Act, Act]

    def start(self) -> Steps[Shelf]:
        for a in self.starts:
            yield Step(Shelf(a, flags=(a, 0, 1)))

    def more(self) -> Iterable[int]:
        return (0, 1)

    @action
    def one(self, s: Shelf) -> Steps[Shelf]:
        yield from self.acts[0].take(s, 0)

    @action(over=more)
    def two(self, s: Shelf, more: int) -> Steps[Shelf]:
        yield from self.acts[1].take(s, more)

    @action(over=more)
    def three(self, s: Shelf, more: int) -> Shelf:
        return next(self.acts[2].take(s, more)).state


def reader(dice: Random) -> Case:
    """A random Spec with a bound and properties."""

    def any_of(values: tuple[object, ...]) -> int:
        return dice.randrange(len(values))

    def act() -> Act:
        needs = tuple(
            (any_of(LOOKS), dice.randrange(SIZE), dice.randrange(2)) for _ in range(dice.randrange(3))
        )
        changes = tuple((any_of(CHANGES), dice.randrange(SIZE)) for _ in range(dice.randrange(1, 4)))
        numbers = tuple(sorted(dice.sample(range(SIZE), dice.randrange(1, SIZE))))
        return Act(needs, (any_of(LOOKS), dice.randrange(SIZE)), changes, numbers, dice.random() < 0.2)

    def asked() -> Callable[[Shelf], bool]:
        look, k, wanted = LOOKS[any_of(LOOKS)], dice.randrange(SIZE), dice.randrange(SIZE)
        return lambda s: number_of(look, s, k) != wanted

    looks, k = LOOKS[any_of(LOOKS)], dice.randrange(SIZE)
    claims: list[Property] = [
        always("true", holds(Shelf, lambda _: True)),
        always("always", holds(Shelf, asked())),
        never("never", holds(Shelf, asked())),
        sometimes("sometimes", holds(Shelf, asked())),
        step("step", change(Shelf, lambda a, b: number_of(looks, a, k) <= number_of(looks, b, k) + 1)),
    ]
    program = Reading(tuple(range(dice.randrange(1, SIZE))), (act(), act(), act()))
    bounds = [Bound("bound", Shelf, asked())] if dice.random() < 0.3 else []
    return Case(Model(program, claims, bounds=bounds, deadlock=dice.random() < 0.2), 5)


def readers() -> st.SearchStrategy[Case]:
    """Random Specs of this kind."""
    return drawn(reader)
