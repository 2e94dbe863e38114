"""Standard output belongs to elcheck: a model that prints prints to stderr, so that a report stays whole.

What a stream's encoding has no character for is written in ASCII: arrows and lines by what looks like them,
everything else by its number, as JSON has it.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from elcheck.checker.process.watch import in_endable

NO_TERMINAL = 100
"""How wide text is that goes into a file or a pipe."""
NARROWEST = 40
"""A terminal is taken to be at least this wide."""
HIGHEST = 40
"""Lines of the highest screen that a report is shortened to, and of one whose height is not known."""
LOWEST = 24
"""A terminal is taken to have at least as many."""
READABLE = "elcheck.readable"
"""The name of what encodes what an encoding has no character for."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CODE = "\ue000"
"""What stands for a colour's code while a line is broken: of private use, so that no text has it."""
_LIKE = {
    "→": "->", "⇢": "->", "▶": ">", "◀": "<", "»": ">", "«": "<", "…": "...", "·": ".", "∞": "oo",
    "─": "-", "╌": "-", "═": "=", "│": "|", "┊": ":", "║": "|",
    "├": "+", "┤": "+", "┼": "+", "╔": "+", "╚": "+", "●": "*", "○": "o", "✗": "x",
}  # fmt: skip
"""What the characters of traces and diagrams look like in ASCII."""


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(character: str) -> str:
    like = _LIKE.get(character)
    if like is None:
        units = character.encode("utf-16-be", "surrogatepass").hex()
        like = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return like


codecs.register_error(READABLE, _readable)


def as_written(said: str) -> str:
    """A text as standard output will have it, in its encoding: who fits text to a width has to know."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        said.encode(encoding)
    except UnicodeEncodeError:
        parts = said.split("\N{NO-BREAK SPACE}")  # which a blank is made of later
        return "\N{NO-BREAK SPACE}".join(p.encode(encoding, READABLE).decode(encoding) for p in parts)
    return said


class Stdout(io.TextIOBase):
    """In the place of ``sys.stdout``: what is written in other people's code, or in another thread, goes to
    stderr; what elcheck says goes to ``own``.
    """

    def __init__(self, own: TextIO) -> None:
        super().__init__()
        self.own = own

    def _target(self) -> TextIO:
        ours = threading.current_thread() is threading.main_thread() and not in_endable()
        return self.own if ours else sys.stderr

    def write(self, said: str) -> int:
        """Write to where it belongs."""
        return self._target().write(said)

    def flush(self) -> None:
        """Flush what is written to."""
        self._target().flush()

    def close(self) -> None:
        """Stay open: others write too."""

    def isatty(self) -> bool:
        """Whether it ends at a terminal."""
        return self._target().isatty()

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._target().fileno()

    def writable(self) -> bool:
        """Yes."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """The encoding of what is written to."""
        return self._target().encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # an attribute there
        """What becomes of characters that the encoding does not have."""
        return self._target().errors

    @property
    def buffer(self) -> object:
        """What takes bytes, for other people's code. Elcheck has none here: click would write UTF-8 into it
        where the encoding is ASCII.
        """
        target = self._target()
        return None if target is self.own else target.buffer


class _Closed(io.TextIOBase):
    """A stream that was closed before elcheck began: whatever is written to it is lost, and says so."""

    encoding, errors = "utf-8", READABLE

    def write(self, said: str) -> int:
        """Raise OSError."""
        raise OSError(errno.EBADF, "standard output is closed")


@contextmanager
def own_stdout() -> Iterator[None]:
    """Keep standard output for what elcheck says."""
    before = sys.stdout
    own: TextIO = before if before is not None else _Closed()  # type: ignore[assignment]
    for stream in (own, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=READABLE)
    sys.stdout = Stdout(own)
    try:
        yield
    finally:
        sys.stdout = before


def write_document(said: str) -> None:
    """Write JSON or XML to standard output: in UTF-8, whatever a terminal would like."""
    own = sys.stdout.own if isinstance(sys.stdout, Stdout) else sys.stdout
    bytes_ = getattr(own, "buffer", None)
    if bytes_ is None:
        own.write(said + "\n")
        return
    own.flush()
    bytes_.write((said + "\n").encode("utf-8", READABLE))
    bytes_.flush()


def say(message: str) -> None:
    """Say something on stderr: on a terminal in lines that fit it, elsewhere a line as it is."""
    import click  # which takes its time, and a script may never need it

    if sys.stderr is not None and sys.stderr.isatty():
        width = columns(stream=sys.stderr)
        message = "\n".join(_fitted(line, width) for line in message.split("\n"))
    click.echo(message, sys.stderr)  # err=True would be UTF-8, where stderr's encoding is ASCII


def _fitted(line: str, width: int) -> str:
    """A line, broken at blanks where it is too long. A code of a colour stays where it is."""
    if len(_COLOUR.sub("", line)) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    codes = iter(_COLOUR.findall(line))
    plain = _COLOUR.sub(_CODE, line)
    folded = textwrap.fill(plain, width, subsequent_indent=indent, break_on_hyphens=False)
    return "".join(next(codes, char) if char == _CODE else char for char in folded)


def columns(wanted: int | None = None, stream: TextIO | None = None) -> int:
    """How wide what is written to standard output, or another stream, may be: as wide as somebody wants it,
    as the terminal is, or, for a file or a pipe, 100.
    """
    stream = sys.stdout if stream is None else stream
    if wanted is not None or not stream.isatty():
        return wanted or NO_TERMINAL
    with suppress(OSError, ValueError):
        return max(NARROWEST, int(os.environ.get("COLUMNS", "")))
    found = 0  # of a terminal that does not know, too
    with suppress(OSError, ValueError):
        found = os.get_terminal_size(stream.fileno()).columns
    return max(NARROWEST, found) if found else 80


def lines_of_a_screen() -> int:
    """How many lines a screen of standard output has: as many as the terminal, from 24 to 40; 40 for a file
    or a pipe.
    """
    if not sys.stdout.isatty():
        return HIGHEST
    found = 0
    with suppress(OSError, ValueError):
        found = int(os.environ.get("LINES", ""))
    with suppress(OSError, ValueError):
        found = found or os.get_terminal_size(sys.stdout.fileno()).lines
    return max(LOWEST, min(HIGHEST, found)) if found else HIGHEST


def typed_line(prompt: str = "> ") -> str:
    """A line that somebody types at a terminal, with readline's keys where Python has it: the arrows, the
    lines before. Empty at the end of the input.
    """
    own, of_process = sys.stdout, sys.__stdout__
    with suppress(ImportError):
        import readline  # noqa: F401  # input() takes it

    try:
        if of_process is not None and of_process.isatty():  # input() takes it only with this one
            own.flush()
            sys.stdout = of_process
        return input(prompt) + "\n"
    except EOFError:
        return ""
    finally:
        sys.stdout = own


def keep_standard_files() -> None:
    """Of the process's own files: let what is written to standard output around Python go to stderr, and no
    other file take the place of one that is closed. For a process that is elcheck's.
    """
    closed = [number for number in (0, 1, 2) if not _is_open(number)]
    for number in closed:
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if 1 not in closed and isinstance(sys.stdout, io.TextIOWrapper):
        ours, encoding = os.dup(1), sys.stdout.encoding
        os.dup2(2, 1)
        sys.stdout = open(ours, "w", encoding=encoding, errors=READABLE)  # noqa: SIM115


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
