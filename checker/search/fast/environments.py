"""What an environment allows, for compiled code: which faults it may bring, which moves need not wait."""

from __future__ import annotations

from collections.abc import Sequence

from elcheck.checker.model.budget import FaultKind
from elcheck.checker.model.partition import Separation
from elcheck.checker.reductions.quotient import Quotient
from elcheck.checker.search.fast import layout as L
from elcheck.checker.search.fast.layout import COUNT
from elcheck.checker.search.fast.memory import Memory
from elcheck.checker.system.environment_table import RESUME, EnvironmentEntry
from elcheck.checker.system.packed import NodeSystem


class Environments:
    """Fills the tables of environments, and of the classes of moves that these name."""

    def __init__(self, system: NodeSystem, memory: Memory, quotient: Quotient | None) -> None:
        self._system, self._memory, self._quotient = system, memory, quotient
        self._nodes = len(system.tables)
        self._classes: dict[object, int] = {}
        for kind in range(L.HANDLERS):  # whose number is their kind
            self._add_class(kind, kind, None, [])

    def tell(self, number: int) -> None:
        """Tell what an environment allows."""
        memory, shift = self._memory, self._system.environments.shift
        entry = self._system.environments.at(number)
        row = [0] * L.ENVIRONMENT_WIDTH
        row[L.KNOWN], row[L.KEEPS_MAIL] = 1, entry.keeps_mail
        row[L.FAULTS_START], row[L.FAULTS_LENGTH] = self._add_faults(number, entry)
        row[L.AFTER_TIMEOUT] = number + (entry.after_timeout >> shift)
        self._fill_timing(row, entry)
        row[L.LATE_MOVES] = self._late_class(entry.partition) if self._system.runner.timed else -1
        steps = [number + (step >> shift) for step, _ in entry.partition_steps]
        row[L.PARTITIONS_START], row[L.PARTITIONS_LENGTH] = (
            memory.append_all(L.PARTITION_STEPS, steps),
            len(steps),
        )
        while number >= memory.h[COUNT + L.ENVIRONMENTS]:
            memory.append(L.ENVIRONMENTS, *[0] * L.ENVIRONMENT_WIDTH)
            memory.append(L.ENVIRONMENTS_EXCHANGED)
        memory.set(L.ENVIRONMENTS, number, *row)
        if self._quotient is not None:
            made = [each.environments[number] for each in self._quotient.exchanges]
            memory.set(L.ENVIRONMENTS_EXCHANGED, number, *made)

    def _add_faults(self, number: int, entry: EnvironmentEntry) -> tuple[int, int]:
        """Add the faults that an environment allows, in the order of the packed system; where they start, and
        how many they are.
        """
        classes: dict[FaultKind, int] = {
            "loss": L.LOSS,
            "dup": L.DUPLICATION,
            "crash": L.CRASHES_KEPT if entry.keeps_mail else L.CRASHES,
            "restart": L.RESTARTS,
            "pause": L.PAUSES,
            RESUME: L.RESUMES,
            "disk": L.DAMAGES,
            "disconnect": L.DISCONNECTS,
        }
        memory, shift = self._memory, self._system.environments.shift
        start = int(memory.h[COUNT + L.FAULT_STEPS])
        for kind, prices in entry.spend.items():
            move_class = classes[kind] if kind in classes else self._class_of_fault(kind)
            for price in prices:
                nodes = sum(1 << index for index in price.nodes)
                memory.append(L.FAULT_STEPS, move_class, number + (price.change >> shift), nodes)
        return start, int(memory.h[COUNT + L.FAULT_STEPS]) - start

    def _class_of_fault(self, kind: FaultKind) -> int:
        """The class of the moves of the programs' own faults that spend a budget."""
        key = ("fault", kind)
        if key not in self._classes:
            faults = self._system.own_faults
            events = [[L.EVENT - n for n, h, _ in of_node if h.budget == kind] for of_node in faults]
            self._add_class(key, L.HANDLERS, None, events)
        return self._classes[key]

    def _fill_timing(self, row: list[int], entry: EnvironmentEntry) -> None:
        """Fill in how timeouts wait, and the classes of the moves that do not wait, and of those that do."""
        early, partition = entry.state.early_timeouts, entry.partition
        row[L.TIMING] = L.FREE if early is None else L.HELD if early == 0 else L.COUNTED
        row[L.EAGER] = self._class_of(partition, None, free=early is None)
        if early is not None:
            ranks = [self._class_of(partition, rank, free=False) for rank in self._system.ranks]
            row[L.RANKS_START] = self._memory.append_all(L.RANKED_CLASSES, ranks)
            row[L.RANKS_LENGTH] = len(ranks)

    def _class_of(self, partition: Separation | None, rank: int | None, *, free: bool) -> int:
        """The class of the moves that need not wait, timeouts among them if they are ``free``; or (with a
        rank) of the timeouts of that rank.
        """
        key = (partition, rank, free)
        if key not in self._classes:
            events = []
            for table in self._system.tables:
                timers = [n for n, h, _ in self._system.timers[table.index] if free or h.mark.rank == rank]
                actions = [n for n, _ in self._system.actions[table.index]] + (timers if free else [])
                events.append([L.EVENT - n for n in (actions if rank is None else timers)])
            kind = L.HANDLERS_AND_DELIVERIES if rank is None else L.HANDLERS
            self._add_class(key, kind, partition, events)
        return self._classes[key]

    def _late_class(self, partition: Separation | None) -> int:
        """The class of the moves that time waits for."""
        key = ("late", partition)
        if key not in self._classes:
            events = [[L.EVENT - n for n, _, _ in of_node] for of_node in self._system.timers]
            self._add_class(key, L.LATE, partition, events)
        return self._classes[key]

    def _add_class(
        self, key: object, kind: int, partition: Separation | None, events: Sequence[Sequence[int]]
    ) -> None:
        """Add a move class with the event keys of each node."""
        memory = self._memory
        number = -1 if partition is None else self._add_partition(partition)
        self._classes[key] = memory.append(L.CLASSES, number, kind)
        for keys in events or [()] * self._nodes:
            memory.append(L.CLASS_EVENTS, memory.append_all(L.EVENT_KEYS, keys), len(keys))

    def _add_partition(self, partition: Separation) -> int:
        nodes = self._system.runner.nodes
        start = self._memory.append_all(L.PARTED, [partition.parts(x, y) for x in nodes for y in nodes])
        return start // (self._nodes * self._nodes)
