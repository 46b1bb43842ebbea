"""Ten tables, five splits each: how far networks are from a forest and from boosting; writes docs/tables.md.

    nice -n 15 python benchmarks/tables.py FOLDER            # runs lie in FOLDER; what is done is found again
    nice -n 15 python benchmarks/tables.py FOLDER 3 4        # these splits alone, beside another process
    python benchmarks/tables.py FOLDER page                  # the page of what is done

A split draws its test rows (20 %) by its number; networks keep 20 % of the others to stop by.  scikit-learn's models
are fitted twice: on the same training rows, and on these and the validation rows, which is the harder opponent (*).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.baselines.measure import measure
from dlrun.config.places import data_dir
from dlrun.preflight.preflight import preflight
from dlrun.record.recorder import Recorder
from dlrun.report.statistics import mean, paired, sd
from dlrun.run.run import run

PAGE, MARK = Path(__file__).parents[1] / "docs" / "tables.md", "<!-- results -->"
AUTO = ["epochs=auto", "batch_size=auto", "early_stop=auto", "threads=1", "device=cpu", "verbosity=0"]
STANDARD = ["dataset.target_scale=standard"]
MODELS = ("tabular", "dense", "forest", "boosting", "forest*", "boosting*")
SPLITS = 5
Found = dict[str, dict[int, dict[str, float]]]  # by table, split and model


@dataclass(frozen=True)
class Data:
    """A data set: its name, the words that choose it, and what it is measured by (accuracy rises, rmse falls)."""

    name: str
    words: list[str]
    metric: str


def sets(folder: Path) -> list[Data]:
    """The ten tables, small ones first."""
    hours = ["dataset=air_quality", "dataset.test_take=random", "train_size=1500", *STANDARD]
    functions = list(friedman(folder))
    return [Data("iris", ["dataset=iris"], "accuracy"), Data("wine", ["dataset=wine"], "accuracy"),
            Data("diabetes", ["dataset=diabetes", *STANDARD], "rmse"),
            Data("breast_cancer", ["dataset=breast_cancer"], "accuracy"), boston(folder), *functions,
            Data("air_quality", hours, "rmse"), digits(folder)]


def friedman(folder: Path) -> Iterator[Data]:
    """Friedman's three functions as scikit-learn draws them, 500 rows each."""
    from sklearn import datasets

    draws: dict[str, Callable[[], Any]] = {
        "friedman1": lambda: datasets.make_friedman1(500, 10, noise=1.0, random_state=0),
        "friedman2": lambda: datasets.make_friedman2(500, noise=125.0, random_state=0),
        "friedman3": lambda: datasets.make_friedman3(500, noise=0.1, random_state=0)}
    for name, draw in draws.items():
        yield Data(name, [*written(folder / f"{name}.csv", *draw()), "dataset.targets=number"], "rmse")


def boston(folder: Path) -> Data:
    """Boston's 506 rows, those of its published test split among them, so that splits can be drawn."""
    config = preflight(["dataset=boston", "model=dense"]).config
    found = config.dataset.read(str(data_dir(config.data_dir)), lambda line: None)
    x, y = (np.concatenate(parts) for parts in ((found.x, found.x_test), (found.y, found.y_test)))
    return Data("boston", [*written(folder / "boston.csv", x, y), "dataset.targets=number"], "rmse")


def digits(folder: Path) -> Data:
    """The 1,797 digits of 8 x 8 pixels as rows of 64 numbers."""
    from sklearn import datasets

    found = datasets.load_digits()
    return Data("digits", written(folder / "digits.csv", found.data, found.target), "accuracy")


