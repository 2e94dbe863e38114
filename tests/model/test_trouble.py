"""Partitions of any kind, and starts in the middle of trouble."""

from __future__ import annotations

import pytest

from elcheck import (
    Budget,
    Cut,
    DefinitionError,
    Environment,
    Message,
    Model,
    Node,
    NodeId,
    NodeView,
    Partition,
    Prepared,
    Property,
    State,
    Step,
    UsageError,
    Verdict,
    action,
    always,
    check,
    durable,
    each,
    guard,
    node_ids,
    node_views,
    receive,
    replace,
    sometimes,
    symmetric_splits,
    within,
)
from elcheck.checker.html.trace_view import trace_view_of
from elcheck.checker.model.state import Envelope
from elcheck.checker.render import as_json
from elcheck.checker.render.table import trace_table
from elcheck.checker.strategies.fault_budgets import frontier
from elcheck.models import one_way_cut

ENGINES = ("plain", "fast")
N1, N2, N3 = NODES = node_ids(3)


class Told(Message):
    """A word."""


class Ear(State):
    spoke: bool = False
    heard: frozenset[NodeId] = durable(frozenset[NodeId]())


class Talking(Node[Ear]):
    @action
    def speak(self, s: Ear) -> Step[Ear]:
        guard(not s.spoke, "it has spoken")
        return Step(replace(s, spoke=True), self.broadcast(Told()))

    @receive
    def told(self, s: Ear, src: NodeId, msg: Told) -> Ear:
        return replace(s, heard=s.heard | {src})


BRIDGE = Partition("bridge", (frozenset((N1, N2)), frozenset((N2, N3))), heals=False)


class Upwards(Partition):
    """No message passes to a node with a higher id."""

    def parts(self, src: NodeId, dst: NodeId) -> bool:
        return src < dst


def hears(src: NodeId, dst: NodeId) -> Property:
    """One node can hear another."""

    def has_heard(view: NodeView[Ear]) -> bool:
        return view.node == dst and src in view.state.heard

    return sometimes(f"{src} to {dst}", each(node_views(Ear), has_heard))


def talk(partition: Partition | None, **start: object) -> Model:
    """Three nodes that speak, of whom each pair that gets through is asked for."""
    prepared = Prepared(dict.fromkeys(NODES, Ear()), partition=partition, **start)  # type: ignore[arg-type]
    claims = [hears(src, dst) for src in NODES for dst in NODES if src != dst]
    return Model(
        Talking(),
        [always("true", each(Ear, lambda s: True)), *claims],
        nodes=NODES,
        initial=[prepared],
        environment=Environment(network="set"),
    )


def through(model: Model, engine: str) -> set[str]:
    """The pairs of whom the one can hear the other."""
    report = check(model, engine=engine)
    return {r.name for r in report.results if r.kind == "sometimes" and r.verdict is Verdict.PROVED}


ALL = {f"{a} to {b}" for a in NODES for b in NODES if a != b}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("partition", "parted"),
    [
        (None, set()),
        (Cut(N1, N2, heals=False), {"n1 to n2"}),
        (Cut((N1, N2), N3, heals=False), {"n1 to n3", "n2 to n3"}),
        (Cut(N1, N2), set()),
        (BRIDGE, {"n1 to n3", "n3 to n1"}),
        (Upwards("upwards", heals=False), {"n1 to n2", "n1 to n3", "n2 to n3"}),
    ],
)
def test_who_hears_whom(engine: str, partition: Partition | None, parted: set[str]) -> None:
    """While a partition stands from the start on, that heals or not."""
    assert through(talk(partition), engine) == ALL - parted


@pytest.mark.parametrize("engine", ENGINES)
def test_partitions_that_come(engine: str) -> None:
    model = replace(talk(None), partitions=[Cut(N1, N2, heals=False)])
    deaf = [sometimes("parted", each(Ear, lambda s: True)), *model.properties]
    model = replace(model, properties=deaf)
    once = check(within(model, partition=1), engine=engine).stats.distinct
    healing = check(within(replace(model, partitions=[Cut(N1, N2)]), partition=1), engine=engine)
    assert once < healing.stats.distinct


