"""`dlrun lr`: rates rise by an equal factor, losses are those of plain training, and what suggests is the slope."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlrun.cli.route import route
from dlrun.preflight.preflight import preflight
from dlrun.run.range_test import range_test, smooth, suggest

FEW = ["dataset=digits", "model=dense", "model.hidden=[16]", "threads=1", "device=cpu"]


def test_the_first_losses_are_those_of_a_run_at_a_tiny_rate_and_rates_rise_by_an_equal_factor(go) -> None:
    found = range_test(preflight([*FEW, "optimizer=sgd"]), 1e-12, 1e-11, 9, lambda note: None)
    assert np.allclose(np.diff(np.log(found.rates)), math.log(10) / 8) and len(found.rates) == 9
    run = go(*FEW, "optimizer=sgd", "optimizer.lr=1e-12", "epochs=1", "max_steps=8")  # of 128 rows each
    assert np.mean(found.losses[:8]) == pytest.approx(run.result["train"]["loss"], abs=1e-6), "same rows, same weights"
    assert found.suggestion is None, "nothing was learned"


def test_the_suggestion_is_where_a_known_curve_is_steepest() -> None:
    rates = np.geomspace(1e-5, 1, 201)
    curve = 2.0 - 1.5 / (1 + np.exp(-4 * (np.log(rates) - math.log(1e-2))))  # steepest at 0.01
    found = suggest(list(rates), list(curve))
    assert found is not None and 0.0095 <= found <= 0.0105
    assert suggest(list(rates), list(2.0 + rates)) is None and suggest([0.1], [1.0]) is None
    assert smooth([4.0, 2.0]) == [4.0, pytest.approx((0.09 * 4 + 0.1 * 2) / 0.19)]


def test_it_ends_where_the_loss_explodes_and_draws_the_picture(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert route(["lr", *FEW, "optimizer=sgd", "low=1e-3", "high=1e5", "steps=150",
                  "out=made/range.png"]) == 0
    said = capsys.readouterr().out
    assert "ended there:" in said and "optimizer.lr=" in said
    assert Image.open(tmp_path / "made" / "range.png").size == (700, 400)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("words", "says"), [
    (["low=1", "high=0.1"], "expected a rate above low=1"), (["steps=2"], "steps=2"),
    (["model=gan"], "several losses"), (["model=majority"], "is computed"), (["low=1e20", "high=1e30"], "rate")])
def test_what_it_cannot_do_is_refused(words: list[str], says: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    code = route(["lr", "dataset=digits", "threads=1", *words])
    done = capsys.readouterr()
    assert says in done.out + done.err and (code == 2 or "low=1e20" in words)
