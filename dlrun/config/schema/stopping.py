"""Schema of group `early_stop`; it is on when `patience` or `target` is a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, integer, number, text


@dataclass(frozen=True)
class EarlyStop:
    """When to stop before the last epoch, and which weights are kept."""

    kind: ClassVar[str] = "early_stop"
    monitor: str = text("val/loss", "Metric that is watched; also the one that best.pt is chosen by.")
    patience: int | None = integer(None, "Epochs without improvement that are waited for; null: never stop.", low=1)
    min_delta: float = number(0.0, "Smaller changes are no improvement.", low=0)
    start_epoch: int = integer(1, "The first epoch that counts.", low=1)
    target: float | None = number(None, "Stop when the metric has reached this value.")
    restore_best: bool = flag(True, "Measure (and keep) the best epoch's weights, not the last ones.")

    @property
    def on(self) -> bool:
        return self.patience is not None or self.target is not None


def smaller_is_better(metric: str) -> bool:
    """Whether a metric is to fall: all but accuracies and exact matches are (losses, errors, divergences, perplexity).

    So are the steps until one has come to a value.
    A critic's `distance` says nothing of the samples and has no direction to choose by; it counts as falling.
    """
    return metric.startswith("steps@") or not metric.endswith(("accuracy", "exact_match"))
