"""Where torch has one kernel for the whole update."""

from __future__ import annotations

from dlrun.config.schema.optimizer import Device


def is_fused(device: Device) -> bool:
    """Whether torch has fused kernels for Adam, AdamW and SGD on a torch.device."""
    return device.type in ("cuda", "cpu")
