"""A checkpoint is one file with all the state of a run; every stored key is read back.

It is written under another name, flushed to the disk and renamed, so a killed write leaves the old one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch

from dlrun.record.own_file import replacing


class Stateful(Protocol):
    """Something with state.  `load` takes every key out of what `state` gave (`pop`)."""

    def state(self) -> dict[str, Any]: ...

    def load(self, state: dict[str, Any]) -> None: ...


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values atomically."""
    with replacing(path, sync=True) as stream:
        torch.save(content, stream)


def read(path: Path) -> dict[str, Any]:
    """The content of a checkpoint on the CPU; only tensors and plain values are unpickled."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    assert isinstance(content, dict)
    return content


def gather(components: dict[str, Stateful]) -> dict[str, Any]:
    """The state of each component, by its name."""
    return {name: component.state() for name, component in components.items()}


def scatter(content: dict[str, Any], components: dict[str, Stateful]) -> None:
    """Give each component its state; raises ValueError for a component or a key that is missing or not read."""
    if set(content) != set(components):
        raise ValueError(f"the checkpoint holds {sorted(content)}, this run has {sorted(components)}")
    for name, component in components.items():
        state = dict(content[name])
        try:
            component.load(state)
        except KeyError as missing:
            raise ValueError(f"the checkpoint's {name} lacks {missing}") from None
        if state:
            raise ValueError(f"the checkpoint's {name} has unread keys {sorted(state)}")
