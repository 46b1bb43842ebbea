"""Processor time and page faults of runs with and without `assembly.allocator`, each in its own process, in turns.

    python benchmarks/allocator.py

Data are made up, in the sizes of CIFAR-10 and of Chollet's climate; 60 steps on one thread, of which the first 20 warm
up.  The ratio is the median over pairs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CHILD = """
import resource, sys
from dlrun.assembly import machine
if sys.argv[1] == "without":
    from dlrun.run import session
    machine.keep_freed_memory = lambda: False
    session.keep_large_tensors = lambda kept: None
from dlrun.cli.main import main

def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime, now.ru_minflt

assert not main([*sys.argv[2:], "max_steps=20", "verbosity=0", "device=cpu", "threads=1", "output_dir=warm"])
before = used()
assert not main([*sys.argv[2:], "max_steps=60", "verbosity=0", "device=cpu", "threads=1", "output_dir=runs"])
after = used()
print(after[0] - before[0], after[1] - before[1])
"""
NETWORKS = {
    "32x32x3, batch 128, three convolutions of 64 with batch norm":
        ["dataset=npz", "dataset.path={pictures}", "model=cnn", "model.filters=[64,64,64]", "model.batch_norm=true",
         "batch_size=128"],
    "32x32x3, batch 128, convolutions of 32, 32, 64 with batch norm":
        ["dataset=npz", "dataset.path={pictures}", "model=cnn", "model.filters=[32,32,64]", "model.batch_norm=true",
         "batch_size=128"],
    "32x32x3, batch 32, convolutions of 32, 64":
        ["dataset=npz", "dataset.path={pictures}", "model=cnn", "model.filters=[32,64]", "batch_size=32"],
    "3072-512-512-10, batch 128":
        ["dataset=npz", "dataset.path={pictures}", "model=dense", "model.hidden=[512,512]", "batch_size=128"],
    "32x32x3, batch 32, 200 units on each pixel, then 150: 30.7 million parameters":
        ["dataset=npz", "dataset.path={pictures}", "model=sequential", "batch_size=32",
         "model.layers=[{{conv: {{filters: 200, kernel: 1, activation: relu}}}}, flatten, "
         "{{dense: {{units: 150, activation: relu}}}}, {{dense: out}}]"],
    "150x150x3, batch 20, convolutions of 32, 64, 128, 128":
        ["dataset=npz", "dataset.path={photographs}", "model=cnn", "model.filters=[32,64,128,128]", "batch_size=20"],
    "14 x 240 series, batch 128, two GRUs of 32 and 64 units with dropout":
        ["dataset=npz", "dataset.path={series}", "dataset.layout=series", "task=regress", "model=gru",
         "model.units=[32,64]", "model.dropout=0.1", "model.recurrent_dropout=0.5", "batch_size=128"],
}


def measure(way: str, words: list[str]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", CHILD, way, *words], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    seconds, faults = done.stdout.split()[-2:]
    return float(seconds), int(faults)


def main(pairs: int = 5) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        places = {name: str(Path(folder) / f"{name}.npz") for name in ("pictures", "photographs", "series")}
        np.savez(places["pictures"], x_train=rng.integers(0, 256, (9000, 32, 32, 3), dtype=np.uint8),
                 y_train=rng.integers(0, 10, 9000))
        np.savez(places["photographs"], x_train=rng.integers(0, 256, (1300, 150, 150, 3), dtype=np.uint8),
                 y_train=rng.integers(0, 10, 1300))
        np.savez(places["series"], x_train=rng.standard_normal((9000, 240, 14)).astype(np.float32),
                 y_train=rng.standard_normal(9000).astype(np.float32))
        for name, words in NETWORKS.items():
            command = [*(word.format(**places) for word in words), "dataset.test=0", "validation=100"]
            found = [(measure("without", command), measure("with", command)) for _ in range(pairs)]
            ratio = statistics.median(own[0] / plain[0] for plain, own in found)
            seconds, faults = ([statistics.median(pair[way][what] for pair in found) for way in (0, 1)]
                               for what in (0, 1))
            print(f"{name:70}  {seconds[0]:6.2f} and {seconds[1]:6.2f} s, ratio {ratio:.2f}; faults {faults[0]:.0f} "
                  f"and {faults[1]:.0f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
