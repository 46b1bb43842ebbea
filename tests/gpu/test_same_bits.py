"""A GPU computes the same bits again, and after an interruption; a pack and a graph agree with the run alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.preflight.preflight import preflight
from dlrun.record.plan import store
from dlrun.run.check import check
from dlrun.sweep.make import make_plan
from tests.gpu.devices import DEVICES, GPU
from tests.helpers.compiler import needs_compiler
from tests.sweep.sweeps import run_here

FEW = ["train_size=400", "batch_size=64", "threads=1", "checkpoint_seconds=1000"]
NETS = {
    "dense": ["dataset=digits", "model=dense", "model.hidden=[32,16]", "model.dropout=0.3", "optimizer=rmsprop"],
    "batch norm": ["dataset=digits", "model=dense", "model.hidden=[32]", "model.batch_norm=true", "schedule=cosine"],
    "convolutions": ["dataset=digits", "model=cnn", "model.dropout=0.2", "augment=shift"],
    "lstm": ["dataset=digits_rows", "model=lstm", "model.units=8"],
    "vae": ["dataset=digits", "model=vae", "model.hidden=[16]"],
    "gan": ["dataset=digits", "model=gan"],
}


@DEVICES
@pytest.mark.parametrize("net", NETS)
def test_steps_are_the_same_again_and_resumed(net: str, device: str) -> None:
    found = check(preflight([*NETS[net], *FEW, f"device={device}"]), 9, lambda said: None)
    assert found.steps == 9 and found.interrupted_after == 4 and found.machine.startswith(device)
    assert found.again is None and found.resumed is None, found


@needs_compiler
@DEVICES
def test_compiled_steps_are_the_same_again_and_resumed(device: str, tmp_path) -> None:
    """On a GPU they are graphs, and taken many at once."""
    said: list[str] = []
    command = [*NETS["dense"], *FEW, f"device={device}", "speed=compiled"]
    found = check(preflight(command), 9, said.append)
    assert found.again is None and found.resumed is None and not said, said


def runs(tmp_path: Path, name: str, device: str, *words: str) -> tuple[list[dict[str, torch.Tensor]], list[Any]]:
    """The weights and provenances of four jobs of a sweep in this process."""
    usual = [word for word in ("epochs=8", "seeds=4") if word.partition("=")[0] not in {
        own.partition("=")[0] for own in words}]
    plan = make_plan([*NETS["dense"], *FEW, *usual, f"device={device}", "workers=1", "launcher=inline", *words,
                      f"output_dir={tmp_path / name}"])
    store(plan)
    assert run_here(plan) == 0
    folders = [plan.run_folder(job) for job in plan.jobs]
    return ([torch.load(folder / "checkpoints" / "last.pt", weights_only=True, map_location="cpu")["parts"]["model"]
             for folder in folders], [json.loads((folder / "provenance.json").read_text()) for folder in folders])


def apart(some: list[dict[str, torch.Tensor]], others: list[dict[str, torch.Tensor]]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for one, other in zip(some, others) for name in one)


@needs_compiler
@DEVICES
def test_a_pack_and_compiled_steps_agree_with_the_runs_alone(device: str, tmp_path) -> None:
    alone, _ = runs(tmp_path, "alone", device)
    for name, words, path in (("pack", ["pack=4"], "packed with 3 others"),
                              ("compiled", ["speed=compiled"], "compiled as a CUDA graph" if device == "cuda"
                               else "compiled by ")):
        found, provenance = runs(tmp_path, name, device, *words)
        assert all(one["speed_path"].startswith(path) for one in provenance), name
        assert 0 <= apart(found, alone) < 2e-4, name
        again, _ = runs(tmp_path, f"{name}-again", device, *words)
        assert apart(again, found) == 0, name


@DEVICES
def test_a_pack_that_has_fewer_places_after_a_while_agrees_with_the_runs_alone(device: str, tmp_path) -> None:
    """On a GPU its steps are recorded anew then."""
    words = ["epochs=3,8", "seeds=2"]
    alone, _ = runs(tmp_path, "alone", device, *words)
    found, provenance = runs(tmp_path, "pack", device, *words, "pack=4")
    assert sorted(len(one["pack"]["compacted"]) for one in provenance) == [0, 0, 1, 1]
    assert 0 <= apart(found, alone) < 2e-4
    again, _ = runs(tmp_path, "again", device, *words, "pack=4")
    assert apart(again, found) == 0


@pytest.mark.gpu
@pytest.mark.parametrize("device", [GPU])
def test_float32_is_float32_on_a_gpu(device: str) -> None:
    """TF32 has 10 bits: its products are wrong by 1e-3 of their size."""
    from dlrun.assembly.machine import choose, isolated_torch_state

    with isolated_torch_state():
        choose(preflight(["dataset=digits", f"device={device}"]).config)
        a, b = torch.rand(512, 512, dtype=torch.float64), torch.rand(512, 512, dtype=torch.float64)
        exact, found = a @ b, (a.float().cuda() @ b.float().cuda()).cpu().double()
        assert float(((found - exact) / exact).abs().max()) < 1e-5
        kernel = torch.rand(8, 8, 3, 3, dtype=torch.float64)
        image = torch.rand(4, 8, 16, 16, dtype=torch.float64)
        exact = torch.conv2d(image, kernel)
        found = torch.conv2d(image.float().cuda(), kernel.float().cuda()).cpu().double()
        assert float(((found - exact) / exact).abs().max()) < 1e-5


@DEVICES
@pytest.mark.parametrize("precision", ["float32", "bf16", "fp16"])
def test_every_precision_learns_with_weights_in_float32(precision: str, device: str, go) -> None:
    if precision == "fp16" and device == "cpu":
        pytest.skip("fp16 needs a GPU")
    outcome = go("dataset=digits", "model=cnn", "epochs=6", "batch_size=64", f"precision={precision}",
                 f"device={device}", "optimizer.lr=0.003")
    parts = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True, map_location="cpu")["parts"]
    assert outcome.result["test"]["accuracy"] > 0.8 and outcome.result["device"].startswith(device)
    assert {value.dtype for value in parts["model"].values() if value.is_floating_point()} == {torch.float32}
    assert bool(parts["step"]["scaler"]) == (precision == "fp16")
