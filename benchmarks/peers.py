"""Processor time of a training step in dlrun, Lightning and Keras against a plain PyTorch loop, on one thread.

    pip install lightning keras && python benchmarks/peers.py

All four train the same network on the same rows with Adam, three epochs each in turn, and the median of the ratios of
neighbours is printed; what a trainer does at its start and at the end of an epoch is in it. The plain loop and dlrun
hold the rows as tensors; Lightning and Keras (on torch) read them as their documents show it first, from a
TensorDataset by a DataLoader and from arrays. Lightning: the defaults without bar and summary, and `barebones`, which
it has to measure its loop.
"""

from __future__ import annotations

import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROWS, EPOCHS, REPEATS = 12_800, 3, 3
NETS = {"784-128-128-10, batch 128, dropout 0.3": ([128, 128], 0.3, 128), "784-16-10, batch 64": ([16], 0.0, 64)}
Train = Callable[[], None]


def network(hidden: list[int], dropout: float) -> nn.Module:
    """The layers that all but Keras and dlrun train; those make their own of the same sizes."""
    layers: list[nn.Module] = []
    for width, units in zip([784, *hidden], hidden):
        layers += [nn.Linear(width, units), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, nn.Linear(hidden[-1], 10))


def plain(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int) -> Train:
    model = network(hidden, dropout)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def train() -> None:
        for _ in range(EPOCHS):
            order = torch.randperm(len(x))
            for begin in range(0, len(x), batch):
                index = order[begin:begin + batch]
                optimizer.zero_grad()
                F.cross_entropy(model(x[index]), y[index]).backward()
                optimizer.step()

    return train


def in_dlrun(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int) -> Train:
    from dlrun.assembly.components import build_run
    from dlrun.assembly.machine import choose
    from dlrun.engine.fit import fit
    from dlrun.engine.signals import Signals
    from dlrun.preflight.preflight import preflight
    from dlrun.record.folder import RunFolder
    from dlrun.record.recorder import Recorder
    from dlrun.run.build_fit import build_fit

    place = Path(tempfile.mkdtemp())
    np.savez(place / "made.npz", x_train=x.numpy(), y_train=y.numpy())
    checked = preflight([
        "dataset=npz", f"dataset.path={place / 'made.npz'}", "validation=0", "model=dense", f"epochs={EPOCHS}",
        "early_stop=none", "device=cpu", "threads=1", f"model.hidden={hidden}", f"model.dropout={dropout}",
        f"batch_size={batch}"])
    machine = choose(checked.config)
    parts = build_run(checked, machine, lambda line: None)

    def train() -> None:
        training = build_fit(parts, machine, RunFolder(Path(tempfile.mkdtemp())).make(), "x", Signals(), Recorder())
        training.evaluate = lambda number: {}  # nobody measures rows: all sides only train
        fit(training)

    return train


def in_lightning(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int,
                 barebones: bool) -> Train:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = network(hidden, dropout)

        def training_step(self, rows: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
            loss = F.cross_entropy(self.model(rows[0]), rows[1])
            if not barebones:
                self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), fused=True)

    model = Module()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch, shuffle=True)

    def train() -> None:
        usual = {} if barebones else {"enable_progress_bar": False, "enable_model_summary": False}
        lightning.Trainer(max_epochs=EPOCHS, accelerator="cpu", barebones=barebones,
                          default_root_dir=tempfile.mkdtemp(), **usual).fit(model, loader)

    return train


def in_keras(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int) -> Train:
    import keras

    layers: list[keras.Layer] = [keras.Input((784,))]
    for units in hidden:
        layers += [keras.layers.Dense(units, "relu"), *([keras.layers.Dropout(dropout)] if dropout else [])]
    model = keras.Sequential([*layers, keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    arrays = x.numpy(), y.numpy()
    return lambda: model.fit(*arrays, batch_size=batch, epochs=EPOCHS, verbose=0) and None


def main() -> None:
    """Print the ratios of each to the plain loop."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.random((ROWS, 784), dtype=np.float32))
    y = torch.from_numpy(rng.integers(0, 10, ROWS))
    print(f"torch {torch.__version__}, one thread, processor time of {EPOCHS} epochs; median of {REPEATS}")
    for name, net in NETS.items():
        sides = {"plain": plain(x, y, *net), "dlrun": in_dlrun(x, y, *net),
                 "lightning": in_lightning(x, y, *net, False), "barebones": in_lightning(x, y, *net, True),
                 "keras": in_keras(x, y, *net)}
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(REPEATS + 1):
            for side, train in sides.items():
                start = time.process_time()
                train()
                seconds[side].append(time.process_time() - start)
        steps = EPOCHS * (ROWS // net[2])
        print(f"\n{name}")
        for side, taken in seconds.items():
            ratio = statistics.median(a / b for a, b in zip(taken[1:], seconds["plain"][1:]))
            print(f"  {side:10} {1e6 * statistics.median(taken[1:]) / steps:8.0f} us a step   {ratio:5.2f}")


if __name__ == "__main__":
    main()
