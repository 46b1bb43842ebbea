"""Puts the loop's objects together for one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine
from dlrun.config.check.rules import direction_of, measured
from dlrun.config.schema.root import Config
from dlrun.diagnostics.plots import draw_epoch
from dlrun.engine.callbacks._list import make_callbacks
from dlrun.engine.checkpoint_manager import BestWeights, CheckpointManager, Weights
from dlrun.engine.clock import Clock
from dlrun.engine.fit import Fit
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.signals import Signals
from dlrun.engine.step import EagerStep
from dlrun.engine.stopping.early_stop import Stopper
from dlrun.models.build import reset_states
from dlrun.record.folder import RunFolder
from dlrun.record.lock import require
from dlrun.record.metrics import MetricsFile
from dlrun.record.recorder import Recorder, Recorders
from dlrun.tasks._base.accumulator import MetricAccumulator


def build_fit(components: RunComponents, machine: Machine, folder: RunFolder, run_id: str, signals: Signals,
              recorder: Recorder, say: Callable[[str], None] = lambda note: None, compiled: bool = False,
              began: str | None = None) -> Fit:
    """Everything that `engine.fit` needs, at the start of training (a checkpoint is loaded into it afterwards).

    With `compiled` its step is, where that can be done; `say` hears why not.  A run that `began` on a path goes on with
    evaluations of that kind.
    """
    config = components.config
    steps_per_epoch = config.steps_per_epoch or components.batches.steps_in_pass
    total = min(config.epochs * steps_per_epoch, config.max_steps or config.epochs * steps_per_epoch)
    schedule = config.schedule
    feedback = direction_of(config, schedule.watched, schedule.watched_mode) if schedule.watched else None
    rate = LearningRate(schedule, config.optimizer.lr, steps_per_epoch, total, feedback or "min")
    totals = MetricAccumulator(config.task.summed, machine.device)
    step = EagerStep(config, components.task, components.model, components.rng, rate, totals)
    batches = components.batches
    if compiled:
        from dlrun.run.compiled import EVALUATED, compiled_evaluation, compiled_step

        step, batches = compiled_step(step, batches, say)
        if began is None or EVALUATED in began:
            components.program = compiled_evaluation(step, components, say)
        if config.checkpoint_seconds == 0:
            step.one_by_one()
    executed = step.executed if components.program is None else step.executed + EVALUATED
    components.speed_path = components.speed_path.replace(EagerStep.executed, executed, 1)
    stopper = make_stopper(config)
    best, clock = BestWeights(components.model), Clock()
    callbacks = make_callbacks(config.callbacks, components.model)
    recorder = Recorders([recorder, callbacks])
    rows = MetricsFile(folder.metrics)
    checkpoints = CheckpointManager(folder, run_id, {
        "model": Weights(components.model), "step": step, "rate": rate, "totals": totals, "stopper": stopper,
        "clock": clock, **({"callbacks": callbacks} if config.callbacks else {})},
        best, rows, config.checkpoint_seconds, recorder.flush)

    def sample_classifier() -> Any:
        from dlrun.diagnostics.sample_classifier import make_sample_classifier

        return make_sample_classifier(components, folder.sample_classifier, say)

    sample_metrics = config.task.sample_metrics(components.view(folder, recorder, 0, step.cast), sample_classifier)

    def evaluate(epoch: int) -> dict[str, float]:
        row: dict[str, float] = {}
        if components.val is not None:
            row |= named("val", components.measure(components.val, step.cast))
        if components.test is not None and epoch in config.test_at:
            row |= named("test", components.measure(components.test, step.cast))
        if sample_metrics is not None:
            row |= named("samples", sample_metrics())
        return row

    def write_row(row: dict[str, Any]) -> None:
        require(folder.run)
        rows.append(row)

    extras: list[Callable[[int], None]] = [
        lambda epoch: draw_epoch(components.view(folder, recorder, epoch, step.cast))]
    if config.histograms:
        extras.append(lambda epoch: _histograms(components, epoch, recorder))
    epochs = config.epochs if step.players else 1  # with nothing to train each pass would measure the same
    training = Fit(
        epochs=epochs, max_steps=config.max_steps, max_seconds=config.max_seconds,
        steps_per_epoch=steps_per_epoch, batches=batches, step=step, totals=totals, rate=rate,
        stopper=stopper, checkpoints=checkpoints, clock=clock, recorder=recorder, callbacks=callbacks, signals=signals,
        evaluate=evaluate,
        write_row=write_row, begin=lambda: reset_states(components.model), extras=extras)
    if config.phases:
        from dlrun.run.phases import add_phases

        add_phases(training, components)
    return training


def make_stopper(config: Config) -> Stopper:
    """Early stopping as a run has it before its first epoch."""
    stop = config.early_stop
    direction = direction_of(config, stop.monitor, stop.mode)
    return Stopper(stop, stop.monitor if direction and stop.monitor in measured(config) else None, direction or "min")


def named(split: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """``{"loss": 1}`` as ``{"val/loss": 1}``."""
    return {f"{split}/{name}": value for name, value in metrics.items()}


def _histograms(components: RunComponents, epoch: int, recorder: Recorder) -> None:
    for name, weight in components.model.named_parameters():
        recorder.histogram(f"weights/{name}", epoch, weight.detach().float().cpu().numpy())
