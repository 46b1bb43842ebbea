"""A stored plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.record.plan import Job, Plan, load, store
from dlrun.record.stored import Damaged


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


def two_jobs(folder: Path) -> Plan:
    jobs = [Job(number, f"{number:010x}", f"a/{number:010x}", number, {}, (f"seed={number}",), {"seed": number})
            for number in (1, 2)]
    plan = Plan("mine", folder, {}, [1, 2], jobs, ("dlrun", "-m"), {"metric": "loss"})
    store(plan)
    return plan


def found(plan: Plan) -> Plan | None:
    try:
        return load(plan.folder)
    except Damaged as damaged:
        assert "the sweep's command writes it again" in damaged.problems[0].expected
        return None


@pytest.mark.parametrize("name", ["plan.json", "jobs.jsonl"])
def test_a_damaged_plan_is_never_read_as_another(tmp_path: Path, name: str) -> None:
    plan = two_jobs(tmp_path)
    path = plan.folder / name
    whole = path.read_bytes()
    read = 0
    for bit in range(0, 8 * len(whole), 3):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        now = found(plan)
        assert now in (None, plan), bit  # a blank that became another blank changes nothing
        read += now is not None
    assert read < len(whole) / 10
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        assert found(plan) is None, size
    path.unlink()
    with pytest.raises((Damaged, FileNotFoundError)):
        load(plan.folder)


def test_jobs_that_were_cut_at_the_end_of_a_line_are_missed_in_an_older_plan_too(tmp_path: Path) -> None:
    plan = two_jobs(tmp_path)
    head = json.loads((plan.folder / "plan.json").read_text())
    (plan.folder / "plan.json").write_text(json.dumps({key: head[key] for key in head if "crc32c" not in key}))
    assert load(plan.folder) == plan
    jobs = plan.folder / "jobs.jsonl"
    jobs.write_text(jobs.read_text().splitlines(keepends=True)[0])
    with pytest.raises(Damaged, match="it has 1 jobs, and plan.json 2"):
        load(plan.folder)
