"""A plain PyTorch loop, written out: what dlrun has to equal in bits and in time.

It uses dlrun's modules and order of rows, and nothing of its engine.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.data.batches import permutation


def train(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, *, batch_size: int, seed: int,
          epochs: int, noise: Callable[[int], None]) -> list[float]:
    """Epochs of minibatches over resident tensors; the mean training loss of each epoch."""
    step, losses = 0, []
    model.train()
    for epoch in range(epochs):
        order = permutation(len(x), seed, epoch)
        total = 0.0
        for start in range(0, len(x), batch_size):
            index = order[start:start + batch_size]
            noise(step)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(index)
            step += 1
        losses.append(total / len(x))
    return losses
