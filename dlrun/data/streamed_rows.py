"""Rows that are read when a step needs them, ahead of it where that helps: by threads, or by processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from dlrun.data.batches import Rows
from dlrun.data.prepared import Split
from dlrun.data.reading_processes import read_by_processes, reading_processes
from dlrun.data.scale import Scale

THREADS = 4
WORTH_SECONDS = 2.0  # of reading in a row that processes are started for
Arrays = tuple[np.ndarray, np.ndarray]
Read = Callable[[int | None, np.ndarray], Arrays]


class StreamedRows(Rows):
    """The rows of a split that are read by its `stream`; nothing of them lies on the device.

    `batches` reads for training: where rows are drawn, those of (seed, number of the pass, row).  All else (`take`,
    `range`, `in_order`) reads each row as it is whenever it is measured.  How rows are read decides no bit of them.
    """

    streamed = True

    def __init__(self, split: Split, scale: Scale, device: torch.device, channels_last: bool, seed: int):
        super().__init__(split, scale, device, False, channels_last)
        assert split.stream is not None
        self._stream, self._seed = split.stream, seed

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        return self._sent(*self._read(None, index.cpu().numpy()))

    def range(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        return self._sent(*self._read(None, np.arange(start, stop)))

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        starts = range(0, self.count, batch_size)
        return self._ahead(((None, np.arange(start, min(start + batch_size, self.count))) for start in starts),
                           self.count)

    def batches(self, requested: Iterable[tuple[int, Tensor]]) -> Generator[tuple[Tensor, Tensor], None, None]:
        return self._ahead(((number, index.numpy()) for number, index in requested), self.count)

    def _read(self, number: int | None, places: np.ndarray) -> Arrays:
        drawn = number is not None and self._stream.reader.drawn
        x, y = self._stream.at(places, (self._seed, number) if drawn and number is not None else None)
        return x, self._y_host[places] if y is None else y

    def _ahead(self, requested: Iterator[tuple[int | None, np.ndarray]], rows: int
               ) -> Generator[tuple[Tensor, Tensor], None, None]:
        """The batches in their order; `rows` are how many will about be read."""
        reader = self._stream.reader
        if reader.parallel == "threads":
            read = _by_threads(self._read, requested)
        elif (reader.parallel == "processes" and reader.seconds * rows > WORTH_SECONDS
              and (processes := reading_processes())):
            read = read_by_processes(self._read, requested, processes)
        else:
            read = (self._read(*each) for each in requested)
        return (self._sent(*arrays) for arrays in read)


def _by_threads(read: Read, requested: Iterator[tuple[int | None, np.ndarray]]) -> Iterator[Arrays]:
    pool, coming = ThreadPoolExecutor(THREADS), deque[Future[Arrays]]()
    try:
        for each in requested:
            coming.append(pool.submit(read, *each))
            if len(coming) > THREADS:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
