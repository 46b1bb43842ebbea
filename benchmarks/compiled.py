"""Processor time of a training step: a plain PyTorch loop, dlrun's own, and dlrun's compiled.

    python benchmarks/compiled.py                 # all nets
    python benchmarks/compiled.py boston          # one

The plain loop is that of packs.py: resident tensors, torch's fastest optimizer and nn.Dropout, on one thread; it
measures nothing.  dlrun's sides are a whole `engine.fit`: rows, masks, steps, running metrics, checks, first and last
checkpoint.  The three take turns; medians, and medians of the ratios of neighbours.  Beside it the seconds that a
compiler takes for the net, and those of a start that finds its library.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks.packs, also where this file is run by its path

from benchmarks.packs import NETS, plain, seconds
from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose
from dlrun.engine.fit import Fit, fit
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.preflight.threads import auto_threads
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit

REPEATS = 5
COMPILED = {**NETS, "mnist-512": (["dataset=mnist", "optimizer=adam"], [784, 512, 512, 10], 0.3, 128, [])}


def words_of(name: str) -> list[str]:
    words, widths, dropout, batch, _ = COMPILED[name]
    hidden = f"model.hidden=[{','.join(map(str, widths[1:-1]))}]"
    return [*words, "model=dense", hidden, f"model.dropout={dropout}", f"batch_size={batch}"]


def made(folder: Path, words: list[str], compiled: bool, threads: str = "1") -> Fit:
    """A run of one epoch that measures nothing; `threads` are torch's from here on."""
    checked = preflight([*words, "epochs=1", "device=cpu", f"threads={threads}", "validation=0"])
    machine = choose(checked.config, None, auto_threads(checked))
    components = build_run(checked, machine, print)
    training = build_fit(components, machine, RunFolder(folder).make(), "anid", Signals(), Recorder(), print, compiled)
    training.extras, training.evaluate = (), lambda epoch: {}
    return training


def main(chosen: list[str]) -> None:
    torch.set_flush_denormal(True)
    for name, (_, widths, dropout, batch, _) in COMPILED.items():
        if chosen and name not in chosen:
            continue
        words = words_of(name)
        found: dict[str, list[float]] = {"plain": [], "eager": [], "compiled": []}
        starts = []
        with tempfile.TemporaryDirectory() as place:
            os.environ["DLRUN_CACHE"] = place  # so that the first start compiles
            for number in range(REPEATS + 1):
                for kind in ("eager", "compiled"):
                    began = time.perf_counter()
                    training = made(Path(place) / f"{kind}{number}", words, kind == "compiled")
                    starts.append(time.perf_counter() - began)
                    taken = seconds(lambda: fit(training))  # noqa: B023
                    found[kind].append(taken / training.clock.step)
                rows = training.batches.rows
                found["plain"].append(seconds(plain(widths, dropout, batch, rows)) / training.clock.step)
        ours = {kind: values[1:] for kind, values in found.items()}  # the first of each warms up
        ratios = {kind: statistics.median(a / b for a, b in zip(ours[kind], ours["plain"]))
                  for kind in ("eager", "compiled")}
        micro = {kind: 1e6 * statistics.median(values) for kind, values in ours.items()}
        later = statistics.median(starts[3::2])
        print(f"{name:10} plain {micro['plain']:7.0f} us   dlrun {micro['eager']:7.0f} ({ratios['eager']:.2f})   "
              f"compiled {micro['compiled']:7.1f} ({ratios['compiled']:.3f})   "
              f"compiling {starts[1] - later:.1f} s, with its library "
              f"{later - statistics.median(starts[2::2]):.2f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
