"""Processor time of a training step in dlrun, Lightning, skorch and Keras against a plain PyTorch loop, on one thread.

    make benchmark-peers        # installs them; those that are not installed are left out

All train the same network on the same rows with Adam, three epochs each in turn, and the median of the ratios of
neighbours is printed; what a trainer does at its start and at the end of an epoch is in it. The plain loop and dlrun
hold the rows as tensors; the others read them as their documents show it first: Lightning from a TensorDataset by a
DataLoader, skorch and Keras from arrays. Lightning: the defaults without bar and summary, and `barebones`, which it has
to measure its loop. Keras on torch, and on JAX in a process of its own.
"""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))  # dlrun, also where this file is run by its path
ROWS, EPOCHS, REPEATS = (int(os.environ.get(f"PEERS_{name}", usual)) for name, usual in
                         (("ROWS", 12_800), ("EPOCHS", 3), ("REPEATS", 3)))
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


def in_dlrun(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int,
             compiled: bool) -> Train:
    from dlrun.assembly.build_run import build_run
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
        training = build_fit(parts, machine, RunFolder(Path(tempfile.mkdtemp())).make(), "x", Signals(), Recorder(),
                             compiled=compiled)
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


def in_skorch(x: torch.Tensor, y: torch.Tensor, hidden: list[int], dropout: float, batch: int) -> Train:
    import skorch

    arrays = x.numpy(), y.numpy()

    def train() -> None:
        skorch.NeuralNetClassifier(
            network(hidden, dropout), criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, max_epochs=EPOCHS,
            batch_size=batch, iterator_train__shuffle=True, train_split=None, verbose=0).fit(*arrays)

    return train


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and classes, the same in every process."""
    rng = np.random.default_rng(0)
    return (torch.from_numpy(rng.random((ROWS, 784), dtype=np.float32)),
            torch.from_numpy(rng.integers(0, 10, ROWS)))


def timed(train: Train) -> Callable[[], float]:
    def seconds() -> float:
        start = time.process_time()
        train()
        return time.process_time() - start

    return seconds


def elsewhere(net: str) -> Callable[[], float]:
    """Keras on JAX trains in a process of its own at each call; its seconds there."""
    one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    env = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": one_thread, "JAX_PLATFORMS": "cpu"}
    child = subprocess.Popen([sys.executable, __file__, net], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)

    def seconds() -> float:
        assert child.stdin is not None and child.stdout is not None
        print(file=child.stdin, flush=True)
        return float(child.stdout.readline())

    return seconds


def serve(net: str) -> None:
    """Train once for each line that comes, and answer with the seconds."""
    seconds = timed(in_keras(*rows(), *NETS[net]))
    for _ in sys.stdin:
        print(seconds(), flush=True)


def main() -> None:
    """Print the ratios of each to the plain loop."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    warnings.filterwarnings("ignore")
    x, y = rows()
    print(f"torch {torch.__version__}, one thread, processor time of {EPOCHS} epochs; median of {REPEATS}")
    for name, net in NETS.items():
        sides = {"plain": timed(plain(x, y, *net)), "dlrun": timed(in_dlrun(x, y, *net, False)),
                 "dlrun, speed=compiled": timed(in_dlrun(x, y, *net, True))}
        if find_spec("lightning"):
            sides["lightning"] = timed(in_lightning(x, y, *net, False))
            sides["lightning, barebones"] = timed(in_lightning(x, y, *net, True))
        if find_spec("skorch"):
            sides["skorch"] = timed(in_skorch(x, y, *net))
        if find_spec("keras"):
            sides["keras on torch"] = timed(in_keras(x, y, *net))
            if find_spec("jax"):
                sides["keras on jax"] = elsewhere(name)
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(REPEATS + 1):
            for side, take in sides.items():
                seconds[side].append(take())
        steps = EPOCHS * (ROWS // net[2])
        print(f"\n{name}")
        for side, taken in seconds.items():
            ratio = statistics.median(a / b for a, b in zip(taken[1:], seconds["plain"][1:]))
            print(f"  {side:22} {1e6 * statistics.median(taken[1:]) / steps:8.0f} us a step   {ratio:5.2f}",
                  flush=True)


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else serve(sys.argv[1])
