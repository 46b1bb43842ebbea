"""Early stopping: Keras's rules on made-up sequences, and in a run the best epoch's weights."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch.nn import functional as F

from dlrun.engine.stopping.early_stop import EarlyStop, Stopper
from tests.engine.make import made
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows

RUN = ["dataset=digits", "model=dense", "model.hidden=[32]", "optimizer=sgd", "optimizer.lr=2", "batch_size=200",
       "train_size=300", "early_stop.patience=3", "epochs=60"]


def watch(values: list[float], monitor: str = "val/loss", **given: object) -> tuple[int | None, int, str | None]:
    """(epoch of the stop, best epoch, reason) for a metric's values from epoch 1 on."""
    direction = "max" if monitor == "val/accuracy" else "min"
    stopper = Stopper(EarlyStop(monitor=monitor, **given), monitor, direction)  # type: ignore[arg-type]
    for epoch, value in enumerate(values, 1):
        stopper.epoch(epoch, {monitor: value})
        if stopper.reason():
            return epoch, stopper.best_epoch, stopper.reason()
    return None, stopper.best_epoch, None


def keras(values: list[float], sign: int, patience: int, min_delta: float, start: int) -> tuple[int | None, int]:
    """keras.callbacks.EarlyStopping.on_epoch_end, transcribed (epochs from 0 there, from 1 here)."""
    best, best_epoch, wait = math.inf, 0, 0
    for epoch, value in enumerate(values):
        if epoch < start - 1:  # start_from_epoch
            continue
        wait += 1
        if sign * value + min_delta < best:
            best, best_epoch, wait = sign * value, epoch + 1, 0
            continue
        if wait >= patience and epoch > 0:
            return epoch + 1, best_epoch
    return None, best_epoch


SEQUENCES = {
    "falls": [5, 4, 3, 2, 1, 0.5, 0.2, 0.1],
    "turns": [5, 4, 3, 3.1, 3.2, 3.05, 2.9, 3.0, 3.3, 3.4],
    "equal": [2, 2, 2, 2, 2, 2],
    "small steps": [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7],
    "back": [3, 2, 4, 4, 1.5, 4, 4, 4, 4],
    "nan": [3, math.nan, 2, math.nan, math.nan, math.nan],
}


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize("min_delta", [0.0, 0.12])
@pytest.mark.parametrize("start", [1, 3])
@pytest.mark.parametrize("monitor", ["val/loss", "val/accuracy"])
def test_it_stops_where_keras_stops(name: str, patience: int, min_delta: float, start: int, monitor: str) -> None:
    sign = 1 if monitor == "val/loss" else -1
    values = [sign * value for value in SEQUENCES[name]]
    stop, best, _ = watch(values, monitor, patience=patience, min_delta=min_delta, start_epoch=start)
    assert (stop, best) == keras(values, sign, patience, min_delta, start)


def test_cases_by_hand() -> None:
    turns = SEQUENCES["turns"]
    assert watch(turns, patience=2) == (5, 3, "val/loss has not improved for 2 epochs")
    assert watch(turns, patience=3)[:2] == (6, 3)
    assert watch(turns, patience=4)[:2] == (None, 7)
    assert watch(turns) == (None, 7, None)
    assert watch([1.0, 2.0, 2.0], patience=1) == (2, 1, "val/loss has not improved for 1 epoch")


def test_a_target_ends_the_run_at_the_epoch_that_reaches_it() -> None:
    assert watch([0.5, 0.9, 0.97, 0.99], "val/accuracy", target=0.97) == (3, 3, "val/accuracy has reached 0.97")
    assert watch([0.5, 0.1, 0.05], target=0.1)[:2] == (2, 2)
    assert watch([0.5, 0.3], target=0.1)[0] is None
    assert watch([0.99, 0.5, 0.99], "val/accuracy", target=0.9, start_epoch=2)[:2] == (3, 3)
    # Too small a step to count as an improvement, but the target is reached.
    assert watch([0.5, 0.96, 0.98], "val/accuracy", target=0.97, min_delta=0.1)[:2] == (3, 3)


