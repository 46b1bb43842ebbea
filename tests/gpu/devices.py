"""Each test of this room runs on a GPU where one is, and, with what the CPU can do of it, here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.helpers.tape import HOST

HERE = torch.cuda.is_available()
GPU = pytest.param("cuda", marks=[pytest.mark.gpu, pytest.mark.skipif(not HERE, reason="no CUDA device is here")])
DEVICES = pytest.mark.parametrize("device", ["cpu", GPU])


class _Refusing(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        if name in HOST and name != "lift_fresh":  # on a GPU the host gives values without waiting, from pinned memory
            raise RuntimeError(f"the host reads from the device: {name}")
        return func(*args, **(kwargs or {}))


@contextmanager
def no_waiting(device: str) -> Iterator[None]:
    """Raises RuntimeError where the host waits for the device; on the CPU, where it reads a number from a tensor."""
    if device == "cpu":
        with _Refusing():
            yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def wait_free(work: Callable[..., Any], device: str, counted: list[int], after: int) -> Callable[..., Any]:
    """`work` that must not wait, from its call number `after` on; each call is counted."""

    def call(*args: Any, **kwargs: Any) -> Any:
        counted.append(1)
        if len(counted) <= after:
            return work(*args, **kwargs)
        with no_waiting(device):
            return work(*args, **kwargs)

    return call
