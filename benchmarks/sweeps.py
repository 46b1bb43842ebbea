"""A sweep of eight jobs against eight plain PyTorch loops one after another, on resident data that is read once.

    python benchmarks/sweeps.py [repeats [threads,...]]      # DLRUN_DATA names the folder of MNIST and Boston

Both sides are timed from the start of their processes, torch's import included, and train and measure the same: the
validation rows after each epoch, the test rows at the end.  The plain loops run with one thread and with all cores
(or with the threads that are named); the faster one counts.  Seconds of the CPU depend little on what else the machine
does: they show what undisturbed cores would need.  The overhead of a job is its time in its worker less its training's.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dlrun.config.compose.composer import hydra_started
from dlrun.config.identity import identity, run_name
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.record.plan import Job, Plan, store
from dlrun.sweep.execute.driver import Driver
from dlrun.sweep.execute.job_queue import JobQueue
from dlrun.sweep.execute.launcher import build_launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.plain_view import PlainView
from dlrun.sweep.execute.run import pending_jobs
from dlrun.sweep.execute.slots import find_slots
from dlrun.sweep.plan.status import read_job

JOBS = 8
SWEEPS = {
    "784-128-128-10, batch 128": (["dataset=mnist", "model=dense", "model.hidden=[128,128]", "epochs=5"], 1.05),
    "13-64-64-1, batch 1": (["dataset=boston", "model=dense", "model.hidden=[64,64]", "batch_size=1", "epochs=30"],
                            0.6),
}
PLAIN = """
import json, sys, time
import numpy
import torch
from torch.nn import functional as F
from dlrun.config.check.check import check
from dlrun.config.places import data_dir
from dlrun.data.prepare import prepare
plain, jobs, threads = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
config = check(plain)
data = prepare(config.dataset, str(data_dir(None)), validation=config.validation, train_size=None, seed=0,
               say=lambda line: None)
classes = len(data.data_spec.classes)
def tensors(part):
    shape = (1, -1, 1, 1) if part.x.ndim == 4 else (1, -1)
    offset, factor = (torch.as_tensor(v, dtype=torch.float32).reshape(shape if v.ndim else ())
                      for v in map(numpy.asarray, (data.scale.offset, data.scale.factor)))
    return ((torch.from_numpy(part.x.astype("float32")) - offset) * factor).flatten(1), torch.from_numpy(part.y)
(x, y), (xv, yv), (xt, yt) = map(tensors, (data.train, data.val, data.test))
def loss_of(out, target):
    return F.cross_entropy(out, target) if classes else F.mse_loss(out[:, 0], target)
def measure(model, x, y):
    with torch.no_grad():
        return sum(loss_of(model(x[i:i + 1024]), y[i:i + 1024]).item() for i in range(0, len(x), 1024))
tested = 0.0
for seed in range(jobs):
    torch.manual_seed(seed)
    sizes = [x.shape[1], *config.model.hidden, classes or 1]
    layers = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for epoch in range(config.epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x), config.batch_size):
            rows = order[start:start + config.batch_size]
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()
        measure(model, xv, yv)
    start = time.perf_counter()
    measure(model, xt, yt)
    tested += time.perf_counter() - start
print(tested / jobs)
"""


def plan_of(overrides: list[str], output: Path) -> Plan:
    """A plan of the same job with several seeds."""
    jobs = []
    with hydra_started():
        for seed in range(JOBS):
            config = preflight([*overrides, f"seed={seed}", "device=cpu", f"output_dir={output}"]).config
            run_id = identity(config)
            assert config.plain is not None
            jobs.append(Job(seed + 1, run_id, f"{run_name(config)}/{run_id}", seed, {}, tuple(overrides), config.plain))
    return Plan("benchmark", output, {}, list(range(JOBS)), jobs)


def children_cpu() -> float:
    """Seconds of the CPU that processes started here, and waited for, have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed_sweep(overrides: list[str]) -> tuple[float, float, list[float], str]:
    """Seconds, seconds of the CPU, overhead of each job, and how it was divided."""
    with tempfile.TemporaryDirectory() as folder, Signals() as signals:
        plan = plan_of(overrides, Path(folder))
        store(plan)
        cpu, start = children_cpu(), time.perf_counter()
        states = [read_job(plan.run_folder(job)) for job in plan.jobs]
        slots = find_slots(Execution(), plan.jobs)
        pending = pending_jobs(plan, states, slots, retry=False)
        progress = PlainView(plan, states, pending, io.StringIO())
        launcher = build_launcher(Execution(), slots, plan.folder / "logs")
        Driver(JobQueue(list(pending)), launcher, progress).run(signals)
        seconds, cpu = time.perf_counter() - start, children_cpu() - cpu
        overhead = []
        for job in plan.jobs:
            state = read_job(plan.run_folder(job))
            assert state.status == "finished", state
            whole = progress.jobs[job.number].seconds
            assert whole is not None
            overhead.append(whole - state.result["seconds"])
        threads = pending[0].threads
        return seconds, cpu, overhead, f"{slots.cores // threads} x {threads} thread{'' if threads == 1 else 's'}"


def timed_plain(overrides: list[str], threads: int) -> tuple[float, float, float]:
    """Seconds, seconds of the CPU, and seconds that a job measures its test rows for."""
    import json

    with hydra_started():
        config = preflight([*overrides, "device=cpu"]).config
    cpu, start = children_cpu(), time.perf_counter()
    done = subprocess.run([sys.executable, "-c", PLAIN, json.dumps(config.plain), str(JOBS), str(threads)], check=True,
                          stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - start, children_cpu() - cpu, float(done.stdout)


def main(repeats: int = 3, threads: tuple[int, ...] = ()) -> None:
    """Measure and print every sweep, several times."""
    cores = len(os.sched_getaffinity(0))
    threads = threads or (1, cores)
    print(f"{JOBS} jobs, {cores} cores, load {os.getloadavg()[0]:.1f} before; seconds (seconds of the CPU)\n")
    for name, (overrides, target) in SWEEPS.items():
        ratios, cpus = [], []
        for _ in range(repeats):
            ours, our_cpu, overhead, division = timed_sweep(overrides)
            plain = {count: timed_plain(overrides, count) for count in threads}
            ratios.append(ours / min(seconds for seconds, *_ in plain.values()))
            cpus.append(our_cpu / cores / plain[threads[0]][1])
            told = ", ".join(f"{seconds:.1f} ({cpu:.1f}) with threads={count}"
                             for count, (seconds, cpu, _) in plain.items())
            print(f"{name}: dlrun {ours:.1f} ({our_cpu:.1f}) as {division}; plain {told}; overhead of a job "
                  f"{1000 * statistics.median(overhead):.0f} ms; the plain loop's test rows "
                  f"take {1000 * plain[threads[0]][2]:.0f} ms", flush=True)
        print(f"  ratio {statistics.median(ratios):.2f} (target: at most {target}); by seconds of the CPU on {cores} "
              f"free cores {statistics.median(cpus):.2f}\n", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3,
         tuple(map(int, sys.argv[2].split(","))) if len(sys.argv) > 2 else ())
