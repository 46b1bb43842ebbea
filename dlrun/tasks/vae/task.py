"""Variational autoencoders (Kingma and Welling, 2014): reconstruction plus divergence from the prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.models.composite import Vae
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.autoencoder import AutoencoderTask
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.draws import normal
from dlrun.tasks._base.generation import GenerateOptions, Pictures, pictures
from dlrun.tasks.vae.options import VaeOptions

Terms = tuple[Tensor, Tensor]


class VaeTask(AutoencoderTask):
    """One player, a `Vae`.  Targets are not used.

    Each row's latent vector is drawn once, in evaluation too: call ``rng.seed_step`` first, with a number that no
    training step has, and the same rows give the same metrics.

    The books in these terms: Foster is mse, reduction mean, reconstruction_weight his r_loss_factor.  Chollet is
    binary cross-entropy, reduction mean, kl_reduction mean, kl_weight 0.001 (his 5e-4 lacks the divergence's 1/2),
    and, as printed, spread variance.
    """

    def __init__(self, config: VaeOptions, rng: StepRng, end: str):
        self.config, self.rng = config, rng
        exact = config.loss == "binary_cross_entropy" or (config.loss == "auto" and end == "sigmoid")
        self._error: Callable[..., Tensor] = F.binary_cross_entropy_with_logits if exact else F.mse_loss
        self._read = Vae.raw if exact else Vae.decode
        self._half = 0.5 if config.spread == "deviation" else 1.0

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Terms]:
        """The loss, and its two terms without their weights."""
        assert isinstance(model, Vae)
        mu, log_var = (moment.float() for moment in model.moments(batch.x))
        z = mu + (self._half * log_var).exp() * normal(self.rng, mu.shape)
        reconstruction = self._reconstruction(self._read(model, z).float(), batch.x)
        kl = divergence(mu, log_var)
        kl = (kl.sum(1) if self.config.kl_reduction == "sum" else kl.mean(1)).mean()
        loss = self.config.reconstruction_weight * reconstruction + self.config.kl_weight * kl
        return loss, (reconstruction, kl)

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Terms, batch: Batch) -> None:
        for name, value in zip(("loss", "reconstruction", "kl"), (loss, *outputs)):
            totals.mean(name, value.detach(), batch.rows)

    def generate(self, model: nn.Module, state: Mapping[str, Any], options: GenerateOptions) -> Pictures:
        return pictures(model, state, options)

    def _reconstruction(self, values: Tensor, x: Tensor) -> Tensor:
        error = self._error(values, x)  # the mean over all values
        return error * x[0].numel() if self.config.reduction == "sum" else error


def divergence(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, exp(log_var)) || N(0, 1)) of each latent value, (rows, latent)."""
    return 0.5 * (mu.square() + log_var.exp() - 1 - log_var)
