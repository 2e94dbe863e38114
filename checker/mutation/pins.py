"""What mutants came to once, kept in a TOML file, with the reasons why some survive: below what a case is
(``zoo/case_file``), these keys.

::

    mutants = 231                           # how many there are, and what they came to
    equivalent = 40
    killed = 180
    survived = 10
    undecided = 1
    kills = { "at most one leader per term" = 93 }
    unsure = ["Raft.vote: ..."]             # the undecided ones

    [[case.survivors]]
    why = "A late request finds a voter that has voted already."
    mutants = ["Raft.request_vote: without guard(...)"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.mutation.report import CampaignReport
from elcheck.checker.mutation.trial import MutantFate
from elcheck.checker.process.files import write_whole
from elcheck.checker.zoo.case_file import ASKED, CaseEntry, beside, entries, inline, new_table, to_update
from elcheck.checker.zoo.cases import Case

COUNTS = ("mutants", "equivalent", "killed", "survived", "undecided")
_PINNED = {**dict.fromkeys(COUNTS, int), "kills": dict, "unsure": list, "survivors": list}


@dataclass(frozen=True)
class PinnedCampaign:
    """A case, and what its mutants came to. ``explained`` has the survivors, each with why nothing depends on
    it, empty where that is not known.
    """

    case: Case
    counts: Mapping[str, int] = field(default_factory=dict)
    kills: Mapping[str, int] = field(default_factory=dict)
    unsure: Sequence[str] = ()
    explained: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> list[PinnedCampaign]:
    """The cases of a file. Raises LoadError, saying which case is wrong."""
    return [_pinned(entry) for entry in entries(path, {**ASKED, **_PINNED})]


def _pinned(entry: CaseEntry) -> PinnedCampaign:
    case, where, table = entry
    explained: dict[str, str] = {}
    survivors = table.get("survivors", [])
    assert isinstance(survivors, list)
    for group in survivors:
        why, mutants = (group.get("why"), group.get("mutants")) if isinstance(group, dict) else (None, None)
        if not isinstance(why, str) or not isinstance(mutants, list):
            raise LoadError(f"{where}: [[case.survivors]] has why = '...' and mutants = ['...']")
        explained.update((str(mutant), why) for mutant in mutants)
    return PinnedCampaign(
        case,
        {name: table[name] for name in COUNTS if name in table},  # type: ignore[misc]  # checked above
        table.get("kills", {}),  # type: ignore[arg-type]  # checked above
        tuple(map(str, table.get("unsure", ()))),  # type: ignore[call-overload]  # checked above
        explained,
    )


def pinned_in(path: Path, case: Case) -> PinnedCampaign:
    """What a file has pinned of a case. Raises LoadError if it has not got it."""
    found = _known(path, case)
    if found is None:
        raise LoadError(f"{path} has no case {beside(path, case).command!r}: --pin {path} writes it")
    return found


def explained_in(path: Path, case: Case) -> Mapping[str, str]:
    """The reasons that a file, if it is there, gives for the survivors of a case."""
    found = _known(path, case) if path.is_file() else None
    return {} if found is None else found.explained


def _known(path: Path, case: Case) -> PinnedCampaign | None:
    wanted = beside(path, case).command
    return next((pinned for pinned in read(path) if pinned.case.command == wanted), None)


def found_by(report: CampaignReport) -> dict[str, object]:
    """What can be pinned of a campaign, but for the survivors."""
    tally = report.tally
    counts = {fate.value: tally.fates.get(fate, 0) for fate in MutantFate}
    kills = {score.name: score.kills for score in report.properties}
    unsure = sorted(mutant.key for mutant in report.having(MutantFate.UNDECIDED))
    return {"mutants": tally.mutants, **counts, "kills": kills, **({"unsure": unsure} if unsure else {})}


def problems(report: CampaignReport, pinned: PinnedCampaign) -> list[str]:
    """In what a campaign of all mutants differs from what is pinned, but for unexplained survivors."""
    found = found_by(report)
    wanted = {**pinned.counts, "kills": dict(pinned.kills)}
    said = [
        f"{name} is {found[name]}, pinned {value}" for name, value in wanted.items() if found[name] != value
    ]
    unsure = set(map(str, pinned.unsure)) ^ {m.key for m in report.having(MutantFate.UNDECIDED)}
    said += [f"undecided otherwise than pinned: {key}" for key in sorted(unsure)]
    survivors = {mutant.key for mutant in report.having(MutantFate.SURVIVED)}
    said += [f"it does not survive any more: {key}" for key in sorted(pinned.explained.keys() - survivors)]
    return said


def pin(report: CampaignReport, case: Case, path: Path) -> None:
    """Write what a campaign came to, and with which elcheck: a case that the file has is brought up to date,
    another one appended. The reasons that the file gives stay; survivors without one get the reason "".

    What else the file says, comments too, stays. Raises LoadError for a file that is no file of cases.
    """
    case = beside(path, case)
    there = read(path) if path.is_file() else []
    document, tables = to_update(path)
    commands = [pinned.case.command for pinned in there]
    if case.command in commands:
        number = commands.index(case.command)
        table, reasons = tables[number], there[number].explained
    else:
        table, reasons = new_table(case), {}
        tables.append(table)
    _update(table, report, reasons)
    write_whole(path, tomlkit.dumps(document))


def _update(table: Table, report: CampaignReport, reasons: Mapping[str, str]) -> None:
    """Bring a case up to date, the survivors grouped by their reasons."""
    groups: dict[str, list[str]] = {}
    survivors = [mutant.key for mutant in report.having(MutantFate.SURVIVED)]
    for key in [*(key for key in reasons if key in survivors), *(k for k in survivors if k not in reasons)]:
        groups.setdefault(reasons.get(key, ""), []).append(key)
    for name in (*_PINNED,):
        table.pop(name, None)
    for name, value in found_by(report).items():
        if isinstance(value, dict):
            table[name] = inline(value)
        elif isinstance(value, list):
            table[name] = _lines(value)
        else:
            table[name] = value
    if groups:
        array = tomlkit.aot()
        for why, keys in groups.items():
            group = tomlkit.table()
            group["why"] = why
            group["mutants"] = _lines(keys)
            array.append(group)
        table["survivors"] = array
    table.add(tomlkit.nl())


def _lines(items: Sequence[object]) -> tomlkit.items.Array:
    """A list with an item a line."""
    array = tomlkit.array()
    for item in items:
        array.append(item)
    return array.multiline(True)
