"""Where torch has one kernel for the whole update."""

from __future__ import annotations

from typing import Any


def is_fused(device: Any) -> bool:
    """Whether torch has fused kernels for Adam, AdamW and SGD on a torch.device."""
    return device.type in ("cuda", "cpu")
