"""elcheck: a model checker for leader election and consensus.

Its names are those of ``elcheck.vocabulary``, with which models are written, and of ``elcheck.scripting``.
Each of the two is imported when one of its names is first used: a plugin that is loaded in every run of
pytest imports this module, and most of these runs use none; and most models are written with the first alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elcheck.scripting import *  # noqa: F403  (a type checker sees them all)
    from elcheck.scripting import __version__ as __version__
    from elcheck.vocabulary import *  # noqa: F403

    __all__: list[str]
else:

    def _modules():
        from importlib import import_module

        return map(import_module, ("elcheck.vocabulary", "elcheck.scripting"))

    def __getattr__(name):
        if name == "__all__":
            return [known for module in _modules() for known in module.__all__]
        for module in _modules():
            if name in module.__all__:
                globals()[name] = found = getattr(module, name)
                return found
        raise AttributeError(f"module 'elcheck' has no attribute {name!r}")

    def __dir__():
        return [*globals(), *__getattr__("__all__")]
