"""Nothing in a step waits for the device: the host reads numbers at log points only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.engine.fit import CHECK_EVERY, fit, fit_steps
from dlrun.engine.packed.graph_step import GraphStep
from dlrun.engine.packed.graphs import WARM
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.packed.step import PackedStep
from dlrun.engine.step import EagerStep
from tests.engine.make import made
from tests.gpu.devices import DEVICES, GPU, no_waiting, wait_free
from tests.gpu.test_same_bits import FEW, NETS


@DEVICES
def test_waiting_is_seen(device: str) -> None:
    with pytest.raises(RuntimeError), no_waiting(device):
        torch.ones(3, device=device).sum().item()


@DEVICES
@pytest.mark.parametrize("net", NETS)
def test_steps_alone_do_not_wait(net: str, device: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    _, training = made(tmp_path, *NETS[net], *FEW, "epochs=2", f"device={device}")
    monkeypatch.setattr(EagerStep, "__call__", wait_free(EagerStep.__call__, device, counted, after=2))
    take = training.batches._batch
    training.batches._requested(0)  # an order is drawn, and sent, at the beginning of a pass
    training.batches._batch = wait_free(take, device, [], after=2)
    training.max_steps = training.steps_per_epoch
    training.extras, training.evaluate = (), lambda epoch: {}
    if device == "cpu":  # sums are tensors, as they are on a device
        training.totals.keep_in(*torch.zeros(2, len(training.totals.names), dtype=torch.float64))
    fit(training)
    assert len(counted) == training.steps_per_epoch > 4


def joined(folder: Path, device: str, *words: str) -> tuple[EagerStep, object]:
    components, training = made(folder, *NETS["dense"], *FEW, "epochs=8", f"device={device}", *words)
    training.extras, training.evaluate = (), lambda epoch: {}
    return components, training


@DEVICES
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_packed_steps_do_not_wait(schedule: str, device: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    runs = [joined(tmp_path / str(seed), device, f"seed={seed}", f"schedule={schedule}") for seed in range(3)]
    layout = Layout(3)
    for slot, (components, training) in enumerate(runs):
        Member(slot, layout, 3, {}).join(training, components.model, components.rng)
        training.batches.pace = lambda *seconds: None  # as many steps at once as at the beginning
    monkeypatch.setattr(PackedStep, "_take", wait_free(PackedStep._take, device, counted, after=3 * (WARM + 1)))
    ended = execute_together({slot: fit_steps(training) for slot, (_, training) in enumerate(runs)}, layout)
    assert set(ended.values()) == {None} and len(counted) >= 16


@pytest.mark.gpu
@pytest.mark.parametrize("device", [GPU])
def test_steps_on_a_gpu_are_graphs(device: str, tmp_path) -> None:
    """Every batch of an epoch is one of two shapes; each was recorded, and no recording has failed."""
    _, training = joined(tmp_path, device)
    step = GraphStep(training.step, training.batches, pytest.fail)
    training.step, training.batches = step, step.batches
    training.epochs = 2 * CHECK_EVERY
    fit(training)
    assert step._packed is not None
    replays = step._packed.replays
    assert replays.failed is None and len(replays._again) == 2
