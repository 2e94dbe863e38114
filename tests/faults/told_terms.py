"""Terms of which a function tells which one they are, other than by comparing them."""

import pickle
from collections.abc import Callable
from functools import cache

from elcheck import (
    Bag,
    Bound,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    State,
    Step,
    Term,
    action,
    always,
    each,
    node_ids,
    receive,
    replace,
    sometimes,
)

THIRD = Term(3)
NAMED = {THIRD: "the third"}
LATE = frozenset({Term().next().next()})


class Names:
    known = (("x", {Term(3): 1}),)


def in_a_closure() -> Callable[[Term], bool]:
    own = {Term(3)}
    return lambda term: term in own


@cache
def is_of_these(term: Term) -> bool:
    return term in (THIRD, Term(4))


TOLD: dict[str, Callable[[Term], bool]] = {
    "str": lambda term: str(term) == "3",
    "repr": lambda term: repr((term,)) == "(3,)",
    "format": lambda term: f"{term}" == "3",
    "percent": lambda term: "%s" % term == "3",  # noqa: UP031  # one more way to make a text
    "a bag's": lambda term: str(Bag([term])) == "{3: 1}",
    "a pickle": lambda term: b"\x03" in pickle.dumps(term),
    "its number": lambda term: term.__reduce__()[1] == (3,),
    "a table": lambda term: NAMED.get(term) is not None,
    "a set": lambda term: term in LATE,
    "deep in a class": lambda term: term in Names.known[0][1],
    "a closure": in_a_closure(),
    "a set made in it": lambda term: term in {Term(2)},
    "cached": is_of_these,
}
"""Each is true of one term that a search counting from the least never comes to."""


class Beat(Message):
    term: Term


class Server(State):
    term: Term = Term()
    marked: bool = False


class Rising(Node[Server]):
    tells: str

    @action
    def rise(self, s: Server) -> Step[Server]:
        told = self.tells in TOLD and TOLD[self.tells](s.term)
        return Step(replace(s, term=s.term.next(), marked=told), self.broadcast(Beat(s.term.next())))

    @receive
    def hear(self, s: Server, src: NodeId, msg: Beat) -> Server:
        return replace(s, term=max(s.term, msg.term))


def nothing(_: Term) -> bool:
    return False


def is_marked(s: Server) -> bool:
    return s.marked


def model(tells: str, *, by_check: bool) -> Model:
    """A handler tells which term it is, or (``by_check``) checks do."""
    told = TOLD.get(tells, nothing)

    def worded(s: Server) -> bool | str:
        return True if told(s.term) else f"it is {s.term}"

    safe = each(Server, lambda s: f"in {s.term}" if told(s.term) else True)
    claims = [always("never that term", safe), sometimes("that term", each(Server, worded))]
    marks = [sometimes("marked", each(Server, is_marked))]
    return Model(
        Rising("nothing" if by_check else tells),
        nodes=node_ids(2),
        environment=Environment(network="sent-set"),
        bounds=[Bound("spread", 1)],
        properties=claims if by_check else marks,
    )
