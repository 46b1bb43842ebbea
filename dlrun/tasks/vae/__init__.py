"""The inputs through a random latent code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.kinds import ModelKind, OptimizerKind
from dlrun.models.composite_spec import CompositeSpec
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.decoder import decoder_clashes
from dlrun.tasks._base.metrics import LOSS
from dlrun.tasks.vae.options import VaeOptions

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "vae")
class Vae(VaeOptions):
    """The inputs through a random code that is held near a standard normal (variational autoencoders).

    loss = reconstruction_weight * reconstruction + kl_weight * KL(code || standard normal), means over the rows.
    """

    wirings = ("vae",)
    packs = compiles = True
    accumulated = (LOSS, Metric("reconstruction", direction="min", short="recon", plain=False,
                                doc="How far the outputs are from the inputs, without its weight in the loss."),
                   Metric("kl", direction="min", plain=False, doc="Divergence of the codes from a standard normal."))

    def network_clashes(self, network: CompositeSpec, model: ModelKind, optimizer: OptimizerKind,
                        values: str) -> Iterator[Problem]:
        return decoder_clashes(self.loss, network, values)

    def plots(self) -> Plots:
        from dlrun.tasks.vae.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.models.composite import Composite
        from dlrun.tasks.vae.task import VaeTask

        assert isinstance(context.model, Composite)
        return VaeTask(self, context.rng, context.model.spec.parts["decoder"].end)
