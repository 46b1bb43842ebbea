"""Reconstruction: a row through its latent code and back; with noise on the inputs it is denoising."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.models.composite import Autoencoder
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.autoencoder import AutoencoderTask
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.draws import kept, normal
from dlrun.tasks.reconstruct.options import ReconstructOptions

Loss = Callable[[Tensor, Tensor], Tensor]
_EDGE = 1e-7  # a mean activation is at least so far from 0 and 1, where the divergence is infinite


class ReconstructTask(AutoencoderTask):
    """One player, an `Autoencoder`.  Targets are not used.  Of tokens their vectors are reconstructed.

    `end` is the decoder's last function; with `words` a masked input is a whole position's vector.  Evaluation
    corrupts the inputs as training does: after `rng.seed_step` with a number that no step has the same rows give the
    same metrics.
    """

    def __init__(self, config: ReconstructOptions, rng: StepRng, end: str, words: bool = False):
        self.config, self.rng, self.words = config, rng, words
        exact = config.loss == "binary_cross_entropy" or (config.loss == "auto" and end == "sigmoid")
        self._loss: Loss = F.binary_cross_entropy_with_logits if exact else _l2 if config.loss == "l2" else F.mse_loss
        self._finish = torch.sigmoid if exact else _same
        self._read = Autoencoder.raw if exact else Autoencoder.decode
        self._sparsity: Callable[[Tensor], Tensor] | None = {
            "none": None, "l1": _l1, "kl": lambda latent: divergence(latent, config.rho)}[config.sparsity]

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The loss; the reconstructions (rows, ...), before the sigmoid that the loss has in itself, and originals."""
        assert isinstance(model, Autoencoder)
        targets = model.values(batch.x)
        latent = model.latent_of(self.corrupt(targets))
        values = self._read(model, latent).float()  # losses are taken in float32 whatever the forward pass was
        loss = self._loss(values, targets)
        if self._sparsity is not None:
            loss = loss + self.config.sparsity_weight * self._sparsity(latent.float().flatten(1))
        return loss, (values, targets)

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: tuple[Tensor, Tensor],
            batch: Batch) -> None:
        values, targets = outputs
        totals.mean("loss", loss.detach(), batch.rows)
        totals.mean("mse", F.mse_loss(self._finish(values.detach()), targets), batch.rows)

    def scored(self, outputs: tuple[Tensor, Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """The values that the network gives and those of its inputs, (rows, values) each."""
        values, targets = outputs
        return self._finish(values).flatten(1), targets.flatten(1)

    def corrupt(self, x: Tensor) -> Tensor:
        """The inputs with the configured noise: normal noise first, then values set to 0.  Nothing is clipped."""
        if self.config.gaussian:
            x = x + self.config.gaussian * normal(self.rng, x.shape)
        if not self.config.masked:
            return x
        return x * kept(self.rng, x[:, :1].shape if self.words else x.shape, self.config.masked)


def divergence(latent: Tensor, rho: float) -> Tensor:
    """KL(Bernoulli(rho) || Bernoulli(mean over the batch)), summed over the latent units; values lie in [0, 1]."""
    mean = latent.mean(0).clamp(_EDGE, 1 - _EDGE)
    return (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum()


def _l1(latent: Tensor) -> Tensor:
    """The sum of sizes of a row's latent code, mean over the rows (Keras's activity regularizer)."""
    return latent.abs().sum(1).mean()


def _l2(values: Tensor, x: Tensor) -> Tensor:
    """The length of a row's difference, mean over the rows (Buduma & Locascio, ch. 6)."""
    squares = (values - x).flatten(1).square().sum(1)
    return squares.clamp_min(1e-12).sqrt().mean()  # the root has no gradient at 0


def _same(values: Tensor) -> Tensor:
    return values
