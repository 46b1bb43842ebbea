"""The packs of a plan on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlrun.record.plan import Plan
from dlrun.registry import find
from dlrun.sweep.execute.options import Execution, execution
from dlrun.sweep.execute.slots import Slots, find_slots
from dlrun.sweep.execute.trials import make_trials
from dlrun.sweep.plan.packs import Packs, packs, untried
from dlrun.sweep.plan.status import JobState


def planned_packs(plan: Plan, states: Sequence[JobState], options: Execution | None = None,
                  slots: Slots | None = None, say: Callable[[str], None] | None = None) -> Packs:
    """Which jobs train as one program; none where nobody asked, and in a search.

    Where `say` is given, trials that have not been made on this machine are made now, and it hears of them; else fixed
    rules stand for them.
    """
    asked = [job for job in plan.jobs if job.config.get("pack", "never") != "never"]
    if not asked or plan.options.get("search"):
        return Packs({}, {})
    options = options or execution(plan.options)
    if not getattr(find("launcher", options.launcher), "packs", False):
        return Packs({}, {f"launcher={options.launcher}": len(asked)})
    slots = slots or find_slots(options, plan.jobs)
    retry = options.retry == "failed"
    if say is not None and (lacking := untried(plan.jobs, states, retry, bool(slots.gpus))):
        make_trials(lacking, say)
    return packs(plan.jobs, states, slots.workers or slots.cores, options.timeout is not None, bool(slots.gpus), retry,
                 plan.run_folder)
