"""CUDA graphs: the kernels of a step, recorded once and launched again by one call.

A small step on a GPU costs the launches of its hundred kernels, some microseconds each.  A graph launches all at once;
they are the same kernels on the same memory, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor

WARM = 2  # times that work is done as it stands, before it is recorded: libraries choose and load their kernels then

Capture = Callable[[Callable[[], None]], Callable[[], None]]  # work -> a call that does it again


class Replays:
    """Does work on tensors: as it stands, or again by what `capture` has recorded of it; None: always as it stands.

    What is recorded must read and write the same memory each time, and no host; inputs are copied to where it reads
    them.  Where recording fails, `failed` says why, and all is done as it stands from there on.
    """

    def __init__(self, capture: Capture | None):
        self._capture = capture
        self.failed: str | None = None
        self._done: dict[Hashable, int] = {}
        self._inputs: dict[Hashable, Sequence[Tensor]] = {}
        self._again: dict[Hashable, Callable[[], None]] = {}

    def __call__(self, key: Hashable, work: Callable[..., None], inputs: Sequence[Tensor]) -> None:
        """`work(*inputs)`; of equal keys it is the same work, on inputs of the same shapes."""
        if self._capture is None:
            work(*inputs)
            return
        if key not in self._inputs:
            self._inputs[key] = [torch.empty_like(each, memory_format=torch.contiguous_format) for each in inputs]
        for place, given in zip(own := self._inputs[key], inputs):
            place.copy_(given)
        if key not in self._again:
            self._done[key] = done = self._done.get(key, 0) + 1
            if done <= WARM:
                work(*own)
                return
            try:
                self._again[key] = self._capture(lambda: work(*own))
            except RuntimeError as error:  # nothing was executed
                self.failed, self._capture = str(error).partition("\n")[0], None
                work(*own)
                return
        self._again[key]()

    def forget(self) -> None:
        """The memory that work reads and writes is another from here on."""
        for kept in (self._done, self._inputs, self._again):
            kept.clear()


def without_graph(failed: str) -> str:
    """What a run is told where its steps could not be recorded."""
    return f"steps are no CUDA graph, and are launched kernel by kernel: {failed}"


def capture_on(device: torch.device) -> Capture | None:
    """How work on this device is recorded; None where it cannot be."""
    return CudaCapture(device) if device.type == "cuda" else None


class CudaCapture:
    """Records CUDA graphs whose own memory is one pool: they are launched one after another, and keep nothing there."""

    def __init__(self, device: torch.device):
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        with torch.cuda.device(self._device):  # what is recorded is a stream of the current device
            graph = torch.cuda.CUDAGraph()
            # Other threads of this process (TensorBoard's, the loader's) may go on with what they do.
            with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                work()
        return graph.replay
