"""`dlrun -m`, and an experiment that is a sweep: everything planned and checked, then run."""

from __future__ import annotations

from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    from dlrun.sweep.forecast import forecast
    from dlrun.sweep.ledger import survey
    from dlrun.sweep.make import make_plan
    from dlrun.sweep.plan import store
    from dlrun.sweep.printed import plan_lines

    plan = make_plan(words)
    entries = survey(plan)
    print("\n".join(plan_lines(plan, entries, forecast(plan, entries))), flush=True)
    if plan.options["dry_run"]:
        return 0
    if plan.options["search"] is None:  # a search's plan grows; who leads it has its lock, and stores it
        store(plan)
    from dlrun.sweep.launch import run_sweep
    from dlrun.sweep.options import execution

    return run_sweep(plan, execution(plan.options))
