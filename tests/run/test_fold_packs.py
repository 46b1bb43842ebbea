"""pack=: the folds of a run that train as one program are the folds that come one after another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlrun.record.console import Console
from dlrun.record.metrics import read
from dlrun.report.run import read_run
from dlrun.run.run import Outcome
from tests.run.stops import Killed
from tests.sweep.execute.test_packs import after, killed
from tests.sweep.sweeps import planned, run_here
from tests.whole.equal import assert_same_run

FOLDS = ["dataset=iris", "model=dense", "model.hidden=[8]", "model.dropout=0.2", "batch_size=16", "epochs=3",
         "optimizer.lr=0.01", "validation={kind: kfold, k: 4, shuffle: true, final: true}", "device=cpu", "threads=1"]
PLACES = ("folds/0", "folds/1", "folds/2", "folds/3", "final")


def about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "provenance.json").read_text())
    return found


def assert_close(folder: Path, other: Path) -> None:
    """The same run to rounding, in every fold and in their means."""
    for place in (*PLACES, "."):
        ours, theirs = (read(root / place / "metrics.jsonl") for root in (folder, other))
        for a, b in zip(ours, theirs, strict=True):
            assert a.keys() == b.keys()
            assert {k: v for k, v in a.items() if k != "seconds"} == pytest.approx(
                {k: v for k, v in b.items() if k != "seconds"}, rel=1e-4, abs=1e-5)
    results = [json.loads((root / "result.json").read_text()) for root in (folder, other)]
    assert results[0].keys() == results[1].keys()
    assert results[0]["test"]["loss"] == pytest.approx(results[1]["test"]["loss"], rel=1e-4)
    assert results[0]["val_std"] == pytest.approx(results[1]["val_std"], rel=1e-3, abs=1e-5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Any:
    """A run whose folds nothing stops, and what was printed of it."""
    import io

    from dlrun.preflight.preflight import preflight
    from dlrun.run.run import run

    shown = io.StringIO()
    outcome = run(preflight([*FOLDS, "pack=8", f"output_dir={tmp_path_factory.mktemp('whole')}"]),
                  recorders=[Console(shown)])
    return outcome, shown.getvalue()


def test_folds_of_a_pack_have_the_numbers_and_folders_of_folds_that_come_one_after_another(go, whole) -> None:
    outcome, shown = whole
    alone: Outcome = go(*FOLDS)
    assert_close(outcome.folder, alone.folder)
    assert about(outcome.folder)["pack"] == {"slots": 5, "slot": 0, "compacted": []}
    assert "pack" not in about(alone.folder)
    for slot, place in enumerate(PLACES):
        later = [{"step": 18, "slots": 1, "slot": 0}] if place == "final" else []  # folds have fewer rows, and end
        assert about(outcome.folder / place)["pack"] == {"slots": 5, "slot": slot, "compacted": later}
        assert about(outcome.folder / place)["speed_path"].startswith("packed with 4 others, eager")
    assert {path.relative_to(outcome.folder) for path in outcome.folder.rglob("*")} == {
        path.relative_to(alone.folder) for path in alone.folder.rglob("*")}
    assert [line.split()[0] for line in shown.splitlines() if line.strip()[:1].isdigit()] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("step", [4, 13])  # of 7 in an epoch of a fold
def test_folds_that_are_killed_together_end_with_the_bits_of_a_run_that_was_left_alone(go, step: int, whole) -> None:
    with after(step, killed), pytest.raises(Killed):
        go(*FOLDS, "pack=8", "checkpoint_seconds=0")
    assert_same_run(go(*FOLDS, "pack=8").folder, whole[0].folder)


def test_a_run_goes_on_as_it_began(go, whole) -> None:
    with after(9, killed), pytest.raises(Killed):
        go(*FOLDS, "pack=8")
    [folder] = Path("runs").glob("*/*")
    assert read_run(folder).say() == "unfinished: folds side by side: epoch 1 of 3 (0 of 4 folds done)"
    outcome = go(*FOLDS, "pack=never")
    assert_close(outcome.folder, whole[0].folder)
    assert "pack" not in about(outcome.folder)["resumed"][0], "one after another from there on"
    assert about(outcome.folder / "folds/1")["resumed"][0]["speed_path"] == "eager, denormals flushed"


def test_a_fold_that_diverges_ends_the_run_by_its_name(go) -> None:
    outcome = go(*FOLDS, "pack=8", "optimizer.lr=1e30")
    assert outcome.result["status"] == "diverged" and outcome.result["stop_reason"].startswith("fold 0: ")
    assert outcome.exit_code == 1


def test_folds_of_several_jobs_are_one_pack(tmp_path: Path, whole) -> None:
    words = [word for word in FOLDS if not word.startswith("optimizer.lr")]
    sweep = [*words, "optimizer.lr=0.01,0.003", "launcher=inline", "workers=1"]
    plans = []
    for name, pack in (("alone", "never"), ("pack", "16"), ("killed", "16")):
        plan = planned(tmp_path / name, *sweep, f"pack={pack}")
        if name == "killed":
            with after(13, killed), pytest.raises(Killed):
                run_here(plan, workers=1)
        assert run_here(plan, workers=1) == 0
        plans.append(plan)
    alone, packed, again = plans
    for number, job in enumerate(packed.jobs):
        folder = packed.run_folder(job)
        assert_close(folder, alone.run_folder(alone.jobs[number]))
        assert_same_run(again.run_folder(again.jobs[number]), folder)
        for slot, place in enumerate(PLACES):
            later = [{"step": 18, "slots": 2, "slot": number}] if place == "final" else []
            assert about(folder / place)["pack"] == {"slots": 10, "slot": 5 * number + slot, "compacted": later}
    assert json.loads((packed.run_folder(packed.jobs[0]) / "result.json").read_text())["val"] == pytest.approx(
        whole[0].result["val"], rel=1e-4)
