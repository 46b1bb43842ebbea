"""What is known of a task without torch: its configuration, the targets it accepts, its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import texts
from dlrun.config.schema.kind import Kind
from dlrun.record.metric import Metric, Metrics
from dlrun.registry.index import files
from dlrun.tasks._base.metrics import LOSS

if TYPE_CHECKING:
    from dlrun.config.schema.kinds import ModelKind, OptimizerKind
    from dlrun.config.schema.root import Config
    from dlrun.data.dataset_spec import DatasetSpec
    from dlrun.data.prepared import Split
    from dlrun.metrics._gathered import Predictions
    from dlrun.metrics._protocol import RunMetric
    from dlrun.models.composite_spec import CompositeSpec
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.sample_metrics import SampleClassifier, SampleMetrics
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


@dataclass(frozen=True)
class TaskSpec(Kind):
    """What every task has.

    `accumulated` are the metrics that the loop adds up, `further` those that are measured apart; `primary` is the one
    that the task is judged by.  `scores` says what a metric of the user's choice sees of its outputs (see
    `metrics._protocol`): classes, labels, numbers, or nothing ("").  Where it `gathers`, dlrun's own metrics that fit
    what it scores are computed of all rows at once (`Task.gathered`).  `accepts` are the kinds of targets it fits
    (`DatasetSpec.target_kind`: none, classes, labels, number, several, tokens; empty: the targets are not used);
    `natural` is the kind, or next_token, for which ``task=auto`` stands for it where the model does not say (a task of
    dlrun's own: it is read from the file, ``natural = "classes"``, so that no other task is loaded).
    `wirings` are those of the composite models that it trains (`models.composite_spec`); without any it trains one
    network.  `baselines` are the models computed from targets alone (and `last_value`, for a series) that can be
    measured in place of a network: `Task.prior` and `Task.answers` give their answers.
    """

    accumulated: ClassVar[tuple[Metric, ...]] = (LOSS,)
    further: ClassVar[tuple[Metric, ...]] = ()
    primary: ClassVar[str] = "loss"
    scores: ClassVar[str] = ""
    gathers: ClassVar[bool] = False
    accepts: ClassVar[tuple[str, ...]] = ()
    natural: ClassVar[str] = ""
    wirings: ClassVar[tuple[str, ...]] = ()
    baselines: ClassVar[tuple[str, ...]] = ()
    mixable: ClassVar[bool] = False  # whether its loss takes the targets of rows that are mixed (mixup, CutMix)
    packs: ClassVar[bool] = False  # whether its loss is tested for several networks in one program (`engine.packed`)
    compiles: ClassVar[bool] = False  # whether its loss is tested as a part of a compiled step (`engine.compiled`)
    undecided: ClassVar[bool] = False  # whether it stands for the task that model and data are made for

    metrics: tuple[str, ...] = texts(
        (), "Further metrics of the validation and test rows, by name: registered ones, or torchmetrics' (f1, roc_auc, "
        "...).  A finished run is measured again, not trained again.", empty=True, scalar=True, identity=False)

    @property
    def summed(self) -> tuple[str, ...]:
        """The names of what the loop adds up."""
        return tuple(metric.name for metric in self.accumulated)

    @property
    def own(self) -> tuple[Metric, ...]:
        """The task's own metrics behind ``train/``, ``val/`` and ``test/``, in their order."""
        return self.accumulated

    @property
    def chosen(self) -> tuple[Metric, ...]:
        """The metrics of the user's choice; those that `metric_problems` tells of are left out."""
        return tuple(metric for metric in map(self._chosen, self.metrics) if isinstance(metric, Metric))

    def reported(self, split: str) -> tuple[Metric, ...]:
        """The metrics of a split; in training those of the user's choice are not measured."""
        return self.own if split == "train" else (*self.own, *self.chosen)

    def described(self) -> Metrics:
        """All metrics that this task can measure."""
        return Metrics([*self.accumulated, *self.own, *self.further, *self.chosen], self.kind)

    @classmethod
    def metric_named(cls, name: str) -> Metric | None:
        """The metric of that name, where runs of this task may have one; for folders that do not describe theirs."""
        declared = [found for found in (cls.accumulated, cls.further) if isinstance(found, tuple)]
        own = next((metric for found in declared for metric in found if metric.name == name), None)
        return own or (_gathered(name, cls.scores) if cls.gathers else None)

    def gathered_metric(self, name: str) -> Metric | None:
        """The metric of dlrun's own of this name that is computed of all rows at once; None where there is none."""
        return _gathered(name, self.scores) if self.gathers else None

    def gathered_names(self) -> list[str]:
        """The names that `gathered_metric` knows."""
        if not self.gathers:
            return []
        from dlrun.metrics._gathered import names

        return names(self.scores)

    def metric_problems(self) -> Iterator[Problem]:
        """What is wrong with the metrics of the user's choice."""
        for name in self.metrics:
            if isinstance(reason := self._chosen(name), str):
                yield Problem(f"task.metrics=[{','.join(self.metrics)}]", f"{name}: {reason}", "task.metrics")

    def _chosen(self, name: str) -> Metric | str:
        """A metric of the user's choice, or why it cannot be measured."""
        if (own := self.gathered_metric(name)) is not None:
            return replace(own, minor=False)
        if not self.scores:
            return f"task {self.kind} measures no metrics of your choice"
        if name in self.summed:
            return f"task {self.kind} measures it anyway"
        from dlrun.metrics._choose import described

        try:
            return described(name, self.scores)
        except ValueError as error:
            return str(error)

    def width(self, data_spec: DatasetSpec) -> int:
        """Outputs that the network has to give for data of this spec; 0 where the model's own parts decide."""
        return 0

    @property
    def known(self) -> bool:
        """Whether it is known what will be measured; else the data has to be seen: see `on`."""
        return True

    def on(self, data_spec: DatasetSpec) -> TaskSpec:
        """The task for data of this spec."""
        return self

    def clashes(self, data_spec: DatasetSpec) -> Iterator[Problem]:
        """What does not go with data of this spec, whose kind is accepted."""
        yield from ()

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        """What does not go with other keys; `origin` says where a key's value came from."""
        yield from ()

    def process_clashes(self) -> Iterator[Problem]:
        """What several processes that train one run would not do as one process does."""
        yield from ()

    def unmeasured(self, metric: str, steps: int) -> str:
        """Why an epoch of so many steps may be without a metric that the task has; empty where it is not."""
        return ""

    def advice(self, config: Config) -> Iterator[str]:
        """Notes at the start of a run whose settings work, but seldom well."""
        yield from ()

    def players_line(self) -> str:
        """Who moves in a step, for ``explain run=true``; empty where the whole model does."""
        return ""

    def network_clashes(self, network: CompositeSpec, model: ModelKind, optimizer: OptimizerKind,
                        values: str) -> Iterator[Problem]:
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

    def beside(self, predictions: dict[str, Predictions], split: Split, settings: Mapping[str, Any]
               ) -> dict[str, Predictions]:
        """Gathered predictions of a split with what its rows alone say; `settings` are those of the preprocessing."""
        return predictions

    def sample_metrics(self, view: View, classifier: Callable[[], SampleClassifier | None]) -> SampleMetrics | None:
        """What is measured after each epoch on samples that the model generates; None where it generates none.

        Made once, before training.  `classifier` trains a small classifier of the real rows, or None where it is poor.
        """
        return None

    def sample_columns(self, data_spec: DatasetSpec) -> tuple[str, ...]:
        """The sample metrics that have a column on the console: ``samples/duplicates``."""
        return ()

    def collapsed(self, rows: Sequence[Mapping[str, Any]], data_spec: DatasetSpec) -> str | None:
        """The sentence of a run whose rows of metrics.jsonl show that its samples have collapsed; None for others."""
        return None

    def final_samples(self, view: View) -> dict[str, float]:
        """Metrics of what the kept weights generate, measured once at the end; {} where they generate nothing."""
        return {}

    def optimizer(self, player: str, chosen: OptimizerKind) -> OptimizerKind:
        """The optimizer of a player; raises ConfigError where keys of its own are wrong."""
        return chosen

    def build_metrics(self, data_spec: DatasetSpec, device: Any) -> dict[str, RunMetric]:
        """The metrics of the user's choice that see each batch, ready to be reset, by name."""
        names = [name for name in self.metrics if self.gathered_metric(name) is None]
        if not names:
            return {}
        from dlrun.metrics._choose import build

        return build(names, self.scores, data_spec.target_vocabulary or len(data_spec.classes), device)

    def build(self, context: BuildContext) -> Task:
        """The task that the loop works with."""
        raise NotImplementedError(f"task={self.kind} has no `build`")


def _gathered(name: str, kind: str) -> Metric | None:
    """`metrics._gathered.described`, which is loaded for the name of a metric of dlrun's own alone."""
    if name not in files("metric"):
        return None
    from dlrun.metrics._gathered import described

    return described(name, kind)
