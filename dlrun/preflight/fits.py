"""What data, task, model and split must agree on, found from the data's shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dlrun.config.check.rules import OF_LENGTH, OF_TASK, monitors
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.kinds import AugmentKind, TaskKind
from dlrun.config.schema.quoting import nowhere, show
from dlrun.config.schema.root import GROUPS, Config
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.split import split_rows, test_rows
from dlrun.models.model import Network
from dlrun.preflight.checked import Checked
from dlrun.preflight.design import design
from dlrun.preflight.steps import epoch_steps
from dlrun.preflight.task_choice import pairing, task_option, task_values, with_task

if TYPE_CHECKING:
    from dlrun.preflight.undecided import Decision

ReadInfo = Callable[..., DatasetInfo]


def check_fit(config: Config | None, before: list[Problem],
              read_info: ReadInfo) -> tuple[Checked | None, list[Problem]]:
    """The checked command, and what data, task, model and split do not agree on.

    `before` are the problems that are known: what depends on a wrong value is not checked.  None where the data's shape
    is not known, or the task does not fit it.
    """
    if config is None or any(_about(problem, "dataset") for problem in before):
        return None, []
    try:
        info = read_info(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                         train_size=config.train_size, seed=config.seed)
    except ConfigError as wrong:
        return None, wrong.problems
    problems: list[Problem] = []
    data_spec = info.data_spec
    option, unseen = config.task.kind, not config.task.known
    try:
        if config.task.undecided:
            option = task_option(config, data_spec)
            config = with_task(config, {**task_values(option), "metrics": list(config.task.metrics)})
            problems += config.task.metric_problems()
    except ConfigError as wrong:
        return None, wrong.problems
    unfit = pairing(config, data_spec)
    if unfit:
        return None, unfit
    problems += config.task.clashes(data_spec)
    if unseen:
        config = replace(config, task=config.task.on(data_spec))
        problems += [problem for rule in OF_TASK for problem in rule(config, nowhere)]
    rows: dict[str, int] = {}
    try:
        rows = dict(info.split) if info.split is not None else split_rows(
            info.rows, config.dataset, config.validation, config.train_size, info.without_target)
    except ConfigError as wrong:
        problems += wrong.problems
    decisions: list[Decision] = []
    if _is_undecided(config) or config.model.decided(data_spec):
        from dlrun.preflight.undecided import decide

        config, decisions = decide(config, info, rows.get("train", 0))
        problems += [problem for rule in OF_LENGTH for problem in rule(config, nowhere)]
    try:
        if rows:
            problems += _of_rows(config, rows["train"])
            rows["test"] = test_rows(rows["test"], config.test_size)
    except ConfigError as wrong:
        problems += wrong.problems
    problems += _of_augment(config.augment, config.task, data_spec)
    outputs = config.task.width(data_spec)
    network: Network = None
    if not any(_about(problem, "model") for problem in before):
        try:
            network = design(config, data_spec)
            if config.optimizer.accumulate > 1:
                from dlrun.preflight.parts import parts_problems

                problems += parts_problems(config, network, data_spec)
        except ConfigError as wrong:
            problems += [_of_model(config, problem) for problem in wrong.problems]
    return Checked(config, info, rows, outputs, network, option, decisions=tuple(decisions)), problems


def _is_undecided(config: Config) -> bool:
    """Whether a value is left to the data: see `preflight.undecided`."""
    plain = config.plain or {}
    stop = plain.get("early_stop") or {}
    return "auto" in (plain.get("epochs"), plain.get("batch_size"), stop.get("patience"), config.dataset.target_scale,
                      config.dataset.scale if config.dataset.decides_scale else "")


def _of_augment(augment: AugmentKind, task: TaskKind, data_spec: DatasetSpec) -> list[Problem]:
    """The problem of an augmentation that does not change inputs of this kind, or mixes what cannot be mixed."""
    if not augment.on:
        return []
    values = vars(augment)
    if data_spec.input_kind in augment.inputs:
        targets = augment.mixed_targets
        mixed = f"augment.{augment.mixes}={show(values.get(augment.mixes))}"
        if augment.mixes and not task.mixable:
            return [Problem(mixed, "targets of rows that are mixed are for tasks of classes and numbers; "
                                   f"the task is {task.kind}")]
        if augment.mixes and data_spec.target_kind not in targets:
            return [Problem(mixed, f"expected targets that can be mixed ({', '.join(targets)}); "
                                   f"they are {data_spec.target_kind}")]
        return []
    changed = (f"augment.{key}={show(values[key])}" for key, rule in rules(type(augment)).items()
               if values[key] != rule.default)
    only = {"image": "images"}.get(" ".join(augment.inputs), " and ".join(augment.inputs) + " inputs")
    return [Problem(next(changed, f"augment={augment.kind}"), f"only {only} are augmented by this; augment=none")]


def _of_rows(config: Config, rows: int) -> list[Problem]:
    """What does not go with so many training rows."""
    found: list[Problem] = list(config.model.unfit_rows(rows))
    carried = config.model.stateful_key()
    if carried and rows < config.batch_size:
        found.append(Problem(f"batch_size={config.batch_size}",
                             f"{carried} needs whole batches: there are {rows:,} training rows, so {rows:,} at most"))
        return found
    steps = epoch_steps(config, rows)
    for key, metric in monitors(config):
        reason = config.task.unmeasured(metric, steps)
        if reason:
            found.append(Problem(f"{key}={metric}", reason))
    return found


def _of_model(config: Config, problem: Problem) -> Problem:
    """A layer's problem under the option that chose the layer: ``model=cnn``.  One that names a key keeps it."""
    if any(_about(problem, group) for group in GROUPS):
        return problem
    return Problem(config.model.given, f"{problem.given}: {problem.expected}", problem.origin)


def _about(problem: Problem, group: str) -> bool:
    return problem.given.split("=")[0].split(".")[0] == group
