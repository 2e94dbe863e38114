"""``python -m checker`` is ``elcheck``."""

from checker.cli import main

main()
