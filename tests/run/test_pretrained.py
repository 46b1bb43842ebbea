"""Runs of ``model=pretrained``: small checkpoints, resumed to the same bits, predicted from their folder."""

from __future__ import annotations

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.inference.load import load_run
from tests.run.stops import killed_after
from tests.whole.equal import assert_same_run

RUN = ("dataset=digits", "model=pretrained", "model.size=32", "train_size=48", "test_size=16", "validation=16",
       "batch_size=16", "epochs=2")


def test_a_killed_run_resumes_to_the_same_bits_and_its_checkpoint_lacks_the_base(go):
    whole = go(*RUN, "output_dir=whole")
    with killed_after(3):
        go(*RUN, "checkpoint_seconds=0")
    resumed = go(*RUN, "checkpoint_seconds=0")
    assert_same_run(whole.folder, resumed.folder)
    assert (resumed.folder / "checkpoints/last.pt").stat().st_size < 400_000  # the base alone has 13 MB
    norms = [load_run(folder).model.base_1.net.head.norm.weight for folder in (whole.folder, resumed.folder)]
    assert torch.equal(*norms)


def test_without_its_package_a_command_is_refused_before_it_starts(go, monkeypatch):
    monkeypatch.setattr("dlrun.models.bases.efficientnet_lite0.PACKAGE", "no_such_package_at_all")
    with pytest.raises(ConfigError, match=r"model.base=efficientnet_lite0  its weights are in a package"):
        go(*RUN)
