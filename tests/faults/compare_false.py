"""States whose equality leaves a field out, or is their own: they hide what can be reached."""

from dataclasses import dataclass, field

from elcheck import Model, Node, Record, Scope, State, action, each, guard, never, node_ids


class Hidden(State):
    n: int = 0
    log: str = field(default="", compare=False)


class OwnEqual(State):
    n: int = 0
    log: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnEqual) and self.n == other.n

    def __hash__(self) -> int:
        return hash(self.n)


class OwnHash(State):
    n: int = 0
    log: str = ""

    def __hash__(self) -> int:
        return id(self)


class Entry(Record):
    text: str = field(default="", compare=False)


class Nested(State):
    n: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def log(self) -> str:
        return "".join(entry.text for entry in self.entries)


class Loose:
    """A value that is no dataclass, with an equality of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loose)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "Loose()"


class Holding(State):
    n: int = 0
    loose: Loose | None = None

    @property
    def log(self) -> str:
        return self.loose.text if self.loose is not None else ""


@dataclass(frozen=True)
class Base:
    n: int


@dataclass(frozen=True, eq=False)
class Inheriting(Base):
    text: str


class WithBase(State):
    n: int = 0
    base: Inheriting | None = None

    @property
    def log(self) -> str:
        return self.base.text if self.base is not None else ""


class Votes(frozenset[int]):
    """A set that remembers more than its elements."""

    text = ""


class WithSet(State):
    n: int = 0
    votes: frozenset[int] = frozenset()

    @property
    def log(self) -> str:
        return self.votes.text if isinstance(self.votes, Votes) else ""


class Beside(State):
    """A state that keeps something which is no field."""

    n: int = 0

    @property
    def log(self) -> str:
        return str(vars(self).get("note", ""))


Kept = Hidden | OwnEqual | OwnHash | Nested | Holding | WithBase | WithSet | Beside
KINDS: dict[str, type[Kept]] = {cls.__name__: cls for cls in Kept.__args__}


def made(kind: str, n: int, log: str) -> Kept:
    match kind:
        case "Nested":
            return Nested(n, (Entry(log),))
        case "Holding":
            return Holding(n, Loose(log))
        case "WithBase":
            return WithBase(n, Inheriting(0, log))
        case "Hidden":
            return Hidden(n, log)
        case "WithSet":
            votes = Votes()
            votes.text = log
            return WithSet(n, votes)
        case "Beside":
            beside = Beside(n)
            object.__setattr__(beside, "note", log)
            return beside
        case "OwnEqual":
            return OwnEqual(n, log)
    return OwnHash(n, log)


class Going(Node[State]):
    kind: str

    def start(self) -> Kept:
        return made(self.kind, 0, "")

    @action
    def left(self, s: State) -> Kept:
        guard(isinstance(s, Kept) and s.n == 0, "gone already")
        return made(self.kind, 1, "left")

    @action
    def right(self, s: State) -> Kept:
        guard(isinstance(s, Kept) and s.n == 0, "gone already")
        return made(self.kind, 1, "right")

    @action
    def shout(self, s: State) -> Kept:
        assert isinstance(s, Kept)
        guard(s.n == 1, "not yet, or done")
        return made(self.kind, 2, s.log + "!")


def model(kind: str = "Hidden") -> Model:
    """Left or right."""

    def has_log(log: str) -> Scope:
        return each(KINDS[kind], lambda s: isinstance(s, Kept) and s.log == log)

    return Model(
        Going(kind),
        nodes=node_ids(1),
        properties=[
            never("right!", has_log("right!")),
            never("left!", has_log("left!")),
        ],
    )
