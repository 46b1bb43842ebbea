"""Runs of ``model=pretrained``: small checkpoints, resumed to the same bits, predicted from their folder."""

from __future__ import annotations

import pytest
import torch

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.inference.load import load_run
from dlrun.models.bases.efficientnet_lite0 import EfficientnetLite0
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


FINE = (*RUN, "model.unfreeze=1", "optimizer.lr_of={head: 1e-5}", "augment.flip_horizontal=true")


def test_a_fine_tuned_run_resumes_to_the_same_bits_with_its_rates(go):
    whole = go(*FINE, "output_dir=whole")
    with killed_after(3):
        go(*FINE, "checkpoint_seconds=0")
    resumed = go(*FINE, "checkpoint_seconds=0")
    assert_same_run(whole.folder, resumed.folder)
    begun, moved = EfficientnetLite0().weights(), load_run(whole.folder).model.base_1.net.state_dict()
    changed = {name.split(".")[0] for name, value in moved.items() if not torch.equal(value, begun[name])}
    assert changed == {"head"}


@pytest.mark.parametrize("words, said", [
    (("optimizer.lr_of={hed: 1e-5}",), "optimizer.lr_of.hed  no weight that is trained has this name"),
    (("optimizer.lr_of={head: fast}",), "optimizer.lr_of.head=fast  expected a number >= 0"),
    (("optimizer=lbfgs", "optimizer.lr_of={head: 1}"), "lbfgs moves all weights at once"),
])
def test_rates_that_do_not_fit_are_a_sentence_and_leave_nothing(go, tmp_path, words, said):
    with pytest.raises(ConfigError, match=said):
        go(*RUN, *words, "output_dir=none")
    assert not (tmp_path / "none").exists()


def test_an_export_holds_the_frozen_weights_too(go):
    file = pytest.importorskip("safetensors.torch")
    folder = go(*RUN).folder
    assert route(["export", str(folder), "format=safetensors"]) == 0
    found = file.load_file(folder / "export" / "model.safetensors")
    model = load_run(folder).model
    assert set(found) == {*dict(model.named_parameters()), *dict(model.named_buffers())} - {"base_1.offset",
                                                                                            "base_1.factor"}
    assert torch.equal(found["base_1.net.head.conv.weight"], EfficientnetLite0().weights()["head.conv.weight"])