def test_only_what_was_seen_is_restored_the_hyperparameters_are_the_new_ones() -> None:
    old = Stopper(EarlyStop(patience=2), "val/loss")
    for epoch, value in enumerate([3.0, 3.0], 1):
        old.epoch(epoch, {"val/loss": value})
    new = Stopper(EarlyStop(patience=4), "val/loss")
    state = old.state()
    new.load(state)
    assert state == {}, "every key was read"
    stops = []
    for epoch in range(3, 7):
        new.epoch(epoch, {"val/loss": 3.0})
        stops.append(new.reason())
    assert stops == [None, None, "val/loss has not improved for 4 epochs", "val/loss has not improved for 4 epochs"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An early-stopped run, made once."""
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    overrides = [*RUN, "threads=1", "device=cpu", f"output_dir={tmp_path_factory.mktemp('whole')}"]
    return run(preflight(overrides), ["dlrun", *overrides], [Recorder()])


def test_the_reason_is_recorded(whole) -> None:
    best = whole.result["best"]["epoch"]
    assert whole.result["status"] == "stopped"
    assert whole.result["epochs"] == best + 3 < 60
    assert whole.result["stop_reason"] == (f"stopped at epoch {best + 3}: val/loss has not improved for 3 epochs; "
                                           f"weights of epoch {best} kept")
    losses = [row["val/loss"] for row in rows(whole.folder)]
    assert losses.index(min(losses)) + 1 == best


@pytest.mark.parametrize("where", ["before the best", "after the best", "at the last step"])
def test_the_stop_epoch_is_equal_with_and_without_an_interruption(whole, go, where: str) -> None:
    steps = whole.result["steps"] // whole.result["epochs"]
    best = whole.result["best"]["epoch"] * steps
    step = {"before the best": best - 1, "after the best": best + steps + 1, "at the last step": whole.result["steps"]}
    with signalled_after(step[where]):
        assert go(*RUN).result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*RUN).folder)


def test_the_result_is_that_of_the_best_epochs_weights(whole, tmp_path) -> None:
    best = torch.load(whole.folder / "checkpoints" / "best.pt", weights_only=True)
    last = torch.load(whole.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]
    assert best["epoch"] == whole.result["best"]["epoch"] < whole.result["epochs"]
    assert any(not torch.equal(last["model"][name], weight) for name, weight in best["model"].items())

    components, _ = made(tmp_path, *RUN)  # for its rows
    w1, b1, w2, b2 = best["model"].values()
    for split, data in (("test", components.test), ("val", components.val)):
        x, y = data.range(0, data.count)
        logits = F.linear(F.linear(x.flatten(1), w1, b1).relu(), w2, b2)
        assert whole.result[split]["loss"] == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-5)
        assert whole.result[split]["accuracy"] == (logits.argmax(1) == y).sum().item() / len(y)
    row = rows(whole.folder)[best["epoch"] - 1]
    assert whole.result["train"]["loss"] == row["train/loss"]


def test_without_restore_best_the_last_weights_are_measured(whole, go) -> None:
    last = go(*RUN, "early_stop.restore_best=false")
    assert rows(last.folder) == rows(whole.folder)
    assert last.result["val"]["loss"] == rows(last.folder)[-1]["val/loss"] > whole.result["val"]["loss"]
    assert "kept" not in last.result["stop_reason"]


def test_a_target_stops_a_run(go) -> None:
    outcome = go("dataset=digits", "model=softmax", "batch_size=100", "epochs=20", "early_stop.monitor=val/accuracy",
                 "early_stop.target=0.7")
    accuracies = [row["val/accuracy"] for row in rows(outcome.folder)]
    assert accuracies[-1] >= 0.7 > max(accuracies[:-1], default=0)
    assert outcome.result["stop_reason"].startswith(f"stopped at epoch {len(accuracies)}: val/accuracy has reached 0.7")
    assert json.loads((outcome.folder / "result.json").read_text())["status"] == "stopped"
