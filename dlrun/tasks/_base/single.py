"""What all tasks with one player share."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

_ONE: Sequence[Sequence[str]] = (("model",),)


class Single:
    """The whole model is the player "model", moves in every step, and is measured by the means themselves."""

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        return {"model": model}

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        return _ONE

    def derive(self, metrics: dict[str, float]) -> dict[str, float]:
        return metrics
