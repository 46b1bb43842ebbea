"""Batches of one split: a function of the step alone, so that nothing is replayed after a stop.

The rows of pass p are ordered by a permutation drawn from (seed, "order", p); step s takes the next
`batch_size` of them, going on into the next pass.  The order is drawn on the CPU and is therefore equal on
every device; the rows lie on the device where they fit, and come from the host, one batch ahead, where not.
Rows that are read when a step needs them (`data.streamed_rows`) follow from (seed, pass, row).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlrun.config.seeds import derive_seed
from dlrun.data.prepared import Split
from dlrun.data.scale import Scale, squeezed

Augmentation = Callable[[Tensor, torch.Generator], Tensor]  # changes a batch of inputs; draws from the generator
Mix = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]  # of inputs, targets and a seed: both, mixed with others


class Rows:
    """The rows of a split, with their way to inputs: its form (`data.form`) and value = (stored - offset) * factor.

    Inputs are float32, or int64 for ids.  Targets are int64 for classes and ids, float32 for numbers and for several
    labels, of the shape (rows, 0) where there are none.
    """

    streamed = False  # whether a batch of training rows is read when it is needed: see `data.streamed_rows`

    def __init__(self, split: Split, scale: Scale, device: torch.device, resident: bool, channels_last: bool = False):
        self.device, self.resident, self.form = device, resident, split.form
        self.count = len(split)
        y = np.zeros((self.count, 0), np.float32) if split.y is None else split.y
        self.host_bytes = split.x.nbytes + y.nbytes
        self._x_host, self._y_host, self._places_host = split.x, y, split.rows
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        offset, factor = _broadcast(scale.offset, split.x.ndim), _broadcast(scale.factor, split.x.ndim)
        self._offset = None if not np.any(offset) else _tensor(offset, device)
        self._factor = None if np.all(factor == 1) else _tensor(factor, device)
        self._squeeze = None if scale.squeeze is None else _tensor(scale.squeeze, device)
        if split.form.windows is not None:
            self._seen = _seen(split.form.windows.length, split.form.windows.step)
        if resident:
            self.x, self.y = _tensor(split.x, device), _tensor(y, device)
            if split.rows is not None:
                self._places, self._seen = _tensor(split.rows, device), _tensor(self._seen, device)
            if self.x.is_floating_point():  # scaled once; a gather then gives the values
                self.x = self._scaled(self.x)
                self._offset = self._factor = self._squeeze = None

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """The rows at `index` (int64, on the device if resident, else on the CPU)."""
        if self.resident:
            if self._places_host is None:
                return self._inputs(self.x.index_select(0, index)), _targets(self.y.index_select(0, index))
            return self._of(*self._windows(self.x, self.y, self._places, index))
        where = index.numpy()
        if self._places_host is None:
            return self._sent(self._x_host[where], self._y_host[where])
        return self._sent(*self._windows(self._x_host, self._y_host, self._places_host, where))

    def targets(self, index: Tensor) -> Tensor:
        """Of resident rows at `index`, none of them a window, the targets alone."""
        return _targets(self.y.index_select(0, index))

    def range(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Rows start to stop in their stored order."""
        if self._places_host is not None:
            return self.take(torch.arange(start, stop, device=self.device if self.resident else None))
        if self.resident:
            return self._of(self.x[start:stop], self.y[start:stop])
        return self._sent(np.array(self._x_host[start:stop]), np.array(self._y_host[start:stop]))

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All rows once, in their stored order."""
        for start in range(0, self.count, batch_size):
            yield self.range(start, min(start + batch_size, self.count))

    def batches(self, requested: Iterable[tuple[int, Tensor]]) -> Generator[tuple[Tensor, Tensor], None, None]:
        """Several batches, each of a pass (its number) and the rows at an index."""
        return (self.take(index) for _, index in requested)

    def _windows(self, x: Any, y: Any, places: Any, index: Any) -> tuple[Any, Any]:
        seen = places[index][:, None] + self._seen  # (rows, length): steps of the series
        return x[seen], x[seen + 1] if self.form.next_tokens else y[index]

    def _sent(self, x: np.ndarray, y: np.ndarray) -> tuple[Tensor, Tensor]:
        tensors = [torch.from_numpy(np.ascontiguousarray(x)), torch.from_numpy(np.ascontiguousarray(y))]
        if self.device.type == "cuda":
            tensors = [tensor.pin_memory() for tensor in tensors]
        return self._of(*(tensor.to(self.device, non_blocking=True) for tensor in tensors))

    def _of(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return self._inputs(x), _targets(y)

    def _inputs(self, x: Tensor) -> Tensor:
        return _INPUTS[self.form.kind](self, x)

    def _values(self, x: Tensor) -> Tensor:
        if self.form.windows is not None:
            return self._scaled(x).transpose(1, 2).contiguous()  # (rows, length, features) as they lie in time
        if self._offset is None and self._factor is None and self._squeeze is None and x.is_floating_point():
            return x.contiguous(memory_format=self._format) if x.ndim == 4 else x
        values = x.to(torch.float32, memory_format=self._format) if x.ndim == 4 else x.float()
        return self._scaled(values, own=not x.is_floating_point())

    def _scaled(self, x: Tensor, own: bool = False) -> Tensor:
        """In place where the values are our `own`, which saves a pass through memory."""
        if self._offset is not None:
            x = x.sub_(self._offset) if own else x - self._offset
        if self._factor is not None:
            x = x.mul_(self._factor) if own else x * self._factor
        return x if self._squeeze is None else squeezed(x, self._squeeze)

    def _multi_hot(self, ids: Tensor) -> Tensor:
        # Rows are filled up with the id `size`, whose column is cut off again: a view, no copy.
        vectors = torch.zeros(len(ids), self.form.size + 1, device=ids.device)
        return vectors.scatter_(1, ids.long(), 1.0)[:, :-1]

    def _one_hot(self, ids: Tensor) -> Tensor:
        vectors = torch.zeros(len(ids), self.form.size, ids.shape[1], device=ids.device)
        return vectors.scatter_(1, ids.long()[:, None], 1.0)


# By the form of what is stored.  Not methods that rows hold of themselves: only Python's collector would free these
# rows, long after their run has ended.
_INPUTS: dict[str, Callable[[Rows, Tensor], Tensor]] = {
    "values": Rows._values, "tokens": lambda rows, ids: ids.long(), "multi_hot": Rows._multi_hot,
    "one_hot": Rows._one_hot}


class Batches:
    """Training batches by step.  `batch_size` rows each; the last of a pass may be smaller, as in Keras.

    Without `shuffle` every pass takes the rows as they are stored.  `whole` leaves rows out that do not fill a batch:
    a stateful network carries row i of a batch on in row i of the next, so that all must be of one size.
    Targets that `mix` has mixed are floats: of classes the share of each, (rows, classes).
    """

    def __init__(self, rows: Rows, batch_size: int, seed: int, augment: Augmentation | None = None, *,
                 shuffle: bool = True, whole: bool = False, mix: Mix | None = None):
        self.mix = mix
        self.rows, self.batch_size, self.seed, self.augment, self.shuffle = rows, batch_size, seed, augment, shuffle
        self.steps_in_pass = rows.count // batch_size if whole else -(-rows.count // batch_size)
        self._pass, self._order = -1, torch.empty(0)
        self._generator = torch.Generator(rows.device)

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of steps start to stop (exclusive)."""
        if self.rows.resident:
            for step in range(start, stop):
                yield self._batch(step)
            return
        if self.rows.streamed:
            with closing(self.rows.batches(map(self._requested, range(start, stop)))) as batches:
                for step, (x, y) in zip(range(start, stop), batches):
                    yield self._augmented(x, y, step)
            return
        with ThreadPoolExecutor(1) as ahead:  # one batch is read while another is trained on
            coming = ahead.submit(self._batch, start) if start < stop else None
            for step in range(start, stop):
                assert coming is not None
                batch = coming.result()
                coming = ahead.submit(self._batch, step + 1) if step + 1 < stop else None
                yield batch

    def places(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Of the steps start to stop (exclusive) the places of their rows, as `Rows.take` has them, twice."""
        for step in range(start, stop):
            index = self._requested(step)[1]
            yield index, index

    def places_from(self, step: int, most: int) -> Tensor:
        """The places of the rows of up to `most` steps from `step` on, of one pass; of a smaller last batch alone."""
        self._requested(step)
        place, whole = step % self.steps_in_pass, len(self._order) // self.batch_size
        last = max(min(place + most, whole), place + 1)
        return self._order[place * self.batch_size:last * self.batch_size]

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        x, y = self.rows.take(self._requested(step)[1])
        return self._augmented(x, y, step)

    def _requested(self, step: int) -> tuple[int, Tensor]:
        """The number of a step's pass, and the places of its rows."""
        number, place = divmod(step, self.steps_in_pass)
        if number != self._pass:
            self._pass, self._order = number, self._permutation(number)
        return number, self._order[place * self.batch_size:(place + 1) * self.batch_size]

    def _augmented(self, x: Tensor, y: Tensor, step: int) -> tuple[Tensor, Tensor]:
        if self.augment is not None:
            self._generator.manual_seed(derive_seed(self.seed, "augment", step))
            x = self.augment(x, self._generator)
        return (x, y) if self.mix is None else self.mix(x, y, derive_seed(self.seed, "mix", step))

    def _permutation(self, number: int) -> Tensor:
        count = self.rows.count
        order = permutation(count, self.seed, number) if self.shuffle else torch.arange(count)
        return order.to(self.rows.device) if self.rows.resident else order


def permutation(count: int, seed: int, number: int) -> Tensor:
    """The order of the rows in pass `number`, int64 on the CPU."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive_seed(seed, "order", number)))


def in_order(rows: Rows, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All rows once, in their stored order."""
    return rows.in_order(batch_size)


def _seen(length: int, step: int) -> Any:
    return np.arange(length) * step


def _targets(y: Tensor) -> Tensor:
    """Stored small, used as torch's losses take them: 0/1 labels as floats, ids as int64."""
    if y.dtype == torch.uint8:
        return y.float()
    return y if y.is_floating_point() else y.long()


def _tensor(array: np.ndarray, device: torch.device) -> Tensor:
    writable = array if array.flags.writeable else np.array(array)  # memory-mapped rows are copied once
    return torch.from_numpy(np.ascontiguousarray(writable)).to(device)


def _broadcast(values: np.ndarray, ndim: int) -> np.ndarray:
    """Per-channel (or per-feature) values shaped to stand beside (rows, channels, ...)."""
    values = np.asarray(values, dtype=np.float32)
    return values if values.ndim == 0 else values.reshape((1, -1) + (1,) * (ndim - 2))
