"""What a model says of itself: the docstring of its ``model`` function, taken apart.

::

    One line that says what it is.

    Paper: where the algorithm comes from.
    Assumes: what it needs.
    Liveness: what it promises to happen.

A part may go on in further lines that are indented deeper; none of them has to be there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PARTS = ("Paper", "Assumes", "Liveness")


@dataclass(frozen=True)
class ModelDoc:
    """The parts of a model's docstring; ``bugs`` has its mistakes with what their classes say of them."""

    summary: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    bugs: Mapping[str, str] = field(default_factory=dict)


def about(docstring: str, bugs: Mapping[str, str]) -> ModelDoc:
    """Take a docstring apart, its indentation removed as by :func:`inspect.getdoc`."""
    summary, _, rest = docstring.partition("\n")
    sections = _labelled(rest)
    parts = {name: joined(sections[name]) for name in PARTS if name in sections}
    return ModelDoc(summary.strip(), parts, bugs)


def _labelled(text: str) -> dict[str, str]:
    """What stands under each ``Label:`` at the left margin."""
    found = re.split(r"^([\w-]+):(?=\s)", text + "\n", flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def joined(text: str) -> str:
    """Text in one line."""
    return " ".join(text.split())


def first_sentence(doc: str) -> str:
    """The first paragraph of a docstring in one line, without its marks of code."""
    said = joined(inspect.cleandoc(doc).partition("\n\n")[0])
    return re.sub(r"(:\w+:)?(`+)~?(.*?)\2", r"\3", said)
