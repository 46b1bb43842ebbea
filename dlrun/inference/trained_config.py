"""The configuration of a finished run, as predicting needs it: its folder may have come from somebody else."""

from __future__ import annotations

from typing import Any

from dlrun.config.check.check import check
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.groups import TARGET
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS, Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.preflight.design import design
from dlrun.registry import BrokenKind, find
from dlrun.registry import allow as permit
from dlrun.registry.index import files


def of_predictions(plain: dict[str, Any]) -> dict[str, Any]:
    """A run's configuration without what only training needs: code, packages and devices are not asked for there."""
    found = {**plain, "callbacks": [], "record": [], "precision": "float32", "phases": _trained_layers(plain)}
    task = plain.get("task")
    if isinstance(task, dict):
        found["task"] = {**task, "metrics": []}
        if "generator_optimizer" in task:
            found["task"]["generator_optimizer"] = None
        chosen = task.get("metrics") or ()
        for group in ("early_stop", "schedule"):
            watcher = plain.get(group)
            if isinstance(watcher, dict) and str(watcher.get("monitor")).rpartition("/")[2] in chosen:
                found[group] = {**watcher, "monitor": "val/loss"}
    for group in GROUPS:
        given, own = plain.get(group), files(group)
        kind = find(group, next(iter(own))).stand_in
        if kind and isinstance(given, dict) and (TARGET in given or given.get("kind", kind) not in own):
            found[group] = {"kind": kind}
    return found


def _trained_layers(plain: dict[str, Any]) -> Any:
    """Of the phases what the network is made by: the layers that one trains."""
    phases = plain.get("phases") or []
    if not isinstance(phases, list) or not all(isinstance(phase, dict) for phase in phases):
        return phases
    kept = ("epoch", "unfreeze")
    return [{key: phase[key] for key in kept if key in phase} for phase in phases if phase.get("unfreeze")]


def checked(plain: dict[str, Any], allow: tuple[str, ...], data_spec: DatasetSpec) -> tuple[Config, Any]:
    """The configuration and network of a run, in which only `allow` permits code: its folder may have been sent.

    Raises ConfigError.
    """
    permit(allow)
    try:
        config = check({**plain, "allow": list(allow), "device": "cpu"})
        return config, design(config, data_spec)
    except BrokenKind as broken:
        raise problem(broken.given, broken.reason) from broken
    except ConfigError as wrong:
        given = plain.get("allow") or ()
        lacking = [module for module in ([given] if isinstance(given, str) else given) if module not in allow]
        if not lacking:
            raise
        more = f"the run was made with code of your own; where you trust it, add  allow={show(lacking)}"
        raise ConfigError([*wrong.problems, Problem("allow", more)]) from None
