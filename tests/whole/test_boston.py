"""Chollet's network for the prices of Boston's homes, on the real rows, lands where the book says."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def boston(real_data: Path) -> None:
    if not (real_data / "boston_housing").is_dir():
        pytest.skip("no boston_housing in DLRUN_DATA")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_four_folds_of_100_epochs(go, boston, seed: int) -> None:
    result = go("experiment=chollet/ch03-boston-kfold-100", f"seed={seed}", "threads=1").result
    assert result["parameters"] == 5_121
    assert result["rows"] == {"train": 303, "val": 101, "test": 102}
    assert result["steps"] == 4 * 100 * 303
    assert 2.1 <= result["val"]["mae"] <= 3.3  # printed 2.995; folds 2.588, 3.129, 3.186, 3.076
    assert result["val_std"]["mae"] > 0.05, "single folds vary, as the book says"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_final_network(go, boston, seed: int) -> None:
    result = go("experiment=chollet/ch03-boston-final", f"seed={seed}", "threads=1").result
    assert result["rows"] == {"train": 404, "val": 0, "test": 102} and result["steps"] == 80 * 26
    assert 2.2 <= result["test"]["mae"] <= 3.2  # printed 2.553
