"""CPU time of many small networks: plain PyTorch loops one after another, and packs of dlrun's.

    python benchmarks/packs.py                 # an epoch: all nets and sizes
    python benchmarks/packs.py boston 16       # an epoch: one net, packs of 16
    python benchmarks/packs.py whole boston    # a whole sweep, counted with everything that its folders hold
    python benchmarks/packs.py whole mnist-16 5   # the same with other epochs
    python benchmarks/packs.py compiled boston 10 # a few of its jobs with compiled steps, one after another
    python benchmarks/packs.py ends boston     # 32 networks that end after 2 to 32 epochs (ends boston 80: 5 to 80)

The plain loop has resident tensors, torch's fastest optimizer and nn.Dropout, on one thread; it measures nothing.
The pack's side is the loop of every member (`engine.fit`): rows, masks, steps, running metrics, checks, validation,
the first and the last checkpoint, and the tracing of the program.  Medians of several; the ratio is for one network.

A whole sweep is what `dlrun -m` does from the stored plan to its tables, in this process, with the processes of git
that it starts; the plain loops' time is that of an epoch (medians of some before and some after it), times epochs and
trainings.  Loops whose epochs measure validation rows would take longer.
"""

from __future__ import annotations

import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose
from dlrun.data.batches import Rows, permutation
from dlrun.engine.fit import Fit, fit_steps
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.plan import store
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit
from dlrun.sweep.execute.options import execution
from dlrun.sweep.execute.run import run_grid
from dlrun.sweep.make import make_plan

REPEATS = 3
NETS: dict[str, tuple[list[str], list[int], float, int, list[int]]] = {  # words, widths, dropout, batch, sizes of packs
    "boston": (["dataset=boston", "optimizer=rmsprop"], [13, 64, 64, 1], 0.0, 1, [16, 64, 120]),
    "mnist-16": (["dataset=mnist", "optimizer=adam"], [784, 16, 10], 0.0, 64, [16, 64]),
    "mnist-128": (["dataset=mnist", "optimizer=adam"], [784, 128, 128, 10], 0.3, 128, [16]),
}
# Whole sweeps: beside the words of a net, the epochs and how many trainings there are.
SWEEPS: dict[str, tuple[list[str], int, int]] = {
    "boston": (["validation={kind: kfold, k: 4, fitted: all}", "seeds=5",
                "optimizer.lr=0.002,0.0015,0.001,0.0007,0.0005,0.0003"], 100, 120),  # Chollet, 3.6.4
    "mnist-16": (["seeds=64", "validation=12000"], 20, 64),
    "mnist-128": (["seeds=16", "validation=12000"], 5, 16),
}


