"""The colours of Python source: its lines in words, each with a class of style.css."""

from __future__ import annotations

from collections.abc import Iterator

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Literal, Name, _TokenType

_COLOURS = (
    (Comment, "comment"),
    (Literal.String, "string"),
    (Keyword, "keyword"),
    (Name.Decorator, "decorator"),
    (Name.Function, "name"),
    (Name.Class, "name"),
)

ColouredWord = tuple[str, str]
"""A class of style.css, empty for plain text, and the text."""


def coloured(text: str) -> tuple[tuple[ColouredWord, ...], ...]:
    """The lines of a Python file, each in words that have a colour."""
    lines: list[list[ColouredWord]] = [[]]
    for kind, words in _words(text):
        for number, part in enumerate(words.split("\n")):
            if number:
                lines.append([])
            if part and lines[-1] and lines[-1][-1][0] == kind:
                part = lines[-1].pop()[1] + part
            if part:
                lines[-1].append((kind, part))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(map(tuple, lines))


def _words(text: str) -> Iterator[ColouredWord]:
    for token, words in PythonLexer(stripnl=False).get_tokens(text):
        yield _colour(token), words


def _colour(token: _TokenType) -> str:
    return next((name for kind, name in _COLOURS if token[: len(kind)] == kind), "")
