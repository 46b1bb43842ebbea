"""What is known of a task without torch: its configuration, the targets it accepts, its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import Problem

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.sample_metrics import SampleClassifier, SampleMetrics
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


@dataclass(frozen=True)
class TaskSpec:
    """What every task has.

    `measures` are what the loop adds up; `shown` the names behind ``train/``, ``val/`` and ``test/`` in their order.
    `wants` are the kinds of targets that it fits, `wirings` those of the composite models that it trains
    (`models.blueprint`); without any it trains one network.
    """

    kind: ClassVar[str]
    measures: ClassVar[tuple[str, ...]] = ("loss",)
    wants: ClassVar[tuple[str, ...]] = ()
    wirings: ClassVar[tuple[str, ...]] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        return self.measures

    def width(self, data_spec: Any) -> int:
        """Outputs that the network has to give for data of this signature; 0 where the model's own parts decide."""
        return 0

    @property
    def known(self) -> bool:
        """Whether it is known what will be measured; else the data has to be seen, and `on` told of it."""
        return True

    def on(self, data_spec: Any) -> TaskSpec:
        """The task on data of this signature."""
        return self

    def clashes(self, data_spec: Any) -> Iterator[Problem]:
        """What does not go with data of this signature, which is of a wanted kind."""
        yield from ()

    def network_clashes(self, blueprint: Any, model: Any, optimizer: Any, values: str) -> Iterator[Problem]:
        """What does not go with a composite model of one of its `wirings`; `values` says where the inputs lie."""
        yield from ()

    def plots(self) -> Plots:
        """What the runs of the task draw."""
        from dlrun.tasks._base.plots import Plots
        from dlrun.tasks._plots.inputs import first_batch

        return Plots(start=(first_batch,))

    def after_test(self, view: View) -> tuple[dict[str, float], dict[str, Any]]:
        """More that the outputs of the test rows say: metrics of the test, and entries of result.json."""
        return {}, {}

    def sample_metrics(self, view: View, classifier: Callable[[], SampleClassifier | None]) -> SampleMetrics | None:
        """What is measured after each epoch on samples that the model generates; None where it generates none.

        Made once, before training.  `classifier` trains a small classifier of the real rows, or None where it is poor.
        """
        return None

    def sample_columns(self, data_spec: Any) -> tuple[str, ...]:
        """The sample metrics that have a column on the console: ``samples/duplicates``."""
        return ()

    def collapsed(self, rows: Sequence[Mapping[str, Any]], data_spec: Any) -> str | None:
        """The sentence of a run whose rows of metrics.jsonl show that its samples have collapsed; None for others."""
        return None

    def final_samples(self, view: View) -> dict[str, float]:
        """Metrics of what the kept weights generate, measured once at the end; {} where they generate nothing."""
        return {}

    def optimizer(self, player: str, chosen: Any) -> Any:
        """The optimizer of a player; raises Problems where keys of its own are wrong."""
        return chosen

    def build(self, context: BuildContext) -> Task:
        """The task that the loop works with."""
        raise NotImplementedError(f"task={self.kind} is only a word")
