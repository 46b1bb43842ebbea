"""Runs over a user's data that are killed or stopped, and resume: the same bits as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

import dlrun
from dlrun.cli.main import main
from dlrun.config.problem import ConfigError
from dlrun.data import reading_processes, streamed_rows
from dlrun.data.sets import custom, memory
from dlrun.record.lock import RunLock
from tests.helpers.runs import wait_for
from tests.run.stops import killed_after, signalled_after
from tests.sweep.sweeps import alive, children
from tests.whole.equal import assert_same_run, rows

NOISY = """
import multiprocessing
import os
import random
import time
import numpy as np
import torch

class Noisy(torch.utils.data.Dataset):
    def __init__(self, rows=60):
        self.rows = rows
    def __len__(self):
        return self.rows
    def __getitem__(self, place):
        if multiprocessing.parent_process():
            time.sleep(float(os.environ.get("SLOW", "0")))
        x = np.float32([place % 2, place % 3, random.random(), np.random.rand()])
        return torch.from_numpy(x) + 0.1 * torch.rand(4), place % 2

def arrays(rows=60):
    x = np.random.RandomState(0).randn(rows, 4).astype("float32")
    return x, (x.sum(1) > 0).astype(int)
"""
SMALL = {"threads": 1, "device": "cpu", "progress": False}
WORDS = ("allow=noisy", "model=dense", "model.hidden=[8]", "model.dropout=0.2", "batch_size=8", "epochs=4",
         "checkpoint_seconds=0")


@pytest.fixture
def own(write, folder: Path):
    write({"noisy.py": NOISY, "configs/dataset/noisy.yaml": "# Noisy.\n_target_: noisy.Noisy\n",
           "configs/dataset/arrays.yaml": "# Arrays.\n_target_: noisy.arrays\n"})
    yield folder
    custom._read.clear()


def forget() -> None:
    """What a new process would not have."""
    custom._read.clear()
    memory._held.clear()


@pytest.mark.parametrize("dataset", ["noisy", "arrays"])
def test_a_killed_and_a_stopped_run_go_on_to_the_same_bits(own, dataset: str, go, monkeypatch) -> None:
    words = (f"dataset={dataset}", *WORDS)
    whole = go(*words, "output_dir=whole")
    with killed_after(8):
        go(*words)
    forget()
    with signalled_after(15, signal.SIGTERM):
        stopped = go(*words)
    assert stopped.result["status"] == "interrupted"
    forget()
    np.random.seed(5)
    torch.manual_seed(5)
    assert_same_run(whole.folder, go(*words).folder)


def test_rows_that_are_not_held_go_on_to_the_same_bits_whoever_reads_them(own, go, monkeypatch) -> None:
    words = ("dataset=noisy", "dataset.in_memory=false", *WORDS)
    whole = go(*words, "output_dir=whole")
    assert whole.result["status"] == "finished"
    forget()
    with killed_after(9):
        go(*words)
    forget()
    if reading_processes.reading_processes():
        monkeypatch.setattr(streamed_rows, "WORTH_SECONDS", 0.0)
    assert_same_run(whole.folder, go(*words).folder)


READ_BESIDE = """
import sys
from dlrun.data import streamed_rows
from dlrun.cli.train import main
streamed_rows.WORTH_SECONDS, streamed_rows.reading_processes = 0.0, lambda: 3
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not reading_processes.reading_processes(), reason="no processes can be forked here")
def test_processes_that_read_end_with_the_one_that_trains_and_hold_nothing(own, go) -> None:
    words = ("dataset=noisy", *WORDS, "epochs=2000", "max_steps=6000", "threads=1", "device=cpu")
    env = {**os.environ, "PYTHONPATH": str(Path(dlrun.__file__).parents[1])}
    start = partial(subprocess.Popen, [sys.executable, "-c", READ_BESIDE, *words], cwd=own, env=env,
                    start_new_session=True)
    process = start()
    wait_for(lambda: any(own.glob("runs/*/*/metrics.jsonl")) and children(process.pid))
    os.killpg(process.pid, signal.SIGTERM)  # as Slurm ends a job: each process hears of it
    assert process.wait(60) == 143
    [result] = own.glob("runs/*/*/result.json")
    assert json.loads(result.read_text())["status"] == "interrupted"
    process = start(env={**env, "SLOW": "1"})
    wait_for(lambda: not result.exists() and len(children(process.pid)) == 3)  # git runs too, for a moment
    readers = children(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(alive(pid) for pid in readers), 3)  # not after their batch, of 8 seconds
    assert readers
    [folder] = own.glob("runs/*/*")
    with RunLock(folder):
        pass  # free at once


def test_folds_of_drawn_rows_are_those_of_the_whole_run(own, go) -> None:
    words = ("dataset=noisy", *WORDS, "validation={kind: kfold, k: 2}")
    whole = go(*words, "output_dir=whole")
    with killed_after(8):
        go(*words)
    forget()
    assert_same_run(whole.folder, go(*words).folder)


def test_rows_are_drawn_anew_in_each_epoch_and_the_seed_decides_them(own, go) -> None:
    """With a rate of nearly 0 the weights stay, so that only the rows can change the loss."""
    still = (*WORDS, "optimizer=sgd", "optimizer.lr=1e-12", "model.dropout=0", "shuffle=false", "validation=0")
    losses = [row["train/loss"] for row in rows(go("dataset=noisy", *still).folder)]
    assert len(set(losses)) == 4
    fixed = [row["train/loss"] for row in rows(go("dataset=arrays", *still).folder)]
    assert max(fixed) - min(fixed) < 1e-6


def test_a_kill_in_data_that_python_holds(folder: Path) -> None:
    class Noisy(Dataset):
        def __len__(self) -> int:
            return 50

        def __getitem__(self, place: int):
            return torch.rand(3) + place % 2, place % 2

    x = np.random.RandomState(0).randn(60, 3).astype(np.float32)
    for data in ((x, (x.sum(1) > 0).astype(int)), Noisy()):
        def train(data=data, **more):
            return dlrun.train(data=data, model="dense", epochs=3, batch_size=8,
                               checkpoint_seconds=0, **SMALL, **more)

        whole = train(output_dir="whole")
        with killed_after(7):
            train()
        memory._held.clear()
        assert_same_run(whole.folder, train().folder)


def test_another_process_is_told_that_drawn_rows_were_of_one_that_has_ended(folder: Path) -> None:
    class Noisy(Dataset):
        def __len__(self) -> int:
            return 50

        def __getitem__(self, place: int):
            return torch.rand(3), place % 2

    content = memory.hold(Noisy())
    memory._held.clear()
    with pytest.raises(ConfigError, match="give it again to dlrun.train"):
        dlrun.train(dataset="memory", model="dense", **SMALL, **{"dataset.content": content})


def test_the_workers_of_a_sweep_train_what_single_commands_do(own, go, quick_workers: None) -> None:
    words = (*WORDS, "threads=1", "device=cpu")
    assert main(["-m", *words, "dataset=noisy,arrays", "workers=2"]) == 0
    for dataset in ("noisy", "arrays"):
        alone = go(*words, f"dataset={dataset}", "output_dir=alone")
        [job] = own.glob(f"runs/*/{alone.folder.name}")
        assert_same_run(alone.folder, job)
