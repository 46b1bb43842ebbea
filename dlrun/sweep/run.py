"""Runs a plan: done jobs are skipped, interrupted ones resume, the rest is trained; then the tables."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from dlrun.config.problem import problem
from dlrun.record.plan import Plan
from dlrun.sweep.execute.options import Execution


def run_sweep(plan: Plan, options: Execution, stream: TextIO | None = None) -> int:
    """Execute a stored plan (a search stores its own); the exit code.

    0: every job has a result.  1: some have none (diverged, out of memory, failed), also from an earlier start.
    130, 143: Ctrl-C or SIGTERM came; all running jobs are saved, and the same command resumes them.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise problem("torchrun", "it trains one run in several processes; a sweep starts its own workers")
    out = sys.stdout if stream is None else stream
    if plan.options.get("search") is not None:
        from dlrun.sweep.search.run_search import run_search

        return run_search(plan, options, out)
    from dlrun.sweep.execute.run import run_grid

    return run_grid(plan, options, out)
