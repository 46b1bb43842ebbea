from __future__ import annotations

import torch

from dlrun.tasks._base.accumulator import MetricAccumulator


def accumulated() -> MetricAccumulator:
    totals = MetricAccumulator(["loss"], torch.device("cpu"))
    totals.mean("loss", torch.tensor(1 / 3, dtype=torch.float64), 7)
    return totals


def test_sums_keep_all_their_digits_where_they_go_on() -> None:
    expected = accumulated().sums()
    kept = accumulated()
    kept.keep_in(*(torch.zeros(1, dtype=torch.float64) for _ in range(2)))
    assert torch.equal(kept.sums(), expected)
    for loaded in (MetricAccumulator(["loss"], torch.device("cpu")), kept):
        loaded.reset()
        loaded.load(accumulated().state())
        assert torch.equal(loaded.sums(), expected)
        loaded.merge(lambda sums: sums, keep=True)
        assert loaded.sums()[0] == expected[0]
