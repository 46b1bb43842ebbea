"""A finished run whose command asks for further metrics, or for edited ones: its kept weights are measured again,
nothing is trained."""

from __future__ import annotations

import dataclasses
from typing import Any

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.config.identity import identity
from dlrun.config.problem import problem
from dlrun.config.schema.folds import FINAL, fold_configs, folds_of
from dlrun.config.schema.root import Config
from dlrun.engine.step import autocast
from dlrun.inference.load import weights_of
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import stored as check_again
from dlrun.preflight.threads import auto_threads
from dlrun.record.folder import RunFolder, write_measured, yaml_text
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.metrics import read
from dlrun.record.status import unmeasured
from dlrun.record.stored import Damaged, read_yaml_mapping
from dlrun.run.averages import folds_result
from dlrun.run.folder_state import result_of
from dlrun.run.header import Start, data_changed
from dlrun.run.outcome import with_metrics


def add_metrics(checked: Checked, folder: RunFolder, result: dict[str, Any]) -> dict[str, Any]:
    """The result of a finished run with those metrics of its command that it lacks, also in its folder.

    Raises ConfigError where the data is no longer what the run saw.
    """
    if not unmeasured(checked.config.task.metrics, result):
        return result
    for name in changed(folder.path, (folder.config.name, folder.result_file.name)) or ():
        raise Damaged(folder.path / name, CHANGED, "force=true trains the run again")
    with isolated_torch_state():
        measure = _measure if folds_of(checked.config) is None else _measure_folds
        return measure(checked, folder, result)


def _measure(checked: Checked, folder: RunFolder, result: dict[str, Any]) -> dict[str, Any]:
    config = checked.config
    provenance = folder.origin()
    machine = choose(config, provenance.get("threads"), auto_threads(checked))
    components = build_run(checked, machine, lambda note: None)
    if data_changed(components.prepared, Start(stored=provenance)):
        raise problem(f"task.metrics=[{','.join(config.task.metrics)}]",
                      f"the data is not what {folder.path} was trained on; force=true trains again")
    components.model.load_state_dict(weights_of(config, folder))
    cast = autocast(config.precision, machine.device)
    lacking = unmeasured(config.task.metrics, result)
    for name, rows in (("val", components.val), ("test", components.test)):
        if rows is not None:
            values = components.measure(rows, cast)
            old = {key: value for key, value in result.get(name, {}).items() if key not in lacking}
            result[name] = {**old, **{key: values[key] for key in lacking if key in values}}
    return _written(result, config, folder)


def _measure_folds(checked: Checked, folder: RunFolder, result: dict[str, Any]) -> dict[str, Any]:
    """Each fold, and the final fit; then their means as the run's own."""
    config = checked.config
    done = {}
    for name, own in fold_configs(config):
        place = folder.fold(name)
        found = result_of(place)
        assert found is not None, f"{place.path} has lost its result"
        ready = dataclasses.replace(check_again(own.plain or {}), config=own)
        done[name] = _measure(ready, place, found) if unmeasured(own.task.metrics, found) else found
    curve = read(folder.metrics)
    fresh = folds_result(config, identity(config), result["device"], result.get("data_label", ""), done, curve,
                         whole=True)
    for key in ("val", "val_std", "test", "test_std", "folds", FINAL):
        if key in fresh:
            result[key] = fresh[key]
    return _written(result, config, folder)


def _written(result: dict[str, Any], config: Config, folder: RunFolder) -> dict[str, Any]:
    """The result, and the configuration beside it, with the metrics that are measured now."""
    before = list((result.get("config") or {}).get("task.metrics") or [])
    names = [*before, *unmeasured(config.task.metrics, {"metrics": dict.fromkeys(before)})]
    described = with_metrics(result, config)
    asked = {name: about for name, about in described["metrics"].items() if name in config.task.metrics}
    result = {**described, "metrics": {**described["metrics"], **result.get("metrics", {}), **asked},
              "config": {**result["config"], "task.metrics": names}}
    plain = read_yaml_mapping(folder.config, "force=true trains the run again")
    plain.setdefault("task", {})["metrics"] = names
    write_measured(folder, yaml_text(plain), result)
    return result
