"""elcheck: a model checker for leader election and consensus.

Its names are those of ``elcheck.vocabulary``, which is imported when one of them is first used: a plugin that
is loaded in every run of pytest imports this module, and most of these runs use none.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elcheck.vocabulary import *  # noqa: F403  (a type checker sees them all)
    from elcheck.vocabulary import __all__ as __all__
    from elcheck.vocabulary import __version__ as __version__
else:

    def __getattr__(name):
        from importlib import import_module

        vocabulary = import_module("elcheck.vocabulary")
        if name == "__all__":
            return vocabulary.__all__
        if name not in vocabulary.__all__:
            raise AttributeError(f"module 'elcheck' has no attribute {name!r}")
        globals()[name] = found = getattr(vocabulary, name)
        return found

    def __dir__():
        from importlib import import_module

        return [*globals(), *import_module("elcheck.vocabulary").__all__]
