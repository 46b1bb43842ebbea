"""Where the rate stays within an epoch a compiled step asks for it once, and else for each step."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.schedules.constant import Constant
from dlrun.engine.schedules.cosine import Cosine
from dlrun.engine.schedules.exponential import Exponential
from dlrun.engine.schedules.inverse_time import InverseTime
from dlrun.engine.schedules.plateau import Plateau
from dlrun.engine.schedules.step import Step


@dataclass(frozen=True)
class Halves(Plateau):
    """A kind of a user's that lowers the rate within an epoch too."""

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return 1.0 if step % steps_per_epoch < 5 else 0.5


@pytest.mark.parametrize(("schedule", "steady"), [
    (Constant(), [True, True]), (Constant(warmup=10), [False, True]), (Plateau(warmup=3), [False, True]),
    (Halves(), [False, False]), (Cosine(), [False, False]), (Exponential(), [False, False]),
    (InverseTime(), [False, False]), (Step(), [False, False]),
])
def test_a_rate_that_is_called_steady_stays(schedule, steady: list[bool]) -> None:
    rate = LearningRate(schedule, 0.1, 10, 40)
    for epoch, expected in enumerate(steady):
        assert rate.steady(10 * epoch) is expected
        if expected:
            assert len({rate.factor(step) for step in range(10 * epoch, 10 * epoch + 10)}) == 1
        rate.epoch({"val/loss": 1.0})
