"""The inputs themselves, through a latent code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.kinds import ModelKind, OptimizerKind
from dlrun.models.composite_spec import CompositeSpec
from dlrun.registry import register
from dlrun.tasks._base.decoder import computed_clashes, decoder_clashes
from dlrun.tasks._base.metrics import LOSS, MSE
from dlrun.tasks.reconstruct.options import ReconstructOptions

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "reconstruct")
class Reconstruct(ReconstructOptions):
    """The inputs themselves, through a code (autoencoders).

    The inputs are the targets; noise on the inputs alone makes it denoising.
    """

    wirings = ("autoencoder", "token_autoencoder")
    packs = compiles = True
    accumulated = (LOSS, MSE)
    scores = "numbers"

    def network_clashes(self, network: CompositeSpec, model: ModelKind, optimizer: OptimizerKind,
                        values: str) -> Iterator[Problem]:
        if not network.trained:
            yield from computed_clashes(self.loss)
            if self.sparsity != "none":
                yield Problem(f"task.sparsity={self.sparsity}", "components are computed, not trained; expected none")
            return
        yield from decoder_clashes(self.loss, network, values)
        outside = model.latent_outside_unit() if self.sparsity == "kl" else ""
        if outside:
            yield Problem("task.sparsity=kl", outside)

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        if self.sparsity == "kl" and config.optimizer.accumulate > 1:
            yield Problem(f"optimizer.accumulate={config.optimizer.accumulate}",
                          "expected 1: task.sparsity=kl is computed from the batch as a whole",
                          origin("optimizer.accumulate"))

    def process_clashes(self) -> Iterator[Problem]:
        if self.sparsity == "kl":
            yield Problem("task.sparsity=kl", "it is computed from the batch as a whole")

    def plots(self) -> Plots:
        from dlrun.tasks.reconstruct.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.models.composite import Composite, TokenAutoencoder
        from dlrun.tasks.reconstruct.task import ReconstructTask

        assert isinstance(context.model, Composite)
        return ReconstructTask(self, context.rng, context.model.spec.parts["decoder"].end,
                               words=isinstance(context.model, TokenAutoencoder))
