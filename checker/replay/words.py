"""The words of a step, as people write it and as a trace prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|[()\[\]{},:;=]|[^\s()\[\]{},:;=]+""")
_OPEN, _CLOSE = "([{", ")]}"


def words(said: str) -> tuple[str, ...]:
    """The words of a step, without its punctuation: ``n1: vote(Vote(term=1)) from n2`` is ``n1``, ``vote``,
    ``Vote``, ``term=1``, ``from``, ``n2``. A field stays with its value, also one in brackets.
    """
    return tuple(_words(_TOKEN.findall(said)))


def _words(tokens: list[str]) -> Iterator[str]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if len(token) == 1 and token in "()[]{},:;=":
            at += 1
        elif at + 2 < len(tokens) and tokens[at + 1] == "=":
            end = _end_of_value(tokens, at + 2)
            yield f"{token}=" + "".join(map(_bare, tokens[at + 2 : end]))
            at = end
        else:
            yield _bare(token)
            at += 1


def _end_of_value(tokens: Sequence[str], at: int) -> int:
    """Where a value ends: after its closing bracket if it starts with a bracket, else after one token."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] in _OPEN) - (tokens[place] in _CLOSE)
        if depth <= 0:
            return place + 1
    return len(tokens)


def _bare(token: str) -> str:
    quoted = len(token) > 1 and token[0] in "'\"" and token[-1] == token[0]
    return token[1:-1] if quoted else token


def contained(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether some words come in this order among others, which may stand between."""
    rest = iter(many)
    return all(word in rest for word in few)
