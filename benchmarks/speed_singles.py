"""Single networks for `benchmarks/speed.py`: steps against plain loops, on busy cores, and the start.

The plain loops are those of packs.py and of tests/engine/plain.py: resident tensors, torch's fastest optimizer and
nn.Dropout.  The faster one of one and of all threads counts.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import busy, families, packs, start
from benchmarks.compiled import words_of
from benchmarks.speed_sizes import Found, Sizes
from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.preflight.preflight import preflight
from dlrun.preflight.threads import auto_threads
from dlrun.record.cores import cores

FAMILIES = {  # how the cases of families.py begin: goal, and the loop that it speaks of
    "VAE, 784": (0.95, "plain"), "GAN, 100": (0.95, "plain"), "convnet": (0.75, "plain"),
    "LSTM, 500 tokens, embed": (1.2, "torch's own"),
}


def _single(name: str, what: str, goals: tuple[float, float], sizes: Sizes) -> list[Found]:
    """Epochs of one network in turn: plain loops, dlrun's plain steps, its compiled ones."""
    clock = time.perf_counter if sizes.clock else time.process_time
    words = [*words_of(name), "device=cpu", "validation=0", "checkpoint_seconds=100000"]
    if sizes.rows is not None:
        words.append(f"train_size={sizes.rows}")
    most = cores() if sizes.clock else 1
    checked = preflight(words)
    checked = preflight([*words, f"threads={auto_threads(checked, most=most)}"])

    def timed(block: Callable[[], None], threads: int) -> Callable[[], float]:
        def seconds() -> float:
            torch.set_num_threads(threads)
            begin = clock()
            block()
            return clock() - begin
        return seconds

    _, widths, dropout, batch, _ = packs.NETS[name]
    with isolated_torch_state(), tempfile.TemporaryDirectory() as folder:
        threads = choose(checked.config).threads
        parts = {side: build_run(checked, choose(checked.config), lambda line: None) for side in ("dlrun", "compiled")}
        sides = {side: timed(families.engine_side(checked, part, Path(folder) / side, side == "compiled"), threads)
                 for side, part in parts.items()}
        loops = {count: timed(packs.plain(widths, dropout, batch, parts["dlrun"].train), count)
                 for count in sorted({1, most})}
        times = [{side: take() for side, take in {**sides, **loops}.items()} for _ in range(sizes.repeats + 1)][1:]
    steps = parts["dlrun"].batches.steps_in_pass
    micro = {side: 1e6 * statistics.median(row[side] for row in times) / steps for side in times[0]}
    best = min(loops, key=lambda count: micro[count])
    rows = []
    for side, limit, kind in (("dlrun", goals[0], "plain steps"), ("compiled", goals[1], "compiled steps")):
        ratio = statistics.median(row[side] / row[best] for row in times)
        rows.append(Found(f"{what}, {kind}", limit, ratio,
                          f"{'clock' if sizes.clock else 'processor'}; {micro[side]:.0f} us a step on {threads} "
                          f"thread{'s' * (threads > 1)}, the plain loop " + ", ".join(
                              f"{micro[count]:.0f} on {count}" for count in loops)))
    return rows


def dense(sizes: Sizes) -> list[Found]:
    return _single("mnist-128", "784-128-128-10, batch 128, dropout, MNIST", (0.75, 0.65), sizes)


def boston(sizes: Sizes) -> list[Found]:
    return _single("boston", "13-64-64-1, batch 1", (1.05, 0.40), sizes)


def others(sizes: Sizes) -> list[Found]:
    """VAE, GAN, convnet and LSTM, by the processor on one thread."""
    found = []
    with isolated_torch_state(), tempfile.TemporaryDirectory() as folder:
        torch.set_num_threads(1)
        families.make_data(Path(folder))
        for begins, (limit, other) in FAMILIES.items():
            [name] = [name for name in families.CASES if name.startswith(begins)]
            times = families.compare(name, sizes.blocks, Path(folder))
            if "channels last" in times[0]:  # the faster layout counts
                other = min(("plain", "channels last"), key=lambda side: statistics.median(row[side] for row in times))
            micro = {side: 1e6 * statistics.median(row[side] for row in times) for side in times[0]}
            loops = ", ".join(f"{side} {micro[side]:,.0f}" for side in micro if side not in ("dlrun", "compiled"))
            for side, kind in (("dlrun", "plain steps"), ("compiled", "compiled steps")):
                if side in micro:
                    found.append(Found(f"{name}, {kind}", limit, families.ratio(times, side, other),
                                       f"processor, one thread; {micro[side]:,.0f} us a step, loops: {loops}",
                                       other={"plain": "", "torch's own": "nn.LSTM"}.get(other, other)))
    return found


def busy_cores(sizes: Sizes) -> list[Found]:
    found = []
    for net, programs, ways in busy.compare(*sizes.busy):
        one, spinning, ours = (ways[way][0] for way in ("one thread", "spinning", "dlrun"))
        said = f"clock; {ours:.2f} ms a step, one thread {one:.2f}, {cores()} that spin {spinning:.2f}"
        found.append(Found(f"{net}, {programs} programs beside", 2.5, ours / one, said, other="one thread, same load")
                     if programs else Found(f"{net}, idle", 1.05, ours / spinning, said, other="threads that spin"))
    return found


def starts(sizes: Sizes) -> list[Found]:
    found = []
    for case, (seconds, _, beyond, _) in start.measure(sizes.starts).items():
        if case.startswith(start.STARTS):
            found.append(Found(f"from the command {case}", 1.0, beyond,
                               f"beyond {start.TORCH}; {seconds:.2f} s from the process's start", " s"))
        elif case != start.TORCH:
            found.append(Found(case, 0.5, seconds, "without torch", " s"))
    return found
