"""``@pytest.mark.elcheck("model.py", nodes=3, crash=1)``: a test function of a report."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

import elcheck.checker.api as api
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.model_file import ENVIRONMENT, adapted, bundled
from elcheck.checker.loading.parameters import refuse_reserved
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError, hint
from elcheck.checker.process.limits import StopKind
from elcheck.checker.pytest_plugin import FIXTURE, MARK, PLACE
from elcheck.checker.render.failure import failure
from elcheck.checker.testing.pages import Pages
from elcheck.checker.zoo.cases import Case

LIMITS = tuple(name for name in inspect.signature(api.check).parameters if name != "model")
"""What a mark may say of the search: the parameters of ``check``."""


@dataclass(frozen=True)
class Marked:
    """A mark, taken apart."""

    case: Case
    limits: Mapping[str, object]


_LAST = pytest.StashKey[tuple[Marked, api.Report]]()
"""The report of the last mark: the tests of one mark follow each other."""


def report_of(item: pytest.Item) -> api.Report:
    """The report of what a test is marked with. Raises pytest.fail.Exception, and KeyboardInterrupt."""
    __tracebackhide__ = True
    marked = _taken_apart(item)
    last = item.config.stash.get(_LAST, None)
    if last is not None and last[0] == marked:
        return last[1]
    try:
        model = adapted(marked.case.file(**marked.case.parameters), marked.case.environment)
        report = api.check(model, **marked.limits)  # type: ignore[arg-type]  # check looks at each value
    except (LoadError, UsageError, DefinitionError, HandlerError, TypeError) as error:
        _refuse(str(error))
    stopped = report.stats.stopped
    if stopped is not None and stopped.kind is StopKind.INTERRUPT:
        raise KeyboardInterrupt
    Pages(item.config).write(marked.case, report)
    item.config.stash[_LAST] = (marked, report)
    return report


def expect(item: pytest.Item) -> None:
    """Raise pytest.fail.Exception, with the traces, unless what a test is marked with holds."""
    __tracebackhide__ = True
    report = report_of(item)
    wrong = [result for result in report.results if not result.ok]
    if wrong:
        item.user_properties.append((PLACE, api.place_of_failure(report)))
        pytest.fail(failure(report, wrong, Pages(item.config).width), pytrace=False)


def _taken_apart(item: pytest.Item) -> Marked:
    """What a test is marked with. Raises pytest.fail.Exception."""
    __tracebackhide__ = True
    mark = item.get_closest_marker(MARK)
    if mark is None:
        _refuse(f'{FIXTURE} is of a test that is marked: @pytest.mark.{MARK}("model.py")')
    if len(mark.args) != 1 or not isinstance(mark.args[0], str | Path):
        _refuse(f'@pytest.mark.{MARK} takes the file of one model: @pytest.mark.{MARK}("model.py", nodes=3)')
    given: dict[str, object] = {**mark.kwargs}
    limits = {name: given.pop(name) for name in LIMITS if name in given}
    environment = {name: given.pop(name) for name in ENVIRONMENT if name in given}
    depth = limits.get("depth")
    case = Case(
        str(mark.args[0]),
        given,
        environment,
        depth if isinstance(depth, int) else None,
        bool(limits.get("first")),
        folder=item.config.rootpath,
    )
    try:
        if case.path is not None and not case.path.is_file():
            known, meant = ", ".join(bundled()), hint(Path(case.model).stem, bundled())
            said = f"there is no file {case.path}, and no bundled model of that name ({known})"
            _refuse(f"{case.model}: {said}{meant}")
        known_parameters = case.file.parameters
        refuse_reserved(known_parameters, {*LIMITS, *ENVIRONMENT}, case.file.path)
    except (LoadError, UsageError) as error:
        _refuse(str(error))
    for name in given:
        if name not in known_parameters:
            meant = hint(name, [*known_parameters, *ENVIRONMENT, *LIMITS])
            _refuse(
                f"{name!r} is no parameter of {case.model} ({', '.join(known_parameters)}), nor of the "
                f"environment ({', '.join(ENVIRONMENT)}), nor a limit of the search "
                f"({', '.join(LIMITS)}){meant}"
            )
    return Marked(case, limits)


def _refuse(why: str) -> NoReturn:
    __tracebackhide__ = True
    pytest.fail(why, pytrace=False)
