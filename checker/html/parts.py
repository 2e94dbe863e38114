"""What a page can hold. The builders of pages fill it, page.py writes it, the scripts draw it."""

from __future__ import annotations

from dataclasses import dataclass

from elcheck.checker.html.picture import Pictures
from elcheck.checker.html.sources import Excerpt, Source
from elcheck.checker.html.trace_view import TraceView


@dataclass(frozen=True)
class ClaimView:
    """Something that is claimed, or looked at, and what came out: a property, a run of logs, a mutant.

    wrong: it is not as it should be; heading: what stands above its trace; meaning: what it says, in words;
    story: the number of its trace, and at: the step at which that opens. fair: why a lasso is fair. reads:
    what it looks at, and which steps bear on that. needs: for each step the steps that it rests on, None for
    one that does not matter. guilty: the lanes of the nodes that it reads at the end, unless it reads all.
    difference: lines of a diff.
    """

    name: str
    kind: str
    verdict: str
    detail: str
    wrong: bool
    heading: str
    meaning: tuple[str, ...] = ()
    story: int | None = None
    at: int = 0
    fair: tuple[str, ...] | None = None
    reads: str = ""
    needs: tuple[tuple[int, ...] | None, ...] = ()
    guilty: tuple[int, ...] = ()
    difference: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """How much a handler was used: calls, calls that gave a step, and the guards that blocked the others;
    ``off`` is the parameter that has switched it off, if one has.
    """

    program: str
    name: str
    place: int | None
    called: int
    enabled: int
    blocked: tuple[tuple[str, int], ...]
    off: str = ""


@dataclass(frozen=True)
class Section:
    """A table with a title and a sentence on it. ``numbers`` are the columns that hold numbers, ``code``
    those that hold lines of files, ``verdicts`` those that hold verdicts. ``stacked``: its cells stand one
    below the other in a narrow window. ``pages`` are those that the first cells of rows lead to, empty for
    none.
    """

    title: str
    said: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    code: tuple[int, ...] = ()
    stacked: bool = False
    verdicts: tuple[int, ...] = ()
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A whole page. ``facts`` are pairs of a label and what there is to say; ``mistake`` is what was put in
    (empty: nothing); ``claimed`` is the title of the table of claims, ``noun`` what each of them is;
    ``levels`` how many states are at each depth. ``first`` are the sections that come first, ``sections``
    those behind the claims, ``below`` sentences right below them. ``diagrams`` are the stories for Mermaid.
    """

    name: str
    verdict: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    mistake: str
    notes: tuple[str, ...]
    command: str
    claimed: str
    noun: str
    claims: tuple[ClaimView, ...]
    stories: tuple[TraceView, ...]
    pictures: tuple[Pictures, ...]
    places: tuple[Excerpt, ...]
    sources: tuple[Source, ...]
    uses: tuple[Use, ...] = ()
    gaps: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    first: tuple[Section, ...] = ()
    sections: tuple[Section, ...] = ()
    below: tuple[str, ...] = ()
    diagrams: tuple[str, ...] = ()
