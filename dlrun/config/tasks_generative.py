"""Schemas of the tasks of autoencoders and GANs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.config.optimizers import Optimizer
from dlrun.config.schema.fields import choice, flag, integer, mapping, number
from dlrun.config.schema.player_optimizer import player_optimizer
from dlrun.config.tasks import Task

_LOSS_DOC = ("auto: binary cross-entropy where the model's output is a sigmoid, else the mean squared error; "
             "l2: the length of the difference, sqrt(sum of squares) of each row, as Buduma & Locascio have it")


@dataclass(frozen=True)
class Reconstruct(Task):
    """The inputs themselves are the targets; noise on the inputs alone makes it denoising."""

    kind = "reconstruct"
    measures = ("loss", "mse")
    loss: str = choice("auto", ("auto", "binary_cross_entropy", "mse", "l2"), _LOSS_DOC)
    gaussian: float = number(0.0, "deviation of normal noise that is added to the inputs", low=0)
    masked: float = number(0.0, "share of the inputs that are set to 0; of tokens, whole words", low=0, high=1,
                           below=True)
    sparsity: str = choice("none", ("none", "l1", "kl"),
                           "what keeps the code small: l1 sums its values' sizes; kl holds each unit's mean at rho")
    sparsity_weight: float = number(0.001, "weight of the sparsity in the loss", low=0)
    rho: float = number(0.05, "wanted mean of each unit of the code (kl)", low=0, high=1, above=True, below=True)


@dataclass(frozen=True)
class Vae(Task):
    """loss = reconstruction_weight * reconstruction + kl_weight * KL(code || standard normal), means over the rows."""

    kind = "vae"
    measures = ("loss", "reconstruction", "kl")
    loss: str = choice("auto", ("auto", "binary_cross_entropy", "mse"),
                       "the reconstruction; auto: binary cross-entropy where the model's output is a sigmoid")
    reduction: str = choice("sum", ("sum", "mean"), "of the reconstruction over the values of a row")
    kl_reduction: str = choice("sum", ("sum", "mean"), "of the divergence over the code")
    reconstruction_weight: float = number(1.0, "weight of the reconstruction; Foster's r_loss_factor", low=0)
    kl_weight: float = number(1.0, "weight of the divergence", low=0)
    spread: str = choice("deviation", ("deviation", "variance"),
                         "z = mu + exp(log_var / 2) * noise; variance: exp(log_var) * noise, as Chollet prints it")


@dataclass(frozen=True)
class Adversarial(Task):
    """A discriminator learns to tell real rows from a generator's, and the generator to pass for real.

    The discriminator moves in every step, the generator in every `critic_steps`-th.
    """

    kind = "adversarial"
    loss: str = choice("standard", ("standard", "least_squares", "wasserstein"),
                       "standard: cross-entropy, which does not saturate for the generator; wasserstein: mean scores")
    order: str = choice("alternating", ("alternating", "simultaneous"),
                        "simultaneous: both gradients are taken before either update")
    critic_steps: int = integer(1, "steps of the discriminator for each turn of the generator", low=1)
    generator_steps: int = integer(1, "updates of the generator in its turn, each with new samples", low=1)
    updates: str = choice("joint", ("joint", "split"),
                          "joint: the discriminator sees real and generated rows at once; split: an update for each")
    one_batch: bool = flag(True, "joint: real and generated rows pass as one batch (matters for batch norm alone)")
    fakes: str = choice("fresh", ("fresh", "same"), "whether the generator is judged on new latent vectors")
    fakes_as: str = choice("train", ("train", "predict"),
                           "mode of the generator when it makes fakes for the discriminator; predict, as Keras's "
                           "predict: batch norm by its averages, no dropout")
    judge_still: bool = flag(False, "no dropout in the discriminator while it judges for the generator")
    real_label: int = choice(1, (1, 0), "label of real rows; the generated have the other")
    label_noise: float = number(0.0, "width of the uniform noise that is added to the discriminator's labels", low=0)
    label_smoothing: float = number(0.0, "how far the labels of real rows alone are moved from theirs", low=0, high=1,
                                    below=True)
    clip: float | None = number(None, "largest size of the discriminator's weights, enforced after its updates", low=0,
                                above=True)
    gradient_penalty: float = number(0.0, "weight of (1 - |gradient at points between real and generated|)^2", low=0)
    generator_optimizer: dict[str, Any] | None = mapping(
        None, "keys of the optimizer that are the generator's own, as {lr: 0.0004}; with kind, another optimizer")

    @property
    def measures(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names behind ``train/``; scores of a Wasserstein critic have no right and wrong, but a distance."""
        told = ("distance",) if self.loss == "wasserstein" else ("real_accuracy", "fake_accuracy")
        return ("discriminator_loss", "generator_loss", *told)

    def optimizer(self, player: str, chosen: Optimizer) -> Optimizer:
        """The optimizer of a player; raises Problems where the generator's own keys are wrong."""
        return player_optimizer(self.generator_optimizer, chosen) if player == "generator" else chosen


GENERATIVE_TASKS: tuple[type[Task], ...] = (Reconstruct, Vae, Adversarial)
