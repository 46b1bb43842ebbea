"""Time of a training step in dlrun's loop against a plain PyTorch loop: median of several, in one run.

    python benchmarks/loop.py            # both networks; prints microseconds a step and their ratio

The plain loop has resident float tensors, torch's own optimizer and dlrun's modules (so the same dropout);
dlrun's side is a whole epoch of `engine.fit`: gather, step, running metrics, checks.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose
from dlrun.data.batches import permutation
from dlrun.engine.fit import fit
from dlrun.engine.signals import Signals
from dlrun.models.build import build
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit

ROWS = 25_600
EXTRA = sys.argv[2:]  # for example threads=1
NETS = {
    "784-128-128-10, batch 128, dropout 0.3": ["model.hidden=[128,128]", "model.dropout=0.3", "batch_size=128"],
    "784-16-10, batch 64": ["model.hidden=[16]", "batch_size=64"],
}


def dlrun_epoch(parts, checked, folder: Path) -> float:
    training = build_fit(parts, choose(checked.config), RunFolder(folder).make(), "x", Signals(), Recorder())
    training.checkpoints.save(0, 0)
    training.checkpoints._cost = 1e9  # no checkpoint at the epoch's end: both sides only train
    training.evaluate = lambda epoch: {}
    start = time.perf_counter()
    fit(training)
    return (time.perf_counter() - start - 0.0) / training.clock.step


def plain_epoch(checked, x, y, batch_size: int) -> float:
    rng = StepRng(0, "cpu")
    model = build(checked.layers, (784,), seed=0, rng=rng).train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)
    order, step = permutation(len(x), 0, 0), 0
    start = time.perf_counter()
    for begin in range(0, len(x), batch_size):
        index = order[begin:begin + batch_size]
        rng.seed_step(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[index]), y[index])
        loss.backward()
        optimizer.step()
        step += 1
    return (time.perf_counter() - start) / step


def compare(overrides: list[str], data: Path, repeats: int) -> tuple[float, float, float]:
    """Microseconds a step of dlrun and of the plain loop, and the median of the ratios of neighbours."""
    checked = preflight(["dataset=npz", f"dataset.path={data}", "validation=0", "model=dense", "epochs=1",
                         "device=cpu", *EXTRA, *overrides])
    machine = choose(checked.config)
    ours, plain = [], []
    for _ in range(repeats + 1):
        with tempfile.TemporaryDirectory() as folder:
            parts = build_run(checked, machine, print)
            ours.append(dlrun_epoch(parts, checked, Path(folder)))
            plain.append(plain_epoch(checked, parts.train.x, parts.train.y, checked.config.batch_size))
    ours, plain = ours[1:], plain[1:]  # the first pair warms up
    ratio = statistics.median(a / b for a, b in zip(ours, plain))
    return 1e6 * statistics.median(ours), 1e6 * statistics.median(plain), ratio


def main(repeats: int = 5) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "made.npz"
        np.savez(data, x_train=rng.random((ROWS, 784), dtype=np.float32), y_train=rng.integers(0, 10, ROWS))
        print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; microseconds a step\n")
        for name, overrides in NETS.items():
            ours, plain, ratio = compare([*overrides, "dataset.test=0", "dataset.scale=none"], data, repeats)
            print(f"{name:40}  dlrun {ours:7.0f}   plain {plain:7.0f}   ratio {ratio:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
