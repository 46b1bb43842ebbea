"""A generator against a discriminator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.kinds import ModelKind, OptimizerKind
from dlrun.config.schema.optimizer import player_optimizer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.plan import each
from dlrun.record.metric import Metric
from dlrun.registry import find, names, register
from dlrun.tasks.adversarial.mode_collapse import mode_collapse
from dlrun.tasks.adversarial.options import AdversarialOptions

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.sample_metrics import SampleClassifier, SampleMetrics
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


LOSSES = (Metric("discriminator_loss", direction="min", short="d loss", plain=False, doc="Of the discriminator."),
          Metric("generator_loss", direction="min", short="g loss", plain=False, doc="Of the generator."))
SHARES = (Metric("real_accuracy", direction="max", share=True, short="real", doc="Real rows classified as real."),
          Metric("fake_accuracy", direction="max", share=True, short="fake", doc="Generated rows found out."))
CRITIC = (Metric("distance", doc="Mean score of real rows less that of made ones; it says nothing of the samples."),)
OF_SAMPLES = (Metric("duplicates", direction="min", share=True, short="dup", doc="Samples that nearly repeat another."),
              Metric("classes", direction="max", doc="Classes of the data that are among the samples."),
              Metric("sure", direction="max", share=True, doc="Samples that clearly show one class."))


@register("task", "adversarial")
class Adversarial(AdversarialOptions):
    """A generator against a discriminator, by cross-entropy (GANs).

    A discriminator learns to tell real rows from a generator's, and the generator to pass for real.

    The discriminator moves in every step, the generator in every `critic_steps`-th.
    """

    wirings = ("gan",)

    further = OF_SAMPLES
    primary = "discriminator_loss"

    @property
    def compiles(self) -> bool:  # type: ignore[override]
        """Whether its steps are alike and have no gradient of a gradient."""
        return self.critic_steps == 1 and self.fakes != "same" and not self.gradient_penalty

    @property
    def accumulated(self) -> tuple[Metric, ...]:  # type: ignore[override]
        """Scores of a Wasserstein critic have no right and wrong, but a distance."""
        return (*LOSSES, *(CRITIC if self.loss == "wasserstein" else SHARES))

    @classmethod
    def metric_named(cls, name: str) -> Metric | None:
        return next((metric for metric in (*LOSSES, *CRITIC, *SHARES, *OF_SAMPLES) if metric.name == name), None)

    def optimizer(self, player: str, chosen: OptimizerKind) -> OptimizerKind:
        """The optimizer of a player; raises ConfigError where the generator's own keys are wrong."""
        return player_optimizer(self.generator_optimizer, chosen) if player == "generator" else chosen

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        expected = "each network of a GAN changes what the other minimises, and {} sees its batch several times: adam"
        if config.optimizer.needs_closure:
            kind = config.optimizer.kind
            yield Problem(f"optimizer={config.optimizer.name or kind}", expected.format(kind), origin("optimizer"))
        own = (self.generator_optimizer or {}).get("kind")
        if own in names("optimizer") and find("optimizer", own).needs_closure:
            yield Problem(f"task.generator_optimizer.kind={own}", expected.format(own),
                          origin("task.generator_optimizer.kind"))
        if config.interpolation:
            yield Problem("interpolation=true", "the networks of a GAN have no loss in common", origin("interpolation"))

    def process_clashes(self) -> Iterator[Problem]:
        yield Problem("task=adversarial", "two networks look at one batch as a whole")

    def unmeasured(self, metric: str, steps: int) -> str:
        if metric != "train/generator_loss" or self.critic_steps <= steps:
            return ""
        return (f"an epoch has {steps} {'step' if steps == 1 else 'steps'}, and the generator's turn comes once in "
                f"{self.critic_steps} (task.critic_steps); watch train/discriminator_loss")

    def advice(self, config: Config) -> Iterator[str]:
        if self.clip and config.optimizer.gradient_decay:
            yield "clipped weights and momentum seldom train together; optimizer=rmsprop, or optimizer.beta1=0"

    def players_line(self) -> str:
        every = "each step" if self.critic_steps == 1 else f"every {self.critic_steps} steps"
        return f"the discriminator moves; {every} the generator too ({self.order})"

    def network_clashes(self, network: CompositeSpec, model: ModelKind, optimizer: OptimizerKind,
                        values: str) -> Iterator[Problem]:
        critic = network.parts["discriminator"]
        mixing = [layer.kind for layer in each(critic.layers, critic.input_shape) if layer.mixes_rows]
        if self.gradient_penalty and mixing:
            yield Problem(f"task.gradient_penalty={self.gradient_penalty:g}",
                          f"it is of each row alone: no {mixing[0]} in the discriminator (layer_norm is possible)")
        if self.clip_probabilities and self.loss != "standard":
            yield Problem(f"task.clip_probabilities={self.clip_probabilities:g}",
                          f"expected 0: the scores of task.loss={self.loss} are no probabilities")
        if self.updates == "split" and self.order == "simultaneous":
            yield Problem("task.updates=split", "simultaneous players have one update each: task.updates=joint")
        if self.updates == "split" and self.gradient_penalty:
            yield Problem("task.updates=split", "a gradient penalty needs real and generated rows: task.updates=joint")
        if self.order == "simultaneous" and self.generator_steps > 1:
            yield Problem(f"task.generator_steps={self.generator_steps}", "expected 1 with task.order=simultaneous")
        if self.fakes == "same" and optimizer.accumulate > 1:
            yield Problem("task.fakes=same",
                          "the parts of an accumulated batch need latent vectors of their own: fresh")
        try:
            player_optimizer(self.generator_optimizer, optimizer)
        except ConfigError as wrong:
            yield from wrong.problems

    def sample_metrics(self, view: View, classifier: Callable[[], SampleClassifier | None]) -> SampleMetrics:
        from dlrun.tasks.adversarial.sample_metrics import GanSampleMetrics

        return GanSampleMetrics(view, classifier)

    def sample_columns(self, data_spec: DatasetSpec) -> tuple[str, ...]:
        from dlrun.tasks.adversarial.sample_metrics import has_classes

        return ("samples/duplicates", *(("samples/classes",) if has_classes(data_spec) else ()))

    def collapsed(self, rows: Sequence[Mapping[str, Any]], data_spec: DatasetSpec) -> str | None:
        return mode_collapse(rows, len(data_spec.classes))

    def plots(self) -> Plots:
        from dlrun.tasks.adversarial.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.adversarial.task import AdversarialTask

        return AdversarialTask(self, context.rng)
