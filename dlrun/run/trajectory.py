"""What a training computes, step by step, as checksums: batches, outputs of layers, gradients, weights, buffers, state
of the optimizer.  Two trainings are the same where these are, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.data.batches import Batches
from dlrun.engine.fit import Fit
from dlrun.record import digest

BATCH, OUTPUT, GRADIENT, WEIGHT, BUFFER, OPTIMIZER = ("batch", "output", "gradient", "weight", "buffer",
                                                      "state of the optimizer")
Entry = tuple[str, str, int]  # what it is, of which layer or tensor, its checksum


@dataclass
class Trajectory:
    """The entries of each step (counted from 1), in the order in which they came to be."""

    steps: dict[int, list[Entry]] = field(default_factory=dict)

    def difference(self, other: Trajectory) -> Difference | None:
        """Where two trajectories first part, over the steps that both have; None where they do not."""
        for step in sorted(self.steps.keys() & other.steps.keys()):
            ours, theirs = self.steps[step], other.steps[step]
            if ours == theirs:
                continue
            differing = [mine for mine, yours in zip(ours, theirs) if mine != yours]
            if not differing:  # one has more than the other: another way was taken
                longer = max(ours, theirs, key=len)
                return Difference(step, *longer[min(len(ours), len(theirs))][:2], abs(len(ours) - len(theirs)))
            return Difference(step, *differing[0][:2], len(differing))
        return None


@dataclass(frozen=True)
class Difference:
    """The first thing that differs: in which step (from 1), what it is and of which layer or tensor; `count` are all
    that differ in that step."""

    step: int
    what: str
    where: str
    count: int


class Observer:
    """Writes down what a training computes; `last_step` ends it there as an interruption would, by `stop`."""

    def __init__(self, training: Fit, model: nn.Module):
        self.trajectory = Trajectory()
        self._training, self._model, self._entries = training, model, list[Entry]()
        training.batches = _Watched(training.batches, self._add)  # type: ignore[assignment]
        training.callbacks.updates = [self._stepped, *training.callbacks.updates]
        for name, module in model.named_modules():
            if not any(True for _ in module.children()):
                module.register_forward_hook(self._hook(name))

    def _add(self, what: str, where: str, value: Any) -> None:
        self._entries.extend((what, place, checksum(tensor)) for place, tensor in tensors(value, where))

    def _hook(self, name: str) -> Any:
        def passed(module: nn.Module, inputs: Any, output: Any) -> None:
            if module.training:
                self._add(OUTPUT, name or type(module).__name__, output)

        return passed

    def _stepped(self, step: int) -> None:
        for name, weight in self._model.named_parameters():
            if weight.grad is not None:
                self._add(GRADIENT, name, weight.grad)
        for name, weight in self._model.named_parameters():
            self._add(WEIGHT, name, weight)
        for name, buffer in self._model.named_buffers():
            self._add(BUFFER, name, buffer)
        for name, player in self._training.step.players.items():
            self._add(OPTIMIZER, name, player.optimizer.state_dict()["state"])
        self.trajectory.steps[step] = self._entries
        self._entries = []


class _Watched:
    """The batches of a training, each written down before its step."""

    def __init__(self, batches: Batches, add: Any):
        self._batches, self._add = batches, add

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        for x, y in self._batches.steps(start, stop):
            self._add(BATCH, "inputs", x)
            self._add(BATCH, "targets", y)
            yield x, y


def tensors(value: Any, where: str) -> Iterator[tuple[str, Tensor]]:
    """The tensors in a value, which may be nested, each with its place."""
    if isinstance(value, Tensor):
        yield where, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from tensors(member, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, member in enumerate(value):
            yield from tensors(member, where if len(value) == 1 else f"{where}[{place}]")


def checksum(tensor: Tensor) -> int:
    """The checksum of a tensor's bits, whatever its layout: two zeros of other signs differ, equal NaN do not."""
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    return digest.extend(0, flat.view(torch.uint8).numpy().data) if flat.numel() else 0
