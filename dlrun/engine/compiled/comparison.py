"""Whether what was compiled does what torch does: its first step is taken both ways."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from dlrun.engine.compiled.recording import Unsupported

_TOLERANCE = 1e-3  # of the first step against torch's
_WEIGHT = "_weight"  # how the kinds of weights end
_MOVED = 0.05  # of the way that all weights have gone in it


def compare(kinds: Sequence[str], start: Sequence[Tensor], mine: Sequence[Tensor], torchs: Sequence[Tensor]) -> None:
    """Raises Unsupported where a step has come to something else; values of one kind are measured by the largest.

    So small a change as a step of SGD makes is nothing beside the weights: how all weights have moved has to be the
    same too, but for the directions of gradients that are rounding alone (of a bias before batch norm).
    """
    def joined(values: Sequence[Tensor], of: Collection[str]) -> Tensor:
        found = [value.reshape(-1) for kind, value in zip(kinds, values) if kind in of]
        return torch.cat(found) if found else torch.empty(0)

    same = True
    for kind in dict.fromkeys(kinds):
        own, other = joined(mine, [kind]), joined(torchs, [kind])
        finite = other[other.isfinite()].abs()
        largest = float(finite.max()) if finite.numel() else 0.0
        same = same and torch.allclose(own, other, rtol=_TOLERANCE, atol=_TOLERANCE * largest, equal_nan=True)
    weights = {kind for kind in kinds if kind.endswith(_WEIGHT)}
    if not same or not _moved_alike(*(joined(values, weights).double() for values in (start, mine, torchs))):
        raise Unsupported("what is compiled differs from torch's")


def _moved_alike(start: Tensor, mine: Tensor, torchs: Tensor) -> bool:
    if not bool(torchs.isfinite().all()):
        return True  # these were compared one by one
    moved, apart = float((torchs - start).norm()), float((mine - torchs).norm())
    return apart <= _MOVED * moved + 4 * torch.finfo(torch.float32).eps * float(torchs.norm())
