"""Features first: the same result as when the base sees every batch, computed once, and never again."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.assembly import features
from dlrun.models.pretrained.module import PretrainedModule
from tests.helpers.runs import Notes, last_weights
from tests.run.stops import Killed
from tests.whole.equal import assert_same_run

RUN = ("dataset=digits", "model=pretrained", "model.size=32", "train_size=64", "test_size=16", "validation=16",
       "batch_size=16", "epochs=3", "optimizer.lr=0.01")


@pytest.fixture
def seen(monkeypatch, tmp_path) -> list[int]:
    """The pictures that the base sees, call by call; the cache is empty at the start."""
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(features, "PIECE_SECONDS", 0.0)
    calls: list[int] = []
    prepared = PretrainedModule.prepared

    def counted(self, x):
        if len(x) > 1 or x.any():  # what asks for the width are zeros
            calls.append(len(x))
        return prepared(self, x)

    monkeypatch.setattr(PretrainedModule, "prepared", counted)
    return calls


def rows_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]



def test_it_ends_as_the_slow_way_does_but_for_rounding(go, seen, monkeypatch):
    notes = Notes()
    fast = go(*RUN, "output_dir=fast", recorders=[notes])
    assert any(note.startswith("features first: the frozen base sees each of 80 rows once") for note in notes.notes)
    assert "features first" in json.loads((fast.folder / "provenance.json").read_text())["speed_path"]
    monkeypatch.setattr("dlrun.run.base_features.features_first", lambda components: None)
    before = sum(seen)
    slow = go(*RUN, "output_dir=slow")
    assert sum(seen) - before >= 3 * (48 + 16) + 16, "the slow way is none"
    for ours, theirs in zip(rows_of(fast.folder), rows_of(slow.folder)):
        shared = [key for key in ours if key != "seconds"]
        assert [ours[key] for key in shared] == pytest.approx([theirs[key] for key in shared], rel=1e-4)
    assert fast.result["test"] == pytest.approx(slow.result["test"], rel=1e-4)
    weights = last_weights(slow.folder)
    for name, value in last_weights(fast.folder).items():
        assert torch.allclose(value.float(), weights[name].float(), rtol=1e-3, atol=1e-5), name


def test_other_heads_seeds_and_splits_find_the_features_in_the_cache(go, seen):
    go(*RUN)
    assert max(seen) > 1
    del seen[:]
    go(*RUN, "model.hidden=[8]", "seed=1")
    pictures = 1  # of the activations in pictures/
    assert sum(seen) <= pictures
    del seen[:]
    go(*RUN[:3], "train_size=76", *RUN[4:])
    assert 12 <= sum(seen) <= 12 + pictures
    del seen[:]
    go(*RUN, "model.pool=max")
    assert sum(seen) >= 80


def test_each_row_is_seen_once_by_all_folds(go, seen):
    go(*[word for word in RUN if not word.startswith(("validation", "epochs"))], "validation={kind: kfold, k: 3}",
       "epochs=1")
    assert 80 <= sum(seen) <= 80 + 3  # 64 + 16 rows, and a picture of activations for each fold


def test_augmented_rows_are_seen_each_time_and_the_others_once(go, seen):
    notes = Notes()
    go(*RUN, "augment.flip_horizontal=true", recorders=[notes])
    assert any("each of 32 validation and test rows once" in note for note in notes.notes)
    assert 32 + 3 * 48 <= sum(seen) <= 32 + 3 * 48 + 40  # the first batch is drawn once more


@pytest.mark.parametrize("how", ["killed", "signal"])
def test_a_run_that_is_stopped_among_the_features_goes_on_there_and_ends_as_a_whole_one(go, seen, monkeypatch, how):
    whole = go(*RUN, "output_dir=whole")
    for file in (Path(os.environ["DLRUN_CACHE"]) / "arrays").glob("features-*"):
        file.unlink()
    del seen[:]
    prepared = PretrainedModule.prepared

    def stops(self, x):
        if sum(seen) >= 32:
            if how == "killed":
                raise Killed
            if signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, signal.default_int_handler):
                os.kill(os.getpid(), signal.SIGTERM)
        return prepared(self, x)

    batch = "dlrun.assembly.build_run._evaluate_batch"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, lambda checked, device: 16)
        patch.setattr(PretrainedModule, "prepared", stops)
        if how == "killed":
            with pytest.raises(Killed):
                go(*RUN)
        else:
            stopped = go(*RUN)
            assert stopped.result["status"] == "interrupted" and stopped.exit_code == 143
            assert stopped.result["steps"] == 0
    computed = sum(seen)
    assert 32 <= computed < 80
    del seen[:]
    resumed = go(*RUN)
    assert 80 - computed <= sum(seen) <= 81 - computed
    assert_same_run(whole.folder, resumed.folder)


def test_a_damaged_piece_is_computed_again(go, seen):
    whole = go(*RUN, "output_dir=whole")
    [file, *_] = sorted((Path(os.environ["DLRUN_CACHE"]) / "arrays").glob("features-*"))
    rows = len(np.load(file))
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    del seen[:]
    again = go(*RUN)
    assert rows <= sum(seen) <= rows + 1
    assert_same_run(whole.folder, again.folder)


def test_a_run_of_few_steps_does_not_compute_the_features_of_all_rows(go, seen):
    go(*RUN, "max_steps=2")
    assert 32 + 32 <= sum(seen) <= 32 + 32 + 1
