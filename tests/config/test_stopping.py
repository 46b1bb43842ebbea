"""Which way a metric has to go to be better."""

from __future__ import annotations

import pytest

from dlrun.config.schema.stopping import smaller_is_better


@pytest.mark.parametrize("metric", ["val/accuracy", "train/padded_accuracy", "train/real_accuracy",
                                    "val/fake_accuracy"])
def test_every_accuracy_is_to_rise(metric: str) -> None:
    assert not smaller_is_better(metric)


@pytest.mark.parametrize("metric", ["val/loss", "val/mae", "val/kl", "val/perplexity", "train/generator_loss"])
def test_losses_and_errors_are_to_fall(metric: str) -> None:
    assert smaller_is_better(metric)
