"""From a name on the command line to a model: finding the file, importing it, calling its ``model``."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType

from elcheck.checker.loading.docstring import ModelDoc, about, joined
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.loading.from_source import FromSource, import_from_source
from elcheck.checker.loading.parameters import Parameter, parameters_of
from elcheck.checker.model.call import said, theirs
from elcheck.checker.model.environment import Environment
from elcheck.checker.model.errors import DefinitionError, UsageError, hint, instead, most_like
from elcheck.checker.model.model import Model
from elcheck.checker.model.validate import no_network, well_formed
from elcheck.checker.model.values import text


@dataclass(frozen=True)
class ModelFile:
    """A model file that was imported: its path, and its ``model`` function."""

    path: Path
    function: Callable[..., object]

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """What the model can be given. Raises LoadError for what can't be an option."""
        return parameters_of(self.function, self.path)

    @property
    def mistakes(self) -> Mapping[str, str]:
        """What can be put in with ``--bug``, each with what the docstring of its class says, if it is one."""
        bug = self.parameters.get("bug")
        choices = bug.choices if bug is not None else {}
        return {name: _said_of(choice) for name, choice in choices.items()}

    def mistake_in(self, parameters: Mapping[str, object]) -> str:
        """What the mistake is that parameters put in; empty if they put in none, or nothing is said of it."""
        return self.mistakes.get(str(parameters.get("bug")), "")

    @property
    def about(self) -> ModelDoc:
        """What the file says of the model."""
        return about(inspect.getdoc(self.function) or "", self.mistakes)

    @property
    def summary(self) -> str:
        """The first line of it."""
        return self.about.summary

    @property
    def sources(self) -> Mapping[Path, bytes]:
        """Its source and the sources that it imports, libraries excepted, as they are now."""
        found: dict[Path, bytes] = {}
        _sources(self.path.resolve(), found)
        return found

    def digest(self) -> str:
        """A digest of its sources."""
        digest = hashlib.sha256()
        for source in self.sources.values():
            digest.update(hashlib.sha256(source).digest())
        return digest.hexdigest()[:16]

    def build(self, given: Mapping[str, object]) -> Model:
        """Call ``model`` with what the user chose, its defaults for the rest.

        Raises UsageError when it refuses that (by a ValueError), LoadError when it fails otherwise.
        """
        chosen = ", ".join(f"{name}={text(value)}" for name, value in given.items())
        try:
            with theirs:
                made = self.function(**given)
        except (ValueError, UsageError) as error:
            raise UsageError(f"{self.path}: model({chosen}): {error}") from error
        except DefinitionError as error:
            raise LoadError(f"{self.path}: {error}") from error
        except Exception as error:
            raise LoadError(f"{self.path}: model({chosen}) raises {said(error)}") from error
        if not isinstance(made, Model):
            raise LoadError(f"{self.path}: model() returns {type(made).__name__}, not a Model")
        try:
            well_formed(made)
        except DefinitionError as error:
            raise LoadError(f"{self.path}: {error}") from error
        return made

    def decoded(self, given: Mapping[str, object]) -> dict[str, object]:
        """Parameters as the model takes them, from the names that the command line has for them.

        Raises UsageError for a parameter or a choice that there is not.
        """
        known, found = self.parameters, {}
        for name, value in given.items():
            if name not in known:
                meant = instead(name, known, "it has")
                raise UsageError(f"{self.path}: model() has no parameter {name!r}; {meant}")
            choices = known[name].choices
            if isinstance(value, str) and choices and value not in choices:
                meant = instead(value, choices, "it is one of")
                raise UsageError(f"{self.path}: {name}={value!r}: {meant}")
            found[name] = known[name].decode(value) if isinstance(value, str) else value
        return found

    def __call__(self, **parameters: object) -> Model:
        """The model with these parameters, choices by their names on the command line or as they are.

        Raises UsageError for what the model lacks, else as :meth:`build`.
        """
        return self.build(self.decoded(parameters))


ENVIRONMENT = tuple(f.name for f in dataclasses.fields(Environment) if f.name != "fairness")
"""The parts of an environment that a user may choose."""


def adapted(model: Model, given: Mapping[str, object]) -> Model:
    """A model in its own environment with what the user gave.

    Raises UsageError for parts that don't go together, saying which is whose.
    """
    own = model.environment
    if given.get("crash") == 0 and "restart" not in given and not model.begins_down:
        given = {**given, "restart": 0}
    unknown = [name for name in given if name not in ENVIRONMENT]
    if unknown:
        said = f"{unknown[0]!r} is no part of an environment: {', '.join(ENVIRONMENT)}"
        raise UsageError(said + hint(unknown[0], ENVIRONMENT))
    if isinstance(given.get("faults"), Mapping):
        given = {**given, "faults": {**own.faults, **given["faults"]}}  # type: ignore[dict-item]  # as above
    environment = replace(own, **given)  # type: ignore[arg-type]  # Environment.check checks each value
    if not model.programs:
        no_network(environment)
    try:
        environment.check(down=model.begins_down)
    except UsageError as error:
        default = Environment()
        kept = {name: getattr(own, name) for name in ENVIRONMENT if name not in given}
        differ = {name: part for name, part in kept.items() if part != getattr(default, name)}
        faults = [f"--fault {name}={budget}" for name, budget in own.faults.items() if "faults" in differ]
        own_part = ", ".join([*(f"--{n} {part}" for n, part in differ.items() if n != "faults"), *faults])
        own_said = f" (the model's own environment gives {own_part})" if own_part else ""
        raise UsageError(f"{error}{own_said}") from error
    return replace(model, environment=environment)


