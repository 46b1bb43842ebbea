from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups, metadata

from dlrun.record import summaries
from dlrun.record.events import encode_record, event_files, read_records
from dlrun.record.folder import RunFolder
from dlrun.record.metric import Metric
from dlrun.record.metrics import MetricsFile, append
from dlrun.record.pictures import save_batch
from dlrun.record.recorder import EpochProgress, RunInfo
from dlrun.record.recorders.tensorboard import TensorBoardWriter

STEPS = 10  # an epoch


def info(folder, first=1, flat=None, step=None):
    flat = {"optimizer.lr": 0.01, "model.hidden": [128, 64], "seed": 3, "fused": True, "clip": None} | (flat or {})
    return RunInfo(
        dataset="mnist", data_line="", model_line="", device_line="", folder=folder, flat=flat, epochs=6,
        config={"optimizer": {"kind": "adam", "lr": 0.01}}, first_epoch=first,
        metrics={key: Metric("loss") for key in ("train/loss", "val/loss")},
        resumed_step=(first - 1) * STEPS if step is None else step,
    )


def epochs(board, folder, first, last, offset=0.0, half=0):
    """Train epochs first..last and `half` steps of the next, as the engine would."""
    for epoch in range(first, last + 1):
        steps(board, epoch, 1, STEPS, offset)
        row = {"epoch": epoch, "step": epoch * STEPS, "seconds": 1.0, "train/loss": 1 / epoch + offset,
               "val/loss": 2 / epoch + offset, "train/lr": 0.01}
        append(RunFolder(folder).metrics, row)
        board.epoch(row, best=False)
        board.histogram("weights/first", epoch, np.arange(epoch * 10.0))
    steps(board, last + 1, 1, half, offset)


def steps(board, epoch, first, last, offset):
    for step in range(first, last + 1):
        whole = (epoch - 1) * STEPS + step
        board.step(EpochProgress(epoch, whole, step, STEPS, 0.1, {"train/loss": whole + offset}))


def result(**values):
    return {"status": "finished", "val": {"loss": 0.31}, "test": {"loss": 0.25, "accuracy": 0.9907},
            "best": {"epoch": 4, "val/loss": 0.31}, **values}


def scalars(folder):
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    return {tag: [(event.step, round(event.value, 5)) for event in reader.Scalars(tag)]
            for tag in reader.Tags()["scalars"]}


