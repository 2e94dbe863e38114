"""The HTML file itself: the document, the style and the script put into one page that loads nothing else."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import re
from pathlib import Path
from string import Template

import click

from elcheck.checker.check.report import CheckReport
from elcheck.checker.html.assets import asset
from elcheck.checker.html.document import document
from elcheck.checker.html.parts import Document
from elcheck.checker.loading.docstring import ModelDoc
from elcheck.checker.model.model import Model
from elcheck.checker.process.files import write_whole
from elcheck.checker.render import text
from elcheck.checker.render.junit import printable
from elcheck.checker.render.run import Run
from elcheck.checker.render.wanted import Wanted

STYLES = ("colours.css", "picture.css", "style.css")
SCRIPTS = ("picture.js", "viewer.js", "script.js")
_COMMENT, _REMARK = re.compile(r"\s*/\*.*?\*/", re.DOTALL), re.compile(r"^//.*\n| // .*$", re.MULTILINE)
"""What styles and scripts say to who reads them here: a page does without."""


def write(run: Run, report: CheckReport, about: ModelDoc, path: Path, sound: Model | None = None) -> None:
    """Write the report of a check; ``sound`` is as in :func:`document`.

    Raises OSError, with the path, when it can't be written.
    """
    wanted = Wanted(witnesses=True, certificate=True, detail="all")
    write_page(document(run, report, about, sound), click.unstyle(text.render(run, report, wanted)), path)


def write_page(shown: Document, plain: str, path: Path) -> None:
    """Write a page. Raises OSError, with the path, when it can't be written."""
    write_whole(path, page(shown, plain))


def page(shown: Document, plain: str) -> str:
    """The page. ``plain`` is the same report as text, for where no script runs."""
    style = _COMMENT.sub("", "".join(map(asset, STYLES)))
    script = _REMARK.sub("", "".join(map(asset, SCRIPTS)))
    return Template(asset("page.html")).substitute(
        title=_escaped(f"{shown.name}: {shown.verdict}"),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'",
        style=style,
        script=script,
        plain=_escaped(plain),
        data=_embedded(shown),
    )


def _hash(content: str) -> str:
    """What the page's policy knows a style or script by: nothing else may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _escaped(said: str) -> str:
    return html.escape(printable(said))


def _embedded(shown: Document) -> str:
    """JSON that can stand in a script element: no text in it can end the element or open another."""
    return json.dumps(dataclasses.asdict(shown), separators=(",", ":")).replace("<", "\\u003c")
