"""A recorder watches a run: the console, TensorBoard, or whatever a user adds, called at named places by the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from dlrun.record.metric import Metric


@dataclass(frozen=True)
class RunInfo:
    """What is known before the first step.

    `dataset`, `model` are names; `data_line`, `model_line`, `device_line` say the rest in a line each, without the
    name.  `config` is the nested resolved configuration, `flat` the same with dotted keys.  `metrics` are those of a
    row that are shown, in their order, by key (``train/loss``, ``train/accuracy``, ``val/loss``, ``val/accuracy``);
    `primary` is the one that the task is judged by (``accuracy``).  `epochs` is None where only another rule ends the
    run.  `first_epoch` is 1 for a fresh run; a resumed one continues in `first_epoch`, after `resumed_step` steps.
    `notes` are decisions made for the user, each a line.
    `folds` counts the folds of a k-fold run, with its final fit; 0 for a run that trains once.
    """

    dataset: str
    data_line: str
    model_line: str
    device_line: str
    folder: Path
    config: Mapping[str, Any]
    flat: Mapping[str, Any]
    epochs: int | None
    metrics: Mapping[str, Metric]
    model: str = ""
    first_epoch: int = 1
    resumed_step: int = 0
    monitor: str | None = None
    notes: Sequence[str] = field(default_factory=tuple)
    verbosity: int = 1
    folds: int = 0
    primary: str = "loss"


@dataclass(frozen=True)
class EpochProgress:
    """Where an epoch is, at a log point; `values` are the running metrics of training, `step` counts the whole run."""

    epoch: int
    step: int
    step_in_epoch: int
    steps_in_epoch: int | None
    seconds_in_epoch: float
    values: Mapping[str, float]
    rows_per_second: float = 0.0


class Recorder:
    """Does nothing at every place; a recorder overrides the places that it cares about.

    The order of calls: start, work*, (step*, picture*, epoch)*, outcome, finish, close; flush comes at any place
    between.  A k-fold run has (fold, fold_done)* after its start; its epochs are means over the folds, and come when
    all folds are done.  `close` comes always, also after an exception and without `finish`; everything that was
    recorded until then has to be on disk after it.

    One of your own enters by ``record=[tensorboard,mine.Tracker] allow=mine``, or registered in the group `recorder` by
    its name; it changes no id.  Where it fails the run goes on without it.
    """

    needs: ClassVar[tuple[str, str] | None] = None  # a package that it imports, and what pip installs it by

    @classmethod
    def of_run(cls, log_every: int) -> Recorder:
        """One for a run; `log_every` are the steps between two scalars within an epoch, 0 for none."""
        return cls()

    def start(self, info: RunInfo) -> None:
        """Before the first step; on a resumed run too."""

    def step(self, progress: EpochProgress) -> None:
        """At a log point inside an epoch (the host has just read the metrics; not every step)."""

    def work(self, what: str, done: int, of: int) -> None:
        """While something long is computed before the first step: how much of it is done."""

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        """After an epoch, with its row of metrics.jsonl; `best` when it is the best so far by the monitor."""

    def picture(self, tag: str, at: int, path: Path) -> None:
        """A PNG file was made; `at` is an epoch, or a step when the tag begins with ``step/``."""

    def histogram(self, tag: str, at: int, values: Any) -> None:
        """The distribution of a numpy array (weights, gradients); `at` as for `picture`."""

    def text(self, tag: str, at: int, text: str) -> None:
        """A text that the model wrote; `at` as for `picture`."""

    def graph(self, graph_def: bytes) -> None:
        """The network as a serialised TensorFlow GraphDef."""

    def note(self, text: str) -> None:
        """A sentence for the user, in the middle of a run."""

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        """What records a fold of a k-fold run: a recorder of its own, from `start` to `close`.

        `name` is the fold's number or ``final``; `after` counts the parts that follow it, `together` those that are
        trained side by side with it, itself included.
        """
        return Recorder()

    def fold_done(self, name: str, result: Mapping[str, Any]) -> None:
        """A fold has come to its end, or was found done: the content of its result.json."""

    def flush(self) -> None:
        """Before a checkpoint is written: what was recorded until now has to outlive a process that is killed."""

    def outcome(self, result: Mapping[str, Any]) -> None:
        """The content of result.json, before it is written: a run that has one is done, and records nothing more."""

    def finish(self, result: Mapping[str, Any]) -> None:
        """The content of result.json, after it was written."""

    def close(self) -> None:
        """The end, whatever happened before."""


class Recorders(Recorder):
    """Several recorders as one, called in their order."""

    def __init__(self, recorders: Sequence[Recorder]):
        self.recorders = tuple(recorders)

    def start(self, info: RunInfo) -> None:
        for recorder in self.recorders:
            recorder.start(info)

    def step(self, progress: EpochProgress) -> None:
        for recorder in self.recorders:
            recorder.step(progress)

    def work(self, what: str, done: int, of: int) -> None:
        for recorder in self.recorders:
            recorder.work(what, done, of)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        for recorder in self.recorders:
            recorder.epoch(row, best)

    def picture(self, tag: str, at: int, path: Path) -> None:
        for recorder in self.recorders:
            recorder.picture(tag, at, path)

    def histogram(self, tag: str, at: int, values: Any) -> None:
        for recorder in self.recorders:
            recorder.histogram(tag, at, values)

    def text(self, tag: str, at: int, text: str) -> None:
        for recorder in self.recorders:
            recorder.text(tag, at, text)

    def graph(self, graph_def: bytes) -> None:
        for recorder in self.recorders:
            recorder.graph(graph_def)

    def note(self, text: str) -> None:
        for recorder in self.recorders:
            recorder.note(text)

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        return Recorders([recorder.fold(name, after, together) for recorder in self.recorders])

    def fold_done(self, name: str, result: Mapping[str, Any]) -> None:
        for recorder in self.recorders:
            recorder.fold_done(name, result)

    def flush(self) -> None:
        for recorder in self.recorders:
            recorder.flush()

    def outcome(self, result: Mapping[str, Any]) -> None:
        for recorder in self.recorders:
            recorder.outcome(result)

    def finish(self, result: Mapping[str, Any]) -> None:
        for recorder in self.recorders:
            recorder.finish(result)

    def close(self) -> None:
        """Closes every recorder, even when one of them fails; the first failure is raised afterwards."""
        failures = []
        for recorder in self.recorders:
            try:
                recorder.close()
            except Exception as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
