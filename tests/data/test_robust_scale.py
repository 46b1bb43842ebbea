"""Columns with heavy tails are scaled by the median and the middle half of the rows, and bounded smoothly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.config.identity import identity
from dlrun.data import preprocessing_state
from dlrun.data.batches import Rows
from dlrun.data.formats.table import has_heavy_tails
from dlrun.data.prepare import prepare
from dlrun.data.sets.csv import Csv
from dlrun.preflight.preflight import preflight


@pytest.fixture
def incomes(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [f"{income:.4f},{age:.3f},{'' if row % 9 == 0 else row},{age}" for row, (income, age) in enumerate(
        zip(np.exp(3 * rng.normal(size=200)), rng.normal(size=200)))]
    (tmp_path / "t.csv").write_text("income,age,count,y\n" + "\n".join(lines) + "\n")
    return tmp_path / "t.csv"


def test_values_are_those_of_the_formula_on_the_device_and_for_new_rows(incomes: Path) -> None:
    cfg = Csv(path=str(incomes), target="y", scale="robust")
    prepared = prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda note: None)
    x = prepared.train.x.astype(np.float64)
    low, middle, high = np.percentile(x, [25, 50, 75], axis=0)
    expected = (x - middle) / ((high - low) / 1.349 + (high == low))
    expected = expected / np.sqrt(1 + expected**2 / 9)
    expected[:, 3] = x[:, 3]  # the indicator stays 0 or 1
    for resident in (True, False):
        rows = Rows(prepared.train, prepared.scale, torch.device("cpu"), resident)
        assert np.allclose(rows.range(0, len(x))[0].numpy(), expected, atol=1e-5), resident
        assert np.allclose(rows.take(torch.arange(5))[0].numpy(), expected[:5], atol=1e-5), resident
    assert np.allclose(prepared.scale(prepared.train.x), expected, atol=1e-5) and np.abs(expected).max() < 3
    kept = preprocessing_state.scale(preprocessing_state.plain(prepared))
    assert np.array_equal(kept(prepared.train.x), prepared.scale(prepared.train.x))


def test_the_tails_decide_and_only_such_tables_are_other_runs(incomes: Path) -> None:
    words = ["dataset=csv", f"dataset.path={incomes}", "model=dense"]

    def of(*more: str) -> tuple[str, str]:
        config = preflight([*words, *more]).config
        return config.dataset.scale, identity(config)

    assert of("dataset.target=y")[0] == "robust" and of("dataset.target=y") == of("dataset.target=y",
                                                                                "dataset.scale=robust")
    light = ["dataset.target=y", "dataset.drop=[income]"]
    assert of(*light) == of(*light, "dataset.scale=standard")
    reasons = {found.key: found.reason for found in preflight([*words, "dataset.target=y"]).decisions}
    assert reasons["dataset.scale"] == "heavy tails in income"


def test_normal_and_exponential_numbers_have_no_heavy_tails_and_lognormal_ones_do() -> None:
    rng = np.random.default_rng(1)
    assert not has_heavy_tails(rng.normal(size=20_000).tolist())
    assert not has_heavy_tails(rng.exponential(size=20_000).tolist())
    assert has_heavy_tails(np.exp(2 * rng.normal(size=500)).tolist())
    assert not has_heavy_tails([0.0] * 90 + [1.0] * 10) and not has_heavy_tails([float("nan"), 1.0])
