"""The lines that say what was chosen, before a run begins (data, model, device), and in which error it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine
from dlrun.config.check.rules import measured
from dlrun.config.flat import flatten
from dlrun.config.identity import differing
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.root import GROUPS, Config, Root
from dlrun.data.batches import Rows
from dlrun.data.prepared import PreparedData
from dlrun.engine.fit import Fit
from dlrun.engine.step import EagerStep
from dlrun.models.plan import totals
from dlrun.preflight.checked import Checked
from dlrun.record.folder import RunFolder
from dlrun.record.metric import Metric
from dlrun.record.recorder import RunInfo


def folds_info(checked: Checked, rows: PreparedData, machine: Machine, folder: RunFolder, notes: list[str]) -> RunInfo:
    """What the recorders get at the start of a k-fold run; `rows` are all that its folds are cut from."""
    config = checked.config
    folds = folds_of(config)
    assert config.plain is not None and folds is not None
    times = f"{folds.iterations} times " if folds.iterations > 1 else ""
    test = "" if rows.test is None else f" / {len(rows.test):,} test"
    table = checked.table()
    precision = "" if config.precision == "float32" else f" · {config.precision}"
    return RunInfo(
        dataset=config.dataset.name or config.dataset.kind, model=config.model.name or config.model.kind,
        data_line=f"{len(rows.train):,} in {times}{folds.k} folds of {checked.rows['val']:,}{test} · "
                  f"{_shape_line(rows)}{_label(rows)}",
        model_line=_model_line(config, None if table is None else sum(totals(table))),
        device_line=f"{machine.line}{precision}", folder=folder.path, config=config.plain,
        flat=_hyperparameters(config), epochs=config.epochs, metrics=_shown(config, measured(config)),
        primary=config.task.primary, notes=[*_table(rows), *notes],
        verbosity=config.verbosity, folds=folds.count + folds.final)


def run_info(components: RunComponents, machine: Machine, folder: RunFolder, training: Fit,
             notes: list[str]) -> RunInfo:
    """What the recorders get at the start."""
    config, clock = components.config, training.clock
    assert config.plain is not None
    steps = "" if training.step.executed == EagerStep.executed else " · compiled steps"
    return RunInfo(
        dataset=config.dataset.name or config.dataset.kind, model=config.model.name or config.model.kind,
        data_line=_data_line(components), model_line=_model_line(config, components.parameters()),
        device_line=_device_line(components, machine) + steps, folder=folder.path, config=config.plain,
        flat=_hyperparameters(config), epochs=training.epochs,
        metrics=_shown(config, [*measured(config), *config.task.sample_columns(components.prepared.data_spec)]),
        primary=config.task.primary, first_epoch=clock.epoch + 1, resumed_step=clock.step,
        monitor=training.stopper.monitor, notes=[*_table(components.prepared), *notes], verbosity=config.verbosity)


_COMPARED = ("dataset.name", "model.name", "optimizer.name", "optimizer.lr", "batch_size", "epochs", "seed")


def _shown(config: Config, keys: Sequence[str]) -> dict[str, Metric]:
    known = config.task.described()
    return {key: known.of(key) for key in keys}


def _hyperparameters(config: Config) -> dict[str, Any]:
    """The values that make this run what it is, by dotted key: what people compare, and all that is no default.

    What is the same in every run (defaults, folders, verbosity) would only be columns of one value.
    """
    assert config.plain is not None
    own = [*_COMPARED, *(key for key in differing(config, Root) if key not in GROUPS)]
    own += [f"{group}.{key}" for group in GROUPS for value in [getattr(config, group)]
            for key in differing(value, type(value))]
    flat = flatten(config.plain)
    return {key: value for key, value in flat.items() if any(f"{key}.".startswith(f"{chosen}.") for chosen in own)}


def _data_line(components: RunComponents) -> str:
    counts = [f"{rows.count:,} {name}" for name, rows in
              (("train", components.train), ("val", components.val), ("test", components.test)) if rows is not None]
    return f"{' / '.join(counts)} · {_shape_line(components.prepared)}{_label(components.prepared)}"


def _label(prepared: PreparedData) -> str:
    return f" · {prepared.label}" if prepared.label else ""


def _shape_line(prepared: PreparedData) -> str:
    data_spec = prepared.data_spec
    shape = data_spec.input_shape
    if data_spec.input_kind == "image":
        return f"{'x'.join(map(str, (*shape[1:], shape[0])))} {prepared.train.x.dtype}"
    if data_spec.input_kind == "tokens":
        return f"{shape[0]} tokens, vocabulary {data_spec.vocabulary:,}"
    if data_spec.input_kind == "series":
        return f"{shape[1]} steps of {shape[0]} values"
    return f"{shape[0]:,} features"


def _table(prepared: PreparedData) -> list[str]:
    """How a user's table was read, and what is learned of it; nothing for other data."""
    reading = prepared.settings.get("reading")
    if not reading:
        return []
    from dlrun.data.table_line import table_line

    return list(filter(None, [table_line(reading, prepared.data_spec)]))


def _model_line(config: Config, parameters: int | None) -> str:
    counted = "" if parameters is None else f"{parameters:,} parameters · "
    if config.model.computed:
        return f"{counted}computed from the training rows · seed {config.seed}"
    schedule = f" ({config.schedule.label})" if config.schedule.label else ""
    return (f"{counted}{config.optimizer.name or config.optimizer.kind} "
            f"lr {config.optimizer.lr:g}{schedule} · batch {config.batch_size} · seed {config.seed}")


def _device_line(components: RunComponents, machine: Machine) -> str:
    splits = (components.train, components.val, components.test)
    held = [rows for rows in splits if rows is not None and not rows.streamed]
    size = sum(_bytes(rows) for rows in held) / 1e6
    where = "on it" if components.resident else "streamed from the host"
    data = [f"data {where} ({size:,.1f} MB)"] if held else []
    if components.train.streamed:
        data.append("training rows are read as steps need them")
    elif components.batches.rows.streamed:
        data.append("training rows are drawn again in each pass")
    precision = "" if components.config.precision == "float32" else f" · {components.config.precision}"
    return f"{machine.line} · {' · '.join(data)}{precision}"


def _bytes(rows: Rows) -> int:
    return rows.x.nbytes + rows.y.nbytes if rows.resident else rows.host_bytes


def first_line(error: BaseException) -> str:
    """An exception in a line: its kind, and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
