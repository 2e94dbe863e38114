"""What can be wrong with a model file."""


class LoadError(Exception):
    """A model file that can't be used. The message says which, where and why."""
