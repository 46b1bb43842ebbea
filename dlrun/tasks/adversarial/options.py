"""The keys of task=adversarial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.fields import choice, flag, integer, mapping, number
from dlrun.tasks._base.spec import TaskSpec


@dataclass(frozen=True)
class AdversarialOptions(TaskSpec):
    """The task's options, but its players' optimizers."""

    loss: str = choice("standard", ("standard", "least_squares", "wasserstein"),
                       "standard: cross-entropy, which does not saturate for the generator; wasserstein: mean scores")
    clip_probabilities: float = number(
        0.0, "standard: how near a probability comes to 0 and 1; rows beyond have that loss and no gradient (Keras: "
             "1e-7; 0: no bound)", low=0, high=0.5, below=True)
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
        None, "keys of the optimizer that are the generator's own, as {lr: 0.0004}; with kind, another optimizer",
        holds="optimizer")
