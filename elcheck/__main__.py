"""``python -m elcheck`` is ``elcheck``."""

from elcheck.checker.process.starting import take


def main() -> None:
    """The command, whose signals are taken before it is imported."""
    take()
    from elcheck.checker.cli import main as command  # of everything else

    command()


if __name__ == "__main__":
    main()
