"""CPU time of one epoch of many small networks: plain PyTorch loops one after another, and a pack of dlrun's.

    python benchmarks/packs.py                 # all nets and sizes
    python benchmarks/packs.py boston 16       # one net, packs of 16

The plain loop has resident tensors, torch's fastest optimizer and nn.Dropout, on one thread; it measures nothing.
The pack's side is the loop of every member (`engine.fit`): rows, masks, steps, running metrics, checks, validation,
the first and the last checkpoint, and the tracing of the program.  Medians of several; the ratio is for one network.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from dlrun.assembly.components import build_run
from dlrun.assembly.machine import choose
from dlrun.data.batches import Rows, permutation
from dlrun.engine.fit import Fit, fit_steps
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit

REPEATS = 3
NETS: dict[str, tuple[list[str], list[int], float, int, list[int]]] = {  # words, widths, dropout, batch, sizes of packs
    "boston": (["dataset=boston", "optimizer=rmsprop"], [13, 64, 64, 1], 0.0, 1, [16, 64, 120]),
    "mnist-16": (["dataset=mnist", "optimizer=adam"], [784, 16, 10], 0.0, 64, [16, 64]),
    "mnist-128": (["dataset=mnist", "optimizer=adam"], [784, 128, 128, 10], 0.3, 128, [16]),
}


def plain(widths: list[int], dropout: float, batch: int, rows: Rows) -> Callable[[], None]:
    """An epoch of one network in a loop as it is written by hand."""
    layers: list[nn.Module] = []
    for before, after in zip(widths, widths[1:-1]):
        layers += [nn.Linear(before, after), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    net = nn.Sequential(*layers, nn.Linear(*widths[-2:]))
    numbers = widths[-1] == 1
    optimizer = (torch.optim.RMSprop(net.parameters(), alpha=0.9) if numbers
                 else torch.optim.Adam(net.parameters(), fused=True))

    def epoch() -> None:
        order = permutation(rows.count, 0, 0)
        for start in range(0, rows.count, batch):
            x, y = rows.take(order[start:start + batch])
            outputs = net(x.flatten(1))
            loss = F.mse_loss(outputs[:, 0], y) if numbers else F.cross_entropy(outputs, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def members(folder: Path, words: list[str], widths: list[int], dropout: float, batch: int, count: int) -> list[Fit]:
    hidden = f"model.hidden=[{','.join(map(str, widths[1:-1]))}]"
    data: dict[object, object] = {}
    found = []
    for seed in range(count):
        checked = preflight([*words, "model=dense", hidden, f"model.dropout={dropout}", f"batch_size={batch}",
                             f"seed={seed}", "epochs=1", "device=cpu", "threads=1"])
        machine = choose(checked.config)
        components = build_run(checked, machine, print, data)
        training = build_fit(components, machine, RunFolder(folder / str(seed)).make(), "anid", Signals(), Recorder())
        training.extras = ()  # no pictures
        Member(seed, count, count, data).join(training, components.model, components.rng)
        found.append(training)
    return found


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main(chosen: list[str]) -> None:
    torch.set_flush_denormal(True)
    for name, (words, widths, dropout, batch, sizes) in NETS.items():
        if chosen and chosen[0] != name:
            continue
        for count in [int(size) for size in chosen[1:]] or sizes:
            packs, loops = [], []
            for _ in range(REPEATS):
                with tempfile.TemporaryDirectory() as place:
                    runs = members(Path(place), words, widths, dropout, batch, count)
                    rows = runs[0].batches.rows
                    packs.append(seconds(lambda: execute_together(
                        {slot: fit_steps(run) for slot, run in enumerate(runs)}, len(runs))))  # noqa: B023
                    loops.append(seconds(plain(widths, dropout, batch, rows)))
            alone, packed = statistics.median(loops), statistics.median(packs) / count
            print(f"{name:10} {count:4} networks   alone {alone:8.3f} s   packed {packed:8.3f} s each   "
                  f"ratio {packed / alone:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
