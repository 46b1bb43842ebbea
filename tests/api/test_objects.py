"""Objects as model, data, metrics and callbacks: identified by source and content, resumed and used like any run."""

from __future__ import annotations

import linecache
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import dlrun
from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from tests.api.own import Net, StopAfter, WorstError

SMALL = {"threads": 1, "device": "cpu", "progress": False}


class Drawn(torch.utils.data.Dataset):
    """Each reading adds noise to the inputs."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, place: int):
        return torch.rand(3), float(place)


def rows(count: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.RandomState(seed).randn(count, 3).astype(np.float32)
    return x, x @ np.float32([1, -2, 0.5]) + 3


def test_a_class_of_ones_own_trains_on_arrays(folder: Path) -> None:
    x, y = rows()
    run = dlrun.train(model=Net, model_args={"width": 16}, data=(x, y), validation=0.2, test=rows(40, 1), epochs=60,
                      batch_size=16, optimizer={"lr": 0.02}, **SMALL)
    assert run.status == "finished" and run.result["rows"] == {"train": 96, "val": 24, "test": 40}
    assert run.result["parameters"] == 3 * 16 + 16 + 16 + 1
    xt, yt = rows(40, 1)
    found = run.predict(xt)
    assert np.mean((found - yt) ** 2) == pytest.approx(run.result["test"]["rmse"] ** 2, rel=1e-3)
    assert np.mean((found - yt) ** 2) < 0.5 * yt.var()


def test_keys_of_a_task_that_the_data_names_go_with_a_class_of_ones_own(folder: Path) -> None:
    run = dlrun.train("task.loss=mae", model=Net, dataset="diabetes", epochs=1, **SMALL)
    assert run.config["task.kind"] == "regress" and run.config["task.loss"] == "mae"
    with pytest.raises(dlrun.ConfigError, match="task.loss=cross_entropy"):
        dlrun.train("task.loss=cross_entropy", model=Net, dataset="diabetes", **SMALL)


def test_equal_content_is_one_run_and_other_content_another(folder: Path) -> None:
    first = dlrun.train(model="linear", data=rows(), epochs=1, **SMALL)
    again = dlrun.train(model="linear", data=tuple(array.copy() for array in rows()), epochs=1, **SMALL)
    x, y = rows()
    y = y.copy()
    y[0] += 1
    other = dlrun.train(model="linear", data=(x, y), epochs=1, **SMALL)
    assert first.folder == again.folder and other.folder != first.folder


def test_groups_are_given_beside_the_data_and_are_part_of_the_run(folder: Path) -> None:
    x, y = rows()
    runs = [dlrun.train(model="linear", data=(x, y), epochs=1, **more, **SMALL)
            for more in ({}, {"group": np.arange(120) // 10}, {"group": np.arange(120) // 20},
                         {"order": -np.arange(120)})]
    assert len({run.folder for run in runs}) == 4
    assert runs[1].result["rows"] == {"train": 80, "val": 20, "test": 20}  # whole tens


def test_metrics_and_callbacks_of_ones_own(folder: Path) -> None:
    run = dlrun.train(model="linear", data=rows(), test=rows(40, 1), epochs=9, metrics=[WorstError],
                      callbacks=[StopAfter(3)], **SMALL)
    assert run.result["epochs"] == 3 and "3 epochs are enough" in run.result["stop_reason"]
    x, y = rows(40, 1)
    assert run.result["test"]["worst_error"] == pytest.approx(np.abs(run.predict(x) - y).max(), rel=1e-4)
    assert run.history["val/worst_error"][-1] > 0
    more = dlrun.train(model="linear", data=rows(), test=rows(40, 1), epochs=9, metrics=[WorstError],
                       callbacks=[StopAfter(4)], **SMALL)
    assert more.folder != run.folder and more.result["epochs"] == 4


def test_what_cannot_be_identified_is_refused_with_the_way_out(folder: Path) -> None:
    class Inside(Net):
        pass

    for model in (Inside, Net(1, (3,))):
        with pytest.raises(dlrun.ConfigError, match="inside another function|again for each training"):
            dlrun.train(model=model, data=rows(), **SMALL)
    with pytest.raises(dlrun.ConfigError, match="__repr__"):
        dlrun.train(model="linear", data=rows(), callbacks=[StopAfter(object())], **SMALL)  # type: ignore[arg-type]
    with pytest.raises(dlrun.ConfigError, match="not both"):
        dlrun.train(dataset="iris", data=rows(), **SMALL)
    with pytest.raises(dlrun.ConfigError, match=r"validation +expected \(x, y\) or a Dataset, not a ndarray"):
        dlrun.train(model="linear", data=rows(), validation=rows()[0], **SMALL)
    with pytest.raises(dlrun.ConfigError, match="configs/model/NAME.yaml"):
        dlrun.multirun("seed=0,1", model=Net, data=rows())


class Counted(torch.utils.data.Dataset):
    """Counts how often a row is read."""

    reads = 0

    def __len__(self) -> int:
        return 60

    def __getitem__(self, place: int):
        type(self).reads += 1
        x, y = rows(60)
        return torch.from_numpy(x[place]), float(y[place])


def test_rows_of_a_dataset_are_held_in_memory_or_read_as_steps_need_them(folder: Path) -> None:
    losses, reads = [], []
    for in_memory in (True, False):
        Counted.reads = 0
        run = dlrun.train(model="linear", data=Counted(), in_memory=in_memory, validation=0.2, epochs=5, **SMALL)
        losses.append(run.result["val"]["loss"])
        reads.append(Counted.reads)
    assert losses[0] == losses[1]
    assert reads[1] - reads[0] >= 4 * 60, "each epoch reads them"
    with pytest.raises(dlrun.ConfigError, match="True or False"):
        dlrun.train(model="linear", data=rows(), in_memory="never", **SMALL)
    with pytest.raises(dlrun.ConfigError, match="data of a program's own"):
        dlrun.train(dataset="iris", in_memory=False, **SMALL)


def test_a_sweep_over_arrays_reaches_its_workers_through_the_cache(folder: Path, quick_workers: None) -> None:
    grid = dlrun.multirun("optimizer.lr=0.1,0.01", model="linear", data=rows(), epochs=2, workers=2, **SMALL)
    assert [run.status for run in grid] == ["finished"] * 2
    assert list((grid.folder / "logs").glob("worker-*.log")), "processes of their own"
    alone = dlrun.train(model="linear", data=rows(), epochs=2, optimizer={"lr": 0.01}, output_dir="alone", **SMALL)
    assert alone.result["test"] == grid.runs[1].result["test"] and alone.id == grid.runs[1].id


def test_a_sweep_over_what_only_this_process_has_runs_in_it(folder: Path, capsys) -> None:
    more = {key: value for key, value in SMALL.items() if key != "progress"}
    grid = dlrun.multirun("seed=0,1", model="linear", data=Drawn(), metrics=[WorstError], epochs=2, **more)
    assert [run.status for run in grid] == ["finished"] * 2 and not list((grid.folder / "logs").glob("*"))
    assert "data, WorstError: only this process has it" in capsys.readouterr().out
    assert all("worst_error" in run.result["test"] for run in grid)
    alone = dlrun.train(model="linear", data=Drawn(), metrics=[WorstError], epochs=2, seed=1, output_dir="alone",
                        **SMALL)
    assert alone.result["test"] == grid.runs[1].result["test"] and alone.id == grid.runs[1].id


def test_a_run_on_a_frame_reads_files_of_its_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": np.arange(40.0), "town": ["A", "B"] * 20, "good": ["no", "yes"] * 20})
    run = dlrun.train(data=frame, target="good", model="dense", epochs=2, **SMALL)
    for apart, name in ((",", "new.csv"), ("\t", "new.tsv")):
        frame[:6].to_csv(folder / name, index=False, sep=apart)
        capsys.readouterr()
        assert route(["predict", str(run.folder), str(folder / name)]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 7


def test_a_run_on_float_arrays_reads_a_file_of_such(folder: Path) -> None:
    x, y = np.random.default_rng(0).random((40, 6, 6)).astype(np.float32) * 900, np.arange(40) % 2
    run = dlrun.train(data=(x, y), model="dense", epochs=1, **SMALL)
    np.savez(folder / "new.npz", x=x, y=y)
    assert route(["evaluate", str(run.folder), str(folder / "new.npz"), "resamples=0"]) == 0


CELL = """
import dlrun.engine.callbacks

class Enough(dlrun.engine.callbacks.Callback):
    def __init__(self, steps):
        self.steps = steps

    def update(self, step):
        if step >= self.steps:
            self.stop("enough")
"""


@pytest.mark.parametrize("known", [True, False])
def test_an_object_of_a_class_of_a_notebook_s_cell_is_a_callback(folder: Path, monkeypatch: pytest.MonkeyPatch,
                                                                 known: bool) -> None:
    """As IPython has it: a module without a file, whose cells `linecache` knows by their names."""
    module, name = types.ModuleType("cells"), "<cell 1>"
    monkeypatch.setitem(sys.modules, "cells", module)
    if known:
        monkeypatch.setitem(linecache.cache, name, (len(CELL), None, CELL.splitlines(True), name))
    exec(compile(CELL, name, "exec"), vars(module))
    train = partial(dlrun.train, model="linear", data=rows(), epochs=2, callbacks=[module.Enough(3)], **SMALL)
    if known:
        assert train().result["steps"] == 3
    else:
        with pytest.raises(ConfigError, match="callbacks=Enough +its source cannot be read"):
            train()
