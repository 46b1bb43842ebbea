"""Time of a training step on an idle machine, and with every core taken by another program.

    python benchmarks/busy.py [seconds [rounds]]      # seconds of each measurement, and how often they take turns

Three nets, each with one thread, with all cores as they wait without dlrun, and as dlrun lets them wait.  The load is
made here: for each core a Python loop, with the priority of this process.  The measurements take turns, and the median
counts; the share is that of the time in which threads wanted a core and had none.  Nothing else should run meanwhile.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine, choose, isolated_torch_state
from dlrun.engine.busy_cores import BusyCores, thread_times, waiting_share
from dlrun.engine.fit import fit
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import preflight
from dlrun.record.cores import cores
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder, Recorders
from dlrun.run.build_fit import build_fit

NETS = {
    "784-128-128-10, batch 128": (["model=dense", "model.hidden=[128,128]"], 50),
    "VAE 784-128-64-2, batch 128": (["model=vae"], 30),
    "convnet 32-64-64, batch 128": (["model=cnn", "model.filters=[32,64,64]"], 2),
}
WAYS = {"one thread": (1, False), "spinning": (cores(), False), "dlrun": (cores(), True)}
SEEN = 0.3  # seconds in which dlrun sees the load; they are measured by nobody


class Training:
    """A net that trains for some time when it is called: milliseconds of a step, and the share of waiting."""

    def __init__(self, checked: Checked, parts: RunComponents, machine: Machine, folder: Path, watched: bool):
        self._threads = machine.threads
        self._fit = build_fit(parts, machine, RunFolder(folder).make(), "x", Signals(), Recorder())
        self._fit.checkpoints.save = self._fit.checkpoints.cheap = lambda *place: False  # type: ignore[assignment]
        self._fit.evaluate, self._fit.extras, self._fit.epochs = (lambda epoch: {}), (), 0
        self._watched = watched

    def _train(self, seconds: float) -> float:
        start, before = time.perf_counter(), self._fit.clock.step
        while (now := time.perf_counter()) - start < seconds:
            self._fit.epochs += 1
            fit(self._fit)
        return 1e3 * (now - start) / (self._fit.clock.step - before)

    def __call__(self, seconds: float) -> tuple[float, float]:
        torch.set_num_threads(self._threads)
        watch = BusyCores(lambda note: None) if self._watched else Recorder()
        self._fit.recorder = Recorders([watch])
        with closing(watch):
            self._train(SEEN)
            before = thread_times()
            return self._train(seconds), waiting_share(before, thread_times())


@contextmanager
def load(count: int) -> Iterator[None]:
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        time.sleep(0.5)
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def measure(trainings: dict[str, Training], seconds: float, rounds: int) -> dict[str, tuple[float, float]]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in trainings}
    for _ in range(rounds):
        for name, training in trainings.items():
            found[name].append(training(seconds))
    return {name: tuple(map(statistics.median, zip(*each))) for name, each in found.items()}  # type: ignore[misc]


def compare(seconds: float, rounds: int) -> Iterator[tuple[str, int, dict[str, tuple[float, float]]]]:
    """Each net, how many programs run beside it, and of each way the milliseconds of a step and share of waiting."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, isolated_torch_state():
        data = Path(folder) / "made.npz"
        np.savez(data, x_train=rng.integers(0, 256, (6_400, 28, 28), dtype=np.uint8),
                 y_train=rng.integers(0, 10, 6_400))
        for net, (overrides, steps) in NETS.items():
            trainings = {}
            for name, (threads, watched) in WAYS.items():
                checked = preflight(["dataset=npz", f"dataset.path={data}", "dataset.test=0", "validation=0",
                                     "device=cpu", f"threads={threads}", f"steps_per_epoch={steps}", *overrides])
                machine = choose(checked.config)
                parts = build_run(checked, machine, lambda note: None)
                trainings[name] = Training(checked, parts, machine, Path(folder) / f"{net[:4]}-{name}", watched)
            for programs in (0, 1, cores(), 2 * cores()):
                with load(programs):
                    found = measure(trainings, seconds, rounds)
                yield net, programs, found


def main(seconds: float = 1.0, rounds: int = 5) -> None:
    """Measure and print every net, idle and busy."""
    print(f"torch {torch.__version__}, {cores()} cores; milliseconds a step (share of waiting for a core)\n")
    for net, programs, found in compare(seconds, rounds):
        one = found["one thread"][0]
        beside = f"{programs} programs beside" if programs else "idle"
        cells = [f"{name} {ms:7.2f} ({share:.2f}) {ms / one:5.2f}" for name, (ms, share) in found.items()]
        print(f"{net:28} {beside:18}", "   ".join(cells), flush=True)


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((float, int), sys.argv[1:])))
