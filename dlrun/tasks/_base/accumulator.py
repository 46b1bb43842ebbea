"""The running sums of a task's metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class MetricAccumulator:
    """Sums of metrics, kept on the device; the host reads them at log points only.

    On the CPU, where there is nothing to wait for, they are numbers of Python's until somebody asks for tensors:
    an operation on tensors of one value takes ten times as long.  Each metric has its own count, because not every step
    adds to each (a generator moves every fifth step) and not every metric counts rows (a tagger's accuracy counts
    words).  Sums are float64 (float32 where the device has none).  `rows` counts the rows of all steps.
    """

    def __init__(self, names: Sequence[str], device: torch.device):
        self.names = tuple(names)
        self.device = device
        self._kind = torch.float32 if device.type == "mps" else torch.float64
        self._sums = {name: self._zero() for name in self.names}
        self._counted = {name: self._zero() for name in self.names}
        self._counts = dict.fromkeys(self.names, 0)
        self.rows = 0

    def _zero(self) -> Tensor | float:
        return 0.0 if self.device.type == "cpu" else torch.zeros((), dtype=self._kind, device=self.device)

    def mean(self, name: str, mean: Tensor, count: int) -> None:
        """Add a mean over `count` rows."""
        _add(self._sums, name, mean, count)
        self._counts[name] += count

    def sum(self, name: str, total: Tensor, count: int | Tensor) -> None:
        """Add a sum over `count` things; a count that only the device knows stays there."""
        _add(self._sums, name, total)
        if isinstance(count, Tensor):
            _add(self._counted, name, count)
        else:
            self._counts[name] += count

    def count(self, name: str, count: int) -> None:
        """Count so many things, whose sum was added by somebody who keeps it."""
        self._counts[name] += count

    def keep_in(self, sums: Tensor, counted: Tensor) -> None:
        """Go on in tensors of somebody else's (metrics,), who may add to them."""
        for kept, own in ((sums, self._sums), (counted, self._counted)):
            for name, place in zip(self.names, kept):
                own[name] = place.copy_(torch.as_tensor(own[name], dtype=self._kind))

    def reset(self) -> None:
        """Start again from zero, for a new epoch."""
        for name in self.names:
            _set(self._sums, name, 0.0)
            _set(self._counted, name, 0.0)
            self._counts[name] = 0
        self.rows = 0

    def read(self, gather: Callable[[Tensor], Tensor] | None = None) -> dict[str, float]:
        """The means so far; waits for the device.  Metrics that nothing was added to are left out.

        `gather` sums a tensor over all processes of a run; without it the means are those of this process.
        """
        stacked = self._stacked()
        values = (stacked if gather is None else gather(stacked)).flatten().tolist()
        size = len(self.names)
        counts = values[size:]
        return {name: total / count for name, total, count in zip(self.names, values, counts) if count}

    def sums(self) -> Tensor:
        """All sums, then all counts (2, metrics), on the host; waits for the device."""
        return self._stacked().cpu()

    def merge(self, gather: Callable[[Tensor], Tensor], keep: bool) -> None:
        """Move the sums of all processes into the one that keeps them; the others start from zero."""
        sums, counts = gather(self._stacked())
        self.forget()
        if keep:
            for name, total, count in zip(self.names, sums, counts):
                _set(self._sums, name, total)
                _set(self._counted, name, count)

    def forget(self) -> None:
        """Start again from zero within an epoch: its rows stay counted."""
        rows = self.rows
        self.reset()
        self.rows = rows

    def _stacked(self) -> Tensor:
        """All sums, then all counts (2, metrics)."""
        counts = torch.tensor([self._counts[name] for name in self.names], dtype=self._kind)
        counted = self._tensor(self._counted)
        return torch.stack([self._tensor(self._sums), counted + counts.to(counted.device)])

    def _tensor(self, kept: dict[str, Tensor | float]) -> Tensor:
        return torch.stack([torch.as_tensor(value, dtype=self._kind) for value in kept.values()])

    @property
    def host_counts(self) -> dict[str, int]:
        """What was counted of each metric on the host."""
        return dict(self._counts)

    def state(self) -> dict[str, object]:
        return {"sums": self._tensor(self._sums).cpu(), "counted": self._tensor(self._counted).cpu(),
                "counts": dict(self._counts), "rows": self.rows}

    def load(self, state: dict[str, Any]) -> None:
        for stored, own in ((state.pop("sums"), self._sums), (state.pop("counted"), self._counted)):
            for name, value in zip(self.names, stored):
                _set(own, name, value)
        counts = dict(state.pop("counts"))
        if counts.keys() != self._counts.keys():
            raise ValueError(f"the checkpoint measures {sorted(counts)}, this run {sorted(self._counts)}")
        self._counts = counts
        self.rows = state.pop("rows")


def _add(kept: dict[str, Tensor | float], name: str, value: Tensor, times: int = 1) -> None:
    own = kept[name]
    if isinstance(own, Tensor):
        own.add_(value, alpha=times)
    else:  # the product of a float32 and a count is exact, as it is in torch
        kept[name] = own + float(value) * times


def _set(kept: dict[str, Tensor | float], name: str, value: Tensor | float) -> None:
    own = kept[name]
    if isinstance(own, Tensor):
        if isinstance(value, Tensor):
            own.copy_(value)
        else:
            own.fill_(value)  # a copy of a number on the host would wait for the device
    else:
        kept[name] = float(value)
