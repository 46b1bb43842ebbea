"""Plain PyTorch loops, written out: what dlrun has to equal in bits and in time (benchmarks/families.py).

They use dlrun's modules, noise and order of rows, and nothing of its engine or tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from dlrun.data.batches import permutation
from dlrun.models.step_rng import StepRng

Step = Callable[[Tensor, Tensor], Tensor]  # a batch's inputs and targets -> the loss


def loop(step: Step, x: Tensor, y: Tensor, *, batch_size: int, seed: int, epochs: int,
         rng: Callable[[int], None]) -> list[float]:
    """Epochs of minibatches over resident tensors; the mean training loss of each epoch."""
    number, losses = 0, []
    for epoch in range(epochs):
        order = permutation(len(x), seed, epoch)
        total = 0.0
        for start in range(0, len(x), batch_size):
            index = order[start:start + batch_size]
            rng(number)
            total += step(x[index], y[index]).item() * len(index)
            number += 1
        losses.append(total / len(x))
    return losses


def supervised(model: nn.Module, optimizer: Optimizer, loss_of: Callable[[Tensor, Tensor], Tensor]) -> Step:
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def vae(model: Any, optimizer: Optimizer, rng: StepRng) -> Step:
    """Binary cross-entropy and divergence, both summed over a row's values."""

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        features = model.encoder(x)
        mu, log_var = model.mu(features), model.log_var(features)
        z = mu + (0.5 * log_var).exp() * torch.empty_like(mu).normal_(generator=rng.generator)
        reconstruction = F.binary_cross_entropy_with_logits(model.decoder(z), x) * x[0].numel()
        kl = (0.5 * (mu.square() + log_var.exp() - 1 - log_var)).sum(1).mean()
        loss = reconstruction + kl
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def gan(model: Any, d: Optimizer, g: Optimizer, rng: StepRng) -> Step:
    """The discriminator on real and made rows as one batch, then the generator; the discriminator's loss."""
    generator, discriminator = model.generator, model.discriminator

    def latent(rows: int) -> Tensor:
        return torch.empty(rows, *model.latent).normal_(generator=rng.generator)

    def step(x: Tensor, y: Tensor) -> Tensor:
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        with torch.no_grad():
            fake = generator(latent(len(x)))
        d.zero_grad()
        scores = discriminator(torch.cat([x, fake]))
        judged = (F.binary_cross_entropy_with_logits(scores[:len(x)], ones)
                  + F.binary_cross_entropy_with_logits(scores[len(x):], zeros)) / 2
        judged.backward()
        d.step()
        g.zero_grad()
        F.binary_cross_entropy_with_logits(discriminator(generator(latent(len(x)))), ones).backward()
        g.step()
        return judged.detach()

    return step
