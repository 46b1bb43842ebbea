"""A run is a function of its configuration: not of the sweep around it, where its data lies, or the process's state."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from dlrun.cli import multirun
from tests.engine.make import made
from tests.helpers.runs import custom, last_weights
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows

OVERRIDES = ["dataset=digits", "model=dense", "model.hidden=[16]", "model.dropout=0.3", "batch_size=250", "epochs=2"]
FIXED = ["threads=1", "device=cpu"]


def assert_same_weights(one: Path, other: Path) -> None:
    a, b = last_weights(one), last_weights(other)
    assert a.keys() == b.keys()
    for name, weight in a.items():
        assert torch.equal(weight, b[name]), name


def test_a_job_alone_is_the_job_within_a_multirun_and_is_found_as_done(go, capsys) -> None:
    # Before and behind the job others stand: another model, other optimizer, other seed.
    assert multirun.main([*OVERRIDES, *FIXED, "optimizer=sgd,adam", "seed=0,1", "verbosity=0", "launcher=inline"]) == 0
    out = capsys.readouterr().out
    assert "optimizer  sgd, adam" in out and "jobs    4: 4 to do" in out and "4 jobs: 4 done" in out
    for optimizer in ("sgd", "adam"):
        for seed in (0, 1):
            overrides = [*OVERRIDES, *FIXED, f"optimizer={optimizer}", f"seed={seed}", "verbosity=0"]
            inside = go(*overrides)
            assert inside.found
            alone = go(*overrides, "output_dir=alone")
            assert not alone.found
            assert_same_run(inside.folder, alone.folder)


def test_a_failing_job_leaves_the_others_alone(go, capsys) -> None:
    source = """
import torch
class Moody(torch.nn.Module):
    def __init__(self, outputs, mood):
        super().__init__()
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        torch.manual_seed(0)
        self.out, self.mood = torch.nn.Linear(64, outputs, dtype=torch.float32), mood
    def forward(self, x):
        if self.mood == 1 and self.training:
            raise ValueError("in a mood")
        return self.out(x.flatten(1))
"""
    overrides = ["dataset=digits", *custom(Path.cwd(), source, "Moody"), "batch_size=250", "epochs=1", *FIXED,
                 "verbosity=0"]
    (Path.cwd() / "configs" / "model" / "mine.yaml").write_text("_target_: mine.Moody\nmood: 0\n")
    assert multirun.main([*overrides, "model.mood=0,1,2", "launcher=inline"]) == 1
    out = capsys.readouterr().out
    assert "model.mood=1  failed: ValueError: in a mood" in out and "3 jobs: 2 done, 1 failed" in out
    results = sorted(Path("runs").glob("*/*/result.json"))
    assert len(results) == 3
    assert len(list(Path("runs").glob("*/*/traceback.txt"))) == 1
    inside = go(*overrides, "model.mood=2")
    assert inside.found
    assert_same_run(inside.folder, go(*overrides, "model.mood=2", "output_dir=alone").folder)


def test_two_seeds_are_two_runs(go) -> None:
    one, other = go(*OVERRIDES, "seed=1"), go(*OVERRIDES, "seed=2")
    assert one.folder != other.folder
    assert all(not torch.equal(weight, last_weights(other.folder)[name])
               for name, weight in last_weights(one.folder).items())


@pytest.mark.parametrize("overrides", [
    ["dataset=digits", "model=cnn", "model.filters=[4]", "model.hidden=[8]", "augment=gulli"],
    ["dataset=digits", "dataset.scale=standard", "model=softmax"],
    ["dataset=breast_cancer", "model=dense", "model.hidden=[8]", "model.dropout=0.3"],
], ids=["pictures, augmented", "pictures, standardised", "table"])
def test_streamed_data_gives_the_bits_of_resident_data(go, overrides: list[str]) -> None:
    overrides = [*overrides, "batch_size=100", "epochs=2", "optimizer.lr=0.01"]
    here = go(*overrides, "resident=true", "output_dir=here")
    streamed = go(*overrides, "resident=false", "output_dir=streamed")
    assert rows(here.folder) == rows(streamed.folder)
    assert_same_weights(here.folder, streamed.folder)
    assert here.result["test"] == streamed.result["test"] and here.result["id"] == streamed.result["id"]


def test_dropout_is_off_in_evaluation_and_on_in_training(go, tmp_path: Path) -> None:
    overrides = [*OVERRIDES, "model.dropout=0.6"]
    outcome = go(*overrides)
    components, _ = made(tmp_path / "other", *overrides)
    w1, b1, w2, b2 = last_weights(outcome.folder).values()
    for name, data in (("val", components.val), ("test", components.test)):
        x, y = data.range(0, data.count)
        logits = F.linear(F.linear(x.flatten(1), w1, b1).relu(), w2, b2)
        assert outcome.result[name]["loss"] == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-5)
        assert outcome.result[name]["accuracy"] == (logits.argmax(1) == y).sum().item() / len(y)
    # The net learns from dropped-out units: other weights than without dropout.
    assert not torch.equal(w2, last_weights(go(*OVERRIDES, "model.dropout=0").folder)["dense_2.weight"])


def test_the_state_of_the_process_does_not_reach_a_run(go) -> None:
    def with_state(seed: int, dtype: torch.dtype, folder: str):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        torch.set_default_dtype(dtype)
        try:
            outcome = go(*OVERRIDES, "augment=none", f"output_dir={folder}")
            assert torch.get_default_dtype() == dtype
            return outcome
        finally:
            torch.set_default_dtype(torch.float32)

    one, other = with_state(1, torch.float32, "one"), with_state(2, torch.float64, "other")
    assert_same_run(one.folder, other.folder)
    assert last_weights(other.folder)["dense_2.weight"].dtype == torch.float32


def test_a_run_leaves_no_state_in_the_process(go) -> None:
    torch.manual_seed(7)
    random_state, threads = torch.get_rng_state(), torch.get_num_threads()
    go(*OVERRIDES, f"threads={threads + 1}")
    assert torch.equal(torch.get_rng_state(), random_state)
    assert torch.get_num_threads() == threads


GLOBAL = """
import torch
class Own(torch.nn.Sequential):
    def __init__(self, outputs):
        super().__init__(
            torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.Dropout(0.5), torch.nn.Linear(16, outputs))
"""


def test_torchs_own_dropout_in_a_users_model_is_exact_to_resume_too(go) -> None:
    """It draws from the process's generator, which is seeded again at each step."""
    overrides = ["dataset=digits", *custom(Path.cwd(), GLOBAL, "Own"), "batch_size=250", "epochs=2"]
    torch.manual_seed(1)
    whole = go(*overrides, "output_dir=whole")
    torch.manual_seed(2)
    with signalled_after(7):
        go(*overrides)
    torch.manual_seed(3)
    assert_same_run(whole.folder, go(*overrides).folder)
    assert not torch.equal(last_weights(whole.folder)["1.weight"],
                           last_weights(go(*overrides, "seed=1").folder)["1.weight"])
