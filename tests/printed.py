"""The traces that the pages of docs/ print: checked by the tests, renewed by `make docs`.

A page shows a part of a report under the command that prints it::

    ```console
    $ elcheck bully --bug false-suspicion --first
    REFUTED always at most one coordinator: n1 and n3 are both coordinators
    step    node    action ...
    ```

The part is the paragraph of the report that begins with the same words, up to what is said of the property.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"```console\n\$ (elcheck [^\n]*)\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """A block of a page."""

    page: Path
    command: str
    shown: str

    def current(self) -> str:
        """What is to be shown now. Raises LookupError if the command does not print such a part."""
        words = [sys.executable, "-m", "elcheck", *shlex.split(self.command)[1:]]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        lead = re.split(":|, reached|\n", self.shown)[0]
        for part in done.stdout.split("\n\n"):
            if part.startswith(lead):
                return part.rstrip("\n")
        raise LookupError(f"{self.page.name}: {self.command} prints no {lead!r}\n{done.stderr}")


def printed(page: Path) -> list[Printed]:
    """The blocks of a page."""
    return [Printed(page, *match.groups()) for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def renew(page: Path) -> None:
    """Write what is printed now into a page."""
    text = page.read_text(encoding="utf-8")
    for block in printed(page):
        before, now = (f"$ {block.command}\n{shown}\n```" for shown in (block.shown, block.current()))
        text = text.replace(before, now)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
