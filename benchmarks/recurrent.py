"""Processor time of a training step of `model=lstm` against the same network of PyTorch's modules: median of several.

    python benchmarks/recurrent.py            # milliseconds a step and ratios; one thread
    python benchmarks/recurrent.py gru        # the same of model=gru against nn.GRU

All networks go through the same plain loop (forward, loss, backward, Adam): nn.LSTM, the family with model.cell=fast
from the same weights, with model.cell=keras, the books' cell (a GRU's resets before the product, nn.GRU after it), and
with that compiled.  Ratios are medians over neighbouring runs, so that what else the machine does falls on both.  Each
table is measured with denormal numbers as torch leaves them, and with them flushed to zero (torch.set_flush_denormal):
gradients that fade over hundreds of steps become denormal, and those are slow on a CPU.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.engine.compiled.scanned_step import compile_scans
from dlrun.models.build import build
from dlrun.models.families.recurrent import Recurrent
from dlrun.models.step_rng import StepRng

CASES = {
    "500 tokens, batch 128, embed 32, 32 units":
        (DatasetSpec((500,), "tokens", "classes", vocabulary=10_000), 32, 128, 3),
    "20 tokens, batch 32, embed 100, 256 units":
        (DatasetSpec((20,), "tokens", "classes", vocabulary=4169), 256, 32, 15),
    "14 x 120 series, batch 128, 32 units": (DatasetSpec((14, 120), "series", "classes"), 32, 128, 10),
    "8 x 8 series, batch 128, 32 units": (DatasetSpec((8, 8), "series", "classes"), 32, 128, 60),
}


class Plain(nn.Module):
    """What a person would write: PyTorch's modules, batch first."""

    def __init__(self, source: nn.Module, outputs: int = 2, layer: str = "lstm"):
        super().__init__()
        weights = dict(source.named_parameters())
        features, units = weights[f"{layer}_1.weight_ih"].shape[1], weights[f"{layer}_1.weight_hh"].shape[1]
        self.embedding = nn.Embedding(*weights["embedding_1.weight"].shape) if "embedding_1.weight" in weights else None
        kind = nn.LSTM if layer == "lstm" else nn.GRU
        self.recurrent = kind(features, units, batch_first=True)
        self.out = nn.Linear(units, outputs)
        with torch.no_grad():
            if self.embedding is not None:
                self.embedding.weight.copy_(weights["embedding_1.weight"])
            for name, value in self.recurrent.named_parameters():
                other = name.removesuffix("_l0").replace("bias_ih", "bias")
                found = weights.get(f"{layer}_1.{other}")  # of an LSTM there is one bias
                value.zero_() if found is None else value.copy_(found)
            self.out.weight.copy_(weights["dense_1.weight"])

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2) if self.embedding is None else self.embedding(x)
        last = self.recurrent(x)[1]  # of an LSTM h and c
        return self.out((last[0] if isinstance(last, tuple) else last)[0])


def network(data_spec: DatasetSpec, units: int, cell: str, layer: str = "lstm") -> nn.Module:
    model = Recurrent(layer=layer, units=(units,), cell=cell, embed=100 if units == 256 else 32)
    return build(model.network(data_spec, 2), data_spec.input_shape, seed=0, rng=StepRng(0, "cpu"))


def stepper(model: nn.Module, x: Tensor, y: Tensor) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def milliseconds(step: Callable[[], None], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        step()
    return 1e3 * (time.process_time() - start) / count


def compare(data_spec: DatasetSpec, units: int, rows: int, count: int, repeats: int,
            layer: str) -> list[tuple[float, float]]:
    """Milliseconds a step and ratio to PyTorch's module of: that module, the fast cell, Keras's cell, it compiled."""
    g = torch.Generator().manual_seed(0)
    tokens = data_spec.input_kind == "tokens"
    x = (torch.randint(0, data_spec.vocabulary, (rows, *data_spec.input_shape), generator=g) if tokens
         else torch.randn(rows, *data_spec.input_shape, generator=g))
    y = torch.randint(0, 2, (rows,), generator=g)
    fast, keras, compiled = (network(data_spec, units, cell, layer) for cell in ("fast", "keras", "keras"))
    compile_scans(compiled)
    models = [Plain(fast, layer=layer), fast, keras, compiled]
    steps = [stepper(model, x, y) for model in models]
    times = [[milliseconds(step, count) for step in steps] for _ in range(repeats + 1)][1:]  # the first warms up
    return [(statistics.median(row[place] for row in times), statistics.median(row[place] / row[0] for row in times))
            for place in range(len(models))]


def main(layer: str = "lstm", repeats: int = 5) -> None:
    torch.set_num_threads(1)
    torchs = f"nn.{layer.upper()}"
    print(f"torch {torch.__version__}, 1 thread; milliseconds a step (ratio to {torchs}), median of {repeats}")
    for flush in (False, True):
        torch.set_flush_denormal(flush)
        print(f"\ndenormals {'flushed to zero' if flush else 'as torch leaves them'}")
        for name, (data_spec, units, rows, count) in CASES.items():
            plain, fast, keras, compiled = compare(data_spec, units, rows, count, repeats, layer)
            print(f"{name:42}  {torchs} {plain[0]:7.2f}   fast {fast[0]:7.2f} ({fast[1]:.2f})   "
                  f"keras {keras[0]:7.2f} ({keras[1]:.2f})   compiled {compiled[0]:7.2f} ({compiled[1]:.2f})",
                  flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
