"""Run folders as a finished, running or broken run leaves them, written without training anything."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any

from dlrun.config.flat import flatten
from dlrun.record import manifest
from dlrun.record.plan import Job, Plan, store

CONFIG: dict[str, Any] = {
    "seed": 0, "batch_size": 128, "epochs": 5, "threads": 1, "validation": 0.2, "output_dir": "runs",
    "dataset.name": "digits", "dataset.kind": "digits", "model.name": "dense", "model.hidden": [128, 128],
    "model.dropout": 0.0, "model.kind": "dense", "task.loss": "auto", "task.kind": "classify",
    "optimizer.name": "adam", "optimizer.lr": 0.001, "optimizer.kind": "adam", "schedule.kind": "constant",
    "early_stop.monitor": "val/loss",
}
SGD = {"optimizer.name": "sgd", "optimizer.lr": 0.01, "optimizer.kind": "sgd"}


def name_of(config: dict[str, Any]) -> str:
    return f"{config['dataset.name']}-{config['model.name']}-{config['optimizer.name']}"


def made(runs: Path, number: int, accuracy: float | None = 0.9, status: str = "finished", epochs: int = 3,
         result: dict[str, Any] | None = None, provenance: dict[str, Any] | None = None, **settings: Any) -> Path:
    """A run's folder; `settings` have double underscores for dots (``optimizer__lr=0.1``)."""
    config = {**CONFIG, **{key.replace("__", "."): value for key, value in settings.items()}}
    run_id = f"{number:010x}"
    folder = runs / name_of(config) / run_id
    (folder / "checkpoints").mkdir(parents=True)
    test = {} if accuracy is None else {"loss": 1 - accuracy, "accuracy": accuracy}
    value = accuracy or 0.1
    rows = [{"epoch": e, "step": 9 * e, "seconds": 0.1, "train/lr": 0.001, "train/loss": 2 / e, "val/loss": 2.1 / e,
             "train/accuracy": value * e / epochs, "val/accuracy": value * e / epochs} for e in range(1, epochs + 1)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "provenance.json").write_text(json.dumps({
        "started": "2026-01-02T03:04:05+00:00", "command": f"dlrun seed={config['seed']}", "seed": config["seed"],
        "code": {"dlrun": {"commit": "07ac6d60c61d09e659b7f61907339d065edcf70f", "diff": None, "untracked": 0}},
        "versions": {"python": "3.11.7", "dlrun": "0.1.0", "torch": "2.13.0"}, "device": "cpu (1 thread)",
        "hardware": "cpu: Chip", "speed_path": "eager", "id": run_id, "data": {"hash": "ab" * 32, "label": ""},
        **(provenance or {})}))
    if status != "running":
        (folder / "result.json").write_text(json.dumps({
            "id": run_id, "name": folder.parent.name, "status": status, "stop_reason": f"{status} after epoch {epochs}",
            "epochs": epochs, "steps": 9 * epochs, "seconds": 0.1 * number, "parameters": 53002,
            "device": "cpu (1 thread)", "data_label": "", "config": config, "train": {"loss": 2 / epochs},
            "val": {"loss": 2.1 / epochs, "accuracy": value}, "test": test, "test_at": {},
            "best": {"epoch": epochs, "val/loss": 2.1 / epochs}, **(result or {})}))
    else:
        write_lock(folder, os.getppid())  # our own process is known by its locks
        (folder / "config.yaml").write_text(json.dumps(nested(config)))  # JSON is YAML
    note_checksums(folder)
    return folder


def note_checksums(folder: Path) -> None:
    """The manifest of the files that are there."""
    (folder / "manifest.json").write_text(manifest.text(folder, ("result.json", *manifest.END)))


def write_lock(folder: Path, pid: int) -> None:
    """A lock that is held (until `free_lock`), and names a process of this number."""
    free_lock(folder)
    file = open(folder / "lock", "w")
    file.write(json.dumps({"pid": pid, "host": socket.gethostname(), "since": "2026"}))
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX)
    _held[folder] = file


def free_lock(folder: Path) -> None:
    if folder in _held:
        _held.pop(folder).close()


_held: dict[Path, Any] = {}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for key, value in flat.items():
        group, _, member = key.rpartition(".")
        (deep.setdefault(group, {}) if group else deep)[member] = value
    assert flatten(deep) == flat
    return deep


def grid(runs: Path, seeds: int = 3) -> dict[str, list[float]]:
    """Two optimizers over seeds; their test accuracies by optimizer."""
    found = {"adam": [0.95, 0.96, 0.955, 0.958][:seeds], "sgd": [0.90, 0.92, 0.91, 0.905][:seeds]}
    for seed in range(seeds):
        made(runs, 10 + seed, found["adam"][seed], seed=seed)
        made(runs, 20 + seed, found["sgd"][seed], seed=seed, **{k.replace(".", "__"): v for k, v in SGD.items()})
    return found


def planned(runs: Path, name: str, jobs: list[tuple[int, int, dict[str, Any], dict[str, Any], str | None]],
            axes: dict[str, list[Any]], **options: Any) -> Path:
    """A stored plan: jobs are (number, seed, axis values, flat settings, row)."""
    found = []
    for place, (number, seed, values, settings, row) in enumerate(jobs, 1):
        config = {**CONFIG, **settings, "seed": seed}
        found.append(Job(place, f"{number:010x}", f"{name_of(config)}/{number:010x}", seed, values, (),
                         nested(config), row))
    plan = Plan(name, runs, axes, sorted({job.seed for job in found}), found, ("dlrun", "-m"), options)
    store(plan)
    return plan.folder
