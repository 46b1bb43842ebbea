"""What a fork takes from its parent: the state of its checkpoint, where the settings are still the same.

The parent's folder is told of the fork.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.engine.checkpoint import gather, read, scatter
from dlrun.engine.checkpoint_manager import ROWS
from dlrun.engine.fit import Fit
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import append
from dlrun.record.metrics import read as read_rows
from dlrun.run.fork_anew import begins_anew, said
from dlrun.run.header import Start

PREFIX = ".prefix"  # in the fork's folder, while the parent's epochs are trained again


def load_fork(training: Fit, start: Start, config: Config, folder: RunFolder, run_id: str,
              command: Sequence[str] | None) -> list[str]:
    """Restore the parent's state, and tell the parent's folder; notes where that cannot be written.

    What other settings give another meaning begins anew (`begins_anew`), which a note says.  Early stopping waits anew,
    and a callback that has ended the parent has not ended the fork.
    """
    assert start.checkpoint is not None and start.parent is not None
    before = start.parent
    content = read(start.checkpoint)
    parts, fresh = content["parts"], gather(training.checkpoints.components)
    epoch = content["epoch"]
    again = begins_anew(config, before, epoch, training.step.players)
    parts = {name: fresh[name] if name in again or name not in parts else parts[name] for name in fresh}
    parts["stopper"] = {**parts["stopper"], "wait": 0}
    parts["clock"] = {**parts["clock"], "epoch": epoch, "step": epoch * training.steps_per_epoch,
                      "looked": epoch * training.steps_per_epoch}
    if "callbacks" in parts:
        parts["callbacks"] = {name: {**own, "stop_reason": None} for name, own in parts["callbacks"].items()}
    try:
        scatter(parts, training.checkpoints.components)
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise problem(f"fork={config.fork}", f"the parent's state does not fit these settings ({reason})") from error
    training.checkpoints.loaded_rows = content.get(ROWS)
    shutil.rmtree(folder.path / PREFIX, ignore_errors=True)  # its state is in memory, and saved before the first step
    assert start.lineage is not None
    return [*said(again), *([] if folder.inside else tell_parent(start.lineage, folder, run_id, command))]


def tell_parent(lineage: Mapping[str, Any], folder: RunFolder, run_id: str, command: Sequence[str] | None) -> list[str]:
    """Add a line to forks.jsonl of the parent's folder; a note where that cannot be written."""
    file = RunFolder(folder.run.parent.parent / str(lineage["name"])).forks
    if not file.parent.is_dir() or any(known.get("id") == run_id for known in read_rows(file)):
        return []  # a replay lies elsewhere
    line = {"id": run_id, "name": f"{folder.run.parent.name}/{folder.run.name}", "epoch": lineage["epoch"],
            "command": shlex.join(command or ())}
    try:
        append(file, line)
    except OSError as error:
        return [f"{file} could not be written ({error.strerror}): the parent does not know of this fork"]
    return []
