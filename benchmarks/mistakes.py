"""Which of the bundled mistakes the mutation operators reach: ``python -m benchmarks.mistakes [MODEL ...]``.

A mistake is reached if a mutant answers every question of the model's search as the mistake does. Where the
mistake answers them as the model does, the search (``--states`` of it) is too small to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click
from tabulate import tabulate

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import ENVIRONMENT, bundled, load
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.state import EventKind
from elcheck.checker.mutation.baseline import OF_THE_ALGORITHM, Baseline, MutationSubject
from elcheck.checker.mutation.mutant import Mutant
from elcheck.checker.mutation.questions import Question, answer
from elcheck.checker.process.limits import Limits
from elcheck.checker.system import System, build


@dataclass(frozen=True)
class Reach:
    """Whether a mistake is reached: by which mutant, or why it can't be told."""

    mistake: str
    mutant: str | None
    why: str = ""


def reached(name: str, states: int) -> Iterator[Reach]:
    """What there is to say of each mistake of a model, each in the environment that it wants."""
    file = load(name)
    baselines: dict[Environment, Baseline] = {}
    for mistake in file.mistakes:
        try:
            model = file(bug=mistake)
            if model.environment not in baselines:
                environment = {option: getattr(model.environment, option) for option in ENVIRONMENT}
                subject = MutationSubject(file, {}, environment, Limits(max_states=states))
                baselines[model.environment] = Baseline(subject)
            yield _reach(mistake, build(model), baselines[model.environment])
        except (DefinitionError, UsageError, LoadError) as error:
            yield Reach(mistake, None, str(error))


def _reach(mistake: str, system: System, baseline: Baseline) -> Reach:
    if system.runner.nodes != baseline.report.system.runner.nodes:
        return Reach(mistake, None, "it is of other nodes")
    asked = [a for a in baseline.asked if isinstance(a.question, OF_THE_ALGORITHM)]
    theirs = [answer(a.question, system) for a in asked]
    differing = {number for number, a in enumerate(asked) if a.answer != theirs[number]}
    if not differing and _events(system) == _events(baseline.report.system):
        return Reach(mistake, None, "it makes no difference to the search")
    order = sorted(range(len(asked)), key=lambda number: number not in differing)
    wanted = [(asked[number].question, theirs[number]) for number in order]
    found = (m for m in baseline.mutants if _does(m, baseline, wanted, _events(system)))
    return Reach(mistake, next((mutant.key for mutant in found), None))


def _events(system: System) -> list[object]:
    """The events that a model has of itself."""
    runner = system.runner
    kinds: tuple[EventKind, ...] = ("action", "timeout", "tick")
    of_nodes = [event for node in runner.nodes for kind in kinds for _, event in runner.events(node, kind)]
    return [*of_nodes] if runner.nodes else [*runner.shared_events()]


def _does(
    mutant: Mutant, baseline: Baseline, wanted: list[tuple[Question, object]], events: list[object]
) -> bool:
    """Whether a mutant has the events that are wanted, and answers as is wanted."""
    try:
        with mutant.mutation.installed():
            system = baseline.built()
            return events == _events(system) and all(answer(q, system) == said for q, said in wanted)
    except (DefinitionError, HandlerError, LoadError, UsageError):
        return False
    finally:
        baseline.forget()


@click.command(help=__doc__)
@click.argument("models", nargs=-1)
@click.option("--states", default=20_000, show_default=True, help="How far each model is searched.")
def main(models: tuple[str, ...], states: int) -> None:
    """Print a table of the models, and on stderr a line for each mistake."""
    headers = ["model", "mistakes", "reached", "can't be told"]
    rows: list[tuple[str, int, int, int]] = []
    for name in models or tuple(bundled()):
        all_ = list(reached(name, states))
        for one in all_:
            click.echo(f"{name} {one.mistake}: {one.mutant or one.why or '-'}", err=True)
        hits = [one for one in all_ if one.mutant is not None]
        blind = [one for one in all_ if one.why]
        if all_:
            rows.append((name, len(all_), len(hits), len(blind)))
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    click.echo(tabulate([*rows, ("all", *sums)], headers, tablefmt="github"))


if __name__ == "__main__":
    main()
