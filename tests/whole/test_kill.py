"""A run that is killed at any moment, a checkpoint's write included, ends as if it had never been."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.helpers.forked import CONTEXT
from tests.whole.equal import assert_same_run, rows

OVERRIDES = ["dataset=digits", "model=cnn", "model.filters=[4,8]", "model.hidden=[16]", "model.dropout=0.3",
             "model.batch_norm=true", "augment=shift", "schedule=plateau", "schedule.patience=2", "batch_size=64",
             "threads=1", "device=cpu", "test_at=[3]", "early_stop.patience=15", "verbosity=0"]

def attempt(overrides: list[str], quiet: str) -> None:
    """One start of the command, in a process of its own."""
    from dlrun.preflight.preflight import preflight
    from dlrun.run.run import run

    with open(quiet, "a") as stream:
        os.dup2(stream.fileno(), 1)
        run(preflight(overrides), ["dlrun", *overrides])


def start(overrides: list[str], log: Path):
    process = CONTEXT.Process(target=attempt, args=(overrides, str(log)))
    process.start()
    return process


def stamp(output: Path) -> int:
    """When the last checkpoint was written; 0 before the first."""
    return max((path.stat().st_mtime_ns for path in output.rglob("last.pt")), default=0)


def wait_for_progress(process, output: Path, before: int) -> None:
    deadline = time.monotonic() + 60
    while stamp(output) == before and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)


def folder_of(output: Path) -> Path:
    return next(path.parent for path in output.glob("*/*/result.json"))


@pytest.mark.timeout(280)
@pytest.mark.parametrize(("kills", "epochs"), [(6, 16), pytest.param(30, 25, marks=pytest.mark.slow)])
def test_a_run_killed_at_random_moments_ends_with_the_same_bits(kills: int, epochs: int, tmp_path: Path) -> None:
    kill_and_compare([*OVERRIDES, f"epochs={epochs}"], kills, tmp_path)


FAMILIES = {
    "lstm": ["dataset=digits_rows", "model=lstm", "model.units=8", "model.recurrent_dropout=0.2", "epochs=40"],
    "stateful": ["dataset=python_docs", "model=lstm", "model.units=8", "model.stateful=true", "shuffle=false",
                 "train_size=3000", "epochs=12"],
    "kfold": ["dataset=iris", "model=dense", "model.hidden=[16]", "model.dropout=0.3", "batch_size=8", "epochs=10",
              "validation={kind: kfold, shuffle: true, final: true}"],
    "vae": ["model=vae", "epochs=12", "batch_size=32"],
    "dcgan": ["model=dcgan", "model.generator_filters=[8,4]", "model.discriminator_filters=[4,8]", "epochs=12"],
    "wgan_gp": ["model=wgan_gp", "model.generator_hidden=[16]", "model.discriminator_hidden=[16]", "epochs=14"],
}


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_other_families_too(family: str, tmp_path: Path) -> None:
    kill_and_compare([*FAMILIES[family], "threads=1", "device=cpu", "verbosity=0"], 12, tmp_path)


def kill_and_compare(command: list[str], kills: int, tmp_path: Path) -> None:
    """Run a command undisturbed, and again killed so many times, and compare the two runs."""
    whole = start([*command, f"output_dir={tmp_path}/whole"], tmp_path / "log")
    whole.join()
    assert whole.exitcode == 0, (tmp_path / "log").read_text()

    overrides = [*command, f"output_dir={tmp_path}/killed", "checkpoint_seconds=0"]
    dice, states = random.Random(), set()
    for kill in range(kills):
        process = start(overrides, tmp_path / "log")
        if kill % 5 == 4:  # some die while they begin, the others in training or in a checkpoint's write
            process.join(dice.uniform(0.01, 0.5))
        else:
            wait_for_progress(process, tmp_path / "killed", stamp(tmp_path / "killed"))
            process.join(dice.uniform(0.0, 0.06))
        assert process.exitcode is None, "the run ended before its last kill: make it longer"
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        states.add(stamp(tmp_path / "killed"))
    assert len(states) >= kills // 2, "the kills did not fall into different moments of training"
    end = start(overrides, tmp_path / "log")
    end.join()
    assert end.exitcode == 0, (tmp_path / "log").read_text()

    assert len(rows(folder_of(tmp_path / "whole"))) == len(rows(folder_of(tmp_path / "killed")))
    assert_same_run(folder_of(tmp_path / "whole"), folder_of(tmp_path / "killed"))
    leftovers = [p.name for p in (tmp_path / "killed").rglob("*") if p.name.startswith(".") and p.is_file()]
    assert not leftovers, "halves of killed writes are cleaned up by the next start"
