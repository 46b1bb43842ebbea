"""What a picture is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlrun.assembly.components import RunComponents
from dlrun.data.batches import Rows, in_order
from dlrun.data.prepared import Split
from dlrun.record.folder import RunFolder, write_text
from dlrun.record.recorder import Recorder

OUTPUTS = ("classify", "tag", "regress", "multi_label", "multi_output")  # tasks that show all outputs


@dataclass(frozen=True)
class View:
    """A run at the end of an epoch.  `cast` is its precision's context."""

    parts: RunComponents
    folder: RunFolder
    recorder: Recorder
    epoch: int
    cast: Callable[[], Any]

    @property
    def rows(self) -> Rows:
        """The rows that are shown: test, else validation, else training rows."""
        return self.parts.test or self.parts.val or self.parts.train

    @property
    def part(self) -> Split:
        """The same rows as they are stored."""
        prepared = self.parts.prepared
        return next(part for part in (prepared.test, prepared.val, prepared.train) if part is not None)

    @property
    def images(self) -> bool:
        """Whether inputs are pictures that can be shown."""
        return self.parts.prepared.data_spec.input_kind == "image"

    @contextmanager
    def eval_mode(self) -> Iterator[None]:
        """Dropout off, no gradients, and noise that no step has."""
        self.parts.rng.seed_step(-1)
        self.parts.model.eval()
        try:
            with torch.no_grad(), self.cast():
                yield
        finally:
            self.parts.model.train()

    @cached_property
    def passed(self) -> list[tuple[Tensor, Tensor]] | None:
        """Where a measurement of the shown rows leaves what went through; None where no picture needs that."""
        return [] if self.parts.config.task.kind in OUTPUTS else None

    @cached_property
    def outputs(self) -> tuple[Tensor, Tensor]:
        """The model's outputs and the targets of the shown rows, on the CPU: of their measurement, else of a pass."""
        found = self.passed
        if not found:
            with self.eval_mode():
                found = [(self.parts.model(x), y) for x, y in in_order(self.rows, self.parts.evaluate_batch)]
        outputs, targets = (torch.cat(parts).cpu() for parts in zip(*found))
        return outputs.float(), targets

    def write(self, name: str, text: str) -> None:
        """Write ``pictures/<name>.txt`` and tell the recorders, under the name before its number."""
        write_text(self.folder.pictures / f"{name}.txt", text)
        self.recorder.text(name.partition("-")[0], self.epoch, text)

    def save(self, name: str, make: Callable[[Path], None], numbered: bool = False) -> None:
        """Make ``pictures/<name>.png`` and tell the recorders; `numbered` keeps one for each epoch too."""
        path = self.folder.pictures / f"{name}.png"
        make(path)
        self.recorder.picture(name, self.epoch, path)
        if numbered:
            path.with_name(f"{name}-{self.epoch:04d}.png").write_bytes(path.read_bytes())
