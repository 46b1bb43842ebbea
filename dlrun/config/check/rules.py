"""Rules between values of a configuration: each is a small function that yields problems.

`@rule` registers; a test holds the register against the functions of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from dlrun.config.places import ASIDE
from dlrun.config.problem import Problem, nearest
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.groups import of_target
from dlrun.config.schema.quoting import Origin, show
from dlrun.config.schema.root import GROUPS, Config
from dlrun.registry import is_allowed, permitted

Check = Callable[[Config, Callable[[str], str]], Iterable[Problem]]
RULES: list[Check] = []


def rule(check: Check) -> Check:
    """Add a check to `RULES`; its name says what holds where it finds nothing."""
    RULES.append(check)
    return check


@rule
def fork_names_a_run_and_an_epoch(config: Config, origin: Origin) -> Iterator[Problem]:
    """A run begins from an epoch of another one that lies before its own end."""
    if config.fork is None:
        return
    from dlrun.config.fork import EXPECTED, origin_of

    found, given = origin_of(config.fork), f"fork={config.fork}"
    if found is None:
        yield Problem(given, EXPECTED, origin("fork"))
    elif found.epoch >= config.epochs:
        yield Problem(f"epochs={config.epochs}", f"expected more than the {found.epoch} epochs that it begins with "
                                                 f"({given})", origin("epochs"))


def measured(config: Config) -> list[str]:
    """The metrics that a run of this configuration produces each epoch, in their order of display."""
    found = [f"train/{metric.name}" for metric in config.task.reported("train")]
    if config.validation is None:
        return found
    names = [*(metric.name for metric in config.task.reported("val")), *watched(config)]
    return [*found, *(f"val/{name}" for name in dict.fromkeys(names))]


def watched(config: Config) -> list[str]:
    """The metrics of dlrun's own that are computed of all validation rows after each epoch, and of test rows.

    They are those that ``task.metrics`` asks for, and those that early stopping or a schedule watches.
    """
    monitors = (config.early_stop.monitor, config.schedule.watched or "") if config.validation is not None else ()
    names = [*config.task.metrics, *(monitor[4:] for monitor in monitors if monitor.startswith("val/"))]
    return [name for name in dict.fromkeys(names) if config.task.gathered_metric(name) is not None]


def direction_of(config: Config, key: str, mode: str) -> Any:
    """The way in which a monitor gets better: min, max, or None where neither does."""
    return config.task.described().of(key).direction if mode == "auto" else mode


def monitors(config: Config) -> Iterator[tuple[str, str]]:
    """The keys that name a metric to watch, each with the metric; none while the task is not known."""
    if not config.task.known:  # checked when the data has shown what is learned
        return
    if config.early_stop.on:
        yield "early_stop.monitor", config.early_stop.monitor
    if config.schedule.watched is not None:
        yield "schedule.monitor", config.schedule.watched


@rule
def monitor_is_measured(config: Config, origin: Origin) -> Iterator[Problem]:
    """What early stopping and a schedule watch is measured each epoch, and one of its directions is better."""
    for key, metric in monitors(config):
        known = measured(config)
        if metric in known:
            mode = config.early_stop.mode if key.startswith("early_stop") else config.schedule.watched_mode
            if direction_of(config, metric, mode) is None:
                group = key.partition(".")[0]
                yield Problem(f"{key}={metric}", "neither more nor less of it is better; say  "
                                                 f"{group}.mode=min  or  {group}.mode=max", origin(key))
            continue
        if metric.startswith("test/"):
            why = "the test rows are never used to choose; watch one of " + ", ".join(known)
        elif metric.startswith("val/") and config.validation is None:
            why = "validation=0 leaves nothing to watch; say validation=0.2, or watch " + ", ".join(known)
        else:
            gathered = [f"val/{name}" for name in config.task.gathered_names() if config.validation is not None]
            near = nearest(metric, [*known, *gathered])
            asked = f"; if they are watched {', '.join(gathered)} too" if gathered and not near else ""
            hint = f"; did you mean  {near[0]}" if near else asked
            why = f"task {config.task.kind} measures {', '.join(known)}{hint}"
        yield Problem(f"{key}={metric}", why, origin(key))


@rule
def chosen_metrics_are_known(config: Config, origin: Origin) -> Iterator[Problem]:
    """Each of ``task.metrics`` exists and fits the task."""
    for wrong in config.task.metric_problems() if config.task.known else ():
        yield replace(wrong, origin=origin(wrong.origin))


@rule
def final_fit_has_a_monitor(config: Config, origin: Origin) -> Iterator[Problem]:
    """The final fit of a k-fold run has no validation rows, so nothing there may watch them."""
    folds = folds_of(config)
    if folds is None or not folds.final:
        return
    for key, metric in monitors(config):
        if metric.startswith("val/"):
            yield Problem(f"{key}={metric}", "the final fit (validation.final) has no validation rows to watch; fix "
                                             "the number of epochs, or watch a train/ metric", origin(key))


@rule
def test_at_is_reached(config: Config, origin: Origin) -> Iterator[Problem]:
    """The epochs of ``test_at`` are trained."""
    late = [epoch for epoch in config.test_at if epoch > config.epochs]
    if late:
        yield Problem(f"test_at={show(config.test_at)}", f"training ends after epoch {config.epochs} (epochs)",
                      origin("test_at"))


@rule
def how_it_is_trained_fits(config: Config, origin: Origin) -> Iterator[Problem]:
    """Data, model, optimizer, schedule and early stopping go with the rest, as each says itself."""
    for kind in (config.dataset, config.model, config.optimizer, config.schedule, config.early_stop):
        yield from kind.clashes(config, origin)


@rule
def optimizers_of_phases_fit(config: Config, origin: Origin) -> Iterator[Problem]:
    """The optimizers that a run changes to are known, and move as the first one does."""
    if any(phase.optimizer for phase in config.phases):
        from dlrun.config.phase_optimizers import clashes

        yield from (replace(wrong, origin=origin("phases")) for wrong in clashes(config, origin))


@rule
def a_closure_needs_whole_batches(config: Config, origin: Origin) -> Iterator[Problem]:
    """An optimizer that calls the loss several times a step takes one batch, in float32."""
    if not config.optimizer.needs_closure:
        return
    kind = config.optimizer.kind
    if config.optimizer.accumulate > 1:
        yield Problem(f"optimizer.accumulate={config.optimizer.accumulate}", f"{kind} takes one batch at a time",
                      origin("optimizer.accumulate"))
    if config.precision != "float32":
        yield Problem(f"precision={config.precision}", f"{kind} needs float32", origin("precision"))


@rule
def task_goes_with_the_rest(config: Config, origin: Origin) -> Iterator[Problem]:
    """The task goes with the rest, as it says itself."""
    yield from config.task.config_clashes(config, origin)


@rule
def a_line_of_losses_has_two_ends(config: Config, origin: Origin) -> Iterator[Problem]:
    """``interpolation`` needs trained weights."""
    if not config.interpolation:
        return
    if config.model.computed:
        yield Problem("interpolation=true", "this model has no trained weights", origin("interpolation"))


@rule
def half_precision_has_a_device(config: Config, origin: Origin) -> Iterator[Problem]:
    """fp16 runs on CUDA alone."""
    if config.precision == "fp16" and not (config.device == "auto" or config.device.startswith("cuda")):
        yield Problem("precision=fp16", f"it needs a CUDA device, not device={config.device}; bf16 runs anywhere",
                      origin("precision"))


@rule
def device_is_a_device(config: Config, origin: Origin) -> Iterator[Problem]:
    """``device`` is a name that torch has; whether the machine has it is found at the start."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", config.device):
        near = ["cuda"] if config.device.startswith("gpu") else nearest(config.device, ["auto", "cpu", "cuda", "mps"])
        hint = f"; did you mean  {near[0]}" if near else ""
        yield Problem(f"device={config.device}", f"expected one of auto, cpu, cuda, cuda:N, mps{hint}",
                      origin("device"))


