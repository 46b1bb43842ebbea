"""Schemas of group `schedule`: how the learning rate changes.  Steps count from 0, epochs from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import integer, number, text


@dataclass(frozen=True)
class Schedule:
    """What every schedule has."""

    kind: ClassVar[str]
    warmup: int = integer(0, "Steps in which the rate rises linearly from 0 to its value.", low=0)


@dataclass(frozen=True)
class Constant(Schedule):
    """The rate stays."""

    kind = "constant"


@dataclass(frozen=True)
class Step(Schedule):
    """The rate is multiplied by a factor every so many epochs."""

    kind = "step"
    every: int = integer(10, "Epochs between two drops.", low=1)
    factor: float = number(0.1, "What the rate is multiplied by.", low=0, above=True, high=1)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate is multiplied by a factor after each epoch."""

    kind = "exponential"
    factor: float = number(0.95, "What the rate is multiplied by each epoch.", low=0, above=True, high=1)


@dataclass(frozen=True)
class Cosine(Schedule):
    """The rate falls along half a cosine to its final share at the last step (Loshchilov and Hutter, 2017)."""

    kind = "cosine"
    final: float = number(0.0, "Share of the rate that is left at the end.", low=0, high=1)


@dataclass(frozen=True)
class InverseTime(Schedule):
    """lr / (1 + decay * step): the `decay` of Keras 1 and 2."""

    kind = "inverse_time"
    decay: float = number(1e-4, "Decay a step.", low=0)


@dataclass(frozen=True)
class Plateau(Schedule):
    """The rate is multiplied by a factor when a metric has stopped improving."""

    kind = "plateau"
    monitor: str = text("val/loss", "Metric that is watched.")
    factor: float = number(0.1, "What the rate is multiplied by.", low=0, above=True, high=1, below=True)
    patience: int = integer(10, "Epochs without improvement that are waited for.", low=1)
    min_delta: float = number(1e-4, "Smaller changes are no improvement.", low=0)
    min_lr: float = number(0.0, "The rate goes no lower.", low=0)


SCHEDULES: dict[str, type[Schedule]] = {
    schema.kind: schema for schema in (Constant, Step, Exponential, Cosine, InverseTime, Plateau)
}
