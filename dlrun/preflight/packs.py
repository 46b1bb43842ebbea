"""What trains as one program with others (`engine.packed`): a function of a configuration."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from math import prod
from typing import Any

from dlrun.config.schema.folds import depends_on_seed, folds_of
from dlrun.config.schema.root import Config
from dlrun.preflight.checked import Checked
from dlrun.preflight.program import unfit
from dlrun.preflight.speed import beside_packs
from dlrun.preflight.threads import work
from dlrun.preflight.trials import find
from dlrun.record.gpu_memory import gpu_memory

# Measured on two cores: 64 networks 784-16-10 with batches of 64 (2.4e6 multiply-adds a step) take a third of the time
# of as many alone; 16 of 784-128-128-10 with batches of 128 (45e6) as long as alone.
SMALL = 10e6  # multiply-adds of a step, below which a pack is faster than its members alone, where no trial says it
LARGE = 100e6  # above which none is tried
# An estimate that no GPU has confirmed: in the 0.3 ms that the launches of a small step take a GPU of 10 TFLOP/s does
# 1.5e9, and half as many leave room for slower ones.
SMALL_ON_GPU = 500e6
FEWEST, MOST = 4, 128  # members of a pack under pack=auto
TRIED = 16  # members of the pack that a trial takes steps of
# Bytes of all members, beyond which their values come from memory in every operation: of 784-16-10 with batches of 64
# (1.9 MB each) a step takes 0.48 of a plain one in packs of 16, 0.51 of 32, 0.62 of 64, on a processor with 32 MB.
CACHE = 32 << 20
SHARE = 8  # of the machine's memory that a pack may take: one part in so many
SHARE_OF_GPU = 2  # of a GPU's, on which one pack trains at a time


def members(config: Config) -> int:
    """The slots that a run takes in a pack: one, or one for each fold."""
    folds = folds_of(config)
    return 1 if folds is None else folds.count + folds.final


def alone(checked: Checked, chosen: Any, count: int, gpu: bool = False) -> str | None:
    """Why runs of this configuration with `count` members train alone, "" where nobody has to be told; else None.

    `chosen` is what `pack` is set to; `gpu` says that they are trained on one.
    """
    if chosen == "never":
        return ""
    if why := next(iter(_unfit(checked)), None) or ("" if gpu else beside_packs(checked)):
        return why
    if chosen == "auto":
        if _size(checked) > (SMALL_ON_GPU if gpu else LARGE):
            return "their steps are long enough"
        if count < FEWEST:
            return ""
        found = None if gpu else find("packed", checked)
        if not gpu and not (found.pays(1) if found else _size(checked) <= SMALL):
            return "their steps are long enough"
    return "" if count < 2 else None


def worth_a_trial(checked: Checked, chosen: Any, count: int) -> bool:
    """Whether a trial decides if so many members are a pack."""
    return (chosen == "auto" and count >= FEWEST and _size(checked) <= LARGE
            and next(iter(_unfit(checked)), None) is None)


def _size(checked: Checked) -> float:
    size = work(checked)
    return math.inf if size is None else size


def most(checked: Checked, chosen: Any, gpu: bool = False) -> int:
    """The members of a pack, at most."""
    if chosen != "auto":
        return min(int(chosen), _that_fit(checked, gpu))
    cached = MOST if gpu else max(TRIED, CACHE // max(1, bytes_of_member(checked)))
    return min(MOST, cached, _that_fit(checked, gpu))


def _unfit(checked: Checked) -> Iterator[str]:
    """What keeps a configuration out of packs."""
    config = checked.config
    if config.fork is not None:
        yield "they begin from an epoch of another run"
    if config.max_seconds is not None:
        yield "max_seconds"
    if getattr(config.task, "class_weights", None) == "balanced" and depends_on_seed(config):
        yield "task.class_weights=balanced of rows that the seed draws"
    yield from unfit(checked, config.task.packs, lambda layer: layer.packs)


def _that_fit(checked: Checked, gpu: bool) -> int:
    """How many members a pack may have, by the memory of the machine, or of its smallest GPU."""
    own = gpu_memory() if gpu else None
    if own is not None:
        return max(2, own // SHARE_OF_GPU // max(1, bytes_of_member(checked)))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 4 << 30
    return max(2, memory // SHARE // max(1, bytes_of_member(checked)))


def bytes_of_member(checked: Checked) -> int:
    """What a member of a pack needs in memory, about: weights, gradients and state, and the values of a step."""
    table = checked.table() or ()
    weights = sum(row.trainable + row.frozen for row in table)
    values = sum(prod(row.output_shape) for row in table) + prod(checked.dataset_info.data_spec.input_shape)
    return 4 * (6 * weights + 4 * values * checked.config.batch_size)