@rule
def name_is_a_folder(config: Config, origin: Origin) -> Iterator[Problem]:
    """``name`` stays below output_dir, and where reports look for runs."""
    name = config.name
    if name is None:
        return
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not name.strip() or name.startswith(("/", "~")) or ".." in parts:
        yield Problem(f"name={name}", "expected a folder below output_dir", origin("name"))
    elif taken := [part for part in parts if part in ASIDE or part.startswith(".")]:
        yield Problem(f"name={name}", f"expected a folder below output_dir where reports look for runs, not {taken[0]} "
                                      f"(nor {', '.join(word for word in ASIDE if word != taken[0])}, nor one with a "
                                      "dot before it)", origin("name"))


@rule
def output_dir_is_named(config: Config, origin: Origin) -> Iterator[Problem]:
    """``output_dir`` is not empty."""
    if not config.output_dir.strip():
        yield Problem("output_dir=", "expected a folder;  .  is this one", origin("output_dir"))


@rule
def recorders_are_known(config: Config, origin: Origin) -> Iterator[Problem]:
    """Each of ``record`` can be found, and what it needs is installed."""
    if config.record in ((), ("tensorboard",)):
        return
    from dlrun.config.callbacks import recorder_problems

    for problem in recorder_problems(config):
        yield replace(problem, origin=origin("record"))


@rule
def callbacks_are_known(config: Config, origin: Origin) -> Iterator[Problem]:
    """Each of ``callbacks`` can be found."""
    if not config.callbacks:
        return
    from dlrun.config.callbacks import callback_problems

    for problem in callback_problems(config):
        yield replace(problem, origin=origin("callbacks"))


@rule
def custom_class_is_allowed(config: Config, origin: Origin) -> Iterator[Problem]:
    """A user's class runs only where ``allow=`` stands on the command line."""
    for group in GROUPS:
        values = getattr(config, group)
        if not of_target(values):
            continue
        module = values.target.rpartition(".")[0]
        if values.target and not is_allowed(module, config.allow):
            yield Problem(f"{group}._target_={values.target}",
                          f"its code would run; allow it by  allow={module}  on the command line",
                          origin(f"{group}._target_"))


@rule
def allow_is_typed(config: Config, origin: Origin) -> Iterator[Problem]:
    """No file allows code to run: what stands in a configuration has to be permitted by the command being answered."""
    if not set(config.allow) <= set(permitted()):
        yield Problem(f"allow={show(config.allow)}", "it counts on the command line only", origin("allow"))


# Checked again when the data has decided how many epochs there are.
OF_LENGTH: tuple[Check, ...] = (test_at_is_reached, how_it_is_trained_fits)
# Checked again when auto has become a task.
OF_TASK: tuple[Check, ...] = (chosen_metrics_are_known, monitor_is_measured, final_fit_has_a_monitor,
                              task_goes_with_the_rest)
