from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from dlrun.record.console import Console, show_result
from dlrun.record.folder import RunFolder, write_json
from dlrun.record.metric import Metric
from dlrun.record.quantities import long_time, short_time
from dlrun.record.recorder import EpochProgress, RunInfo
from dlrun.record.table import EpochTable

LOSS, ACCURACY = Metric("loss", direction="min"), Metric("accuracy", direction="max", share=True, short="acc")
METRICS = {"train/loss": LOSS, "train/accuracy": ACCURACY, "val/loss": LOSS, "val/accuracy": ACCURACY}
RESULT = {
    "id": "3f9c1e02", "name": "mnist-cnn-adam", "status": "stopped", "device": "NVIDIA H100", "seconds": 76.4,
    "stop_reason": "stopped early at epoch 3: val/loss has not improved for 1 epoch; weights of epoch 2 kept",
    "val": {"loss": 0.0513, "accuracy": 0.984}, "test": {"loss": 0.0291, "accuracy": 0.99071},
}


def run(tmp_path, monkeypatch, epochs=3, best=(1, 2), verbosity=1, result=RESULT, terminal=False, stream=None, **kw):
    monkeypatch.chdir(tmp_path)
    stream = stream or io.StringIO()
    console = Console(stream, terminal=terminal)
    console.start(RunInfo(**{
        "dataset": "mnist", "data_line": "48,000 train · 28x28x1 uint8", "model": "cnn", "device_line": "cpu",
        "model_line": "257,162 parameters", "folder": tmp_path / "runs" / "mnist-cnn-adam" / "3f9c1e02", "config": {},
        "flat": {}, "epochs": epochs, "metrics": METRICS, "monitor": "val/loss", "verbosity": verbosity, **kw,
    }))
    for epoch in range(kw.get("first_epoch", 1), epochs + 1):
        for step in (1, 2):
            console.step(EpochProgress(epoch, 2 * epoch + step, step, 2, 1.0,
                                       {"train/loss": 0.5, "train/accuracy": 0.9}))
        row = {"epoch": epoch, "step": 2 * epoch, "seconds": 6.94, "train/loss": 0.24171 / epoch,
               "train/accuracy": 0.927, "val/loss": 12.0712 / epoch**2, "val/accuracy": 1.0}
        console.epoch(row, epoch in best)
    if result:
        console.finish(result)
    console.close()
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


def test_a_run_in_a_file_reads_like_this(tmp_path, monkeypatch):
    assert run(tmp_path, monkeypatch, notes=["channels_last is off: it was slower"]) == """\
mnist  48,000 train · 28x28x1 uint8
cnn    257,162 parameters
device cpu
folder runs/mnist-cnn-adam/3f9c1e02
channels_last is off: it was slower

epoch   train loss       acc    val loss       acc       time
    1       0.2417    92.7 %     12.0712   100.0 %      6.9 s   best
    2       0.1209    92.7 %      3.0178   100.0 %      6.9 s   best
    3       0.0806    92.7 %      1.3412   100.0 %      6.9 s
stopped early at epoch 3: val/loss has not improved for 1 epoch; weights of epoch 2 kept
test   loss 0.0291 · accuracy 99.07 %            (1 min 16 s)

folder runs/mnist-cnn-adam/3f9c1e02
tensorboard --logdir runs
"""


def test_the_quiet_console_says_only_what_came_of_it(tmp_path, monkeypatch):
    said = run(tmp_path, monkeypatch, verbosity=0)
    assert said == "mnist-cnn-adam/3f9c1e02  test  loss 0.0291 · accuracy 99.07 %  (1 min 16 s)\n"
    failed = {"name": "a", "id": "b", "status": "diverged", "stop_reason": "diverged in epoch 2: train/loss is nan"}
    assert run(tmp_path, monkeypatch, verbosity=0, result=failed) == (
        "a/b  diverged in epoch 2: train/loss is nan\n"
    )


def test_the_loud_console_has_a_line_for_every_log_point(tmp_path, monkeypatch):
    said = run(tmp_path, monkeypatch, verbosity=2)
    assert said.count("step 1/2   loss 0.5000 · accuracy 90.00 %") == 3
    assert said.count("step 2/2") == 3


@pytest.mark.parametrize("status", ["finished", "stopped", "diverged", "out_of_memory", "interrupted", "failed"])
def test_every_end_is_one_sentence_and_only_a_good_one_has_numbers(tmp_path, monkeypatch, status):
    said = run(tmp_path, monkeypatch, result={**RESULT, "status": status, "stop_reason": f"it is {status}"})
    assert said.count(f"it is {status}\n") == 1
    assert ("99.07 %" in said) == (status in ("finished", "stopped", "interrupted"))
    without = {**RESULT, "status": status, "stop_reason": None}
    assert status.replace("_", " ") in run(tmp_path, monkeypatch, result=without)


def test_without_a_test_part_the_validation_is_shown(tmp_path, monkeypatch):
    said = run(tmp_path, monkeypatch, result={**RESULT, "test": None})
    assert "\nval    loss 0.0513 · accuracy 98.40 %            (1 min 16 s)\n" in said


def test_a_long_run_is_about_fifty_lines_with_its_last_and_best(tmp_path, monkeypatch):
    said = run(tmp_path, monkeypatch, epochs=20_003, best=range(1, 12_347))
    lines = [line for line in said.splitlines() if re.match(r" *\d+   ", line)]
    shown = [int(line.split()[0]) for line in lines]
    assert 40 < len(shown) < 55
    assert {1, 12_346, 20_003} <= set(shown)
    assert [int(line.split()[0]) for line in lines if line.endswith("best")][-1] == 12_346
    assert len({len(line.removesuffix("   best")) for line in lines}) == 1
    assert shown == [*sorted(shown[:-2]), 12_346, 20_003] and "\nthe best epoch, and the last:\n12346 " in said
    said = run(tmp_path, monkeypatch, epochs=60, best=range(1, 61))
    assert "the best epoch" not in said, "the last is the best"


