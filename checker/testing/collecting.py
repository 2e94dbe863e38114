"""What pytest collects: the files of cases that were asked for, their cases, a test for each property."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest

from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError
from elcheck.checker.model.validate import validate
from elcheck.checker.model.values import counted
from elcheck.checker.process.limits import SHARE
from elcheck.checker.system.system import deadlock_claim
from elcheck.checker.testing.case_tests import AsPinned, CaseTest, MistakeFound, NothingRaises, PropertyHolds
from elcheck.checker.testing.pages import Pages
from elcheck.checker.zoo.case_result import CaseResult
from elcheck.checker.zoo.cases import Case
from elcheck.checker.zoo.pins import pin
from elcheck.checker.zoo.run import run_case
from elcheck.checker.zoo.selection import cases_of, models_in


class CasesPlugin:
    """Collects the files that were ``named``, and of those that are ``known`` the tests that are asked for by
    name; keeps their pins.
    """

    def __init__(self, config: pytest.Config, named: Sequence[Path], known: Sequence[Path]) -> None:
        self.config = config
        self._seen: set[Path] = set()
        self._named = dict.fromkeys(file for path in named for file in self._files(path))
        there = [path for path in known if path.exists()]
        self.files = self._named | dict.fromkeys(file for path in there for file in self._files(path))
        self.pages = Pages(config)
        self.pins = bool(config.getoption("--elcheck-pin"))
        self.accept = bool(config.getoption("--elcheck-accept"))
        self.results: dict[Path, list[CaseResult]] = {}
        self.refused: list[str] = []
        self.written: list[str] = []
        self._require_pins()
        asked = {Path(arg.partition("::")[0]).resolve() for arg in config.args}
        config.args += [str(file) for file in self._named if file not in asked]

    def _files(self, path: Path) -> list[Path]:
        """The files that a path stands for. Raises pytest.UsageError."""
        where = self.config.invocation_params.dir / path
        if where.is_dir():
            try:
                return [file.resolve() for file in models_in(where)]
            except UsageError as error:
                raise pytest.UsageError(f"--elcheck: {error}") from error
        if not where.is_file():
            remedy = (
                f"; `elcheck zoo MODEL.py --pin {path.name}` writes one" if path.suffix == ".toml" else ""
            )
            raise pytest.UsageError(f"--elcheck {path}: there is no such file{remedy}")
        if where.suffix not in (".toml", ".py"):
            raise pytest.UsageError(f"--elcheck {path}: it takes a model (.py) or a file of cases (.toml)")
        return [where.resolve()]

    def _require_pins(self) -> None:
        """Raise pytest.UsageError for pins that can't be kept."""
        if self.accept and not self.pins:
            raise pytest.UsageError("--elcheck-accept is of --elcheck-pin")
        without = [file.name for file in self.files if file.suffix != ".toml"]
        if self.pins and without:
            raise pytest.UsageError(
                f"--elcheck-pin: {without[0]} has no pins, which are of cases in a TOML file: "
                f"`elcheck zoo {without[0]} --pin counts.toml` writes one"
            )
        if self.pins and (hasattr(self.config, "workerinput") or self.config.getoption("numprocesses", None)):
            raise pytest.UsageError("--elcheck-pin takes one process: add -n 0")

    # -- hooks ---------------------------------------------------------------------------------------------

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CaseFile | None:
        """A file of cases, or a model."""
        if file_path not in self.files:
            return None
        self._seen.add(file_path)
        return CaseFile.from_parent(parent, path=file_path, plugin=self)

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> ModelModule | None:
        """A model, where pytest takes it for a module of tests: it is none."""
        return ModelModule.from_parent(parent, path=module_path) if module_path in self.files else None

    def pytest_collection_modifyitems(self) -> None:
        """Raise pytest.UsageError if pytest has passed over a file: nothing would be tested of it."""
        for file in self._named:
            if file not in self._seen:
                raise pytest.UsageError(
                    f"--elcheck {file}: pytest leaves it out: see --ignore, norecursedirs"
                )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> object:
        """Tests of one case go to one worker, so that one search answers all of them."""
        if config.getoption("dist") != "load":
            return None
        from elcheck.checker.testing.workers import scheduler

        return scheduler(config, log, self.files)

    def pytest_sessionfinish(self) -> None:
        """Write the pins."""
        for path, results in self.results.items():
            refused = pin(results, path, accept=self.accept)
            pinned = sum(result.error is None for result in results) - len(refused)
            self.refused += refused
            self.written.append(f"{path.name}: {counted(pinned, 'case')} pinned")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was pinned and what was not."""
        if not self.pins:
            return
        terminalreporter.section("elcheck: pins")
        for line in [*self.written, *(f"not pinned: {why}" for why in self.refused)]:
            terminalreporter.line(line)
        if self.refused:
            terminalreporter.line("mend it, or add --elcheck-accept to pin it as it is: it is known then")


class ModelModule(pytest.Module):
    """A model in the place of a module of tests: it has none of these."""

    def collect(self) -> list[pytest.Item]:
        """Nothing, and the file is not imported."""
        return []


class CaseFile(pytest.File):
    """A file of cases, or a model, whose cases are itself and each of its mistakes."""

    def __init__(self, *, plugin: CasesPlugin, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]  # what from_parent gave
        self.plugin = plugin

    def collect(self) -> Iterator[CaseTests]:
        """The cases. Raises CollectError."""
        try:
            cases = [self._seen_from_here(case) for case in cases_of(str(self.path))]
        except (LoadError, UsageError) as error:
            raise self.CollectError(str(error)) from error
        for number, case in enumerate(cases, 1):
            name = replace(case, model=Path(case.model).name).name if self.path.suffix == ".py" else case.name
            yield CaseTests.from_parent(self, name=name, case=case, plugin=self.plugin, number=number)

    def _seen_from_here(self, case: Case) -> Case:
        """A case of a model file, which is named from the folder that pytest was run in."""
        here = self.config.invocation_params.dir
        if self.path.suffix == ".toml" or not self.path.is_relative_to(here):
            return case
        return replace(case, model=self.path.relative_to(here).as_posix(), folder=here)


class CaseTests(pytest.Collector):
    """A case, and what it comes to, which is found out once for all of its tests."""

    def __init__(self, *, case: Case, plugin: CasesPlugin, number: int, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]  # what from_parent gave
        self.case, self.plugin = case, plugin
        self.add_marker(pytest.mark.elcheck)
        if case.big and not self.config.getoption("--elcheck-big"):
            self.add_marker(pytest.mark.skip(reason="it takes minutes: --elcheck-big runs it"))
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(f"{self.path.stem}-{number}"))

    def collect(self) -> Iterator[CaseTest]:
        """A test for each property; of a mistake, that it is found. Raises CollectError."""
        try:
            model = self.case.build()
            validate(model)
        except (LoadError, UsageError, DefinitionError, HandlerError) as error:
            raise self.CollectError(str(error)) from error
        if self.case.mistake:
            yield MistakeFound.from_parent(self, name="the mistake is found")
        else:
            for claim in [*model.properties, *deadlock_claim(model)]:
                yield PropertyHolds.from_parent(self, name=claim.name)
            yield NothingRaises.from_parent(self, name="nothing raises")
        if self.case.pinned or self.plugin.pins:
            yield AsPinned.from_parent(self, name="as pinned")

    @cached_property
    def result(self) -> CaseResult:
        """What the case comes to. Raises KeyboardInterrupt."""
        share = SHARE / int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        found = run_case(self.case, memory=share, show=self.plugin.pages.show)
        if found is None:
            raise KeyboardInterrupt
        if self.plugin.pins:
            self.plugin.results.setdefault(self.path, []).append(found)
            if found.error is None and (self.plugin.accept or not found.wrong):
                return found.pinned
        return found
