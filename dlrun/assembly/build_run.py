"""From a checked configuration to a run's rows, and to all the objects that the loop works with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine, fits, speed_path
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
from dlrun.tasks._base.context import BuildContext


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
