"""How many CPU threads a net gets where `threads=auto`: one rule over the work of a step.  No torch.

Measured on two cores (one step, 1 thread / 2 threads): 13-64-64-1 with batch 1 333 / 342 µs, 8x8 digits through a dense
net 603 / 565, 784-128-128-10 with batch 128 1,250 / 910.  A thread pays when it gets some milliseconds of work between
two barriers.  In a sweep the same core can train another job instead, without any barrier: there a second thread has
to be worth a whole job.  Threads of two jobs on one core wait for each other at every barrier, 3 to 5 times as long on
two idle cores and a hundred times on busy ones: threads of all jobs together never exceed the cores.
"""

from __future__ import annotations

from dlrun.preflight.checked import Checked
from dlrun.record.cores import cores

ALONE = 20e6  # multiply-adds of a step for each thread, when no other job needs the cores
TOGETHER = 250e6  # the same in a sweep


def auto_threads(checked: Checked, grain: float = ALONE, most: int | None = None) -> int:
    """Threads for a step of this net, from 1 to `most` (the cores); all of them for a net whose size is not known."""
    most = cores() if most is None else most
    size = work(checked)
    return most if size is None else max(1, min(most, int(size // grain)))


def work(checked: Checked) -> float | None:
    """Multiply-adds of a training step, about: three passes over every weight at every position of every row.

    None for a user's own class.
    """
    table = checked.table()
    return None if table is None else 3.0 * sum(row.work for row in table) * checked.config.batch_size
