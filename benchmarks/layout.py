"""Time of a training step of convolutional networks with the usual memory layout and with channels last.

    python benchmarks/layout.py [threads]
"""

from __future__ import annotations

import statistics
import sys
import time

import torch
from torch.nn import functional as F

from dlrun.models.build import build
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight

NETS = (["model=cnn"], ["model=convnet", "dataset=mnist", "batch_size=64"], ["model=lenet", "dataset=mnist"],
        ["model=cnn", "dataset=cifar10", "model.convs=2"])


def milliseconds(overrides: list[str], layout: torch.memory_format) -> float:
    checked = preflight(overrides)
    assert checked.layers is not None
    shape, rows = checked.dataset_info.data_spec.input_shape, checked.config.batch_size
    model = build(checked.layers, shape, seed=0, rng=StepRng(0, "cpu")).to(memory_format=layout)
    x, y = torch.rand(rows, *shape).contiguous(memory_format=layout), torch.randint(0, checked.outputs, (rows,))
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    times = []
    for _ in range(15):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times[5:])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; milliseconds a step")
    for overrides in NETS:
        usual = milliseconds(overrides, torch.contiguous_format)
        last = milliseconds(overrides, torch.channels_last)
        print(f"{' '.join(overrides):55}  usual {usual:6.1f}   channels last {last:6.1f}   ratio {usual / last:.2f}")