def session_groups(logdir):
    """What the HParams tab is given: the plugin's own handler over what TensorBoard's own reader finds."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    hparams = backend_context.Context(base_plugin.TBContext(data_provider=provider, logdir=str(logdir)))
    statuses = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]
    request = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=100, allowed_statuses=statuses)
    return list(list_session_groups.Handler(context.RequestContext(), hparams, "", request).run().session_groups)


def train(folder, first=1, last=6, finish=True, flat=None, **kw):
    board = TensorBoardWriter(every=5)
    board.start(info(folder, first, flat))
    epochs(board, folder, first, last, **kw)
    if finish:
        board.outcome(result())
    board.close()


def test_the_curves_are_the_rows_of_metrics_jsonl(tmp_path):
    train(tmp_path / "a" / "1")
    found = scalars(tmp_path / "a" / "1")
    assert found["loss/train"] == [(epoch, round(1 / epoch, 5)) for epoch in range(1, 7)]
    assert found["loss/val"] == [(epoch, round(2 / epoch, 5)) for epoch in range(1, 7)]
    assert found["train/lr"] == [(epoch, 0.01) for epoch in range(1, 7)]
    assert found["step/loss"] == [(step, float(step)) for step in range(5, 61, 5)]
    assert found["test/accuracy"] == [(6, 0.9907)]
    assert set(found) == {"loss/train", "loss/val", "train/lr", "step/loss", "test/loss", "test/accuracy",
                          "val/kept/loss", "val/best/epoch"}
    groups = sorted({tag.partition("/")[0] for tag in found})  # as TensorBoard orders them
    assert groups == ["loss", "step", "test", "train", "val"]


def test_one_run_is_one_row_of_the_hparams_table_with_its_final_metrics(tmp_path):
    train(tmp_path / "a" / "1")
    (group,) = session_groups(tmp_path)
    assert {key: value.WhichOneof("kind") for key, value in group.hparams.items()} == {
        "optimizer.lr": "number_value", "model.hidden": "string_value", "seed": "number_value", "fused": "bool_value"}
    assert group.hparams["model.hidden"].string_value == "[128, 64]"
    assert group.hparams["optimizer.lr"].number_value == 0.01
    values = {value.name.tag: value.value for value in group.metric_values}
    assert values["test/accuracy"] == pytest.approx(0.9907)
    assert values["val/kept/loss"] == pytest.approx(0.31)
    assert "hp_metric" not in values
    (session,) = group.sessions
    assert session.status == api_pb2.STATUS_SUCCESS and session.name == "a/1"
    assert len(event_files(tmp_path / "a" / "1")) == 1


def test_two_runs_with_equal_values_stay_two_rows(tmp_path):
    train(tmp_path / "a" / "1", last=1)
    train(tmp_path / "b" / "1", last=1)
    assert sorted(group.name for group in session_groups(tmp_path)) == ["a/1", "b/1"]


def test_a_fold_is_no_row(tmp_path):
    board = TensorBoardWriter(table=False)
    board.start(info(tmp_path / "a" / "folds" / "0"))
    board.outcome(result())
    board.close()
    assert session_groups(tmp_path) == []


@pytest.mark.parametrize("closed", [True, False], ids=["interrupted", "killed"])
def test_a_resumed_run_has_the_curves_of_one_that_never_stopped(tmp_path, closed):
    folder, whole = tmp_path / "a" / "1", tmp_path / "b" / "1"
    board = TensorBoardWriter(every=5)
    board.start(info(folder))
    epochs(board, folder, 1, 4, half=8)
    if closed:
        board.outcome(result(status="interrupted"))
        board.close()
    else:  # whatever the process had not handed over is gone, and the file ends in half a frame
        board._file._file.close()
        path = event_files(folder)[0]
        path.write_bytes(path.read_bytes()[:-7])
    MetricsFile(RunFolder(folder).metrics).restore(None, 3)  # the checkpoint is of epoch 3
    train(folder, first=4)
    train(whole)
    assert scalars(folder) == scalars(whole)
    (group,) = session_groups(tmp_path / "a")
    assert group.sessions[0].status == api_pb2.STATUS_SUCCESS
    assert [event.step for event in reader(folder).Tensors("weights/first")] == [1, 2, 3, 4, 5, 6]
    assert [bool(path.stat().st_size) for path in event_files(folder)] == [False, True]


def reader(folder):
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return found


def test_a_run_resumed_in_mid_epoch_keeps_the_steps_before_it(tmp_path):
    board = TensorBoardWriter(every=5)
    board.start(info(tmp_path))
    epochs(board, tmp_path, 1, 2, half=9)
    board.close()
    board = TensorBoardWriter(every=5)
    board.start(info(tmp_path, first=3, step=25))
    steps(board, 3, 6, 10, offset=0.5)
    board.close()
    assert scalars(tmp_path)["step/loss"] == [(5, 5.0), (10, 10.0), (15, 15.0), (20, 20.0), (25, 25.0), (30, 30.5)]


def test_rows_whose_events_were_lost_come_back_from_metrics_jsonl(tmp_path):
    train(tmp_path, last=3, finish=False)
    for path in event_files(tmp_path):
        path.unlink()
    train(tmp_path, first=4)
    assert [step for step, _ in scalars(tmp_path)["loss/val"]] == [1, 2, 3, 4, 5, 6]


def test_a_tensorboard_that_is_open_while_a_run_resumes_drops_what_the_run_dropped(tmp_path):
    train(tmp_path, last=5, finish=False, offset=0.25, half=7)
    live = reader(tmp_path)
    assert len(live.Scalars("loss/val")) == 5
    MetricsFile(RunFolder(tmp_path).metrics).restore(None, 2)
    train(tmp_path, first=3)
    live.Reload()
    assert [event.step for event in live.Scalars("loss/val")] == [1, 2, 3, 4, 5, 6]
    assert [event.step for event in live.Scalars("step/loss")] == list(range(5, 61, 5))
    assert live.Scalars("loss/val")[4].value == pytest.approx(2 / 5)


def test_a_run_that_was_found_and_started_over_is_still_one_row(tmp_path):
    train(tmp_path / "a" / "1")
    MetricsFile(RunFolder(tmp_path / "a" / "1").metrics).restore(None, 0)
    train(tmp_path / "a" / "1", last=2)
    assert len(session_groups(tmp_path)) == 1
    assert [step for step, _ in scalars(tmp_path / "a" / "1")["loss/val"]] == [1, 2]


def test_a_new_file_is_read_after_the_old_ones_whatever_the_clock_says(tmp_path):
    (tmp_path / "events.out.tfevents.9999999998.other.1").write_bytes(b"")
    board = TensorBoardWriter()
    board.start(info(tmp_path))
    board.close()
    assert [path.name.split(".")[3] for path in event_files(tmp_path)] == ["9999999999"]


def test_pictures_text_and_histograms_are_what_was_given(tmp_path):
    png = tmp_path / "p.png"
    save_batch(png, np.zeros((4, 1, 28, 28), np.uint8), list("abcd"))
    board = TensorBoardWriter()
    board.start(info(tmp_path / "r"))
    board.picture("samples", 2, png)
    values = np.concatenate([np.full(7, -1.0), np.full(5, 3.0), [np.nan]])
    board.histogram("weights/w", 2, values)
    board.histogram("weights/none", 2, np.full(3, np.nan))
    board.graph(b"")
    board.close()
    found = reader(tmp_path / "r")
    width, height, data = found.Tensors("pictures/samples")[0].tensor_proto.string_val
    from PIL import Image

    assert (int(width), int(height)) == Image.open(png).size
    assert data == png.read_bytes()
    buckets = np.frombuffer(found.Tensors("weights/w")[0].tensor_proto.tensor_content).reshape(-1, 3)
    assert buckets[0, 0] == -1 and buckets[-1, 1] == 3
    assert (buckets[0, 2], buckets[-1, 2], buckets[:, 2].sum()) == (7, 5, 12)
    assert "weights/none" not in found.Tags()["tensors"]
    text = found.Tensors("config")[0].tensor_proto.string_val[0].decode()
    assert text == "```yaml\noptimizer:\n  kind: adam\n  lr: 0.01\n```\n"
    kinds = {tag: found.SummaryMetadata(tag).plugin_data.plugin_name for tag in found.Tags()["tensors"]}
    assert kinds["pictures/samples"] == "images" and kinds["config"] == "text" and kinds["weights/w"] == "histograms"


def test_a_value_that_cannot_be_drawn_is_left_out(tmp_path):
    board = TensorBoardWriter()
    board.start(info(tmp_path, flat={"optimizer.lr": math.inf}))
    board.epoch({"epoch": 1, "train/loss": math.nan, "val/loss": 0.5}, best=False)
    board.outcome(result(status="diverged", test=None, val={}, best=None))
    board.close()
    assert scalars(tmp_path) == {"loss/val": [(1, 0.5)]}
    (group,) = session_groups(tmp_path)
    assert group.sessions[0].status == api_pb2.STATUS_FAILURE


def test_a_damaged_file_is_read_up_to_the_damage(tmp_path):
    path = tmp_path / "events.out.tfevents.1.h.1"
    from tensorboard.compat.proto import event_pb2

    good = encode_record(event_pb2.Event(step=7).SerializeToString())
    for tail in (b"", good[:5], good[:-1], bytes(64), encode_record(b"\xff\xff\xff")):
        path.write_bytes(good + tail)
        assert [event.step for _, event in read_records(path)] == [7]


def test_messages_are_those_of_tensorboards_own_functions(monkeypatch):
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.util.tensor_util import make_tensor_proto

    for data in ([b"one"], [b"12", b"7", bytes(range(256))], np.linspace(-1, 1e300, 90).reshape(30, 3)):
        assert summaries.tensor(data) == make_tensor_proto(data)
    monkeypatch.setattr("time.time", lambda: 1e9 + 0.25)
    values = {"optimizer.lr": 1e-3, "model.hidden": "[8, 8]", "epochs": 3, "augment": False, "a": "", "zero": 0}
    ours, theirs = summaries.hparams(values), hparams_pb(values, trial_id="")
    for (value,) in (ours.value, theirs.value):  # a map is written in any order: it is compared as what it says
        said = metadata.parse_session_start_info_plugin_data(value.metadata.plugin_data.content)
        value.metadata.plugin_data.content = repr(sorted(map(str, said.hparams.items()))).encode()
        assert len(said.hparams) == len(values) and said.start_time_secs == 1e9 + 0.25
    assert ours == theirs
    (ended,) = summaries.session_end("STATUS_SUCCESS").value
    assert ended.tag == metadata.SESSION_END_INFO_TAG and ended.tensor == metadata.NULL_TENSOR
    info = metadata.parse_session_end_info_plugin_data(ended.metadata.plugin_data.content)
    assert info.status == api_pb2.STATUS_SUCCESS and info.end_time_secs == 1e9 + 0.25


def test_writing_needs_neither_torch_nor_tensorflow(tmp_path):
    code = f"""
import sys
sys.modules["tensorflow"] = None  # an import of it would fail
sys.path.insert(0, {str(__file__).rpartition("/")[0]!r})
from pathlib import Path
from dlrun.record.recorders.tensorboard import TensorBoardWriter
from dlrun.record.recorder import RunInfo
board = TensorBoardWriter()
board.start(RunInfo("d", "", "", "", Path({str(tmp_path)!r}), {{}}, {{"lr": 0.1}}, 1, ()))
board.epoch({{"epoch": 1, "train/loss": 0.5}}, True)
board.outcome({{"status": "finished", "test": {{"loss": 0.5}}}})
board.close()
print("torch" in sys.modules, [m for m in sys.modules if m.startswith("tensorflow.")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False []\n"


def test_the_configuration_is_the_text_of_config_yaml(tmp_path):
    text = "optimizer:\n  kind: adam\n  betas:\n  - 0.9\n"
    (tmp_path / "config.yaml").write_text(text)
    board = TensorBoardWriter()
    board.start(info(tmp_path))
    board.close()
    assert reader(tmp_path).Tensors("config")[0].tensor_proto.string_val[0].decode() == f"```yaml\n{text}```\n"
