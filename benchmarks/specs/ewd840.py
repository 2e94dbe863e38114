"""EWD840, termination detected by a token on a ring: the model of the zoo, from any place of the token."""

from __future__ import annotations

from elcheck import Model, Step, Steps, always, holds, replace
from elcheck.models.ewd840 import Probing, Ring, detected


class AnyPlace(Probing):
    """The token may begin anywhere."""

    def start(self) -> Steps[Ring]:
        for step in super().start():
            for place in self.process():
                yield Step(replace(step.state, token_at=place))


def model(processes: int = 5) -> Model:
    """EWD840."""
    claim = always(
        "what is detected is termination", holds(Ring, lambda s: not detected(s) or not any(s.active))
    )
    return Model(AnyPlace(processes), properties=[claim])
