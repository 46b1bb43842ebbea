"""What ``task=auto`` stands for: the model says it (a GAN, an autoencoder), else the data's targets do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from dlrun.config.compose.option import option_values
from dlrun.config.problem import Problem, problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import filled, schema_of
from dlrun.config.schema.kinds import TaskKind
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.registry.index import saying


def natural_task(data_spec: DatasetSpec) -> str:
    """The task of dlrun's own that this data is made for; empty where it has no targets."""
    target = "next_token" if data_spec.next_token else data_spec.target_kind
    return next(iter(saying("task", "natural", target)), "")


def task_option(config: Config, data_spec: DatasetSpec) -> str:
    """The option of group `task` for a configuration whose task is auto; raises ConfigError where nothing fits."""
    option = config.model.natural_task or natural_task(data_spec)
    if not option:
        raise problem(config.model.given,
                      "this data set has no targets to learn; model=autoencoder, vae or gan learns from inputs alone")
    return option


def task_values(option: str) -> dict[str, Any]:
    """The values of a task's option, as composition would have given them."""
    values = {key: value for key, value in option_values("task", option).items() if key != "root"}
    return filled("task", values, option)


def with_task(config: Config, values: dict[str, Any]) -> Config:
    """The configuration with its task in place of auto, in the typed part and in the plain one."""
    schema = schema_of("task", values)
    assert schema is not None
    make: Callable[..., Any] = schema
    task: TaskKind = make(**{key: rule.read(values[key]) for key, rule in rules(schema).items()})
    plain = {**(config.plain or {}), "task": values}
    return dataclasses.replace(config, task=task, plain=plain)


def pairing(config: Config, data_spec: DatasetSpec) -> list[Problem]:
    """The problem of a task on data that it does not fit, with what would."""
    accepted = config.task.accepts
    if not accepted or data_spec.target_kind in accepted:
        return []
    fitting = natural_task(data_spec)
    hint = f"; task={fitting} fits" if fitting else ""
    read = next((kind for kind in accepted if kind in ("number", "classes")), "")
    if read and data_spec.target_kind in ("number", "classes") and hasattr(config.dataset, "targets"):
        hint += f", and dataset.targets={read} reads the column as {read if read == 'classes' else 'numbers'}"
    return [Problem(f"task={config.task.kind}",
                    f"expected targets of kind {' or '.join(accepted)}; dataset {config.dataset.name} has "
                    f"{data_spec.target_kind}{hint}")]
