"""The contract of a run's folder (docs/reference/folder.md): what lies where, and what each file says."""

from __future__ import annotations

import json
import platform
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dlrun.config.check.check import check
from dlrun.config.flat import flatten
from dlrun.config.identity import identity
from dlrun.config.seeds import derive_seed
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder, RunInfo
from dlrun.record.recorders.tensorboard import TensorBoardWriter
from dlrun.run.run import run
from tests.run.stops import signalled_after
from tests.whole.equal import rows

OVERRIDES = ["dataset=digits", "model=dense", "model.hidden=[16]", "batch_size=250", "epochs=3", "optimizer.lr=0.3",
             "seed=4", "threads=1", "device=cpu", "test_at=[2]", "early_stop.patience=2"]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """One run with TensorBoard, stopped once on its way, for all tests here."""
    overrides = [*OVERRIDES, f"output_dir={tmp_path_factory.mktemp('records')}"]
    with signalled_after(7):
        run(preflight(overrides), ["dlrun", *overrides], [TensorBoardWriter()])
    return run(preflight(overrides), ["dlrun", *overrides], [TensorBoardWriter()])


def test_the_folder_is_output_dir_name_id(outcome) -> None:
    result = outcome.result
    assert outcome.folder.parts[-2:] == ("digits-dense-adam", result["id"])
    assert re.fullmatch(r"[0-9a-f]{8,}", result["id"]) and result["name"] == "digits-dense-adam"
    names = {str(path.relative_to(outcome.folder)) for path in outcome.folder.rglob("*") if path.is_file()}
    events = {name for name in names if name.startswith("events.out.tfevents")}
    names -= {"changes-dlrun.patch", "changes-workdir.patch"}  # what is not committed as the tests run
    assert names - events == {
        "config.yaml", "fitted.json", "metrics.jsonl", "result.json", "provenance.json", "checkpoints/last.pt",
        "checkpoints/best.pt", "pictures/batch.png", "pictures/confusion.png",
        "pictures/classes.txt", "pictures/mistakes.png", "pictures/reliability.png", "manifest.json", "lock",
        "packages.txt", "code.txt"}
    assert [name for name in events if (outcome.folder / name).stat().st_size] != []


