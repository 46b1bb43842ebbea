"""`dlrun -m`: one run for each combination, all checked before the first begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlrun.config.problem import Problems
from dlrun.sweep.plan import Job, Plan


def main(words: Sequence[str]) -> int:
    from dlrun.sweep.launch import run_sweep
    from dlrun.sweep.options import Execution
    from dlrun.sweep.plan import store

    plan = _plan(words)
    store(plan)
    print(f"{len(plan.jobs)} job{'' if len(plan.jobs) == 1 else 's'}"
          + (f" over {', '.join(plan.axes)}" if plan.axes else ""))
    return run_sweep(plan, Execution())


def _plan(words: Sequence[str]) -> Plan:
    from dlrun.config.compose import hydra_started
    from dlrun.config.identity import identity, run_name
    from dlrun.run.preflight import preflight
    from dlrun.sweep.grid import grid

    varying, found, problems = grid(words)
    jobs: list[Job] = []
    output_dir = Path("runs")
    with hydra_started():
        for number, words_of in enumerate(found, 1):
            try:
                config = preflight(words_of).config
            except Problems as wrong:
                problems += wrong.problems
                continue
            pairs = [word.lstrip("+").split("=", 1) for word in words_of]
            values = {key: value for key, value in pairs if key in varying}
            run_id, output_dir = identity(config), Path(config.output_dir).expanduser()
            assert config.plain is not None
            jobs.append(Job(number, run_id, f"{run_name(config)}/{run_id}", config.seed, values, tuple(words_of),
                            config.plain))
    if problems:  # a problem that many jobs share is one problem
        raise Problems(problems)
    axes = {key: list(dict.fromkeys(job.values[key] for job in jobs)) for key in varying}
    return Plan("-".join(varying) or "one", output_dir, axes, sorted({job.seed for job in jobs}), jobs,
                ("dlrun", "-m", *words))