def written(path: Path, x: np.ndarray, y: np.ndarray) -> list[str]:
    """The words that choose a table, which is written where it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        head = ",".join([*(f"x{place}" for place in range(x.shape[1])), "y"])
        lines = [",".join(f"{value:.10g}" for value in [*row, target]) for row, target in zip(x, y)]
        path.write_text("\n".join([head, *lines]) + "\n")
    return ["dataset=csv", f"dataset.path={path}", "dataset.target=y", "dataset.scale=standard"]


def values(data: Data, split: int, runs: Path) -> dict[str, float]:
    """What each model measures on one split."""
    words = [*data.words, f"dataset.split_seed={split}", f"seed={split}", f"output_dir={runs}"]
    found = {}
    for name in ("tabular", "dense"):
        outcome = run(preflight([*words, f"model={name}", *AUTO]), ["benchmarks/tables.py"], [Recorder()])
        found[name] = outcome.result["test"][data.metric]
    for name in ("forest", "boosting"):
        for mark, more in (("", []), ("*", ["validation=0"])):
            config = preflight([*words, "model=dense", *more]).config
            found[name + mark] = measure(config, name, lambda line: None).metrics[data.metric]
    return found


def page(found: Found, metrics: dict[str, str]) -> str:
    """The table of tables in Markdown, and where `tabular` is worse than the forest."""
    lines = ["| table | measure | splits | " + " | ".join(MODELS) + " | tabular - forest* |",
             "|---|---|---:" + "|---:" * (len(MODELS) + 1) + "|"]
    ranks: dict[str, list[float]] = {name: [] for name in MODELS}
    worse = []
    for name, by_split in found.items():
        share = metrics[name] == "accuracy"
        means = {model: mean([one[model] for one in by_split.values()]) for model in MODELS}
        order = sorted(means.values(), reverse=share)
        for model in MODELS:
            ranks[model].append(mean([place for place, value in enumerate(order, 1) if value == means[model]]))
        difference = paired(*({split: one[model] for split, one in by_split.items()}
                              for model in ("tabular", "forest*")))
        assert difference is not None
        gain = difference.mean if share else -difference.mean
        if difference.sd is not None and -gain > difference.sd:
            worse.append(name)
        scale, decimals = (100.0, 1) if share else (1.0, 1 if order[0] >= 10 else 2 if order[0] >= 1 else 3)

        def text(value: float | None, scale: float = scale, decimals: int = decimals, sign: str = "") -> str:
            return "" if value is None else f"{scale * value:{sign}.{decimals}f}"

        spreads = {model: text(sd([one[model] for one in by_split.values()])) for model in MODELS}
        cells = [text(means[model]) + (f" ({spreads[model]})" if spreads[model] else "") for model in MODELS]
        half = f" ± {text(difference.half)}" if difference.half is not None else ""
        lines.append(f"| {name} | {'accuracy, %' if share else 'RMSE'} | {len(by_split)} | {' | '.join(cells)} | "
                     f"{text(difference.mean, sign='+')}{half} |")
    lines.append("| mean rank | | | " + " | ".join(f"{mean(ranks[model]):.2f}" for model in MODELS) + " | |")
    where = ", ".join(worse) or "nowhere"
    return "\n".join([*lines, "", "Where `tabular` is worse than forest* by more than one standard deviation of the "
                                  f"paired difference: {where}."]) + "\n"


def measured(folder: Path) -> Found:
    """What earlier runs of this script have measured."""
    found: Found = {}
    lines = folder / "measured.jsonl"
    for line in lines.read_text(encoding="utf-8").splitlines() if lines.exists() else ():
        one = json.loads(line)
        found.setdefault(one["table"], {})[one["split"]] = one["values"]
    return found


def write_page(folder: Path, metrics: dict[str, str]) -> None:
    """docs/tables.md below its mark, of all that was measured so far."""
    found = measured(folder)
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    done = {name: dict(sorted(found[name].items())) for name in metrics if name in found}
    PAGE.write_text(f"{head}{MARK}\n\n{page(done, metrics)}", encoding="utf-8")


def main() -> None:
    folder, rest = Path(sys.argv[1]).absolute(), sys.argv[2:]
    tables = sets(folder / "data")
    metrics = {data.name: data.metric for data in tables}
    there = measured(folder)
    for split in [] if rest == ["page"] else map(int, rest or range(SPLITS)):
        for data in tables:
            if split in there.get(data.name, {}):
                continue
            found = values(data, split, folder / "runs")
            with open(folder / "measured.jsonl", "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"table": data.name, "split": split, "values": found}) + "\n")
            print(data.name, split, {name: round(value, 4) for name, value in found.items()}, flush=True)
    write_page(folder, metrics)


if __name__ == "__main__":
    main()
