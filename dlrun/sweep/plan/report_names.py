"""What a sweep's tables are asked to show, checked before the first job: its metric, and the row to compare with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.preflight.checked import Checked
from dlrun.record.metric import SPLITS
from dlrun.record.plan import Plan
from dlrun.report.collect import WITH_BASELINES, tables_of
from dlrun.report.run import NOT_STARTED, Run
from dlrun.report.values import WHOLE
from dlrun.report.versus import against_named

_LATER = re.compile(r"(samples|train_clean)/.+")  # what the task, or evaluate_train, adds to a result's end


def report_problems(plan: Plan, checked: Sequence[Checked]) -> Iterator[Problem]:
    """What a table of the plan's jobs could not show, though `metric` or `versus` asks for it."""
    metric, versus = plan.options.get("metric"), plan.options.get("versus")
    if metric is not None:
        known = list(dict.fromkeys(name for one in checked for name in measured_at_the_end(one)))
        bare = {name.partition("/")[2] for name in known}
        if metric not in known and metric not in bare and not _LATER.fullmatch(metric):
            expected = f"expected one of {', '.join(_shown(known))}"
            yield Problem(f"metric={metric}", expected + did_you_mean(metric, known))
    if versus == WITH_BASELINES:
        kinds = {one.dataset_info.data_spec.target_kind for one in checked} - {"classes", "number"}
        if kinds:
            yield Problem("versus=baselines", f"they learn one class or one number for a row; the targets are "
                                              f"{', '.join(sorted(kinds))}")
    elif versus is not None:
        runs = [Run(plan.run_folder(job), job.id, flatten(job.config), NOT_STARTED, row=job.row, values=job.values)
                for job in plan.jobs]
        try:
            against_named(tables_of(runs, list(plan.axes), None), versus)
        except ConfigError as wrong:
            yield from wrong.problems


def _shown(known: Sequence[str]) -> list[str]:
    """The names without those that a reader can make of the others."""
    test = {name.partition("/")[2] for name in known if name.startswith("test/")}
    return [name for name in known if not name.startswith(("best/", "test@"))
            and not (name.startswith("val/") and name.partition("/")[2] in test)] + ["val/..."] * bool(test)


def measured_at_the_end(checked: Checked) -> Iterator[str]:
    """The numbers that the result of a run will have, as ``report metric=`` names them."""
    config, task = checked.config, checked.config.task
    trained = [metric.name for metric in task.reported("train")]
    measured = list(dict.fromkeys([*trained, *task.described().stored(), *task.gathered_names()]))
    for split in SPLITS[::-1]:
        if checked.rows.get(split):
            yield from (f"{split}/{name}" for name in (trained if split == "train" else measured))
    rows = [split for split in ("train", "val") if checked.rows.get(split)]
    yield from (f"best/{split}/{name}" for split in rows for name in measured)
    yield from (f"test@{epoch}/{name}" for epoch in config.test_at for name in measured)
    yield from WHOLE
