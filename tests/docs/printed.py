"""The examples of the pages: run by the tests, renewed by `make docs`.

A page is README.md or a file of docs/. What its fenced blocks are is said behind the three backticks:

``python lots.py``  a file (of any language) that the commands and sessions below it find in their folder
``console``         commands, each after ``$ ``, and what they print on a terminal of 100 columns
``python``          a session, if it begins with ``>>>``: a doctest; all of a page are one
``sh``              commands that take long or open a browser: they are not run, but have to be understood

A command is ``elcheck ...``, ``pytest ...``, or ``cat FILE`` of a file that one before it in the block has
written. A block
may show a part of what is printed: of its paragraphs some, each known by its first words, in order. A
paragraph ``...`` says that something is left out. Seconds and rates are those of some run. The files of
README.md are there on every page.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from unittest import mock

import click

from elcheck.checker import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WIDTH = 100
HEIGHT = 40

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VOLATILE = re.compile(
    r"\d+(\.\d+)? s\b|in [\d.]+s\b|[\d,]+ (states|walks)/s|\"seconds\": [\d.]+|[\d.]+ +(ok|known|WRONG)$",
    re.MULTILINE,
)
_FAILED = {2, 70, 74, 150}
"""Exit codes of commands that did not do what they were told to."""


@dataclass(frozen=True)
class Command:
    """A command of a page, with what the page shows of its output."""

    line: str
    shown: str


@dataclass(frozen=True)
class Block:
    """A block of commands; ``files`` are those that the page has above it."""

    page: Path
    text: str
    files: Mapping[str, str]

    @property
    def commands(self) -> list[Command]:
        """The commands with what is shown of each."""
        parts = re.split(r"^\$ (.*)\n", self.text, flags=re.MULTILINE)
        return [Command(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]

    def current(self) -> str:
        """The block as it has to be. Raises LookupError if a command does not print what is shown."""
        with folder_with(self.files):
            return "".join(f"$ {c.line}\n{self._current(c)}" for c in self.commands)

    def _current(self, command: Command) -> str:
        code, out = printed(command.line)
        shown = command.shown.strip("\n")
        if not shown:
            if code in _FAILED:
                raise LookupError(f"{self.page.name}: {command.line} ends with {code}:\n{out}")
            return ""
        left = [part.strip("\n") for part in out.strip("\n").split("\n\n")]
        found = []
        for part in shown.split("\n\n"):
            if part != "...":
                at = self._place(command.line, part, left)
                part = part if _timeless(left[at]) == _timeless(part) else left[at]
                left = left[at + 1 :]
            found.append(part)
        return "\n\n".join(found) + "\n" * (1 + command.shown.endswith("\n\n"))

    def _place(self, line: str, shown: str, left: list[str]) -> int:
        """Where among what is left of the output the paragraph is that begins with the same words."""
        for at, part in enumerate(left):
            if _lead(part) == _lead(shown):
                return at
        raise LookupError(f"{self.page.name}: {line} prints no {_lead(shown)!r}, but\n" + "\n\n".join(left))


@dataclass(frozen=True)
class Session:
    """The sessions of a page, one after the other."""

    page: Path
    blocks: tuple[str, ...]
    files: Mapping[str, str]

    def current(self) -> dict[str, str]:
        """Each block that is shown otherwise than it goes, with what it has to be."""
        names: dict[str, object] = {}
        with folder_with(self.files):
            return {text: now for text in self.blocks if (now := self._current(text, names)) != text}

    def _current(self, text: str, names: dict[str, object]) -> str:
        test = doctest.DocTestParser().get_doctest(text, {}, self.page.name, str(self.page), 0)
        test.globs = names
        runner = _Recorder()
        runner.run(test, out=lambda said: None, clear_globs=False)
        lines = text.splitlines(keepends=True)
        for example in reversed(test.examples):
            if example.lineno in runner.got:
                begin = example.lineno + example.source.count("\n")
                got = re.sub(
                    r"^$", "<BLANKLINE>", runner.got[example.lineno].rstrip("\n"), flags=re.MULTILINE
                )
                lines[begin : begin + example.want.count("\n")] = [got + "\n"]
        return "".join(lines)


class _Recorder(doctest.DocTestRunner):
    """Remembers what an example prints that prints something else than is shown, by its line."""

    def __init__(self) -> None:
        super().__init__(verbose=False, optionflags=doctest.ELLIPSIS)
        self.got: dict[int, str] = {}

    def report_failure(self, out: object, test: object, example: doctest.Example, got: str) -> None:
        self.got[example.lineno] = got

    def report_unexpected_exception(
        self, out: object, test: object, example: doctest.Example, exc_info: tuple[object, object, object]
    ) -> None:
        error = exc_info[1]
        name = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
        self.got[example.lineno] = f"Traceback (most recent call last):\n    ...\n{name}: {error}"


def blocks(page: Path) -> list[Block]:
    """The blocks of commands of a page."""
    return list(_read(page)[0])


def sessions(page: Path) -> Session | None:
    """The sessions of a page, if it has any."""
    _, parts, files = _read(page)
    return Session(page, tuple(parts), files) if parts else None


def files_of(page: Path) -> dict[str, str]:
    """The files that a page has."""
    return _read(page)[2]


def unrun(page: Path) -> list[str]:
    """The commands of elcheck that a page only names."""
    found = (m[3] for m in _BLOCK.finditer(page.read_text(encoding="utf-8")) if m[1] == "sh")
    lines = (line for text in found for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line.startswith("elcheck ")]


def _read(page: Path) -> tuple[list[Block], list[str], dict[str, str]]:
    found: list[Block] = []
    parts: list[str] = []
    files = {} if page == PAGES[0] else dict(files_of(PAGES[0]))
    for language, name, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if name:
            assert files.get(name, text) == text, f"{page.name} has two files {name}"
            files[name] = text
        elif language == "console":
            found.append(Block(page, text, dict(files)))
        elif text.startswith(">>> "):
            parts.append(text)
    return found, parts, files


@contextlib.contextmanager
def folder_with(files: Mapping[str, str]) -> Iterator[None]:
    """A folder of its own, with some files in it, whose modules are forgotten afterwards."""
    modules, path = set(sys.modules), list(sys.path)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        for file, text in files.items():
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            sys.path[:] = path
            for module in set(sys.modules) - modules:
                if str(getattr(sys.modules[module], "__file__", None)).startswith(os.path.realpath(name)):
                    del sys.modules[module]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(line: str) -> tuple[int, str]:
    """A command's exit code, and what it prints on a terminal without colours, then to stderr, but for
    the cases that a zoo says there as they end: these come in any order.
    """
    name, *args = shlex.split(line)
    if name == "cat":
        return 0, Path(args[0]).read_text(encoding="utf-8")
    if name == "pytest":
        return tested(args)
    assert name == "elcheck", f"{line}: only elcheck, pytest and cat are run"
    out, err = _Terminal(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": str(WIDTH), "LINES": str(HEIGHT), "NO_COLOR": "1"}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.run(args)
    said = [line for line in err.getvalue().splitlines() if not re.match(r"\d+ of \d+: elcheck ", line)]
    return code, out.getvalue() + "\n".join(textwrap.fill(line, WIDTH) for line in said)


def tested(args: list[str]) -> tuple[int, str]:
    """pytest's exit code and what it prints, without what it says of itself."""
    plugin = [] if entry_points(group="pytest11", name="elcheck") else ["-p", "elcheck.checker.pytest_plugin"]
    quiet = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *quiet, *args],
        env={**rest, "COLUMNS": str(WIDTH), "LINES": str(HEIGHT), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"^=+ test session.*?(?=collected \d)", "", done.stdout, flags=re.S)


def understood(line: str) -> None:
    """Raise an error of click's, or LoadError, if elcheck would not know what a command asks for."""
    args = shlex.split(line, comments=True)[1:]
    command: click.Command | None = cli.elcheck
    context: click.Context | None = None
    name = "elcheck"
    while isinstance(command, click.Group):
        context = click.Context(command, context, name, obj=args)
        name, *args = args
        command = command.get_command(context, name)
    assert command is not None
    command.make_context(name, args, parent=context)


def _lead(part: str) -> str:
    """The first words of a paragraph, by which it is known; numbers count as any number."""
    return " ".join(re.sub(r"\d[\d,]*", "#", re.split(":|, reached|\n", part)[0]).split())


def _timeless(part: str) -> str:
    """A paragraph without times, and without the breaks and blanks that depend on them."""
    masked = _VOLATILE.sub("TIME", part)
    return part if masked == part else " ".join(masked.split())


def renew(page: Path) -> None:
    """Write what is printed now into a page."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        text = text.replace(f"```console\n{block.text}```", f"```console\n{block.current()}```")
    session = sessions(page)
    for shown, now in session.current().items() if session else ():
        text = text.replace(f"```python\n{shown}```", f"```python\n{now}```")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for page in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        renew(page)
