"""What a reduction takes for granted of a model, and what is met refutes."""

from __future__ import annotations


class NotGranted(Exception):
    """Something that a reduction takes for granted of a model does not hold. The message says what shows it.

    ``of`` names what was taken for granted, in two words that another run can find it by.
    """

    def __init__(self, of: tuple[str, str], why: str) -> None:
        super().__init__(why)
        self.of = of

    def __reduce__(self) -> tuple[type[NotGranted], tuple[object, ...]]:
        return type(self), (self.of, str(self))
