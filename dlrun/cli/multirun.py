"""`dlrun -m`, and an experiment that is a sweep: everything planned and checked, then run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlrun.record.terminal import room, say

if TYPE_CHECKING:
    from dlrun.record.plan import Plan


def main(overrides: Sequence[str]) -> int:
    """Plan the sweep of the overrides, print the plan, run what is to do; the exit code."""
    return sweep(overrides)[0]


def sweep(overrides: Sequence[str]) -> tuple[int, Plan]:
    """`main`, and the plan."""
    from dlrun.record.plan import store
    from dlrun.sweep.execute.packing import planned_packs
    from dlrun.sweep.make import make_plan
    from dlrun.sweep.plan.forecast import forecast
    from dlrun.sweep.plan.plan_text import plan_lines
    from dlrun.sweep.plan.status import read_all

    plan = make_plan(overrides)
    states = read_all(plan)
    found = planned_packs(plan, states, say=None if plan.options["dry_run"] else say)
    say("\n".join(plan_lines(plan, states, forecast(plan, states, packed=found.places), found.lines,
                             room(sys.stdout))), flush=True)
    if plan.options["dry_run"]:
        return 0, plan
    if plan.options["search"] is None:  # a search's plan grows; who leads it has its lock, and stores it
        store(plan)
    from dlrun.sweep.execute.options import execution
    from dlrun.sweep.run import run_sweep

    return run_sweep(plan, execution(plan.options)), plan
