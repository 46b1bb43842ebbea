"""Time of a training step in dlrun's loop against a plain PyTorch loop, for VAEs, GANs, LSTMs and a convnet.

    python benchmarks/families.py [blocks]        # microseconds a step and ratios; one thread

Both sides train the same modules on the same rows in the same order.  dlrun's side is `engine.fit` as a run calls it:
gather, step, running measures, checks, the row at an epoch's end; checkpoints and pictures are left out.  The plain
loops are those with which the tests show that the weights are equal in bits (tests/engine/plain.py); "torch's own" has
nn.LSTM in place of dlrun's layer, "channels last" that layout in place of the usual one; the convnet's plain loops are
in float32, dlrun's in bf16.  Each block is some steps of each side in turn, and the ratio is the median over
neighbouring blocks.  It is the processor's time that counts, not the clock's, so that a busy machine distorts it less;
on one thread of a quiet one both are the same.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))  # the plain loops are the tests'

from benchmarks.recurrent import Plain
from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.data.batches import permutation
from dlrun.engine.fit import fit
from dlrun.engine.signals import Signals
from dlrun.engine.step import EagerStep
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit
from tests.engine.plain import gan, supervised, vae

CHOLLETS_VAE = ["model=conv_vae", "model.filters=[32,64,64,64]", "model.stride=[1,2,1,1]", "model.hidden=32",
                "batch_size=16"]
CASES: dict[str, tuple[list[str], int, int]] = {  # overrides, tokens in a row (0: pictures), steps in a block
    "VAE, 784-128-64-2-64-128-784, batch 128": (["model=vae", "batch_size=128"], 0, 60),
    "VAE of Chollet (convolutions), batch 16": (CHOLLETS_VAE, 0, 4),
    "GAN, 100-128-256-784 and 784-256-128-1, batch 64": (["model=gan", "optimizer=adam"], 0, 40),
    "DCGAN, 64 and 32 filters, batch 64": (["model=dcgan", "optimizer=adam"], 0, 3),
    "LSTM, 500 tokens, embed 32, 32 units, batch 128": (["model=lstm"], 500, 2),
    "LSTM, 500 tokens, model.cell=fast": (["model=lstm", "model.cell=fast"], 500, 3),
    "LSTM, 50 tokens": (["model=lstm"], 50, 16),
    "LSTM, 50 tokens, model.cell=fast": (["model=lstm", "model.cell=fast"], 50, 24),
    "convnet 32-64-64 with precision=bf16, batch 64": (["model=convnet", "batch_size=64", "precision=bf16"], 0, 3),
}
COMPILES = ("VAE, 784-128-64-2-64-128-784, batch 128", "LSTM, 500 tokens, embed 32, 32 units, batch 128",
            "LSTM, 50 tokens", "GAN, 100-128-256-784 and 784-256-128-1, batch 64")  # what speed=compiled can have


def overrides_of(overrides: list[str], tokens: int, steps: int, folder: Path) -> list[str]:
    data = (["dataset=npz", f"dataset.path={folder / 'pictures.npz'}"] if not tokens else
            ["dataset=labelled_text", f"dataset.path={folder / f'{tokens}.txt'}", "dataset.num_words=10000",
             f"dataset.maxlen={tokens}"])
    return [*data, "dataset.test=0", "validation=0", "threads=1", "device=cpu", f"steps_per_epoch={steps}",
            "checkpoint_seconds=100000", *overrides]


def make_data(folder: Path) -> None:
    """Pictures of noise, and texts of words drawn from 9,998."""
    rng = np.random.default_rng(0)
    np.savez(folder / "pictures.npz", x_train=rng.integers(0, 256, (6_400, 28, 28), dtype=np.uint8),
             y_train=rng.integers(0, 10, 6_400))
    for tokens, rows in ((500, 1_280), (50, 6_400)):
        lines = [" ".join(f"w{word}" for word in rng.integers(0, 9_998, tokens)) for _ in range(rows)]
        (folder / f"{tokens}.txt").write_text("\n".join(f"{row % 2}\t{line}" for row, line in enumerate(lines)))


def engine_side(checked: Checked, parts: RunComponents, folder: Path, compiled: bool = False) -> Callable[[], None]:
    """One epoch of the run at each call; raises ValueError where its step should be compiled and is not."""
    training = build_fit(parts, choose(checked.config), RunFolder(folder).make(), "x", Signals(), Recorder(),
                         compiled=compiled)
    if compiled and training.step.executed == EagerStep.executed:
        raise ValueError("the step is not compiled")
    training.checkpoints.save = training.checkpoints.cheap = lambda *place: False  # both sides only train
    training.evaluate, training.extras, training.epochs = (lambda epoch: {}), (), 0

    def block() -> None:
        training.epochs += 1
        fit(training)

    return block


def plain_side(checked: Checked, parts: RunComponents, steps: int, other: str = "") -> Callable[[], None]:
    """As many steps of the plain loop at each call, over rows as dlrun keeps them; `other` is what it has instead."""
    model, rng, rows, size = parts.model.train(), parts.rng, parts.train, checked.config.batch_size

    def adam(module: torch.nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(module.parameters(), 1e-3, eps=1e-7, fused=True)

    kind = checked.config.model.kind
    if "vae" in kind:
        step = vae(model, adam(model), rng)
    elif "gan" in kind:
        step = gan(model, adam(model.discriminator), adam(model.generator), rng)
    elif kind == "cnn":
        layout = torch.channels_last if other else torch.contiguous_format
        model = model.to(memory_format=layout)
        step = supervised(model, adam(model), lambda z, y: F.cross_entropy(z, y))
    else:
        net = Plain(model, outputs=1) if other else model
        step = supervised(net, adam(net),
                          lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y.float()))
    x, y = rows.range(0, rows.count)
    if kind == "cnn":
        x = x.contiguous(memory_format=layout)
    order = permutation(len(x), 0, 0)
    done = 0

    def block() -> None:
        nonlocal done
        for _ in range(steps):
            start = done * size % (len(x) - size + 1)
            index = order[start:start + size]
            rng.seed_step(done)
            step(x[index], y[index])
            done += 1

    return block


def seconds(block: Callable[[], None], steps: int) -> float:
    start = time.process_time()
    block()
    return (time.process_time() - start) / steps


def compare(name: str, blocks: int, folder: Path) -> list[dict[str, float]]:
    """Seconds a step of dlrun and of each plain loop, block by block; `folder` holds what `make_data` makes."""
    overrides, tokens, steps = CASES[name]
    checked = preflight(overrides_of(overrides, tokens, steps, folder))
    machine = choose(checked.config)

    def parts() -> RunComponents:
        return build_run(checked, machine, lambda said: None)

    with tempfile.TemporaryDirectory() as run:
        sides = {"dlrun": engine_side(checked, parts(), Path(run) / "dlrun"),
                 "plain": plain_side(checked, parts(), steps)}
        if name in COMPILES:
            sides["compiled"] = engine_side(checked, parts(), Path(run) / "compiled", compiled=True)
        if tokens or checked.config.model.kind == "cnn":
            other = "torch's own" if tokens else "channels last"
            sides[other] = plain_side(checked, parts(), steps, other)
        return [{side: seconds(block, steps) for side, block in sides.items()} for _ in range(blocks + 2)][2:]


def ratio(times: list[dict[str, float]], side: str, other: str = "plain") -> float:
    return statistics.median(row[side] / row[other] for row in times)


def main(blocks: int = 15) -> None:
    with tempfile.TemporaryDirectory() as place, isolated_torch_state():
        torch.set_num_threads(1)
        print(f"torch {torch.__version__}, 1 thread; microseconds a step, median of {blocks} blocks (dlrun's ratio)\n")
        make_data(Path(place))
        for name in CASES:
            times = compare(name, blocks, Path(place))
            micro = {side: 1e6 * statistics.median(row[side] for row in times) for side in times[0]}
            told = "   ".join(f"{side} {took:9,.0f} ({ratio(times, 'dlrun', side):.3f})" for side, took in micro.items()
                              if side != "dlrun")
            print(f"{name:50}  dlrun {micro['dlrun']:9,.0f}   {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
