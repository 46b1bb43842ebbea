"""MLflow: one of its runs for each of dlrun's, with settings, curves, pictures and outcome."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from dlrun.record.folder import RunFolder, plain
from dlrun.record.metrics import read
from dlrun.record.recorder import Recorder, RunInfo
from dlrun.registry import register

ID, FOLDER = "dlrun.id", "dlrun.folder"  # tags
ARTIFACTS = ".mlartifacts"  # below output_dir, hidden: it holds copies of results, which are no runs
MOST = 6000  # characters of a setting, which MLflow holds
_STATUS = {"finished": "FINISHED", "stopped": "FINISHED", "interrupted": "KILLED"}


@register("recorder", "mlflow")
class MlflowRecorder(Recorder):
    """MLflow's store: mlflow.db below output_dir, or where MLFLOW_TRACKING_URI says.

    An experiment of MLflow holds the runs on one data set.  A run that is resumed, or trained again, replaces its own
    from before: its curve is there once.  The folds of a k-fold run are none of their own.
    """

    needs: ClassVar[tuple[str, str]] = ("mlflow", "dlrun[mlflow]")

    def start(self, info: RunInfo) -> None:
        import logging

        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells how it makes a database's tables
        below = info.folder.absolute().parents[1]
        self._client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{below / 'mlflow.db'}")
        experiment = self._experiment(info.dataset, below)
        name = f"{info.folder.parent.name}/{info.folder.name}"
        for older in self._client.search_runs([experiment], f"tags.`{ID}` = '{info.folder.name}'"):
            if older.data.tags.get(FOLDER) == str(info.folder.absolute()):
                self._client.delete_run(older.info.run_id)
        tags = {ID: info.folder.name, FOLDER: str(info.folder.absolute())}
        self._run = self._client.create_run(experiment, tags=tags, run_name=name).info.run_id
        self._ended = False
        self._settings(info.flat)
        for row in read(RunFolder(info.folder).metrics):
            if row["epoch"] < info.first_epoch:
                self.epoch(row, best=False)

    def _experiment(self, name: str, below: Path) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        local = "MLFLOW_TRACKING_URI" not in os.environ
        try:
            return str(self._client.create_experiment(name, (below / ARTIFACTS).as_uri() if local else None))
        except Exception:  # another job of the sweep was faster
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    def _settings(self, flat: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = [Param(key, str(plain(value))[:MOST]) for key, value in flat.items() if value is not None]
        self._client.log_batch(self._run, params=params)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        self._numbers({key: value for key, value in row.items() if "/" in key or key == "seconds"}, row["epoch"])
        self._last = row["epoch"]

    def picture(self, tag: str, at: int, path: Path) -> None:
        self._client.log_artifact(self._run, str(path), "pictures")

    def outcome(self, result: Mapping[str, Any]) -> None:
        found = {f"{prefix}{key}": value for split, prefix in (("test", "test/"), ("val", "val/kept/"))
                 for key, value in (result.get(split) or {}).items()}
        if result.get("status") != "interrupted":
            self._numbers(found, int(result.get("epochs") or 0))
        self._client.set_tag(self._run, "dlrun.status", str(result.get("status")))

    def finish(self, result: Mapping[str, Any]) -> None:
        folder = RunFolder(self._client.get_run(self._run).data.tags[FOLDER])
        for file in (folder.config, folder.result_file, folder.provenance):
            if file.is_file():
                self._client.log_artifact(self._run, str(file))
        self._end(_STATUS.get(str(result.get("status")), "FAILED"))

    def close(self) -> None:
        if not getattr(self, "_ended", True):  # it was killed by an exception
            self._end("FAILED")

    def _end(self, status: str) -> None:
        self._client.set_terminated(self._run, status)
        self._ended = True

    def _numbers(self, values: Mapping[str, Any], at: int) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        found = {key: plain(value) for key, value in values.items()}  # NaN becomes None
        self._client.log_batch(self._run, metrics=[Metric(key, float(value), now, at) for key, value in found.items()
                                                   if isinstance(value, (int, float))])
