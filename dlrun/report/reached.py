"""How far a run has come that has not ended, from what lies in its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlrun.config.schema.folds import FINAL
from dlrun.config.schema.kfold import KFold
from dlrun.record.folder import RunFolder
from dlrun.record.status import DONE
from dlrun.record.stored import Damaged, regular_handle

_TAIL = 4096  # bytes of metrics.jsonl that hold its last line


def reached(place: RunFolder, config: Mapping[str, Any]) -> str:
    """``epoch 3 of 10``; of a k-fold run ``fold 2: epoch 3 of 10 (2 of 4 folds done)``; `config` is flat."""
    if not of_folds(config):
        return _epoch(last_epoch(place.metrics), config)
    count = _whole(config, "validation.k", 4) * _whole(config, "validation.iterations", 1)
    numbers = sorted(int(path.name) for path in (place.path / "folds").glob("*") if path.name.isdecimal())
    begun = [name for name in (*map(str, numbers), FINAL) if place.fold(name).path.is_dir()]
    done = [name for name in begun if _done(place.fold(name))]
    going = [name for name in begun if name not in done]
    ended = f"{len([name for name in done if name != FINAL])} of {count} folds"
    if not going:
        return f"{ended}{' and the final fit' if FINAL in done else ''} done"
    if len(going) == 1:
        called = "the final fit" if going == [FINAL] else f"fold {going[0]}"
        return f"{called}: {_epoch(last_epoch(place.fold(going[0]).metrics), config)} ({ended} done)"
    epoch = min(last_epoch(place.fold(name).metrics) for name in going if name != FINAL)  # they are trained as a pack
    return f"folds side by side: {_epoch(epoch, config, 'their')} ({ended} done)"


def of_folds(config: Mapping[str, Any]) -> bool:
    """Whether a run of this flat configuration consists of folds (of one fold alone it does not)."""
    return config.get("validation.kind") == KFold.kind and config.get("validation.fold") is None


def _epoch(epoch: int, config: Mapping[str, Any], whose: str = "its") -> str:
    return f"epoch {epoch} of {config.get('epochs', '?')}" if epoch else f"in {whose} first epoch"


def _whole(config: Mapping[str, Any], key: str, default: int) -> int:
    found = config.get(key, default)
    return found if isinstance(found, int) else default


def _done(place: RunFolder) -> bool:
    """Whether a fold has come to its end; one whose result cannot be read is trained again, or refused, by the run."""
    try:
        result = place.result()
    except Damaged:
        return False
    return result is not None and result["status"] in DONE


def last_epoch(metrics: Path) -> int:
    """The last epoch that metrics.jsonl has a whole line of, from the file's end; 0 for none."""
    try:
        with open(metrics, "rb", opener=regular_handle) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")
    except OSError:
        return 0
    for line in reversed(lines):
        try:
            return int(json.loads(line)["epoch"])
        except (ValueError, KeyError, TypeError):
            continue
    return 0
