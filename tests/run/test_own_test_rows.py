"""A run whose test rows lie in a file of their own: what is measured on them is what `dlrun evaluate` says of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dlrun.baselines.measure import measure
from dlrun.inference.load import load_run
from dlrun.record.folder import RunFolder
from tests.run.test_evaluate import HEADER, evaluated, lines_of, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("apart")
    (place / "old.csv").write_text("\n".join([HEADER, *lines_of(100, 0)]) + "\n")
    (place / "new.csv").write_text("\n".join([HEADER, *lines_of(60, 1)]) + "\n")
    return trained(place / "runs", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=state",
                   "dataset.drop=[patient]", f"dataset.test_path={place / 'new.csv'}")


def test_the_test_of_the_result_is_the_evaluation_of_that_file(run: Path) -> None:
    result = RunFolder(run).result()
    assert result is not None and result["rows"] == {"train": 80, "val": 20, "test": 60}
    own, of_file = evaluated(run, "resamples=0"), evaluated(run, run.parents[2] / "new.csv", "resamples=0")
    assert own["metrics"] == of_file["metrics"] and own["content"] == of_file["content"] and own["rows"] == 60
    assert {name: found["value"] for name, found in own["metrics"].items()} == pytest.approx(
        {name: result["test"][name] for name in own["metrics"]}, rel=1e-5)
    other = evaluated(run, run.parents[2] / "old.csv", "resamples=0")  # not the run's test rows beside it
    assert other["rows"] == 100


def test_baselines_are_measured_on_that_file(run: Path) -> None:
    lines = (run.parents[2] / "new.csv").read_text().splitlines()[1:]
    well = sum(",well," in line for line in lines) / len(lines)
    config = dataclasses.replace(load_run(run).config)
    assert measure(config, "constant", print).metrics["accuracy"] == pytest.approx(well)


def test_groups_of_the_training_are_drawn_together_in_an_evaluation(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("\n".join([HEADER, *lines_of(120, 0)]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join([HEADER, *lines_of(60, 1)]) + "\n")
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={tmp_path / 'old.csv'}", "dataset.target=state",
                  "dataset.group=4", "epochs=1")
    own, new = evaluated(run, "resamples=20"), evaluated(run, tmp_path / "new.csv", "resamples=20")
    assert own["over"] == new["over"] == 'groups of "patient"'
    assert own["rows"] == 24 and own["units"] == 8 and new["units"] == 40  # patients have three rows in the old file
    config = load_run(run).config
    assert measure(config, "constant", print).metrics["accuracy"] == pytest.approx(
        RunFolder(run).result()["baseline"]["accuracy"])  # type: ignore[index]
