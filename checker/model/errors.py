"""The errors that a person who writes or runs a model can cause."""


class DefinitionError(Exception):
    """A model is defined wrongly. The message says what, where and why."""


class UsageError(Exception):
    """What was asked for can't be done: a wrong parameter, a combination without a meaning."""
