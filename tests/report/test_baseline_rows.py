"""``versus=baselines``: scikit-learn's models as rows of a table, on the rows that its runs saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.baselines.estimators import ESTIMATORS
from dlrun.baselines.measure import Measured, measure
from dlrun.baselines.table import BaselineRow
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.report import baseline_rows as with_rows
from dlrun.report.collect import collect
from dlrun.report.files import write_files
from dlrun.report.importance import axis_shares
from dlrun.sweep.make import make_plan

WORDS = ["dataset=iris", "model=dense", "model.hidden=[]", "epochs=1", "dataset.split_seed=seed"]


@pytest.fixture
def trained(go, tmp_path: Path) -> Path:
    for seed in (0, 1):
        go(*WORDS, f"seed={seed}")
    return tmp_path / "runs"


def test_each_is_a_row_and_the_best_of_them_is_compared_with(trained: Path) -> None:
    (table,) = collect([trained], versus="baselines").tables
    assert table.axes.columns == ("model",) and [row.labels[0] for row in table.rows] == [
        "dense", "baseline: largest class", "baseline: logistic regression", "baseline: 5 nearest neighbours",
        "baseline: random forest", "baseline: gradient boosting"]
    configs = [preflight([*WORDS, f"seed={seed}"]).config for seed in (0, 1)]
    for row, name in zip(table.rows[1:], ("constant", "linear", "neighbours", "forest", "boosting")):
        assert row.values == {seed: measure(config, name, print).metrics["accuracy"]
                              for seed, config in enumerate(configs)}
    means = {row.labels[0]: sum(row.values.values()) / 2 for row in table.rows}
    reference = next(row for row in table.rows if row.reference)
    assert means[reference.labels[0]] == max(mean for name, mean in means.items() if name != "dense")
    dense = table.rows[0]
    assert dense.versus is not None and dense.versus.n == 2
    assert dense.versus.mean == pytest.approx(means["dense"] - means[reference.labels[0]])
    assert [row.labels[0] for row in table.rows if row.best] == [max(means, key=means.__getitem__)]


def test_settings_and_axes_are_those_of_runs(go, tmp_path: Path) -> None:
    for optimizer in ("adam", "sgd"):
        for units in (4, 8, 12):
            go(*WORDS[:2], f"model.hidden=[{units}]", "epochs=2", f"optimizer={optimizer}")
    (alone,), (table,) = (collect([tmp_path / "runs"], versus=versus).tables for versus in (None, "baselines"))
    assert len(table.rows) == 11 and axis_shares(alone) and axis_shares(table) == axis_shares(alone)
    (said,), (expected,) = ([note for note in one.notes if note.startswith("Rows differ also in")]
                            for one in (table, alone))
    assert said == expected and "(adam)" in said and "baseline" not in said


def test_all_files_of_a_report_have_them(trained: Path, tmp_path: Path) -> None:
    paths = write_files(collect([trained], versus="baselines"), tmp_path / "out")
    assert all("baseline: random forest" in path.read_text() for path in paths)
    assert "2 runs, 1 row x seeds 0, 1" in (tmp_path / "out" / "table.md").read_text()


def test_what_they_do_not_measure_is_refused_and_so_are_rows_that_differ_in_their_data(trained: Path, go) -> None:
    with pytest.raises(ConfigError, match="the table shows val/loss; baselines have test/accuracy"):
        collect([trained], "val/loss", "baselines")
    go(*WORDS[:-1], "dataset.split_seed=7", "seed=0")
    with pytest.raises(ConfigError, match="runs of one seed saw different rows"):
        collect([trained], versus="baselines")


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """y = 40 a + 100 and noise, 60 rows; the only baseline is their mean."""
    monkeypatch.setattr(with_rows, "ESTIMATORS", {"constant": ESTIMATORS["constant"]})
    lines = [f"{place % 7},{place % 7 * 40 + 100 + place % 5}" for place in range(60)]
    (tmp_path / "t.csv").write_text("a,y\n" + "\n".join(lines) + "\n")
    return ["dataset=csv", f"dataset.path={tmp_path / 't.csv'}", "dataset.target=y", "dataset.targets=number",
            "model=dense", "model.hidden=[]", "epochs=1"]


@pytest.mark.parametrize(("more", "metric"), [
    ([], "test/mae"), (["validation={kind: kfold, k: 3, final: false}"], "val/mae"),
    (["test_size=6", "dataset.split_seed=seed"], "test/mae")])
def test_they_are_not_fitted_on_a_file_that_has_changed_since(numbers: list[str], more: list[str], metric: str, go,
                                                              tmp_path: Path) -> None:
    for seed in (0, 1):
        go(*numbers, *more, f"seed={seed}")
    assert len(collect([tmp_path / "runs"], metric, "baselines").tables[0].rows) == 2
    path = tmp_path / "t.csv"
    head, *lines = path.read_text().split()
    path.write_text("\n".join([head, *(f"{line}0" for line in lines)]) + "\n")
    with pytest.raises(ConfigError, match="baselines would be fitted on other rows than .* its data has changed since"):
        collect([tmp_path / "runs"], metric, "baselines")


@pytest.mark.parametrize("scale", ["standard", "unit", "none"])
def test_a_measure_is_on_the_scale_of_the_runs(numbers: list[str], scale: str, go, tmp_path: Path) -> None:
    words = [word for word in numbers if not word.startswith("model")]
    go(*words, "model=majority", f"dataset.target_scale={scale}")  # the mean of the training targets
    for metric in ("mse", "mae", "rmse"):
        (table,) = collect([tmp_path / "runs"], f"test/{metric}", "baselines").tables
        values = {row.labels[0]: row.values[0] for row in table.rows}
        assert values["majority"] == pytest.approx(values["baseline: mean"], rel=1e-4)


def test_a_small_number_of_a_baseline_is_not_shown_as_0_beside_a_large_one_of_a_run(
        numbers: list[str], go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(*numbers, "dataset.target_scale=none")
    exact = BaselineRow("linear", "linear regression", (Measured("linear", 0, "test", {"mse": 0.0123}, 1.0, False),))
    monkeypatch.setattr(with_rows, "baseline_rows", lambda *given: [exact])
    (alone,), (table,) = (collect([tmp_path / "runs"], "test/mse", versus).tables for versus in (None, "baselines"))
    run, baseline = (table.scale.number(row.summary.mean) for row in table.rows if row.summary)
    assert alone.scale.decimals == 0 and (baseline, float(run) > 1000) == ("0.0123", True)


def test_a_sweep_that_asks_for_them_is_checked_before_its_first_job() -> None:
    assert make_plan(["dataset=iris", "model=dense,majority", "versus=baselines"]).options["versus"] == "baselines"
    with pytest.raises(ConfigError, match="they learn one class or one number for a row"):
        make_plan(["dataset=python_docs", "model=lstm", "seed=0,1", "versus=baselines"])
