"""What mutants came to once, kept in a TOML file, with the reasons why some survive.

::

    elcheck = "0.1.0"                       # the version that pinned it

    [[case]]
    model = "raft"                          # a bundled model, or a file beside the TOML file
    parameters = { nodes = 3 }
    environment = { crash = 2 }             # what differs from the model's own
    search_depth = 20                       # --depth
    big = true                              # takes minutes: only on request
    mutants = 231                           # what follows is pinned
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

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import tomlkit
from tomlkit.items import AoT, Table

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.version import __version__
from elcheck.checker.mutation.report import CampaignReport
from elcheck.checker.mutation.trial import MutantFate
from elcheck.checker.zoo.cases import Case

_ASKED = {
    "model": str,
    "parameters": dict,
    "environment": dict,
    "search_depth": int,
    "big": bool,
}
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
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LoadError(f"{path}: {error}") from error
    tables = document.get("case")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise LoadError(f"{path} has no [[case]]")
    return [_case(path, number, table) for number, table in enumerate(tables, 1)]


def _case(path: Path, number: int, table: dict[str, object]) -> PinnedCampaign:
    where = f"{path}, case {number} ({table.get('model', 'of no model')})"
    for name, value in table.items():
        kind = {**_ASKED, **_PINNED}.get(name)
        if kind is None:
            raise LoadError(f"{where}: {name!r} is no key of a case: {', '.join({**_ASKED, **_PINNED})}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise LoadError(f"{where}: {name} = {value!r} is no {kind.__name__}")
    if "model" not in table:
        raise LoadError(f"{where}: it has no model")
    asked = {name: value for name, value in table.items() if name in _ASKED}
    explained: dict[str, str] = {}
    survivors = table.get("survivors", [])
    assert isinstance(survivors, list)
    for group in survivors:
        why, mutants = (group.get("why"), group.get("mutants")) if isinstance(group, dict) else (None, None)
        if not isinstance(why, str) or not isinstance(mutants, list):
            raise LoadError(f"{where}: [[case.survivors]] has why = '...' and mutants = ['...']")
        explained.update((str(mutant), why) for mutant in mutants)
    return PinnedCampaign(
        Case(**asked, folder=path.parent),  # type: ignore[arg-type]  # checked above
        {name: table[name] for name in COUNTS if name in table},  # type: ignore[misc]  # checked above
        table.get("kills", {}),  # type: ignore[arg-type]  # checked above
        tuple(map(str, table.get("unsure", ()))),  # type: ignore[call-overload]  # checked above
        explained,
    )


def pinned_in(path: Path, case: Case) -> PinnedCampaign:
    """What a file has pinned of a case. Raises LoadError if it has not got it."""
    found = _known(path, case)
    if found is None:
        raise LoadError(f"{path} has no case {_beside(path, case).command!r}: --pin {path} writes it")
    return found


def explained_in(path: Path, case: Case) -> Mapping[str, str]:
    """The reasons that a file, if it is there, gives for the survivors of a case."""
    found = _known(path, case) if path.is_file() else None
    return {} if found is None else found.explained


def _known(path: Path, case: Case) -> PinnedCampaign | None:
    wanted = _beside(path, case).command
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
    there = path.is_file()
    document = tomlkit.parse(path.read_text(encoding="utf-8") if there else f'elcheck = "{__version__}"\n\n')
    known = [pinned.case.command for pinned in read(path)] if there else []
    document["elcheck"] = __version__
    tables = document.setdefault("case", tomlkit.aot())
    if not isinstance(tables, AoT):
        raise LoadError(f"{path} has no [[case]]")
    case = _beside(path, case)
    if case.command in known:
        table = tables[known.index(case.command)]
    else:
        table = _new_table(case)
        tables.append(table)
    reasons = read(path)[known.index(case.command)].explained if case.command in known else {}
    _update(table, report, reasons)
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:  # which need not say which file it is
        raise OSError(error.errno, error.strerror, str(path)) from error


def _beside(pins: Path, case: Case) -> Case:
    """A case as a file of pins names it: the file of its model from there."""
    if case.path is None:
        return replace(case, folder=pins.parent)
    beside = Path(os.path.relpath(case.path, pins.parent)).as_posix()
    return replace(case, model=beside, folder=pins.parent)


def _new_table(case: Case) -> Table:
    table = tomlkit.table()
    table["model"] = case.model
    for name, part in (("parameters", case.parameters), ("environment", case.environment)):
        if part:
            inline = tomlkit.inline_table()
            inline.update(part)
            table[name] = inline
    if case.search_depth is not None:
        table["search_depth"] = case.search_depth
    return table


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
            inline = tomlkit.inline_table()
            inline.update(value)
            table[name] = inline
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
