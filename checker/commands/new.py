"""``elcheck new NAME``: a model to begin with, and its test."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from elcheck.checker.model.errors import UsageError
from elcheck.checker.process.files import write_whole
from elcheck.checker.process.streams import columns
from elcheck.checker.render.fit import fitted


@click.command()
@click.argument("name")
def new(name: str) -> int:
    """Write a model to begin with, NAME.py, and its test, test_NAME.py, into this folder.

    The model is a small election that holds, with a mistake that breaks it. No file is overwritten.
    """
    words = re.findall(r"[a-z0-9]+", name.removesuffix(".py").lower())
    stem = "_".join(words)
    if not stem.isidentifier():
        raise UsageError(f"new {name!r}: a model's name is words of letters and digits, such as my_election")
    program = "".join(word.capitalize() for word in words)
    files = {Path(f"{stem}.py"): "model.txt", Path(f"test_{stem}.py"): "test.txt"}
    for file in files:
        if file.exists():
            raise UsageError(f"new {name!r}: {file} is there already; choose another name, or move it away")
    for file, template in files.items():
        text = resources.files(__package__).joinpath("new_model", template).read_text(encoding="utf-8")
        write_whole(file, text.format(file=f"{stem}.py", program=program), new=True)
    said = f"wrote {' and '.join(map(str, files))}; elcheck {stem}.py checks the model"
    click.echo(fitted(said, columns()))
    return 0
