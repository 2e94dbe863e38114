"""Evidence of a cut-off: from how many nodes on properties see nothing of two nodes that they did not see.

What a property sees of any two nodes, in any state, is collected for more and more nodes. If from some number
on nothing new comes, larger systems may well show nothing new either. That is evidence and never a proof:
it says nothing of three nodes together, and the next number may be the one with something new. Proofs of
cut-offs need more (Emerson and Namjoshi, Reasoning about Rings, POPL 1995).

Nodes have no names here: of a pair one is the first, one the second, all others are one. What a set holds is
counted, so that a set of all nodes is something new for each number of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations

from elcheck.checker.blame.variants import MakeModel, explored_beside, why_stopped
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.errors import UsageError
from elcheck.checker.model.ids import NodeId
from elcheck.checker.model.property import Property
from elcheck.checker.model.state import NodeView
from elcheck.checker.model.swap import key_of
from elcheck.checker.model.values import SortKey
from elcheck.checker.process.limits import Limits
from elcheck.checker.process.watch import EVERY, look
from elcheck.checker.search.search import Exploration, OnProgress
from elcheck.checker.system import NodeSystem
from elcheck.checker.system.system import Observation
from elcheck.checker.system.views import NODE_SCOPES, View

PairView = tuple[SortKey, SortKey]
"""What a property sees of two nodes."""
SIZES = (2, 3, 4, 5)
"""The numbers that a parameter is given."""


@dataclass(frozen=True)
class PairsSeen:
    """What properties see of two nodes where a parameter has a value: by the name of each property, all that
    they see. ``stopped`` says what ended the search before all was seen.
    """

    value: int
    pairs: Mapping[str, frozenset[PairView]]
    stopped: str | None = None


@dataclass(frozen=True)
class PairGrowth:
    """How many different pairs a property sees for each number of nodes. ``settled`` is the number from which
    on nothing new has come, None if the largest that was searched to its end has something new.
    """

    name: str
    counts: tuple[int | None, ...]
    settled: int | None


@dataclass(frozen=True)
class Cutoff:
    """What came of more and more nodes. ``values`` are those of a parameter; ``complete`` those whose states
    were all searched.
    """

    parameter: str
    values: tuple[int, ...]
    complete: tuple[int, ...]
    rows: tuple[PairGrowth, ...]


def scaling(make: MakeModel, parameters: Mapping[str, int]) -> list[str]:
    """The parameters that say how many nodes there are: with one more there is a node more."""
    found = []
    for name, now in parameters.items():
        try:
            more, fewer = make({name: now + 1}), make({name: now})
        except (UsageError, LoadError):
            continue
        if len(more.programs) == len(fewer.programs) + 1:
            found.append(name)
    return found


def pairs_seen(
    make: MakeModel, name: str, value: int, limits: Limits, engine: str, progress: OnProgress = lambda _: None
) -> PairsSeen | None:
    """What properties see of two nodes where a parameter has a value, None if the model refuses that.

    Raises Ended.
    """
    found = explored_beside(partial(make, {name: value}), limits, engine, progress)
    if found is None:
        return None
    search = found.search
    stopped = search.failure[1] if search.failure else why_stopped(search)
    return PairsSeen(value, pairs_of(found), stopped)


def pairs_of(exploration: Exploration) -> dict[str, frozenset[PairView]]:
    """What each property sees of two nodes in the states of a search. Raises Ended."""
    system = exploration.system.full
    assert isinstance(system, NodeSystem)
    nodes = system.runner.nodes
    found: dict[str, set[PairView]] = {}
    met: set[tuple[int, int, int, int]] = set()
    for at, observation in enumerate(_observations(exploration)):
        if at % EVERY == 0:
            look()
        for a, b in permutations(nodes, 2):
            pair = (a.index, b.index, observation[a.index], observation[b.index])
            if pair not in met:
                met.add(pair)
                seen = system.observations.views[pair[2]], system.observations.views[pair[3]]
                for claim, *views in zip(system.claims, *seen, strict=True):
                    if (key := _pair(claim, a, b, views)) is not None:
                        found.setdefault(claim.name, set()).add(key)
    return {name: frozenset(keys) for name, keys in found.items()}


def _observations(exploration: Exploration) -> Iterator[Observation]:
    """The different observations of all states; of representatives, where these were searched."""
    search, system = exploration.search, exploration.system
    if search.observations is not None:
        yield from search.observations()[1]
        return
    met: set[Observation] = set()
    for code in search.codes:
        observation = system.observation(code)
        if observation not in met:
            met.add(observation)
            yield observation


def _pair(claim: Property, a: NodeId, b: NodeId, views: Sequence[object]) -> PairView | None:
    """What a claim sees of two nodes, None if it does not look at both."""
    if claim.scope.kind not in NODE_SCOPES:
        return None

    def name(node: NodeId) -> int:
        return 0 if node == a else 1 if node == b else 2

    keys = []
    for view in views:
        if not isinstance(view, NodeView):
            return None
        seen: View = view
        assert seen is not None
        up = (int(seen.up),) if claim.scope.look.named else ()
        keys.append((*up, key_of(seen.state, name)))
    return keys[0], keys[1]


def cutoff_of(parameter: str, found: Sequence[PairsSeen]) -> Cutoff:
    """What more and more nodes came to."""
    complete = [seen for seen in found if seen.stopped is None]
    names = list(dict.fromkeys(name for seen in found for name in seen.pairs))
    rows = []
    for name in names:
        counts = tuple(len(seen.pairs[name]) if name in seen.pairs else None for seen in found)
        rows.append(PairGrowth(name, counts, _settled(name, complete)))
    values = tuple(seen.value for seen in found)
    return Cutoff(parameter, values, tuple(seen.value for seen in complete), tuple(rows))


def _settled(name: str, complete: Sequence[PairsSeen]) -> int | None:
    """The value from which on nothing new has come, of those that were searched to their ends."""
    found = [seen.pairs.get(name, frozenset()) for seen in complete]
    for at, seen in enumerate(complete[:-1]):
        known = frozenset[PairView]().union(*found[: at + 1])
        if all(pairs <= known for pairs in found[at + 1 :]):
            return seen.value
    return None
