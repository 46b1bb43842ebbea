"""Steps on a GPU: plain PyTorch loops, dlrun's own, CUDA graphs, packs of 1, 16 and 128; then Gulli's chapter 1.

    python benchmarks/gpu.py                                                          # all, in under six minutes
    python benchmarks/gpu.py --device cpu --steps 20 --members 1 4 --nets boston --tables   # a look without a GPU

Microseconds of a step and network by the clock, with the device waited for at both ends; medians, and in brackets the
plain loop's time over them.  The plain loop has resident tensors, torch's fused optimizer and nn.Dropout, and measures
nothing.  dlrun's sides are a whole `engine.fit` of so many steps: rows, masks, steps, running metrics, checks, the
tracing of a program and the recording of its graph.  On the CPU "graph" is the step that a C compiler makes.

What is left of the minutes is for the comparisons of Gulli's first chapter in full, as packs: `dlrun book` in a process
of its own, which is told to stop when they are over.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from packs import NETS, plain

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.data.batches import Rows
from dlrun.engine.fit import Fit, fit, fit_steps
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.plan import load
from dlrun.record.recorder import Recorder
from dlrun.record.status import DONE
from dlrun.record.stored import read_json
from dlrun.report.experiments import book_experiments
from dlrun.run.build_fit import build_fit

MINUTES, REPEATS = 6.0, 3
STOPPING = 20.0  # seconds that a sweep may need to save what it trains


def checked_net(name: str, device: str, steps: int) -> Checked:
    """A dense network of packs.py that takes so many steps."""
    words, widths, dropout, batch, _ = NETS[name]
    return preflight([*words, "model=dense", f"model.hidden=[{','.join(map(str, widths[1:-1]))}]",
                      f"model.dropout={dropout}", f"batch_size={batch}", f"device={device}", "threads=1",
                      "validation=0", "epochs=1", f"steps_per_epoch={steps}", "checkpoint_seconds=100000"])


def trained(checked: Checked, folder: Path, seed: int = 0, data: dict[object, object] | None = None,
            compiled: bool = False) -> tuple[Fit, Callable[[Member], None], list[str]]:
    """A training that only trains, how it joins a pack, and what was said when it was made."""
    said: list[str] = []
    config = replace(checked.config, seed=seed)
    machine = choose(config)
    components = build_run(replace(checked, config=config), machine, said.append, data)
    training = build_fit(components, machine, RunFolder(folder).make(), "anid", Signals(), Recorder(), said.append,
                         compiled)
    training.checkpoints.save = training.checkpoints.cheap = lambda *place: False
    training.checkpoints.write_best = lambda: None
    training.evaluate, training.extras = (lambda epoch: {}), ()
    return training, lambda member: member.join(training, components.model, components.rng), said


def seconds(device: torch.device, work: Callable[[], object]) -> float:
    """By the clock, with all that the device had to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    begin = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begin


def alone(checked: Checked, device: torch.device, compiled: bool) -> float:
    """The seconds of a whole fit."""
    with tempfile.TemporaryDirectory() as place:
        training, _, said = trained(checked, Path(place), compiled=compiled)
        taken = seconds(device, lambda: fit(training))
        if said:
            print("   ", "; ".join(said), flush=True)
        return taken


def packed(checked: Checked, device: torch.device, count: int) -> float:
    """The seconds of so many as one pack."""
    with tempfile.TemporaryDirectory() as place:
        data: dict[object, object] = {}
        runs, layout = {}, Layout(count)
        for slot in range(count):
            training, join, _ = trained(checked, Path(place) / str(slot), slot, data)
            join(Member(slot, layout, count, data))
            runs[slot] = fit_steps(training)
        found: dict[int, object] = {}
        taken = seconds(device, lambda: found.update(execute_together(runs, layout)))
        if wrong := [outcome for outcome in found.values() if outcome is not None]:
            raise SystemExit(f"a member has failed: {wrong[0]!r}")
        return taken


