"""Numbers of the host on a device, without waiting for it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def on_device(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A tensor of these (nested) numbers.

    To a GPU it is copied from pinned memory of its own, behind what is queued there; torch keeps that memory until the
    copy is done.
    """
    if device.type != "cuda":
        return torch.tensor(values, dtype=dtype, device=device)
    return torch.tensor(values, dtype=dtype).pin_memory().to(device, non_blocking=True)
