"""A stored plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.record.plan import Job, Plan, load, store


def test_a_stored_plan_is_read_back_as_it_was(tmp_path: Path) -> None:
    jobs = [Job(number, f"{number:010x}", f"digits-cnn-adam/{number:010x}", seed, {"optimizer.lr": lr},
                ("model=cnn", f"optimizer.lr={lr}", f"seed={seed}"), {"seed": seed, "model": {"kind": "cnn"}})
            for number, (lr, seed) in enumerate([(0.1, 0), (0.1, 1), (1e-05, 0)], 1)]
    plan = Plan("mine", tmp_path, {"optimizer.lr": [0.1, 1e-05]}, [0, 1], jobs, ("dlrun", "-m"), {"metric": "ü"})
    store(plan)
    assert load(plan.folder) == plan


def test_a_folder_without_a_plan_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path)
