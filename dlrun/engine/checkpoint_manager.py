"""What is kept of a run: its state in last.pt, the best weights in best.pt and in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from dlrun.engine.checkpoint import Stateful, gather, read, save, scatter
from dlrun.record.folder import RunFolder
from dlrun.record.lock import require
from dlrun.record.metrics import MetricsFile
from dlrun.record.own_file import to_disk

ROWS = "metrics_and_seconds"  # of a checkpoint: the lines of metrics.jsonl
SHARE = 0.02  # of the time between two writes that a write at the end of an epoch may have taken


class Weights:
    """The model's weights and buffers as a part of the checkpoint."""

    def __init__(self, model: nn.Module):
        self.model = model

    def state(self) -> dict[str, Any]:
        return dict(self.model.state_dict())

    def load(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state, strict=True)
        state.clear()


class BestWeights:
    """A copy of the weights of the best epoch; epoch 0 means that there is none yet."""

    def __init__(self, model: nn.Module):
        self.model, self.epoch, self.weights = model, 0, {}  # type: ignore[var-annotated]

    def keep(self, epoch: int) -> None:
        """Copy the model's weights as those of `epoch`."""
        self.epoch = epoch
        self.weights = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def restore(self) -> None:
        """Put the best weights into the model."""
        self.model.load_state_dict(self.weights, strict=True)

    def state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "weights": self.weights}

    def load(self, state: dict[str, Any]) -> None:
        self.epoch = state.pop("epoch")
        own: dict[str, Tensor] = self.model.state_dict()  # a fork's may freeze, and so leave out, others
        self.weights = {name: value.to(own.get(name, value).device) for name, value in state.pop("weights").items()}


class CheckpointManager:
    """Writes checkpoints when they are due, and reads them.

    last.pt holds everything, the best weights and the rows of metrics.jsonl too, so that no crash between two files
    can part them; previous.pt is the one before, for when last.pt is damaged.
    `seconds` lie between two writes; at the end of an epoch one is also made when it costs next to nothing.  `flush`
    is called before each: it hands what recorders hold to the operating system.
    """

    def __init__(self, folder: RunFolder, run_id: str, components: dict[str, Stateful], best: BestWeights,
                 rows: MetricsFile, seconds: float, flush: Callable[[], None] = lambda: None):
        self.last, self.previous, self.best_file = folder.last, folder.previous, folder.best
        self.run_id, self.rows, self.folder, self.flush = run_id, rows, folder, flush
        self.components: dict[str, Stateful] = {**components, "best": best}
        self.best, self.seconds, self.share = best, seconds, SHARE
        self._written, self._cost, self._best_written = time.monotonic(), 0.0, 0
        self.saved: tuple[int, int] | None = None  # epochs and steps done, as they stand in last.pt
        self.loaded_rows: str | None = None  # the lines of metrics.jsonl in the checkpoint that was loaded

    def due(self) -> bool:
        """Whether so many seconds have passed since the last write."""
        return time.monotonic() - self._written >= self.seconds

    def cheap(self) -> bool:
        """Whether the last write took a small share (`share`) of the time since."""
        return time.monotonic() - self._written >= self._cost / self.share

    @property
    def saved_step(self) -> int | None:
        """Steps done, as last.pt has them; None before the first write."""
        return None if self.saved is None else self.saved[1]

    def save(self, epoch: int, step: int) -> None:
        """Write best.pt where the best has changed, and last.pt, after `epoch` epochs and `step` steps.

        Raises OSError, FileNotFoundError of the run's folder where that was removed.
        """
        start = time.monotonic()
        require(self.folder.run)
        self.flush()  # a run that resumes from this checkpoint records nothing of before again
        synced = to_disk(self.folder.path)
        # best.pt first: killed between the two, a run goes back a little and writes the same best.pt again.
        self.write_best()
        save(self.last, {"id": self.run_id, "epoch": epoch, "step": step, "parts": gather(self.components),
                         ROWS: self.rows.text}, before=self.previous, after=synced)
        self._written = time.monotonic()
        self._cost = self._written - start
        self.saved = (epoch, step)

    def write_best(self) -> None:
        """Write best.pt where it is not what this process has written: also one that was lost since."""
        if self.best.epoch != self._best_written or self.best.epoch and not self.best_file.is_file():
            save(self.best_file, {"id": self.run_id, "epoch": self.best.epoch, "model": self.best.weights})
            self._best_written = self.best.epoch

    def finish(self) -> None:
        """Remove the checkpoint before the last one: the run has come to its end, and last.pt is on the disk."""
        self.previous.unlink(missing_ok=True)

    def load(self, path: Path | None = None, run_id: str | None = None) -> None:
        """Restore every part from last.pt (or another run's file, whose id is then `run_id`).

        Raises Damaged for a file that is not what was written, ValueError for one that is not this run's.
        """
        content = read(path or self.last)
        expected = run_id or self.run_id
        if content.get("id") != expected:
            raise ValueError(f"{path or self.last} belongs to run {content.get('id')}, not to {expected}")
        self.loaded_rows = content.pop(ROWS, None)  # an older dlrun wrote none
        if set(content) != {"id", "epoch", "step", "parts"}:
            raise ValueError(f"{path or self.last} holds {sorted(content)}, not epoch, id, parts, step")
        scatter(content["parts"], self.components)
        self.saved = (content["epoch"], content["step"])
