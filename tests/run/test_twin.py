"""An interrupted run is resumed by a longer one where that is exact; else it is said what differs; foreign code too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.runs import OVERRIDES, Notes, files
from tests.run.stops import killed_after, signalled_after
from tests.whole.equal import assert_same_run, rows


@pytest.mark.parametrize(("step", "epoch"), [(7, 2), (10, 2), (12, 3)])
def test_more_epochs_go_on_where_a_shorter_run_was_interrupted(go, step: int, epoch: int) -> None:
    fresh = go(*OVERRIDES, "epochs=4", "test_at=[1,4]", "output_dir=fresh")
    with signalled_after(step):
        cut = go(*OVERRIDES, "epochs=3", "test_at=[1,3]")
    before, notes = files(cut.folder), Notes()
    long = go(*OVERRIDES, "epochs=4", "test_at=[1,4]", recorders=[notes])
    assert notes.first_epoch in (epoch, epoch + 1)
    assert notes.notes == [f"resuming from step {step} of {cut.folder.name} (same settings but for the epochs; "
                           "it was interrupted)"]
    assert files(cut.folder) == before and cut.folder != long.folder
    assert_same_run(fresh.folder, long.folder)
    assert json.loads((long.folder / "provenance.json").read_text())["continues"] == cut.folder.name
    assert not list(long.folder.rglob(".*.tmp"))
    assert go(*OVERRIDES, "epochs=3", "test_at=[1,3]").result["status"] == "finished", "the old one still resumes"


def test_a_killed_run_goes_on_in_a_longer_one_too_and_the_furthest_is_taken(go) -> None:
    fresh = go(*OVERRIDES, "epochs=4", "output_dir=fresh")
    go(*OVERRIDES, "epochs=1")
    with killed_after(13):
        go(*OVERRIDES, "epochs=3", "checkpoint_seconds=0")
    notes = Notes()
    long = go(*OVERRIDES, "epochs=4", recorders=[notes])
    assert notes.first_epoch == 3 and "from step 12" in notes.notes[0]
    assert_same_run(fresh.folder, long.folder)


def test_a_longer_one_that_is_killed_at_once_begins_again(go) -> None:
    fresh = go(*OVERRIDES, "epochs=4", "output_dir=fresh")
    with signalled_after(7):
        go(*OVERRIDES, "epochs=3")
    with killed_after(8):
        go(*OVERRIDES, "epochs=4")
    assert_same_run(fresh.folder, go(*OVERRIDES, "epochs=4").folder)


def test_folds_go_on_where_those_of_a_shorter_run_were_interrupted(go) -> None:
    overrides = ["dataset=iris", "model=softmax", "batch_size=25", "validation={kind: kfold, k: 2}", "optimizer=adam"]
    fresh = go(*overrides, "epochs=4", "output_dir=fresh")
    with signalled_after(7):
        assert go(*overrides, "epochs=3").result["status"] == "interrupted"
    assert_same_run(fresh.folder, go(*overrides, "epochs=4").folder)


@pytest.mark.parametrize(("short", "long", "differs"), [
    (["optimizer.lr=0.01"], [], "optimizer.lr (0.01 there, 0.001 here)"),
    (["schedule=cosine"], ["schedule=cosine", "epochs=4"], "epochs (3 there, 4 here)"),  # the rates depend on it
    (["test_at=[1]"], [], "test_at ([1] there, [] here)"),
])
def test_a_new_run_beside_an_interrupted_one_says_what_differs(go, short, long, differs: str) -> None:
    with signalled_after(7):
        cut = go(*OVERRIDES, "epochs=3", *short)
    notes = Notes()
    new = go(*OVERRIDES, "epochs=3", *long, recorders=[notes])
    assert notes.first_epoch == 1
    assert notes.notes == [f"a new run; {cut.folder.name} beside it was interrupted, and differs in {differs}"]
    assert "continues" not in json.loads((new.folder / "provenance.json").read_text())


def test_nothing_is_said_of_runs_that_are_far_or_done(go) -> None:
    with signalled_after(7):
        go(*OVERRIDES, "epochs=3", "optimizer.lr=0.1", "seed=3", "batch_size=200", "model.dropout=0")
    go(*OVERRIDES, "epochs=1", "seed=5")
    notes = Notes()
    go(*OVERRIDES, "epochs=3", recorders=[notes])
    assert notes.notes == []


def test_a_done_run_of_other_code_is_served_with_a_line_that_says_so(go, capsys) -> None:
    folder = go(*OVERRIDES, "epochs=1").folder
    capsys.readouterr()
    assert go(*OVERRIDES, "epochs=1").found
    assert "it was made by" not in capsys.readouterr().out
    path = folder / "provenance.json"
    stored = json.loads(path.read_text())
    (folder / "code.txt").unlink()  # as one of an older dlrun
    stored["versions"]["dlrun"], stored["code"]["dlrun"] = "0.0.9", {"commit": "1a2b3c4d5e", "dirty": False}
    path.write_text(json.dumps(stored))
    assert go(*OVERRIDES, "epochs=1").found
    assert "it was made by dlrun 0.0.9, commit 1a2b3c4; force=true trains it again" in capsys.readouterr().out
    assert len(rows(Path(folder))) == 1
