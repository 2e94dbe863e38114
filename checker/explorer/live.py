"""The model that is walked, as its file is now: read again when that is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from elcheck.checker.explorer.about import Overview, SavedPath
from elcheck.checker.explorer.space import Space
from elcheck.checker.loading.errors import LoadError
from elcheck.checker.model.call import HandlerError
from elcheck.checker.model.errors import DefinitionError, UsageError

Renew = Callable[[], Space | None]
"""The space of the model as its file is now, None if it is as it was. Raises what loading a model does."""


class LiveModel:
    """A space and what is said of its model. ``version`` grows when the file was read again; ``problem`` says
    why it could not be, while the model stays the one that it was.
    """

    def __init__(self, space: Space, about: Overview, renew: Renew | None = None) -> None:
        self.space, self.about, self._renew = space, about, renew
        self.version, self.problem = 1, ""

    def refresh(self) -> bool:
        """Read the model again if its file has changed, and whether it is another now."""
        if self._renew is None:
            return False
        try:
            found = self._renew()
        except (LoadError, DefinitionError, UsageError, HandlerError) as error:
            self.problem = str(error)
            return False
        if found is None:
            return False
        self.about = replace(
            self.about,
            prepared=tuple(_still(path, self.space, found) for path in self.about.prepared),
            verdicts={},
            environment=found.model.describe_environment(),
        )
        self.space, self.problem = found, ""
        self.version += 1
        return True


def _still(saved: SavedPath, before: Space, now: Space) -> SavedPath:
    """A path of a model that was, as far as it is one of the model as it is."""
    said = [step.event.located for step in before.walk(saved.path).steps]
    path, why = now.follow(saved.path, said)
    note = f"of the model before it was saved{'; ' + why if why else ''}"
    return replace(saved, path=path, note=note)
