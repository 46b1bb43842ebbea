from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode

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


class Called(TorchDispatchMode):
    """The names of the operations that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def test_a_reset_copies_no_number_to_the_device() -> None:
    kept = accumulated()
    kept.keep_in(*(torch.zeros(1, dtype=torch.float64) for _ in range(2)))
    assert kept.sums().any()
    with Called() as called:
        kept.reset()
    assert called.names == {"fill_"} and not kept.sums().any()