def plain(widths: list[int], dropout: float, batch: int, rows: Rows, steps: int | None = None) -> Callable[[], None]:
    """An epoch of one network, or its first `steps`, in a loop as it is written by hand."""
    layers: list[nn.Module] = []
    for before, after in zip(widths, widths[1:-1]):
        layers += [nn.Linear(before, after), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    net = nn.Sequential(*layers, nn.Linear(*widths[-2:])).to(rows.device)
    ordered = rows.count if steps is None else steps * batch
    numbers = widths[-1] == 1
    optimizer = (torch.optim.RMSprop(net.parameters(), alpha=0.9) if numbers
                 else torch.optim.Adam(net.parameters(), fused=True))

    def epoch() -> None:
        order = permutation(rows.count, 0, 0)[:ordered].to(rows.device)
        for start in range(0, len(order), batch):
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
    found, layout = [], Layout(count)
    for seed in range(count):
        checked = preflight([*words, "model=dense", hidden, f"model.dropout={dropout}", f"batch_size={batch}",
                             f"seed={seed}", "epochs=1", "device=cpu", "threads=1"])
        machine = choose(checked.config)
        components = build_run(checked, machine, print, data)
        training = build_fit(components, machine, RunFolder(folder / str(seed)).make(), "anid", Signals(), Recorder())
        training.extras = ()  # no pictures
        Member(seed, layout, count, data).join(training, components.model, components.rng)
        found.append(training)
    return found


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this process and of those that it has started and seen end."""
    def now() -> float:
        return sum(used.ru_utime + used.ru_stime for used in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    begin = now()
    work()
    return now() - begin


def sweep(folder: Path, name: str, pack: str, epochs: int, *more: str) -> Callable[[], object]:
    """A sweep in this process, ready to be run; `more` words come last."""
    words, widths, dropout, batch, _ = NETS[name]
    hidden = f"model.hidden=[{','.join(map(str, widths[1:-1]))}]"
    own = [f"epochs={epochs}", f"pack={pack}", "device=cpu", "threads=1", "workers=1", "launcher=inline",
           f"output_dir={folder}", *words, "model=dense", hidden, f"model.dropout={dropout}", f"batch_size={batch}",
           *SWEEPS[name][0], *more]
    given = {word.partition("=")[0]: word for word in own}  # the last one counts
    plan = make_plan([*given.values()])
    store(plan)
    return lambda: run_grid(plan, execution(plan.options), io.StringIO())


def loop_of(name: str, *more: str) -> Callable[[], None]:
    """An epoch of the plain loop on the training rows of that sweep's jobs, or of one fold's."""
    words, widths, dropout, batch, _ = NETS[name]
    own = [*words, "validation=0.25" if name == "boston" else "validation=12000", "device=cpu", "threads=1",
           "model=dense", *(word for word in more if not word.startswith(("seeds=", "optimizer.lr=")))]
    checked = preflight(list({word.partition("=")[0]: word for word in own}.values()))
    return plain(widths, dropout, batch, build_run(checked, choose(checked.config), print).train)


def whole(name: str, epochs: int | None) -> None:
    """A whole sweep as packs, against plain loops and against a few of its jobs one after another."""
    _, usual, trainings = SWEEPS[name]
    epochs = epochs or usual
    few = ["seeds=1", "optimizer.lr=0.001"] if name == "boston" else ["seeds=2"]
    with tempfile.TemporaryDirectory() as place:
        loop = loop_of(name)
        loop()
        loops = [seconds(loop) for _ in range(REPEATS)]
        packed = cpu_seconds(sweep(Path(place) / "packs", name, "auto", epochs))
        loops += [seconds(loop) for _ in range(REPEATS)]
        alone = cpu_seconds(sweep(Path(place) / "alone", name, "never", epochs, *few)) / (4 if name == "boston" else 2)
    one = statistics.median(loops) * epochs
    print(f"{name:10} {trainings} trainings of {epochs} epochs, folders included: packs {packed:.1f} s, plain loops "
          f"{one * trainings:.1f} s, ratio {packed / (one * trainings):.3f}; "
          f"one by one about {alone * trainings:.0f} s", flush=True)


def compiled(name: str, epochs: int | None) -> None:
    """A few jobs of a whole sweep with compiled steps, one after another: their time is that of each of all."""
    words, widths, dropout, batch, _ = NETS[name]
    epochs = epochs or SWEEPS[name][1]
    few, count = (["seeds=2", "optimizer.lr=0.001"], 8) if name == "boston" else (["seeds=4"], 4)
    with tempfile.TemporaryDirectory() as place:
        checked = preflight([*words, "validation=0.25" if name == "boston" else "validation=12000", "device=cpu",
                             "threads=1", "model=dense"])
        loop = plain(widths, dropout, batch, build_run(checked, choose(checked.config), print).train)
        loop()
        sweep(Path(place) / "first", name, "never", 1, *few, "speed=compiled")()  # compiles, and loads what it needs
        loops = [seconds(loop) for _ in range(REPEATS)]
        taken = cpu_seconds(sweep(Path(place) / "jobs", name, "never", epochs, *few, "speed=compiled"))
        loops += [seconds(loop) for _ in range(REPEATS)]
    one = statistics.median(loops) * epochs
    print(f"{name:10} {count} trainings of {epochs} epochs, compiled, folders included: {taken / count:.2f} s each, a "
          f"plain loop {one:.2f} s, ratio {taken / count / one:.3f}", flush=True)


def ends(name: str, count: int = 32, last: int = 32) -> None:
    """A pack whose members end at other epochs, evenly spread, that gives up places and one that keeps all."""
    (words, widths, dropout, batch, _), first = NETS[name], max(1, last // 16)
    taken: dict[bool, list[float]] = {False: [], True: []}
    for fixed in [False, True] * 4:
        with tempfile.TemporaryDirectory() as place:
            layout, runs = Layout(count, fixed=fixed), members(Path(place), words, widths, dropout, batch, count)

            def loop(slot: int, run: Fit, layout: Layout = layout) -> Iterator[Any]:
                run.epochs = round(first + (last - first) * slot / (count - 1))
                yield from fit_steps(run)
                layout.end(slot, run.clock.step)

            taken[fixed].append(seconds(lambda: execute_together(
                {slot: loop(slot, run) for slot, run in enumerate(runs)}, layout)))  # noqa: B023
        way = "all places kept" if fixed else "fewer places"
        print(f"{name:10} {count} networks of {first} to {last} epochs, {way}: {taken[fixed][-1]:.1f} s", flush=True)
    print(f"{name:10} ratio of the least {min(taken[False]) / min(taken[True]):.3f}, of medians "
          f"{statistics.median(taken[False]) / statistics.median(taken[True]):.3f}", flush=True)


def main(chosen: list[str]) -> None:
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    if chosen[:1] == ["ends"]:
        ends(chosen[1], last=int(chosen[2]) if len(chosen) > 2 else 32)
        return
    if chosen[:1] in (["whole"], ["compiled"]):
        for name in [chosen[1]] if len(chosen) > 1 else SWEEPS:
            (whole if chosen[0] == "whole" else compiled)(name, int(chosen[2]) if len(chosen) > 2 else None)
        return
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
                        {slot: fit_steps(run) for slot, run in enumerate(runs)}, Layout(len(runs)))))  # noqa: B023
                    loops.append(seconds(plain(widths, dropout, batch, rows)))
            alone, packed = statistics.median(loops), statistics.median(packs) / count
            print(f"{name:10} {count:4} networks   alone {alone:8.3f} s   packed {packed:8.3f} s each   "
                  f"ratio {packed / alone:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
