"""Whether what was compiled does what torch does: its first step is taken both ways."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from dlrun.engine.compiled.recording import Unsupported

_TOLERANCE = 1e-3  # of the first step against torch's
_WEIGHT = "_weight"  # how the kinds of weights end
_MOVED = 0.05  # of the way that all weights have gone in it
_FAINT = 1e-5  # of a player's largest gradient: what is left where all terms of a sum cancel is smaller


def compare(kinds: Sequence[str], start: Sequence[Tensor], mine: Sequence[Tensor], torchs: Sequence[Tensor],
            faint: Sequence[Tensor | None] = ()) -> None:
    """Raises Unsupported where a step has come to something else; values of one kind are measured by the largest.

    So small a change as a step of SGD makes is nothing beside the weights: how all weights have moved has to be the
    same too.  Elements that are `faint` (see `faint_biases`) are left out where they are numbers.
    """
    mine = [torch.where(left & own.isfinite(), other, own) if left is not None else own
            for own, other, left in zip(mine, torchs, faint)] if faint else mine

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


def faint_biases(gradients: Sequence[Sequence[Tensor | None]]) -> list[Tensor | None]:
    """Of each weight of a player the elements whose gradient is rounding alone, in each of its turns; None of matrices.

    The gradient of a bias before batch norm, or of an attention's keys, is 0 but for rounding, and Adam takes whole
    steps in whatever direction that has: another on each machine, and in another order of the same sums.
    """
    largest = max((float(one.detach().abs().max()) for turn in gradients for one in turn
                   if one is not None and one.numel()), default=0.0)

    def of(turns: Sequence[Tensor | None]) -> Tensor | None:
        found = [one.detach().abs() for one in turns if one is not None]
        return torch.stack(found).amax(0) <= _FAINT * largest if found and found[0].ndim == 1 else None

    return [of(turns) for turns in zip(*gradients)]


def _moved_alike(start: Tensor, mine: Tensor, torchs: Tensor) -> bool:
    if not bool(torchs.isfinite().all()):
        return True  # these were compared one by one
    moved, apart = float((torchs - start).norm()), float((mine - torchs).norm())
    return apart <= _MOVED * moved + 4 * torch.finfo(torch.float32).eps * float(torchs.norm())
