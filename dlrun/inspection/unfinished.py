"""What an iterative method has so far, so that one that was killed goes on where it was, to the same bits."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from dlrun.engine.checkpoint import read, save
from dlrun.models.pretrained.module import whole_state
from dlrun.record.own_file import remove_halves
from dlrun.record.stored import Damaged

NAME = "unfinished.pt"
KEEP_SECONDS = 10.0  # between two times that it is written: what a killed one computes again, at most


class Unfinished:
    """The state of one inspection in its method's folder; another one, of other settings, begins anew.

    `about` is everything that its result depends on.
    """

    def __init__(self, folder: Path, about: str, say: Callable[[str], None]):
        self._path, self._about, self._say = folder / NAME, about, say
        self._kept = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """What was kept last of the same inspection; None where there is nothing, or it was damaged, which is said."""
        remove_halves(self._path.parent, NAME)
        try:
            content = read(self._path, "it begins anew")
        except FileNotFoundError:
            return None
        except Damaged as damaged:
            self._say(f"{NAME}: {damaged.wrong}; it begins anew")
            return None
        return content["state"] if content.get("about") == self._about else None

    def keep(self, state: dict[str, Any]) -> None:
        """Write tensors and plain values, unless that was done less than ten seconds ago."""
        if time.monotonic() - self._kept >= KEEP_SECONDS:
            save(self._path, {"about": self._about, "state": state})
            self._kept = time.monotonic()

    def done(self) -> None:
        """It is finished: nothing is kept."""
        self._path.unlink(missing_ok=True)


def digest_of(model: nn.Module, *more: Tensor | str) -> str:
    """A hash of all weights of a network, and of tensors and texts beside."""
    found = hashlib.sha256()
    for name, value in sorted(whole_state(model).items()):
        found.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    for one in more:
        found.update(one.encode() if isinstance(one, str) else one.detach().contiguous().numpy().tobytes())
    return found.hexdigest()
