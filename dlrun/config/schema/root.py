"""The root keys: how a run is trained, and where it goes.  The defaults of dlrun stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.schema.fields import choice, flag, free, integer, integers, mapping, number, text, texts
from dlrun.config.schema.kinds import (
    AugmentKind,
    DatasetKind,
    ModelKind,
    OptimizerKind,
    ScheduleKind,
    StoppingKind,
    TaskKind,
)
from dlrun.config.schema.validation import Validation

if TYPE_CHECKING:
    from dlrun.config.schema.phases import Phase


@dataclass(frozen=True)
class Root:
    """Every key that is not in a group.  Those with ``identity=False`` cannot change a result."""

    seed: int = integer(0, "Seed of everything random: initial weights, order, dropout, augmentation.", low=0)
    batch_size: int = integer(128, "Rows in one batch; auto: by the rows of your data.", low=1, words=("auto",))
    epochs: int = integer(40, "Passes over the training rows (or of steps_per_epoch steps); auto: by the rows of your "
                         "data.", low=1, words=("auto",))
    max_steps: int | None = integer(None, "Stop after so many steps, if the epochs have not ended before.", low=1)
    steps_per_epoch: int | None = integer(
        None, "Steps in an epoch; sampling continues over the data.  null: one pass over the rows.", low=1)
    max_seconds: float | None = number(None, "Stop when training has taken so long.", low=0, above=True)
    train_size: int | None = integer(None, "Training rows used, the first ones; null for all.", low=1)
    test_size: int | None = integer(None, "Test rows to measure, one from each of as many stretches; null: all.", low=1)
    shuffle: bool = flag(True, "Draw a new order of the rows in each pass; false: as they are stored.")
    validation: Validation = free(
        0.2, "Rows kept for validation: a fraction, a count, 0 for none, kfold (5 folds, shuffled), or {kind: holdout, "
        "size, take, stratify}, {kind: kfold, k, iterations, shuffle, stratify, final}.")
    phases: tuple[Phase, ...] = free(
        (), "What changes at an epoch: a list of {epoch, lr, augment, freeze, unfreeze}; see docs/pretrained.md.")
    fork: str | None = text(None, "The run and epoch that it begins from, as 3f9c1e02aa@10; `dlrun fork` sets it.")
    test_at: tuple[int, ...] = integers(
        (), "Epochs after which the test rows are measured too; reported apart, never used to choose.",
        low=1, empty=True, scalar=True)
    evaluate_train: bool = flag(False, "Measure the training rows once more at the end, without dropout.")
    interpolation: bool = flag(
        False, "Measure the loss on the straight line from newly drawn weights to the trained ones, at the end.")
    precision: str = choice("float32", ("float32", "bf16", "fp16"), "Arithmetic of the forward pass.")
    device: str = text("auto", "auto, cpu, cuda, cuda:N or mps.", identity=False)
    threads: Any = integer("auto", "CPU threads of torch.", low=1, words=("auto",), identity=False)
    pack: Any = integer(
        "never", "Train jobs of a sweep that differ in seeds, rates and the like, and folds, as one program, "
        "at most so many at a time; auto: where that is faster.", low=2, words=("auto", "never"), identity=False)
    speed: str = choice(
        "plain", ("auto", "plain", "compiled"), "How steps are executed: by torch's operations, or as a function in C "
        "that this machine's compiler makes; auto: compiled where that is faster.", identity=False)
    resident: Any = choice("auto", ("auto", True, False), "Keep the data on the device.", identity=False)
    output_dir: str = text("runs", "Folder of all runs.", identity=False)
    data_dir: str | None = text(None, "Folder of the data files; null: DLRUN_DATA, else the cache.", identity=False)
    name: str | None = text(None, "Folder of the run below output_dir; null: from the words chosen.", identity=False)
    force: bool = flag(False, "Run again, replacing what the run's folder holds.", identity=False)
    verbosity: int = integer(1, "0: the result only; 1: a line per epoch; 2: more.", low=0, high=2, identity=False)
    checkpoint_seconds: float = number(30.0, "Seconds between checkpoints; 0: after every step.", low=0, identity=False)
    log_every: int | None = integer(
        None, "Also send scalars to TensorBoard every so many steps.", low=1, identity=False)
    record: tuple[str, ...] = texts(
        ("tensorboard",), "What records the run beside its folder: tensorboard, mlflow, registered names, or "
        "module.Class of an allowed module.", empty=True, scalar=True, identity=False)
    histograms: bool = flag(False, "Send histograms of the weights to TensorBoard every epoch.", identity=False)
    graph: bool = flag(False, "Send the model's graph to TensorBoard.", identity=False)
    projector: bool = flag(
        False, "Write embeddings, codes or last features of rows for TensorBoard's projector at the end.",
        identity=False)
    callbacks: tuple[str, ...] = texts(
        (), "What watches the training and may stop it: registered names, or module.Class of an allowed module.",
        empty=True, scalar=True)
    allow: tuple[str, ...] = texts(
        (), "Modules whose classes a _target_ may name; from the command line only.",
        empty=True, scalar=True, identity=False)
    book: dict[str, Any] | None = mapping(None, "What a book says of this experiment.", identity=False)
    sweep: dict[str, Any] | None = mapping(
        None, "What varies, where this experiment is a sweep: rows, axes, pairs, seeds, ...", identity=False)


_CHOSEN: Any = None  # no default: `check` gives every group
GROUPS = ("dataset", "model", "task", "optimizer", "schedule", "early_stop", "augment")


@dataclass(frozen=True)
class Config(Root):
    """A checked configuration: root keys as attributes, each group an instance of its schema.

    `plain` is the resolved mapping, as it is written to config.yaml.
    """

    dataset: DatasetKind = _CHOSEN
    model: ModelKind = _CHOSEN
    task: TaskKind = _CHOSEN
    optimizer: OptimizerKind = _CHOSEN
    schedule: ScheduleKind = _CHOSEN
    early_stop: StoppingKind = _CHOSEN
    augment: AugmentKind = _CHOSEN
    plain: dict[str, Any] | None = None
