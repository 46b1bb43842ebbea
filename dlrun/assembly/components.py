"""The objects that the loop works with, and what measures them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from dlrun.config.check.rules import watched
from dlrun.config.schema.root import Config
from dlrun.data.batches import Batches, Rows
from dlrun.data.prepared import PreparedData
from dlrun.models.step_rng import StepRng
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.tasks._base.task import Task
from dlrun.tasks._base.view import View

if TYPE_CHECKING:
    from dlrun.assembly.features import FeaturesFirst
    from dlrun.engine.compiled.evaluation import CompiledEvaluation
    from dlrun.engine.phases import Phases
    from dlrun.metrics._protocol import RunMetric
    from dlrun.record.remarks import Remark

GATHERED = 1 << 26  # numbers that a task's outputs for all rows of a split may be: 256 MB


@dataclass
class RunComponents:
    """What a run trains, and on what.  `resident` says where the data lies.

    `before_batch` is called before batches are measured, and may raise.
    `phases` is set where the run changes at an epoch, `features` where a frozen base's features are computed first;
    then `by_features` has the rows of splits as these, which are measured in place of the rows themselves.
    `beside` is set for a member of a pack: what the validation rows come to where all are measured at once, else None.
    `program` measures rows where steps are compiled.  `gathered` holds the outputs and targets of the last measurement
    of validation and test rows, for metrics of all rows at once; `predicted` what `predictions` has made of that.
    `remarks` are those of `data.inspection`.
    """

    config: Config
    prepared: PreparedData
    task: Task
    model: nn.Module
    rng: StepRng
    batches: Batches
    train: Rows
    val: Rows | None
    test: Rows | None
    resident: bool
    speed_path: str
    evaluate_batch: int
    chosen_metrics: dict[str, RunMetric]
    before_batch: Callable[[], None] = lambda: None
    phases: Phases | None = None
    features: FeaturesFirst | None = None
    by_features: dict[str, Rows] = field(default_factory=dict)
    beside: Callable[[], tuple[dict[str, float], list[tuple[Any, Tensor]]] | None] = lambda: None
    program: CompiledEvaluation | None = None
    gathered: dict[str, list[tuple[Any, Tensor]]] = field(default_factory=dict)
    predicted: dict[str, tuple[list[tuple[Any, Tensor]], dict[str, Any]]] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()

    def view(self, folder: RunFolder, recorder: Recorder, epoch: int, cast: Callable[[], Any],
             predicted: Callable[[], Mapping[str, Any]] = dict) -> View:
        """The run at the end of an epoch, for plots and for what a task measures on samples."""
        return View(self.config, self.task, self.model, self.prepared, self.rng, self.batches, self.train, self.val,
                    self.test, self.evaluate_batch, folder, recorder, epoch, cast, predicted)

    def parameters(self) -> int:
        """How many there are, trainable and frozen."""
        return sum(weight.numel() for weight in self.model.parameters())

    def measure(self, rows: Rows, cast: Callable[[], Any],
                passed: list[tuple[Tensor, Tensor]] | None = None) -> dict[str, float]:
        """The task's metrics over all rows, with dropout off; `passed` gets each batch's outputs and targets.

        Those of the user's choice that are not finite are left out; training rows have none.
        """
        from dlrun.assembly.measure import measured

        if (split := self._split(rows)) == "train":
            return self._evaluate(rows, cast, passed)
        self.gathered.pop(split, None)  # before the new ones, so that never both are held
        self.predicted.pop(split, None)
        gathered: list[tuple[Any, Tensor]] | None = [] if self.gathers(rows) else None
        if split == "val" and passed is None and (found := self.beside()) is not None:
            values = measured(self.task, *found, self.chosen_metrics)
            gathered = None if gathered is None else found[1]
        else:
            values = self._evaluate(rows, cast, passed, chosen=self.chosen_metrics, gathered=gathered)
        if gathered is not None:
            self.gathered[split] = gathered
            if names := watched(self.config):
                from dlrun.metrics._gathered import compute as computed

                values |= computed(self.predictions(split), names)
        return values

    def loss(self, rows: Rows, cast: Callable[[], Any]) -> float:
        """The task's loss over all rows, with dropout off; `predictions` stay those of the last measurement."""
        return self._evaluate(rows, cast)["loss"]

    def _evaluate(self, rows: Rows, cast: Callable[[], Any], passed: list[tuple[Tensor, Tensor]] | None = None,
                  **more: Any) -> dict[str, float]:
        from dlrun.assembly.measure import measure

        shown = self.by_features.get(self._split(rows), rows)
        return measure(self.task, self.config.task.summed, self.model, self.rng, shown, self.evaluate_batch, cast,
                       passed, before_batch=self.before_batch, program=self.program, **more)

    def _split(self, rows: Rows) -> str:
        return "train" if rows is self.train else "test" if rows is self.test else "val"

    def predictions(self, split: str) -> dict[str, Any]:
        """What was predicted of the rows of "val" or "test" when they were last measured, by target.

        {} for tasks whose predictions are not gathered, and for very many of them.
        """
        found = self.gathered.get(split)
        if not found:
            return {}
        if split not in self.predicted or self.predicted[split][0] is not found:  # it was measured since
            prepared = self.prepared
            self.predicted[split] = found, self.config.task.beside(
                self.task.gathered(found, prepared.data_spec), prepared.splits[split], prepared.settings)
        return self.predicted[split][1]

    def gathers(self, rows: Rows) -> bool:
        """Whether what is predicted of these rows is held, for metrics of all of them at once."""
        data_spec, task = self.prepared.data_spec, self.config.task
        return task.gathers and rows.count * task.width(data_spec) * max(1, data_spec.target_length) <= GATHERED
