"""What a plot is made from: a run at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.schema.root import Config
from dlrun.data.batches import Batches, Rows, in_order
from dlrun.data.prepared import PreparedData, Split
from dlrun.models.step_rng import StepRng
from dlrun.record.folder import RunFolder, write_text
from dlrun.record.own_file import replacing
from dlrun.record.recorder import Recorder
from dlrun.tasks._base.task import Task


@dataclass(frozen=True)
class View:
    """A run at the end of an epoch: the weights are those of `epoch` (0 before training), or at the end those kept.

    `evaluate_batch` is how many rows are measured at once, `cast` the context of the run's precision; `predicted` gives
    what was predicted of the shown rows by target (see `Task.gathered`), {} where that was not gathered.
    """

    config: Config
    task: Task
    model: nn.Module
    prepared: PreparedData
    rng: StepRng
    batches: Batches
    train: Rows
    val: Rows | None
    test: Rows | None
    evaluate_batch: int
    folder: RunFolder
    recorder: Recorder
    epoch: int
    cast: Callable[[], Any]
    predicted: Callable[[], Mapping[str, Any]] = dict

    @property
    def rows(self) -> Rows:
        """The rows that are shown: test, else validation, else training rows."""
        return self.test or self.val or self.train

    @property
    def split(self) -> Split:
        """The same rows as they are stored."""
        prepared = self.prepared
        return next(split for split in (prepared.test, prepared.val, prepared.train) if split is not None)

    @property
    def images(self) -> bool:
        """Whether inputs are pictures that can be shown."""
        return self.prepared.data_spec.input_kind == "image"

    @contextmanager
    def eval_mode(self) -> Iterator[None]:
        """Dropout off, no gradients, and noise that no step has."""
        self.rng.seed_step(-1)
        self.model.eval()
        try:
            with torch.no_grad(), self.cast():
                yield
        finally:
            self.model.train()

    @cached_property
    def passed(self) -> list[tuple[Tensor, Tensor]] | None:
        """Where a measurement of the shown rows leaves what went through; None where no picture needs that."""
        return [] if self.config.task.plots().outputs else None

    @cached_property
    def outputs(self) -> tuple[Tensor, Tensor]:
        """The model's outputs and the targets of the shown rows, on the CPU: of their measurement, else of a pass."""
        found = self.passed
        if not found:
            with self.eval_mode():
                found = [(self.model(x), y) for x, y in in_order(self.rows, self.evaluate_batch)]
        outputs, targets = (torch.cat(rows).cpu() for rows in zip(*found))
        return outputs.float(), targets

    def write(self, name: str, text: str) -> None:
        """Write ``pictures/<name>.txt`` and tell the recorders, under the name before its number."""
        write_text(self.folder.pictures / f"{name}.txt", text, sync=False)
        self.recorder.text(name.partition("-")[0], self.epoch, text)

    def save(self, name: str, make: Callable[[Path], None], numbered: bool = False) -> None:
        """Make ``pictures/<name>.png`` and tell the recorders; `numbered` keeps one for each epoch too."""
        path = self.folder.pictures / f"{name}.png"
        make(path)
        self.recorder.picture(name, self.epoch, path)
        if numbered:
            with replacing(path.with_name(f"{name}-{self.epoch:04d}.png")) as file:
                file.write(path.read_bytes())
