"""The training loop: every run passes through it, from a softmax to a GAN, at its first start and resumed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import torch

from dlrun.data.batches import Batches
from dlrun.engine.callbacks._list import Callbacks
from dlrun.engine.checkpoint_manager import CheckpointManager
from dlrun.engine.clock import Clock
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.signals import Signals
from dlrun.engine.step import EagerStep
from dlrun.engine.stopping.early_stop import Stopper
from dlrun.record.recorder import EpochProgress, Recorder
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch

CHECK_EVERY = 100  # steps between two checks of the loss; fixed, so that a diverged run ends at the same step again
REPORT_SECONDS = 0.25  # seconds between two updates of what a person sees

# What a run has come to: the batch of its next step, None where it has an epoch to close first, or runs of its own.
Due: TypeAlias = "tuple[Fit, Batch | None] | Group"
Result = TypeVar("Result")


class Group:
    """Runs that a run consists of and waits for: it is sent how each has ended."""

    def execute(self) -> Any:
        """Train them all; raises what none of them is to blame for."""
        raise NotImplementedError


class Diverged(Exception):
    """The loss became NaN or infinite in a step after `first`, up to `last`.

    `first` may be given as `last`: the training loss is finite up to there, but the weights that the step left, or
    what was measured with them, are not; then it is that step alone.
    """

    def __init__(self, first: int, last: int):
        self.first, self.last = min(first, last - 1), last
        alone = last - self.first == 1
        super().__init__("the loss became NaN or infinite "
                         + (f"in step {last}" if alone else f"between steps {self.first + 1} and {last}"))


class Interrupted(Exception):
    """A signal came; the state is saved."""


def leave_when(signals: Signals) -> None:
    """Raise Interrupted where a signal has come; what is measured takes long at times, and changes no state."""
    if signals.received is not None:
        raise Interrupted


@dataclass
class Fit:
    """Everything that a run trains with.  `end_of` gives the step at which an epoch (from 0) ends."""

    epochs: int
    max_steps: int | None
    max_seconds: float | None
    steps_per_epoch: int
    batches: Batches
    step: EagerStep
    totals: MetricAccumulator
    rate: LearningRate
    stopper: Stopper
    checkpoints: CheckpointManager
    clock: Clock
    recorder: Recorder  # the callbacks among them
    callbacks: Callbacks
    signals: Signals
    evaluate: Callable[[int], dict[str, float]]  # epoch (from 1) -> val/ metrics, and test/ ones where asked
    write_row: Callable[[dict[str, Any]], None]
    begin: Callable[[], None] = lambda: None  # before an epoch's first step: stateful layers forget
    extras: Iterable[Callable[[int], None]] = ()  # called after each epoch: pictures, histograms
    report_seconds: float = REPORT_SECONDS
    counts_memory: bool = False  # whether the process's memory is that of this run alone
    pause_after: int | None = None  # epochs, after which it is left as by a signal, its state saved
    placed: Callable[[int, int, int], None] = lambda step, slots, slot: None  # its place in its pack from a step on

    def end_of(self, epoch: int) -> int:
        """The step at which an epoch (from 0) ends; `max_steps` may come first."""
        end = (epoch + 1) * self.steps_per_epoch
        return end if self.max_steps is None else min(end, self.max_steps)


def fit(run: Fit) -> str | None:
    """Train until the epochs, the steps or the seconds are used up, or the stopper or a callback says so.

    Returns the sentence of an early stop, None when training ran its length.  Raises Diverged or Interrupted.
    """
    return execute(fit_steps(run))


def execute(steps: Generator[Due, Any, Result], due: Due | None = None) -> Result:
    """Take each step as it comes due; what the generator returns.  It sees what a step raises.

    `due` is what it has come to already; None where it has not begun.
    """
    failed: BaseException | None = None
    given: Any = None
    while True:
        try:
            due = due or (steps.send(given) if failed is None else steps.throw(failed))
        except StopIteration as end:
            result: Result = end.value
            return result
        failed = given = None
        try:
            if isinstance(due, Group):
                given = due.execute()
            else:
                run, batch = due
                if batch is not None:
                    run.step(batch, run.clock.step)
        except BaseException as error:
            failed = error
        due = None


def fit_steps(run: Fit) -> Generator[Due, Any, str | None]:
    """The loop of `fit`, which hands each step out as it comes due and goes on when that has been taken."""
    clock, checkpoints, callbacks = run.clock, run.checkpoints, run.callbacks
    clock.start()
    reason = (run.stopper.reason() or (None if run.totals.rows else callbacks.stop_reason)) if clock.epoch else None
    if checkpoints.saved is None:
        checkpoints.save(clock.epoch, clock.step)  # a run that diverges at once has this state to go back to
    while reason is None and clock.epoch < run.epochs and not _steps_used_up(run):
        if clock.epoch and run.totals.rows == 0 and (reason := _seconds_used_up(run)):
            break
        first, end = clock.epoch * run.steps_per_epoch, run.end_of(clock.epoch)
        if clock.step == first:
            run.begin()
        # Stopped within it, and interrupted as it was measured.  Of a run that is stopped before it one step is taken.
        last = clock.step if callbacks.stop_reason and run.totals.rows else end
        if clock.step == last:  # it has been left between the last step of an epoch and its end
            yield run, None
        shown = time.monotonic()
        for x, y in run.batches.steps(clock.step, last):
            try:
                yield run, Batch(x, y, len(x))
            except Interrupted:  # before the step: whoever takes it with others will not
                save_if_finite(run)
                raise
            clock.step += run.step.taken
            for update in callbacks.updates:
                update(clock.step)
            if clock.step % CHECK_EVERY == 0:
                check_metrics(run)
            now = time.monotonic()
            if now - shown >= run.report_seconds:
                shown = now
                report_progress(run, first, end)
            # Before a checkpoint: of a run that is stopped within an epoch there is none before that is measured.
            if reason := callbacks.stop_reason:
                break
            if run.signals.received is not None or checkpoints.due():
                save_if_finite(run)
                if run.signals.received is not None:
                    raise Interrupted
            if reason := _seconds_used_up(run):
                if clock.step < end:
                    reason += f"; epoch {clock.epoch + 1} was cut after {clock.step - first:,} of {end - first:,} steps"
                break
        metrics = check_metrics(run)
        if not weights_are_finite(run):
            raise Diverged(clock.checked_step, clock.step)
        clock.epoch += 1
        reason = close_epoch(run, metrics) or reason
        if clock.epoch == run.pause_after:
            checkpoints.save(clock.epoch, clock.step)
            raise Interrupted
    if checkpoints.saved != (clock.epoch, clock.step):
        checkpoints.save(clock.epoch, clock.step)
    checkpoints.write_best()  # a resumed run that had only its end to do may have lost it
    return reason


def close_epoch(run: Fit, metrics: dict[str, float]) -> str | None:
    """Measure, record and judge an epoch that has ended; the sentence of an early stop, or None."""
    clock = run.clock
    try:
        measured = run.evaluate(clock.epoch)
    except Interrupted:  # the run that resumes has this epoch to close, and measures again
        clock.epoch -= 1
        run.checkpoints.save(clock.epoch, clock.step)
        raise
    row = {"epoch": clock.epoch, "step": clock.step, "seconds": 0.0, "train/lr": run.rate.at(clock.step - 1),
           **{f"train/{name}": value for name, value in metrics.items()}, **measured}
    if not all_finite({name: value for name, value in row.items() if name.startswith("val/")}):
        run.write_row(row)  # the last thing that is known of the run
        raise Diverged(clock.checked_step, clock.step)
    best = run.stopper.epoch(clock.epoch, row)
    if best:
        run.checkpoints.best.keep(clock.epoch)
    run.rate.epoch(row)
    run.totals.reset()
    row["seconds"] = round(clock.tick(), 6)
    clock.epoch_seconds = 0.0
    run.write_row(row)
    run.recorder.epoch(row, best)
    for extra in run.extras:
        extra(clock.epoch)
    if run.checkpoints.due() or run.checkpoints.cheap():
        run.checkpoints.save(clock.epoch, clock.step)
    return run.stopper.reason() or run.callbacks.stop_reason


def check_metrics(run: Fit) -> dict[str, float]:
    """The running metrics, read from the device; raises Diverged where one is NaN or infinite."""
    metrics = run.step.task.compute(run.step.means())
    if not all_finite(metrics):
        raise Diverged(run.clock.checked_step, run.clock.step)
    run.clock.checked_step = run.clock.step
    return metrics


def save_if_finite(run: Fit) -> None:
    """Write a checkpoint within an epoch; none of a run that has diverged, as its next check will report."""
    if all_finite(run.step.means()) and weights_are_finite(run):
        run.checkpoints.save(run.clock.epoch, run.clock.step)


def weights_are_finite(run: Fit) -> bool:
    """Whether all weights are finite; the loss was computed before the update, and does not say it."""
    weights = [weight.isfinite().all() for player in run.step.players.values() for weight in player.weights]
    return bool(torch.stack(weights).all()) if weights else True


def all_finite(metrics: dict[str, float]) -> bool:
    """Whether no metric is NaN or infinite."""
    return all(math.isfinite(value) for value in metrics.values())


def report_progress(run: Fit, first: int, end: int) -> None:
    """Tell the recorders how far an epoch is."""
    seconds = run.clock.tick()
    done = run.clock.step - first
    run.recorder.step(EpochProgress(
        epoch=run.clock.epoch + 1, step=run.clock.step, step_in_epoch=done, steps_in_epoch=end - first,
        seconds_in_epoch=seconds, values={f"train/{k}": v for k, v in run.step.task.compute(run.totals.read()).items()},
        rows_per_second=run.totals.rows / seconds if seconds else 0.0))


def _steps_used_up(run: Fit) -> bool:
    """Whether the epochs that are closed hold all steps; a resumed run may still have to close its last one."""
    return run.max_steps is not None and run.clock.epoch * run.steps_per_epoch >= run.max_steps


def _seconds_used_up(run: Fit) -> str | None:
    """The sentence of a run whose time is over; None while there is some, or no limit."""
    if run.max_seconds is None or run.clock.now() < run.max_seconds:
        return None
    return f"max_seconds: {run.max_seconds:g} seconds of training are used up"