def test_up_to_fifty_epochs_every_one_has_its_line():
    table = EpochTable(METRICS, 50)
    assert all(table.due(epoch) for epoch in range(1, 51))
    table = EpochTable(METRICS, None)
    shown = [epoch for epoch in range(1, 100_001) if table.due(epoch)]
    assert shown[:50] == list(range(1, 51)) and len(shown) < 300


def test_the_columns_of_any_metric_line_up():
    top5 = Metric("top5_accuracy", share=True)
    table = EpochTable({"train/generator_loss": Metric("generator_loss"), "loss": LOSS, "val/top5_accuracy": top5,
                   "train/mean_absolute_error": Metric("mean_absolute_error")}, 1000)
    values = [0.0, 1e-9, 0.5, 12.5, 123.456, 99999.5, 1e12, None, float("nan"), -3.25]
    rows = [{"epoch": 1, "seconds": 3.0, "train/generator_loss": value, "train/mean_absolute_error": value,
             "loss": value, "val/top5_accuracy": 0.5} for value in values]
    assert {len(table.line(row)) for row in rows} == {len(table.head)}
    assert table.head.split("   ")[0] == "epoch"
    for column in re.finditer(r"\S+(?: \S+)*", table.head):
        for row in rows:
            assert table.line(row)[column.end() - 1] != " "


def test_a_console_that_cannot_print_a_dot_goes_on(tmp_path, monkeypatch):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    run(tmp_path, monkeypatch, stream=stream)
    assert b"test   loss 0.0291 ? accuracy 99.07 %" in raw.getvalue()


def test_on_a_terminal_the_living_line_is_gone_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm-256color")
    said = run(tmp_path, monkeypatch, terminal=True)
    assert "1/3" in said and "━" in said
    screen = play(said)
    assert "━" not in "\n".join(screen) and "left" not in "\n".join(screen)
    plain = run(tmp_path, monkeypatch).splitlines()
    assert [line for line in screen if line] == [line for line in plain if line]


def play(said: str) -> list[str]:
    """The lines that a terminal shows after printing `said`; knows the few sequences that a moving line needs."""
    screen, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]", said):
        if token == "\r":
            column = 0
        elif token == "\n":
            row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
        elif token.startswith("\x1b"):
            number, code = token[2:-1], token[-1]
            if code == "A":
                row -= int(number or 1)
            elif code == "K":
                assert number == "2"
                screen[row] = ""
            else:
                assert code in "mhl", token
        else:
            screen[row] = screen[row][:column].ljust(column) + token + screen[row][column + 1:]
            column += 1
    return screen


def test_80_columns_hold_the_time_left(monkeypatch):
    from dlrun.record.live import Live

    monkeypatch.setenv("COLUMNS", "80")
    live = Live(io.StringIO(), RunInfo("d", "", "", "", Path(), {}, {}, 40, METRICS), label="fold 3 of 10")
    try:
        live._best = "best 0.0513 in 7"
        values = {"train/loss": 0.1234, "train/accuracy": 0.987}
        line = live._line(EpochProgress(8, 0, 25, 100, 5.0, values, rows_per_second=12345.0)).plain
    finally:
        live.close()
    assert len(line) <= 80 and "10 min 55 s left" in line and "8/40" in line and "…" not in line


def test_the_time_left_counts_whole_epochs(tmp_path, monkeypatch):
    from dlrun.record.live import Live

    live = Live(io.StringIO(), RunInfo("d", "", "", "", Path(), {}, {}, 10, METRICS))
    try:
        assert live._left(EpochProgress(3, 0, 25, 100, 5.0, {})) == pytest.approx(15 + 7 * 20)
        live.epoch({"epoch": 3, "seconds": 24.0}, best=False)
        assert live._left(EpochProgress(4, 0, 50, 100, 9.0, {})) == pytest.approx(12 + 6 * 24)
        assert live._left(EpochProgress(4, 0, 50, None, 9.0, {})) is None
    finally:
        live.close()


def test_a_run_that_is_found_again_says_where_and_when_it_was_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    folder = tmp_path / "runs" / "mnist-cnn-adam" / "3f9c1e02"
    stream = io.StringIO()
    show_result(RESULT, folder, Console(stream))
    assert stream.getvalue().splitlines()[0] == "runs/mnist-cnn-adam/3f9c1e02 was made on NVIDIA H100"
    write_json(RunFolder(folder).provenance, {"started": "2026-02-03T04:05:06+00:00"})
    stream = io.StringIO()
    show_result(RESULT, folder, Console(stream))
    assert re.search(r"was made on 2026-02-0[2-4] \d\d:05 on NVIDIA H100", stream.getvalue())
    assert stream.getvalue().endswith("test   loss 0.0291 · accuracy 99.07 %            (1 min 16 s)\n")


@pytest.mark.parametrize("seconds, words", [
    (0.04, "0.0 s"), (9.96, "10.0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (76.4, "1 min 16 s"),
    (3599.6, "1 h 00 min"), (7500, "2 h 05 min"), (86399, "1 d 00 h"), (4 * 86400 + 3600, "4 d 01 h"), (None, ""),
])
def test_long_times(seconds, words):
    assert long_time(seconds) == words


def test_numbers():
    assert [short_time(value) for value in (0.044, 6.94, 131.6)] == ["0.04 s", "6.9 s", "132 s"]


def test_a_reader_that_has_gone_does_not_stop_the_run(tmp_path):
    import io

    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    console = Console(Gone(), terminal=False)
    console.note("nobody reads this")
    console.note("nor this")
