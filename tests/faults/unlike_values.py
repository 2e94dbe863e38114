"""Values that equal others and are not the same, where states, messages, monitors and views hold them."""

from collections.abc import Callable

from elcheck import (
    Map,
    Message,
    Model,
    Monitor,
    Node,
    NodeId,
    Property,
    Record,
    Spec,
    State,
    Step,
    action,
    each,
    guard,
    history,
    holds,
    never,
    node_ids,
    receive,
    replace,
    view,
)

PAIRS: dict[str, tuple[object, object]] = {
    "a bool": (1, True),
    "a float": (1, 1.0),
    "minus zero": (0.0, -0.0),
    "in a tuple": ((1, ("x", 0)), (1, ("x", False))),
    "in a set": (frozenset({"x", 1}), frozenset({"x", True})),
    "a key": (Map({1: 2}), Map({True: 2})),
    "an entry": (Map({"x": 1}), Map({"x": 1.0})),
}


class Shown(State):
    value: object = None
    left: int = 2


def is_second(kind: str) -> Callable[[object], bool]:
    """Whether a value is the second of its pair, and not the first."""
    return lambda value: repr(value) == repr(PAIRS[kind][1])


class Sign(Message):
    value: object


class Showing(Node[Shown]):
    """Shows one of two values, or (``sends``) sends it."""

    kind: str
    sends: bool = False

    def out(self, s: Shown, at: int) -> Step[Shown]:
        value = PAIRS[self.kind][at]
        guard(s.left == 2 and self.me == self.nodes[0], "it has shown one")
        if self.sends:
            return Step(replace(s, left=1), self.broadcast(Sign(value)))
        return Step(replace(s, value=value, left=1))

    @action
    def first(self, s: Shown) -> Step[Shown]:
        return self.out(s, 0)

    @action
    def second(self, s: Shown) -> Step[Shown]:
        return self.out(s, 1)

    @receive
    def see(self, s: Shown, src: NodeId, msg: Sign) -> Shown:
        return replace(s, left=5 if is_second(self.kind)(msg.value) else 4)


class ShowingShared(Spec[Shown]):
    kind: str

    @action
    def first(self, s: Shown) -> Shown:
        guard(s.left == 2, "it has shown one")
        return Shown(PAIRS[self.kind][0], 1)

    @action
    def second(self, s: Shown) -> Shown:
        guard(s.left == 2, "it has shown one")
        return Shown(PAIRS[self.kind][1], 1)


class Counting(Node[Shown]):
    """Counts down, which a view or a monitor makes a pair of."""

    @action
    def go(self, s: Shown) -> Shown:
        guard(s.left > 0, "done")
        return replace(s, left=s.left - 1)


def model(kind: str, held: str) -> Model:
    """``held``: in a state, a Spec's, a message, by a view, or a monitor."""
    first, second = PAIRS[kind]
    odd = is_second(kind)
    if held == "spec":
        return Model(ShowingShared(kind), properties=[never("odd", holds(Shown, lambda s: odd(s.value)))])
    if held in ("state", "message"):
        claim = each(Shown, lambda s: odd(s.value) or s.left == 5)
        nodes = node_ids(1 if held == "state" else 2)
        return Model(Showing(kind, held == "message"), nodes=nodes, properties=[never("odd", claim)])
    seen: dict[str, Property] = {
        "view": never("odd", each(view(Shown, lambda s: first if s.left else second), odd)),
        "monitor": never("odd", history(monitor(first, second), odd)),
    }
    return Model(Counting(), nodes=node_ids(1), properties=[seen[held]])


def monitor(first: object, second: object) -> Monitor[object]:
    """Which holds the first value, and the second once a node has counted down."""
    return Monitor("m", Shown, start=lambda _: first, after=lambda m, e, a, b: m if b.state.left else second)


class Lying(Record):
    """Shows less of a field than what is there."""

    n: int

    def __getattribute__(self, name: str) -> object:
        found: object = super().__getattribute__(name)
        return found % 2 if name == "n" and isinstance(found, int) else found


class Plain(Record):
    n: int


class Posing(Record):
    """Says that it is of another class, and so equals that one's values."""

    n: int
    __class__ = property(lambda self: Plain)


class Halved:
    """A field that is stored and shown as it likes."""

    def __get__(self, holder: object, of: type | None = None) -> int:
        return 0 if holder is None else vars(holder)["n"] // 2

    def __set__(self, holder: object, value: int) -> None:
        vars(holder)["n"] = value


class Described(Record):
    n: int = Halved()  # type: ignore[assignment]  # that is what it tries


LYING: dict[str, object] = {
    "Lying has a __getattribute__ of its own": Lying(1),
    "Posing has a __class__ of its own": Posing(1),
    "Described.n is a Halved": Described(1),
}
