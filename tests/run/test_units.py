"""A target that is scaled for training is shown and told in its own unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.record import plots


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    """What the plots of numbers were given, by the file's name."""
    given: dict[str, tuple[Any, ...]] = {}

    def noted(real: Callable[..., None]) -> Callable[..., None]:
        def draw(path: Path, *what: Any) -> None:
            given[path.stem] = what
            real(path, *what)

        return draw

    for name in ("save_predictions", "save_forecast"):
        monkeypatch.setattr(plots, name, noted(getattr(plots, name)))
    return given


def test_a_forecast_is_drawn_in_the_targets_unit(go, tmp_path: Path, drawn: dict[str, tuple[Any, ...]]) -> None:
    level = 500 + np.random.default_rng(0).normal(size=200).cumsum()
    (tmp_path / "s.csv").write_text("level\n" + "\n".join(f"{value:.3f}" for value in level) + "\n")
    outcome = go("dataset=series", "dataset.path=s.csv", "dataset.target=level", "dataset.lookback=5",
                 "model=last_value", "dataset.test=50", "validation=0.2")
    test = level[-50:]
    for name in ("predictions", "forecast"):
        true, predicted, told, unit = drawn[name]
        assert (told, unit) == ("level", "")
        np.testing.assert_allclose(true, test[5:], atol=2e-3)
        np.testing.assert_allclose(predicted, test[4:-1], atol=2e-3)
    assert np.abs(true - predicted).mean() == pytest.approx(outcome.result["test"]["mae_in_units"], rel=1e-3)


def test_a_number_among_several_targets_is_too(go, tmp_path: Path, drawn: dict[str, tuple[Any, ...]]) -> None:
    rows = [f"{n},{1000 + 3 * n % 40:.1f},{'ab'[n % 2]}" for n in range(80)]
    (tmp_path / "t.csv").write_text("x,size,kind\n" + "\n".join(rows) + "\n")
    go("dataset=csv", "dataset.path=t.csv", "dataset.target=[size,kind]", "dataset.targets=[number,classes]",
       "dataset.target_scale=standard", "model=majority")
    true, predicted, told, _ = drawn["predictions-size"]
    assert told == "size" and true.min() >= 999.99 and np.ptp(predicted) == 0 and 1000 < predicted[0] < 1040