def loop(checked: Checked, name: str, steps: int) -> tuple[Callable[[], None], Rows]:
    """A plain loop of so many steps."""
    _, widths, dropout, batch, _ = NETS[name]
    rows = build_run(checked, choose(checked.config), lambda said: None).train
    epoch, left = divmod(steps, -(-rows.count // batch))
    whole, part = plain(widths, dropout, batch, rows), plain(widths, dropout, batch, rows, left)

    def work() -> None:
        for _ in range(epoch):
            whole()
        part()

    return work, rows


def measure_steps(name: str, device: str, steps: int, members: list[int], repeats: int) -> dict[str, float]:
    """Microseconds of a step of a network, by how it is taken."""
    checked = checked_net(name, device, steps)
    plain_loop, rows = loop(checked, name, steps)
    sides: dict[str, Callable[[], float]] = {
        "plain": lambda: seconds(rows.device, plain_loop),
        "eager": lambda: alone(checked, rows.device, False),
        "graph": lambda: alone(checked, rows.device, True),
        **{f"pack of {count}": lambda count=count: packed(checked, rows.device, count) / count for count in members}}
    found: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(repeats + 1):  # the first of each warms up
        for side, work in sides.items():
            taken = work()
            if number or side.startswith("pack"):
                found[side].append(1e6 * taken / steps)
    medians = {side: statistics.median(values) for side, values in found.items()}
    print(f"{name:10} " + "   ".join(f"{side} {value:,.1f} us ({medians['plain'] / value:.1f}x)"
                                     for side, value in medians.items()), flush=True)
    return medians


def chapter() -> list[str]:
    """The comparisons of Gulli's first chapter."""
    return [entry.name for entry in book_experiments()
            if entry.comparison and entry.name.startswith("gulli/") and "ch. 1," in entry.book.where]


def measure_tables(names: list[str], device: str, limit: float, more: list[str]) -> dict[str, float]:
    """Train the runs of these comparisons as packs for so many seconds; runs done, of how many, and seconds."""
    with tempfile.TemporaryDirectory() as place:
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "dlrun", "book", *names, f"output_dir={place}/runs",
                                    f"device={device}", "pack=128", *more], env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            process.wait(max(1.0, limit))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait()
        taken = time.perf_counter() - begin
        jobs = [(plan, job) for sweep in sorted(Path(place, "runs", "sweeps").glob("*/plan.json"))
                for plan in [load(sweep.parent)] for job in plan.jobs]
        done = [path for plan, job in jobs
                if (path := plan.run_folder(job) / "result.json").is_file() and read_json(path)["status"] in DONE]
    print(f"{len(names)} comparisons of Gulli's chapter 1: {len(done)} of {len(jobs)} planned runs done in "
          f"{taken:.0f} s", flush=True)
    return {"comparisons": len(names), "planned": len(jobs), "done": len(done), "seconds": round(taken, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--members", type=int, nargs="*", default=[1, 16, 128])
    parser.add_argument("--nets", nargs="*", choices=list(NETS), default=list(NETS))
    parser.add_argument("--tables", nargs="*", default=None, help="comparisons; without it those of Gulli's chapter 1")
    parser.add_argument("--more", nargs="*", default=[], help="overrides for the comparisons")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--write", help="a file for the figures, JSON")
    chosen = parser.parse_args()
    end = time.perf_counter() + 60 * chosen.minutes
    if chosen.device.startswith("cuda") and not torch.cuda.is_available():
        raise SystemExit("no CUDA device is here; --device cpu runs the same code without one")
    machine = torch.cuda.get_device_name() if chosen.device.startswith("cuda") else "cpu"
    print(f"torch {torch.__version__} on {machine}; {chosen.steps} steps, median of {chosen.repeats}", flush=True)
    with isolated_torch_state():
        steps = {name: measure_steps(name, chosen.device, chosen.steps, chosen.members, chosen.repeats)
                 for name in chosen.nets}
    names = chapter() if chosen.tables is None else chosen.tables
    tables = measure_tables(names, chosen.device, end - time.perf_counter() - STOPPING, chosen.more) if names else {}
    if chosen.write:
        Path(chosen.write).write_text(json.dumps({
            "torch": torch.__version__, "cuda": torch.version.cuda, "device": machine, "steps": chosen.steps,
            "microseconds": steps, "tables": tables}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
