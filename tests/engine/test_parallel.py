"""Several processes take the steps that one process takes with the whole batch."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from dlrun.engine.fit import fit
from tests.engine.make import made
from tests.engine.together import main
from tests.helpers.forked import Forked

# float32 sums in another order: a few units in the last place at first, which training then spreads.
WEIGHTS, LOSS = 2e-5, 1e-5

CASES = {
    "dense, dropout, penalty, a last batch of 1 row": (
        "model=dense", "model.dropout=0.3", "model.l2=0.001", "optimizer=sgd", "train_size=129", "batch_size=64",
        "validation=0"),
    "cnn with batch norm and uneven shares": (
        "model=cnn", "model.batch_norm=true", "model.filters=[4,8]", "optimizer=momentum", "optimizer.lr=0.01",
        "batch_size=33", "train_size=330", "augment=flip"),
    "lstm with dropout of inputs and states": (
        "dataset=digits_rows", "model=lstm", "model.dropout=0.2", "model.recurrent_dropout=0.2", "optimizer=sgd",
        "train_size=200", "batch_size=50"),
    "vae": ("model=vae", "model.hidden=[16]", "optimizer=sgd", "optimizer.lr=0.001", "optimizer.clip_norm=1.0",
            "train_size=100", "batch_size=32", "validation=0"),
}


def together(folder: Path, size: int, overrides: tuple[str, ...]) -> dict:
    env = {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20000 + os.getpid() % 20000),
           "WORLD_SIZE": str(size)}
    processes = [Forked(main, str(folder), *overrides, cwd=folder, env={**env, "RANK": str(rank)})
                 for rank in range(size)]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * size, errors
    return torch.load(folder / "together.pt", weights_only=True)


@pytest.mark.parametrize("overrides", [
    pytest.param(overrides, id=name, marks=[] if "batch norm" in name else [pytest.mark.slow])
    for name, overrides in CASES.items()])
def test_two_processes_take_the_steps_of_one(overrides: tuple[str, ...], tmp_path: Path) -> None:
    overrides = (*overrides, "epochs=3")
    components, training = made(tmp_path / "one", *overrides)
    fit(training)
    found = together(tmp_path, 2, overrides)
    for name, value in components.model.state_dict().items():
        assert torch.allclose(value, found["weights"][name], atol=WEIGHTS, rtol=1e-4), name
    own = [json.loads(line) for line in (tmp_path / "one" / "metrics.jsonl").read_text().splitlines()]
    for row, other in zip(own, map(json.loads, found["rows"].splitlines()), strict=True):
        assert row["train/loss"] == pytest.approx(other["train/loss"], abs=LOSS, rel=1e-4)
        assert row.keys() == other.keys()
