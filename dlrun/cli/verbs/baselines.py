"""`dlrun baselines DATA-WORDS`: what scikit-learn's models measure on the rows that a run would see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.fields import integer, texts
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.baselines.table import BaselineRow
    from dlrun.preflight.checked import Checked
    from dlrun.record.metric import Metrics

ALL = ("constant", "linear", "neighbours", "forest", "boosting")
WIDE = 2000  # columns: of 12,288 boosting took 156 s for 133 rows, a forest 0.6
SHOWN = {"classes": ("accuracy", "balanced_accuracy", "f1", "log_loss"), "number": ("mae", "rmse", "r2")}


class MeasuredAnswer(TypedDict):
    """What one model measured with one seed."""

    seed: int
    metrics: dict[str, float | None]
    seconds: Annotated[float, "Of fitting, now or when it was cached."]
    cached: bool


class BaselineAnswer(TypedDict):
    """One of scikit-learn's models."""

    name: str
    sentence: str
    measured: list[MeasuredAnswer]


class BaselinesAnswer(TypedDict):
    """What they measure on the rows of a run."""

    data: str
    rows: Annotated[dict[str, int], "Rows of each part."]
    part: Annotated[str, "The part that is measured: test, or val."]
    models: list[BaselineAnswer]


@register("verb", "baselines")
@dataclass(frozen=True)
class Baselines(Verb):
    """What scikit-learn's models measure on the rows that a run would see.

    The largest class (or the mean), linear, nearest neighbours, random forest and gradient boosting are fitted on the
    training rows, scaled as for a network, and measured on the test rows (without any on the validation rows); texts
    as bags of words. Of more than 2,000 columns boosting is fitted only where `models` names it. What was measured of
    the same rows is kept in the cache.
    """

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run: its data set, and what else decides its rows.", overrides=True,
        offers=offers.overrides)
    seeds: int = integer(3, "Seeds, from 0: of the forest, of boosting, and of splits that are drawn.", low=1,
                         high=1000)
    models: tuple[str, ...] = texts(
        ALL, "Which of them are fitted.", scalar=True)
    synonyms: ClassVar[dict[str, str]] = {"baseline": "baselines", "sklearn": "baselines"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun baselines dataset=wine", "five models, three seeds each"),
        ("dlrun baselines dataset=csv dataset.path=FILE dataset.target=y models=forest seeds=10", "the forest alone"),
    )

    answers: ClassVar[Any] = BaselinesAnswer

    def answer(self) -> Answer:
        from dlrun.baselines.estimators import ESTIMATORS
        from dlrun.baselines.measure import refuse
        from dlrun.baselines.table import baseline_rows
        from dlrun.preflight.preflight import preflight

        for name in self.models:
            if name not in ESTIMATORS:
                raise problem(f"models={name}", f"expected one of {', '.join(ESTIMATORS)}"
                                                f"{did_you_mean(name, ESTIMATORS)}")
        checked = preflight(with_any_model(self.overrides))
        refuse(checked.config, checked.dataset_info.data_spec.target_kind)
        notes: dict[str, None] = {}
        kind = checked.dataset_info.data_spec.target_kind
        columns, models = math.prod(checked.dataset_info.data_spec.input_shape), self.models
        if columns > WIDE and models == ALL:
            models = ALL[:-1]
            notes[f"gradient boosting is left out: {columns:,} columns would take it minutes; models=boosting fits it"
                  ] = None
        rows = baseline_rows(checked.config, kind, models, range(self.seeds), notes.setdefault)
        lines = [*notes, _head(checked), "", *_lines(rows, checked.config.task.described(), SHOWN[kind]), "",
                 *_about(rows, self.seeds)]
        return Answer(partial(_data, checked, rows), partial(say, *lines, sep="\n"))


def _data(checked: Checked, rows: Sequence[BaselineRow]) -> BaselinesAnswer:
    from dlrun.config.identity import run_name

    models: list[BaselineAnswer] = [
        {"name": row.name, "sentence": row.says, "measured": [
            {"seed": one.seed, "metrics": dict(one.metrics), "seconds": one.seconds, "cached": one.cached}
            for one in row.measured]} for row in rows]
    return {"data": run_name(checked.config).partition("-")[0], "rows": dict(checked.rows),
            "part": rows[0].measured[0].part, "models": models}


def with_any_model(overrides: Sequence[str]) -> list[str]:
    """The overrides, with a network that any rows of numbers go through where none is chosen: none is trained.

    Texts that can be bags of words are read so, as these models learn from numbers.
    """
    typed = {key.lstrip("+"): value for key, _, value in (override.partition("=") for override in overrides)}
    if "model" in typed or "experiment" in typed:
        return [*overrides]
    bags = "dataset.form" not in typed and "multi_hot" in _forms(typed.get("dataset", ""))
    return [*overrides, "model=dense", *(["dataset.form=multi_hot"] if bags else [])]


def _forms(dataset: str) -> Sequence[str]:
    """What the rows of a data set can be made into."""
    from dlrun.config.schema.fields import rules
    from dlrun.registry import find, names

    rule = rules(find("dataset", dataset)).get("form") if dataset in names("dataset") else None
    return rule.choices if rule else ()


def _head(checked: Checked) -> str:
    import sys

    from dlrun.config.identity import run_name
    from dlrun.record.terminal import paint

    counts = " / ".join(f"{count:,} {part}" for part, count in checked.rows.items() if count)
    data = run_name(checked.config).partition("-")[0]
    return f"{paint(data, 'bold', sys.stdout)}  {counts}"


def _lines(rows: Sequence[BaselineRow], known: Metrics, shown: Sequence[str]) -> list[str]:
    from dlrun.record.quantities import short_time
    from dlrun.record.terminal import columns
    from dlrun.report.statistics import interval

    cells = [["", *(known.of(metric).title for metric in shown), "seconds"]]
    for row in rows:
        line = [row.says]
        for metric in shown:
            values = list(row.values(metric).values())
            if not values:
                line.append("")
                continue
            found = interval(values)
            text = known.text(metric, found.mean)
            if found.half and found.n > 1:
                text += f" +- {known.text(metric, found.half)}"
            line.append(text)
        seconds = sum(one.seconds for one in row.measured) / len(row.measured)
        cells.append([*line, short_time(seconds).removesuffix(" s")])
    return columns(cells)


def _about(rows: Sequence[BaselineRow], seeds: int) -> list[str]:
    part = {"test": "test", "val": "validation"}[rows[0].measured[0].part]
    how = f"over {seeds} seeds (+- is the 95 % interval where they differ)" if seeds > 1 else "of one seed"
    lines = [f"Fitted on the training rows, measured on the {part} rows: means {how}."]
    if all(one.cached for row in rows for one in row.measured):
        lines.append("All of it had been measured before (cached by the content of these rows).")
    return lines
