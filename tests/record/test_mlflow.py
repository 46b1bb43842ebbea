"""MLflow's store holds each run once, with its settings, its whole curve, its outcome and its pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.run.stops import signalled_after

mlflow = pytest.importorskip("mlflow", reason="pip install 'dlrun[mlflow]'")
pytestmark = pytest.mark.engines
SMALL = ["dataset=digits", "model=dense", "model.hidden=[4]", "train_size=150", "test_size=40", "epochs=3",
         "batch_size=32", "record=[tensorboard,mlflow]"]


def stored(below: Path, name: str = "digits") -> list[Any]:
    client = mlflow.MlflowClient(f"sqlite:///{below / 'mlflow.db'}")
    return list(client.search_runs([client.get_experiment_by_name(name).experiment_id]))


def history(below: Path, run: Any, key: str) -> list[tuple[int, float]]:
    client = mlflow.MlflowClient(f"sqlite:///{below / 'mlflow.db'}")
    return [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, key)]


def recorded(go: Any, *words: str) -> Any:
    from dlrun.preflight.preflight import preflight
    from dlrun.run.run import recorders_of

    return go(*SMALL, *words, recorders=recorders_of(preflight([*SMALL, *words]).config))


def test_a_run_has_its_curve_settings_outcome_and_files(go: Any, runs: Path) -> None:
    done = recorded(go)
    (run,) = stored(runs)
    rows = [json.loads(line) for line in (done.folder / "metrics.jsonl").read_text().splitlines()]
    assert history(runs, run, "val/loss") == [(row["epoch"], row["val/loss"]) for row in rows]
    assert run.data.metrics["test/accuracy"] == done.result["test"]["accuracy"]
    assert run.data.params["optimizer.lr"] == "0.001" and run.info.status == "FINISHED"
    files = {path.name for path in (runs / ".mlartifacts").rglob("*")}
    assert {"config.yaml", "result.json", "confusion.png"} <= files
    from dlrun.report.find import run_folders

    assert list(run_folders(runs)) == [done.folder.absolute()], "copies in the store are no runs"


def test_a_run_that_is_interrupted_and_resumed_is_there_once_with_a_whole_curve(go: Any, runs: Path) -> None:
    with signalled_after(6):
        assert recorded(go).result["status"] == "interrupted"
    (run,) = stored(runs)
    assert run.info.status == "KILLED"
    done = recorded(go)
    (run,) = stored(runs)
    rows = [json.loads(line) for line in (done.folder / "metrics.jsonl").read_text().splitlines()]
    assert history(runs, run, "train/loss") == [(row["epoch"], row["train/loss"]) for row in rows]
    assert run.info.status == "FINISHED"