def without_mistake(
    file: ModelFile, parameters: Mapping[str, object], environment: Mapping[str, object]
) -> Model | None:
    """The model without the mistake that was put in; None if none was, or it can't be had without."""
    if not parameters.get("bug"):
        return None
    rest = {name: value for name, value in parameters.items() if name != "bug"}
    try:
        return adapted(file(**rest), environment)
    except (UsageError, LoadError):
        return None


def bundled() -> dict[str, Path]:
    """The models that come with elcheck, by their short names."""
    spec = importlib.util.find_spec("elcheck.models")
    places = list(spec.submodule_search_locations or ()) if spec else []
    files = (file for place in places for file in sorted(Path(place).glob("*.py")))
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def find(name: str, commands: Iterable[str] = ()) -> Path:
    """The file that a name on the command line means. Raises LoadError."""
    path = Path(name)
    try:
        there = path.is_file()
    except (OSError, ValueError) as error:
        raise LoadError(f"{name[:60]!r} is no name of a file: {error}") from error
    if there:
        return path
    if path.is_dir():
        raise LoadError(f"{name} is a folder, not a model file")
    known = bundled()
    if name in known:
        return known[name]
    beside = _beside(path) if path.suffix == ".py" else []
    meant = most_like(path.stem, [*known, *commands, *beside])
    if meant in beside and meant not in known:
        meant = str(path.with_stem(meant))
    hint = "`elcheck list` shows the bundled models" if meant is None else f"did you mean {meant!r}?"
    raise LoadError(f"there is no file {name}, and no bundled model of that name; {hint}")


def _beside(path: Path) -> list[str]:
    """The Python files in the folder of a path, without their ending."""
    try:
        return sorted(file.stem for file in path.parent.glob("*.py"))
    except OSError:
        return []


def load(name: str, commands: Iterable[str] = ()) -> ModelFile:
    """Import a model file; ``commands`` are names that may have been meant, too. Raises LoadError."""
    path = find(name, commands)
    module = imported(path)
    function: object = getattr(module, "model", None)
    if not callable(function):
        raise LoadError(f"{path} has no function model(...), which says what to check and returns a Model")
    return ModelFile(path, function)


def _said_of(choice: object) -> str:
    return joined(inspect.getdoc(choice) or "") if isinstance(choice, type) else ""


def _sources(path: Path, found: dict[Path, bytes]) -> None:
    """Collect the source of a file and of what it imports, in the order of the imports."""
    found[path] = path.read_bytes()
    for node in ast.walk(ast.parse(found[path])):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = getattr(sys.modules.get(name), "__file__", None)
            library = name.split(".")[0] in sys.stdlib_module_names or name == "elcheck"
            if library or name.startswith("elcheck.checker") or not str(file).endswith(".py"):
                continue
            source = Path(str(file)).resolve()
            ours = name.startswith("elcheck.") or "site-packages" not in source.parts
            if ours and source not in found:
                _sources(source, found)


def imported(path: Path, kind: str = "model") -> ModuleType:
    """Run a Python file of some kind as a module. What it imports from its own folder is found.

    Raises LoadError.
    """
    own = bundled().get(path.stem)
    if own is not None and own.resolve() == path.resolve():  # one module, whichever way it is named
        return importlib.import_module(f"elcheck.models.{path.stem}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    import_from_source(folder)
    name = _module_name(path, kind)
    loader = FromSource(name, str(path.resolve()))
    spec = importlib.util.spec_from_file_location(name, path.resolve(), loader=loader)
    if spec is None or path.suffix != ".py":
        raise LoadError(f"{path} is no Python file: a {kind} file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and get_type_hints look their module up by name
    try:
        with theirs:
            loader.exec_module(module)
    except SyntaxError as error:
        place = path if error.filename is None else f"{error.filename}:{error.lineno}"
        raise LoadError(f"{place}: {error.msg}") from error
    except Exception as error:
        hint = _REMEDY if str(error).startswith(_DECORATED_AGAIN) else ""
        raise LoadError(f"{path} can't be imported: {said(error)}{hint}") from error
    return module


def _module_name(path: Path, kind: str) -> str:
    """The name of a file's module: its own where an import of that finds it, so that another file that
    imports this one gets the same classes.
    """
    if path.stem.isidentifier():
        known = sys.modules.get(path.stem)
        found = importlib.util.find_spec(path.stem) if known is None else known.__spec__
        if found is not None and found.origin == str(path.resolve()):
            return path.stem
    return f"elcheck_{kind}_{path.stem}"


_DECORATED_AGAIN = ("Cannot overwrite attribute __setattr__", "cannot inherit non-frozen dataclass")
"""What Python says of @dataclass on a class that is a frozen dataclass already."""
_REMEDY = "; a State, Message, Record, Node or Spec is a frozen dataclass already: leave out @dataclass"
