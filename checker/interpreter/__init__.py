"""The meaning of models over plain states, one state at a time.

This follows docs/semantics.md without packing, tables or engine, so that what an engine found can be
replayed by other code than its own, and a state's steps can be listed for a person.
"""

from elcheck.checker.interpreter.steps import Interpreter

__all__ = ["Interpreter"]
