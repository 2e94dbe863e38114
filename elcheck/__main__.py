"""``python -m elcheck`` is ``elcheck``."""

from elcheck.checker.cli import main

main()