def test_a_cut_breaks_the_symmetry_of_its_ends() -> None:
    report = check(within(replace(talk(None), partitions=[Cut(N1, N2)]), partition=1))
    whole = check(within(replace(talk(None), partitions=[Cut(N1, N2)]), partition=1), symmetry=False)
    assert report.stats.distinct == whole.stats.distinct
    assert len(symmetric_splits(NODES, heals=False)) == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_nodes_that_are_down(engine: str) -> None:
    """They take no step, come up again without a crash, and have what is durable."""
    model = talk(None, down=[N3])
    assert through(model, engine) == {"n1 to n2", "n2 to n1"}
    heard = dict.fromkeys(NODES, Ear(True, frozenset((N1,))))
    start = check(replace(model, initial=[replace(model.initial[0], nodes=heard)]), engine=engine)
    state = start.system.decode(start.search.codes[0])
    assert [(v.up, v.state) for v in state.nodes] == [
        (True, Ear(True, frozenset((N1,)))),
        (True, Ear(True, frozenset((N1,)))),
        (False, Ear(False, frozenset((N1,)))),
    ]
    assert through(within(model, restart=1), engine) == ALL


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("network", "kept"), [("sent-set", 1), ("set", 0), ("fifo", 0)])
def test_mail_of_nodes_that_are_down(engine: str, network: str, kept: int) -> None:
    model = within(talk(None, down=[N3], network=[Envelope(N1, N3, Told())]), network=network)
    report = check(model, engine=engine)
    assert len(report.system.decode(report.search.codes[0]).network) == kept
    if network == "set":  # it may restart, and so the network keeps it
        report = check(within(model, restart=1), engine=engine)
        assert len(report.system.decode(report.search.codes[0]).network) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_budgets_that_are_spent(engine: str) -> None:
    model = within(talk(None, spent={"crash": 1}), crash=2)
    report = check(model, engine=engine)
    assert report.system.decode(report.search.codes[0]).environment.of("crash").total == 1
    limited = within(talk(None, down=[N3]), crash=Budget(2, at_once=1))
    report = check(limited, engine=engine)
    assert not report.system.decode(report.search.codes[0]).environment.may("crash")


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ({"down": "n1"}, "it takes nodes"),
        ({"down": [NodeId(7, "n8")]}, "n8 is no node of the model"),
        ({"partition": "n1 | n2"}, "is no Partition"),
        ({"spent": {"crsh": 1}}, "'crsh' is no budget"),
        ({"spent": {"crash": -1}}, "it is 0, 1, 2"),
    ],
)
def test_what_can_not_be_meant(start: dict[str, object], why: str) -> None:
    partition = start.pop("partition", None)
    with pytest.raises(DefinitionError, match=why):
        check(talk(partition, **start))  # type: ignore[arg-type]


def test_partitions_that_can_not_be_meant() -> None:
    class Unsure(Partition):
        def parts(self, src: NodeId, dst: NodeId) -> bool:
            return None  # type: ignore[return-value]

    class Raising(Partition):
        def parts(self, src: NodeId, dst: NodeId) -> bool:
            raise ValueError("no idea")

    for partition, why in ((Unsure("u"), "True or False"), (Raising("r"), "no idea")):
        with pytest.raises(DefinitionError, match=why):
            check(within(replace(talk(None), partitions=[partition]), partition=1))
    twice = [Cut(N1, N2, name="same"), Cut(N2, N1, name="same")]
    with pytest.raises(DefinitionError, match="two partitions are called 'same'"):
        check(within(replace(talk(None), partitions=twice), partition=1))
    with pytest.raises(UsageError, match="--restart without --crash"):
        within(talk(None), restart=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_one_way_cut(engine: str) -> None:
    """Row 3 of the incidents: refuted by one cut, and repaired."""
    assert check(one_way_cut.model(), engine=engine).verdict is Verdict.PROVED
    assert check(one_way_cut.model(one_way_cut.LeadsOn), engine=engine).verdict is Verdict.REFUTED


def test_the_one_way_cut_takes_one_fault() -> None:
    rows = {row.name: row for row in frontier(one_way_cut.model(one_way_cut.LeadsOn)).rows}
    [minimum] = rows["it commits"].minima
    assert {kind: count for kind, count in minimum.budgets.items() if count} == {"partition": 1}


def test_a_trace_says_in_what_trouble_it_begins() -> None:
    """In text, in the report and in JSON: also what of the budgets is spent already, if they have an end."""
    start = Prepared(
        dict.fromkeys(NODES, Ear()),
        down=[N3],
        paused=[N2],
        partition=BRIDGE,
        spent={"crash": 2, "restart": 1, "loss": 3, "pause": 0, "dup": 7},
    )
    model = Model(
        Talking(),
        [sometimes("one speaks", each(Ear, lambda s: s.spoke))],
        nodes=NODES,
        initial=[start],
        environment=Environment(network="bag", crash=3, restart=1, loss="unlimited", pause=1, dup=5),
    )
    trace = check(model, engine="plain").results[0].trace
    assert trace is not None
    spent = {"dup": 5, "crash": 2, "restart": 1}
    said = "5 duplications, 2 crashes, 1 restart spent before"
    first = trace_table(model, trace).splitlines()[2]
    assert first.endswith(f"n2 paused; n3 down; partition bridge stands; {said}; n1, n2, n3: Ear()")
    assert trace_view_of(trace, model).frames[0].changes == (
        "n2 paused", "n3 down", "partition bridge stands", said,
    )  # fmt: skip
    found = as_json.trace(model, trace)["initial"]
    assert isinstance(found, dict)
    assert found["spent"] == spent
    ordinary = check(talk(None), engine="plain").results[1].trace
    assert ordinary is not None
    assert "spent" not in str(as_json.trace(talk(None), ordinary)["initial"])
    assert "spent" not in trace_table(talk(None), ordinary)
    assert trace_view_of(ordinary, talk(None)).frames[0].changes == ()
