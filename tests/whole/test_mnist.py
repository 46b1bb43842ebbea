"""The networks of Gulli & Pal (ch. 1) and Chollet (ch. 5) on real MNIST land where the books say."""

from __future__ import annotations

from pathlib import Path

import pytest

DENSE = ["dataset=mnist", "model=dense", "model.dropout=0.3", "batch_size=128", "epochs=20", "validation=0.2",
         "threads=1"]


@pytest.fixture
def mnist(real_data: Path) -> None:
    if not (real_data / "MNIST").is_dir():
        pytest.skip("no MNIST in DLRUN_DATA")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("optimizer", "low", "high"), [
    pytest.param("sgd", 0.939, 0.947, marks=pytest.mark.slow),      # printed 94.25 %
    pytest.param("rmsprop", 0.975, 0.983, marks=pytest.mark.slow),  # printed 97.84 %
    pytest.param("adam", 0.976, 0.983, marks=pytest.mark.slow),     # printed 97.93 %
])
def test_two_hidden_layers_reach_the_printed_accuracy(go, mnist, optimizer: str, low: float, high: float) -> None:
    outcome = go(*DENSE, f"optimizer={optimizer}")
    assert outcome.result["rows"] == {"train": 48_000, "val": 12_000, "test": 10_000}
    assert low <= outcome.result["test"]["accuracy"] <= high


def test_adam_with_a_rate_of_a_tenth_collapses_and_that_is_a_result(go, mnist) -> None:
    outcome = go(*DENSE, "optimizer=adam", "optimizer.lr=0.1", "epochs=5")
    assert (outcome.result["status"], outcome.exit_code) in (("finished", 0), ("diverged", 1))
    if outcome.result["status"] == "finished":
        assert outcome.result["test"]["accuracy"] < 0.6


@pytest.mark.slow
def test_softmax_regression_after_200_epochs(go, mnist) -> None:
    outcome = go("dataset=mnist", "model=softmax", "optimizer=sgd", "epochs=200", "batch_size=128", "threads=1")
    assert 0.920 <= outcome.result["test"]["accuracy"] <= 0.926  # printed 92.22 %


@pytest.mark.slow
def test_chollets_convnet_after_five_epochs(go, mnist) -> None:
    outcome = go("dataset=mnist", "model=convnet", "optimizer=rmsprop", "epochs=5", "batch_size=64", "validation=0",
                 "threads=1")
    assert outcome.result["parameters"] == 93_322
    assert outcome.result["test"]["accuracy"] >= 0.988  # printed 99.08 %


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_classifier_that_is_99_percent_right_finds_nine_digits_among_a_dcgans_samples(go, mnist) -> None:
    import torch

    from dlrun.inference.load import load_run
    from dlrun.models.composite import latents, sample

    made = go("experiment=ours/dcgan-mnist")
    assert not made.result["collapsed"] and made.result["samples"]["duplicates"] < 0.1
    told = go("dataset=mnist", "model=convnet", "optimizer=rmsprop", "epochs=5", "batch_size=64", "validation=0")
    assert told.result["test"]["accuracy"] >= 0.985
    gan, judge = load_run(made.folder).model, load_run(told.folder).model
    rows = sample(gan, latents(1000, gan, torch.Generator().manual_seed(0)))
    with torch.no_grad():
        belief, taken = torch.softmax(judge(rows), 1).max(1)
    counts = torch.bincount(taken[belief >= 0.9], minlength=10)
    assert int((counts >= 10).sum()) >= 9, counts.tolist()
