"""Comparing two runs bit for bit, measured times aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch


def rows(folder: Path) -> list[dict[str, Any]]:
    """metrics.jsonl without the measured times."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if "seconds" not in k} for line in lines]


def result(folder: Path) -> dict[str, Any]:
    """result.json without the measured times and memory and what the two runs differ in by intent."""
    content = json.loads((folder / "result.json").read_text())
    intended = ("output_dir", "checkpoint_seconds", "force", "speed")
    content["config"] = {k: v for k, v in content["config"].items() if k not in intended}
    return _timeless(content)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if "seconds" not in k and k != "peak_memory"}
    return [_timeless(member) for member in value] if isinstance(value, list) else value


def state(folder: Path, name: str = "last") -> dict[str, Any]:
    """The state in a checkpoint, flat, without the measured times."""
    flat: dict[str, Any] = {}

    def walk(value: Any, key: str) -> None:
        if isinstance(value, (dict, list)):
            for member, inner in value.items() if isinstance(value, dict) else enumerate(value):
                walk(inner, f"{key}/{member}")
        elif "seconds" not in key:
            flat[key] = value

    walk(torch.load(folder / "checkpoints" / f"{name}.pt", weights_only=True), "")
    return flat


def assert_same_state(one: Path, other: Path, name: str = "last") -> None:
    a, b = state(one, name), state(other, name)
    assert a.keys() == b.keys()
    for key, value in a.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, b[key]), key
        else:
            assert value == b[key], key


def assert_same_run(one: Path, other: Path) -> None:
    """Every row, the result, the last and the best weights, optimizer state and counters: equal bits."""
    assert rows(one) == rows(other)
    assert result(one) == result(other)
    folds = [sorted(str(p.parent.relative_to(run)) for p in run.glob("f*/**/config.yaml")) for run in (one, other)]
    assert folds[0] == folds[1]
    for fold in folds[0]:
        assert_same_run(one / fold, other / fold)
    if folds[0]:  # a k-fold run has no weights but those of its folds
        return
    assert_same_state(one, other)
    if (one / "checkpoints" / "best.pt").exists() or (other / "checkpoints" / "best.pt").exists():
        assert_same_state(one, other, "best")
