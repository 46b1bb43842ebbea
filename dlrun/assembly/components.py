"""From a checked configuration to the objects that the loop works with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.assembly.machine import Machine, fits, speed_path
from dlrun.config.check.rules import watched
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError
from dlrun.config.schema.folds import own_seed, seed_draws_rows
from dlrun.config.schema.root import Config
from dlrun.data.batches import Batches, Rows
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.verified_array import verified
from dlrun.models.build import stateful
from dlrun.models.step_rng import StepRng
from dlrun.preflight.checked import Checked
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.tasks._base.context import BuildContext
from dlrun.tasks._base.task import Task
from dlrun.tasks._base.view import View

if TYPE_CHECKING:
    from dlrun.assembly.features import FeaturesFirst
    from dlrun.engine.compiled.evaluation import CompiledEvaluation
    from dlrun.engine.phases import Phases
    from dlrun.metrics._protocol import RunMetric
    from dlrun.record.remarks import Remark

GATHERED = 1 << 26  # numbers that a task's outputs for all rows of a split may be: 256 MB


@dataclass
class RunComponents:
    """What a run trains, and on what.  `resident` says where the data lies.

    `before_batch` is called before batches are measured, and may raise.
    `phases` is set where the run changes at an epoch, `features` where a frozen base's features are computed first;
    then `by_features` has the rows of splits as these, which are measured in place of the rows themselves.
    `beside` is set for a member of a pack: what the validation rows come to where all are measured at once, else None.
    `program` measures rows where steps are compiled.  `gathered` holds the outputs and targets of the last measurement
    of validation and test rows, for metrics of all rows at once; `predicted` what `predictions` has made of that.
    `remarks` are those of `data.inspection`.
    """

    config: Config
    prepared: PreparedData
    task: Task
    model: nn.Module
    rng: StepRng
    batches: Batches
    train: Rows
    val: Rows | None
    test: Rows | None
    resident: bool
    speed_path: str
    evaluate_batch: int
    chosen_metrics: dict[str, RunMetric]
    before_batch: Callable[[], None] = lambda: None
    phases: Phases | None = None
    features: FeaturesFirst | None = None
    by_features: dict[str, Rows] = field(default_factory=dict)
    beside: Callable[[], tuple[dict[str, float], list[tuple[Any, Tensor]]] | None] = lambda: None
    program: CompiledEvaluation | None = None
    gathered: dict[str, list[tuple[Any, Tensor]]] = field(default_factory=dict)
    predicted: dict[str, tuple[list[tuple[Any, Tensor]], dict[str, Any]]] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()

    def view(self, folder: RunFolder, recorder: Recorder, epoch: int, cast: Callable[[], Any],
             predicted: Callable[[], Mapping[str, Any]] = dict) -> View:
        """The run at the end of an epoch, for plots and for what a task measures on samples."""
        return View(self.config, self.task, self.model, self.prepared, self.rng, self.batches, self.train, self.val,
                    self.test, self.evaluate_batch, folder, recorder, epoch, cast, predicted)

    def parameters(self) -> int:
        """How many there are, trainable and frozen."""
        return sum(weight.numel() for weight in self.model.parameters())

    def measure(self, rows: Rows, cast: Callable[[], Any],
                passed: list[tuple[Tensor, Tensor]] | None = None) -> dict[str, float]:
        """The task's metrics over all rows, with dropout off; `passed` gets each batch's outputs and targets.

        Those of the user's choice that are not finite are left out; training rows have none.
        """
        from dlrun.assembly.measure import measure, measured

        split = "train" if rows is self.train else "test" if rows is self.test else "val"
        shown = self.by_features.get(split, rows)
        evaluate = partial(measure, self.task, self.config.task.summed, self.model, self.rng, shown,
                           self.evaluate_batch, cast, passed, before_batch=self.before_batch, program=self.program)
        if split == "train":
            return evaluate()
        self.gathered.pop(split, None)  # before the new ones, so that never both are held
        self.predicted.pop(split, None)
        gathered: list[tuple[Any, Tensor]] | None = [] if self.gathers(rows) else None
        if split == "val" and passed is None and (found := self.beside()) is not None:
            values = measured(self.task, *found, self.chosen_metrics)
            gathered = None if gathered is None else found[1]
        else:
            values = evaluate(chosen=self.chosen_metrics, gathered=gathered)
        if gathered is not None:
            self.gathered[split] = gathered
            if names := watched(self.config):
                from dlrun.metrics._gathered import compute as computed

                values |= computed(self.predictions(split), names)
        return values

    def predictions(self, split: str) -> dict[str, Any]:
        """What was predicted of the rows of "val" or "test" when they were last measured, by target.

        {} for tasks whose predictions are not gathered, and for very many of them.
        """
        found = self.gathered.get(split)
        if not found:
            return {}
        if split not in self.predicted or self.predicted[split][0] is not found:  # it was measured since
            prepared = self.prepared
            self.predicted[split] = found, self.config.task.beside(
                self.task.gathered(found, prepared.data_spec), prepared.splits[split], prepared.settings)
        return self.predicted[split][1]

    def gathers(self, rows: Rows) -> bool:
        """Whether what is predicted of these rows is held, for metrics of all of them at once."""
        data_spec, task = self.prepared.data_spec, self.config.task
        return task.gathers and rows.count * task.width(data_spec) * max(1, data_spec.target_length) <= GATHERED


def rows_of(config: Config, say: Callable[[str], None]) -> PreparedData:
    """The rows that a run sees; raises ConfigError for data that is not there."""
    return verified(lambda: _prepared(config, say), say)


def _prepared(config: Config, say: Callable[[str], None]) -> PreparedData:
    prepared = prepare(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                       train_size=config.train_size, seed=config.seed, say=say, digests=True)
    if config.test_size is None:
        return prepared
    from dlrun.data.subsample import subsample

    return subsample(prepared, config.test_size)


def build_run(checked: Checked, machine: Machine, say: Callable[[str], None],
              shared: dict[Any, Any] | None = None) -> RunComponents:
    """Read the data, build the model on the device; raises ConfigError for data that is not there.

    What was cached is verified meanwhile: nothing is trained on a damaged copy.  `shared` holds what runs of this
    process on the same rows have read; it gets what this one reads.
    """
    return verified(lambda: _build(checked, machine, say, shared), say)


def _same_rows(config: Config) -> tuple[Any, ...]:
    """What decides which rows a run sees; equal for runs that can share them."""
    return (config.dataset, str(data_dir(config.data_dir)), config.validation, config.train_size, config.test_size,
            config.resident, config.seed if seed_draws_rows(config) else None)


def _build(checked: Checked, machine: Machine, say: Callable[[str], None],
           shared: dict[Any, Any] | None = None) -> RunComponents:
    config = checked.config
    key = None if shared is None else repr(_same_rows(config))
    known = None if shared is None else shared.get(key)
    prepared = _prepared(config, say) if known is None else known[0]
    seed = own_seed(config)
    rng = StepRng(seed, machine.device)
    model: nn.Module = config.model.build(checked.network, prepared.data_spec, config.task.width(prepared.data_spec),
                                          seed, rng)
    if config.model.has_base:
        from dlrun.assembly.base_weights import begin_base

        begin_base(model, config)
    if config.optimizer.accumulate > 1:
        from dlrun.models.batch_statistics import mixes_rows
        from dlrun.preflight.parts import in_parts

        if mixes_rows(model):
            raise ConfigError([in_parts(config, f"{config.model.given}'s batch norm")])
    if prepared.data_spec.input_kind == "tokens":
        from dlrun.assembly.vectors import set_vectors

        set_vectors(model, prepared, data_dir(config.data_dir), say)
    task = config.task.build(
        BuildContext(prepared.data_spec, model, rng, prepared.targets, class_counts(prepared)))
    path = speed_path(model, own=not rng.seeds_torch)
    last = path.endswith("channels_last")
    model = model.to(machine.device)
    if last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    carries = stateful(model)
    splits = {name: split for name, split in
             (("train", prepared.train), ("val", prepared.val), ("test", prepared.test)) if split is not None}
    size = sum(split.x.nbytes + (0 if split.y is None else split.y.nbytes) for split in splits.values() if split.held)
    resident = fits(size, machine.device) if config.resident == "auto" else bool(config.resident)

    def streamed(split: Split) -> Rows:
        from dlrun.data.streamed_rows import StreamedRows

        return StreamedRows(split, prepared.scale, machine.device, last, seed)

    rows: dict[str, Rows] = known[1] if known is not None else {
        name: Rows(split, prepared.scale, machine.device, resident, last) if split.held else streamed(split)
        for name, split in splits.items()}
    if shared is not None and all(split.held for split in splits.values()):
        shared[key] = (prepared, rows)
    drawn = prepared.train.stream is not None and prepared.train.held  # measured as they are held, trained on as drawn
    if config.model.sets_weights:
        from dlrun.assembly.closed_form import compute

        compute(model, task, prepared, rows["train"], config)
    return RunComponents(
        config=config, prepared=prepared, task=task, model=model, rng=rng,
        batches=Batches(streamed(prepared.train) if drawn else rows["train"],
                        config.batch_size * config.optimizer.accumulate, seed,
                        config.augment.build_on(prepared), shuffle=config.shuffle, whole=carries,
                        mix=config.augment.mixing(prepared)),
        train=rows["train"], val=rows.get("val"), test=rows.get("test"), resident=resident, speed_path=path,
        evaluate_batch=config.batch_size if carries else _evaluate_batch(checked, machine.device),
        chosen_metrics=config.task.build_metrics(prepared.data_spec, machine.device),
    )


def class_counts(prepared: PreparedData) -> list[int]:
    """The training rows of each class; [] where the targets are no classes."""
    y, classes = prepared.train.y, len(prepared.data_spec.classes)
    if prepared.data_spec.target_kind != "classes" or y is None:
        return []
    counts: list[int] = np.bincount(y, minlength=classes).tolist()
    return counts


def _evaluate_batch(checked: Checked, device: torch.device) -> int:
    """Rows measured at once: many, where rows are small; on a CPU no more than suits its cache.

    Measured there, as a ratio to the best: convolutions on 28x28 pixels 1.0 with 64 and 128 rows, 1.3 to 1.8 with
    1,024; on 32x32 1.2 with 128, 2.2 with 1,024; an LSTM of 500 steps 1.8 with 32, 1.0 with 128, 1.5 with 1,024;
    dense nets 1.1 with 128, 1.0 from 256 on.
    """
    shape = checked.dataset_info.data_spec.input_shape
    widest = max(math.prod(made) for made in [shape, *(row.output_shape for row in checked.table() or ())])
    least, most, values = 16 if len(shape) == 3 else 128, 512, 1 << 21
    if device.type != "cpu":
        least, most, values = 64, 1024, 1 << 26
    return max(checked.config.batch_size, min(most, max(least, values // max(1, widest))))
