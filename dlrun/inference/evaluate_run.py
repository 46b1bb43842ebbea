"""A finished run on other rows with targets: from folder and file to a row of evaluations.jsonl."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dlrun.assembly.build_run import rows_of
from dlrun.config.places import data_dir
from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.source import digest
from dlrun.inference.evaluation import Evaluation
from dlrun.inference.labelled import Labelled, group_column, labelled
from dlrun.inference.load import Loaded
from dlrun.inference.own_rows import own_rows
from dlrun.inference.trained_on import trained_on
from dlrun.inference.units import Groups
from dlrun.metrics._bootstrap import LEVEL

SEED = 0


@dataclass(frozen=True)
class Options:
    """What is measured (all `metrics` without any), where the truth and the groups stand, and how often rows are drawn.
    """

    metrics: tuple[str, ...] = ()
    target: str = ""
    group: str = ""
    weights: str = "measured"
    resamples: int = 1000
    allow: tuple[str, ...] = ()


def evaluate_run(folder: Path, data: str, options: Options, say: Callable[[str], None]) -> dict[str, Any]:
    """The row for evaluations.jsonl: what was measured, on what, with which interval.

    `data` is a file, a folder or the name of a data set; empty for the run's own test rows.  Raises ConfigError.
    """
    from dlrun.inference.ensemble.folder import folders_of, load_trained

    run = load_trained(folder, options.allow, options.weights)
    rows = labelled(run.kept, run.config.dataset, data, str(data_dir(run.config.data_dir)), say, options.target,
                    options.group) if data else own_test(run, rows_of, say)
    found = run.evaluate(rows.split, rows.groups, options.metrics, options.resamples, SEED)
    seen = bool(data) and not rows.test and trained_on(folders_of(folder), run.config.dataset, data,
                                                       run.data_spec.classes)
    return {**row_of(found, data or "its own test rows", rows.split, options), "trained_on": seen}


def row_of(found: Evaluation, data: str, split: Split, options: Options) -> dict[str, Any]:
    """An evaluation as JSON types.  ``over`` says what its intervals are over."""
    metrics = {name: {"value": value, **({"low": interval[0], "high": interval[1]} if interval else {})}
               for name, value in found.values.items() for interval in [found.intervals.get(name)]}
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"), "data": data,
        "content": digest([split.x, split.y, split.rows]), "rows": found.rows, "weights": options.weights,
        "over": found.unit, "units": found.units, "resamples": options.resamples, "level": LEVEL, "seed": SEED,
        "metrics": metrics, **({"per_class": found.per_class} if found.per_class else {}),
    }


def own_test(run: Loaded, read: Callable[[Config, Callable[[str], None]], PreparedData],
             say: Callable[[str], None]) -> Labelled:
    """The run's own test rows, which `read` gives; raises ConfigError where it has none, or where they have changed."""
    test = own_rows(run, say, read).test
    if test is None:
        raise problem("evaluate", "this run has no test rows; name a file behind it")
    if test.groups is None:
        return Labelled(test)
    return Labelled(test, Groups([str(group) for group in test.groups.tolist()], group_column(run.kept)))
