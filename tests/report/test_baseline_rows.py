"""``versus=baselines``: scikit-learn's models as rows of a table, on the rows that its runs saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.baselines.measure import measure
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
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


def test_a_sweep_that_asks_for_them_is_checked_before_its_first_job() -> None:
    assert make_plan(["dataset=iris", "model=dense,majority", "versus=baselines"]).options["versus"] == "baselines"
    with pytest.raises(ConfigError, match="they learn one class or one number for a row"):
        make_plan(["dataset=python_docs", "model=lstm", "seed=0,1", "versus=baselines"])