def test_metrics_have_one_object_an_epoch(outcome) -> None:
    lines = [json.loads(line) for line in (outcome.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3] and [line["step"] for line in lines] == [5, 10, 15]
    every = ["epoch", "step", "seconds", "train/lr", "train/loss", "train/accuracy", "val/loss", "val/accuracy"]
    assert [list(line) for line in lines] == [every, [*every, "test/loss", "test/accuracy"], every]
    for line in lines:
        assert line["seconds"] > 0 and line["train/lr"] == 0.3
        for split, count in (("train", 1149), ("val", 288)):
            right = line[f"{split}/accuracy"] * count  # a fraction of the rows
            assert 0 <= line[f"{split}/accuracy"] <= 1 and right == pytest.approx(round(right), abs=1e-9)


def test_result_says_what_the_run_came_to(outcome) -> None:
    result = json.loads((outcome.folder / "result.json").read_text())
    assert result == outcome.result
    assert {"id", "name", "status", "stop_reason", "epochs", "steps", "seconds", "parameters", "device", "config",
            "train", "val", "test", "best"} <= set(result)
    assert result["parameters"] == 64 * 16 + 16 + 16 * 10 + 10
    assert (result["epochs"], result["steps"]) == (3, 15)
    assert result["device"].startswith("cpu") and result["data_label"] == ""
    config = result["config"]
    assert config["optimizer.lr"] == 0.3 and config["model.hidden"] == [16] and config["seed"] == 4
    assert all(not isinstance(value, dict) or not value for value in config.values()), "flat"
    measured = rows(outcome.folder)
    best = min(measured, key=lambda row: row["val/loss"])
    assert result["best"] == {"epoch": best["epoch"], "monitor": "val/loss",
                              **{k: v for k, v in best.items() if k.startswith(("train/", "val/"))}}
    assert {key: result["val"][key] for key in ("loss", "accuracy")} == {
        "loss": best["val/loss"], "accuracy": best["val/accuracy"]}
    assert {"f1", "roc_auc", "calibration_error"} <= result["val"].keys() & result["test"].keys()
    assert result["train"] == {"loss": best["train/loss"], "accuracy": best["train/accuracy"]}
    assert result["test_at"] == {"2": {"loss": measured[1]["test/loss"], "accuracy": measured[1]["test/accuracy"]}}
    seconds = sum(json.loads(line)["seconds"] for line in (outcome.folder / "metrics.jsonl").open())
    assert result["seconds"] == pytest.approx(seconds, abs=0.5) and result["seconds"] >= seconds - 0.01


def test_config_yaml_is_the_same_run(outcome) -> None:
    plain = yaml.safe_load((outcome.folder / "config.yaml").read_text())
    assert identity(check(plain)) == outcome.result["id"]
    assert flatten(plain) == outcome.result["config"]
    plain["optimizer"]["lr"] = 0.31
    assert identity(check(plain)) != outcome.result["id"]


def test_provenance_says_where_it_came_from(outcome) -> None:
    found = json.loads((outcome.folder / "provenance.json").read_text())
    assert found["id"] == outcome.result["id"]
    assert found["command"].startswith("dlrun dataset=digits model=dense") and "seed=4" in found["command"]
    assert found["versions"]["torch"] == torch.__version__ and found["versions"]["numpy"] == np.__version__
    assert found["versions"]["python"] == platform.python_version()
    code = found["code"]["dlrun"]  # None where dlrun lies in no checkout
    assert code is None or {"commit", "diff", "dirty", "untracked"} <= set(code)
    assert found["seed"] == 4 and found["threads"] == 1 and found["device"] == "cpu (1 thread)"
    assert found["speed_path"] and found["resident"] is True and found["hardware"]
    assert re.fullmatch("[0-9a-f]{64}", found["data"]["hash"])
    [again] = found["resumed"]
    assert set(again) == {"started", "device", "host", "versions"} and again["started"] >= found["started"]


def test_best_pt_is_the_best_epochs(outcome) -> None:
    best = torch.load(outcome.folder / "checkpoints" / "best.pt", weights_only=True)
    assert (best["id"], best["epoch"]) == (outcome.result["id"], outcome.result["best"]["epoch"])
    last = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)
    assert last["step"] == 15 and last["parts"]["best"]["epoch"] == best["epoch"]
    for name, weight in best["model"].items():
        assert torch.equal(weight, last["parts"]["best"]["weights"][name])


def test_the_pictures_are_pictures(outcome) -> None:
    for name in ("batch", "confusion"):
        head = (outcome.folder / "pictures" / f"{name}.png").read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", head[16:24])
        assert width > 50 and height > 50


def test_the_confusion_matrix_adds_up(go, monkeypatch) -> None:
    seen = {}
    monkeypatch.setattr("dlrun.record.confusion.save_confusion",
                        lambda path, matrix, names: (seen.update(matrix=matrix, names=names), path.write_bytes(b"")))
    result = go("dataset=wine", "model=softmax", "epochs=2").result
    matrix = seen["matrix"]
    assert matrix.shape == (3, 3) and matrix.sum() == result["rows"]["test"] == 36
    assert np.trace(matrix) / matrix.sum() == pytest.approx(result["test"]["accuracy"])
    # 59, 71 and 48 wines; a stratified fifth of them by largest remainders
    assert matrix.sum(1).tolist() == [12, 14, 10], "a row is a true class"


def test_there_is_one_hparams_row_with_the_final_metrics(outcome) -> None:
    reader = EventAccumulator(str(outcome.folder), size_guidance={"tensors": 0, "scalars": 0})
    reader.Reload()
    tags = reader.Tags()["scalars"]
    summary = reader.summary_metadata
    assert sorted(tag for tag in summary if tag.startswith("_hparams_")) == [
        "_hparams_/session_end_info", "_hparams_/session_start_info"]
    assert "hp_metric" not in tags
    [final] = [event for event in reader.Scalars("test/accuracy") if event.step == 3]
    assert final.value == pytest.approx(outcome.result["test"]["accuracy"])
    assert [event.step for event in reader.Scalars("loss/val")] == [1, 2, 3]
    assert not list(outcome.folder.glob("*/events*")), "no extra folder"


