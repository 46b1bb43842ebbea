"""Who trains a run: this process alone.  engine.process_group has the other answer, several processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from torch import nn

from dlrun.config.schema.root import Config
from dlrun.data.batches import Rows
from dlrun.engine.fit import Fit
from dlrun.models.step_rng import StepRng

Found = TypeVar("Found")


class LastRead(dict[Any, Any]):
    """What one run has read; it is forgotten before another run reads, so that never both are held."""

    def get(self, key: Any, default: Any = None) -> Any:
        """As a dict's; who asks for what is not here is about to read it."""
        if key not in self:
            self.clear()
        return super().get(key, default)


class Processes:
    """A single process: it leads, decides alone, and its loop stays as it is.

    `leader` measures, draws and records; `size` counts the processes; `local` those on this machine.
    """

    leader, size, local = True, 1, 1
    compiles = True  # whether its steps may be compiled
    twins = True  # whether a run may begin where another with the same first steps has come to
    data: dict[Any, Any] | None = None  # what runs beside it have read, and what it has
    last: ClassVar[LastRead | None] = None  # what the run before it has read, where a process keeps that for the next

    @classmethod
    def keep_rows(cls) -> None:
        """Keep from here on what a run of this process reads: reading MNIST takes a sixth of the time of a short job.

        Whether the files behind the rows are those that were planned each job finds for itself, before it begins.
        """
        Processes.last = LastRead() if Processes.last is None else Processes.last

    @classmethod
    def forget_rows(cls) -> None:
        """Keep nothing any more."""
        Processes.last = None

    def read_before(self, config: Config) -> dict[Any, Any] | None:
        """What others have read, and what gets what this run reads; code of the user's own reads for each run."""
        kept = None if config.allow or self.size > 1 else Processes.last
        return self.data if self.data is not None else kept

    def agree(self, find: Callable[[], Found]) -> Found:
        """Where the run begins: what the leader's `find` gives, in every process."""
        return find()

    def with_world_size(self, text: str) -> str:
        """A line about the machine or the speed path that says how many processes there are."""
        return text

    def speed_path(self, path: str) -> str:
        """How the steps are executed, as provenance names it."""
        return self.with_world_size(path)

    def facts(self) -> dict[str, Any]:
        """What provenance says of how the steps are executed, beside the speed path."""
        return {}

    def ended(self, result: dict[str, Any]) -> None:
        """The training has ended, and its result is written."""

    def measures(self, training: Fit, rows: Rows, batch_size: int, passes: bool,
                 before_batch: Callable[[], None]) -> Callable[[], Any] | None:
        """What measures a run together with those beside it (`packed.evaluation`); None where nobody is there."""
        return None

    def join(self, training: Fit, model: nn.Module, rng: StepRng) -> None:
        """Make the loop's objects those of all processes, after a checkpoint was loaded."""


SINGLE = Processes()
