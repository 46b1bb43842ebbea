"""Tries how long a step takes as torch's operations, compiled, and as one of a pack: on copies of a run's own parts.

Nothing of the run is changed.  What was found is kept (`preflight.trials`).
"""

from __future__ import annotations

import copy
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.config.schema.kfold import KFold
from dlrun.engine.compiled.compiler import NoCompiler
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.step import CompiledStep
from dlrun.engine.fit import CHECK_EVERY
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.packed.places import PlaceBatches
from dlrun.engine.packed.step import PackedStep
from dlrun.engine.step import EagerStep
from dlrun.models.step_rng import StepRng
from dlrun.preflight import trials
from dlrun.preflight.checked import Checked
from dlrun.preflight.packs import TRIED
from dlrun.preflight.trials import Trial, Way
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch

BLOCKS, BLOCK_SECONDS = 7, 0.03  # of each way, in turn; the fastest block counts, and the first one warms up
Work = Callable[[], int]  # takes some steps, and says how many


def trial(way: Way, checked: Checked, components: RunComponents, say: Callable[[str], None]) -> Trial | None:
    """What is kept of these steps, else what is measured now; None where they cannot be executed so (`say` hears why).
    """
    if (found := trials.find(way, checked, say)) is not None:
        return found
    try:
        with _one_thread():
            made = _compiled(components) if way == "compiled" else _packed(components)
    except (Unsupported, NoCompiler) as reason:
        say(f"steps are not compiled: {reason}")
        return None
    return trials.keep(way, checked, made, say)


def trial_of_command(way: Way, checked: Checked, say: Callable[[str], None]) -> Trial | None:
    """The same for a command of which nothing has been built yet; of a k-fold run the first fold is tried."""
    if (found := trials.find(way, checked, say)) is not None:
        return found
    config = checked.config
    if isinstance(config.validation, KFold):
        validation = dataclasses.replace(config.validation, fold=0, final=False)
        checked = dataclasses.replace(checked, config=dataclasses.replace(config, validation=validation))
    with isolated_torch_state():
        components = build_run(checked, choose(checked.config, 1), lambda text: None)
        return trial(way, checked, components, say)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processor time is that of this thread alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _compiled(components: RunComponents) -> Trial:
    began = _used()
    step = CompiledStep(_copied(components), components.batches)
    begin = _used() - began
    number = 0

    def compiled() -> int:
        nonlocal number
        start = number
        for x, y in step.batches.steps(number, number + step.batches.block):
            step(Batch(x, y, len(x)), number)
            number += step.taken
        return number - start

    plain, other = _fastest([_plain(components), compiled])
    return Trial(plain, other, begin)


def _packed(components: RunComponents) -> Trial:
    step = PackedStep({slot: _copied(components) for slot in range(TRIED)}, TRIED)
    batches = PlaceBatches(components.batches, most=CHECK_EVERY)
    number = 0

    def packed() -> int:
        nonlocal number
        start, began = number, time.thread_time()
        for x, y in batches.steps(number, number + batches.block):
            places = batches.due(Batch(x, y, len(x)))
            step(dict.fromkeys(range(TRIED), (places, number)))
            number += places.steps
        batches.pace((time.thread_time() - began) / (number - start), BLOCK_SECONDS)
        return TRIED * (number - start)

    plain, other = _fastest([_plain(components), packed])
    return Trial(plain, other)


def _plain(components: RunComponents) -> Work:
    step, batches, number = _copied(components), components.batches, 0

    def plain() -> int:
        nonlocal number
        for x, y in batches.steps(number, number + 5):
            step(Batch(x, y, len(x)), number)
            number += 1
        return 5

    return plain


def _copied(components: RunComponents) -> EagerStep:
    """A step on a network, an optimizer and sums of its own."""
    config, rng = components.config, StepRng(components.rng.seed, components.rng.device)
    task, model = copy.deepcopy((components.task, components.model), {id(components.rng): rng})
    rate = LearningRate(config.schedule, config.optimizer.lr, components.batches.steps_in_pass, 1 << 30)
    return EagerStep(config, task, model.train(), rng, rate, MetricAccumulator(config.task.summed, rng.device))


def _fastest(works: Sequence[Work]) -> list[float]:
    """Processor seconds of a step of each: the least of several blocks, in which they take turns."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(BLOCKS):
        for times, work in zip(found, works):
            steps, began = 0, time.thread_time()
            while (passed := time.thread_time() - began) < BLOCK_SECONDS:
                steps += work()
            times.append(passed / steps)
    return [min(times[1:]) for times in found]


def _used() -> float:
    """Processor seconds of this process, and of compilers that it has started and seen end."""
    return sum(os.times()[:4])
