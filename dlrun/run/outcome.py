"""The result of a run: the metrics of the weights that are kept, and result.json, written last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine, peak_memory
from dlrun.config.flat import flatten
from dlrun.config.identity import run_name
from dlrun.config.own_code import metric_code
from dlrun.config.schema.root import Config
from dlrun.diagnostics.baseline import measure_baseline
from dlrun.diagnostics.plots import draw_end
from dlrun.engine.fit import Fit
from dlrun.record.class_tables import class_text
from dlrun.record.folder import RunFolder, write_result
from dlrun.record.lock import require
from dlrun.record.metric import SPLITS, metrics_of
from dlrun.record.metrics import read
from dlrun.record.provenance import extend_code
from dlrun.record.recorder import Recorder
from dlrun.record.remark_rules import remarks
from dlrun.run.facts import facts_of
from dlrun.run.gathered import add_gathered


def finished(components: RunComponents, training: Fit, machine: Machine, folder: RunFolder, run_id: str,
             reason: str | None, recorder: Recorder) -> dict[str, Any]:
    """Measure the kept weights on the test rows and write the result.

    The kept weights are the last ones; with early stopping on (and `restore_best`) those of the best epoch.
    """
    config, clock, cast = components.config, training.clock, training.step.cast
    require(folder.run)
    rows = training.checkpoints.rows.rows()
    kept = clock.epoch
    if config.early_stop.on and config.early_stop.restore_best and training.checkpoints.best.epoch:
        training.checkpoints.best.restore()
        kept = training.checkpoints.best.epoch
    row = next(row for row in reversed(rows) if row["epoch"] == kept)
    result = _head(components, training, machine, folder, run_id)
    result["status"] = "stopped" if reason and not reason.startswith("max_seconds") else "finished"
    result["stop_reason"] = _sentence(reason, clock.epoch, clock.step, kept if kept != clock.epoch else None)
    result["train"] = of_split(row, "train")
    if config.evaluate_train:
        result["train_clean"] = components.measure(components.train, cast)
    result["val"] = of_split(row, "val")
    if components.val is not None and config.task.gathers and (kept != clock.epoch or "val" not in components.gathered):
        components.measure(components.val, cast)  # of other weights than those that were measured last
    shown = "test" if components.test is not None else "val"
    view = components.view(folder, recorder, clock.epoch, cast, lambda: components.predictions(shown))
    result["test"] = components.measure(components.test, cast, view.passed) if components.test is not None else {}
    if components.test is not None:
        metrics_after, entries = config.task.after_test(view)
        result["test"] |= metrics_after
        result |= entries
    add_gathered(result, {split: components.predictions(split) for split in ("val", "test")})
    for split in ("test", "val"):
        if f"{split}_confusion" in result:
            view.write("classes", class_text(result[f"{split}_per_class"], result[f"{split}_confusion"]))
    result["test_at"] = {str(r["epoch"]): of_split(r, "test") for r in rows
                         if any(key.startswith("test/") for key in r)}
    result["baseline"] = measure_baseline(components)
    if config.interpolation:
        from dlrun.diagnostics.interpolation import interpolation

        result["interpolation"] = interpolation(components, view)
    if not all(math.isfinite(value) for value in result["test"].values()):
        result["status"] = "diverged"
        result["stop_reason"] += "; the loss on the test rows is NaN or infinite"
        result["checkpoint_step"] = training.checkpoints.saved_step
    result |= _samples(components, rows, row)
    if result["status"] != "diverged" and (samples := config.task.final_samples(view)):
        result["samples"] = samples
    if result.get("collapsed"):
        result["stop_reason"] += f"; {config.task.collapsed(rows, components.prepared.data_spec)}"
    draw_end(view)
    result = with_metrics(result, config)
    if result["status"] != "diverged":
        result["remarks"] = [remark.stored() for remark in remarks(facts_of(components, result, rows))]
    training.checkpoints.finish()
    extend_code(RunFolder(folder.run).code)  # what has measured it was loaded at the end
    recorder.outcome(result)
    write_result(folder, result)
    return result


def unfinished(components: RunComponents, training: Fit, machine: Machine, folder: RunFolder, run_id: str, status: str,
               reason: str, **more: Any) -> dict[str, Any]:
    """Write the result of a run that did not come to its end."""
    result = _head(components, training, machine, folder, run_id)
    rows = training.checkpoints.rows.rows()
    last = rows[-1] if rows else {}
    result |= {"status": status, "stop_reason": reason, "train": of_split(last, "train"), "val": of_split(last, "val"),
               "test": {}, **_samples(components, rows, last), **more}
    result = with_metrics(result, components.config)
    training.recorder.outcome(result)
    write_result(folder, result)
    return result


def _samples(components: RunComponents, rows: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    """The sample metrics at the epoch of `row`, and whether the samples have collapsed; {} where there are none."""
    found = of_split(row, "samples")
    collapsed = components.config.task.collapsed(rows, components.prepared.data_spec)
    return {"samples": found, "collapsed": collapsed is not None} if found else {}


def failed(config: Config, run_id: str, folder: RunFolder, error: str, status: str = "failed",
           reason: str = "") -> dict[str, Any]:
    """Write the result of a run that broke before its training was put together: an error, and what it comes to."""
    rows = read(folder.metrics)
    last = rows[-1] if rows else {"epoch": 0, "step": 0}
    assert config.plain is not None
    result = {
        "id": run_id, "name": run_name(config), "status": status, "stop_reason": reason or error,
        "epochs": last["epoch"], "steps": last["step"], "seconds": 0.0, "parameters": None, "device": config.device,
        "config": flatten(config.plain), "best": {}, "train": of_split(last, "train"), "val": of_split(last, "val"),
        "test": {}, "error": error,
    }
    write_result(folder, result)
    return result


def diagnosis(result: dict[str, Any]) -> str:
    """What is known of a run that diverged, for traceback.txt: no line of code is to blame, so numbers stand there."""
    config = result["config"]
    chosen = ("optimizer.kind", "optimizer.lr", "optimizer.clip_norm", "schedule.kind", "batch_size", "precision",
              "seed")
    lines = [f"diverged: {result['stop_reason']}", "",
             *(f"  {key} = {config[key]}" for key in chosen if config.get(key) is not None), "",
             f"after {result['epochs']} whole epochs:"]
    known = metrics_of(result)
    lines += [f"  {split}  {known.sentence(result[split])}" for split in ("train", "val", "test") if result.get(split)]
    return "\n".join([*lines, "", "A smaller optimizer.lr, or a clipped gradient, is the usual way out.", ""])


def _head(components: RunComponents, training: Fit, machine: Machine, folder: RunFolder, run_id: str) -> dict[str, Any]:
    clock, stopper = training.clock, training.stopper
    clock.tick()
    rows = read(folder.metrics)
    best = next((row for row in rows if row["epoch"] == stopper.best_epoch), None)
    assert components.config.plain is not None
    return {
        "id": run_id, "name": run_name(components.config), "status": "", "stop_reason": "", "epochs": clock.epoch,
        "steps": clock.step, "seconds": round(clock.seconds, 3), "parameters": components.parameters(),
        "device": machine.line, "data_label": components.prepared.label, "config": flatten(components.config.plain),
        "rows": {"train": components.train.count, "val": components.val.count if components.val else 0,
                 "test": components.test.count if components.test else 0},
        "peak_memory": peak_memory(machine.device) if training.counts_memory else None,
        "best": {"epoch": best["epoch"], "monitor": stopper.monitor,
                 **{k: v for k, v in best.items() if k.startswith(("train/", "val/"))}} if best else {},
    }


def with_metrics(result: dict[str, Any], config: Config) -> dict[str, Any]:
    """The result with what its metrics are: by name their label, unit, direction, whether they are shares, and of the
    user's own the code that has measured them."""
    known = config.task.described()
    names = dict.fromkeys(name for split in (*SPLITS, "samples") for name in result.get(split) or {})
    if result["status"] in ("finished", "stopped"):
        names |= dict.fromkeys(metric.name for metric in config.task.chosen)  # also those that came to no number
    codes = {name: {"code": code} for name in config.task.metrics if (code := metric_code(name))}
    return {**result, "primary_metric": config.task.primary,
            "metrics": {name: {**known.of(name).stored(), **codes.get(name, {})} for name in names}}


def of_split(row: Mapping[str, Any], split: str) -> dict[str, Any]:
    """The metrics of a split in a row of metrics.jsonl, without its name: ``{"loss": 1}`` of ``{"val/loss": 1}``."""
    return {key.partition("/")[2]: value for key, value in row.items()
            if key.startswith(f"{split}/") and key != "train/lr"}


def _sentence(reason: str | None, epoch: int, step: int, kept: int | None) -> str:
    weights = f"; weights of epoch {kept} kept" if kept else ""
    if reason is None:
        return f"finished after epoch {epoch} ({step:,} steps){weights}"
    return f"stopped at epoch {epoch}: {reason}{weights}"
