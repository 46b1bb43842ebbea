"""Early stopping as Keras does it: its keys, and which epoch was the best so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice, flag, integer, number, text
from dlrun.config.schema.kind import Kind
from dlrun.config.schema.kinds import StoppingKind
from dlrun.config.schema.root import Config
from dlrun.record.metric import Direction
from dlrun.registry import register


@register("early_stop", "early_stop")
@dataclass(frozen=True)
class EarlyStop(Kind):
    """Stop before the last epoch, and keep the best weights; it is on when `patience` or `target` is a number."""

    monitor: str = text("val/loss", "Metric that is watched; also the one that best.pt is chosen by.")
    patience: int | None = integer(None, "Epochs without improvement that are waited for; null: never stop; auto: by "
                                         "the epochs, where there is something to watch.", low=1, words=("auto",))
    mode: str = choice("auto", ("auto", "min", "max"), "Which way the metric gets better; auto: as the metric says.")
    min_delta: float = number(0.0, "Smaller changes are no improvement.", low=0)
    start_epoch: int = integer(1, "The first epoch that counts.", low=1)
    target: float | None = number(None, "Stop when the metric has reached this value.")
    restore_best: bool = flag(True, "Measure (and keep) the best epoch's weights, not the last ones.")

    @property
    def on(self) -> bool:
        """Whether anything ends training early."""
        return isinstance(self.patience, int) or self.target is not None

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        """What does not go together with the rest of the configuration."""
        if self.on and self.start_epoch > config.epochs:
            yield Problem(f"early_stop.start_epoch={self.start_epoch}",
                          f"training ends after epoch {config.epochs} (epochs)", origin("early_stop.start_epoch"))


class Stopper:
    """Early stopping as Keras does it: `wait` counts epochs without an improvement of more than `min_delta`.

    Hyperparameters come from the configuration; the state is only what was seen: best, best_epoch, wait.
    `monitor` is None where the run measures nothing to choose by; `direction` is the way in which it gets better.
    """

    def __init__(self, config: StoppingKind, monitor: str | None, direction: Direction = "min"):
        self.config, self.monitor = config, monitor
        self._sign = -1 if direction == "max" else 1
        self.best, self.best_epoch, self.wait = math.inf, 0, 0

    def epoch(self, epoch: int, metrics: dict[str, float]) -> bool:
        """Note the metrics of an epoch (from 1); True if it is the best so far."""
        if self.monitor is None or self.monitor not in metrics or epoch < self.config.start_epoch:
            return False
        value = self._sign * metrics[self.monitor]
        if value < self.best - self.config.min_delta or self._reached(value):
            self.best, self.best_epoch, self.wait = value, epoch, 0
            return True
        self.wait += 1
        return False

    def _reached(self, value: float) -> bool:
        return self.config.target is not None and value <= self._sign * self.config.target

    def reason(self) -> str | None:
        """The sentence that says why training ends here; None to continue."""
        config = self.config
        if config.target is not None and self._reached(self.best):
            return f"{self.monitor} has reached {config.target:g}"
        if config.patience is not None and self.wait >= config.patience:
            epochs = "epoch" if config.patience == 1 else "epochs"
            return f"{self.monitor} has not improved for {config.patience} {epochs}"
        return None

    def state(self) -> dict[str, object]:
        return {"best": self.best, "best_epoch": self.best_epoch, "wait": self.wait}

    def load(self, state: dict[str, object]) -> None:
        self.best = state.pop("best")  # type: ignore[assignment]
        self.best_epoch = state.pop("best_epoch")  # type: ignore[assignment]
        self.wait = state.pop("wait")  # type: ignore[assignment]
