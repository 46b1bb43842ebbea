"""Seconds from a command to its first step, beside those of `import torch`; and of what answers without torch.

    python benchmarks/start.py [rounds]        # DLRUN_DATA names the folder of MNIST

Each is a process of its own, from its start to its end; a training ends as its first step is done.  They take turns,
one round before is not counted (files are read for the first time), and the median counts.  Seconds of the processor
depend less on what else the machine does; on an idle one both are about the same.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

FIRST_STEP = """
import os, sys
from dlrun.cli import train
from dlrun.run.run import uncollected
outcome = train.outcome
def patched(checked, command):
    with uncollected():
        from dlrun.engine.step import EagerStep
    step = EagerStep.__call__
    def once(self, *arguments):
        step(self, *arguments)
        os._exit(0)
    EagerStep.__call__ = once
    return outcome(checked, command)
train.outcome = patched
from dlrun.cli.main import main
sys.exit(main())
"""
COMMAND = ["-m", "dlrun", "dataset=digits", "model=dense", "epochs=1", "verbosity=0"]
TORCH = "import torch"
CASES = {
    TORCH: ["-c", f"{TORCH}, os; os._exit(0)"],
    "to the first step: digits, cnn": ["-c", FIRST_STEP, "dataset=digits", "model=cnn", "verbosity=0"],
    "to the first step: MNIST, dense": ["-c", FIRST_STEP, "dataset=mnist", "model=dense", "verbosity=0"],
    "a command that is finished": COMMAND,
    "a refusal": ["-m", "dlrun", "modle=cnn"],
}
STARTS = "to the first step"


def seconds(arguments: list[str], output: str) -> tuple[float, float]:
    """From start to end of a process: those of the clock, and those of the processor."""
    runs = [f"output_dir={output}"] if len(arguments) > 3 else []
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments, *runs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rounds: int) -> dict[str, tuple[float, float, float, float]]:
    """Of each case the seconds of the clock and of the processor, and both beyond those of `import torch`."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as done:
        seconds(COMMAND, done)
        for _ in range(rounds + 1):
            for name, arguments in CASES.items():
                with tempfile.TemporaryDirectory() as new:
                    found[name].append(seconds(arguments, done if arguments is COMMAND else new))
    medians = {}
    for name, each in found.items():
        wall, cpu = (statistics.median(values) for values in zip(*each[1:]))
        beyond = [statistics.median(a - b for a, b in zip(ours, plain))
                  for ours, plain in zip(zip(*each[1:]), zip(*found[TORCH][1:]))]
        medians[name] = (wall, cpu, *beyond)
    return medians


def main(rounds: int = 7) -> None:
    """Measure and print every case."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; seconds (of the processor)\n")
    for name, (wall, cpu, *beyond) in measure(rounds).items():
        print(f"{name:34} {wall:5.2f} ({cpu:.2f})"
              + (f"   beyond {TORCH}: {beyond[0]:.2f} ({beyond[1]:.2f})" if name.startswith(STARTS) else ""))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
