"""`dlrun.train` and `dlrun.multirun` are the command in another spelling: same ids, folders, results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import dlrun
from dlrun.api.overrides import overrides_of

SMALL = {"model": "dense", "epochs": 2, "threads": 1, "device": "cpu", "progress": False}


def test_a_call_and_a_command_have_one_folder(go, runs: Path) -> None:
    made = dlrun.train("model.hidden=[8]", seed=1, **SMALL)
    command = go("model=dense", "model.hidden=[8]", "seed=1", "epochs=2")
    assert command.found and command.folder == made.folder
    assert made.result == json.loads((made.folder / "result.json").read_text())
    assert made.result["test"] == command.result["test"]
    assert (made.folder / "checkpoints" / "last.pt").is_file()


def test_the_same_call_finds_its_run(folder: Path) -> None:
    first = dlrun.train("model.hidden=[8]", **SMALL)
    started = json.loads((first.folder / "provenance.json").read_text())["started"]
    written = (first.folder / "result.json").stat().st_mtime_ns
    again = dlrun.train("model.hidden=[8]", **SMALL)
    assert again.folder == first.folder and (again.folder / "result.json").stat().st_mtime_ns == written
    assert json.loads((again.folder / "provenance.json").read_text())["started"] == started


def test_the_history_has_a_list_for_each_metric(folder: Path) -> None:
    run = dlrun.train("model.hidden=[8]", **SMALL)
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert run.history["epoch"] == [1, 2]
    assert run.history["val/loss"] == [line["val/loss"] for line in lines]
    assert "<table>" in run.history._repr_html_() and f"{lines[1]['val/loss']:.4g}" in run.history._repr_html_()


def test_a_run_is_opened_by_its_folder_or_the_beginning_of_its_id(folder: Path) -> None:
    run = dlrun.train("model.hidden=[8]", **SMALL)
    assert dlrun.open(run.folder).result == run.result
    assert dlrun.open(run.id[:5]).folder.resolve() == run.folder.resolve()
    with pytest.raises(dlrun.ConfigError, match="beginning of a run's id"):
        dlrun.open("nothing")
    with pytest.raises(dlrun.ConfigError, match="folder of a run"):
        dlrun.open(run.folder.parent)


def test_wrong_words_raise_a_config_error_with_all_of_them(folder: Path) -> None:
    with pytest.raises(dlrun.ConfigError) as caught:
        dlrun.train("modle=cnn", batch_size=0, optimizer={"lr": "fast"})
    assert [problem.given for problem in caught.value.problems] == ["modle=cnn", "batch_size=0", "optimizer.lr=fast"]
    with pytest.raises(dlrun.ConfigError, match="expected overrides as texts"):
        dlrun.train(3)  # type: ignore[arg-type]
    assert not (folder / "runs").exists()


def test_keywords_are_read_as_the_values_that_they_are() -> None:
    assert overrides_of([], {"name": "1e-3", "validation": 0, "early_stop": "patience", "data_dir": None}) == [
        "name='1e-3'", "validation=0", "early_stop=patience", "data_dir=null"]


def test_numbers_of_arrays_and_paths_are_keywords_too() -> None:
    theirs = {"optimizer": {"lr": np.float64(0.001)}, "batch_size": np.int64(16), "output_dir": Path("runs 2"),
              "seed": np.array([1, 2]), "model": {"hidden": (np.int32(8), torch.tensor(4)), "dropout": np.float32(0.5)},
              "early_stop": {"restore_best": np.bool_(True)}}
    ours = {"optimizer": {"lr": 0.001}, "batch_size": 16, "output_dir": "runs 2", "seed": [1, 2],
            "model": {"hidden": [8, 4], "dropout": 0.5}, "early_stop": {"restore_best": True}}
    assert overrides_of([], theirs) == overrides_of([], ours)


def test_a_grid_has_runs_a_table_and_a_best(folder: Path, quick_workers: None) -> None:
    grid = dlrun.multirun("optimizer.lr=0.1,0.0001", "model.hidden=[8]", model="dense", epochs=2, seeds=2, threads=1,
                          workers=1, progress=False)
    assert len(grid) == 4 and {run.status for run in grid} == {"finished"}
    rows = grid.table("val/accuracy").rows()
    means = {}
    for run in grid:
        means.setdefault(str(run.config["optimizer.lr"]), []).append(run.result["val"]["accuracy"])
    expected = {rate: sum(values) / len(values) for rate, values in means.items()}
    assert {row["optimizer.lr"]: row["mean"] for row in rows} == pytest.approx(expected)
    best_rate = max(expected, key=lambda rate: expected[rate])
    best = grid.best("val/accuracy")
    assert str(best.config["optimizer.lr"]) == best_rate
    assert best.result["val"]["accuracy"] == max(means[best_rate])
    assert "0.1" in str(grid.table()) and "<table>" in grid._repr_html_()


def test_runs_of_a_grid_may_use_what_the_call_allowed(folder: Path) -> None:
    (folder / "configs" / "model").mkdir(parents=True)
    (folder / "configs" / "model" / "own.yaml").write_text("_target_: tests.api.own.Net\n")
    grid = dlrun.multirun("seed=0,1", model="own", allow="tests.api.own", dataset="iris", epochs=1, threads=1,
                          launcher="inline", progress=False)
    for run in (grid.best(), grid.runs[1]):
        assert run.predict([[5, 3, 1, 0.2]]).shape == (1,)
    with pytest.raises(dlrun.ConfigError, match="allow"):
        dlrun.open(grid.runs[0].folder).predict([[5, 3, 1, 0.2]])


def test_importing_dlrun_loads_neither_torch_nor_hydra() -> None:
    code = "import sys, dlrun; dir(dlrun); print([m for m in ('torch', 'hydra', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
