"""A generator against a discriminator: whose turn it is, and the loss of each turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Generator, Tensor, nn

from dlrun.config.seeds import derive_seed
from dlrun.models.composite import Gan, eval_mode, latents
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.draws import normal, uniform
from dlrun.tasks._base.generation import GenerateOptions, Pictures, pictures
from dlrun.tasks._base.task import Task
from dlrun.tasks.adversarial.losses import clip, gradient_penalty, score_loss
from dlrun.tasks.adversarial.options import AdversarialOptions

TurnMetrics = Mapping[str, Tensor]  # metrics of a turn by name; the turn's loss is not among them


class AdversarialTask(Task):
    """Two players of a `Gan`.  Targets are not used.

    Turns are called by their player, or by player and half: "discriminator.real" and "discriminator.fake" where the
    discriminator has an update for each.  A turn's loss has gradients in both networks; the engine gives them to the
    player's own weights alone.  Draws of a discriminator's turn, in order: latent vectors, label noise of real and of
    generated rows, the places of the gradient penalty; dropout masks in the order of the passes.

    Where a book's Keras does otherwise: there the frozen discriminator still drops units while it judges for the
    generator (so here, unless `judge_still`), and `predict` made its fakes (`fakes_as: predict`).  A discriminator with
    batch norm keeps averaging in the generator's turn, which Keras's frozen one does not.
    """

    def __init__(self, config: AdversarialOptions, rng: StepRng):
        self.config, self.rng = config, rng
        self._score_loss = score_loss(config.loss, config.clip_probabilities)
        self._same = Generator(rng.device) if config.fakes == "same" else None
        self._alone, self._with_generator = self._groups()
        self.same_turns = config.critic_steps == 1

    def generate(self, model: nn.Module, state: Mapping[str, Any], options: GenerateOptions) -> Pictures:
        return pictures(model, state, options)

    def _groups(self) -> tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]:
        """The groups of a step in which the discriminator moves alone, and of one in which both do."""
        config = self.config
        if config.order == "simultaneous":
            return (("discriminator",),), (("discriminator", "generator"),)
        halves = ("discriminator",) if config.updates == "joint" else ("discriminator.real", "discriminator.fake")
        alone = tuple((half,) for half in halves)
        return alone, (*alone, *[("generator",)] * config.generator_steps)

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        assert isinstance(model, Gan)
        return {"discriminator": model.discriminator, "generator": model.generator}

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        """The discriminator in each step, and after it the generator in every `critic_steps`-th."""
        return self._with_generator if (step + 1) % self.config.critic_steps == 0 else self._alone

    def after_update(self, player: str) -> Callable[[nn.Module], None] | None:
        """A critic's weights are clipped."""
        limit = self.config.clip
        return (lambda module: clip(module, limit)) if limit and player == "discriminator" else None

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, TurnMetrics]:
        assert isinstance(model, Gan)
        return _TURNS[player](self, model, batch)

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: TurnMetrics, batch: Batch) -> None:
        totals.mean(f"{player.partition('.')[0]}_loss", loss.detach(), batch.rows)
        for name, value in outputs.items():
            totals.mean(name, value, batch.rows)

    def _joint(self, model: Gan, batch: Batch) -> tuple[Tensor, TurnMetrics]:
        """Real and generated rows in one loss: the mean of both parts; a Wasserstein critic's is their sum."""
        fake = self._generated(model, batch.rows)
        on_real, on_fake = self._scores(model, batch.x, fake)
        loss = (self._score_loss(on_real, self._labels(on_real, True))
                + self._score_loss(on_fake, self._labels(on_fake, False)))
        if self.config.loss != "wasserstein":
            loss = loss / 2
        if self.config.gradient_penalty:
            share = uniform(self.rng, (batch.rows, *(1 for _ in batch.x.shape[1:])))
            loss = loss + self.config.gradient_penalty * gradient_penalty(model, batch.x, fake, share)
        return loss, self._score_metrics(on_real, on_fake)

    def _real(self, model: Gan, batch: Batch) -> tuple[Tensor, TurnMetrics]:
        scores = model.score(batch.x).float()
        return self._score_loss(scores, self._labels(scores, True)), self._score_metrics(scores, None)

    def _fake(self, model: Gan, batch: Batch) -> tuple[Tensor, TurnMetrics]:
        scores = model.score(self._generated(model, batch.rows)).float()
        return self._score_loss(scores, self._labels(scores, False)), self._score_metrics(None, scores)

    def _generator(self, model: Gan, batch: Batch) -> tuple[Tensor, TurnMetrics]:
        """The generator's loss: its rows labelled as real ones."""
        made = model.decode(self._latents(model, batch.rows))
        with eval_mode(model.discriminator) if self.config.judge_still else nullcontext():
            scores = model.score(made).float()
        loss = self._score_loss(scores, torch.full_like(scores, self.config.real_label))
        return loss / 2 if self.config.loss == "least_squares" else loss, {}

    @torch.no_grad()
    def _generated(self, model: Gan, rows: int) -> Tensor:
        """Rows for the discriminator, without a way back to the generator."""
        z = self._latents(model, rows)
        with eval_mode(model.generator) if self.config.fakes_as == "predict" else nullcontext():
            return model.decode(z).float()

    def _latents(self, model: Gan, rows: int) -> Tensor:
        if self._same is None and model.prior == "normal":
            return normal(self.rng, (rows, *model.latent))
        if self._same is None:
            return latents(rows, model, self.rng.generator)
        # Seeded again in each turn of a step, so that both players see the same vectors.
        return latents(rows, model, self._same.manual_seed(derive_seed(self.rng.seed, "latent", self.rng.step)))

    def _scores(self, model: Gan, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        if not self.config.one_batch:
            return model.score(real).float(), model.score(fake).float()
        scores = model.score(torch.cat([real, fake])).float()
        return scores[:len(real)], scores[len(real):]

    def _labels(self, scores: Tensor, real: bool) -> Tensor:
        config = self.config
        label = float(config.real_label if real else 1 - config.real_label)
        if real and config.label_smoothing:
            label = abs(label - config.label_smoothing)
        labels = torch.full_like(scores, label)
        return labels + config.label_noise * uniform(self.rng, labels.shape) if config.label_noise else labels

    @torch.no_grad()
    def _score_metrics(self, on_real: Tensor | None, on_fake: Tensor | None) -> TurnMetrics:
        if self.config.loss == "wasserstein":
            if on_real is None or on_fake is None:
                return {}
            return {"distance": on_real.mean() - on_fake.mean()}
        edge = 0.5 if self.config.loss == "least_squares" else 0.0
        found = {}
        for name, scores, label in (("real_accuracy", on_real, self.config.real_label),
                                    ("fake_accuracy", on_fake, 1 - self.config.real_label)):
            if scores is not None:
                found[name] = ((scores > edge) == bool(label)).float().mean()
        return found


_TURNS: dict[str, Callable[[AdversarialTask, Gan, Batch], tuple[Tensor, TurnMetrics]]] = {
    "discriminator": AdversarialTask._joint, "discriminator.real": AdversarialTask._real,
    "discriminator.fake": AdversarialTask._fake, "generator": AdversarialTask._generator}
