"""The lines that say, before a run begins, what was chosen: data, model, device."""

from __future__ import annotations

from typing import Any

from dlrun.config.fields import rules
from dlrun.config.flat import flatten
from dlrun.config.root import Root
from dlrun.config.rules import measured
from dlrun.data.batches import Rows
from dlrun.engine.fit import Fit
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import RunInfo
from dlrun.run.assemble import Parts
from dlrun.run.health import sample_measures
from dlrun.run.machine import Machine


def run_info(parts: Parts, machine: Machine, folder: RunFolder, training: Fit, notes: list[str]) -> RunInfo:
    """What the recorders are told at the start."""
    config, clock = parts.config, training.clock
    assert config.plain is not None
    return RunInfo(
        dataset=config.dataset.name or config.dataset.kind, model=config.model.name or config.model.kind,
        data_line=_data_line(parts), model_line=_model_line(parts), device_line=_device_line(parts, machine),
        folder=folder.path, config=config.plain, flat=_hyperparameters(config.plain), epochs=config.epochs,
        metrics=(*measured(config), *sample_measures(parts)), first_epoch=clock.epoch + 1, resumed_step=clock.step,
        monitor=training.stopper.monitor, notes=notes, verbosity=config.verbosity)


def _hyperparameters(plain: dict[str, Any]) -> dict[str, Any]:
    """The values that can change a result, by dotted key; folders and verbosity are no hyperparameters."""
    root = rules(Root)
    return flatten({key: value for key, value in plain.items() if key not in root or root[key].identity})


def _data_line(parts: Parts) -> str:
    prepared = parts.prepared
    counts = [f"{rows.count:,} {name}" for name, rows in
              (("train", parts.train), ("val", parts.val), ("test", parts.test)) if rows is not None]
    label = f" · {prepared.label}" if prepared.label else ""
    return f"{' / '.join(counts)} · {_shape_line(parts)}{label}"


def _shape_line(parts: Parts) -> str:
    signature = parts.prepared.signature
    shape = signature.input_shape
    if signature.input_kind == "image":
        return f"{'x'.join(map(str, (*shape[1:], shape[0])))} {parts.prepared.train.x.dtype}"
    if signature.input_kind == "tokens":
        return f"{shape[0]} of {signature.vocabulary:,} tokens"
    if signature.input_kind == "series":
        return f"{shape[1]} steps of {shape[0]} values"
    return f"{shape[0]:,} features"


def _model_line(parts: Parts) -> str:
    config = parts.config
    schedule = "" if config.schedule.kind == "constant" else f" ({config.schedule.kind})"
    return (f"{parts.parameters():,} parameters · {config.optimizer.name or config.optimizer.kind} "
            f"lr {config.optimizer.lr:g}{schedule} · batch {config.batch_size} · seed {config.seed}")


def _device_line(parts: Parts, machine: Machine) -> str:
    rows = [r for r in (parts.train, parts.val, parts.test) if r is not None]
    size = sum(_bytes(r) for r in rows) / 1e6
    where = "on it" if parts.resident else "streamed from the host"
    precision = "" if parts.config.precision == "float32" else f" · {parts.config.precision}"
    return f"{machine.line} · data {where} ({size:,.1f} MB){precision}"


def _bytes(rows: Rows) -> int:
    return rows.x.nbytes + rows.y.nbytes if rows.resident else rows.host_bytes
