"""Time of a training step in dlrun's loop against a plain PyTorch loop, for VAEs, GANs and LSTMs.

    python benchmarks/families.py [blocks]        # microseconds a step and ratios; one thread

Both sides train the same modules on the same rows in the same order.  dlrun's side is `engine.fit` as a run calls it:
gather, step, running measures, checks, the row at an epoch's end; checkpoints and pictures are left out.  The plain
loops are those with which the tests show that the weights are equal in bits (tests/engine/plain.py); "torch's own" has
nn.LSTM in place of dlrun's layer.  Each block is some steps of each side in turn, and the ratio is the median over
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

from recurrent import Plain

from dlrun.assembly.components import RunComponents, build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.data.batches import permutation
from dlrun.engine.fit import fit
from dlrun.engine.signals import Signals
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
}


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


def engine_side(checked: Checked, parts: RunComponents, folder: Path) -> Callable[[], None]:
    """One epoch of the run at each call."""
    training = build_fit(parts, choose(checked.config), RunFolder(folder).make(), "x", Signals(), Recorder())
    training.checkpoints.save = training.checkpoints.cheap = lambda *place: False  # both sides only train
    training.evaluate, training.extras, training.epochs = (lambda epoch: {}), (), 0

    def block() -> None:
        training.epochs += 1
        fit(training)

    return block


def plain_side(checked: Checked, parts: RunComponents, steps: int, own: bool) -> Callable[[], None]:
    """As many steps of the plain loop at each call, over rows as dlrun keeps them."""
    model, rng, rows, size = parts.model.train(), parts.rng, parts.train, checked.config.batch_size

    def adam(module: torch.nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(module.parameters(), 1e-3, eps=1e-7, fused=True)

    kind = checked.config.model.kind
    if "vae" in kind:
        step = vae(model, adam(model), rng)
    elif "gan" in kind:
        step = gan(model, adam(model.discriminator), adam(model.generator), rng)
    else:
        net = Plain(model, outputs=1) if own else model
        step = supervised(net, adam(net),
                          lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y.float()))
    x, y = rows.range(0, rows.count)
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


def compare(overrides: list[str], tokens: int, steps: int, blocks: int, folder: Path) -> list[tuple[str, float, float]]:
    """Name, microseconds a step and ratio of the engine to it, of each plain loop; the engine itself first."""
    checked = preflight(overrides_of(overrides, tokens, steps, folder))
    machine = choose(checked.config)
    made = [build_run(checked, machine, lambda said: None) for _ in range(3)]
    with tempfile.TemporaryDirectory() as run:
        sides = {"dlrun": engine_side(checked, made[0], Path(run)),
                 "plain": plain_side(checked, made[1], steps, own=False)}
        if tokens:
            sides["torch's own"] = plain_side(checked, made[2], steps, own=True)
        times = [{name: seconds(block, steps) for name, block in sides.items()} for _ in range(blocks + 2)][2:]
    return [(name, 1e6 * statistics.median(row[name] for row in times),
             statistics.median(row["dlrun"] / row[name] for row in times)) for name in sides]


def main(blocks: int = 15) -> None:
    with tempfile.TemporaryDirectory() as place, isolated_torch_state():
        torch.set_num_threads(1)
        print(f"torch {torch.__version__}, 1 thread; microseconds a step, median of {blocks} blocks (dlrun's ratio)\n")
        make_data(Path(place))
        for name, (overrides, tokens, steps) in CASES.items():
            (_, ours, _), *others = compare(overrides, tokens, steps, blocks, Path(place))
            told = "   ".join(f"{other} {took:9,.0f} ({ratio:.3f})" for other, took, ratio in others)
            print(f"{name:50}  dlrun {ours:9,.0f}   {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
