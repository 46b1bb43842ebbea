"""A task's metrics inside a program: noted while it is traced, added up for all members at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.tasks._base.accumulator import MetricAccumulator


class Noted(MetricAccumulator):
    """What a task adds in one step: `values` are tensors, `places` say what becomes of each."""

    def __init__(self, names: Sequence[str], device: torch.device):
        super().__init__(names, device)
        self.begin()

    def begin(self) -> None:
        """Note the step that comes."""
        self.values: list[Tensor] = []
        self.places: list[tuple[str, str, float]] = []  # of sums or counts, the metric's name, what it is multiplied by
        self.counts: dict[str, int] = dict.fromkeys(self.names, 0)

    def mean(self, name: str, mean: Tensor, count: int) -> None:
        self._note("sums", name, mean, count)
        self.counts[name] += count

    def sum(self, name: str, total: Tensor, count: int | Tensor) -> None:
        self._note("sums", name, total, 1)
        if isinstance(count, Tensor):
            self._note("counts", name, count, 1)
        else:
            self.counts[name] += count

    def _note(self, place: str, name: str, value: Tensor, factor: float) -> None:
        self.values.append(value)
        self.places.append((place, name, factor))


class Totals:
    """The running sums and counts of all members, (slots, metrics) each as `by_slot`.

    Each member's accumulator keeps its own among them.
    """

    def __init__(self, members: dict[int, MetricAccumulator], slots: int):
        first = next(iter(members.values()))
        self.names = first.names
        kind = first.sums().dtype
        self.by_slot = [torch.zeros(slots, len(self.names), dtype=kind, device=first.device) for _ in range(2)]
        self.sums, self.counted = (whole.t() for whole in self.by_slot)
        self.row = {name: row for row, name in enumerate(self.names)}
        for slot, totals in members.items():
            totals.keep_in(self.sums[:, slot], self.counted[:, slot])

        self._constant: dict[int, Tensor] = {}  # counts that are the same in every step

    def add(self, noted: Noted, values: Sequence[Tensor]) -> None:
        """Add what each member's step has shown: `values` are (slots,), in the order of `noted`."""
        for value, (place, name, factor) in zip(values, noted.places):
            into = self.sums if place == "sums" else self.counted
            into[self.row[name]].add_(value, alpha=factor)
        if id(noted) not in self._constant:
            counts = [[float(noted.counts[name])] for name in self.names]
            self._constant[id(noted)] = torch.tensor(counts, dtype=self.counted.dtype, device=self.counted.device)
        self.counted.add_(self._constant[id(noted)])
