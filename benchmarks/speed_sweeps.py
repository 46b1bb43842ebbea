"""Whole sweeps for `benchmarks/speed.py`: as packs, with compiled steps, in workers, and a chapter's forecast.

Seconds are those of everything that `dlrun -m` does from the stored plan to its tables, beside the plain loops of
packs.py, which measure and write nothing.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from benchmarks import packs
from benchmarks.book_costs import seconds_of
from benchmarks.speed_sizes import Found, Sizes
from dlrun.assembly.machine import isolated_torch_state
from dlrun.cli.comparison import sweep_overrides
from dlrun.record.cores import cores
from dlrun.record.stored import read_json
from dlrun.report.experiments import book_experiment
from dlrun.sweep.make import make_plan

CHAPTER = [f"gulli/C{number}" for number in range(1, 10)]  # the comparisons of Gulli's chapter 1


def _sweep(name: str, epochs: int, sizes: Sizes, pack: str, seconds: Callable[[Callable[[], Any]], float],
           *more: str) -> tuple[float, int, str]:
    """Seconds of a whole sweep, its trainings, and how their steps were executed."""
    with tempfile.TemporaryDirectory() as folder:
        taken = seconds(packs.sweep(Path(folder), name, pack, epochs, *sizes.words.get(name, ()), *more))
        trained = [read_json(file) for file in Path(folder).rglob("provenance.json")]
        trained = [found for found in trained if "speed_path" in found]  # a run of folds has none itself
        paths = {str(found["speed_path"]).partition(",")[0] for found in trained}
    return taken, len(trained), " and ".join(sorted(paths))


def _loops(name: str, sizes: Sizes, seconds: Callable[[Callable[[], object]], float] = packs.seconds) -> list[float]:
    loop = packs.loop_of(name, *sizes.words.get(name, ()))
    loop()
    return [seconds(loop) for _ in range(min(sizes.repeats, 3))]


def _many(name: str, what: str, epochs: int, limits: tuple[float, float], sizes: Sizes) -> list[Found]:
    """A whole sweep as packs, and with compiled steps, against plain loops one after another."""
    found = []
    with isolated_torch_state():
        torch.set_num_threads(1)
        for kind, limit, pack, more in (("as packs", limits[0], "auto", ()),
                                        ("with compiled steps", limits[1], "never", ("speed=compiled",))):
            loops = _loops(name, sizes)
            taken, trainings, path = _sweep(name, epochs, sizes, pack, packs.cpu_seconds, *more)
            whole = statistics.median(loops + _loops(name, sizes)) * epochs * trainings
            found.append(Found(f"{what}, {kind}", limit, taken / whole,
                               f"{trainings} trainings of {epochs} epochs, {taken:.0f} s of one core with evaluation "
                               f"and folders, plain loops {whole:.0f} s; {path}"))
    return found


def _clock(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _beside_workers(name: str, what: str, epochs: int, limit: float, sizes: Sizes) -> list[Found]:
    """The sweep with compiled steps as `dlrun -m` does it, a worker on each core, by the clock."""
    side_by_side = (f"workers={cores()}", "launcher=local")
    with isolated_torch_state():
        torch.set_num_threads(1)
        loops = _loops(name, sizes, _clock)
        compiled, trainings, path = _sweep(name, epochs, sizes, "never", _clock, *side_by_side, "speed=compiled")
        plain, _, _ = _sweep(name, epochs, sizes, "never", _clock, *side_by_side, "speed=plain")
        whole = statistics.median(loops + _loops(name, sizes, _clock)) * epochs * trainings
    what, others = f"{what}, with compiled steps in {cores()} workers", f"{cores()} workers, plain"
    how = f"{trainings} trainings of {epochs} epochs, clock, {compiled:.1f} s with the start of workers"
    return [Found(what, limit, compiled / whole, f"{how}, plain loops one after another {whole:.0f} s; {path}"),
            Found(what, 1.0, compiled / plain, f"{how}, with plain steps {plain:.1f} s", other=others)]


def boston_sweep(sizes: Sizes) -> list[Found]:
    return _many("boston", "13-64-64-1, batch 1: 4 folds, 5 seeds, 6 rates", sizes.boston, (0.15, 0.05), sizes)


def small_sweep(sizes: Sizes) -> list[Found]:
    what = "64 networks 784-16-10, batch 64"
    return [*_many("mnist-16", what, sizes.small, (0.5, 0.2), sizes),
            *_beside_workers("mnist-16", what, sizes.small, 0.2, sizes)]


def medium_sweep(sizes: Sizes) -> list[Found]:
    """Packs against as many workers as there are cores, by the clock, and what pack=auto takes."""
    side_by_side = (f"workers={cores()}", "launcher=local")
    with isolated_torch_state():
        workers, trainings, _ = _sweep("mnist-128", sizes.medium, sizes, "never", _clock, *side_by_side)
        compiled, _, path = _sweep("mnist-128", sizes.medium, sizes, "never", _clock, *side_by_side, "speed=compiled")
        packed, _, packed_path = _sweep("mnist-128", sizes.medium, sizes, "16", _clock, f"threads={cores()}")
        _, _, auto = _sweep("mnist-128", 1, sizes, "auto", _clock, *side_by_side, "train_size=500",
                             "validation=100")
    what = f"{trainings} networks 784-128-128-10, batch 128, dropout"
    how = f"{sizes.medium} epochs, clock, with the start of workers"
    others = f"{cores()} workers"
    taken = packed if "packed" in auto else workers
    return [Found(f"{what}: what pack=auto takes", 1.0, taken / min(packed, workers),
                  f"{how}; a pack {packed:.1f} s ({packed_path}), {others} {workers:.1f} s; pack=auto: {auto}",
                  other="the faster of both"),
            Found(f"{what}: {others} with compiled steps", 1.0, compiled / workers,
                  f"{how}, {compiled:.1f} s, with plain steps {workers:.1f} s; {path}", other=f"{others}, plain")]


def chapter(sizes: Sizes) -> list[Found]:
    """Forecasts of the minutes of a chapter: each row trains for some seconds, a process on each core."""
    jobs, seeds = {}, 0
    for name in CHAPTER[:sizes.rows_of_chapter]:
        plan = make_plan(sweep_overrides(book_experiment(name), "full", [], False))
        seeds = max(seeds, len(plan.seeds))
        jobs.update({job.id: job for job in plan.jobs if job.seed == plan.seeds[0]})
    chosen = list(jobs.values())[:None if sizes.rows_of_chapter is None else 2]
    found = []
    for speed in ("plain", "compiled"):
        with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
            began = [pool.submit(seconds_of, job, sizes.chapter_seconds, folder, f"speed={speed}") for job in chosen]
            minutes = sum(one.result()[0] for one in began) * seeds / cores() / 60
        found.append(Found(f"Gulli's chapter 1 in full, {len(chosen) * seeds} runs, speed={speed}", 30, minutes,
                           f"forecast for {cores()} cores: {len(chosen)} configurations trained for "
                           f"{sizes.chapter_seconds:g} s each, one on each core, times their epochs and {seeds} seeds",
                           " min"))
    return found
