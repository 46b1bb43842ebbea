"""What a run of a configuration does, in order, a line for each place: the last part of `dlrun explain`."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.check.rules import measured
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import Config


def loop(config: Config, rows: dict[str, int]) -> Iterator[str]:
    """What a run of this configuration does, a line for each place."""
    folds = folds_of(config)
    if folds is None:
        yield from _once(config, rows)
        return
    times = f"each of {folds.iterations} shuffles and " if folds.iterations > 1 else ""
    yield (f"  for {times}each of {folds.k} folds ({rows['val']:,} of {rows['train'] + rows['val']:,} rows, "
           f"{_cut(folds)}), a new model by (seed, fold):")
    fitted_on = "its training rows" if folds.fitted == "fold" else "the rows of all folds"
    yield f"      fit scale and vocabulary on {fitted_on}"
    yield from (f"    {line}" for line in _once(config, rows))
    if folds.final:
        yield f"  the same {config.epochs} epochs with a new model on all {rows['train'] + rows['val']:,} rows"
    yield "  mean and deviation over the folds, of each epoch too; write result.json"


def _cut(folds: KFold) -> str:
    if not folds.shuffle:
        return "blocks as they are stored"
    return "drawn by the seed" + (", each class in its proportion" if folds.stratify else "")


def _once(config: Config, rows: dict[str, int]) -> Iterator[str]:
    """The loop of `engine.fit`."""
    optimizer, stop = config.optimizer, config.early_stop
    if config.model.computed:
        yield f"  compute it from {rows['train']:,} training rows: there is nothing to train"
        yield f"  measure all rows ({rows['val']:,} for validation, {rows['test']:,} test rows); write result.json"
        return
    batch = config.batch_size * optimizer.accumulate
    steps = config.steps_per_epoch or -(-rows["train"] // batch)
    until = "".join([f", at most {config.max_steps:,} steps" if config.max_steps else "",
                     f", at most {config.max_seconds:g} seconds" if config.max_seconds else ""])
    yield f"  for each of {config.epochs} epochs{until}:"
    yield f"      for each of {steps:,} steps: {batch} of {rows['train']:,} rows, in the order of (seed, pass)"
    if config.augment.on:
        yield "          augment the batch, by (seed, step)"
    if config.task.players_line():
        yield f"          {config.task.players_line()}"
    yield f"          learning rate {optimizer.lr:g}, {_schedule(config)}"
    yield f"          forward in {config.precision}, loss of task {config.task.kind}{_penalties(config)}, backward"
    if optimizer.accumulate > 1:
        yield f"          gradients averaged over {optimizer.accumulate} batches of {config.batch_size}"
    for largest, what in ((optimizer.clip_value, "each gradient"),
                          (optimizer.clip_norm, "the norm of all gradients")):
        if largest:
            yield f"          clip {what} at {largest:g}"
    yield f"          {optimizer.kind} step"
    if longest := config.model.on_kernels().get("max_norm"):
        yield f"          constrain the norm of each unit's weights to {longest:g}"
    yield f"          save last.pt every {config.checkpoint_seconds:g} s; look for NaN every 100 steps"
    if rows["val"]:
        yield f"      measure {rows['val']:,} validation rows"
    if config.test_at:
        yield f"      after epochs {show(config.test_at)}: measure {rows['test']:,} test rows (never used to choose)"
    if config.schedule.watched is not None:
        wait = config.schedule.watched_epochs
        until = "" if wait is None else f" for {wait} epochs"
        yield f"      lower the rate when {config.schedule.watched} stalls{until}"
    yield "      record: metrics.jsonl, console, TensorBoard"
    if stop.monitor in measured(config):
        yield f"      keep best.pt when {stop.monitor} improves"
    if stop.patience:
        yield f"      stop when {stop.monitor} has not improved for {stop.patience} epochs"
    if stop.target is not None:
        yield f"      stop when {stop.monitor} reaches {stop.target:g}"
    kept = "the best epoch's" if stop.on and stop.restore_best else "the last"
    if rows["test"]:
        yield f"  measure {rows['test']:,} test rows with {kept} weights; write result.json"
    else:
        yield f"  keep {kept} weights; write result.json"


def _schedule(config: Config) -> str:
    parts = [f"schedule {config.schedule.kind}"]
    if config.schedule.warmup:
        parts.append(f"after {config.schedule.warmup} steps of warm-up")
    return " ".join(parts)


def _penalties(config: Config) -> str:
    found = [f"{name} {value:g}" for name, value in config.model.on_kernels().items() if name != "max_norm"]
    return f" + {' + '.join(found)} on the kernels" if found else ""
