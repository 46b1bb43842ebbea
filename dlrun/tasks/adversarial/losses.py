"""The losses of GANs on scores, and what keeps a critic smooth."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.models.composite import Gan


def wasserstein(scores: Tensor, labels: Tensor) -> Tensor:
    """Minus the mean score of rows with label 1; plus, with label 0 (Foster's -mean(y * score) with y = 1 and -1)."""
    return -((2 * labels - 1) * scores).mean()


# The mean loss of scores (rows, 1) against labels, 1 and 0 or between and beyond.
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "standard": F.binary_cross_entropy_with_logits, "least_squares": F.mse_loss, "wasserstein": wasserstein,
}


def score_loss(loss: str, nearest: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of that name; `nearest` is how near probabilities come to 0 and 1 (standard), 0 for no bound.

    A score beyond has the bound's loss and no gradient, as where Keras clips a sigmoid's output.
    """
    if not nearest:
        return LOSSES[loss]
    most = log((1 - nearest) / nearest)
    return lambda scores, labels: LOSSES[loss](scores.clamp(-most, most), labels)


def gradient_penalty(model: Gan, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Mean of (1 - |gradient of the score|)^2 at share * real + (1 - share) * fake (Gulrajani et al., 2017).

    `share` is (rows, 1, ...), from 0 to 1; the norm is over all values of a row.  It has gradients of its own while
    the model trains, and is taken without any in evaluation.
    """
    with torch.enable_grad():
        between = (share * real + (1 - share) * fake).requires_grad_()
        scores = model.score(between)
        gradient, = torch.autograd.grad(scores.sum(), between, create_graph=model.training)
    # The root has no gradient at 0, where a critic of dead relus is.
    length = gradient.float().flatten(1).square().sum(1).clamp_min(1e-12).sqrt()
    return (1 - length).square().mean()


@torch.no_grad()
def clip(module: nn.Module, limit: float) -> None:
    """Every parameter back into [-limit, limit] (Arjovsky et al., 2017)."""
    for weight in module.parameters():
        weight.clamp_(-limit, limit)
