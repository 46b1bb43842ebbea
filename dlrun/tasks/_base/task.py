"""What a task is to the engine: players, whose turn it is, a loss for each; and what its outputs mean.

A player is a set of parameters with its own loss and optimizer.  A classifier has one; a GAN has two,
and its task says in which steps each of them moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from dlrun.data.dataset_spec import DatasetSpec
    from dlrun.data.prepared import PreparedData, Split
    from dlrun.data.scale import Target
    from dlrun.metrics._gathered import Predictions
    from dlrun.tasks._base.accumulator import MetricAccumulator
    from dlrun.tasks._base.baseline import Baseline
    from dlrun.tasks._base.batch import Batch
    from dlrun.tasks._base.generation import Generated, GenerateOptions
    from dlrun.tasks._base.prediction import Column

_ONE: Sequence[Sequence[str]] = (("model",),)


class Task:
    """A task is made once for a run, by its spec; it holds no state that changes with the steps.

    A task has to have `loss` and `add`.  By default the whole model is its only player, "model", and moves in every
    step; there is no baseline, and outputs are no predictions.
    """

    same_turns = True  # whether `turn` is the same for all steps

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        """The networks that move, by name; together they own every parameter."""
        return {"model": model}

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        """Who moves in this step: groups of players; in a group all gradients are taken before any update."""
        return _ONE

    def after_update(self, player: str) -> Callable[[nn.Module], None] | None:
        """What is done to a player's module after each of its updates; None for nothing."""
        return None

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Any]:
        """A player's mean loss over the batch, and the outputs it was computed from."""
        raise NotImplementedError

    def direct(self, player: str, outputs: Tensor, batch: Batch) -> tuple[Tensor, Any, Tensor] | None:
        """A turn's loss of outputs, what `add` reads, and the loss's gradient by the outputs, without a graph.

        Only where these have autograd's bits, for a network that trains; None where autograd has to find the gradient.
        """
        return None

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Any, batch: Batch) -> None:
        """Add what a player's turn has shown to the running sums; no host synchronisation."""
        raise NotImplementedError

    def scored(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        """What a metric of the user's choice sees of a batch, as `metrics._protocol.RunMetric.update` has it.

        `outputs` are those of `loss`.  Called only where the task's spec says what it `scores`.
        """
        raise NotImplementedError

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        """What was predicted of all rows, by target: ``{"": ...}`` where there is one.

        `passed` are each batch's outputs, those of `loss`, and its targets.  Called only where the spec `gathers`.
        """
        raise NotImplementedError

    def compute(self, metrics: dict[str, float]) -> dict[str, float]:
        """The metrics that people read, from the means (a perplexity from a mean loss)."""
        return metrics

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The outputs (width,) that, given to every row, make the loss on targets y least (`model=majority`)."""
        raise NotImplementedError

    def answers(self, y: Tensor, width: int) -> Tensor:
        """The outputs (rows, width) that say the targets y for sure (`model=permuted`)."""
        raise NotImplementedError

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline | None:
        """What is printed beside the result on the rows of `split`: outputs that need no pass over the inputs."""
        return None

    def predict(self, model: nn.Module, x: Tensor) -> Tensor:
        """What `predictions` reads, for rows on the device (rows, ...): the model's outputs."""
        outputs: Tensor = model(x)
        return outputs

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        """The outputs that say the weighted mean of what several networks predict (`dlrun ensemble`).

        `outputs` are those of `predict` (members, rows, ...), `weights` (members,) sum to 1.
        """
        raise NotImplementedError

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        """What is predicted of each row; `targets` are the scales of targets that are numbers."""
        raise NotImplementedError

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        """What a file that loads without dlrun gives of rows, by name: probabilities, numbers in their unit.

        `outputs` are those of `predict`.  Traced, so without branching on their values.
        """
        return {"outputs": outputs}

    def generate(self, model: nn.Module, state: Mapping[str, Any], options: GenerateOptions) -> Generated:
        """A text or pictures that a trained model makes (`dlrun generate`).

        `state` is the preprocessing state of the run (`data.preprocessing_state`): its vocabulary, scales and spec.
        The same `options.seed` gives the same.
        """
        raise NotImplementedError

    @property
    def generates(self) -> bool:
        """Whether it generates anything, which is whether it has `generate` of its own."""
        return type(self).generate is not Task.generate

    @property
    def averages(self) -> bool:
        """Whether predictions have a mean, which is whether it has `averaged` of its own."""
        return type(self).averaged is not Task.averaged

    @property
    def predicts(self) -> bool:
        """Whether it predicts anything of a row, which is whether it has `predictions` of its own."""
        return type(self).predictions is not Task.predictions


def member_loss(loss: Callable[[Tensor, Tensor], Tensor], outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of outputs (rows, width), and these; of (rows, members, width) the mean of the members' losses, and the
    mean outputs (`models.layers.member_mean`)."""
    if outputs.ndim == 2:
        return loss(outputs, y), outputs
    each = loss(outputs.flatten(0, 1), y.repeat_interleave(outputs.shape[1], 0))
    return each, outputs.mean(1)
