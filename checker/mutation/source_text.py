"""A source file that can be edited: its text, its tree, and where in the text a node of the tree stands."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

LONGEST = 90
"""Characters of a piece of code in a line of a report."""


class TextEdit(NamedTuple):
    """Bytes of a file, from ``begin`` up to ``end``, and what stands in their place."""

    begin: int
    end: int
    instead: str


@dataclass(frozen=True, eq=False)
class SourceText:
    """A Python file as it was read."""

    path: Path
    encoded: bytes

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.encoded)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node of the tree."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(map(len, self.encoded.splitlines(keepends=True)))]

    def begin(self, node: ast.AST) -> int:
        """Where a node begins, in bytes."""
        return self._line_starts[_at(node, "lineno") - 1] + _at(node, "col_offset")

    def end(self, node: ast.AST) -> int:
        """Where it ends."""
        return self._line_starts[_at(node, "end_lineno") - 1] + _at(node, "end_col_offset")

    def of(self, node: ast.AST) -> str:
        """The code of a node."""
        return self.encoded[self.begin(node) : self.end(node)].decode()

    def replaced(self, node: ast.AST, instead: str) -> TextEdit:
        """The edit that puts other code in the place of a node."""
        return TextEdit(self.begin(node), self.end(node), instead)

    def deleted(self, statement: ast.stmt) -> TextEdit:
        """The edit that takes a statement away, with its lines if it has them for itself."""
        begin, end = self.begin(statement), self.end(statement)
        first = self._line_starts[statement.lineno - 1]
        after = self._line_starts[_at(statement, "end_lineno")]
        alone = not self.encoded[first:begin].strip() and not self.encoded[end:after].strip()
        if alone and len(_block_of(self.parents[statement], statement)) > 1:
            return TextEdit(first, after, "")
        return TextEdit(begin, end, "pass")

    def edited(self, edit: TextEdit) -> bytes:
        """The file after an edit."""
        return self.encoded[: edit.begin] + edit.instead.encode() + self.encoded[edit.end :]

    def difference(self, edit: TextEdit) -> str:
        """The edit as a unified diff."""
        before, after = (text.decode().splitlines() for text in (self.encoded, self.edited(edit)))
        name = self.path.name
        return "\n".join(difflib.unified_diff(before, after, name, f"{name} (mutated)", n=2, lineterm=""))

    def lines(self, edit: TextEdit) -> range:
        """The lines that an edit is in, from 1."""
        end = max(edit.begin, edit.end - 1)
        first, last = (self.encoded[:place].count(b"\n") + 1 for place in (edit.begin, end))
        return range(first, last + 1)


def _at(node: ast.AST, name: str) -> int:
    place: object = getattr(node, name)
    assert isinstance(place, int)
    return place


def _block_of(parent: ast.AST, statement: ast.stmt) -> list[ast.stmt]:
    """The block that a statement stands in."""
    blocks: Iterator[object] = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return next(block for block in blocks if isinstance(block, list) and statement in block)


def shortened(code: str) -> str:
    """Code in one line that is not too long."""
    line = " ".join(code.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ..."