def test_the_hparams_are_what_is_compared_and_what_is_no_default(outcome) -> None:
    from tensorboard.plugins.hparams import metadata

    reader = EventAccumulator(str(outcome.folder))
    reader.Reload()
    (start,) = (metadata.parse_session_start_info_plugin_data(about.plugin_data.content)
                for tag, about in reader.summary_metadata.items() if tag.endswith("session_start_info"))
    flat, shown = outcome.result["config"], set(start.hparams)
    assert {"seed", "optimizer.lr", "batch_size", "epochs", "dataset.name", "model.name", "optimizer.name"} <= shown
    assert "threads" not in shown and "optimizer.eps" not in shown and not [key for key in shown if ".kind" in key]
    assert len(shown) < len(flat) / 3


def test_a_text_says_its_length_and_its_vocabulary(go) -> None:
    notes: list[str] = []

    class Watch(Recorder):
        def start(self, info):
            notes.append(info.data_line)

    Path("a.txt").write_text("to be or not to be that is the question " * 40)
    go("dataset=text", "dataset.path=a.txt", "dataset.length=40", "model=lstm", "model.units=4", "epochs=1",
       "steps_per_epoch=1", recorders=[Watch()])
    assert "40 tokens, vocabulary 1" in notes[0]  # 15 signs


def test_recorders_are_called_in_their_order(go) -> None:
    calls: list[str] = []

    class Watch(Recorder):
        def start(self, info):
            calls.append(f"start {info.first_epoch}")

        def epoch(self, row, best):
            calls.append(f"epoch {row['epoch']} {row['train/loss'] > 0}")

        def picture(self, tag, at, path):
            assert Path(path).is_file()
            calls.append(f"picture {tag}")

        def finish(self, result):
            assert json.loads(next(Path("runs").glob("*/*/result.json")).read_text()) == result
            calls.append("finish")

        def close(self):
            calls.append("close")

    go("dataset=digits", "model=softmax", "epochs=2", recorders=[Watch()])
    assert calls == ["start 1", "picture batch", "epoch 1 True", "epoch 2 True",
                     "picture confusion", "picture reliability", "picture mistakes", "finish", "close"]


def test_made_up_data_is_labelled(go) -> None:
    outcome = go("dataset=moons", "model=softmax", "epochs=1")
    provenance = json.loads((outcome.folder / "provenance.json").read_text())
    assert outcome.result["data_label"] == provenance["data"]["label"]
    assert derive_seed(0, "a") != derive_seed(0, "b")


def test_a_run_measures_as_many_test_rows_as_it_is_told_to(go) -> None:
    overrides = ["model=dense", "epochs=1", "output_dir=o"]
    whole, some = go(*overrides).result, go(*overrides, "test_size=7").result
    assert (whole["rows"]["test"], some["rows"]["test"]) == (360, 7) and whole["train"] == some["train"]
    assert 7 * some["test"]["accuracy"] == pytest.approx(round(7 * some["test"]["accuracy"]))


class Places(Recorder):
    """What lies in the run's folder when a recorder is called."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self, info: RunInfo) -> None:
        self.folder = RunFolder(info.folder)

    def flush(self) -> None:
        self.seen.append(f"flush, {self.folder.last.exists()}")

    def outcome(self, result: Mapping[str, Any]) -> None:
        self.seen.append(f"outcome, {self.folder.result_file.exists()}")

    def finish(self, result: Mapping[str, Any]) -> None:
        self.seen.append(f"finish, {self.folder.result_file.exists()}")


def test_recorders_hand_over_before_a_checkpoint_and_before_the_result(go) -> None:
    """What they hold when the process is killed after either is recorded by nobody any more."""
    places = Places()
    go("dataset=iris", "model=dense", "model.hidden=[2]", "epochs=1", recorders=[places])
    assert places.seen == ["flush, False", "flush, True", "outcome, False", "finish, True"]
